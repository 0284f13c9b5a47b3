from __future__ import annotations

from django.db import models


class DailyRoot(models.Model):
    """One number that stands for where the histories of a day's cases had come to.

    It is published, so that not even who holds the database can rewrite a history
    later: the cases that moved that day are its leaves, and it is sealed to the day
    before, which stands for all others.
    """

    on = models.DateField(unique=True)
    cases = models.PositiveIntegerField(help_text="How many cases moved that day.")
    root = models.BinaryField(max_length=32)
    seal = models.BinaryField(max_length=32, help_text="Ties it to the days before.")
    last_event = models.BigIntegerField(
        help_text="The newest event under it: where the next day is looked for."
    )
    made_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.on}: {self.hash}"

    @property
    def hash(self) -> str:
        """The root as it is published."""
        return bytes(self.root).hex()


class DailyLeaf(models.Model):
    """How far the history of one case had come at the end of a day on which it moved.

    The case is named as strangers know it, so that a case taken away is missed.
    """

    root = models.ForeignKey(DailyRoot, models.PROTECT, related_name="leaves")
    public_id = models.CharField(max_length=22)
    sequence = models.PositiveIntegerField()
    hash = models.BinaryField(max_length=32)
    is_demo = models.BooleanField(
        help_text="Invented cases may be cleared away, so that one may be missing."
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="case_is_under_a_root_once", fields=["public_id", "root"]
            )
        ]

    def __str__(self) -> str:
        return f"{self.public_id} at {self.sequence}"
