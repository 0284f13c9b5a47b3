"""Worded: what a notice says, in the language of who reads it, as letter and as SMS."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.conf import settings
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import override

from incidents.letters import Letter, laid_out
from incidents.models import (
    Clock,
    Event,
    Following,
    LocationLink,
    Notice,
    NoticeText,
    Organisation,
    Report,
)
from incidents.privacy import without_contacts

from .segment import SEPTETS, cut, plain, septets, short_name

Text = dict[str, str]
Texts = dict[str, Text]

#: What who follows a case hears of, and the city's text for it.
FOLLOWED: dict[str, str] = {
    Event.Code.RESOLVED: "followed_resolved",
    Event.Code.ANSWERED: "followed_resolved",
    Event.Code.NOT_TRUE: "followed_checked",
    Event.Code.NOT_FOUND: "followed_checked",
    Event.Code.REFUSED: "followed_ended",
    Event.Code.WITHDRAWN: "followed_ended",
    Event.Code.END_CHANGED: "followed_end_changed",
    Event.Code.FOLLOWERS_ASKED: "followed_asked",
}
GAP = re.compile(r"\{([a-z_]+)\}")
#: A date without its year, for which a text message has no room.
YEAR = re.compile(r"(\d{1,2}/\d{1,2})/\d{4}")


def fill(text: str, said: Mapping[str, str]) -> str:
    """Put values into their gaps, once, and nothing else: no format is understood.

    So a text can lead to no attribute, item or method of anything, whoever wrote it.
    """
    return GAP.sub(lambda gap: said.get(gap[1], gap[0]), text)


def letter_of(notice: Notice) -> Letter:
    """Lay the city's words out as an e-mail, with a button to the case."""
    subject, body = compose(notice)
    following, report = notice.contact.following, own_report(notice)
    with override(notice.contact.language):
        link = report.get_public_url() if following else report.get_absolute_url()
        if following and FOLLOWED[notice.event.code] == "followed_ended":
            link = ""  # It is shown to nobody any more.
        press = _("See the case") if following else _("Follow your report")
        if following and (asked := _question(notice, following)):
            link, press = asked, _("Answer by one press")
        page = laid_out(subject, body, link=link, press=press)
    return Letter(subject=subject, body=body, page=page)


def own_report(notice: Notice) -> Report:
    """Return the case that who is told knows by its code, whoever's event it is.

    Whose report goes along with another reads of that under their own code alone.
    """
    following = notice.contact.following
    own = following.report if following else notice.contact.report
    return own or notice.event.report


def compose(notice: Notice) -> tuple[str, str]:
    """Write a notice in the language of who reads it: subject and body."""
    with override(notice.contact.language):
        told = _told(notice)
        text = told.text
        return fill(text["subject"], told.said), fill(text["body"], told.said)


def message_of(notice: Notice) -> str:
    """Write a notice as a text message of one segment, in plain letters.

    Where there is too little room the unit's name is cut, never a code or an address.
    """
    with override(notice.contact.language):
        told = _told(notice)
        return fit(told.text["sms"], _briefly(notice, told))


def fit(text: str, said: Mapping[str, str]) -> str:
    """Fill a text message, and shorten the unit's name by what it is too long."""
    known = {name: plain(value) for name, value in said.items()}
    full = fill(text, known)
    over = (septets(full) or 0) - SEPTETS
    if over <= 0:
        return full
    unit = known.get("organisation", "")
    return fill(text, known | {"organisation": cut(unit, room=len(unit) - over)})


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """The words for one event in one language, and what fills their gaps."""

    text: Text
    said: dict[str, str]
    language: str
    unit_code: str = ""  #: Of the unit that is named.


