"""Forms as people fill them in: what was typed is kept, what is wrong is said."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django import forms
from django.conf import settings
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _
from rest_framework.exceptions import ErrorDetail

from incidents.models import Question
from incidents.questions import Option, options_of

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
ANSWERS = "answers."
WHO = ("name", "phone", "email")
#: Where an error is shown that belongs to no field that people see.
SHOWN_AT = {
    "lat": "place",
    "lon": "place",
    "accuracy": "place",
    "place_source": "place",
    "reporter": "reporter.name",
    "client_id": "form",
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
class Asked:
    """One question of a category as a field of the form."""

    field: Field
    question: Question
    options: list[Option]

    @property
    def id(self) -> str:
        """Its own on the page: categories may ask under the same name."""
        return f"{self.field.id}-{self.question.pk}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Complaint:
    """One line of the summary: what is wrong, and where to mend it."""

    anchor: str
    message: str


class Summed(forms.Form):
    """A form that says at its top all that is wrong with it."""

    #: Where to mend what is wrong with no field of it alone.
    whole = "main"

    @property
    def summary(self) -> list[Complaint]:
        """What is wrong, each with where to mend it, in the order of the page."""
        return [
            Complaint(
                anchor=self[name].auto_id if name in self.fields else self.whole,
                message=str(message),
            )
            for name, said in self.errors.items()
            for message in said
        ]


@dataclass(slots=True, kw_only=True)
class FilingForm:
    """A report as it is being written, whole or not."""

    typed: Mapping[str, str] = field(default_factory=dict)
    staged: tuple[str, ...] = ()
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
            staged=tuple(sent.getlist("staged")),
            is_tried=True,
            had_files=had_files,
            is_public="public" in sent,
            hides_name="reporter.hide_name" in sent,
        )

    @classmethod
    def fresh(cls, *, category: str = "") -> FilingForm:
        """Begin a report, with the name its sending will go by."""
        return cls(typed={"client_id": _new_sending(), "category": category})

    @property
    def client_id(self) -> str:
        """The name of this sending: the same one sent twice is filed once."""
        return self.typed.get("client_id", "")

    @property
    def branch(self) -> str:
        """The branch of the chosen category."""
        return self.typed.get("category", "").rpartition(".")[0]

    @property
    def has_no_place(self) -> bool:
        """Whether the person says that it happens nowhere in particular."""
        return "no_place" in self.typed

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
        if reporter or settings.CITY.contact_required:
            reporter["hide_name"] = self.hides_name
        answers = {
            name.removeprefix(ANSWERS): value
            for name, value in self.typed.items()
            if name.startswith(ANSWERS)
        }
        if self.has_no_place:
            for name in ("lat", "lon", "accuracy", "place_source", "ward"):
                said.pop(name, None)
        return said | {
            # Who says nothing of themselves stays unknown, where the city lets them.
            **({"reporter": reporter} if reporter else {}),
            "answers": answers,
            "public": self.is_public,
            "language": language,
        }

    def field(self, name: str, *, is_kept: bool = True) -> Field:
        """Return a field by its name, as typed, with what is wrong with it."""
        if not is_kept:
            return Field(name=name, value="", errors=[])
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

    def rename_sending(self) -> str:
        """Give the next try a name of its own: this one was used for another body."""
        self.typed = {**self.typed, "client_id": _new_sending()}
        return self.client_id

    def asked(self, code: str, questions: Sequence[Question]) -> list[Asked]:
        """Return the questions of one category as fields, with what was answered.

        What was answered to another category's question of the same name is left out:
        of radio buttons with one name only one is pressed.
        """
        is_chosen = code == self.typed.get("category")
        return [
            Asked(
                field=self.field(f"{ANSWERS}{each.code}", is_kept=is_chosen),
                question=each,
                options=options_of(each),
            )
            for each in questions
        ]

    @property
    def summary(self) -> list[Complaint]:
        """All that is wrong, in the order of the page."""
        known = sorted(self.errors, key=_position)
        return [
            Complaint(anchor=self.field(name).id, message=message)
            for name in known
            for message in self.errors[name]
        ]


def _position(name: str) -> int:
    """Return where on the page a field stands."""
    order = ["form", "place", "ward", "address", "category", ANSWERS, "description"]
    order += ["attachments", *(f"reporter.{each}" for each in WHO)]
    stem = ANSWERS if name.startswith(ANSWERS) else name
    return order.index(stem) if stem in order else len(order)


def _new_sending() -> str:
    return secrets.token_urlsafe(18)


def _errors(detail: Any, name: str = "") -> Iterator[tuple[str, ErrorDetail]]:
    """Name nested fields with dots, as the page does: `reporter.name`."""
    if isinstance(detail, dict):
        for key, inner in detail.items():
            yield from _errors(inner, f"{name}.{key}" if name else str(key))
    else:
        for error in detail:
            yield name, error
