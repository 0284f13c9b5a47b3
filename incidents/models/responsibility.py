from __future__ import annotations

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateRangeField, RangeOperators
from django.db import models
from django.db.models import Q
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from gis_data.models import Place

from .category import Category


class Responsibility(models.Model):
    """Between two days, by law, this organisation answers for this, here.

    It is tied to exactly one thing: a place, or a territory that follows no level.
    """

    class Role(models.TextChoices):
        LEAD = "lead", _("Lead")
        SUPPORTING = "supporting", _("Supporting")
        INFORMED = "informed", _("Informed")

    category = models.ForeignKey(Category, models.PROTECT, related_name="+")
    place = models.ForeignKey(
        Place, models.PROTECT, null=True, blank=True, related_name="+"
    )
    territory = models.ForeignKey(
        Place, models.PROTECT, null=True, blank=True, related_name="+"
    )
    organisation = models.ForeignKey(
        "Organisation", models.PROTECT, related_name="responsibilities"
    )
    role = models.CharField(max_length=10, choices=Role.choices, default=Role.LEAD)
    precedence = models.SmallIntegerField(help_text="Larger wins; equals contest.")
    validity = DateRangeField(help_text="First day in force, first day no longer.")
    legal_basis = models.CharField(max_length=300)
    is_confirmed = models.BooleanField(
        default=True, help_text="Off for a working assumption nobody has confirmed."
    )
    note = models.CharField(max_length=300, blank=True)

    class Meta:
        verbose_name_plural = "responsibilities"
        constraints = [
            models.CheckConstraint(
                name="responsibility_is_tied_to_one_thing",
                condition=Q(place__isnull=True) ^ Q(territory__isnull=True),
            ),
            ExclusionConstraint(
                name="responsibility_is_said_once_a_day",
                expressions=[
                    ("category", RangeOperators.EQUAL),
                    (Coalesce("place", "territory"), RangeOperators.EQUAL),
                    ("organisation", RangeOperators.EQUAL),
                    ("validity", RangeOperators.OVERLAPS),
                ],
            ),
        ]
        indexes = [
            models.Index(
                Coalesce("place", "territory"),
                "category",
                name="responsibility_by_place",
            )
        ]

    def __str__(self) -> str:
        return f"{self.organisation}: {self.legal_basis}"
