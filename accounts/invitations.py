"""Invited: somebody is given an account, and chooses a password by a link."""

from __future__ import annotations

import re
import secrets
from datetime import datetime
from unicodedata import normalize

from django.db import transaction
from django.utils import timezone
from django.utils.crypto import constant_time_compare, salted_hmac
from procrastinate.contrib.django import app

from .models import User, plain

NOT_IN_A_NAME = re.compile(r"[^a-z0-9]+")
NAME_AT_MOST = 100


class InvitationTokens:
    """What proves that a letter of invitation reached its address.

    It holds for some days, until the password is chosen or a newer one is asked for.
    """

    def make_token(self, user: User) -> str:
        said = f"{user.pk} {user.password} {user.email} {user.invited_at}"
        sealed = salted_hmac("accounts.invitation", said, algorithm="sha256")
        return sealed.hexdigest()[:40]

    def check_token(self, user: User | None, token: str | None) -> bool:
        """Tell whether this is the latest invitation, in its time."""
        if user is None or not self.is_of(user, token):
            return False
        ends_at = user.invitation_ends_at()
        return ends_at is not None and timezone.now() < ends_at

    def is_of(self, user: User, token: str | None) -> bool:
        """Tell whether this is the latest invitation, in time or too late."""
        return user.is_invited and constant_time_compare(
            self.make_token(user), token or ""
        )


tokens = InvitationTokens()


@transaction.atomic
def invite(*, email: str, name: str, language: str, at: datetime) -> User:
    """Make an account without a password, and owe its owner a letter with a link."""
    user = User(
        username=_free_name(plain(email)),
        email=plain(email),
        first_name=normalize("NFC", name).strip(),
        language=language,
        invited_at=at,
    )
    user.set_unusable_password()
    user.save()
    _owe_a_letter(user)
    return user


@transaction.atomic
def invite_again(user: User, *, at: datetime) -> None:
    """Owe a new letter; the link of the one before leads nowhere any more."""
    user.invited_at = at
    user.save(update_fields=["invited_at"])
    _owe_a_letter(user)


@transaction.atomic
def invite_back(user: User, *, at: datetime) -> None:
    """Open an account that was switched off, with a password to be chosen anew."""
    user.is_active = True
    user.set_unusable_password()
    user.save(update_fields=["is_active", "password"])
    invite_again(user, at=at)


def _owe_a_letter(user: User) -> None:
    app.configure_task("accounts.send_invitation").defer(user_id=user.pk)


def _free_name(email: str) -> str:
    """Return a name to sign in with, made of the e-mail's first half."""
    local = NOT_IN_A_NAME.sub("-", email.partition("@")[0])[:NAME_AT_MOST].strip("-")
    name = local or "can-bo"
    if User.objects.filter(username=name).exists():
        name = f"{name}-{secrets.token_hex(3)}"
    return name
