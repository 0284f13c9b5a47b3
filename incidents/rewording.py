"""Reworded: the words of notices, written anew by an administrator, and taken back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import override

from .errors import Missing, NotAllowed
from .models import NoticeText, Organisation, RefusalReason
from .notifications import city_texts
from .notifications.checking import (
    PARTS,
    PLACE_TOKEN,
    PUBLIC_ID,
    faults_of,
    read_longest,
)
from .notifications.segment import SEPTETS, plain, septets, short_name
from .notifications.wording import FOLLOWED, Texts, fill, fit
from .permissions import Actor

WHY_AT_MOST = 300
#: A date that is no holiday, some days from when one looks.
AWAY = timedelta(days=7)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What a notice would say, with an example in its gaps."""

    language: str
    subject: str
    body: str
    sms: str

    @property
    def taken(self) -> int:
        """How much of the one segment the text message takes."""
        return septets(self.sms) or 0

    @property
    def room(self) -> int:
        """How much a segment has."""
        return SEPTETS


@transaction.atomic
def reword(name: str, texts: Texts, *, by: Actor, at: datetime, why: str) -> NoticeText:
    """Write a notice anew from now on; it must be whole, in every language, and fit."""
    _check(name, by=by, why=why)
    written = {
        language: {part: texts[language].get(part, "").strip() for part in PARTS}
        for language in settings.CITY.languages
        if language in texts
    }
    for fault in faults_of(name, written, longest=read_longest()):
        raise Missing(fault.said, field=field_of(fault.part, fault.language))
    return NoticeText.objects.create(
        name=name, texts=written, by=by.user, at=at, why=why.strip()
    )


@transaction.atomic
def take_back(name: str, *, by: Actor, at: datetime, why: str) -> NoticeText:
    """Say it in the city's own words again; what was written stays on record."""
    _check(name, by=by, why=why)
    return NoticeText.objects.create(name=name, by=by.user, at=at, why=why.strip())


def field_of(part: str, language: str) -> str:
    """Name the field of a form that holds a part in a language."""
    return f"{part}_{language}"


def show(name: str, texts: Texts, *, at: datetime) -> list[Shown]:
    """Fill the words with an example, in every language they are written in."""
    unit = Organisation.objects.order_by("-type", "pk").first()
    reason = RefusalReason.objects.order_by("pk").first()
    shown = []
    for language, text in texts.items():
        with override(language):
            said = _example(name, unit, reason, at=at)
            brief = said | {
                "organisation": short_name(
                    unit.code if unit else "", said["organisation"], language=language
                ),
                "reason": plain(reason.brief) if reason else "",
                "due": said["due"][:5],
                "until": said["until"][:5],
                "link": said["link"] if _follows(name) else _short(said["code"]),
            }
            shown.append(
                Shown(
                    language=language,
                    subject=fill(text.get("subject", ""), said),
                    body=fill(text.get("body", ""), said).strip(),
                    sms=fit(text.get("sms", ""), brief),
                )
            )
    return shown


def _example(
    name: str, unit: Organisation | None, reason: RefusalReason | None, *, at: datetime
) -> dict[str, str]:
    """Make up a case that nobody has filed."""
    site = settings.SITE_URL
    code = f"{settings.CODE_PREFIX}-{localtime(at):%y%m%d}-VIDU00-0"
    public, own = f"{site}/su-viec/{PUBLIC_ID}", f"{site}/tra-cuu/{code}"
    day = f"{localtime(at + AWAY):%d/%m/%Y}"
    spoken = settings.CITY.service_name
    return {
        "code": code,
        "organisation": unit.label if unit else "",
        "predecessor": unit.label if unit else "",
        "due": day,
        "received": f"{localtime(at):%d/%m/%Y}",
        "until": day,
        "link": public if _follows(name) else own,
        "end": f"{site}/theo-doi/{PUBLIC_ID}",
        "place_link": f"{site}/vi-tri/{PLACE_TOKEN}",
        "answer": f"{site}/hoi/{PUBLIC_ID}",
        "reason": reason.label if reason else "",
        "text": reason.guidance if reason else "",
        "what": _("What happened, and the ward"),
        "service": spoken.get(settings.LANGUAGE_CODE, ""),
    }


def _short(code: str) -> str:
    return f"{settings.SITE_URL}/s/{code.replace('-', '')}"


def _follows(name: str) -> bool:
    return name in FOLLOWED.values()


def _check(name: str, *, by: Actor, why: str) -> None:
    if not by.administers:
        raise NotAllowed
    if name not in city_texts():
        raise NotAllowed
    if not why.strip() or len(why) > WHY_AT_MOST:
        raise Missing(_("Say why, in a few words."), field="why")
