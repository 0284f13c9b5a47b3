from __future__ import annotations

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateRangeField, RangeOperators
from django.db import models
from django.db.models import Func, Q, Value
from django.db.models.functions import Cast, Coalesce, NullIf
from django.db.models.lookups import Exact
from django.utils.translation import gettext_lazy as _

from gis_data.models import Place

from .category import Category


class Responsibility(models.Model):
    """Between two days, by law, this organisation answers for this, here.

    It is tied to exactly one thing: a place, a territory that follows no level, or
    assets of a kind: all, those of one class, or one by its number, which stays its
    own however often it is surveyed anew.
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
    asset_kind = models.CharField(max_length=16, blank=True, help_text="road, canal…")
    asset_class = models.CharField(
        max_length=32, blank=True, help_text="Of that kind; empty for every class."
    )
    asset_code = models.CharField(
        max_length=64, blank=True, help_text="One asset, by its keeper's number."
    )
    within_m = models.PositiveSmallIntegerField(
        null=True, blank=True, help_text="How near an asset must be, in metres."
    )
    conditions = models.JSONField(
        default=dict,
        blank=True,
        help_text="When it applies: alley, spans, road, junction.",
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
                condition=Exact(
                    Func(
                        "place",
                        "territory",
                        NullIf("asset_kind", Value("")),
                        function="num_nonnulls",
                        output_field=models.IntegerField(),
                    ),
                    1,
                ),
            ),
            models.CheckConstraint(
                name="only_an_asset_is_near_or_far",
                condition=Q(within_m__isnull=True)
                | Q(
                    within_m__range=(1, 30), place__isnull=True, territory__isnull=True
                ),
            ),
            models.CheckConstraint(
                name="a_class_or_code_is_of_a_kind",
                condition=Q(asset_class="", asset_code="") | ~Q(asset_kind=""),
            ),
            ExclusionConstraint(
                name="responsibility_is_said_once_a_day",
                expressions=[
                    ("category", RangeOperators.EQUAL),
                    (Coalesce("place", "territory", Value(0)), RangeOperators.EQUAL),
                    ("asset_kind", RangeOperators.EQUAL),
                    ("asset_class", RangeOperators.EQUAL),
                    ("asset_code", RangeOperators.EQUAL),
                    (Cast("conditions", models.TextField()), RangeOperators.EQUAL),
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
