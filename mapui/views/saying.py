"""What a reporter may do with a case: each step once the contact is proven."""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from unicodedata import normalize

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from gis_data.api.fields import Reads
from incidents import handover, hearing, media, ratings, resolution
from incidents.api.cases import Looked
from incidents.api.looking_up import look_up
from incidents.api.media import own_photo
from incidents.errors import IncidentError, Missing
from incidents.models import Attachment, Score
from incidents.privacy import seal, unseal

from .limits import Proofs, is_allowed
from .lookup import for_codes, too_often, unknown
from .proving import ask_to_prove, proven_index

Sent = Mapping[str, str]
Uploads = tuple[media.Upload, ...]
TEXT_AT_MOST = 2000
#: What was written when the proof ran out, sealed until it is given anew.
KEPT = "kept"


@dataclass(frozen=True, slots=True, kw_only=True)
class Doing:
    """One thing a reporter may do: its page, its verb, and what is said afterwards."""

    name: str  #: As `hearing.Openings` calls it.
    title: Promise
    done: Promise
    act: Callable[[Looked, Sent, Uploads, datetime], object]
    fields: tuple[str, ...] = ("text",)


def _text(sent: Sent) -> str:
    said = normalize("NFC", sent.get("text", "")).strip()
    if not said:
        raise Missing(str(_("Write a few words.")), field="text")
    if len(said) > TEXT_AT_MOST:
        wrong = _("Write %(most)s characters at most.")
        raise Missing(str(wrong) % {"most": TEXT_AT_MOST}, field="text")
    return said


def _remind(case: Looked, sent: Sent, uploads: Uploads, at: datetime) -> object:
    return hearing.remind(case.report, at=at)


def _withdraw(case: Looked, sent: Sent, uploads: Uploads, at: datetime) -> object:
    return resolution.withdraw(case.report, at=at)


def _rate(case: Looked, sent: Sent, uploads: Uploads, at: datetime) -> object:
    given = {name: sent.get(name, "") for name in ASPECTS}
    scores = {
        name: int(score[:4]) if score.isdecimal() else None
        for name, score in given.items()
    }
    return ratings.rate(
        case.report,
        scores=ratings.Scores(**scores),
        comment=sent.get("comment", ""),
        at=at,
    )


def _reopen(case: Looked, sent: Sent, uploads: Uploads, at: datetime) -> object:
    return resolution.reopen(case.report, at=at, text=_text(sent), uploads=uploads)


def _inform(case: Looked, sent: Sent, uploads: Uploads, at: datetime) -> object:
    text = _text(sent)
    return handover.give_information(case.report, at=at, text=text, uploads=uploads)


def _reply(case: Looked, sent: Sent, uploads: Uploads, at: datetime) -> object:
    return hearing.reply(case.report, at=at, text=_text(sent))


ASPECTS = {
    "reception": _("Reception"),
    "handling": _("Handling"),
    "feedback": pgettext_lazy("rated", "Answer"),
}
#: By the last word of the address.
DOINGS: dict[str, Doing] = {
    "don-doc": Doing(
        name="remind",
        title=_("Remind the unit"),
        done=_("The unit has been reminded."),
        act=_remind,
        fields=(),
    ),
    "rut": Doing(
        name="withdraw",
        title=_("Withdraw the report"),
        done=_("Your report is withdrawn. Its lookup code no longer works."),
        act=_withdraw,
        fields=(),
    ),
    "danh-gia": Doing(
        name="rate",
        title=_("Rate how it was handled"),
        done=_("Thank you, your rating is kept."),
        act=_rate,
        fields=(*ASPECTS, "comment"),
    ),
    "phan-anh-lai": Doing(
        name="reopen",
        title=_("Report it again"),
        done=_("Your report is open again and back with the unit."),
        act=_reopen,
    ),
    "bo-sung": Doing(
        name="give_information",
        title=_("Give the information asked for"),
        done=_("Thank you. The operators have your answer."),
        act=_inform,
    ),
    "nhan-tin": Doing(
        name="reply",
        title=_("Write to who has the case"),
        done=_("Your message stands with the case."),
        act=_reply,
    ),
}


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@for_codes
def say(request: HttpRequest, code: str, action: str) -> HttpResponse:
    """Show what a step means, and take it; first the contact must be proven."""
    if not is_allowed(request, Proofs if request.method == "POST" else Reads):
        return too_often(request)
    now, doing = timezone.now(), DOINGS.get(action)
    proven = proven_index(request, at=now)
    found = look_up(request, code, at=now, proven=proven)
    if found is None:
        return unknown(request, code)
    if doing is None:
        raise Http404
    if not found.is_own:
        _keep(request, doing)
        return ask_to_prove(request, then=request.path)
    if request.method != "POST":
        return _show(request, found, doing, sent=_kept(request, doing, found))
    sent = {name: request.POST.get(name, "") for name in doing.fields}
    try:
        uploads = media.look_into(request.FILES.getlist("attachments"))
        doing.act(found, sent, uploads, now)
    except IncidentError as error:
        field = error.field or "form"
        return _show(
            request,
            found,
            doing,
            sent=sent,
            errors={field: str(error)},
            status=error.status,
            had_files="attachments" in request.FILES,
        )
    messages.success(request, str(doing.done))
    if doing.name == "withdraw":
        return redirect("mapui:mine")
    return redirect("mapui:case", code=found.report.code)


