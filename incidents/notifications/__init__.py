"""Notices to who told and who follows: owed with the event, worded and sent later."""

from .asking import (
    FIRST,
    TOLD,
    JobAsked,
    ask_for_notices,
    defer,
    tell,
    tell_all,
    tell_followers,
)
from .sending import ask_for_forgotten, send, takes_texts
from .trying import Mailing, Ready, ask_again, attempt, drop
from .wording import FOLLOWED, city_texts, compose, letter_of, message_of

__all__ = [
    "FIRST",
    "FOLLOWED",
    "TOLD",
    "JobAsked",
    "Mailing",
    "Ready",
    "ask_again",
    "ask_for_forgotten",
    "ask_for_notices",
    "attempt",
    "city_texts",
    "compose",
    "defer",
    "drop",
    "letter_of",
    "message_of",
    "send",
    "takes_texts",
    "tell",
    "tell_all",
    "tell_followers",
]
