"""Whether somebody who leads wants the weekly letter: they do until they say not."""

from __future__ import annotations

from datetime import date, datetime

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet

from accounts.models import User
from incidents.models import Membership, NoWeeklyLetter

Role = Membership.Role


def leading_whole(*, on: date) -> QuerySet[Membership]:
    """Return which roles bring the letter that day: leading the city, or a whole unit.

    Who leads a unit for one place alone reads no figures of all of it.
    """
    return (
        Membership.objects.in_force(on=on)
        .filter(role__in=[Role.LEADER, Role.CITY_LEADER], place=None)
        .filter(user__is_active=True)
        .exclude(user__email="")
    )


def wants_letter(user: User, *, on: date) -> bool | None:
    """Tell whether the letter comes to somebody; None where it would not anyway."""
    led = leading_whole(on=on).filter(user=OuterRef("pk"))
    off = NoWeeklyLetter.objects.filter(user=OuterRef("pk"))
    said = User.objects.filter(Exists(led), pk=user.pk).annotate(is_off=Exists(off))
    is_off = said.values_list("is_off", flat=True).first()
    return None if is_off is None else not is_off


@transaction.atomic
def switch_letter(user: User, *, to: bool, at: datetime) -> None:
    """Have the letter come from now on, or not any more; said again it changes nothing.

    One that is being sent just now still comes.
    """
    if to:
        NoWeeklyLetter.objects.filter(user=user).delete()
    else:
        NoWeeklyLetter.objects.get_or_create(user=user, defaults={"since": at})
