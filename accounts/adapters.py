"""How django-allauth does things here: nobody signs up, secrets are sealed."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from cryptography.fernet import Fernet, MultiFernet
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from .entry import with_email
from .models import User

Type = Authenticator.Type
#: What is said after a change, by the name of allauth's own words for it.
SAID = {
    "mfa/messages/totp_activated.txt": gettext_lazy("The app is set up."),
    "mfa/messages/totp_deactivated.txt": gettext_lazy("The app is taken off."),
    "mfa/messages/webauthn_added.txt": gettext_lazy("The passkey is added."),
    "mfa/messages/webauthn_removed.txt": gettext_lazy("The passkey is taken off."),
}


class Accounts(DefaultAccountAdapter):
    """Accounts are made by invitation alone."""

    error_messages = {
        **DefaultAccountAdapter.error_messages,
        "incorrect_password": gettext_lazy("This is not your password."),
        "too_many_login_attempts": gettext_lazy(
            "There were too many tries. Wait a few minutes."
        ),
        "rate_limited": gettext_lazy("There were too many tries. Wait a few minutes."),
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def get_reauthentication_methods(
        self, user: User | AnonymousUser
    ) -> list[dict[str, Any]]:
        """Say in one statement how somebody may show again that it is they."""
        if not isinstance(user, User):
            return []
        ways = ["account_reauthenticate"] if user.has_usable_password() else []
        held = Authenticator.objects.filter(user=user)
        kinds = set(held.values_list("type", flat=True))
        if kinds & {Type.TOTP, Type.RECOVERY_CODES}:
            ways.append("mfa_reauthenticate")
        if Type.WEBAUTHN in kinds:
            ways.append("mfa_reauthenticate_webauthn")
        return [{"id": way, "url": reverse(way), "description": ""} for way in ways]

    def add_message(
        self,
        request: HttpRequest,
        level: int,
        message_template: str | None = None,
        message_context: dict[str, Any] | None = None,
        extra_tags: str = "",
        message: str | None = None,
    ) -> None:
        """Say what was changed in our words; that one is signed in goes without."""
        said = message or SAID.get(message_template or "")
        if said:
            messages.add_message(request, level, str(said), extra_tags=extra_tags)

    def respond_user_inactive(self, request: HttpRequest, user: User) -> HttpResponse:
        return turned_away(request, _("This account is switched off."))


class Factors(DefaultMFAAdapter):
    """The secrets of apps are sealed; labels are the site's own."""

    error_messages = {
        **DefaultMFAAdapter.error_messages,
        "incorrect_code": gettext_lazy("This code is not right, or was used already."),
        "cannot_generate_recovery_codes": gettext_lazy(
            "Set up an app or a passkey first."
        ),
    }

    def get_totp_issuer(self) -> str:
        names = settings.CITY.service_name
        own = names[settings.LANGUAGE_CODE]
        return str(names.get(get_language() or "", own))

    def _get_site_name(self) -> str:
        return self.get_totp_issuer()

    def build_totp_svg(self, url: str) -> str:
        """Draw with what draws all codes of the site; the page shows it itself."""
        return ""

    def encrypt(self, text: str) -> str:
        return _box().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        return _box().decrypt(encrypted_text.encode()).decode()

    def generate_authenticator_name(self, user: User, type: Any) -> str:  # noqa: A002
        return _("My device")


class Providers(DefaultSocialAccountAdapter):
    """Who comes by another door is let in where an account has their e-mail."""

    def is_open_for_signup(self, request: HttpRequest, sociallogin: Any) -> bool:
        return False

    def pre_social_login(self, request: HttpRequest, sociallogin: Any) -> None:
        """Match an account by an e-mail that the provider has verified, or turn away.

        Nothing is kept of it: it is matched anew each time, so that who loses the
        e-mail loses the way in.
        """
        verified = [each.email for each in sociallogin.email_addresses if each.verified]
        if not verified:
            said = _(
                "Your provider does not vouch for your e-mail, so it opens nothing."
            )
            raise ImmediateHttpResponse(turned_away(request, said))
        user = next(filter(None, map(with_email, verified)), None)
        if user is None or not user.is_active:
            said = _(
                "No account here has this e-mail. Ask whoever manages the accounts of "
                "your organisation to invite you."
            )
            raise ImmediateHttpResponse(turned_away(request, said))
        sociallogin.user = user

    def on_authentication_error(
        self,
        request: HttpRequest,
        provider: Any,
        error: Any = None,
        exception: Exception | None = None,
        extra_context: dict[str, Any] | None = None,
    ) -> None:
        said = _("Signing in there did not work. Try again, or use your password.")
        raise ImmediateHttpResponse(turned_away(request, said))


def turned_away(request: HttpRequest, said: str) -> HttpResponse:
    """Lead back to the sign-in page, with the reason."""
    messages.error(request, said)
    return redirect("accounts:login")


def _box() -> MultiFernet:
    return MultiFernet([Fernet(key) for key in settings.CONTACT_KEYS])
