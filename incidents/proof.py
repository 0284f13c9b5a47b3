"""Proven: six digits sent to a contact show whose it is, and which cases are theirs.

Whether a contact is known is told to nobody who has not proven it: for any address the
same row is written and the same job asked for, and the worker alone looks it up.
"""

from __future__ import annotations

import secrets
import tomllib
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from unicodedata import normalize

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import connection, transaction
from django.db.models import Q
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, override
from phonenumbers import (
    NumberParseException,
    PhoneNumberFormat,
    format_number,
    is_possible_number,
    parse,
)

from .errors import AskedTooOften, Missing, SpentCode, WrongCode
from .letters import Letter, written
from .models import Contact, OneTimeCode, OutgoingQuerySet, Report, Status
from .models.report_queries import ReportQuerySet
from .notifications import Mailing, Ready, ask_again, attempt, defer, drop, takes_texts
from .notifications.segment import plain
from .notifications.wording import fill
from .privacy import blind, seal, unseal

Channel = OneTimeCode.Channel
DIGITS = 6
TRIES = 5
LIVES = timedelta(minutes=10)
#: How many codes one contact is sent within a time, whoever asks for them.
AT_MOST = ((timedelta(hours=1), 3), (timedelta(days=1), 10))
#: How long a code is remembered, so that the limits above can be counted.
KEPT = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """A way to reach somebody, as it was typed and set right."""

    index: str
    email: str = ""
    phone: str = ""  #: In E.164; what is reached by one is not by the other.

    @property
    def contact(self) -> str:
        """Where a code goes: one or the other."""
        return self.email or self.phone

    @property
    def can_be_sent_to(self) -> bool:
        """Whether a code can go there: by e-mail, or by a text where any are sent."""
        return bool(self.email) or (settings.SMS.is_on and takes_texts(self.phone))


@dataclass(frozen=True, slots=True, kw_only=True)
class Awaited:
    """A code that was asked for and may still be typed in."""

    way: Way
    expires_at: datetime
    tries_left: int


def read_way(typed: str) -> Way:
    """Read a telephone number or an e-mail address, or say what is wrong with it."""
    said = normalize("NFC", typed).strip()
    if not said:
        raise Missing(
            _("Type the e-mail address or the telephone number that you gave."),
            field="contact",
        )
    if "@" in said:
        try:
            validate_email(said)
        except ValidationError:
            wrong = _("This is no e-mail address. It looks like name@example.org.")
            raise Missing(wrong, field="contact") from None
        return Way(index=blind(said.lower()), email=said)
    try:
        number = parse(said, settings.CITY.phone_region)
    except NumberParseException:
        number = None
    if number is None or not is_possible_number(number):
        raise Missing(
            _("This is neither an e-mail address nor a telephone number."),
            field="contact",
        )
    phone = format_number(number, PhoneNumberFormat.E164)
    return Way(index=blind(phone), phone=phone)


@transaction.atomic
def ask(way: Way, *, language: str, at: datetime) -> OneTimeCode:
    """Have six digits sent to a contact; the same is done for any contact."""
    with connection.cursor() as cursor:  # One at a time, or two could pass a limit.
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [way.index])
    _refuse_too_many(way, at=at)
    digits = f"{secrets.randbelow(10**DIGITS):0{DIGITS}}"
    code = OneTimeCode.objects.create(
        index=way.index,
        sealed=seal({"email": way.email, "phone": way.phone, "digits": digits}),
        digest=_digest(way.index, digits),
        language=language,
        channel=Channel.EMAIL if way.email else Channel.SMS,
        asked_at=at,
        next_try_at=at,
        expires_at=at + LIVES,
    )
    task, argument = CODES.job
    defer([(task, {argument: code.pk})])
    return code


def awaited(code_id: int, *, at: datetime) -> Awaited | None:
    """Return what may still be typed in; nothing once it is used, spent or too old."""
    code = OneTimeCode.objects.filter(pk=code_id).first()
    if code is None or not _is_alive(code, at=at):
        return None
    return Awaited(
        way=_way_of(code),
        expires_at=code.expires_at,
        tries_left=TRIES - code.tries,
    )


def prove(code_id: int, typed: str, *, at: datetime) -> str:
    """Return the blind index of the contact that the typed digits prove.

    A wrong try is counted, also by two who type at once; a right one ends the code.
    """
    digits = "".join(sign for sign in typed if sign.isdecimal())
    with transaction.atomic():
        held = OneTimeCode.objects.select_for_update().filter(pk=code_id).first()
        if held is None or not _is_alive(held, at=at):
            raise SpentCode
        if len(digits) != DIGITS:
            said = _("Type the %(count)s digits from the message.")
            raise Missing(said % {"count": DIGITS}, field="digits")
        if is_right := constant_time_compare(held.digest, _digest(held.index, digits)):
            held.used_at, held.sealed = at, b""
        else:
            held.tries += 1
        held.save(update_fields=["used_at", "sealed", "tries"])
    if is_right:
        return held.index
    if held.tries >= TRIES:
        raise SpentCode
    left = TRIES - held.tries
    raise WrongCode(
        ngettext(
            "These are not the digits we sent. %(left)s try remains.",
            "These are not the digits we sent. %(left)s tries remain.",
            left,
        )
        % {"left": left}
    )


