from __future__ import annotations

from django.contrib.gis.db import models
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateRangeField, RangeOperators
from django.core.validators import validate_slug
from django.utils.translation import gettext_lazy as _

#: What the kinds that most cities keep are called; a city may have others.
KINDS = {
    "road": _("Roads"),
    "canal": _("Canals"),
    "main": _("Mains"),
    "lamp": _("Lamps"),
    "tree": _("Trees"),
    "manhole": _("Manhole covers"),
    "cabinet": _("Cabinets"),
}


def kind_named(kind: str) -> str:
    """Return what assets of a kind are called, in the reader's language."""
    return str(KINDS.get(kind, kind))


class Asset(models.Model):
    """A thing that somebody manages: a road, a canal, a main, a lamp, a tree, a cover.

    What changes about it is a new row from that day, so that a report filed in May is
    for ever weighed by the roads of May.
    """

    kind = models.CharField(
        max_length=16, validators=[validate_slug], help_text="road, canal, lamp…"
    )
    asset_class = models.CharField(
        max_length=32, blank=True, help_text="Its level, where the law knows several."
    )
    code = models.CharField(max_length=64, help_text="Its keeper's number for it.")
    name = models.CharField(max_length=200, blank=True)
    shape = models.GeometryField(srid=4326)
    spans = models.PositiveSmallIntegerField(
        default=1, help_text="In how many areas of the most local level it lies."
    )
    source = models.CharField(max_length=200, blank=True)
    validity = DateRangeField(help_text="First day it stood so, first day no longer.")

    class Meta:
        constraints = [
            ExclusionConstraint(
                name="asset_is_described_once_a_day",
                expressions=[
                    ("kind", RangeOperators.EQUAL),
                    ("code", RangeOperators.EQUAL),
                    ("validity", RangeOperators.OVERLAPS),
                ],
            ),
            models.CheckConstraint(
                name="asset_has_a_code_and_kind",
                condition=~models.Q(code="") & ~models.Q(kind=""),
            ),
        ]
        indexes = [models.Index(fields=["code"], name="asset_by_code")]

    def __str__(self) -> str:
        return f"{self.kind} {self.name or self.code}"
