"""The site with an address for every way in which a page can be refused."""

from __future__ import annotations

from django.core.exceptions import BadRequest, PermissionDenied, RequestDataTooBig
from django.urls import path
from django.views.csrf import csrf_failure

from config import urls
from config.urls import handler400, handler404

__all__ = ["REFUSED", "handler400", "handler404", "urlpatterns"]


def refuse(error):
    def view(request):
        raise error

    return view


urlpatterns = [
    path("refused/400", refuse(BadRequest())),
    path("refused/403", refuse(PermissionDenied())),
    path("refused/403-csrf", csrf_failure),
    path("refused/413", refuse(RequestDataTooBig())),
    path("refused/500", refuse(ZeroDivisionError())),
    *urls.urlpatterns,
]
#: And what the site refuses by itself.
REFUSED = [
    *(f"/{each.pattern}" for each in urlpatterns[:5]),
    "/khong-co-o-day",
    "/accounts/logout",
]
