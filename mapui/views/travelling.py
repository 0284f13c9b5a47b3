"""Maps that travel: a view as one file that needs neither this site nor a network."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from hashlib import sha256
from math import cos, radians
from pathlib import Path
from urllib.parse import urlsplit

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.http.response import HttpResponseBase
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.safestring import mark_safe
from django.utils.timezone import localdate
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe
from rest_framework.exceptions import ValidationError

from gis_data.api.fields import Reads
from gis_data.geometry import WORLD_SIDE_M
from incidents.api.filters import read_filter
from incidents.filters import ReportFilter
from incidents.models import Report, ReportQuerySet
from incidents.permissions import Actor, visible_to
from incidents.printing import print_page
from incidents.travelling import paper
from incidents.travelling.drawing import Kind, map_of
from incidents.travelling.gathering import Gathered
from incidents.worklist import sorts, work_of

from .asked_words import asked_in_words, mistake_in
from .choices import is_approximate
from .doors import for_staff
from .limits import is_allowed, too_often
from .sending_off import send_off

BUILT = Path(settings.BASE_DIR) / "mapui/static/mapui/build/heat"
#: Where we have what folium would fetch elsewhere.
FILES = {
    "leaflet": "leaflet.js",
    "leaflet_css": "leaflet.css",
    "leaflet-heat.js": "leaflet-heat.js",
    "markerclusterjs": "markercluster.js",
    "markerclustercss": "markercluster.css",
}
OUR_STYLES = ("tokens.css", "heat.css", "travelling.css")
TITLES = {
    Kind.HEAT: gettext_lazy("Where reports lie thick"),
    Kind.CLUSTERS: gettext_lazy("Where reports are, gathered"),
    Kind.LAPSE: gettext_lazy("Reports over time"),
    Kind.WARDS: gettext_lazy("Reports by ward"),
}
#: What a stylesheet draws itself with: buttons of Leaflet's that our maps have not.
PICTURES = re.compile(r"url\([^)]*\)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Which reports a map is drawn from, in words and by days; for whom it is made."""

    reports: ReportQuerySet
    words: Sequence[str]
    since: date | None = None
    until: date | None = None
    is_staff: bool = False


@require_safe
def public_map(request: HttpRequest, kind: str) -> HttpResponseBase:
    """Send the public reports that are asked for as a map in one file."""
    if not is_allowed(request, Reads):
        return too_often()
    return _answer(request, kind, reader=None)


@require_safe
def public_sheet(request: HttpRequest, kind: str) -> HttpResponseBase:
    """Send the public reports that are asked for as a map on paper, a PDF."""
    if kind_of(kind) not in paper.KINDS:
        raise Http404
    if not is_allowed(request, Reads):
        return too_often()
    return _answer(request, kind, reader=None, is_paper=True)


def sheet(asked: Asked, kind: Kind, *, at: datetime) -> str:
    """Write the page that is laid out as PDF, and printed."""
    today = localdate(at)
    drawn = paper.drawing_of(asked.reports, kind, on=today)
    context = {
        "title": TITLES[kind],
        "map": drawn,
        "asked": asked.words,
        "period": _period(asked, drawn.gathered),
        "metres": _metres(drawn.zoom),
        "is_approximate": is_approximate(on=today),
        "at": at,
        "host": urlsplit(settings.SITE_URL).netloc,
    }
    return render_to_string("mapui/travelling/sheet.html", context)


@for_staff
@require_safe
def staff_map(request: HttpRequest, actor: Actor, kind: str) -> HttpResponseBase:
    """Send what a person may see, or what their unit has in hand, as one file."""
    if not actor.is_staff:
        raise Http404
    return _answer(request, kind, reader=actor)


def read_asked(query: QueryDict, *, reader: Actor | None, at: datetime) -> Asked:
    """Read which reports an address asks for, of those its reader may see.

    Staff ask by `of=work` for what their units have in hand, and by `show` for a part
    of it. No denunciation or complaint that was refused is on a map that travels, not
    even of those who may read it: a file is passed on.
    """
    _know(query, parts=sorts(at=at), is_staff=reader is not None)
    asked = read_filter(query)
    words = asked_in_words(query)
    if reader is None:
        reports = asked.public()
    elif query.get("of", ""):
        reports = _work(reader, query.get("show", ""), asked, at=at).unquarantined()
    else:
        seen = Report.objects.filter(visible_to(reader))
        reports = asked.keep(seen).unquarantined()
    return Asked(
        reports=reports,
        words=words,
        since=asked.since,
        until=asked.until,
        is_staff=reader is not None,
    )