@never_cache
@require_safe
@for_codes
def photo(request: HttpRequest, code: str, public_id: str) -> HttpResponseBase:
    """Show reporters the photos they sent, also before an operator has seen them."""
    now = timezone.now()
    proven = proven_index(request, at=now)
    found = look_up(request, code, at=now, proven=proven)
    if found is None or not found.is_own:
        raise Http404
    sent = Attachment.objects.told().filter(report=found.report, kind="photo")
    attachment = sent.filter(public_id=public_id).first()
    if attachment is None:
        raise Http404
    return own_photo(attachment)


def _show(
    request: HttpRequest,
    found: Looked,
    doing: Doing,
    *,
    sent: Sent,
    errors: Mapping[str, str] | None = None,
    status: int = HTTPStatus.OK,
    had_files: bool = False,
) -> HttpResponse:
    """Show the page of a step; where it cannot be taken now, say so and why."""
    is_open = getattr(found.openings, doing.name)
    if not is_open and status == HTTPStatus.OK:
        status = HTTPStatus.CONFLICT
    context = {
        "case": found,
        "doing": doing,
        "is_open": is_open,
        "sent": sent,
        "errors": errors or {},
        "had_files": had_files,
        "aspects": _aspects(found, sent),
        "question": _question(found),
        "text_at_most": TEXT_AT_MOST,
        "comment_at_most": ratings.COMMENT_AT_MOST,
        "days": settings.CITY.rating_days,
        "remind_days": settings.CITY.remind_days,
        "files_at_most": settings.ATTACHMENTS_AT_MOST,
        "bytes_at_most": settings.ATTACHMENT_BYTES_AT_MOST,
        "megabytes_at_most": settings.ATTACHMENT_BYTES_AT_MOST // 2**20,
    }
    return render(request, f"mapui/say/{doing.name}.html", context, status=status)


def _aspects(found: Looked, sent: Sent) -> list[dict[str, object]]:
    """Return what is rated, with the faces to choose from and the one chosen."""
    ratable = found.openings.ratable
    if ratable is None:
        return []
    return [
        {
            "name": name,
            "label": ASPECTS[name],
            "faces": [
                (score, str(score.value) == sent.get(name, "")) for score in Score
            ],
        }
        for name in ratable.aspects
    ]


def _question(found: Looked) -> str:
    """Return what staff last asked or wrote, to be answered on the same page."""
    asked = {"info_requested", "message"}
    lines = (line for line in reversed(found.timeline) if line.code in asked)
    line = next(lines, None)
    return (line.text or "") if line else ""


def _keep(request: HttpRequest, doing: Doing) -> None:
    """Keep what was written, sealed, while its writer proves the contact."""
    if request.method != "POST":
        return
    sent = {name: request.POST.get(name, "")[:4000] for name in doing.fields}
    sealed = seal({"path": request.path, "sent": json.dumps(sent)})
    request.session[KEPT] = b64encode(sealed).decode()


def _kept(request: HttpRequest, doing: Doing, found: Looked) -> Sent:
    """Give back what was kept for this page, or what a rating said before."""
    if held := request.session.get(KEPT):
        told = unseal(b64decode(held))
        if told["path"] == request.path:
            del request.session[KEPT]
            sent: dict[str, str] = json.loads(told["sent"])
            return sent
    ratable = found.openings.ratable
    if doing.name != "rate" or ratable is None or ratable.rating is None:
        return {}
    before = ratable.rating
    scores = {name: str(getattr(before, name) or "") for name in ASPECTS}
    return scores | {"comment": before.comment}
