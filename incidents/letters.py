"""Letters: one e-mail as plain text and as a page, and the one way it goes out."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from smtplib import SMTPException
from typing import Any

from django.conf import settings
from django.core.mail import send_mail
from django.template.loader import render_to_string
from django.utils.translation import get_language

from .errors import NotSent

FOLDER = "incidents/letters"


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """What one e-mail says; whoever cannot read the page reads the text."""

    subject: str
    body: str
    page: str


def written(name: str, *, subject: str, **said: Any) -> Letter:
    """Write a letter of that name in the language that is active."""
    told = _named(subject) | said
    return Letter(
        subject=subject,
        body=render_to_string(f"{FOLDER}/{name}.txt", told),
        page=render_to_string(f"{FOLDER}/{name}.html", told),
    )


def laid_out(subject: str, body: str, *, link: str, press: str) -> str:
    """Return the page of a letter whose words the city has written as plain text.

    Its paragraphs stay as they are, and `link` becomes a button below them.
    """
    paragraphs = [each.strip() for each in body.split("\n\n") if each.strip()]
    named = _named(subject)
    said = named | {
        # The letter's head names the service already.
        "about": subject.removeprefix(f"{named['service']}: "),
        "paragraphs": paragraphs,
        "link": link,
        "press": press,
    }
    return render_to_string("accounts/letters/notice.html", said)


def post(letter: Letter, *, to: Iterable[str], about: str) -> None:
    """Hand a letter over to the mail server; only the worker may call it.

    `about` names it where it could not be sent. Servers repeat addresses in their
    refusals, and those must not reach a log.
    """
    try:
        send_mail(
            letter.subject,
            letter.body,
            from_email=None,
            recipient_list=list(to),
            html_message=letter.page,
        )
    except (SMTPException, OSError) as error:
        code = getattr(error, "smtp_code", "")
        said = f"{about}: {type(error).__name__} {code}".rstrip()
        raise NotSent(said) from None


def _named(subject: str) -> dict[str, Any]:
    """Say who writes, in the language that is active."""
    spoken, usual = get_language() or "", settings.LANGUAGE_CODE
    service, city = settings.CITY.service_name, settings.CITY.name
    return {
        "subject": subject,
        "service": service.get(spoken, service[usual]),
        "city": city.get(spoken, city[usual]),
        "site": settings.SITE_URL,
    }
