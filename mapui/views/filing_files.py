"""Files sent ahead of a report, one by one, so that a poor line loses none unseen."""

from __future__ import annotations

from http import HTTPStatus

from django.http import HttpRequest, JsonResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from incidents.api.throttles import Uploads
from incidents.errors import IncidentError, NoRoomForFiles
from incidents.models import StagedFile
from incidents.staging import may_stage, stage, staged_by, unstage

from .limits import is_allowed, may_send_ahead, wait_a_minute

#: The sending a file belongs to, told where no log writes it down.
SENDING = "X-Filing"


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def files(request: HttpRequest) -> JsonResponse:
    """Take one file ahead of its report, or list those that were taken."""
    client_id = request.headers.get(SENDING, "")
    if request.method != "POST":
        held = [_shown(each) for each in staged_by(client_id)]
        return JsonResponse({"files": held})
    if not is_allowed(request, Uploads):
        said = _("Too many files from your network. Wait a minute.")
        answer = _refusal(said, status=HTTPStatus.TOO_MANY_REQUESTS)
        wait_a_minute(answer)
        return answer
    sent = request.FILES.get("file")
    if sent is None or not may_stage(client_id):
        said = _("No file came. Choose it again.")
        return _refusal(said, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    try:
        if not may_send_ahead(request, sent.size or 0):
            raise NoRoomForFiles
        staged = stage(sent, client_id=client_id, at=timezone.now())
    except IncidentError as error:
        return _refusal(str(error), status=HTTPStatus(error.status))
    return JsonResponse(_shown(staged), status=HTTPStatus.CREATED)


@never_cache
@require_http_methods(["DELETE"])
def file(request: HttpRequest, public_id: str) -> JsonResponse:
    """Take one file back before its report is sent."""
    unstage(public_id, client_id=request.headers.get(SENDING, ""))
    return JsonResponse({})


def _shown(staged: StagedFile) -> dict[str, object]:
    return {
        "id": staged.public_id,
        "name": staged.name,
        "kind": staged.kind,
        "bytes": staged.bytes,
    }


def _refusal(said: str, *, status: HTTPStatus) -> JsonResponse:
    return JsonResponse({"error": said}, status=status)
