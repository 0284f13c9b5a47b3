"""What the site writes down of itself: never the code a reporter looks a case up by."""

from __future__ import annotations

import logging
import re

from django.conf import settings
from django.utils.functional import cached_property

BLOT = "[code]"
#: What people may put between two signs of a code, plain or as an address spells it.
GAP = r"(?:[-\s+]|%20|%2[Dd]|%2[Bb])*"
#: What opens something to whoever has it, where an address says it: a crew's job, what
#: one follows, is asked, or shows; a wall's figures; a short code, mistyped too; the way
#: into an account.
SECRET = re.compile(
    r"(/(?:viec|theo-doi(?:/thu)?|hoi|vi-tri|man-hinh)/(?=[\w-]{12})|/s/"
    r"|/accounts/(?:reset|invitation)/[\w-]+/)[^\s/?\"']+"
)
#: How many signs follow the prefix: the day, what was drawn, and the check.
SIGNS = 13


class WithoutCodes(logging.Formatter):
    """Write a record, with its traceback, so that nobody finds a case by reading it."""

    def format(self, record: logging.LogRecord) -> str:
        return SECRET.sub(rf"\1{BLOT}", self._code.sub(BLOT, super().format(record)))

    @cached_property
    def _code(self) -> re.Pattern[str]:
        """Match a code as it is told or mistyped: a wrong sign is soon set right."""
        prefix = GAP.join(map(re.escape, settings.CODE_PREFIX))
        return re.compile(rf"{prefix}(?:{GAP}[^\W_]){{{SIGNS}}}", re.IGNORECASE)
