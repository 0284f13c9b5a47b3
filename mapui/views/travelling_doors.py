"""Doors to maps that travel: who takes which kind, and in which form it is sent."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import partial

from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.utils.timezone import localdate
from django.views.decorators.http import require_safe
from rest_framework.exceptions import ValidationError

from gis_data.api.fields import Reads
from incidents.permissions import Actor
from incidents.printing import picture_of, print_page
from incidents.travelling.drawing import PUBLIC, Kind

from .asked_words import mistake_in
from .doors import for_staff
from .limits import is_allowed, too_often
from .sending_off import send_off
from .travelling import read_asked, sheet, written
from .travelling_hot import hot_page, hot_sheet, read_search


class Form(StrEnum):
    """What a map can be sent as."""

    HTML = "html"
    PDF = "pdf"
    PNG = "png"


MEDIA_TYPES = {
    Form.HTML: "text/html; charset=utf-8",
    Form.PDF: "application/pdf",
    Form.PNG: "image/png",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """What is asked for, read and not yet drawn: as a page, and as a sheet of paper."""

    page: Callable[[], str]
    sheet: Callable[..., str]

    def made(self, form: Form) -> bytes:
        """Draw it in this form."""
        if form is Form.HTML:
            return self.page().encode()
        if form is Form.PDF:
            return print_page(self.sheet(), {})
        return picture_of(print_page(self.sheet(is_picture=True), {}))


@require_safe
def public_map(request: HttpRequest, kind: str) -> HttpResponseBase:
    """Send the public reports that are asked for as a map in one file."""
    return _to_anybody(request, kind, Form.HTML)


@require_safe
def public_sheet(request: HttpRequest, kind: str) -> HttpResponseBase:
    """Send the public reports that are asked for as a map on paper, a PDF."""
    return _to_anybody(request, kind, Form.PDF)


@require_safe
def public_picture(request: HttpRequest, kind: str) -> HttpResponseBase:
    """Send the same as a picture, a PNG: for a letter, a talk or a wall."""
    return _to_anybody(request, kind, Form.PNG)


@for_staff
@require_safe
def staff_map(request: HttpRequest, actor: Actor, kind: str) -> HttpResponseBase:
    """Send what a person may see, or what their unit has in hand, as one file."""
    return _to_staff(request, kind, Form.HTML, actor)


@for_staff
@require_safe
def staff_sheet(request: HttpRequest, actor: Actor, kind: str) -> HttpResponseBase:
    """Send the same on paper, a PDF."""
    return _to_staff(request, kind, Form.PDF, actor)


@for_staff
@require_safe
def staff_picture(request: HttpRequest, actor: Actor, kind: str) -> HttpResponseBase:
    """Send the same as a picture, a PNG."""
    return _to_staff(request, kind, Form.PNG, actor)


def view_of(
    query: QueryDict, kind: Kind, *, reader: Actor | None, at: datetime
) -> View:
    """Read what an address asks for of what its reader may see."""
    if kind is not Kind.HOT_SPOTS:
        asked = read_asked(query, reader=reader, at=at)
        return View(
            page=lambda: written(asked, kind, at=at),
            sheet=partial(sheet, asked, kind, at=at),
        )
    if reader is None or not reader.units:
        raise Http404
    done = read_search(query, reader=reader, at=at)
    return View(
        page=lambda: hot_page(done, at=at), sheet=partial(hot_sheet, done, at=at)
    )


def kind_of(name: str) -> Kind:
    """Return the kind of a name; any other is not there."""
    try:
        return Kind(name)
    except ValueError as error:
        raise Http404 from error


def _to_anybody(request: HttpRequest, name: str, form: Form) -> HttpResponseBase:
    kind = kind_of(name)
    if kind not in PUBLIC:
        raise Http404
    if not is_allowed(request, Reads):
        return too_often(request)
    return _answer(request, kind, form, reader=None)


def _to_staff(
    request: HttpRequest, name: str, form: Form, actor: Actor
) -> HttpResponseBase:
    if not actor.is_staff:
        raise Http404
    return _answer(request, kind_of(name), form, reader=actor)


def _answer(
    request: HttpRequest, kind: Kind, form: Form, *, reader: Actor | None
) -> HttpResponseBase:
    now = timezone.now()
    try:
        view = view_of(request.GET, kind, reader=reader, at=now)
    except ValidationError as error:
        said = mistake_in(error.detail) + "\n"
        return HttpResponse(said, status=422, content_type="text/plain; charset=utf-8")
    return send_off(
        request,
        lambda: [view.made(form)],
        name=f"{kind}-{localdate(now).isoformat()}.{form}",
        media_type=MEDIA_TYPES[form],
    )
