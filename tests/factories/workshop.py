from __future__ import annotations

from datetime import date

import factory
from django.core.files.base import ContentFile
from django.utils import timezone

from gis_data import receiving
from gis_data.models import Edition, MapFile
from gis_data.reporting import report_of_sheet
from incidents.models import Membership, Rehearsal
from incidents.permissions import actor_of

from .incidents import MembershipFactory
from .places import sheet

#: A draft of a map as a publisher's file of it: two wards side by side.
FILE = """{"type": "FeatureCollection", "features": [%s]}"""
FEATURE = """{"type": "Feature", "properties": {"code": "%s", "name": "%s"},
"geometry": {"type": "Polygon", "coordinates": [%s]}}"""


def map_file(**boxes: tuple[float, float, float, float]) -> ContentFile[bytes]:
    """A GeoJSON file of boxes by their codes, as a publisher would send it."""
    features = []
    for code, (west, south, east, north) in boxes.items():
        ring = [
            [west, south],
            [east, south],
            [east, north],
            [west, north],
            [west, south],
        ]
        features.append(FEATURE % (code, f"Phường {code}", ring))
    said = FILE % ", ".join(features)
    return ContentFile(said.encode(), name="ranh-gioi.geojson")


def map_keeper():
    """Who keeps the city's map: an administrator of the portal."""
    role = Membership.Role.ADMINISTRATOR
    held = MembershipFactory.create(organisation__type="operator", role=role)
    actor = actor_of(held.user, on=timezone.localdate())
    assert actor is not None
    return actor


class RehearsalFactory(factory.django.DjangoModelFactory):
    """A rehearsal that has ended, in which one unit would get what another had."""

    since = date(2026, 1, 1)
    asked_at = factory.LazyFunction(timezone.now)
    finished_at = factory.LazyFunction(timezone.now)
    count = done = 3
    told = factory.LazyFunction(
        lambda: {
            "count": 3,
            "moved_total": 2,
            "moved": [["ubnd-a", "ubnd-b", 2]],
            "loads": [["ubnd-a", 3, 1], ["ubnd-b", 0, 2]],
            "idle": [
                {
                    "legal_basis": "QĐ 1",
                    "organisations": ["UBND phường C"],
                    "over": "Phường",
                    "categories": ["HT"],
                    "count": 4,
                }
            ],
            "contradictions": [],
            "holes": [
                {
                    "category": "HT.mat-nap",
                    "reason": "unruled",
                    "count": 1,
                    "points": [[106.7, 10.8]],
                }
            ],
            "reasons": [["HT.mat-nap", "settled", 2]],
            "names": {"ubnd-a": "UBND phường A", "ubnd-b": "UBND phường B"},
            "categories": {"HT.mat-nap": "Mất nắp cống"},
            "missing": {},
        }
    )

    class Meta:
        model = Rehearsal


def checked_file(*, by, kind: str, on: date, **boxes) -> MapFile:
    """A file of boundaries whose quality report waits to be read."""
    now = timezone.now()
    sent = receiving.send(map_file(**boxes), what="boundaries", by=by, at=now)
    receiving.work_on(sent.pk, at=now)
    receiving.check_as(sent, receiving.Asked(kind=kind, on=on), at=now)
    receiving.work_on(sent.pk, at=now)
    sent.refresh_from_db()
    return sent


def drafted(*, by, kind: str, on: date, **boxes) -> Edition:
    """A draft made of a file, as the workshop makes it."""
    now = timezone.now()
    sent = checked_file(by=by, kind=kind, on=on, **boxes)
    receiving.keep(sent, at=now)
    receiving.work_on(sent.pk, at=now)
    sent.refresh_from_db()
    assert sent.edition is not None
    return sent.edition


def reported_file(*, by, kind, on: date, **shapes) -> MapFile:
    """The same without opening a file: its report is of these shapes."""
    asked = receiving.Asked(kind=kind.code, on=on)
    sent = receiving.send(
        map_file(a=(106.6, 10.7, 106.7, 10.8)),
        what="boundaries",
        by=by,
        at=timezone.now(),
    )
    sent.layers = [{"name": "one", "fields": ["code"], "count": 1, "examples": [["a"]]}]
    sent.asked, sent.step = asked.as_json(), MapFile.Step.REPORT
    sent.report = report_of_sheet(sheet(**shapes), kind=kind, on=on)
    sent.save()
    return sent
