"""Checked: what is wrong with the words of a notice, before anybody is sent them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import override

from incidents.models import Organisation, RefusalReason

from .segment import SEPTETS, plain, septets, short_name
from .wording import FOLLOWED, GAP, Text, Texts, fill

#: What may stand in the words for a reporter, and for who follows a case.
REPORTER = frozenset(
    {"code", "organisation", "due", "link", "predecessor", "until", "reason"}
) | {"text", "service", "place_link", "what", "received"}
FOLLOWER = frozenset({"what", "link", "end", "until", "service"})
#: What asks a follower something, and leads to where it is answered.
ASKING = "followed_asked"
#: What anybody wrote, or what has no bounds, is in no text message.
NOT_IN_SMS = frozenset({"text", "what", "received", "predecessor", "service"})
#: What leads on where it is not the case itself.
WAYS = {"followed_ended": "end", "location_asked": "place_link", ASKING: "answer"}
#: A subject is read over shoulders, and kept by each server on its way.
NOT_IN_SUBJECT = frozenset({"code", "text", "link", *WAYS.values()})
PARTS = ("subject", "body", "sms")
#: No subject or letter is longer.
LENGTHS = {"subject": 150, "body": 4000, "sms": 400}
#: What says when something ends, and not only on which day.
TO_THE_HOUR = "end_changed"
#: A public id, and what follows the prefix of a code, at their widest.
PUBLIC_ID, PLACE_TOKEN, SIGNS = "W" * 22, "W" * 12, "W" * 13


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One thing wrong with one part of the words in one language."""

    language: str
    part: str
    said: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Longest:
    """The longest that the city has to say in a text message, by language."""

    units: Mapping[str, str]
    reasons: Mapping[str, str]

    def said(self, name: str, *, language: str) -> dict[str, str]:
        """Return what fills the gaps of a text, each as long as it comes."""
        site, prefix = settings.SITE_URL, settings.CODE_PREFIX
        follows = name in FOLLOWED.values()
        to_public, to_case = f"{site}/su-viec/{PUBLIC_ID}", f"{site}/s/{prefix}{SIGNS}"
        return {
            "code": f"{prefix}-261130-WWWWWW-W",
            "organisation": self.units.get(language, ""),
            "due": "30/11",
            "until": "17:00 30/11" if name.endswith(TO_THE_HOUR) else "30/11",
            "reason": self.reasons.get(language, ""),
            "link": to_public if follows else to_case,
            "end": f"{site}/theo-doi/{PUBLIC_ID}",
            "place_link": f"{site}/vi-tri/{PLACE_TOKEN}",
            "answer": f"{site}/hoi/{PUBLIC_ID}",
        }


def read_longest() -> Longest:
    """Read the longest short names and reasons there are, in two statements."""
    units = list(Organisation.objects.only("code", "name", "name_en"))
    refusals = list(RefusalReason.objects.all())
    names, reasons = {}, {}
    for language in settings.CITY.languages:
        with override(language):
            names[language] = _longest(
                short_name(each.code, each.label, language=language) for each in units
            )
            reasons[language] = _longest(plain(each.brief) for each in refusals)
    return Longest(units=names, reasons=reasons)


def faults_of(name: str, texts: Texts, *, longest: Longest) -> list[Fault]:
    """Return all that is wrong with the words of a notice, in every language."""
    return [
        Fault(language=language, part=part, said=said)
        for language in settings.CITY.languages
        for part, said in _faults(
            name, texts.get(language, {}), language=language, longest=longest
        )
    ]


def _faults(
    name: str, text: Text, *, language: str, longest: Longest
) -> Iterator[tuple[str, str]]:
    for part in PARTS:
        written = text.get(part, "").strip()
        if written:
            yield from ((part, said) for said in _faults_of_part(name, part, written))
        else:
            yield part, _("Write it in every language.")
    sms = text.get("sms", "").strip()
    if sms:
        yield from _faults_of_sms(sms, longest.said(name, language=language))


def _faults_of_part(name: str, part: str, written: str) -> Iterator[str]:
    if len(written) > LENGTHS[part]:
        said = _("It is too long: %(most)s signs at most.")
        yield said % {"most": LENGTHS[part]}
    unknown = sorted(set(GAP.findall(written)) - _allowed(name, part))
    if unknown:
        gaps = ", ".join(f"{{{each}}}" for each in unknown)
        yield _("Nothing can fill these here: %(gaps)s.") % {"gaps": gaps}
    elif re.search(r"[{}]", GAP.sub("", written)):
        yield _("Braces stand around the name of a field only, as {code}.")
    way = WAYS.get(name, "link")
    if part == "subject":
        if "\n" in written:
            yield _("A subject is one line.")
    elif f"{{{way}}}" not in written:
        yield _("Lead to the case: put {%(gap)s} somewhere.") % {"gap": way}


def known_to(name: str) -> frozenset[str]:
    """Return what can be filled into the words for an event, somewhere in them."""
    if name == ASKING:
        return FOLLOWER | {"answer"}
    return FOLLOWER if name in FOLLOWED.values() else REPORTER


def _allowed(name: str, part: str) -> frozenset[str]:
    """Return what can stand in a part of the words for an event."""
    known = known_to(name)
    if part == "sms":
        return known - NOT_IN_SMS
    return known - NOT_IN_SUBJECT if part == "subject" else known


def _faults_of_sms(sms: str, said: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    if plain(sms) != sms:
        yield "sms", _("Write it without diacritics, in plain letters.")
        return
    taken = septets(fill(sms, said)) or 0
    if taken > SEPTETS:
        yield (
            "sms",
            _("At its longest it takes %(taken)s signs of %(most)s: shorten it.")
            % {"taken": taken, "most": SEPTETS},
        )


def _longest(said: Iterable[str]) -> str:
    return max(said, key=lambda each: septets(each) or 0, default="")
