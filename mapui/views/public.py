"""The public map with its equal list, and a report as anyone may see it."""

from __future__ import annotations

from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, render
from django.utils.timezone import localdate
from django.utils.translation import gettext as _
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_headers
from rest_framework.exceptions import ValidationError

from incidents.api.filters import FILTERS, read_filter
from incidents.models import Attachment, Report, ReportQuerySet, StatusGroup

from .choices import branches, is_approximate, organisations, wards
from .city_map import first_view, map_words
from .following import following_of

ON_A_PAGE = 25
#: What hides behind "more filters" until it is used.
FURTHER = ("category", "ward", "organisation", "from", "to")


@require_safe
@gzip_page
@vary_on_headers("HX-Request")
def home(request: HttpRequest) -> HttpResponse:
    """Show the city's public reports, on the map and as an equal list."""
    found = _results(request.GET)
    if _wants_fragment(request):
        return render(request, "mapui/_results.html", found)
    today = localdate()
    offered = {
        "branches": branches(on=today),
        "wards": wards(on=today),
        "organisations": organisations(on=today),
        "is_approximate": is_approximate(on=today),
        "is_narrowed": any(request.GET.get(name) for name in FURTHER),
        "groups": StatusGroup,
        "view": first_view(),
        "map_words": map_words(),
    }
    return render(request, "mapui/home.html", found | offered)


@require_safe
@vary_on_headers("HX-Request")
def report(request: HttpRequest, public_id: str) -> HttpResponse:
    """Show one public report: a page of its own, or a panel beside the map."""
    shown = get_object_or_404(
        Report.objects.public().with_what_is_shown(), public_id=public_id
    )
    photos = shown.attachments.filter(
        approved_at__isnull=False, kind=Attachment.Kind.PHOTO
    )
    spot = shown.public_point
    context = {
        "report": shown,
        "photos": photos,
        "lon": f"{spot.x:.6f}" if spot else "",
        "lat": f"{spot.y:.6f}" if spot else "",
        "map_words": map_words(),
    }
    context |= following_of(request, shown)
    page = "mapui/_panel.html" if _wants_fragment(request) else "mapui/report.html"
    return render(request, page, context)


def _results(query: QueryDict) -> dict[str, Any]:
    """Return a page of the list, how many there are, and how many have no place."""
    mistake = ""
    try:
        reports = read_filter(query).public()
    except ValidationError as error:
        reports = Report.objects.none()
        mistake = _first(error.detail)
    counted = reports.aggregate(
        total=Count("pk"), unplaced=Count("pk", filter=Q(public_point__isnull=True))
    )
    page = _page(reports, query, total=counted["total"])
    asked = {name: query.get(name, "") for name in FILTERS}
    return {
        "asked": asked,
        "mistake": mistake,
        "reports": page.object_list,
        "later": _address(query, page.number - 1) if page.has_previous() else "",
        "earlier": _address(query, page.number + 1) if page.has_next() else "",
    } | counted


def _page(reports: ReportQuerySet, query: QueryDict, *, total: int) -> Page[Report]:
    listed = reports.with_what_is_shown().order_by("-received_at", "-pk")
    pages = Paginator(listed, ON_A_PAGE)
    vars(pages)["count"] = total  # It has been counted already.
    return pages.get_page(query.get("page"))


def _address(query: QueryDict, number: int) -> str:
    changed = query.copy()
    changed["page"] = str(number)
    return changed.urlencode()


def _wants_fragment(request: HttpRequest) -> bool:
    return request.headers.get("HX-Request") == "true"


def _first(detail: Any) -> str:
    if isinstance(detail, dict):
        return _first(next(iter(detail.values()), _("This cannot be asked.")))
    return str(detail[0])
