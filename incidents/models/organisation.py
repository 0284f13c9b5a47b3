from __future__ import annotations

from datetime import date
from typing import Self

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateRangeField, RangeOperators
from django.db import models
from django.db.models import Q
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from gis_data.models import Place


class OrganisationQuerySet(models.QuerySet["Organisation"]):
    """Who there was, on which day."""

    def in_being(self, *, on: date) -> Self:
        return self.filter(validity__contains=on)


class Organisation(models.Model):
    """Who answers for things: a department, a ward committee, a company."""

    class Type(models.TextChoices):
        DEPARTMENT = "department", _("Department")
        DISTRICT = "district", _("District committee")
        WARD = "ward", _("Ward committee")
        MANAGER = "manager", _("Infrastructure manager")
        OWNER = "owner", _("Infrastructure owner")
        CONTRACTOR = "contractor", _("Maintenance contractor")
        OPERATOR = "operator", _("Portal operator")
        CITY = "city", _("City committee")

    code = models.SlugField(max_length=64, unique=True)
    name = models.CharField(max_length=200, db_collation="vi-x-icu")
    name_en = models.CharField(max_length=200, blank=True)
    type = models.CharField(max_length=12, choices=Type.choices)
    parent = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="children"
    )
    place = models.ForeignKey(
        Place,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        help_text="The place it is the committee of.",
    )
    phone = models.CharField(
        max_length=32, blank=True, help_text="Shown to the public."
    )
    publishes_itself = models.BooleanField(
        default=False, help_text="Its results are published without the operator."
    )
    leader_approves = models.BooleanField(
        default=False,
        help_text="Its own leader approves a result before it goes further.",
    )
    announces_itself = models.BooleanField(
        default=False,
        help_text="What it says of planned work is public without the operator.",
    )
    validity = DateRangeField(help_text="First day of its being, first day no longer.")

    objects = OrganisationQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="organisation_is_not_its_own_parent",
                condition=~Q(parent=models.F("pk")) | Q(parent__isnull=True),
            )
        ]

    def __str__(self) -> str:
        return self.label

    @property
    def label(self) -> str:
        """The name in the reader's language."""
        english = self.name_en and get_language() == "en"
        return self.name_en if english else self.name


class OrganisationSuccession(models.Model):
    """From a day on, one organisation carries on the work of another."""

    predecessor = models.ForeignKey(
        Organisation, models.PROTECT, related_name="successions"
    )
    successor = models.ForeignKey(Organisation, models.PROTECT, related_name="origins")
    on = models.DateField(help_text="First day the successor answers.")
    legal_basis = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="organisation_succeeds_another_once",
                fields=["predecessor", "successor"],
            )
        ]

    def __str__(self) -> str:
        return f"{self.predecessor} → {self.successor}"


class Contract(models.Model):
    """Between two days, a contractor works for an owner as if it were a part of it."""

    owner = models.ForeignKey(Organisation, models.PROTECT, related_name="contracts")
    contractor = models.ForeignKey(
        Organisation, models.PROTECT, related_name="contracts_held"
    )
    scope = models.CharField(max_length=300)
    validity = DateRangeField(help_text="First day in force, first day no longer.")
    is_confirmed = models.BooleanField(default=True)

    class Meta:
        constraints = [
            ExclusionConstraint(
                name="contract_is_said_once_a_day",
                expressions=[
                    ("owner", RangeOperators.EQUAL),
                    ("contractor", RangeOperators.EQUAL),
                    ("scope", RangeOperators.EQUAL),
                    ("validity", RangeOperators.OVERLAPS),
                ],
            )
        ]

    def __str__(self) -> str:
        return f"{self.contractor} for {self.owner}: {self.scope}"
