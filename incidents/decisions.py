"""What routing concludes: a unit or none, why, and what makes it doubtful."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from django.db.models import TextChoices
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from gis_data.locating import SURE_SHARE, Area, Found, Location

from .history import naming
from .models import Responsibility
from .surroundings import WITHIN_M, Meant, Surroundings, Thing


class Reason(TextChoices):
    """Every way a decision can come out."""

    SETTLED = "settled", _("Settled")
    CONTESTED = "contested", _("Several units have an equal claim")
    UNRULED = "unruled", _("No unit is named for this here")
    OFF_THE_MAP = "off_the_map", _("Off the map")


class Basis(TextChoices):
    """What ties a unit to a point."""

    ASSET = "asset", _("Asset")
    TERRITORY = "territory", _("Territory")
    AREA = "area", _("Administrative area")
    SUCCESSION = "succession", _("Succession by law")
    NONE = "none", _("No place")


class Doubt(TextChoices):
    """Why a person should look before a decision acts."""

    BORDER = "border", _("The point lies on a border, or a few metres from it.")
    DISC = "disc", _("As it was measured, the point may lie in the area next to it.")
    FALLBACK = "fallback", _("Maps answer with this point when they know no better.")
    REPEATED = "repeated", _("Many people told of different things at this very point.")
    NO_POINT = "no_point", _("Only a ward was given, no point.")
    ASSET = "asset", _("Another road, canal or cover nearby may be meant.")
    WARD_DIFFERS = "ward_differs", _("The pin is not in the ward that was named.")
    UNCONFIRMED = "unconfirmed", _("The rule is a working assumption.")


SENTENCES = {
    (Reason.SETTLED, Basis.ASSET): _(
        "%(organisations)s, because it manages %(area)s, %(metres)s m from this point."
    ),
    (Reason.SETTLED, Basis.TERRITORY): _(
        "%(organisations)s, because this point lies in the territory of %(area)s."
    ),
    (Reason.SETTLED, Basis.AREA): _(
        "%(organisations)s, because this point lies in %(area)s."
    ),
    (Reason.SETTLED, Basis.NONE): _(
        "%(organisations)s, which answers for this in %(area)s."
    ),
    (Reason.SETTLED, Basis.SUCCESSION): _(
        "%(organisations)s, which carries on for %(predecessor)s by law."
    ),
    (Reason.CONTESTED, Basis.SUCCESSION): _(
        "%(organisations)s carry on for %(predecessor)s; "
        "a person decides who does here."
    ),
    (Reason.UNRULED, Basis.SUCCESSION): _(
        "%(predecessor)s has ended and no law names who carries on; a person decides."
    ),
    Reason.CONTESTED: _("%(organisations)s have an equal claim; a person decides."),
    Reason.UNRULED: _("No unit is named for this here; a person decides."),
    Reason.OFF_THE_MAP: _("No area in force covers this point."),
}
#: Said in their place where the point may as well lie in the area next to it.
NEAR_A_LINE = {
    (Reason.SETTLED, Basis.TERRITORY): _(
        "%(organisations)s, because this point, close to a border, most likely lies "
        "in the territory of %(area)s."
    ),
    (Reason.SETTLED, Basis.AREA): _(
        "%(organisations)s, because this point, close to a border, most likely lies "
        "in %(area)s."
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """An organisation as a decision names it."""

    id: int
    code: str
    name: str
    name_en: str = ""

    @property
    def label(self) -> str:
        """The name in the reader's language."""
        english = self.name_en and get_language() == "en"
        return self.name_en if english else self.name


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """One rule about this point or a thing there: who, on what ground, how strongly.

    `thing` is what a rule about assets rests on here, once it has been weighed.
    """

    responsibility: int
    unit: Unit
    role: str
    precedence: int
    basis: Basis
    place_id: int | None
    legal_basis: str
    is_confirmed: bool
    asset_kind: str = ""
    asset_class: str = ""
    asset_code: str = ""
    within_m: float | None = None
    conditions: dict[str, Any] = field(default_factory=dict)
    thing: Thing | None = None

    @property
    def leads(self) -> bool:
        return self.role == Responsibility.Role.LEAD

    def weighed(self, meant: Meant) -> Claim | None:
        """Return the claim with what it rests on; nothing where it does not apply."""
        thing = None
        if self.basis is Basis.ASSET:
            thing = meant.matching(
                kind=self.asset_kind,
                asset_class=self.asset_class,
                code=self.asset_code,
                within=WITHIN_M if self.within_m is None else self.within_m,
            )
            if thing is None:
                return None
        if not meant.holds(self.conditions, thing):
            return None
        return replace(self, thing=thing) if thing else self


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """A sentence kept as its code and what fills it, said in the reader's language."""

    reason: Reason
    arguments: dict[str, str]

    def __str__(self) -> str:
        basis = Basis(self.arguments.get("basis", Basis.NONE))
        sentences = SENTENCES
        if self.arguments.get("near_a_line"):
            sentences = SENTENCES | NEAR_A_LINE
        sentence = sentences.get((self.reason, basis)) or sentences.get(self.reason)
        return str(sentence) % self._spoken()

    def _spoken(self) -> dict[str, str]:
        """Take the English names where they are known and asked for."""
        if get_language() != "en":
            return self.arguments
        english = {
            key.removesuffix("_en"): said
            for key, said in self.arguments.items()
            if key.endswith("_en") and said
        }
        return self.arguments | english


