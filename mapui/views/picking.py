"""Ready words put into a form without a script: picked, then read over."""

from __future__ import annotations

from django.http import HttpRequest

from incidents.models import ReplyTemplate, Report
from incidents.replies import words_for

from .asking import Asked


def with_words(
    request: HttpRequest,
    kind: type[Asked],
    report: Report,
    purpose: ReplyTemplate.Purpose,
    *,
    name: str,
) -> Asked:
    """Return the form with the picked words after what was typed; nothing is sent."""
    written = [name for name in kind.base_fields if name in request.POST]
    typed = {name: request.POST[name] for name in written}
    number = request.POST.get("words", "")
    ready = words_for(report, purpose)
    is_number = number.isdecimal() and len(number) < 10
    words = ready.filter(pk=number).first() if is_number else None
    if words is not None:
        before = typed.get("text", "").rstrip()
        typed["text"] = f"{before}\n{words.text}" if before else words.text
    return kind(initial=typed, report=report, auto_id=f"{name}-%s")
