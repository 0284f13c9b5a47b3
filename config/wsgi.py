import os
from typing import Any

from django.core.handlers.wsgi import WSGIRequest
from django.core.wsgi import get_wsgi_application
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
