"""Files of a case: approved photos for anyone, all of them for who works on it."""

from __future__ import annotations

from typing import Any

from django.db.models import Exists, OuterRef
from django.db.models.fields.files import FieldFile
from django.http import FileResponse, Http404, HttpRequest
from django.utils import timezone
from django.views.decorators.http import require_safe

from incidents.entering import actor_in
from incidents.models import Attachment, Report
from incidents.originals import ORIGINAL, may_open, note_opening
from incidents.permissions import visible_to


@require_safe
def photo(request: HttpRequest, public_id: str) -> FileResponse:
    """Show a photo that was let be public, never its original."""
    case = Report.objects.public().filter(pk=OuterRef("report"))
    shown = Attachment.objects.public().annotate(is_open=Exists(case))
    attachment = shown.filter(public_id=public_id).first()
    if attachment is None:
        raise Http404
    answer = _answer(attachment.shown, "image/jpeg")
    # Of a report that is not public only who was given the address may see it.
    is_open: bool = attachment.is_open  # type: ignore[attr-defined]
    kept = "public, max-age=3600" if is_open else "private, no-store"
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
    actor, now = actor_in(request), timezone.now()
    if actor is None:
        raise Http404
    cases = Report.objects.filter(visible_to(actor))
    files = Attachment.objects.select_related("report__contact", "event")
    attachment = files.filter(
        public_id=public_id, report__in=cases.values("pk")
    ).first()
    if attachment is None or not may_open(attachment, form, by=actor, at=now):
        raise Http404
    is_original = form == ORIGINAL
    kept: FieldFile = getattr(attachment, FORMS[form])
    media_type = attachment.media_type if is_original else "image/jpeg"
    answer = _answer(kept, media_type, as_attachment=is_original)
    answer["Cache-Control"] = "private, no-store"
    note_opening(attachment, form, by=actor, at=now)
    return answer


#: What of an attachment is asked for, and the field that holds it.
FORMS = {ORIGINAL: "original", "shown": "shown", "thumbnail": "thumbnail"}


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
