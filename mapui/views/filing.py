"""Filing a report: a form that is whole without JavaScript, and its receipt."""

from __future__ import annotations

from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.timezone import localdate
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import require_http_methods, require_safe

from gis_data.api.fields import Reads
from incidents.api.filing import NewReport, channel_of, said_of
from incidents.api.looking_up import look_up
from incidents.api.throttles import Reports
from incidents.errors import IncidentError, SentBefore
from incidents.intake import Filing, receive
from incidents.models import Category
from incidents.questions import asked_by_category
from incidents.staging import rename_sending
from mapui.forms import Asked, FilingForm

from .choices import Branch, branches, wards
from .city_map import first_view, map_words
from .filing_words import filing_words
from .limits import is_allowed, wait_a_minute
from .lookup import for_codes, too_often


@never_cache
@gzip_page
@require_http_methods(["GET", "HEAD", "POST"])
def filing(request: HttpRequest) -> HttpResponse:
    """Offer the form; take what is sent; file it, or say what is wrong with it."""
    if request.method != "POST":
        wanted = request.GET.get("category", "")
        return _show(request, FilingForm.fresh(category=wanted))
    files = request.FILES.getlist("attachments")
    form = FilingForm.of(request.POST, had_files=bool(files))
    if not is_allowed(request, Reports):
        form.refuse("form", _("Too many reports from your network. Wait a minute."))
        page = _show(request, form, status=HTTPStatus.TOO_MANY_REQUESTS)
        return wait_a_minute(page)
    if "ask" in request.POST:
        form.is_tried = False
        return _show(request, form)
    filed = _file(request, form, files)
    if filed is None:
        return _show(request, form, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    return redirect("mapui:receipt", code=filed.report.code)


@never_cache
@require_safe
@for_codes
def receipt(request: HttpRequest, code: str) -> HttpResponse:
    """Give the reporter the code, the unit and why, and the date."""
    if not is_allowed(request, Reads):
        return too_often(request)
    case = look_up(request, code, at=timezone.now())
    if case is None:
        raise Http404
    explained = said_of(case.decision.reason, case.decision.arguments)
    context = {"case": case, "explanation": explained}
    return render(request, "mapui/receipt.html", context)


def _file(
    request: HttpRequest, form: FilingForm, files: Sequence[UploadedFile[Any]]
) -> Filing | None:
    """File the report by the same door as the API; nothing where it was refused."""
    channel, is_staff = channel_of(request)
    said = form.data(language=get_language() or settings.LANGUAGE_CODE)
    context = {"files": files, "staged": form.staged, "is_staff": is_staff}
    sent = NewReport(data=said, context=context)
    if not sent.is_valid():
        form.refuse_all(sent.errors)
        code = form.typed.get("category", "")
        located = Category.objects.filter(code=code, needs_place=True)
        form.ask_for_the_rest(needs_place=located.exists())
        return None
    try:
        return receive(sent.to_telling(), channel=channel, at=timezone.now())
    except SentBefore as error:
        rename_sending(form.client_id, new=form.rename_sending())
        form.refuse("form", str(error))
    except IncidentError as error:
        form.refuse(error.field or "form", str(error))
    return None


def _show(
    request: HttpRequest, form: FilingForm, *, status: int = HTTPStatus.OK
) -> HttpResponse:
    today = localdate()
    bytes_at_most = settings.ATTACHMENT_BYTES_AT_MOST
    offered = [branch for branch in branches(on=today) if branch.leaves]
    asked = _asked(form, offered)
    context = {
        "form": form,
        "branches": offered,
        "asked": asked,
        "asks": any(code == form.typed.get("category") for code, _questions in asked),
        "contact_required": settings.CITY.contact_required,
        "words": filing_words(),
        "wards": wards(on=today),
        "view": first_view(),
        "map_words": map_words(),
        "files_at_most": settings.ATTACHMENTS_AT_MOST,
        "bytes_at_most": bytes_at_most,
        "megabytes_at_most": bytes_at_most // 2**20,
    }
    return render(request, "mapui/filing.html", context, status=status)


def _asked(
    form: FilingForm, offered: Sequence[Branch]
) -> list[tuple[str, list[Asked]]]:
    """Return what each category asks, under its code; those that ask nothing apart."""
    asked = asked_by_category()
    return [
        (leaf.code, form.asked(leaf.code, asked[leaf.pk]))
        for branch in offered
        for leaf in branch.leaves
        if leaf.pk in asked
    ]
