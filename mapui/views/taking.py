"""Taking along: what is shown of the public reports, as files and maps of one's own."""

from __future__ import annotations

from http import HTTPStatus
from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe
from rest_framework.exceptions import ValidationError

from gis_data.api.fields import Reads
from incidents.api.filters import FILTERS, Window, read_filter
from incidents.travelling.drawing import PUBLIC, Kind

from .asked_words import asked_in_words, mistake_in
from .carrying import FORM_NAMES, FORM_TOLD, too_many
from .embedding import snippet_of
from .limits import is_allowed, too_often
from .travelling import TITLES

#: What each map is good for.
TOLD = {
    Kind.HEAT: gettext_lazy("The darker, the more of them within some 300 m."),
    Kind.CLUSTERS: gettext_lazy("How many lie together; come closer and they part."),
    Kind.LAPSE: gettext_lazy("Day by day, week by week or month by month."),
    Kind.WARDS: gettext_lazy("How many for each square kilometre, ward by ward."),
}


@require_safe
def take(request: HttpRequest) -> HttpResponse:
    """Offer what the list shows in every form it can be taken along."""
    if not is_allowed(request, Reads):
        return too_often(request)
    asked = {name: request.GET.get(name, "").strip() for name in FILTERS}
    # A file is of all years unless told otherwise; what it leads to has to be told.
    given = {name: said for name, said in asked.items() if said}
    given.setdefault("window", Window.ALL)
    mistake, count, status = "", 0, HTTPStatus.OK
    try:
        count = read_filter(request.GET).public().count()
    except ValidationError as error:
        mistake, status = mistake_in(error.detail), HTTPStatus.UNPROCESSABLE_ENTITY
    context = {
        "mistake": mistake,
        "count": count,
        "words": [] if mistake else asked_in_words(request.GET),
        "query": urlencode(given),
        "snippet": "" if mistake else snippet_of(given),
        "too_many": too_many(count) if count > settings.FILE_ROWS_AT_MOST else "",
        "forms": [(each, FORM_NAMES[each], FORM_TOLD[each]) for each in FORM_NAMES],
        "maps": [(kind, TITLES[kind], TOLD[kind]) for kind in PUBLIC],
    }
    return render(request, "mapui/take.html", context, status=status)
