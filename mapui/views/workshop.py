"""The workshop of the map: what is in force, what is being made, what to do next."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db.models import Count, Exists, Max, OuterRef, Q
from django.db.models.functions import Lower
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.formats import date_format, number_format
from django.utils.timezone import localdate
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from gis_data.journal import changes
from gis_data.models import (
    Asset,
    Boundary,
    Edition,
    MapFile,
    PlaceKind,
    PlaceSuccession,
)
from incidents.models import Rehearsal, Responsibility
from incidents.permissions import Actor
from mapui.templatetags.dates import day_format

from .doors import for_map_keepers

#: So many past editions, rehearsals and changes are listed; the rest is history.
EDITIONS, REHEARSALS, CHANGES = 60, 5, 12
#: A draft is worth a reminder when its day is this near.
SOON = timedelta(days=14)


@dataclass(frozen=True, slots=True, kw_only=True)
class KindTold:
    """One kind of place: what is in force, what was before, what is drafted."""

    kind: PlaceKind
    count: int
    in_force: Edition | None
    to_come: tuple[Edition, ...]
    past: tuple[Edition, ...]
    drafts: tuple[Edition, ...]
    is_past: bool  #: None is in force, and the law names who follows its places.


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One thing that waits to be done, and where."""

    said: str
    address: str
    tone: str = ""


@for_map_keepers
@require_safe
def workshop(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Show what the map and the rules are today, what is drafted, and what waits."""
    today = localdate()
    kinds = _kinds(today)
    files = list(
        MapFile.objects.exclude(step=MapFile.Step.KEPT)
        .select_related("sent_by")
        .defer("report", "layers")
        .order_by("-sent_at")[:20]
    )
    rehearsals = list(
        Rehearsal.objects.select_related("edition__kind", "asked_by")
        .defer("told", "rules")
        .order_by("-asked_at")[:REHEARSALS]
    )
    in_force = Q(validity__contains=today)
    rules = Responsibility.objects.aggregate(
        count=Count("pk", filter=in_force),
        assumed=Count("pk", filter=in_force & Q(is_confirmed=False)),
    )
    context: dict[str, Any] = {
        "kinds": kinds,
        "files": files,
        "rehearsals": rehearsals,
        "rules": rules,
        "assets": _assets(today),
        "changes": changes()[:CHANGES],
        "steps": list(_steps(kinds, files, rules, _rehearsed(kinds), today=today)),
        "today": today,
    }
    return render(request, "mapui/staff/workshop.html", context)


def _kinds(today: date) -> list[KindTold]:
    """Gather the editions of each kind, the most local kind first."""
    held = (
        Boundary.objects.known()
        .in_force(on=today)
        .values_list("place__kind")
        .annotate(Count("pk"))
        .order_by()
    )
    counts: dict[int, int] = dict(held)
    editions: defaultdict[int, list[Edition]] = defaultdict(list)
    for each in (
        Edition.objects.filter(withdrawn_at=None)
        .select_related("kind", "made_by")
        .defer("names")
        .order_by("-starts_on", "-pk")[:EDITIONS]
    ):
        editions[each.kind_id].append(each)
    followed = PlaceSuccession.objects.filter(
        predecessor__kind=OuterRef("pk"), on__lte=today
    )
    kinds = PlaceKind.objects.annotate(is_followed=Exists(followed))
    ranked = kinds.order_by("-rank", "code")
    return [
        _told(
            kind,
            editions[kind.pk],
            counts.get(kind.pk, 0),
            is_followed=kind.is_followed,
            today=today,
        )
        for kind in sorted(ranked, key=lambda each: each.rank is None)
    ]


def _told(
    kind: PlaceKind,
    editions: list[Edition],
    count: int,
    *,
    is_followed: bool,
    today: date,
) -> KindTold:
    published = [each for each in editions if each.published_at]
    begun = [each for each in published if each.starts_on <= today]
    current = begun[0] if begun and count else None
    return KindTold(
        kind=kind,
        count=count,
        in_force=current,
        to_come=tuple(each for each in published if each.starts_on > today),
        past=tuple(each for each in begun if each is not current),
        drafts=tuple(each for each in editions if not each.published_at),
        is_past=is_followed and current is None,
    )


def _rehearsed(kinds: list[KindTold]) -> set[int]:
    """Return the drafts that a rehearsal is being made of, or told something of."""
    drafts = [each.pk for told in kinds for each in told.drafts]
    made = Rehearsal.objects.filter(edition__in=drafts, failure="")
    return {each for each in made.values_list("edition", flat=True) if each}


def _assets(today: date) -> Iterable[Any]:
    """Count what stands today, kind by kind, and tell since when it is so described."""
    standing = Asset.objects.filter(validity__contains=today)
    return (
        standing.values("kind")
        .annotate(count=Count("pk"), since=Max(Lower("validity")))
        .order_by("kind")
    )


def _steps(
    kinds: list[KindTold],
    files: list[MapFile],
    rules: dict[str, int],
    rehearsed: set[int],
    *,
    today: date,
) -> Iterator[Step]:
    """Say what waits for the reader, the most pressing first."""
    for file in files:
        if file.failure or not file.is_worked_on:
            yield Step(
                said=_file_waits(file) % {"name": file.name},
                address=reverse("mapui:workshop-file", args=[file.pk]),
                tone="bad" if file.failure else "",
            )
    for told in kinds:
        for draft in told.drafts:
            yield from _draft_waits(draft, rehearsed, today=today)
    for told in kinds:
        if told.in_force and told.in_force.is_approximate:
            said = _(
                "The boundaries of “%(kind)s” are a sketch: every decision by them "
                "waits for a person. Send the official map."
            )
            yield Step(
                said=said % {"kind": told.kind.label},
                address=reverse("mapui:workshop-send") + "?what=boundaries",
                tone="warn",
            )
        is_held = told.count or told.past or told.drafts or told.to_come
        if not (is_held or told.is_past):
            said = _("No boundary of “%(kind)s” is in force. Send a map of it.")
            yield Step(
                said=said % {"kind": told.kind.label},
                address=reverse("mapui:workshop-send") + "?what=boundaries",
                tone="warn",
            )
    if rules["assumed"]:
        said = ngettext(
            "%(n)s rule is a working assumption: have it confirmed by its unit.",
            "%(n)s rules are working assumptions: have them confirmed by their units.",
            rules["assumed"],
        )
        yield Step(
            said=said % {"n": number_format(rules["assumed"], force_grouping=True)},
            address=reverse("mapui:workshop-rules") + "?assumed=1",
        )


def _file_waits(file: MapFile) -> str:
    if file.failure:
        return _("“%(name)s” could not be read as asked. See why, and read it again.")
    if file.step == MapFile.Step.ASK:
        return _("Say how “%(name)s” is to be read.")
    return _("Read the quality report of “%(name)s”, then keep it or not.")


def _draft_waits(draft: Edition, rehearsed: set[int], *, today: date) -> Iterator[Step]:
    about = {"kind": draft.kind.label, "on": date_format(draft.starts_on, day_format())}
    here = reverse("mapui:workshop-edition", args=[draft.pk])
    if draft.pk not in rehearsed:
        said = _("Rehearse the draft of “%(kind)s” from %(on)s before it counts.")
        rehearse = reverse("mapui:workshop-rehearse")
        yield Step(said=said % about, address=f"{rehearse}?draft={draft.pk}")
    elif draft.starts_on <= today + SOON:
        said = _("The draft of “%(kind)s” counts from %(on)s: put it in force in time.")
        yield Step(said=said % about, address=here, tone="warn")
