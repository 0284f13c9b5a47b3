"""Walls: a screen in a room shows the figures by a link, and can do nothing else."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from .errors import Missing, NoSuchLink, NotAllowed
from .following import one_at_a_time
from .models import Membership, Organisation, WallLink
from .models.secret_link import digest_of, new_secret
from .permissions import Actor

#: For so many days a link may hold: a day, a week, a month, or as long as any.
DAYS = (1, 7, 30, 90)
#: So many screens of the city, or of one unit, may be lit at once.
LIT_AT_MOST = 20
#: When a screen was last seen is known this closely; it asks far more often.
SEEN_WITHIN = timedelta(minutes=10)


def leads_city(actor: Actor) -> bool:
    """Tell whether this person leads the whole city."""
    return Membership.Role.CITY_LEADER in actor.roles


def led_units(actor: Actor) -> frozenset[int]:
    """Return the units whose figures this person leads by: whole ones alone."""
    return actor.leads - actor.confined.keys()


def may_hang(actor: Actor) -> bool:
    """Tell whether this person puts figures on a screen at all."""
    return leads_city(actor) or bool(led_units(actor))


def walls_of(actor: Actor) -> QuerySet[WallLink]:
    """Return the links that this person sees to, whoever of them made them."""
    seen = Q(organisation__in=led_units(actor))
    if leads_city(actor):
        seen |= Q(organisation=None)
    return WallLink.objects.filter(seen).order_by("-made_at", "-pk")


@transaction.atomic
def make_wall(
    *,
    name: str,
    unit: Organisation | None,
    days: int,
    language: str,
    by: Actor,
    at: datetime,
) -> tuple[WallLink, str]:
    """Make a link for one room; its secret is returned once and kept by nobody."""
    if not _sees_to(by, unit.pk if unit else None):
        raise NotAllowed
    if not name.strip():
        raise Missing(_("Say which room it is for."), field="name")
    if days not in DAYS:
        raise Missing(_("Choose how long the link holds."), field="days")
    one_at_a_time(f"walls of {unit.pk if unit else 'the city'}")
    lit = WallLink.objects.filter(
        organisation=unit, revoked_at=None, expires_at__gt=at
    ).count()
    if lit >= LIT_AT_MOST:
        said = _("So many screens have a link already. Take one back first.")
        raise Missing(said, field="name")
    token = new_secret()
    link = WallLink.objects.create(
        name=name.strip(),
        organisation=unit,
        language=language,
        token_digest=digest_of(token),
        made_by=by.user,
        made_at=at,
        expires_at=at + timedelta(days=days),
    )
    return link, token


@transaction.atomic
def revoke_wall(number: int, *, by: Actor, at: datetime) -> WallLink:
    """Take a link back: from its next minute on the screen shows nothing more."""
    held = WallLink.objects.select_for_update().filter(pk=number).first()
    if held is None or not _sees_to(by, held.organisation_id):
        raise NoSuchLink
    if held.revoked_at is None:
        held.revoked_at, held.revoked_by = at, by.user
        held.save(update_fields=["revoked_at", "revoked_by"])
    return held


def open_wall(token: str, *, at: datetime) -> WallLink:
    """Find the link of a secret; unknown, too old and taken back are told alike."""
    known = WallLink.objects.filter(token_digest=digest_of(token))
    link = known.select_related("organisation").first()
    if link is None or not link.is_alive(at=at):
        raise NoSuchLink
    return link


def note_seen(link: WallLink, *, at: datetime) -> None:
    """Keep about when a screen last asked, so that who leads finds what is unused."""
    if link.last_seen_at is None or at - link.last_seen_at >= SEEN_WITHIN:
        WallLink.objects.filter(pk=link.pk).update(last_seen_at=at)


def _sees_to(actor: Actor, unit: int | None) -> bool:
    units: Collection[int] = led_units(actor)
    return leads_city(actor) if unit is None else unit in units