def reports_of(index: str) -> ReportQuerySet:
    """Keep the reports that were filed with a proven contact, except withdrawn ones."""
    filed = Report.objects.filter(_filed_with(index))
    return filed.exclude(status=Status.WITHDRAWN)


def is_reporter(report: Report, index: str) -> bool:
    """Tell whether a proven contact is one that this report was filed with."""
    return (
        bool(index) and Report.objects.filter(_filed_with(index), pk=report.pk).exists()
    )


def send(code_id: int, *, at: datetime) -> None:
    """Send the digits where somebody filed with that contact. For the worker only.

    Nobody else's mailbox or telephone is filled by strangers.
    """
    attempt(CODES, code_id, at=at)


def ask_for_forgotten(*, at: datetime) -> int:
    """Ask anew for the codes that are due and in no queue; return how many."""
    return ask_again(CODES, at=at)


def sweep(*, at: datetime) -> int:
    """Forget the codes that are a day old, and whose they were; return how many."""
    return OneTimeCode.objects.filter(asked_at__lt=at - KEPT).delete()[0]


def _refuse_too_many(way: Way, *, at: datetime) -> None:
    asked = OneTimeCode.objects.filter(index=way.index).order_by("-asked_at")
    for span, most in AT_MOST:
        times = list(
            asked.filter(asked_at__gt=at - span).values_list("asked_at", flat=True)
        )
        if len(times) >= most:
            raise AskedTooOften(again_at=times[most - 1] + span)


def _is_alive(code: OneTimeCode, *, at: datetime) -> bool:
    return code.used_at is None and code.tries < TRIES and at < code.expires_at


def _filed_with(index: str) -> Q:
    contacts = Contact.objects.filter(Q(email_index=index) | Q(phone_index=index))
    return Q(pk__in=contacts.filter(report__isnull=False).values("report"))


def _digest(index: str, digits: str) -> str:
    signed = salted_hmac("incidents.proof", f"{index} {digits}", algorithm="sha256")
    return str(signed.hexdigest())


def _way_of(code: OneTimeCode) -> Way:
    told = unseal(code.sealed)
    return Way(
        index=code.index, email=told.get("email", ""), phone=told.get("phone", "")
    )


def _rows() -> OutgoingQuerySet[OneTimeCode]:
    return OneTimeCode.objects.all()


def _write(code: OneTimeCode, at: datetime) -> Ready | None:
    """Write the digits down, unless it is too late or nobody filed with the contact."""
    filed = Report.objects.filter(_filed_with(code.index))
    if not _is_alive(code, at=at) or not filed.exists():
        drop(code)
        _forget_digits(code, at)
        return None
    way, digits = _way_of(code), unseal(code.sealed)["digits"]
    if code.channel == Channel.EMAIL:
        letter = _compose(digits, language=code.language)
        return Ready(to=way.email, letter=letter)
    return Ready(to=way.phone, text=_text(digits, language=code.language))


def _forget_digits(code: OneTimeCode, _at: datetime) -> None:
    """Keep of what was sealed only the contact, to be shown to who typed it."""
    if not code.sealed:  # It was used before it was written down as sent.
        return
    way = _way_of(code)
    code.sealed = seal({"email": way.email, "phone": way.phone})
    code.save(update_fields=["sealed"])


CODES = Mailing(
    name="One-time code",
    rows=_rows,
    write=_write,
    ends_at=lambda code: code.expires_at,
    job=("incidents.send_one_time_code", "code_id"),
    channel=lambda code: code.channel,
    ended=_forget_digits,
    is_pressing=True,
)


def _compose(digits: str, *, language: str) -> Letter:
    """Write the letter in the language of the page that the code was asked on."""
    text, said = _told(digits, language=language)
    subject, body = fill(text["subject"], said), fill(text["body"], said)
    paragraphs = body.strip().split("\n\n")
    with override(language):
        return written(
            "one_time_code", subject=subject, body=body, paragraphs=paragraphs
        )


def _text(digits: str, *, language: str) -> str:
    """Write the text message: one segment, in plain letters."""
    text, said = _told(digits, language=language)
    return fill(text["sms"], {name: plain(value) for name, value in said.items()})


def _told(digits: str, *, language: str) -> tuple[dict[str, str], dict[str, str]]:
    """Return the city's words, and what fills their gaps."""
    texts = _texts()["one_time_code"]
    said = {
        "digits": digits,
        "minutes": str(LIVES // timedelta(minutes=1)),
        "service": settings.CITY.service_name.get(language, ""),
    }
    return texts.get(language, texts[settings.LANGUAGE_CODE]), said


@cache
def _texts() -> dict[str, dict[str, dict[str, str]]]:
    """Read the city's own letters that are about no case, by language."""
    with (settings.CITY_DIR / "letters.toml").open("rb") as file:
        return tomllib.load(file)
