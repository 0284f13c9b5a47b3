"""The outbox: what was done on a phone without a line, and the worker that sends it."""

from __future__ import annotations

from functools import cache
from hashlib import sha256

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.middleware.csrf import get_token
from django.shortcuts import render
from django.views.decorators.http import require_safe

from incidents.permissions import Actor
from mapui.templatetags.outbox import outbox_of

from .doors import for_staff

BUILT = settings.BASE_DIR / "mapui/static/mapui/build"


@for_staff
@require_safe
def outbox(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Show what waits on this device; the page itself knows nothing of it."""
    return render(request, "mapui/staff/outbox.html", {"actor": actor})


@for_staff
@require_safe
def me(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Tell whose session this is, and the token that its forms carry now."""
    return JsonResponse({"who": outbox_of(actor.user), "token": get_token(request)})


@require_safe
def worker(request: HttpRequest) -> HttpResponse:
    """Give the worker from where its pages are, to look after them alone."""
    answer = HttpResponse(_worker(), content_type="text/javascript; charset=utf-8")
    answer["Cache-Control"] = "no-cache"
    return answer


@cache
def _worker() -> bytes:
    """Read the worker, marked so that it is another as soon as any file is."""
    manifest, script = (
        (BUILT / name).read_bytes() for name in ("manifest.json", "worker.js")
    )
    build = sha256(manifest + script).hexdigest()[:12]
    return f'self.BUILD = "{build}";\n'.encode() + script
