"""The zone of an agency: the ground it answers for, that day."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.conf import settings
from django.contrib.gis.db.models.functions import Transform
from django.contrib.gis.geos import MultiPolygon, Polygon
from django.db.models import Case, IntegerField, Q, When

from gis_data.hexagons import Grid, grid_over
from gis_data.models import BoundaryDrawing, Place, Street
from incidents.models import Organisation, Responsibility
from incidents.permissions import Actor

#: A page is one second's work at most with so many hexagons.
CELLS_AT_MOST = 1500
#: Where there are few places they are drawn finer.
FEW, FINE, COARSE = 6, 13, 11


@dataclass(frozen=True, slots=True, kw_only=True)
class Zone:
    """Where somebody's units work, and the hexagons that it is laid out in."""

    places: tuple[Place, ...]
    shapes: tuple[MultiPolygon, ...]  #: In degrees.
    grid: Grid

    @property
    def ids(self) -> list[int]:
        return [place.pk for place in self.places]


def read_zone(actor: Actor, *, on: date, ward: str = "") -> Zone | None:
    """Read where a person's units work, in two statements; or only one ward of it.

    It is the place a unit is the committee of; without one, what it is charged with;
    charged with things and with no place, it is the whole city. None where nothing of
    it is on the map.
    """
    if ward:
        # A ward is looked at closer by its code: whoever asks sees their own cases.
        asked = Place.objects.filter(code=ward, kind__rank__isnull=False)
        places = list(asked.select_related("kind").order_by("-kind__rank")[:1])
    else:
        places = _places(actor, on=on)
    if not places:
        return None
    shapes = _shapes(places, on=on)
    if not shapes:
        return None
    grid = grid_over(shapes, cells_at_most=CELLS_AT_MOST)
    return Zone(places=tuple(places), shapes=tuple(shapes), grid=grid)


def read_streets(zone: Zone) -> list[Street]:
    """Read the streets about a zone whose lines are known, in one statement."""
    boxes = [shape.extent for shape in zone.shapes]
    west, south = (min(box[n] for box in boxes) for n in (0, 1))
    east, north = (max(box[n] for box in boxes) for n in (2, 3))
    about = Polygon.from_bbox((west, south, east, north))
    about.srid = 4326
    lines = Street.objects.filter(shape__bboverlaps=about)
    return list(lines.only("name", "place_id", "shape").order_by("pk"))


def _places(actor: Actor, *, on: date) -> list[Place]:
    """Return the places of a person's units: of the first kind of ground there is."""
    confined = [place for held in actor.confined.values() for place in held]
    units = Organisation.objects.filter(pk__in=actor.units - actor.confined.keys())
    charged = Responsibility.objects.filter(
        organisation__in=units, validity__contains=on, role=Responsibility.Role.LEAD
    )
    seats = Q(pk__in=confined)
    seats |= Q(pk__in=units.filter(place__isnull=False).values("place"))
    charges = Q(pk__in=charged.filter(place__isnull=False).values("place"))
    charges |= Q(pk__in=charged.filter(territory__isnull=False).values("territory"))
    root = settings.CITY.root_place
    whole = Q(kind__code=root["kind"], code=root["code"])
    ranked = Case(
        When(seats, then=0),
        When(charges, then=1),
        default=2,
        output_field=IntegerField(),
    )
    asked = Place.objects.filter(seats | charges | whole).annotate(ground=ranked)
    found = list(asked.select_related("kind").order_by("ground", "name", "pk"))
    first = [each for each in found if vars(each)["ground"] == vars(found[0])["ground"]]
    # Who answers for the whole city answers for what lies in it.
    return [
        each
        for each in first
        if (each.kind.code, each.code) == (root["kind"], root["code"])
    ] or first


def _shapes(places: Iterable[Place], *, on: date) -> list[MultiPolygon]:
    ids = [place.pk for place in places]
    drawings = BoundaryDrawing.objects.filter(
        zoom=FINE if len(ids) <= FEW else COARSE,
        boundary__place__in=ids,
        boundary__validity__contains=on,
        boundary__recorded__upper_inf=True,
    )
    drawn = drawings.annotate(ground=Transform("shape", 4326)).order_by("pk")
    return list(drawn.values_list("ground", flat=True))
