"""Notices to who told and who follows: owed with the event, worded and sent later."""

from .asking import (
    TOLD,
    JobAsked,
    ask_for_notices,
    defer,
    tell,
    tell_all,
    tell_followers,
)
from .sending import ask_for_forgotten, send
from .wording import FOLLOWED, city_texts, compose, letter_of, message_of

__all__ = [
    "FOLLOWED",
    "TOLD",
    "JobAsked",
    "ask_for_forgotten",
    "ask_for_notices",
    "city_texts",
    "compose",
    "defer",
    "letter_of",
    "message_of",
    "send",
    "tell",
    "tell_all",
    "tell_followers",
]
