import gc
import os
from typing import Any

from django.core.handlers.wsgi import WSGIRequest
from django.core.wsgi import get_wsgi_application
from django.urls import get_resolver
from django.utils.http import parse_header_parameters


class TextRequest(WSGIRequest):
    """A request that is read as UTF-8, whatever it calls itself.

    Else its address is decoded by any codec it names before anyone can refuse that.
    """

    def _set_content_type_params(self, meta: dict[str, Any]) -> None:
        said = parse_header_parameters(meta.get("CONTENT_TYPE", ""))
        self.content_type, self.content_params = said


os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
application = get_wsgi_application()
application.request_class = TextRequest

# What is loaded stays as long as the process: to look through all of it for garbage
# would hold up every request that is being answered, a tenth of a second each time.
get_resolver().url_patterns  # noqa: B018
gc.collect()
gc.freeze()
