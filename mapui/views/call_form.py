"""A call as it is taken down: what was typed is kept, what is wrong is said."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.contrib.gis.geos import Point
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils.timezone import localdate
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from rest_framework.exceptions import ErrorDetail

from gis_data.models import Place
from incidents.api.filing import NewReport, NewReporter
from incidents.intake import Telling
from incidents.models import Article, Category, Organisation, Report
from incidents.privacy import Reporter
from mapui.forms import Complaint

from .asking import UnitField
from .choices import WARD

#: What is typed, and what is chosen, in the order of the page.
FIELDS = (
    "phone",
    "name",
    "email",
    "address",
    "ward",
    "category",
    "description",
    "answer",
    "article",
    "kind",
    "language",
    "private",
    "hide_name",
    "organisation",
    "reason",
    "lat",
    "lon",
)
#: What stands in an empty form says nothing yet.
UNTOUCHED = {"kind": Report.Kind.REPORT.value, "language": settings.LANGUAGE_CODE}
LONGEST = 4000
SHOWN_AT = {
    "reporter.name": "name",
    "reporter.phone": "phone",
    "reporter.email": "email",
    "reporter": "name",
    "lat": "ward",
    "lon": "ward",
    "place_source": "ward",
    "client_id": "form",
    "text": "answer",
}
MISSING = {"required", "blank", "null", "empty"}
ASKED = {
    "category": gettext_lazy("Choose what it is about."),
    "description": gettext_lazy("Write what the caller tells."),
    "name": gettext_lazy("Ask for the caller's name."),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class CallField:
    """One field of the call as the page shows it."""

    name: str
    value: str
    errors: list[str]

    @property
    def id(self) -> str:
        return f"call-{self.name}"


@dataclass(slots=True, kw_only=True)
class CallForm:
    """A call as it is being written, whole or not."""

    typed: Mapping[str, str] = field(default_factory=dict)
    errors: dict[str, list[str]] = field(default_factory=dict)

    @classmethod
    def of(cls, sent: QueryDict) -> CallForm:
        """Read what a browser sent, without judging it."""
        said = {name: sent.get(name, "")[:LONGEST] for name in FIELDS}
        return cls(typed=said)

    @property
    def worth_keeping(self) -> dict[str, str]:
        """What a draft holds: all that differs from an empty form."""
        return {
            name: value
            for name, value in self.typed.items()
            if value.strip() and value != UNTOUCHED.get(name)
        }

    @property
    def point(self) -> Point | None:
        """Where the operator put the pin, if it stands in the world."""
        try:
            lat, lon = float(self._said("lat")), float(self._said("lon"))
        except ValueError:
            return None
        in_world = -90 <= lat <= 90 and -180 <= lon <= 180
        return Point(lon, lat, srid=4326) if in_world else None

    def category(self) -> Category | None:
        """Return the category that is chosen, where it may be."""
        code = self._said("category")
        used = Category.objects.in_force(on=localdate())
        return used.filter(code=code).first() if "." in code else None

    def ward(self) -> Place | None:
        """Return the ward that is chosen."""
        code = self._said("ward")
        wards = Place.objects.filter(kind__code=WARD, code=code)
        return wards.first() if code else None

    def article(self) -> Article | None:
        """Return the article that the answer was begun from."""
        code = self._said("article")
        return Article.objects.filter(code=code).first() if code else None

    def begun_from(self, article: Article) -> CallForm:
        """Return the form with an article taken as the answer, to be read over."""
        taken = {"answer": article.answer, "article": article.code}
        kind = {"kind": Report.Kind.QUESTION.value}
        return CallForm(typed={**self.typed, **taken, **kind})

    def telling(self, *, client_id: str, later: bool = False) -> Telling | None:
        """Return what was told, checked by the API's own door; or say what lacks.

        Where it is may be told `later`, or may not matter.
        """
        said = self._data() | {"client_id": client_id}
        if later and not (said.get("ward") or "lat" in said):
            said["place_source"] = Report.PlaceSource.LATER.value
        sent = NewReport(data=said, context={"files": (), "is_staff": True})
        if sent.is_valid():
            return sent.to_telling()
        self.refuse_all(sent.errors)
        return None

    def reporter(self) -> Reporter | None:
        """Return who calls, checked; or say what lacks."""
        sent = NewReporter(data=self._who())
        if not sent.is_valid():
            self.refuse_all({"reporter": sent.errors})
            return None
        who = sent.validated_data
        return Reporter(
            name=" ".join(who["name"].split()),
            phone=who.get("phone", ""),
            email=who.get("email", ""),
        )

    def other_unit(self) -> Organisation | None:
        """Return the unit the operator named in place of the proposed one."""
        try:
            return UnitField(label="").clean(self._said("organisation"))
        except ValidationError as error:
            for message in error.messages:
                self.refuse("organisation", message)
        return None

    @property
    def language(self) -> str:
        """What the caller speaks."""
        said = self._said("language")
        return said if said in dict(settings.LANGUAGES) else settings.LANGUAGE_CODE

    @property
    def reason(self) -> str:
        return self._said("reason")

    @property
    def answer(self) -> str:
        return self._said("answer")

    @property
    def is_answered(self) -> bool:
        """Whether an answer is being written, or is wrong."""
        return bool(self.answer or self.errors.get("answer"))

    @property
    def names_a_unit(self) -> bool:
        return bool(self._said("organisation") or self.errors.get("organisation"))

    def field(self, name: str) -> CallField:
        """Return a field by its name, as typed, with what is wrong with it."""
        value = self.typed.get(name, "")
        return CallField(name=name, value=value, errors=self.errors.get(name, []))

    def refuse(self, name: str, message: str) -> None:
        """Say what is wrong, beside the field it is wrong with."""
        shown = SHOWN_AT.get(name, name)
        known = shown if shown in FIELDS else "form"
        self.errors.setdefault(known, []).append(message)

    def refuse_all(self, detail: Any) -> None:
        """Take over what the serializer found, in words for an operator."""
        for name, error in _flat(detail):
            shown = SHOWN_AT.get(name, name)
            lacks = error.code in MISSING and shown in ASKED
            self.refuse(name, str(ASKED[shown]) if lacks else str(error))
        if not (self._said("phone") or self._said("email") or self.errors.get("phone")):
            self.refuse("phone", _("Give a telephone number or an e-mail address."))

    @property
    def summary(self) -> list[Complaint]:
        """All that is wrong, in the order of the page."""
        order = ["form", *FIELDS]
        return [
            Complaint(anchor=self.field(name).id, message=message)
            for name in sorted(self.errors, key=order.index)
            for message in self.errors[name]
        ]

    def _said(self, name: str) -> str:
        return self.typed.get(name, "").strip()

    def _who(self) -> dict[str, Any]:
        said = {each: self._said(each) for each in ("name", "phone", "email")}
        given = {name: value for name, value in said.items() if value}
        return given | {"hide_name": bool(self._said("hide_name"))}

    def _data(self) -> dict[str, Any]:
        """Return it as the API takes it; what was left empty was not said."""
        names = ("category", "address", "ward", "description", "kind")
        said: dict[str, Any] = {n: value for n in names if (value := self._said(n))}
        if self._said("lat") and self._said("lon"):
            said["lat"], said["lon"] = self._said("lat"), self._said("lon")
            said["place_source"] = "address" if self._said("address") else "tap"
        return said | {
            "reporter": self._who(),
            "public": not self._said("private"),
            "language": self.language,
        }


def _flat(detail: Any, name: str = "") -> Iterator[tuple[str, ErrorDetail]]:
    """Name nested fields with dots, as the API does: `reporter.name`."""
    if isinstance(detail, Mapping):
        for key, inner in detail.items():
            yield from _flat(inner, f"{name}.{key}" if name else str(key))
    else:
        for error in detail:
            yield name, error
