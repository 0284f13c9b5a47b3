"""What keeps people out of what others see."""

from __future__ import annotations

import hmac
import json
import re
from dataclasses import asdict, dataclass
from datetime import datetime

from cryptography.fernet import Fernet, MultiFernet
from django.conf import settings
from django.contrib.gis.geos import Point
from phonenumbers import (
    Leniency,
    NumberParseException,
    PhoneNumberFormat,
    PhoneNumberMatch,
    PhoneNumberMatcher,
    format_number,
    is_valid_number,
    parse,
    region_code_for_number,
)

from gis_data.geometry import cell_centre, world_cell

from .models import Contact, ContactReading, Following, Report
from .models.insertion import insert

BLOT = "…"
#: What leads to a person: an address, also where its sign is spelled out; the number of
#: an identity card; a number plate.
PERSONAL = re.compile(
    r"[\w.+-]+\s*(?i:@|[\[(]\s*(at|a còng)\s*[\])]|\ba còng\b)\s*[\w-]+(\.[\w-]+)+"
    r"|\b\d{12}\b|\b\d{9}\b"
    r"|\b\d{2}[ -]?[A-Z]{1,2}\d?[ .-]?(\d{3}[ .]?\d{2}|\d{4})\b"
)
#: Rather one number too many than one too few.
POSSIBLE = Leniency.POSSIBLE


@dataclass(frozen=True, slots=True, kw_only=True)
class Reporter:
    """Who told us, in the clear: held in memory, never stored or logged."""

    name: str
    phone: str = ""  #: In E.164.
    email: str = ""


def snap(point: Point) -> tuple[Point, int]:
    """Return the point that strangers see, and its world cell. Always the same one."""
    cell = world_cell(point)
    return cell_centre(cell), cell


def keep_contact(report: Report, reporter: Reporter, *, language: str) -> Contact:
    """Keep who told us, sealed."""
    contact = sealed_contact(report, reporter, language=language)
    insert(contact)
    return contact


def sealed_contact(report: Report, reporter: Reporter, *, language: str) -> Contact:
    """Seal who told us, findable by the exact phone or e-mail only."""
    return Contact(
        report=report,
        sealed=_seal(reporter),
        phone_index=blind(reporter.phone),
        email_index=blind(reporter.email.lower()),
        language=language,
    )


def keep_follower(
    following: Following, reporter: Reporter, *, language: str
) -> Contact:
    """Keep who follows a case, sealed; what they gave before is no longer known."""
    told = {
        "sealed": _seal(reporter),
        "phone_index": blind(reporter.phone),
        "email_index": blind(reporter.email.lower()),
        "language": language,
    }
    contact, _ = Contact.objects.update_or_create(following=following, defaults=told)
    return contact


def forget_follower(following: Following) -> None:
    """Erase who followed a case; that their contact was once opened stays on record."""
    nobody = {"sealed": _seal(Reporter(name="")), "phone_index": "", "email_index": ""}
    Contact.objects.filter(following=following).update(**nobody)


def open_contact(contact: Contact, *, by: str, why: str, at: datetime) -> Reporter:
    """Open a contact, the only way there is, and write down who did and why."""
    ContactReading.objects.create(contact=contact, reader=by, reason=why, at=at)
    return Reporter(**json.loads(_box().decrypt(bytes(contact.sealed))))


def blind(text: str) -> str:
    """Return the index under which a phone or e-mail is found, or nothing for none."""
    key = settings.BLIND_INDEX_KEY.encode()
    return hmac.digest(key, text.encode(), "sha256").hex() if text else ""


def number_of(typed: str) -> str:
    """Return a phone in E.164, however it was typed; nothing where it is none."""
    try:
        number = parse(typed, settings.CITY.phone_region)
    except NumberParseException:
        return ""
    return format_number(number, PhoneNumberFormat.E164)


def number_as_said(number: str) -> str:
    """Return a phone in E.164 as people here say it, and with its country elsewhere."""
    parsed = parse(number)
    home = region_code_for_number(parsed) == settings.CITY.phone_region
    form = PhoneNumberFormat.NATIONAL if home else PhoneNumberFormat.INTERNATIONAL
    return format_number(parsed, form)


def without_contacts(text: str, *, with_doors: bool = False) -> str:
    """Return a text with phones, addresses, identity numbers and plates blotted out.

    Who goes there needs the door: of an alley it may look like a number, 1806/127/2/1.
    """
    spans = [found.span() for found in PERSONAL.finditer(text)]
    numbers = PhoneNumberMatcher(text, settings.CITY.phone_region, POSSIBLE)
    spans += [
        (found.start, found.end)
        for found in numbers
        if not (with_doors and _is_door(found))
    ]
    kept, told = [], 0
    for start, end in sorted(spans):
        if start >= told:
            kept += [text[told:start], BLOT]
        told = max(told, end)
    return "".join([*kept, text[told:]])


def _is_door(found: PhoneNumberMatch) -> bool:
    """Tell whether what looks like a number is one of no telephone, but of a house."""
    return "/" in found.raw_string and not is_valid_number(found.number)


def _seal(reporter: Reporter) -> bytes:
    return _box().encrypt(json.dumps(asdict(reporter)).encode())


def seal(told: dict[str, str]) -> bytes:
    """Seal what a person told us and we must keep for a while."""
    return _box().encrypt(json.dumps(told).encode())


def unseal(sealed: bytes | memoryview) -> dict[str, str]:
    """Open what `seal` has sealed; contacts are opened by `open_contact` alone."""
    told: dict[str, str] = json.loads(_box().decrypt(bytes(sealed)))
    return told


def _box() -> MultiFernet:
    return MultiFernet([Fernet(key) for key in settings.CONTACT_KEYS])
