"""How many reports lie where on the map: noted as they change, folded into counts."""

from __future__ import annotations

from django.db import models

from .status import StatusGroup

#: Counts are kept for cells of these zooms, the coarsest first.
COUNTED_ZOOMS = (10, 13, 15)
#: And those by the week in which a case ended for these.
WEEKLY_ZOOMS = (10, 13)
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
    ended_week = models.SmallIntegerField()
    current_place = models.BigIntegerField(null=True)
    organisation = models.BigIntegerField(null=True)
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


class TileWeekCount(models.Model):
    """How many public reports of one kind lie in a cell, by the week they ended in.

    Each report is counted among all, and once more in its category, in its place and
    with its unit: a tile of what is of today reads only the counts of what it asks for,
    in the order of their key. The sums are those of `TileCount`.
    """

    class By(models.IntegerChoices):
        """What they have in common; the key is its id, 0 for all."""

        ALL = 0
        CATEGORY = 1
        PLACE = 2
        ORGANISATION = 3

    pk = models.CompositePrimaryKey("zoom", "by", "key", "week", "cell", "group")
    zoom = models.SmallIntegerField()
    by = models.SmallIntegerField(choices=By.choices)
    key = models.BigIntegerField()
    week = models.SmallIntegerField(help_text="As `Report.ended_week` says.")
    cell = models.BigIntegerField(help_text="Its z-order number at that zoom.")
    group = models.CharField(max_length=12, choices=StatusGroup.choices)
    count = models.BigIntegerField()
    across = models.BigIntegerField(help_text="Sum of the columns of world cells.")
    down = models.BigIntegerField(help_text="Sum of the rows of world cells.")
    reports = models.BigIntegerField(help_text="Sum of the ids of the reports.")

    class Meta:
        indexes = [
            models.Index(
                fields=["zoom"],
                name="tile_week_count_of_nothing",
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
