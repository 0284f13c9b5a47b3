"""By what reports are found fast, wherever they are listed, drawn or looked for."""

from __future__ import annotations

from django.contrib.gis.db import models
from django.contrib.postgres.indexes import GinIndex, GistIndex, OpClass
from django.db.models import Q
from django.db.models.functions import Cast, Upper

from .report_queries import OVER_GROUND, PUBLIC
from .status import IN_HAND

NUMBER = models.FloatField()
#: What a tile is asked by, so that it is read from an index alone.
ON_TILES = (
    "id",
    "category",
    "status",
    "received_at",
    "organisation",
    "current_place",
    "place",
)
INDEXES: list[models.Index] = [
    GistIndex(Cast("point", OVER_GROUND), name="report_point_over_ground"),
    GistIndex("public_point", name="report_shown_at", condition=PUBLIC),
    models.Index(
        fields=["world_cell"],
        include=ON_TILES,
        name="report_by_world_cell",
        condition=PUBLIC & Q(world_cell__isnull=False),
    ),
    models.Index(
        fields=["ended_week", "world_cell"],
        include=[*ON_TILES, "public_title"],
        name="report_by_week_and_world_cell",
        condition=PUBLIC & Q(world_cell__isnull=False),
    ),
    GinIndex(
        OpClass(Upper("public_title"), name="gin_trgm_ops"),
        name="report_by_words_of_its_title",
        condition=PUBLIC & ~Q(public_title=""),
    ),
    models.Index(
        fields=["-received_at", "-id"],
        name="report_newest_first",
        condition=PUBLIC,
    ),
    models.Index(
        models.Func(models.F("point"), function="ST_X", output_field=NUMBER),
        models.Func(models.F("point"), function="ST_Y", output_field=NUMBER),
        "received_at",
        name="report_told_at_the_very_point",
        condition=Q(point__isnull=False),
    ),
    models.Index(
        fields=["received_at"],
        name="report_of_no_incident_yet",
        condition=Q(incident__isnull=True, point__isnull=False),
    ),
    models.Index(
        fields=["organisation"],
        name="report_in_hand_of_unit",
        condition=Q(status__in=sorted(IN_HAND)),
    ),
    models.Index(
        fields=["committed_on"],
        name="report_committed_to_a_day",
        condition=Q(status__in=sorted(IN_HAND), committed_on__isnull=False),
    ),
    models.Index(
        fields=["paused_until"],
        name="report_goes_on_by_itself",
        condition=Q(status="paused"),
    ),
    models.Index(
        fields=["subunit"],
        name="report_in_hand_of_part",
        condition=Q(status__in=sorted(IN_HAND), subunit__isnull=False),
    ),
    models.Index(
        fields=["status", "received_at"],
        name="report_awaiting_an_operator",
        condition=Q(
            status__in=[
                "accepted",
                "awaiting",
                "info_requested",
                "received",
                "returned",
            ]
        ),
    ),
]
