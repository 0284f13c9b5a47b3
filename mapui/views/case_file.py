"""The file of a case: a PDF for staff or for its reporter, and its sealed record.

It is laid out from our own fonts and files alone: nothing is fetched from anywhere, and
who can be reached stands in none of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string
from django.utils import timezone
from django.views.decorators.http import require_safe

from incidents.accesses import Kind, log
from incidents.afterwards import answers_of
from incidents.api.filing import said_of
from incidents.models import Attachment, DailyRoot, Event, Report, Result
from incidents.permissions import Actor
from incidents.printing import print_page
from incidents.privacy import without_contacts
from incidents.verifying import file_of

from .doors import find_case, for_staff

INTERNAL, REPORTER = "internal", "reporter"
PHOTOS_AT_MOST = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One line of the history, as this file tells it."""

    at: datetime
    label: str
    text: str
    by: str


@for_staff
@require_safe
def case_file(
    request: HttpRequest, actor: Actor, public_id: str, variant: str
) -> HttpResponse:
    """Print a case: all that staff know of it, or what its reporter may read."""
    if variant not in {INTERNAL, REPORTER}:
        raise Http404
    report, now = find_case(actor, public_id), timezone.now()
    context, photos = _gather(report, variant, at=now)
    page = render_to_string("mapui/staff/case_file.html", context)
    answer = HttpResponse(print_page(page, photos), content_type="application/pdf")
    name = f"{report.public_id}-{variant}.pdf"
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    log(Kind.CASE_TAKEN, by=actor, at=now, report=report, reason=variant)
    return answer


@for_staff
@require_safe
def record_file(request: HttpRequest, actor: Actor, public_id: str) -> HttpResponse:
    """Hand out the chain of a case with its way to the daily root, to be checked."""
    report = find_case(actor, public_id)
    answer = JsonResponse(file_of(report), json_dumps_params={"ensure_ascii": False})
    name = f"{report.public_id}.json"
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    log(Kind.CASE_TAKEN, by=actor, at=timezone.now(), report=report, reason="record")
    return answer


def _gather(
    report: Report, variant: str, *, at: datetime
) -> tuple[dict[str, Any], dict[str, bytes]]:
    """Read what the file tells, and the photos in it by the names they have there."""
    is_internal = variant == INTERNAL
    filed = report.results.select_related("organisation", "by").order_by("round", "pk")
    if not is_internal:
        filed = filed.filter(published_at__isnull=False)
    results = list(filed)
    events = report.events.select_related("note", "by").order_by("sequence")
    last = events.last()
    if not is_internal:
        events = events.filter(visibility=Event.Visibility.REPORTER)
    decided = report.decisions.select_related("organisation").order_by("-pk").first()
    photos = _photos(report, results, is_internal=is_internal)
    asked = results[-1] if results else None
    context = {
        "report": report,
        "is_internal": is_internal,
        "description": without_contacts(report.description, with_doors=True),
        "address": without_contacts(report.address, with_doors=True),
        "explanation": said_of(decided.reason, decided.arguments) if decided else "",
        "timeline": [_line(event, is_internal=is_internal) for event in events],
        "results": [(each, without_contacts(each.text)) for each in results],
        "clocks": report.clocks.select_related("organisation").order_by("started_at"),
        "answers": answers_of(report.pk, asked.round) if asked else {},
        "photos": list(photos),
        "root": DailyRoot.objects.filter(leaves__public_id=report.public_id)
        .order_by("-on")
        .first(),
        "head": bytes(last.hash).hex() if last else "",
        "length": last.sequence if last else 0,
        "at": at,
    }
    return context, photos


def _line(event: Event, *, is_internal: bool) -> Told:
    note = getattr(event, "note", None)
    by = event.by if is_internal else None
    return Told(
        at=event.at,
        label=event.label,
        text=without_contacts(note.text) if note else "",
        by=(by.get_full_name() or by.get_username()) if by else "",
    )


def _photos(
    report: Report, results: list[Result], *, is_internal: bool
) -> dict[str, bytes]:
    """Read the derivatives, which say nothing of where and by what they were taken."""
    found = report.attachments.filter(
        kind=Attachment.Kind.PHOTO, state=Attachment.State.READY
    ).order_by("pk")
    if not is_internal:
        found = found.filter(approved_at__isnull=False, event=None)
    read = {}
    for photo in found[:PHOTOS_AT_MOST]:
        kept = photo.shown or photo.thumbnail
        if not kept:
            continue
        with kept.open("rb") as file:
            read[f"photo:{photo.public_id}"] = file.read()
    return read
