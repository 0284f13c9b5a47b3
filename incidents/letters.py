"""Letters: one e-mail as plain text and as a page, and the one way it goes out."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from smtplib import SMTPConnectError, SMTPException, SMTPRecipientsRefused
from socket import gaierror
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.utils.translation import get_language

from .errors import NotSent

FOLDER = "incidents/letters"
#: From this answer of a mail server on, no other try helps.
PERMANENT = 500
#: With these nothing has been said to a mail server yet.
NEVER_BEGUN = (ConnectionRefusedError, SMTPConnectError, gaierror)


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """What goes along with a letter."""

    name: str
    kind: str
    content: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """What one e-mail says; whoever cannot read the page reads the text."""

    subject: str
    body: str
    page: str
    files: tuple[File, ...] = ()


def written(
    name: str, *, subject: str, files: tuple[File, ...] = (), **said: Any
) -> Letter:
    """Write a letter of that name in the language that is active."""
    told = named(subject) | said
    return Letter(
        subject=subject,
        body=render_to_string(f"{FOLDER}/{name}.txt", told),
        page=render_to_string(f"{FOLDER}/{name}.html", told),
        files=files,
    )


def laid_out(subject: str, body: str, *, link: str, press: str) -> str:
    """Return the page of a letter whose words the city has written as plain text.

    Its paragraphs stay as they are, and `link` becomes a button below them.
    """
    paragraphs = [each.strip() for each in body.split("\n\n") if each.strip()]
    told_by = named(subject)
    said = told_by | {
        # The letter's head names the service already.
        "about": subject.removeprefix(f"{told_by['service']}: "),
        "paragraphs": paragraphs,
        "link": link,
        "press": press,
    }
    return render_to_string("accounts/letters/notice.html", said)


def post(
    letter: Letter, *, to: Iterable[str], about: str, key: UUID | None = None
) -> None:
    """Hand a letter over to the mail server; only the worker may call it.

    `about` names it where it could not be sent. Servers repeat addresses in their
    refusals, and those must not reach a log. A `key` is the letter's own at every try,
    so that mailboxes know a second copy for what it is.
    """
    message = EmailMultiAlternatives(letter.subject, letter.body, to=list(to))
    message.attach_alternative(letter.page, "text/html")
    for file in letter.files:
        message.attach(file.name, file.content, file.kind)
    if key is not None:
        host = urlsplit(settings.SITE_URL).hostname
        message.extra_headers["Message-ID"] = f"<{key}@{host}>"
    try:
        message.send()
    except (SMTPException, OSError) as error:
        code = _code_of(error)
        name = type(error).__name__
        said = f"{about}: {name} {code or ''}".rstrip()
        is_refused = isinstance(error, SMTPRecipientsRefused)
        raise NotSent(
            said,
            failure=f"mail.{code or name}"[:40],
            is_final=is_refused and code >= PERMANENT,
            may_have_gone=not code and not isinstance(error, NEVER_BEGUN),
        ) from None


def _code_of(error: Exception) -> int:
    """Return what a mail server answered, as a number alone."""
    if isinstance(error, SMTPRecipientsRefused):
        return min((code for code, _said in error.recipients.values()), default=0)
    return int(getattr(error, "smtp_code", 0) or 0)


def named(subject: str) -> dict[str, Any]:
    """Say who writes, in the language that is active."""
    spoken, usual = get_language() or "", settings.LANGUAGE_CODE
    service, city = settings.CITY.service_name, settings.CITY.name
    return {
        "subject": subject,
        "service": service.get(spoken, service[usual]),
        "city": city.get(spoken, city[usual]),
        "site": settings.SITE_URL,
    }
