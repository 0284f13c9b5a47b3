"""Signing in, choosing a password, what letters call one: like the other forms."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from unicodedata import normalize

from django import forms
from django.contrib.auth.forms import (
    AuthenticationForm,
    PasswordChangeForm,
    SetPasswordForm,
)
from django.utils.translation import gettext_lazy as _

from .models import User


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
