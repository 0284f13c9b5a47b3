"""How many reports lie where on the map: noted as they change, folded into counts."""

from __future__ import annotations

from django.db import models

from .status import StatusGroup

#: Counts are kept for cells of these zooms, the coarsest first.
COUNTED_ZOOMS = (10, 13, 15)
#: Changes are numbered for each cell of this zoom, some ten kilometres wide.
NUMBERED_ZOOM = 12


class TileChange(models.Model):
    """A report that came onto the public map, or left it, and is in no count yet.

    The database writes it with the report, whoever changes that: a report that changes
    leaves as what it was and comes as what it is. Nobody waits for another to count.
    """

    report = models.BigIntegerField(help_text="Its id; it may be gone by now.")
    sign = models.SmallIntegerField(help_text="1 where it came, -1 where it left.")
    category = models.BigIntegerField()
    status = models.CharField(max_length=16)
    received_at = models.DateTimeField()
    world_cell = models.BigIntegerField()
    across = models.BigIntegerField(help_text="Column of its world cell.")
    down = models.BigIntegerField(help_text="Row of its world cell.")

    def __str__(self) -> str:
        return f"{self.sign:+} {self.report}"


class TileCount(models.Model):
    """How many public reports lie in a cell, of a category, in a month, so far along.

    Beside the number stand the sums of where they lie and of their ids: where a count
    comes down to one, the sum of ids says which report it is.
    """

    pk = models.CompositePrimaryKey("zoom", "cell", "category", "group", "month")
    zoom = models.SmallIntegerField()
    cell = models.BigIntegerField(help_text="Its z-order number at that zoom.")
    category = models.BigIntegerField()
    group = models.CharField(max_length=12, choices=StatusGroup.choices)
    month = models.DateField(help_text="The first day of the month of receipt.")
    count = models.BigIntegerField()
    across = models.BigIntegerField(help_text="Sum of the columns of world cells.")
    down = models.BigIntegerField(help_text="Sum of the rows of world cells.")
    reports = models.BigIntegerField(help_text="Sum of the ids of the reports.")

    class Meta:
        indexes = [
            models.Index(
                fields=["zoom"],
                name="tile_count_of_nothing",
                condition=models.Q(count=0),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.count} {self.zoom}/{self.cell}"


class TileFold(models.Model):
    """How many changes in a cell have been folded into the counts, ever."""

    cell = models.BigIntegerField(primary_key=True, help_text="Its z-order number.")
    changes = models.BigIntegerField()

    def __str__(self) -> str:
        return f"{self.changes} {NUMBERED_ZOOM}/{self.cell}"
