"""What is offered for an address: where it is, how sure that is, what it was called."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from django.utils.translation import get_language
from django.utils.translation import gettext as _

Box = tuple[float, float, float, float]  #: West, south, east, north.


class Kind(StrEnum):
    """What was recognised in an address."""

    STREET = "street"
    JUNCTION = "junction"
    PLACE = "place"  #: A ward, a commune, a city of today.
    FORMER = "former"  #: A ward or district of before.


class Sure(StrEnum):
    """How much of what was said fits."""

    SURE = "sure"  #: All of it, and nothing else fits as well.
    LIKELY = "likely"  #: All of it, but so do others, or a part was not known.
    LOOSE = "loose"  #: Only a part, or with a slip mended.


@dataclass(frozen=True, slots=True, kw_only=True)
class Called:
    """A place by its name in both languages."""

    code: str
    kind: str
    name: str
    name_en: str = ""

    @property
    def label(self) -> str:
        """The name in the reader's language."""
        english = self.name_en and get_language() == "en"
        return self.name_en if english else self.name


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestion:
    """One reading of an address that was typed or told.

    There are no points of houses: a street is placed where it runs through the ward,
    and `number` is what was said, for whoever goes there.
    """

    kind: Kind
    sure: Sure
    places: tuple[Called, ...]  #: Of today, the likeliest first.
    was: Called | None = None  #: The place of before that was named.
    formerly: tuple[str, ...] = ()  #: What was here before, most local first.
    street: str = ""
    crossing: str = ""  #: The other street of a junction.
    number: str = ""
    alley: str = ""
    in_alley: bool = False
    stretch: tuple[str, str] | None = None  #: From which number to which.
    unknown_street: str = ""  #: What was said of a street that is not known there.
    middle: tuple[float, float] | None = None  #: Longitude, latitude.
    box: Box | None = None
    used: str = ""  #: What of the text this rests on.
    left: str = ""  #: What of the text was not understood.

    @property
    def place(self) -> Called | None:
        """The ward of today it most likely lies in."""
        return self.places[0] if self.places else None

    @property
    def is_placed(self) -> bool:
        """Whether the middle is of the street itself, and not of a whole ward."""
        return self.kind in (Kind.STREET, Kind.JUNCTION) and self.middle is not None

    @property
    def line(self) -> str:
        """The address as one writes it, without the ward: 12, hẻm 123 Lê Văn Sỹ."""
        street = self.street or self.unknown_street
        if self.crossing:
            return _("%(one)s and %(other)s") % {"one": street, "other": self.crossing}
        if self.stretch:
            about = {"street": street, "from": self.stretch[0], "to": self.stretch[1]}
            return _("%(street)s, from number %(from)s to %(to)s") % about
        if self.alley and "/" not in self.number:
            alley = _("alley %(number)s %(street)s")
            street = alley % {"number": self.alley, "street": street}
            return f"{self.number}, {street}" if self.number else street
        return f"{self.number} {street}".strip()

    @property
    def label(self) -> str:
        """The whole in the reader's language, the ward of today with it."""
        if self.kind is Kind.FORMER and self.was is not None:
            return _("%(name)s (former)") % {"name": self.was.label}
        ward = self.place.label if self.place else ""
        return ", ".join(part for part in (self.line, ward) if part)

    @property
    def once(self) -> str:
        """What the place was called before: “P. Võ Thị Sáu, Quận 3 (former)”."""
        return _("formerly %(names)s") % {"names": ", ".join(self.formerly)}

    @property
    def detail(self) -> str:
        """What else one should know before taking it, in one line."""
        told = []
        if self.kind is Kind.FORMER and self.places:
            names = ", ".join(place.label for place in self.places[:4])
            more = "…" if len(self.places) > 4 else ""
            told.append(_("today %(names)s") % {"names": names + more})
        if self.unknown_street:
            said = _("the street “%(street)s” is not in our list; the ward is")
            told.append(said % {"street": self.unknown_street})
        elif self.number and self.is_placed:
            told.append(_("house numbers are not placed"))
        if self.formerly:
            told.append(self.once)
        if self.left and self.sure is Sure.LOOSE:
            told.append(_("not understood: %(words)s") % {"words": self.left})
        return " · ".join(told)
