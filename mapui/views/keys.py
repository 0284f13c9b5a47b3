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
    ("r", _("Refuse: no answer came")),
    ("x", _("Choose the case, or not")),
    ("Shift+T", _("Transfer the chosen, each to its proposed unit")),
    ("g", _("Open the next case to receive")),
    ("a", _("Look up answers to questions")),
    ("s", _("Open the book of the shift")),
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
TAKING: Keys = (
    ("Tab", _("From field to field, in the order of a call")),
    ("F2", _("Add the caller to the nearest case that is alike")),
    ("Shift+F2", _("The line broke: put the number on the call-back list")),
    ("F4", _("Take the first article as the answer")),
    ("F7", _("Save, and send a link by which the caller shows the place")),
    ("F8", _("Answer the question: the case ends")),
    ("F9", _("Note thanks: the case ends")),
    ("Shift+F9", _("Point to the emergency numbers: the case ends")),
    ("Ctrl+Enter", _("File and transfer")),
    ("Ctrl+Shift+Enter", _("Save as received")),
    ("Shift+F8", _("Drop the call; nothing of it is kept")),
    ("F1", _("Show these keys")),
)
DONE: Keys = (
    CALL,
    ("o", _("Open the case")),
    ("q", _("Back to the queue")),
    HELP,
)
CALL_BACKS: Keys = (
    ("j", _("Next call of the list (or ↓)")),
    ("k", _("Call before it (or ↑)")),
    ("Enter", _("Open the call")),
    ("c", _("Take the call on")),
    HELP,
)
CALL_BACK: Keys = (
    ("c", _("Take the call on")),
    ("s", _("Show the number")),
    ("t", _("Told")),
    ("n", _("Nobody answered")),
    ("w", _("Wrong number")),
    ("q", _("Back to the list")),
    HELP,
)
