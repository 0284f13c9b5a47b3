"""Forms as people fill them in: what was typed is kept, what is wrong is said."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _
from rest_framework.exceptions import ErrorDetail

#: What the person types, as the API names it.
TYPED = (
    "kind",
    "category",
    "lat",
    "lon",
    "accuracy",
    "place_source",
    "ward",
    "address",
    "description",
    "client_id",
)
WHO = ("name", "phone", "email")
#: Where an error is shown that belongs to no field that people see.
SHOWN_AT = {
    "lat": "place",
    "lon": "place",
    "accuracy": "place",
    "place_source": "place",
    "reporter": "reporter.name",
}
#: Plain words for what is simply missing.
ASKED = {
    "category": _("Choose what it is about."),
    "description": _("Write what you see."),
    "reporter.name": _("Give your name, so that we know whom we answer."),
}
REACHED = _("Give a telephone number or an e-mail address.")
PLACED = _("A report of this kind needs a place.")
MISSING = {"required", "blank", "null", "empty"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One field as the page shows it."""

    name: str
    value: str
    errors: list[str]

    @property
    def id(self) -> str:
        return "filing-" + self.name.replace(".", "-")


@dataclass(frozen=True, slots=True, kw_only=True)
class Complaint:
    """One line of the summary: what is wrong, and where to mend it."""

    anchor: str
    message: str


@dataclass(slots=True, kw_only=True)
class FilingForm:
    """A report as it is being written, whole or not."""

    typed: Mapping[str, str] = field(default_factory=dict)
    is_tried: bool = False
    had_files: bool = False
    is_public: bool = True
    hides_name: bool = False
    errors: dict[str, list[str]] = field(default_factory=dict)

    hidden = ("lat", "lon", "accuracy", "place_source")

    @classmethod
    def of(cls, sent: QueryDict, *, had_files: bool) -> FilingForm:
        """Read what a browser sent, without judging it."""
        return cls(
            typed={name: str(sent[name]) for name in sent},
            is_tried=True,
            had_files=had_files,
            is_public="public" in sent,
            hides_name="reporter.hide_name" in sent,
        )

    @property
    def client_id(self) -> str:
        """The name of this sending: the same one sent twice is filed once."""
        return self.typed.get("client_id") or secrets.token_urlsafe(18)

    @property
    def has_point(self) -> bool:
        return bool(self.typed.get("lat") and self.typed.get("lon"))

    def data(self, *, language: str) -> dict[str, Any]:
        """Return it as the API takes it; what was left empty was not said."""
        said: dict[str, Any] = {
            name: value for name in TYPED if (value := self.typed.get(name, "").strip())
        }
        if not self.has_point:
            said.pop("place_source", None)
            said.pop("accuracy", None)
        reporter: dict[str, Any] = {
            name: value
            for name in WHO
            if (value := self.typed.get(f"reporter.{name}", "").strip())
        }
        reporter["hide_name"] = self.hides_name
        return said | {
            "reporter": reporter,
            "public": self.is_public,
            "language": language,
        }

    def field(self, name: str) -> Field:
        """Return a field by its name, as typed, with what is wrong with it."""
        errors = self.errors.get(name, [])
        return Field(name=name, value=self.typed.get(name, ""), errors=errors)

    def refuse(self, field_name: str, message: str) -> None:
        """Say what is wrong, beside the field it is wrong with."""
        shown = SHOWN_AT.get(field_name, field_name)
        self.errors.setdefault(shown, []).append(message)

    def refuse_all(self, detail: Any) -> None:
        """Take over what the serializer found, in plain words where we have them."""
        for name, error in _errors(detail):
            missing = error.code in MISSING and name in ASKED
            self.refuse(name, str(ASKED[name]) if missing else str(error))

    def ask_for_the_rest(self, *, needs_place: bool) -> None:
        """Ask at once for what would otherwise be asked for only at the next try."""
        ways = ("reporter.phone", "reporter.email")
        if settings.CITY.contact_required and not self._says_any(*ways):
            self.refuse(ways[0], str(REACHED))
        if needs_place and not self.has_point and not self._says_any("ward", "place"):
            self.refuse("place", str(PLACED))

    def _says_any(self, *names: str) -> bool:
        """Whether one of them was filled in, or has been complained of already."""
        return any(
            self.typed.get(name, "").strip() or self.errors.get(name) for name in names
        )

    def forget_sending(self) -> None:
        """Give the next try a name of its own: this one was used for another body."""
        self.typed = {**self.typed, "client_id": ""}

    @property
    def summary(self) -> list[Complaint]:
        """All that is wrong, in the order of the page."""
        order = ["category", "description", "place", "ward", "address", "attachments"]
        known = sorted(
            self.errors, key=lambda each: order.index(each) if each in order else 99
        )
        return [
            Complaint(anchor=self.field(name).id, message=message)
            for name in known
            for message in self.errors[name]
        ]


def _errors(detail: Any, name: str = "") -> Iterator[tuple[str, ErrorDetail]]:
    """Name nested fields with dots, as the page does: `reporter.name`."""
    if isinstance(detail, dict):
        for key, inner in detail.items():
            yield from _errors(inner, f"{name}.{key}" if name else str(key))
    else:
        for error in detail:
            yield name, error
