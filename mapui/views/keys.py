"""Which single keys a page of the desk knows, and what each does."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

Keys = tuple[tuple[str, Promise], ...]

HELP = ("?", _("Show these keys"))
SEARCH = ("/", _("Search by code, phone or e-mail"))
CALL = ("n", _("Take a new call"))

QUEUE: Keys = (
    ("j", _("Next case of the list (or ↓)")),
    ("k", _("Case before it (or ↑)")),
    ("Enter", _("Open the case")),
    ("c", _("Claim the case")),
    ("t", _("Transfer to the proposed unit")),
    ("g", _("Open the next case to receive")),
    CALL,
    SEARCH,
    HELP,
)
CASE: Keys = (
    ("t", _("Transfer to the proposed unit")),
    ("u", _("Transfer to another unit")),
    ("d", _("Public title")),
    ("c", _("Claim the case")),
    ("g", _("Open the next case to receive")),
    ("q", _("Back to the queue")),
    HELP,
)
DONE: Keys = (
    CALL,
    ("o", _("Open the case")),
    ("q", _("Back to the queue")),
    HELP,
)
