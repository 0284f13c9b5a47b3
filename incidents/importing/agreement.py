"""Agreement: what the file says of where a report lies, held against what we say."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

import numpy as np
import shapely
from django.conf import settings

from gis_data.geometry import metres_a_degree
from gis_data.models import Boundary, Place, PlaceKind, search_key
from incidents.decisions import Decision, Doubt, Unit
from incidents.errors import UnusableFile
from incidents.models import Organisation

from .cases import Decided

#: The label that names who answers, not where.
ORGANISATION = "organisation"
#: What is in doubt of who answers, wherever the point lies.
OF_RULES = frozenset({Doubt.ASSET.value, Doubt.UNCONFIRMED.value})
#: So many outlines are held in memory at most.
OUTLINES_AT_MOST = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class Disagreement:
    """A row that the file puts elsewhere than we do, and how near the border it is."""

    row: int
    external_id: str
    label: str
    theirs: str
    ours: str
    ours_code: str
    is_known: bool  #: Whether what they say is one of ours at all.
    border_m: float | None
    doubts: tuple[str, ...]


@dataclass(slots=True, kw_only=True)
class Tally:
    """How often one column of the file and we say the same."""

    compared: int = 0
    agreed: int = 0
    doubted: int = 0
    agreed_undoubted: int = 0
    unknown: int = 0  #: They name what we do not know at all.

    @property
    def undoubted(self) -> int:
        """How many of those compared are in no doubt."""
        return self.compared - self.doubted


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """Everything of a kind that a label may name, in the spellings people use."""

    short: Mapping[str, str]  #: What is written short, and for what.
    known: frozenset[str]

    def key(self, name: str) -> str:
        """Return what two spellings of a name share, with what is short spelled out."""
        words = search_key(name).replace(".", ". ").split()
        return " ".join(self.short.get(word.rstrip("."), word) for word in words)

    def without_type(self, key: str) -> str:
        """Return a name without its “phường”; a bare name may be meant with any."""
        for word in self.short.values():
            if key.startswith(f"{word} "):
                return key[len(word) + 1 :]
        return key

    def alike(self, theirs: str, code: str, *names: str) -> bool:
        """Tell whether a label names the thing of this code and these names."""
        said = self.key(theirs)
        if theirs.casefold() == code.casefold():
            return True
        keys = {self.key(name) for name in names if name}
        bare = said == self.without_type(said)
        return said in keys or (bare and said in {self.without_type(k) for k in keys})


@dataclass(slots=True, kw_only=True)
class Agreement:
    """The file's own columns held against our decisions, label by label."""

    places: Mapping[str, int]  #: By label, where in a row it stands.
    names: Mapping[str, Names]
    tallies: dict[str, Tally]
    outlines: dict[int, shapely.Geometry] = field(default_factory=dict)

    def weigh(self, decided: Iterable[Decided]) -> Iterator[Disagreement]:
        """Count a batch, and hand on what differs with its way to the border."""
        differing: list[tuple[Decided, str, str, _Ours]] = []
        for each in decided:
            for label, place in self.places.items():
                theirs = str(each.row.line.cells[place]).strip()
                ours = _ours(label, each.decision)
                if theirs and not self._agrees(label, theirs, ours, each.decision):
                    differing.append((each, label, theirs, ours))
        metres = self._to_border([(each, ours) for each, _, _, ours in differing])
        for (each, label, theirs, ours), border_m in zip(
            differing, metres, strict=True
        ):
            names = self.names[label]
            is_known = names.key(theirs) in names.known
            self.tallies[label].unknown += not is_known
            yield Disagreement(
                row=each.row.line.number,
                external_id=each.row.external_id,
                label=label,
                theirs=theirs,
                ours=ours.names[0],
                ours_code=ours.code,
                is_known=is_known,
                border_m=border_m,
                doubts=_doubts(label, each.decision),
            )

    def _agrees(self, label: str, theirs: str, ours: _Ours, decision: Decision) -> bool:
        tally = self.tallies[label]
        agrees = self.names[label].alike(theirs, ours.code, *ours.names)
        tally.compared += 1
        tally.agreed += agrees
        is_doubted = bool(_doubts(label, decision))
        tally.doubted += is_doubted
        tally.agreed_undoubted += agrees and not is_doubted
        return agrees

    def _to_border(
        self, asked: Sequence[tuple[Decided, _Ours]]
    ) -> Iterator[float | None]:
        """Measure the way from each to the border of what we say it lies in."""
        wanted = {ours.boundary_id for _, ours in asked if ours.boundary_id}
        self._read_outlines(wanted)
        for each, ours in asked:
            point, outline = each.row.point, self.outlines.get(ours.boundary_id or 0)
            if point is None or outline is None:
                yield None
                continue
            scale = np.array(metres_a_degree(point[1]))
            near = shapely.transform(outline, partial(np.multiply, scale))
            there = shapely.Point(scale * np.array(point))
            yield round(float(shapely.distance(near, there)), 1)

    def _read_outlines(self, wanted: set[int]) -> None:
        if len(self.outlines.keys() | wanted) > OUTLINES_AT_MOST:
            self.outlines.clear()
        missing = wanted - self.outlines.keys()
        for boundary in Boundary.objects.filter(pk__in=missing).only("shape"):
            shape = shapely.from_wkb(bytes(boundary.shape.wkb))
            self.outlines[boundary.pk] = shapely.boundary(shape)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Ours:
    """What we say of a label: its code, its names, and the boundary it has."""

    code: str = ""
    names: tuple[str, ...] = ("",)
    boundary_id: int | None = None


