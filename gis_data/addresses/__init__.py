"""Addresses as people say them: streets and wards of today, and names of before.

`suggest` is the one interface: the public search, the form, the operator's page for a
call and whatever reads addresses in bulk all ask it. Names are held in memory, so that
a suggestion costs no statement; whether they are still so is asked once in a while.
"""

from .holding import forget
from .suggesting import locate_address, suggest
from .suggestion import Called, Kind, Suggestion, Sure

__all__ = [
    "Called",
    "Kind",
    "Suggestion",
    "Sure",
    "forget",
    "locate_address",
    "suggest",
]
