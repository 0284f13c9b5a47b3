from __future__ import annotations

from datetime import date
from typing import Self

from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateRangeField, RangeOperators
from django.db import models
from django.utils.translation import gettext_lazy as _

from gis_data.models import Place


class MembershipQuerySet(models.QuerySet["Membership"]):
    """Who holds which role, on which day."""

    def in_force(self, *, on: date) -> Self:
        return self.filter(validity__contains=on)


class Membership(models.Model):
    """What a person does for an organisation, between two days."""

    class Role(models.TextChoices):
        OPERATOR = "operator", _("Operator")
        SHIFT_LEAD = "shift_lead", _("Shift lead")
        FOCAL_POINT = "focal_point", _("Focal point")
        FIELD_OFFICER = "field_officer", _("Field officer")
        LEADER = "leader", _("Unit leader")
        CITY_LEADER = "city_leader", _("City leader")
        ADMINISTRATOR = "administrator", _("Administrator")
        AUDITOR = "auditor", _("Auditor")

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="memberships"
    )
    organisation = models.ForeignKey(
        "Organisation", models.PROTECT, related_name="memberships"
    )
    role = models.CharField(max_length=16, choices=Role.choices)
    place = models.ForeignKey(
        Place,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        help_text="Empty for all that the organisation answers for.",
    )
    deputy_for = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="deputies",
        help_text="Whose role it is, where somebody stands in for them.",
    )
    validity = DateRangeField(help_text="First day in force, first day no longer.")

    objects = MembershipQuerySet.as_manager()

    class Meta:
        constraints = [
            ExclusionConstraint(
                name="membership_is_held_once_a_day",
                expressions=[
                    ("user", RangeOperators.EQUAL),
                    ("organisation", RangeOperators.EQUAL),
                    ("role", RangeOperators.EQUAL),
                    ("validity", RangeOperators.OVERLAPS),
                ],
            )
        ]

    def __str__(self) -> str:
        return f"{self.user}: {self.get_role_display()}, {self.organisation}"
