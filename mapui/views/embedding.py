"""The public map within another site's page: a ward's, a paper's, anybody's."""

from __future__ import annotations

from urllib.parse import urlencode

from csp.decorators import csp_replace
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.html import escape
from django.utils.timezone import localdate
from django.utils.translation import gettext as _
from django.views.decorators.clickjacking import xframe_options_exempt
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import require_safe

from .choices import is_approximate
from .city_map import first_view, map_words
from .public import TOLD, results_of

#: So many are listed beneath, for who sees no map.
LISTED = 10
#: What a snippet begins with on its page; whoever takes it may change it.
HEIGHT = 480


@require_safe
@gzip_page
@csp_replace({"frame-ancestors": settings.EMBEDDED_BY})
@xframe_options_exempt
def embedded(request: HttpRequest) -> HttpResponse:
    """Show the public reports that are asked for, with no word of who looks.

    Nothing can be done here but look, so any site may frame it; it sets no cookie, and
    whatever leads further opens on this site.
    """
    found = results_of(request.GET)
    context = found | {
        "reports": found["reports"][:LISTED],
        "groups": TOLD,
        "view": first_view(),
        "map_words": map_words(),
        "is_approximate": is_approximate(on=localdate()),
    }
    status = 422 if found["mistake"] else 200
    return render(request, "mapui/embedded.html", context, status=status)


def snippet_of(given: dict[str, str]) -> str:
    """Return what another site puts into its page to show the same."""
    address = settings.SITE_URL + reverse("mapui:embedded")
    if given:
        address += "?" + urlencode(given)
    # Code to be read and copied, not markup of ours: a page escapes it once more.
    return (
        f'<iframe src="{escape(address)}" title="{escape(_("Map of reports"))}" '
        f'width="100%" height="{HEIGHT}" loading="lazy" style="border:0"></iframe>'
    )
