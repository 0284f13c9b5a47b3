"""Words a unit writes often: kept by its own people, picked, read over and sent."""

from __future__ import annotations

from datetime import date

from django.db import IntegrityError, transaction
from django.db.models import F, Q, QuerySet
from django.utils.translation import gettext as _

from accounts.models import User

from .errors import Missing, NotAllowed
from .models import Membership, Organisation, ReplyTemplate, Report

Role = Membership.Role
Purpose = ReplyTemplate.Purpose
#: Who keeps the words of an organisation.
KEEPERS = frozenset(
    {Role.FOCAL_POINT, Role.LEADER, Role.SHIFT_LEAD, Role.ADMINISTRATOR}
)


def words_for(report: Report, *purposes: Purpose) -> QuerySet[ReplyTemplate]:
    """Return the words on offer for a case: the unit's own first, then everybody's."""
    whose = Q(organisation=report.organisation_id) | Q(organisation=None)
    return ReplyTemplate.objects.filter(
        whose, is_active=True, purpose__in=purposes
    ).order_by(F("organisation").asc(nulls_last=True), "name")


def kept_by(user: User, *, on: date) -> QuerySet[Organisation]:
    """Return the organisations whose words this person keeps on that day."""
    held = Membership.objects.in_force(on=on).filter(user=user, role__in=KEEPERS)
    return Organisation.objects.filter(pk__in=held.values("organisation")).order_by(
        "name", "pk"
    )


@transaction.atomic
def keep_words(
    *,
    organisation: Organisation,
    purpose: str,
    name: str,
    text: str,
    by: User,
    on: date,
    changing: ReplyTemplate | None = None,
) -> ReplyTemplate:
    """Keep new words of an organisation, or change ones it has."""
    _refuse_strangers(changing.organisation if changing else organisation, by, on=on)
    _refuse_strangers(organisation, by, on=on)
    if purpose not in Purpose.values:
        raise Missing(_("Choose what the words are for."), field="purpose")
    said = {"name": name.strip(), "text": text.strip()}
    for field, value in said.items():
        if not value:
            raise Missing(_("This is needed here."), field=field)
    kept = changing or ReplyTemplate()
    kept.organisation, kept.purpose = organisation, purpose
    kept.name, kept.text, kept.is_active = said["name"], said["text"], True
    try:
        with transaction.atomic():
            kept.save()
    except IntegrityError as error:
        taken = _("There are words of this name already. Choose another name.")
        raise Missing(taken, field="name") from error
    return kept


@transaction.atomic
def retire_words(words: ReplyTemplate, *, by: User, on: date) -> ReplyTemplate:
    """Offer these words no more; whoever saves them again brings them back."""
    _refuse_strangers(words.organisation, by, on=on)
    words.is_active = False
    words.save(update_fields=["is_active"])
    return words


def _refuse_strangers(organisation: Organisation | None, by: User, *, on: date) -> None:
    """Let only an organisation's own people change its words; everybody's nobody."""
    kept = kept_by(by, on=on)
    if organisation is None or not kept.filter(pk=organisation.pk).exists():
        raise NotAllowed
