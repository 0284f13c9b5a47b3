"""Files of a case: approved photos for anyone, all of them for who works on it."""

from __future__ import annotations

from typing import Any

from django.db.models.fields.files import FieldFile
from django.http import FileResponse, Http404, HttpRequest
from django.utils import timezone
from django.utils.timezone import localdate
from django.views.decorators.http import require_safe

from incidents.models import Attachment, Report
from incidents.permissions import actor_of, visible_to
from incidents.recordings import may_hear, note_hearing


@require_safe
def photo(request: HttpRequest, public_id: str) -> FileResponse:
    """Show a photo that was let be public, never its original."""
    approved = Attachment.objects.filter(approved_at__isnull=False, kind="photo")
    shown = approved.exclude(report__status="withdrawn").filter(public_id=public_id)
    attachment = shown.select_related("report").first()
    if attachment is None:
        raise Http404
    answer = _answer(attachment.shown, "image/jpeg")
    # Of a report that is not public only who was given the address may see it.
    kept = (
        "public, max-age=3600" if attachment.report.is_public else "private, no-store"
    )
    answer["Cache-Control"] = kept
    return answer


def own_photo(attachment: Attachment) -> FileResponse:
    """Show a photo to the reporter who sent it, and let nobody keep it."""
    answer = _answer(attachment.shown, "image/jpeg")
    answer["Cache-Control"] = "private, no-store"
    return answer


@require_safe
def staff_file(request: HttpRequest, public_id: str, form: str) -> FileResponse:
    """Show a file of a case to who may see the case; originals as downloads only."""
    actor = actor_of(request.user, on=localdate())
    if actor is None:
        raise Http404
    cases = Report.objects.filter(visible_to(actor))
    attachment = Attachment.objects.filter(
        public_id=public_id, report__in=cases.values("pk")
    ).first()
    if attachment is None:
        raise Http404
    if attachment.is_call:
        if not may_hear(actor):
            raise Http404
        note_hearing(attachment, by=actor, at=timezone.now())
    is_original = form == "original"
    kept: FieldFile = getattr(attachment, FORMS[form])
    media_type = attachment.media_type if is_original else "image/jpeg"
    answer = _answer(kept, media_type, as_attachment=is_original)
    answer["Cache-Control"] = "private, no-store"
    return answer


#: What of an attachment is asked for, and the field that holds it.
FORMS = {"original": "original", "shown": "shown", "thumbnail": "thumbnail"}


def _answer(kept: FieldFile, media_type: str, **options: Any) -> FileResponse:
    if not kept:
        raise Http404
    try:
        answer = FileResponse(kept.open("rb"), content_type=media_type, **options)
    except FileNotFoundError as error:
        raise Http404 from error
    # A browser that shows a picture alone fits it to the window by a style of its own.
    own_style = "style-src 'unsafe-inline'"
    answer["Content-Security-Policy"] = f"default-src 'none'; {own_style}; sandbox"
    return answer
