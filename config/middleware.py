"""What comes in unreadable, or goes out without a word: turned away, or told."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.core.exceptions import BadRequest
from django.db import OperationalError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import render
from django.utils.translation import gettext as _
from psycopg.errors import DeadlockDetected

from .api import at_once

#: How UTF-8, or what is written the same in it, may be called.
READ = {"utf-8", "utf8", "us-ascii", "ascii"}


class Readable:
    """Let in what is text: in UTF-8, and without NUL, which no table can hold."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        said = (request.content_params or {}).get("charset", "utf-8")
        if said.lower() not in READ:
            raise BadRequest(_("Send text in UTF-8."))
        return self.get_response(request)

    def process_view(
        self,
        request: HttpRequest,
        view: Callable[..., HttpResponse],
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
    ) -> None:
        if "\0" in request.path:
            raise Http404
        # What the API is sent, its fields check one by one, and name.
        is_form = not getattr(view, "csrf_exempt", False)
        if is_form and any("\0" in text for text in _sent(request)):
            raise BadRequest(_("What you sent holds a sign that is no text."))


class InWords:
    """Tell people what an answer without any words means, and where to go on."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        answer = self.get_response(request)
        is_silent = isinstance(answer, HttpResponseNotAllowed) and not answer.content
        if is_silent and request.accepts("text/html"):
            page = render(request, "405.html", status=answer.status_code)
            page["Allow"] = answer["Allow"]
            return page
        return answer


class InTurn:
    """Let one of two give way who each wait for what the other holds, and say so.

    Cases are held in one order, so that it hardly comes to that; where it does, the
    database ends one of the two, and nothing of it is kept.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(
        self, request: HttpRequest, error: Exception
    ) -> HttpResponse | None:
        is_met = isinstance(error, OperationalError)
        if is_met and isinstance(error.__cause__, DeadlockDetected):
            return at_once(request)
        return None


def _sent(request: HttpRequest) -> list[str]:
    said = (*request.GET.lists(), *request.POST.lists())
    return [text for name, texts in said for text in (name, *texts)]
