"""Where a unit's cases are: their true points, for those who go there."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from incidents.deadlines import read_calendar
from incidents.permissions import Actor
from incidents.worklist import work_of
from mapui.templatetags.staff import directions, where

from .doors import for_staff
from .unit import Job, job_of
from .unit_asked import read_asked

#: So many pins are put on a map at once, the most pressing first.
PINS = 500


@for_staff
@require_safe
def unit_points(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Tell where the cases of the list are, and of how many nobody knows where."""
    now = timezone.now()
    asked = read_asked(request.GET).of(work_of(actor, at=now), actor, at=now)
    placed = asked.filter(point__isnull=False).with_its_ward()
    calendar = read_calendar()
    jobs = [job_of(each, actor, at=now, calendar=calendar) for each in placed[:PINS]]
    return JsonResponse(
        {
            "type": "FeatureCollection",
            "features": [_feature(job) for job in jobs],
            "placeless": asked.filter(point__isnull=True).count(),
        },
        content_type="application/geo+json",
    )


def _feature(job: Job) -> dict[str, Any]:
    report = job.report
    point = report.point
    if point is None:
        raise RuntimeError("Only what has a point is put on a map.")
    return {
        "type": "Feature",
        "id": report.public_id,
        "geometry": {
            "type": "Point",
            "coordinates": [round(point.x, 6), round(point.y, 6)],
        },
        "properties": {
            "title": report.category.label,
            "where": where(report),
            "due": job.clock.label if job.clock else "",
            "state": job.clock.state if job.clock else "fine",
            "case": reverse("mapui:staff-case", args=[report.public_id]),
            "result": reverse("mapui:result", args=[report.public_id]),
            "directions": directions(report),
        },
    }
