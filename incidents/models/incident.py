from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Self

from django.conf import settings
from django.contrib.gis.db import models
from django.contrib.gis.geos import GEOSGeometry
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from .category import Category
from .status import ENDED

if TYPE_CHECKING:
    from .report import Report


class IncidentQuerySet(models.QuerySet["Incident"]):
    """The ways incidents are looked for. Each answer chains into the next."""

    def open(self) -> Self:
        """Keep what is still going on, or to come."""
        return self.exclude(head__status__in=ENDED)

    def under_way(self, *, at: datetime) -> Self:
        """Keep what has begun and is not over."""
        return self.open().filter(starts_at__lte=at)

    def public(self) -> Self:
        """Keep what anyone may read of: an operator, or a unit let to, approved it."""
        return self.filter(
            approved_at__isnull=False,
            head__is_public=True,
            head__accepted_at__isnull=False,
        ).exclude(head__status__in=["refused", "withdrawn", "duplicate"])

    def of(self, category: Category) -> Self:
        """Keep what such a report may be part of: of its branch, or of itself."""
        own = Q(head__category=category) | Q(head__category__branch=category)
        if category.branch_id:
            own |= Q(head__category=category.branch_id)
            own |= Q(head__category__branch=category.branch_id)
        return self.filter(own)

    def over(self, point: GEOSGeometry | None) -> Self:
        """Keep what goes on where this point lies; nothing where there is none."""
        return self.filter(area__intersects=point) if point else self.none()

    def with_what_is_shown(self) -> Self:
        """Bring along what a list tells of each, in the same statement."""
        return self.select_related("head__category", "head__organisation")


class Incident(models.Model):
    """One matter that many are met by: a flood, an outage, a street dug up.

    It is worked on as a case of its own, its `head`: that has the unit, the clock, the
    history, who follows it, and the result, which answers every report in it at once.
    """

    class Kind(models.TextChoices):
        GROUPED = "grouped", _("Reports of one matter")
        PLANNED = "planned", _("Planned work or outage")

    head = models.OneToOneField("Report", models.CASCADE, related_name="headed")
    kind = models.CharField(max_length=8, choices=Kind.choices)
    title = models.CharField(max_length=200)
    title_en = models.CharField(max_length=200, blank=True)
    text = models.TextField(blank=True, help_text="What anyone reads of it.")
    text_en = models.TextField(blank=True)
    where = models.CharField(max_length=300, blank=True, help_text="Wards or streets.")
    area = models.MultiPolygonField(srid=4326, null=True, blank=True)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField(null=True, blank=True, help_text="As expected now.")
    opened_at = models.DateTimeField()
    opened_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+"
    )
    approved_at = models.DateTimeField(null=True, blank=True)
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
    )
    closed_at = models.DateTimeField(null=True, blank=True)

    objects = IncidentQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="incident_is_called_something", condition=~Q(title="")
            ),
            models.CheckConstraint(
                name="incident_ends_after_it_starts",
                condition=Q(ends_at__isnull=True) | Q(ends_at__gt=F("starts_at")),
            ),
            models.CheckConstraint(
                name="planned_incident_says_where_and_until_when",
                condition=~Q(kind="planned")
                | Q(area__isnull=False, ends_at__isnull=False),
            ),
        ]
        indexes = [
            models.Index(
                fields=["starts_at"],
                name="incident_not_closed_yet",
                condition=Q(closed_at__isnull=True),
            )
        ]

    def __str__(self) -> str:
        return self.label

    @property
    def label(self) -> str:
        """What it is called, in the reader's language."""
        return self.title_en if self.title_en and get_language() == "en" else self.title

    @property
    def words(self) -> str:
        """What anyone reads of it, in the reader's language."""
        return self.text_en if self.text_en and get_language() == "en" else self.text

    @property
    def is_over(self) -> bool:
        return self.head.status in ENDED

    @property
    def unit_id(self) -> int | None:
        report: Report = self.head
        return report.organisation_id

    def get_public_url(self) -> str:
        """Where anyone reads of it."""
        return settings.SITE_URL + reverse("mapui:incident", args=[self.head.public_id])
