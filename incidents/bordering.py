"""Bordering: what lies along a ward's line is seen from both sides of it."""

from __future__ import annotations

from datetime import date

from django.db.models import FloatField, Q
from django.db.models.expressions import RawSQL

from gis_data.models import Place

from .models import Organisation, OrganisationQuerySet, Report, ReportQuerySet
from .models.report_queries import PUBLIC
from .permissions import Actor

#: So near the line between two wards a case concerns both.
BORDER_M = 30.0


def wards_of(actor: Actor) -> list[Place]:
    """Return the wards whose committees somebody works for, whole, by name.

    Who works for one place of a unit only has no line to look along.
    """
    known = committees_of(actor).values("place")
    return list(Place.objects.filter(pk__in=known).order_by("name"))


def committees_of(actor: Actor) -> OrganisationQuerySet:
    """Return the committees somebody works for, whole, whose wards have a line."""
    whole = actor.units - actor.confined.keys()
    return Organisation.objects.filter(
        pk__in=whole, type=Organisation.Type.WARD, place__kind__rank__isnull=False
    )


def along_the_line(wards: list[Place], actor: Actor, *, on: date) -> Q:
    """Keep the open cases of others that lie along the line of these wards that day.

    For list, page and map alike: within 30 m of the line, on either side of it, where
    another ward lies on the other; in hand of others, or of nobody yet. Only what is
    public is seen from the other side: the rest is for those alone who have it.
    """
    known = [ward.pk for ward in wards]
    near = RawSQL(NEAR, (known, on, on, BORDER_M, known, known, on, BORDER_M))  # noqa: S611
    others = Q(organisation__isnull=True) | ~Q(organisation__in=actor.units)
    return Q(pk__in=near) & others & PUBLIC & Q(category__is_public=True)


def bordering(wards: list[Place], actor: Actor, *, on: date) -> ReportQuerySet:
    """Return those cases, the latest first, each with its way to the line in metres."""
    known = [ward.pk for ward in wards]
    way = RawSQL(WAY, (known, on), output_field=FloatField())  # noqa: S611
    cases = Report.objects.open().filter(along_the_line(wards, actor, on=on))
    return cases.annotate(line_m=way).order_by("-received_at", "-pk")


# Stretch by stretch of the line, by the index of reports over the ground. Inside the
# ward another one must be as near: the line to the sea or to a province is no border.
NEAR = """
WITH line AS MATERIALIZED (
  SELECT e.line::geography AS line
  FROM gis_data_boundaryedge e JOIN gis_data_boundary b ON b.id = e.boundary_id
  WHERE b.place_id = ANY(%s) AND upper_inf(b.recorded) AND b.validity @> %s::date
    AND upper_inf(e.recorded) AND e.validity @> %s::date
)
SELECT r.id FROM line JOIN incidents_report r
  ON ST_DWithin(r.point::geography(POINT, 4326), line.line, %s)
WHERE r.current_place_id IS NOT NULL AND (
  r.current_place_id <> ALL(%s)
  OR EXISTS (
    SELECT FROM gis_data_boundarypiece p
    JOIN gis_data_boundary b ON b.id = p.boundary_id
    JOIN gis_data_place l ON l.id = b.place_id
    JOIN gis_data_place mine ON mine.id = r.current_place_id
    WHERE l.kind_id = mine.kind_id AND l.id <> ALL(%s)
      AND upper_inf(p.recorded) AND p.validity @> %s::date
      AND p.shape && ST_Expand(r.point, 0.001)
      AND ST_DWithin(p.shape::geography, r.point::geography, %s)))
"""
WAY = """
SELECT min(ST_Distance(e.line::geography, incidents_report.point::geography))
FROM gis_data_boundaryedge e JOIN gis_data_boundary b ON b.id = e.boundary_id
WHERE b.place_id = ANY(%s) AND upper_inf(e.recorded) AND e.validity @> %s::date
  AND e.line && ST_Expand(incidents_report.point, 0.001)
"""
