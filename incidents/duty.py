"""On duty: who of a unit answers for urgent cases, and when."""

from __future__ import annotations

from datetime import date, datetime

from django.db import transaction
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.db.models import Exists, OuterRef, QuerySet
from django.db.utils import IntegrityError
from django.utils.formats import date_format
from django.utils.timezone import localdate, localtime
from django.utils.translation import gettext as _

from accounts.models import User

from .errors import AlreadyOnDuty, Missing, NotAllowed
from .models import Duty, Membership, Organisation
from .permissions import Actor

ONCE = "person_is_on_duty_once_at_a_time"


def on_duty(organisations: frozenset[int], *, at: datetime) -> QuerySet[Duty]:
    """Return who answers for urgent cases at that moment, and works there still."""
    works = Membership.objects.in_force(on=localdate(at)).filter(
        user=OuterRef("user"), organisation=OuterRef("organisation")
    )
    now = Duty.objects.filter(Exists(works), during__contains=at, user__is_active=True)
    return _of(now, organisations)


def with_duty(
    people: QuerySet[User], organisations: frozenset[int], *, at: datetime
) -> QuerySet[User]:
    """Tell of each whether they are on duty for one of these units at that moment."""
    now = Duty.objects.filter(organisation__in=organisations, during__contains=at)
    return people.annotate(is_on_duty=Exists(now.filter(user=OuterRef("pk"))))


def roster(
    organisations: frozenset[int], *, since: datetime, until: datetime
) -> QuerySet[Duty]:
    """Return the duties that touch the time between two moments, in their order."""
    touching = Duty.objects.filter(during__overlap=DateTimeTZRange(since, until))
    return _of(touching, organisations)


def colleagues(organisation: int, *, on: date) -> QuerySet[User]:
    """Return who may be put on a unit's roster: who works there that day, by name."""
    held = Membership.objects.in_force(on=on).filter(organisation=organisation)
    working = User.objects.filter(is_active=True, pk__in=held.values("user"))
    return working.order_by("last_name", "first_name", "username")


@transaction.atomic
def put_on_duty(
    organisation: Organisation,
    user: User | None,
    *,
    since: datetime | None,
    until: datetime | None,
    by: Actor,
    at: datetime,
) -> Duty:
    """Put a colleague on a unit's roster between two moments."""
    if organisation.pk not in by.rosters:
        raise NotAllowed
    if user is None:
        raise Missing(_("Choose who is on duty."), field="user")
    if since is None:
        raise Missing(_("Give the day and hour when the duty begins."), field="since")
    if until is None:
        raise Missing(_("Give the day and hour when the duty ends."), field="until")
    if until <= since:
        raise Missing(_("The end comes after the beginning."), field="until")
    if until <= at:
        raise Missing(_("This time has passed. Give a time to come."), field="until")
    if not colleagues(organisation.pk, on=localdate(since)).contains(user):
        raise Missing(_("This person does not work for the unit then."), field="user")
    during = DateTimeTZRange(since, until)
    try:
        with transaction.atomic():
            return Duty.objects.create(
                organisation=organisation, user=user, during=during
            )
    except IntegrityError as error:
        if ONCE not in str(error):
            raise
        raise AlreadyOnDuty(_overlap(organisation, user, during)) from None


@transaction.atomic
def take_off_duty(duty: Duty, *, by: Actor) -> None:
    """Take a colleague off a unit's roster."""
    if duty.organisation_id not in by.rosters:
        raise NotAllowed
    duty.delete()


def _overlap(organisation: Organisation, user: User, during: DateTimeTZRange) -> str:
    """Say with which duty the new one collides."""
    held = Duty.objects.filter(organisation=organisation, user=user)
    first = held.filter(during__overlap=during).order_by("during").first()
    name = user.get_full_name() or user.get_username()
    if first is None:
        return str(AlreadyOnDuty.message)
    during = first.during
    said = _("%(name)s is on duty already, from %(since)s to %(until)s.")
    return said % {
        "name": name,
        "since": date_format(localtime(during.lower), "H:i d/m"),
        "until": date_format(localtime(during.upper), "H:i d/m"),
    }


def _of(duties: QuerySet[Duty], organisations: frozenset[int]) -> QuerySet[Duty]:
    return (
        duties.filter(organisation__in=organisations)
        .select_related("user", "organisation")
        .order_by("during", "organisation__name", "pk")
    )
