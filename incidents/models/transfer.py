from __future__ import annotations

from typing import TYPE_CHECKING, Self

from django.conf import settings
from django.db import models
from django.db.models import Q

if TYPE_CHECKING:
    from .report import Report


class TransferQuerySet(models.QuerySet["Transfer"]):
    """Questions on how a case went from hand to hand."""

    def hops_of(self, report: Report) -> Self:
        """Keep the times a unit gave a case up, since an arbiter last decided of it.

        What went over to an heir by law is nobody's doing.
        """
        given_up = self.filter(report=report, sender__isnull=False, by__isnull=False)
        last = self.filter(report=report, is_final=True).order_by("-pk")
        settled = last.values_list("pk", flat=True).first()
        return given_up.filter(pk__gt=settled) if settled else given_up


class Transfer(models.Model):
    """A report put into other hands: from whom, to whom, by whom and why.

    An empty `organisation` is the operators' desk: a unit has returned the case.
    """

    report = models.ForeignKey("Report", models.CASCADE, related_name="transfers")
    sender = models.ForeignKey(
        "Organisation",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        help_text="Empty for the operators' desk.",
    )
    organisation = models.ForeignKey(
        "Organisation", models.PROTECT, null=True, blank=True, related_name="+"
    )
    decision = models.ForeignKey(
        "DecisionRecord", models.PROTECT, null=True, blank=True, related_name="+"
    )
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        help_text="Empty when the decision acted by itself.",
    )
    return_reason = models.ForeignKey(
        "ReturnReason",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        help_text="By which of the city's reasons a unit returned it.",
    )
    reason = models.TextField(
        blank=True, help_text="Why not where it was proposed; what shows that."
    )
    corrects = models.ForeignKey(
        "Organisation",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        help_text="The unit that was proposed or had it, where this says otherwise.",
    )
    event = models.OneToOneField(
        "Event",
        models.CASCADE,
        null=True,
        blank=True,
        related_name="transfer",
        help_text="What was written down of it; its photos are the evidence.",
    )
    is_final = models.BooleanField(
        default=False,
        db_default=False,
        help_text="The arbiter decided so; no unit undoes it.",
    )
    at = models.DateTimeField()

    objects = TransferQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="transfer_back_to_the_desk_says_why",
                condition=Q(organisation__isnull=False) | ~Q(reason=""),
            ),
            models.CheckConstraint(
                name="transfer_back_by_a_person_has_a_reason_of_the_city",
                condition=Q(organisation__isnull=False)
                | Q(by__isnull=True)
                | Q(return_reason__isnull=False),
            ),
        ]
        indexes = [
            models.Index(
                name="transfer_that_corrects",
                fields=["corrects", "organisation"],
                condition=Q(corrects__isnull=False),
            ),
            models.Index(name="transfer_by_its_day", fields=["at"]),
            models.Index(
                name="transfer_back_to_the_desk",
                fields=["at"],
                condition=Q(organisation__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.report_id} to {self.organisation or 'the desk'}"