def _told(notice: Notice) -> Told:
    language = notice.contact.language
    if notice.contact.following is not None:
        return _told_to_follower(notice, notice.contact.following, language)
    event, report = notice.event, notice.event.report
    decision = report.decisions.select_related("organisation").latest("pk")
    unit = report.organisation or decision.organisation
    texts = texts_now(_which(event, unit))
    spoken = _spoken(language, texts)
    clock = report.clocks.filter(party=Clock.Party.CITIZEN).first()
    refusal = report.refusal_reason
    own = own_report(notice)
    said = {
        "code": own.code,
        "what": own.category.label,
        "received": date_format(localtime(own.received_at), "d/m/Y"),
        "organisation": event.organisation_name or (unit.label if unit else ""),
        "due": date_format(localtime(clock.due_at), "d/m/Y") if clock else "",
        "link": own.get_absolute_url(),
        "predecessor": event.predecessor_name,
        "until": str(event.arguments.get("until", "")),
        "reason": refusal.label if refusal else "",
        "text": without_contacts(report.refusal_text),
        "service": settings.CITY.service_name.get(spoken, ""),
        "place_link": _place_link(event)
        if event.code == Event.Code.LOCATION_ASKED
        else "",
    }
    code = event.arguments.get("organisation_code") or (unit.code if unit else "")
    return Told(text=texts[spoken], said=said, language=spoken, unit_code=str(code))


def _place_link(event: Event) -> str:
    """Return where the place of a report is shown, if that was asked for."""
    asked = LocationLink.objects.filter(event=event).first()
    return asked.get_absolute_url() if asked else ""


def _told_to_follower(notice: Notice, following: Following, language: str) -> Told:
    """Tell a follower what strangers see; the code is the reporter's and not theirs."""
    report = own_report(notice)
    texts = texts_now(FOLLOWED[notice.event.code])
    spoken = _spoken(language, texts)
    what = report.public_title or report.category.label
    ward = report.lies_in.label if report.lies_in else ""
    said = {
        "what": f"{what}, {ward}" if ward else what,
        "link": report.get_public_url(),
        "end": following.get_absolute_url(),
        "answer": _question(notice, following),
        "until": str(notice.event.arguments.get("until", "")),
        "service": settings.CITY.service_name.get(language, ""),
    }
    return Told(text=texts[spoken], said=said, language=spoken)


def _question(notice: Notice, following: Following) -> str:
    """Return where a follower who is asked by this notice answers, if one is."""
    if notice.event.code != Event.Code.FOLLOWERS_ASKED:
        return ""
    asked = following.asked.filter(round=notice.event.arguments.get("round", 0))
    return "".join(each.get_absolute_url() for each in asked)


def _briefly(notice: Notice, told: Told) -> dict[str, str]:
    """Say the same in fewer signs: short names, days without a year, short addresses.

    Nothing that anybody wrote is repeated; why a report was refused is a phrase of the
    city's.
    """
    report, said = notice.event.report, told.said
    refusal = report.refusal_reason
    brief = said | {
        "text": "",
        "what": "",
        "due": YEAR.sub(r"\1", said.get("due", "")),
        "until": YEAR.sub(r"\1", said.get("until", "")),
        "reason": refusal.brief if refusal else "",
    }
    if notice.contact.following is None:
        brief["link"] = own_report(notice).get_short_url()
    brief["organisation"] = short_name(
        told.unit_code, said.get("organisation", ""), language=told.language
    )
    return brief


def texts_now(name: str) -> Texts:
    """Return the words for an event by language: an administrator's, or the city's."""
    latest = NoticeText.objects.filter(name=name).order_by("-pk").first()
    edited: Texts | None = latest.texts if latest else None
    return edited or city_texts()[name]


@cache
def city_texts() -> dict[str, Texts]:
    """Read the city's own words for each event, by language."""
    with (settings.CITY_DIR / "notices.toml").open("rb") as file:
        return tomllib.load(file)


def _spoken(language: str, texts: Mapping[str, Any]) -> str:
    """Return a language that the city wrote a text in, its own if need be."""
    return language if language in texts else settings.LANGUAGE_CODE


def _which(event: Event, unit: Organisation | None) -> str:
    """Choose the city's text: a receipt names the unit it expects, if there is one."""
    expects = event.code == Event.Code.RECEIVED and unit is not None
    return "received_expected" if expects else str(event.code)
