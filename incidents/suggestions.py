"""Learnt: corrections that people made again and again, as rules to think about.

A correction is a transfer that says otherwise than the rules, than the unit that
returned the case, or than both: the arbiter's word. One that the next unit returned in
its turn taught nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.contrib.postgres.aggregates import ArrayAgg
from django.db import transaction
from django.db.models import Count, Exists, F, Max, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _

from gis_data.models import Place

from .errors import Missing, NotAllowed
from .models import Category, Organisation, SuggestionDismissal, Transfer
from .permissions import Actor

#: What was corrected before then, the rules of today are not learnt from.
LEARNT_FROM = timedelta(days=180)
#: Once is an exception; twice may be a rule.
AT_LEAST = 2
AT_MOST = 100
EXAMPLES = 5
WHAT = ("category", "place", "corrects", "organisation")


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestion:
    """What people corrected in one way: of what, where, from whom to whom."""

    category: Category
    place: Place | None
    corrects: Organisation
    organisation: Organisation
    count: int
    by_arbiter: int  #: How many of them the shift lead decided.
    latest: datetime
    examples: tuple[str, ...]  #: Public ids of cases, the newest first.


def suggestions(*, at: datetime) -> list[Suggestion]:
    """Return what was corrected more than once of late, the most frequent first."""
    rows = list(
        _corrections(since=at - LEARNT_FROM)
        .values(*WHAT)
        .annotate(
            count=Count("pk"),
            by_arbiter=Count("pk", filter=Q(is_final=True)),
            latest=Max("at"),
            examples=ArrayAgg("report__public_id", order_by="-pk"),
        )
        .filter(count__gte=AT_LEAST)
        .order_by("-count", "-latest", *WHAT)[:AT_MOST]
    )
    categories = Category.objects.in_bulk({row["category"] for row in rows})
    places = Place.objects.in_bulk({row["place"] for row in rows} - {None})
    units = Organisation.objects.in_bulk(
        {row[name] for row in rows for name in ("corrects", "organisation")}
    )
    return [
        Suggestion(
            category=categories[row["category"]],
            place=places.get(row["place"]),
            corrects=units[row["corrects"]],
            organisation=units[row["organisation"]],
            count=row["count"],
            by_arbiter=row["by_arbiter"],
            latest=row["latest"],
            examples=tuple(dict.fromkeys(row["examples"]))[:EXAMPLES],
        )
        for row in rows
    ]


@transaction.atomic
def dismiss(
    *,
    category: str,
    place: str,
    corrects: str,
    organisation: str,
    reason: str,
    by: Actor,
    at: datetime,
) -> SuggestionDismissal:
    """Say why corrections of one kind call for no rule; each is named by its code.

    It is offered again once there are as many new ones.
    """
    if not by.keeps_map:
        raise NotAllowed
    if not reason.strip():
        raise Missing(_("Say why no rule follows from it."), field="reason")
    units = Organisation.objects.in_bulk([corrects, organisation], field_name="code")
    of = Category.objects.filter(code=category).first()
    there = Place.objects.filter(pk=place).first() if place.isdecimal() else None
    if (
        of is None
        or len(units) != len({corrects, organisation})
        or (place and there is None)
    ):
        raise Missing(_("There is no such suggestion any more."), field="reason")
    return SuggestionDismissal.objects.create(
        category=of,
        place=there,
        corrects=units[corrects],
        organisation=units[organisation],
        reason=reason.strip()[:300],
        by=by.user,
        at=at,
    )


def _corrections(*, since: datetime) -> QuerySet[Transfer, Transfer]:
    """Keep the corrections that have stood, and that nobody has put aside since."""
    later = Transfer.objects.filter(
        report=OuterRef("report"),
        sender=OuterRef("organisation"),
        pk__gt=OuterRef("pk"),
    )
    put_aside = SuggestionDismissal.objects.annotate(
        nowhere_or_there=Coalesce("place", Value(0))
    )
    aside = put_aside.filter(
        category=OuterRef("category"),
        corrects=OuterRef("corrects"),
        organisation=OuterRef("organisation"),
        at__gte=OuterRef("at"),
        nowhere_or_there=Coalesce(OuterRef("place"), Value(0)),
    )
    made = Transfer.objects.filter(
        corrects__isnull=False, organisation__isnull=False, at__gte=since
    )
    told = made.annotate(
        category=F("report__category"),
        place=Coalesce("report__current_place", "report__place"),
    )
    return told.filter(~Exists(later.filter(by__isnull=False)), ~Exists(aside))
