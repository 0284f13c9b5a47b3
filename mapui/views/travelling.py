"""Maps that travel: a view as one file that needs neither this site nor a network."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from math import cos, radians

from django.conf import settings
from django.http import QueryDict
from django.template.loader import render_to_string
from django.utils.formats import date_format
from django.utils.timezone import localdate
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from rest_framework.exceptions import ValidationError

from gis_data.geometry import WORLD_SIDE_M
from incidents.api.filters import read_filter
from incidents.filters import ReportFilter
from incidents.models import Report, ReportQuerySet
from incidents.permissions import Actor, visible_to
from incidents.travelling import paper
from incidents.travelling.drawing import Kind, map_of
from incidents.travelling.gathering import Gathered
from incidents.worklist import sorts, work_of

from .asked_words import asked_in_words
from .choices import is_approximate
from .sealing import files, host, sealed, words

TITLES = {
    Kind.HEAT: gettext_lazy("Where reports lie thick"),
    Kind.CLUSTERS: gettext_lazy("Where reports are, gathered"),
    Kind.LAPSE: gettext_lazy("Reports over time"),
    Kind.WARDS: gettext_lazy("Reports by ward"),
    Kind.HOT_SPOTS: gettext_lazy("Where to repair first"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Which reports a map is drawn from, in words and by days; for whom it is made."""

    reports: ReportQuerySet
    words: Sequence[str]
    since: date | None = None
    until: date | None = None
    is_staff: bool = False


def sheet(asked: Asked, kind: Kind, *, at: datetime, is_picture: bool = False) -> str:
    """Write the page that is laid out as PDF; a picture is of its first page."""
    today = localdate(at)
    drawn = paper.drawing_of(asked.reports, kind, on=today, words=words())
    context = {
        "title": TITLES[kind],
        "map": drawn,
        "asked": asked.words,
        "period": _period(asked, drawn.gathered),
        "metres": _metres(drawn.zoom),
        "is_approximate": is_approximate(on=today),
        "at": at,
        "host": host(),
        "is_picture": is_picture,
        "staff": asked.is_staff,
    }
    return render_to_string("mapui/travelling/sheet.html", context)


def read_asked(query: QueryDict, *, reader: Actor | None, at: datetime) -> Asked:
    """Read which reports an address asks for, of those its reader may see.

    Staff ask by `of=work` for what their units have in hand, and by `show` for a part
    of it. No denunciation or complaint that was refused is on a map that travels, not
    even of those who may read it: a file is passed on.
    """
    _know(query, parts=sorts(at=at), is_staff=reader is not None)
    asked = read_filter(query)
    if reader is None:
        reports = asked.public()
    elif query.get("of", ""):
        reports = _work(reader, query.get("show", ""), asked, at=at).unquarantined()
    else:
        seen = Report.objects.filter(visible_to(reader))
        reports = asked.keep(seen).unquarantined()
    return Asked(
        reports=reports,
        words=asked_in_words(query),
        since=asked.since,
        until=asked.until,
        is_staff=reader is not None,
    )


def written(asked: Asked, kind: Kind, *, at: datetime) -> str:
    """Write a map as one page that fetches nothing: its policy forbids it to."""
    today = localdate(at)
    drawn = map_of(
        asked.reports,
        kind,
        on=today,
        files=files(),
        words=words() | {"title": str(TITLES[kind])},
    )
    context = {
        "title": TITLES[kind],
        "map": drawn,
        "asked": asked.words,
        "period": _period(asked, drawn.gathered),
        "last_turn": max(0, len(drawn.turns) - 1),
        "metres": _metres(drawn.zoom),
        "is_approximate": is_approximate(on=today),
        "at": at,
        "staff": asked.is_staff,
    }
    return sealed("mapui/travelling/map.html", drawn.drawn, context)


def _work(
    reader: Actor, show: str, asked: ReportFilter, *, at: datetime
) -> ReportQuerySet:
    work, parts = work_of(reader, at=at), sorts(at=at)
    return asked.keep(work.filter(parts[show]) if show else work)


def _know(query: QueryDict, *, parts: Collection[str], is_staff: bool) -> None:
    """Refuse what names no work of anybody's: it would be everything instead.

    Strangers have none to ask for.
    """
    of, show = query.get("of", ""), query.get("show", "")
    said = [_("Choose one of those on offer.")]
    if of and not (is_staff and of == "work"):
        raise ValidationError({"of": said})
    if show and not (of and show in parts):
        raise ValidationError({"show": said})


def _period(asked: Asked, gathered: Gathered) -> str:
    """Say from when to when: as it was asked, else from the first to the last."""
    first = asked.since or gathered.first
    last = gathered.last
    if asked.until is not None and last is not None:
        last = min(last, asked.until)
    if first is None or last is None:
        return ""
    days = {name: date_format(on, "d/m/Y") for name, on in _pair(first, last)}
    return _("received from %(first)s to %(last)s") % days


def _pair(first: date, last: date) -> tuple[tuple[str, date], tuple[str, date]]:
    return ("first", first), ("last", last)


def _metres(zoom: int | None) -> int | None:
    """Tell how wide a square is here, in round metres."""
    if zoom is None:
        return None
    latitude = settings.CITY.centre[1]
    metres: float = WORLD_SIDE_M * cos(radians(latitude)) / (1 << zoom)
    return round(metres / 10) * 10
