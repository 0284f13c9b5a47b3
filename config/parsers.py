"""How a body is read."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import IO, Any

from django.utils.translation import gettext_lazy as _
from rest_framework import exceptions
from rest_framework.parsers import JSONParser


class Json(JSONParser):
    """JSON whose every text can be written down, and no deeper than one can read."""

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> dict[str, Any]:
        try:
            read: dict[str, Any] = super().parse(stream, media_type, parser_context)
            json.dumps(read, ensure_ascii=False).encode()  # Half a character is none.
        except (exceptions.ParseError, RecursionError, UnicodeEncodeError) as error:
            raise exceptions.ParseError(_("This is not JSON we can read.")) from error
        return read
