"""Letters to who signs in: written and sent by the worker, in their language."""

from __future__ import annotations

from datetime import datetime
from smtplib import SMTPException

from django.conf import settings
from django.contrib.auth.tokens import default_token_generator
from django.core.mail import send_mail
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, override
from procrastinate.contrib.django import app

from . import invitations
from .errors import NotSent
from .models import User


def ask_for_reset(user: User) -> None:
    """Owe somebody a letter with a link to choose a new password.

    The job carries the account's id alone; the link is made by the worker.
    """
    app.configure_task("accounts.send_reset").defer(user_id=user.pk)


def send_reset(user_id: int) -> None:
    """Send the link to choose a new password, if the account is still in use."""
    user = User.objects.filter(pk=user_id, is_active=True).first()
    if user is None or user.is_invited:
        return
    link = _link("reset", user, default_token_generator.make_token(user))
    hours = settings.PASSWORD_RESET_TIMEOUT // 3600
    _send("reset", user, link=link, hours=hours)


def send_invitation(user_id: int, *, at: datetime) -> None:
    """Send the link to choose a first password, unless that was done or is too late."""
    user = User.objects.filter(pk=user_id, is_active=True).first()
    ends_at = user.invitation_ends_at() if user else None
    if user is None or ends_at is None or not user.is_invited or ends_at <= at:
        return
    link = _link("invitation", user, invitations.tokens.make_token(user))
    _send("invitation", user, link=link, ends_at=localtime(ends_at))


def ask_for_word_of_factors(user: User) -> None:
    """Owe somebody word that a second factor was set up for them, or taken off.

    Who knows the password alone could set up their own: the account's owner hears it.
    """
    if user.email:
        app.configure_task("accounts.send_word_of_factors").defer(user_id=user.pk)


def send_word_of_factors(user_id: int) -> None:
    """Say that the second factors of an account have changed, and where to look."""
    user = User.objects.filter(pk=user_id, is_active=True).exclude(email="").first()
    if user is None:
        return
    link = settings.SITE_URL + reverse("mfa_index")
    _send("factors", user, link=link, press=gettext_lazy("Look at your sign-in"))


def _link(view: str, user: User, token: str) -> str:
    ident = urlsafe_base64_encode(force_bytes(user.pk))
    return settings.SITE_URL + reverse(f"accounts:{view}", args=[ident, token])


def _send(letter: str, user: User, **said: object) -> None:
    language = user.language
    context = said | {
        "user": user,
        "service": settings.CITY.service_name.get(language, ""),
        "city": settings.CITY.name.get(language, ""),
        "site": settings.SITE_URL,
    }
    with override(language):
        named = render_to_string(f"accounts/letters/{letter}_subject.txt", context)
        subject = " ".join(named.split())
        body = render_to_string(f"accounts/letters/{letter}.txt", context)
        page = _page(subject, body, context)
    try:
        send_mail(subject, body, None, [user.email], html_message=page)
    except (SMTPException, OSError) as error:
        # Servers repeat the address in their refusals; it must not reach a log.
        code = getattr(error, "smtp_code", "")
        said_of_it = f"{letter} to {user.pk}: {type(error).__name__} {code}".rstrip()
        raise NotSent(said_of_it) from None


def _page(subject: str, body: str, context: dict[str, object]) -> str:
    """Lay the same words out as a page, with a button in place of the bare link."""
    link, service = str(context["link"]), context["service"]
    paragraphs = [
        kept
        for each in body.replace(link, "").split("\n\n")
        if (kept := each.strip()) and not kept.startswith(str(service))
    ]
    said = context | {
        "subject": subject,
        "about": subject.removeprefix(f"{service}: "),
        "paragraphs": paragraphs,
        "press": context.get("press") or _("Choose a password"),
    }
    return render_to_string("accounts/letters/notice.html", said)
