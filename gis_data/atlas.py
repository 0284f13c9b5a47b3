"""The map of a day, held in memory: any number of points are located in it.

It says of each point exactly what `locate` says. Most points lie far from every line:
what covers them is all there is to know, and it is concluded once for all of them that
the same areas cover. Only the others are measured.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import numpy as np
import shapely
from django.db import connection

from .geometry import POINTS_A_PIECE, ROUND
from .locating import (
    NEAREST_WITHIN_M,
    POSITION_TOLERANCE_M,
    REACH_AT_MOST_M,
    Area,
    Location,
    Reach,
    conclude,
    reached,
)
from .measuring import (
    BOX_SLACK,
    Boxes,
    Integers,
    Numbers,
    Segments,
    Shapes,
    Truths,
    scales,
)
from .models import Edition, PlaceKind

#: A point is taken for far from a line only if it is further than asked by this much.
SAFELY, MARGIN_M = 1.01, 1.0
CORNERS = np.asarray(ROUND)


@dataclass(frozen=True, slots=True, kw_only=True)
class Atlas:
    """Every area in force on a day, cut to pieces that are quickly looked up."""

    areas: tuple[Area, ...]  #: Each as if it lay nowhere yet.
    kinds: tuple[str, ...]
    kind: Integers  #: Of each area, the turn of its kind.
    is_most_local: Truths  #: Of each area, whether nothing is more local.
    shapes: Shapes
    owner: Integers  #: Of each piece, the turn of its area.
    boxes: Boxes
    segments: Segments
    pieces: shapely.STRtree
    lines: shapely.STRtree  #: Where areas end.
    #: What was concluded where nothing is near but what covers.
    known: dict[bytes, Location] = field(default_factory=dict)
    #: By kind, its own pieces and their places.
    trees: dict[str, tuple[shapely.STRtree, Integers]] = field(default_factory=dict)

    @classmethod
    def read(cls, *, on: date, draft: Edition | None = None) -> Atlas:
        """Read what is in force that day, as we know it now, in three statements.

        A draft stands in for what is in force of its kind.
        """
        about = {
            "on": on,
            "draft": draft.pk if draft else None,
            "kind": draft.kind_id if draft else None,
            "points": POINTS_A_PIECE,
        }
        areas, owner, shapes = _areas(_asked(PIECES, about))
        lines = [bytes(line) for (line,) in _asked(LINES, about)]
        ranks = PlaceKind.objects.filter(rank__isnull=False).order_by("-rank")
        most_local = ranks.values_list("rank", flat=True).first()
        kinds = tuple(sorted({area.kind for area in areas}))
        return cls(
            areas=areas,
            kinds=kinds,
            kind=np.array([kinds.index(area.kind) for area in areas], dtype=np.int64),
            is_most_local=np.array([area.rank == most_local for area in areas], bool),
            shapes=shapes,
            owner=owner,
            boxes=Boxes.of(shapely.bounds(shapes)),
            segments=Segments.of(shapes),
            pieces=shapely.STRtree(shapes),
            lines=shapely.STRtree(shapely.from_wkb(lines)),
        )

    def places(self, points: Numbers, *, kind: str) -> Integers:
        """Return the id of the place of a kind that covers each point; 0 for none.

        Of several that cover it, the one that `locate` gives it to. Points are
        longitude and latitude, a row each.
        """
        found = np.zeros(len(points), dtype=np.int64)
        if kind not in self.kinds:
            return found
        tree, places = self._of_kind(kind)
        spot, piece = tree.query(shapely.points(points), predicate="intersects")
        place = places[piece]
        found[spot] = place
        several = np.unique(spot[found[spot] != place])
        for turn, location in zip(several, self.locate(points[several]), strict=True):
            found[turn] = next(
                (each.place_id for each in location.areas if each.kind == kind), 0
            )
        return found

    def locate(
        self, points: Numbers, *, accuracy: Numbers | None = None
    ) -> list[Location]:
        """Find what lies over each point, and what its metres of accuracy also reach.

        Points are longitude and latitude, a row each.
        """
        if accuracy is None:
            accuracy = np.zeros(len(points))
        reach = np.clip(accuracy, POSITION_TOLERANCE_M, REACH_AT_MOST_M)
        scale = scales(points)
        covering, is_plain = self._covering(points)
        is_plain &= self._far(points, scale, reach)
        given = (np.append(self.is_most_local, False)[covering]).any(axis=1)
        alone = np.flatnonzero(is_plain & ~given)
        is_plain[alone] = self._far(
            points[alone],
            scale[alone],
            np.maximum(reach[alone], NEAREST_WITHIN_M + MARGIN_M),
        )
        located = [NOWHERE] * len(points)
        plain = np.flatnonzero(is_plain)
        if len(plain):
            sets, which = np.unique(covering[plain], axis=0, return_inverse=True)
            said = [self._plain(each) for each in sets]
            for turn, number in zip(plain.tolist(), which.tolist(), strict=True):
                located[turn] = said[number]
        rest = np.flatnonzero(~is_plain)
        measured = self._measured(points[rest], scale[rest], reach[rest])
        for turn, reaches in zip(rest.tolist(), measured, strict=True):
            located[turn] = conclude(
                reaches, is_precise=bool(accuracy[turn] <= POSITION_TOLERANCE_M)
            )
        return located

    def _plain(self, covering: Integers) -> Location:
        """Conclude what is said of every point that these areas cover, far inside."""
        key = covering.tobytes()
        if key not in self.known:
            self.known[key] = conclude(
                tuple(
                    reached(self.areas[turn], covers=True, shares=[1.0], ways=())
                    for turn in covering[covering >= 0].tolist()
                ),
                is_precise=True,
            )
        return self.known[key]

    def _covering(self, points: Numbers) -> tuple[Integers, Truths]:
        """Return by kind which area covers each point, -1 for none.

        And whether no two of a kind do.
        """
        covering = np.full((len(points), len(self.kinds)), -1, dtype=np.int64)
        spot, piece = self.pieces.query(shapely.points(points), predicate="intersects")
        area = self.owner[piece]
        kind = self.kind[area]
        covering[spot, kind] = area
        is_plain = np.ones(len(points), dtype=bool)
        is_plain[spot[covering[spot, kind] != area]] = False
        return covering, is_plain

    def _far(self, points: Numbers, scale: Numbers, reach: Numbers) -> Truths:
        """Tell of each point if no line is so near; what is nearly so is not far."""
        is_far = np.ones(len(points), dtype=bool)
        wide = (reach * SAFELY + MARGIN_M) / scale.min(axis=1, initial=np.inf)
        near, _line = self.lines.query(
            shapely.points(points), predicate="dwithin", distance=wide
        )
        is_far[near] = False
        return is_far

    def _measured(
        self, points: Numbers, scale: Numbers, reach: Numbers
    ) -> Iterator[tuple[Reach, ...]]:
        """Measure all that is near each point, as the database does."""
        discs = _discs(points, scale, reach)
        spot, piece = self.pieces.query(discs, predicate="intersects")
        covers = self.segments.cover(points[spot], piece)
        found = _Found(len(points))
        ways = np.zeros((len(spot), 2))
        apart = np.flatnonzero(~covers)
        ways[apart] = self.segments.ways(
            points[spot[apart]], piece[apart], scale=scale[spot[apart]]
        )
        share = np.ones(len(spot))
        shapes, disc = self.shapes[piece], discs[spot]
        part = np.flatnonzero(~shapely.covers(shapes, disc))
        held = shapely.area(shapely.intersection(shapes[part], disc[part]))
        share[part] = held / shapely.area(disc[part])
        found.add(spot, self.owner[piece], ways, covers=covers, shares=share)
        given = np.zeros(len(points), dtype=bool)
        given[spot[covers & self.is_most_local[self.owner[piece]]]] = True
        self._add_far(found, np.flatnonzero(~given), points, scale)
        return found.reaches(self.areas)

    def _add_far(
        self, found: _Found, lost: Integers, points: Numbers, scale: Numbers
    ) -> None:
        """Add what is about points that nothing of the most local level covers."""
        if not len(lost):
            return
        about = np.full(len(lost), NEAREST_WITHIN_M)
        bounds = shapely.bounds(_discs(points[lost], scale[lost], about))
        slack = np.array([-BOX_SLACK, -BOX_SLACK, BOX_SLACK, BOX_SLACK])
        turn, piece = self.pieces.query(shapely.box(*(bounds + slack).T))
        meet = Boxes.of(bounds).meet(turn, self.boxes, piece)
        spot, piece = lost[turn[meet]], piece[meet]
        ways = self.segments.ways(points[spot], piece, scale=scale[spot])
        found.add(spot, self.owner[piece], ways)

    def _of_kind(self, kind: str) -> tuple[shapely.STRtree, Integers]:
        """Return the pieces of one kind, and the place of each."""
        if kind not in self.trees:
            mine = self.kind[self.owner] == self.kinds.index(kind)
            places = np.array([area.place_id for area in self.areas], dtype=np.int64)
            tree = shapely.STRtree(self.shapes[mine])
            self.trees[kind] = tree, places[self.owner[mine]]
        return self.trees[kind]


class _Found:
    """What was found of each area near each point, piece by piece."""

    def __init__(self, count: int) -> None:
        self._near: list[dict[int, _Pieces]] = [{} for _ in range(count)]

    def add(
        self,
        spots: Integers,
        areas: Integers,
        ways: Numbers,
        *,
        covers: Truths | None = None,
        shares: Numbers | None = None,
    ) -> None:
        """Add a piece of an area to each point; only those in the disc have a share."""
        covering = [False] * len(spots) if covers is None else covers.tolist()
        held = [None] * len(spots) if shares is None else shares.tolist()
        for spot, area, way, is_over, share in zip(
            spots.tolist(), areas.tolist(), ways.tolist(), covering, held, strict=True
        ):
            pieces = self._near[spot].setdefault(area, _Pieces())
            pieces.covers |= is_over
            if not is_over:
                pieces.ways.append(tuple(way))
            if share is not None:
                pieces.shares.append(share)

    def reaches(self, areas: Sequence[Area]) -> Iterator[tuple[Reach, ...]]:
        """Put the pieces of each area together again, point by point."""
        for near in self._near:
            put_together = (
                reached(
                    areas[area],
                    covers=pieces.covers,
                    shares=pieces.shares,
                    ways=pieces.ways,
                )
                for area, pieces in near.items()
            )
            yield tuple(each for each in put_together if each.counts)


@dataclass(slots=True)
class _Pieces:
    """The pieces of one area about one point."""

    covers: bool = False
    shares: list[float] = field(default_factory=list)
    ways: list[tuple[float, float]] = field(default_factory=list)


def _discs(points: Numbers, scale: Numbers, metres: Numbers) -> Shapes:
    """Return what lies within so many metres of each point, as `disc_ewkb` does."""
    radius = metres[:, None] / scale
    rings = points[:, None, :] + CORNERS * radius[:, None, :]
    return np.asarray(shapely.polygons(rings), dtype=object)


def _asked(statement: str, about: dict[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, about)
        return list(cursor.fetchall())


def _areas(rows: list[tuple[Any, ...]]) -> tuple[tuple[Area, ...], Integers, Shapes]:
    """Return the areas that the pieces are of, and of each piece, whose it is."""
    areas: dict[int, Area] = {}
    for kind, rank, code, name, name_en, place, boundary, edition, sketch, _ in rows:
        if boundary not in areas:
            areas[boundary] = Area(
                kind=kind,
                rank=rank,
                code=code,
                name=name,
                name_en=name_en,
                place_id=place,
                boundary_id=boundary,
                edition_id=edition,
                share=0.0,
                distance_m=0.0,
                approximate=sketch,
            )
    turns = {boundary: turn for turn, boundary in enumerate(areas)}
    owner = np.array([turns[row[6]] for row in rows], dtype=np.int64)
    shapes = shapely.from_wkb([bytes(row[9]) for row in rows])
    return tuple(areas.values()), owner, np.asarray(shapes, dtype=object)


NOWHERE = conclude((), is_precise=True)
#: A draft is looked up in the same pieces that it would be cut into.
PIECES = """
SELECT k.code, k.rank, l.code, l.name, l.name_en, l.id, b.id, b.edition_id,
  e.is_approximate, ST_AsBinary(part.shape)
