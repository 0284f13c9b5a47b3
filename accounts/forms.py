"""Signing in, choosing a password, what letters call one: like the other forms."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any
from unicodedata import normalize

from allauth.account.forms import ReauthenticateForm
from allauth.core import context
from allauth.mfa.base.forms import AuthenticateForm
from allauth.mfa.base.forms import ReauthenticateForm as FactorAgain
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.forms import ActivateTOTPForm
from allauth.mfa.webauthn.forms import AddWebAuthnForm
from django import forms
from django.contrib.auth.forms import (
    AuthenticationForm,
    PasswordChangeForm,
    SetPasswordForm,
)
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from .entry import Kind, address_of, count, forget_tries
from .models import User

#: An app's code is good for so many half minutes, before and after its own.
STEPS_KEPT = 4


@dataclass(frozen=True, slots=True)
class Complaint:
    """One line of the summary: what is wrong, and where to mend it."""

    anchor: str
    message: str


class Dressed(forms.BaseForm):
    """A form with the look of the site's, and a summary of what is wrong."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.widget.attrs["class"] = "control control-short"
            field.widget.attrs.pop("autofocus", None)

    @property
    def summary(self) -> list[Complaint]:
        """All that is wrong, in the order of the page."""
        return [
            Complaint(self[name].id_for_label if name in self.fields else "main", said)
            for name, errors in self.errors.items()
            for said in map(str, errors)
        ]


class SignIn(Dressed, AuthenticationForm):
    """A name or an e-mail, and a password."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["username"]
        field.label = _("E-mail or user name")
        field.widget.attrs |= {"autocapitalize": "none", "spellcheck": "false"}

    error_messages = {
        **AuthenticationForm.error_messages,
        "invalid_login": _(
            "The name and the password do not belong together. Look at both; the "
            "password tells large letters from small ones."
        ),
    }


class NewPassword(Dressed, PasswordChangeForm):
    """The old password once, the new one twice."""


class ChosenPassword(Dressed, SetPasswordForm):  # type: ignore[type-arg]
    """A password by a link: twice, so that it is typed as it is meant."""


class Forgotten(Dressed, forms.Form):
    """Where the letter goes."""

    email = forms.EmailField(
        label=_("Your e-mail"),
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
        error_messages={
            "required": _("Give the e-mail of your account."),
            "invalid": _("Write the e-mail whole, like ten@example.org."),
        },
    )


class Profile(Dressed, forms.ModelForm):  # type: ignore[type-arg]
    """What colleagues call one, and the language of letters."""

    name = forms.CharField(
        label=_("Full name"),
        max_length=150,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
        error_messages={"required": _("Write your name.")},
    )

    class Meta:
        model = User
        fields = ("language",)
        labels = {"language": _("Language of letters and pages")}

    field_order = ("name", "language")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["name"].initial = self.instance.get_full_name()
        self.fields["language"].help_text = ""

    def clean_name(self) -> str:
        return " ".join(normalize("NFC", self.cleaned_data["name"]).split())

    def save(self, commit: bool = True) -> User:
        user: User = self.instance
        user.first_name, user.last_name = self.cleaned_data["name"], ""
        user.save(update_fields=["first_name", "last_name", "language"])
        return user


class SameAgain(Dressed, ReauthenticateForm):
    """The password once more, before something that matters is changed."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["password"]
        field.label, field.help_text = _("Your password"), ""
        field.widget.attrs.pop("placeholder", None)


class Code(Dressed):
    """Some digits, from an app or from the list of recovery codes."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["code"]
        field.label = _("Code")
        field.error_messages["required"] = _("Write the code.")
        field.widget.attrs.pop("placeholder", None)
        field.widget.attrs |= {"inputmode": "numeric", "autocomplete": "one-time-code"}


class CountedCode(Code):
    """A code that is tried a few times at most, and counts only once.

    The row is held meanwhile, so that one code sent twice at once opens one door.
    """

    user: User

    def clean_code(self) -> str:
        name, at = f"factor:{self.user.pk}", timezone.now()
        address = address_of(context.request)
        if count(Kind.FACTOR, name=name, address=address, at=at) is not None:
            raise forms.ValidationError(
                _("There were too many tries. Wait a few minutes.")
            )
        with transaction.atomic():
            held = Authenticator.objects.select_for_update().filter(user=self.user)
            list(held.order_by("pk"))
            said: str = super().clean_code()  # type: ignore[misc]
            shown: Authenticator = self.authenticator  # type: ignore[attr-defined]
            self._use_up(shown, "".join(said.split()))
        forget_tries(Kind.FACTOR, name)
        return said

    def _use_up(self, shown: Authenticator, said: str) -> None:
        """Let no code of an app open twice: what keeps it elsewhere is one process."""
        if shown.type != Authenticator.Type.TOTP:
            return
        step, used = int(time.time()) // 30, shown.data.get("used", [])
        if any(code == said and step - then < STEPS_KEPT for code, then in used):
            raise forms.ValidationError(
                _("This code is not right, or was used already.")
            )
        recent = [each for each in used if step - each[1] < STEPS_KEPT]
        shown.data["used"] = [*recent, [said, step]]
        shown.save(update_fields=["data"])


class SecondFactor(CountedCode, AuthenticateForm):
    """What is asked for after the password."""


class SecondFactorAgain(CountedCode, FactorAgain):
    """The same, before something that matters is changed."""


class NewApp(Code, ActivateTOTPForm):
    """The first code of an app, which shows that it is set up."""


class NewPasskey(Dressed, AddWebAuthnForm):
    """What a passkey is called, and whether it opens by itself."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["name"].label = _("What you call this device")
        alone = self.fields["passwordless"]
        alone.label = _("Sign in with this device alone, without a password")
        alone.help_text = _("The device then asks for a fingerprint, a face or a PIN.")
        alone.widget.attrs["class"] = ""
        self.initial["passwordless"] = True