@dataclass(frozen=True, kw_only=True)
class Decision:
    """All that was weighed, strongest first; the outcome follows from it."""

    location: Location
    rules: tuple[Claim, ...]
    surroundings: Surroundings = field(default_factory=Surroundings)
    slack_m: float = 0.0  #: How far off the point may be.
    has_point: bool = True
    needs_point: bool = True
    declared: int | None = None  #: The place that the reporter named.
    is_default_point: bool = False  #: Maps answer it when they know no better.
    #: Many unrelated reports had this very point shortly before. A fact about other
    #: reports: who decides about many on paper leaves it out, and nothing but the
    #: doubt depends on it.
    is_repeated_point: bool = False

    @cached_property
    def weighed(self) -> tuple[Claim, ...]:
        """The rules that apply here, strongest first, each with what it rests on."""
        return self._weighed(self.surroundings.as_measured())

    @property
    def set_aside(self) -> tuple[Claim, ...]:
        """The rules of this category that speak of this place and do not apply."""
        applied = {claim.responsibility for claim in self.weighed}
        return tuple(rule for rule in self.rules if rule.responsibility not in applied)

    @cached_property
    def claims(self) -> tuple[Claim, ...]:
        """The strongest leads: one organisation settles the matter, two contest it."""
        return _strongest(self.weighed)

    def _weighed(self, meant: Meant) -> tuple[Claim, ...]:
        found = (rule.weighed(meant) for rule in self.rules)
        return tuple(claim for claim in found if claim is not None)

    @cached_property
    def _turns_on_a_step(self) -> bool:
        """Whether others would answer, were the point a few metres from where it is."""
        if not self.surroundings.things:
            return False
        answers = {
            frozenset(claim.unit for claim in _strongest(self._weighed(meant)))
            for meant in (
                self.surroundings.as_measured(),
                self.surroundings.at_most(self.slack_m),
                self.surroundings.at_least(self.slack_m),
            )
        }
        return len(answers) > 1

    @cached_property
    def organisation(self) -> Unit | None:
        claimants = {claim.unit for claim in self.claims}
        return claimants.pop() if len(claimants) == 1 else None

    @cached_property
    def reason(self) -> Reason:
        if self.location.reason == Found.OFF_THE_MAP:
            return Reason.OFF_THE_MAP
        if not self.claims:
            return Reason.UNRULED
        return Reason.SETTLED if self.organisation else Reason.CONTESTED

    @cached_property
    def doubts(self) -> tuple[str, ...]:
        """What speaks against acting on it unseen. No doubt where nobody answers."""
        doubts = [Doubt(each) for each in self.location.doubts]
        if self.needs_point and not self.has_point:
            doubts.append(Doubt.NO_POINT)
        if self._turns_on_a_step:
            doubts.append(Doubt.ASSET)
        ground = self._ground()
        is_named = ground is not None and ground.place_id == self.declared
        is_unsure = ground is not None and ground.share < SURE_SHARE and not is_named
        if self.has_point and is_unsure and not doubts:
            # The map is sure of the ward; the territory that decides may end here.
            doubts.append(Doubt.BORDER)
        if self.is_default_point:
            doubts.append(Doubt.FALLBACK)
        if self.is_repeated_point:
            doubts.append(Doubt.REPEATED)
        named = {area.place_id for area in self.location.areas}
        if self.has_point and self.declared and self.declared not in named:
            doubts.append(Doubt.WARD_DIFFERS)
        if any(not claim.is_confirmed for claim in self.claims):
            doubts.append(Doubt.UNCONFIRMED)
        return tuple(str(each.value) for each in doubts)

    @property
    def approximate(self) -> bool:
        return self.location.approximate

    @property
    def is_settled(self) -> bool:
        """Whether it may act by itself, as far as the evidence goes."""
        return self.reason is Reason.SETTLED and not self.doubts

    @property
    def basis(self) -> Basis:
        if not self.claims:
            return Basis.NONE
        return self.claims[0].basis if self.has_point else Basis.NONE

    @property
    def legal_basis(self) -> str:
        return self.claims[0].legal_basis if self.claims else ""

    @property
    def explanation(self) -> Explanation:
        units = dict.fromkeys(claim.unit for claim in self.claims)
        said = {
            "organisations": ", ".join(unit.name for unit in units),
            "organisations_en": ", ".join(unit.name_en or unit.name for unit in units),
            "area": "",
            "area_en": "",
            "basis": self.basis.value,
            "legal_basis": self.legal_basis,
        }
        said |= self.naming
        if self.claims and (thing := self.claims[0].thing):
            said |= {"area": thing.name or thing.code, "metres": f"{thing.metres:.0f}"}
        elif area := self._ground():
            said |= {"area": area.name, "area_en": area.name_en}
            if area.share < SURE_SHARE and {Doubt.BORDER, Doubt.DISC} & {*self.doubts}:
                said["near_a_line"] = "yes"
        return Explanation(reason=self.reason, arguments=said)

    @property
    def naming(self) -> dict[str, str]:
        """Return how an event names the unit that was decided on."""
        return naming(self.organisation)

    @property
    def areas(self) -> list[dict[str, Any]]:
        """What lies over the point, most local first, as the contract tells it."""
        return [
            {"kind": area.kind, "code": area.code, "name": area.name}
            | ({"share": round(area.share, 3)} if self.has_point else {})
            for area in self.location.areas
        ]

    def _ground(self) -> Area | None:
        """Return the area that the strongest claim rests on."""
        if not self.claims:
            return None
        rests_on = self.claims[0].place_id
        areas = self.location.areas
        return next((area for area in areas if area.place_id == rests_on), None)


def _strongest(weighed: tuple[Claim, ...]) -> tuple[Claim, ...]:
    leads = [claim for claim in weighed if claim.leads]
    return tuple(each for each in leads if each.precedence == leads[0].precedence)