def written(asked: Asked, kind: Kind, *, at: datetime) -> str:
    """Write a map as one page that fetches nothing: its policy forbids it to."""
    today, words = localdate(at), _words()
    drawn = map_of(
        asked.reports,
        kind,
        on=today,
        files={name: _file(path) for name, path in FILES.items()},
        words=words | {"title": str(TITLES[kind])},
    )
    styles = [*drawn.drawn.styles, *(_file(each) for each in OUR_STYLES)]
    scripts, script = drawn.drawn.scripts, drawn.drawn.script
    return render_to_string(
        "mapui/travelling/map.html",
        {
            "title": TITLES[kind],
            "map": drawn,
            "asked": asked.words,
            "period": _period(asked, drawn.gathered),
            "words": words,
            # What folium wrote: numbers, and names that were escaped.
            "body": mark_safe(drawn.drawn.body),  # noqa: S308
            "script": mark_safe(script),  # noqa: S308
            "styles": [mark_safe(each) for each in styles],  # noqa: S308
            "scripts": [mark_safe(each) for each in scripts],  # noqa: S308
            "policy": mark_safe(_policy([*scripts, script], styles)),  # noqa: S308
            "last_turn": max(0, len(drawn.turns) - 1),
            "metres": _metres(drawn.zoom),
            "is_approximate": is_approximate(on=today),
            "at": at,
            "host": urlsplit(settings.SITE_URL).netloc,
            "staff": asked.is_staff,
        },
    )


def kind_of(name: str) -> Kind:
    """Return the kind of a name; any other is not there."""
    try:
        return Kind(name)
    except ValueError as error:
        raise Http404 from error


def _answer(
    request: HttpRequest, name: str, *, reader: Actor | None, is_paper: bool = False
) -> HttpResponseBase:
    kind, now = kind_of(name), timezone.now()
    try:
        asked = read_asked(request.GET, reader=reader, at=now)
    except ValidationError as error:
        said = mistake_in(error.detail) + "\n"
        return HttpResponse(said, status=422, content_type="text/plain; charset=utf-8")
    called = f"{kind}-{localdate(now).isoformat()}"
    if is_paper:
        return send_off(
            request,
            lambda: [print_page(sheet(asked, kind, at=now), {})],
            name=f"{called}.pdf",
            media_type="application/pdf",
        )
    return send_off(
        request,
        lambda: [written(asked, kind, at=now).encode()],
        name=f"{called}.html",
        media_type="text/html; charset=utf-8",
    )


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


def _policy(scripts: Sequence[str], styles: Sequence[str]) -> str:
    """Name what the file is made of by its sums, and allow nothing else."""
    return "; ".join(
        [
            "default-src 'none'",
            f"script-src {_sums(scripts)}",
            f"style-src {_sums(styles)}",
            "img-src data:",
            "base-uri 'none'",
            "form-action 'none'",
        ]
    )


def _sums(texts: Sequence[str]) -> str:
    sums = (b64encode(sha256(text.encode()).digest()).decode() for text in texts)
    return " ".join(f"'sha256-{each}'" for each in sums)


@cache
def _file(name: str) -> str:
    """Read one of our own files as it may stand within a page."""
    text = (BUILT / name).read_text()
    if "</script" in text.lower() or "</style" in text.lower():
        raise ValueError(f"{name} would end the element it stands in")
    return PICTURES.sub("none", text) if name.endswith(".css") else text


def _words() -> dict[str, str]:
    return {
        "zoom_in": _("Zoom in"),
        "zoom_out": _("Zoom out"),
        "many": _("many: {n} together"),
        "ward": _("{received} received, {open} open, {density} for each km²"),
        "month": _("month {month}"),
        "week": _("{first} to {last}"),
        "turn": _("{turn}: {count} received"),
        "play": _("Play"),
        "pause": _("Pause"),
    }
