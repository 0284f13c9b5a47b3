"""What goes on in the city: incidents and planned outages, for everybody."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.gis.geos import MultiPolygon, Polygon
from django.db.models import F
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.cache import cache_control
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import require_safe

from incidents.models import Incident, IncidentQuerySet, Report

from .city_map import map_words
from .following import following_of

#: So long what is over stays in the list, and so many are in it.
OVER_FOR = timedelta(days=2)
AT_MOST = 100
#: In degrees: some five metres.
FINE = 0.00005


@require_safe
def happenings(request: HttpRequest) -> HttpResponse:
    """List what goes on now, what is to come, and what was over lately."""
    now = timezone.now()
    shown = list(_shown(now)[:AT_MOST])
    context = {
        "now_on": [
            each for each in shown if not each.is_over and each.starts_at <= now
        ],
        "to_come": [
            each for each in shown if not each.is_over and each.starts_at > now
        ],
        "over": [each for each in shown if each.is_over],
    }
    return render(request, "mapui/happenings.html", context)


@require_safe
def happening(request: HttpRequest, public_id: str) -> HttpResponse:
    """Show one incident: what, where, until when, who sees to it; and follow it."""
    shown = Incident.objects.public().with_what_is_shown()
    incident = get_object_or_404(shown, head__public_id=public_id)
    reports = Report.objects.with_what_is_shown()
    head = reports.get(pk=incident.head_id)
    spot = head.public_point
    results = head.results.filter(published_at__isnull=False).order_by("-round")
    context: dict[str, Any] = {
        "incident": incident,
        "report": head,
        "result": results.first() if incident.is_over else None,
        "area": drawn(incident.area) if incident.area else None,
        "lon": f"{spot.x:.6f}" if spot else "",
        "lat": f"{spot.y:.6f}" if spot else "",
        "map_words": map_words(),
        "address": settings.SITE_URL + request.path,
        "now": timezone.now(),
    }
    context |= following_of(request, head)
    return render(request, "mapui/happening.html", context)


@require_safe
@gzip_page
@cache_control(public=True, max_age=60)
def areas(request: HttpRequest) -> JsonResponse:
    """Tell the areas of what goes on now, for the map."""
    shown = Incident.objects.public().under_way(at=timezone.now())
    found = shown.filter(area__isnull=False).with_what_is_shown()[:AT_MOST]
    return JsonResponse(
        {
            "type": "FeatureCollection",
            "features": [
                {
                    "type": "Feature",
                    "properties": {
                        "public_id": each.head.public_id,
                        "title": each.label,
                        "kind": each.kind,
                    },
                    "geometry": drawn(each.area),
                }
                for each in found
                if each.area is not None
            ],
        },
        content_type="application/geo+json",
    )


def drawn(area: MultiPolygon) -> dict[str, Any]:
    """Return an area as maps draw it: no finer than they show, and still of parts."""
    simple = area.simplify(FINE, preserve_topology=True)
    whole = MultiPolygon(simple) if isinstance(simple, Polygon) else simple
    told: dict[str, Any] = json.loads(whole.json)
    return told


def _shown(at: datetime) -> IncidentQuerySet:
    shown = Incident.objects.public().exclude(closed_at__lt=at - OVER_FOR)
    listed = shown.with_what_is_shown().defer("area")
    return listed.order_by(F("ends_at").asc(nulls_last=True), "pk")
