"""Filing a report, the public list, and a case looked up by its code."""

from __future__ import annotations

from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

from django.http import Http404
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import ValidationError
from rest_framework.mixins import ListModelMixin
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from gis_data.api.fields import Reads
from incidents.intake import receive
from incidents.models import Report, ReportQuerySet

from .cases import Case
from .filing import NewReport, Receipt, channel_of
from .filters import ReportQuery, read_filter
from .looking_up import look_up
from .pages import FeaturePages
from .shown import PublicReport
from .throttles import Reports

#: The one field of a form that holds files.
ATTACHMENTS = "attachments"


class ReportViewSet(ListModelMixin, GenericViewSet[Report]):
    """Anyone may read the public reports, file one, and look up their own."""

    queryset = Report.objects.public()
    serializer_class = PublicReport
    pagination_class = FeaturePages
    throttle_classes = [Reads, Reports]
    lookup_field = "code"
    lookup_value_regex = "[^/]+"

    def get_queryset(self) -> ReportQuerySet:
        asked = read_filter(self.request.query_params)
        return asked.public().with_what_is_shown()

    @extend_schema(parameters=[ReportQuery])
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().list(request, *args, **kwargs)

    @extend_schema(request=NewReport, responses={201: Receipt, 200: Receipt})
    def create(self, request: Request) -> Response:
        if unread := request.FILES.keys() - {ATTACHMENTS}:
            said = _("Send files as “attachments”: this one would be lost.")
            raise ValidationError({name: [said] for name in sorted(unread)})
        files: Sequence[Any] = request.FILES.getlist(ATTACHMENTS)
        by = request.data.get("channel") if isinstance(request.data, dict) else None
        channel, is_staff = channel_of(request._request, said=by)
        sent = NewReport(
            data=request.data, context={"files": files, "is_staff": is_staff}
        )
        sent.is_valid(raise_exception=True)
        filing = receive(sent.to_telling(), channel=channel, at=timezone.now())
        status = HTTPStatus.CREATED if filing.is_new else HTTPStatus.OK
        return Response(Receipt(filing).data, status)

    @extend_schema(responses=Case)
    def retrieve(self, request: Request, code: str) -> Response:
        case = look_up(request._request, code, at=timezone.now())
        if case is None:
            raise Http404
        return Response(Case(case).data, headers={"Cache-Control": "no-store"})