def begin(labels: Mapping[str, str], header: Sequence[str]) -> Agreement:
    """Prepare to hold the columns of a file against what we say."""
    kinds = set(PlaceKind.objects.values_list("code", flat=True))
    if unknown := sorted(set(labels) - kinds - {ORGANISATION}):
        known = ", ".join(sorted([*kinds, ORGANISATION]))
        raise UnusableFile(f"--label {unknown[0]}: there are {known}.")
    return Agreement(
        places={label: header.index(column) for label, column in labels.items()},
        names={label: _names(label) for label in labels},
        tallies={label: Tally() for label in labels},
    )


def _doubts(label: str, decision: Decision) -> tuple[str, ...]:
    """Return the doubts that bear on a label: of where it lies, no rule is in doubt."""
    if label == ORGANISATION:
        return decision.doubts
    return tuple(each for each in decision.doubts if each not in OF_RULES)


def _names(label: str) -> Names:
    short = {
        search_key(each): search_key(meant)
        for each, meant in settings.CITY.place_words.items()
    }
    bare = Names(short=short, known=frozenset())
    columns = ("code", "name", "name_en")
    if label == ORGANISATION:
        rows = list(Organisation.objects.values_list(*columns))
    else:
        rows = list(Place.objects.filter(kind__code=label).values_list(*columns))
    keys = {bare.key(said) for row in rows for said in row if said}
    keys |= {bare.without_type(key) for key in keys}
    return Names(short=short, known=frozenset(keys))


def _ours(label: str, decision: Decision) -> _Ours:
    areas = decision.location.areas
    if label == ORGANISATION:
        unit: Unit | None = decision.organisation
        nearest = areas[0].boundary_id if areas else None
        if unit is None:
            return _Ours(boundary_id=nearest)
        return _Ours(
            code=unit.code, names=(unit.name, unit.name_en), boundary_id=nearest
        )
    for area in areas:
        if area.kind == label:
            return _Ours(
                code=area.code,
                names=(area.name, area.name_en),
                boundary_id=area.boundary_id,
            )
    return _Ours()


def share(part: int, whole: int) -> str:
    """Return a part of a whole in percent, as it is told."""
    return f"{100 * part / whole:.2f} %" if whole else "-"
