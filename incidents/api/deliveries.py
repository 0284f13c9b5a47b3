"""Where a provider of text messages says what became of them."""

from __future__ import annotations

import json
from http import HTTPStatus

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from incidents.notifications.delivery import is_signed, take_word

#: No honest report of a delivery is longer.
BYTES = 16 * 1024


@csrf_exempt
@require_POST
def delivered(request: HttpRequest) -> HttpResponse:
    """Take a provider's word, if it is signed; said twice, it is heard once.

    An empty answer: 204 for heard, 404 for a message that is not known, or not yet.
    """
    length = request.META.get("CONTENT_LENGTH") or "0"
    if not length.isdecimal() or int(length) > BYTES:
        return HttpResponse(status=HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
    if not is_signed(request.body, request.headers.get("X-Signature", "")):
        return HttpResponse(status=HTTPStatus.FORBIDDEN)
    try:
        told = json.loads(request.body)
    except (ValueError, RecursionError):
        return HttpResponse(status=HTTPStatus.BAD_REQUEST)
    is_known = take_word(told, at=timezone.now())
    return HttpResponse(
        status=HTTPStatus.NO_CONTENT if is_known else HTTPStatus.NOT_FOUND
    )
