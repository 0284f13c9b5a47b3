from __future__ import annotations

from datetime import date
from typing import Self

from django.contrib.postgres.fields import ArrayField, DateRangeField
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

CODE = r"^[A-Z0-9]+(-[A-Z0-9]+)*(\.[a-z0-9]+(-[a-z0-9]+)*)?$"


class Channel(models.TextChoices):
    """How a report reached us."""

    HOTLINE = "hotline", _("Hotline")
    PORTAL = "portal", _("Portal")
    APP = "app", _("App")
    ZALO = "zalo", _("Zalo")
    EMAIL = "email", _("E-mail")
    SMS = "sms", _("SMS")
    FANPAGE = "fanpage", _("Fanpage")
    INTERNAL = "internal", _("Internal")


class CategoryQuerySet(models.QuerySet["Category"]):
    """Which categories there are. Each answer chains into the next."""

    def in_force(self, *, on: date) -> Self:
        return self.filter(validity__contains=on)

    def within(self, code: str) -> Self:
        """Keep the category of this code and, for a branch, all that is under it."""
        return self.filter(
            Q(code=code) | Q(branch__code=code) | Q(branch__branch__code=code)
        )


class Category(models.Model):
    """What a report is about: a branch, or a leaf of it. Retired, never deleted."""

    class Urgency(models.TextChoices):
        URGENT = "urgent", _("Urgent")
        HIGH = "high", _("High")
        NORMAL = "normal", _("Normal")
        COMPLEX = "complex", _("Complex")

    code = models.CharField(
        max_length=64,
        unique=True,
        validators=[RegexValidator(CODE)],
        help_text="HT-THOATNUOC, or HT-THOATNUOC.mat-nap for a leaf of it.",
    )
    branch = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="leaves"
    )
    name = models.CharField(max_length=200, db_collation="vi-x-icu")
    name_en = models.CharField(max_length=200, blank=True)
    needs_place = models.BooleanField(default=True)
    is_public = models.BooleanField(
        default=True, help_text="May be shown on the map; off where it is sensitive."
    )
    urgency = models.CharField(
        max_length=8, choices=Urgency.choices, default=Urgency.NORMAL
    )
    routes_itself_on = ArrayField(
        models.CharField(max_length=8, choices=Channel.choices),
        default=list,
        blank=True,
        help_text="Channels where a settled, undoubted decision transfers by itself.",
    )
    validity = DateRangeField(help_text="First day in use, first day no longer.")

    objects = CategoryQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "categories"
        constraints = [
            models.CheckConstraint(
                name="category_code_is_branch_dot_leaf", condition=Q(code__regex=CODE)
            ),
            models.CheckConstraint(
                name="category_with_a_dot_has_a_branch",
                condition=~Q(code__contains=".") | Q(branch__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return self.label

    @property
    def label(self) -> str:
        """The name in the reader's language."""
        english = self.name_en and get_language() == "en"
        return self.name_en if english else self.name