FROM (
  SELECT p.boundary_id, p.shape FROM gis_data_boundarypiece p
  JOIN gis_data_boundary b ON b.id = p.boundary_id
  JOIN gis_data_place l ON l.id = b.place_id
  WHERE p.validity @> %(on)s::date AND upper_inf(p.recorded)
    AND l.kind_id IS DISTINCT FROM %(kind)s
  UNION ALL
  SELECT d.id, ST_Subdivide(d.shape, %(points)s) FROM gis_data_boundary d
  WHERE d.edition_id = %(draft)s
) part
JOIN gis_data_boundary b ON b.id = part.boundary_id
JOIN gis_data_edition e ON e.id = b.edition_id
JOIN gis_data_place l ON l.id = b.place_id
JOIN gis_data_placekind k ON k.id = l.kind_id
"""
LINES = """
SELECT ST_AsBinary(p.line) FROM gis_data_boundaryedge p
JOIN gis_data_boundary b ON b.id = p.boundary_id
JOIN gis_data_place l ON l.id = b.place_id
WHERE p.validity @> %(on)s::date AND upper_inf(p.recorded)
  AND l.kind_id IS DISTINCT FROM %(kind)s
UNION ALL
SELECT ST_AsBinary((ST_Dump(part)).geom) FROM (
  SELECT ST_Subdivide(ST_Boundary(d.shape), %(points)s) AS part
  FROM gis_data_boundary d WHERE d.edition_id = %(draft)s
) parts
"""
