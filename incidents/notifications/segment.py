"""One segment of a text message: which signs it can hold, and how many they are."""

from __future__ import annotations

import re
from unicodedata import combining, normalize

from django.conf import settings

SEPTETS = 160
#: The alphabet of GSM 03.38; what is extended is sent as two.
BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
EXTENDED = frozenset("^{}\\[~]|€\f")
#: What has no mark to take away.
REPLACED = str.maketrans(
    "\u0111\u0110\u2013\u2014\u2018\u2019\u201c\u201d\u2026`", "dD--''\"\".'"
)


def plain(text: str) -> str:
    """Return a text without diacritics, in signs that one segment can hold."""
    spread = normalize("NFD", text.translate(REPLACED))
    bare = "".join(sign for sign in spread if not combining(sign))
    return "".join(sign if sign in BASIC | EXTENDED else "?" for sign in bare)


def septets(text: str) -> int | None:
    """Count what a text takes of a segment; nothing where it does not fit any."""
    if not set(text) <= BASIC | EXTENDED:
        return None
    return sum(2 if sign in EXTENDED else 1 for sign in text)


def short_name(code: str, name: str, *, language: str) -> str:
    """Say the name of a unit as the city says it where there is little room."""
    told = settings.CITY.short_names
    own = told.get("names", {}).get(language, {}).get(code)
    if own:
        return plain(own)
    for long, short in told.get("abbreviations", {}).get(language, {}).items():
        name = re.sub(_whole(long), short, name, flags=re.IGNORECASE)
    return plain(name)


def cut(name: str, *, room: int) -> str:
    """Cut a name that is too long after a whole word, as far as there is room."""
    if (septets(name) or 0) <= room:
        return name
    kept = name
    while kept and (septets(kept) or 0) > room:
        shorter = kept.rpartition(" ")[0]
        kept = shorter if shorter else kept[: max(room, 0)]
        if kept == name[: max(room, 0)]:
            break
    return kept.rstrip(" -,&")


def _whole(words: str) -> str:
    """Match words that stand by themselves, and are no part of longer ones."""
    return rf"(?<!\w){re.escape(words)}(?!\w)" if words.strip() == words else words
