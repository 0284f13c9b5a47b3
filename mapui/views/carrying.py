"""Carrying off: what the list shows as a file, in forms that programs read."""

from __future__ import annotations

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.utils.formats import number_format
from django.utils.functional import Promise
from django.utils.timezone import localdate
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe
from rest_framework.exceptions import ValidationError

from gis_data.api.fields import Reads
from incidents.api.filters import read_filter
from incidents.carried.forms import FORMS, Form
from incidents.carried.table import Table, public_table

from .asked_words import mistake_in
from .limits import is_allowed, too_often
from .sending_off import send_off

#: How people call the forms, those that most can open first.
FORM_NAMES = {
    "xlsx": gettext_lazy("Excel"),
    "csv": gettext_lazy("CSV"),
    "geojson": gettext_lazy("GeoJSON"),
    "gpkg": gettext_lazy("GeoPackage"),
}
FORM_TOLD = {
    "xlsx": gettext_lazy("For spreadsheets: days are days, nothing is a formula."),
    "csv": gettext_lazy("A table as plain text, for any program."),
    "geojson": gettext_lazy("Points with what is told of them, for web maps."),
    "gpkg": gettext_lazy("For QGIS, with the shapes and colours of this map."),
}


@require_safe
def public_file(
    request: HttpRequest, ending: str
) -> HttpResponse | StreamingHttpResponse:
    """Send the public reports that are asked for: what the list shows, no more."""
    form = form_or_404(ending)
    if not is_allowed(request, Reads):
        return too_often(request)
    try:
        asked = read_filter(request.GET)
    except ValidationError as error:
        return refused(mistake_in(error.detail))
    count = asked.public().count()
    if count > settings.FILE_ROWS_AT_MOST:
        return refused(too_many(count))
    table = public_table(asked)
    return carried_off(request, table, form, name="reports", count=count)


def too_many(count: int) -> str:
    """Say that a public file holds fewer rows than these, and what helps."""
    said = _(
        "These are %(count)s reports, and a file holds %(most)s at most. "
        "Ask for fewer, such as those of some months, and take several files."
    )
    return _numbered(said, count=count, most=settings.FILE_ROWS_AT_MOST)


def too_many_at_work(count: int, *, fewer: Promise) -> str:
    """Say how to ask for fewer cases, where a file for staff does not hold so many."""
    most = settings.STAFF_FILE_ROWS_AT_MOST
    if count <= most:
        return ""
    said = _("These are %(count)s cases, and a file holds %(most)s at most.")
    return f"{_numbered(said, count=count, most=most)} {fewer}"


def form_or_404(ending: str) -> Form:
    """Return the form of file with that ending; any other is not there."""
    if ending not in FORMS:
        raise Http404
    return FORMS[ending]


def carried_off(
    request: HttpRequest, table: Table, form: Form, *, name: str, count: int
) -> HttpResponse | StreamingHttpResponse:
    """Send a table, and beforehand how many rows are to come."""
    answer = send_off(
        request,
        lambda: form.write(table),
        name=f"{name}-{localdate().isoformat()}.{form.ending}",
        media_type=form.media_type,
    )
    answer["X-Rows"] = str(count)
    return answer


def refused(said: str) -> HttpResponse:
    """Say in plain words, in place of a file, why there is none."""
    return HttpResponse(
        f"{said}\n", status=422, content_type="text/plain; charset=utf-8"
    )


def _numbered(said: str, **numbers: int) -> str:
    return said % {
        name: number_format(each, force_grouping=True) for name, each in numbers.items()
    }
