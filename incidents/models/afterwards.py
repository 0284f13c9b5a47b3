from __future__ import annotations

from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import OuterRef, Q, Subquery
from django.db.models.functions import Coalesce, Least
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from .attachment import new_public_id
from .rating import Rating


class AskedFollower(models.Model):
    """A follower who was asked whether it is really done, once a result."""

    class Answer(models.TextChoices):
        YES = "yes", _("Yes, it is done")
        NO = "no", _("No, not yet")
        CANNOT_TELL = "cannot_tell", _("I cannot tell")

    following = models.ForeignKey("Following", models.CASCADE, related_name="asked")
    round = models.PositiveSmallIntegerField(help_text="Of the result it is about.")
    token = models.CharField(
        max_length=22,
        unique=True,
        editable=False,
        default=new_public_id,
        help_text="Leads who was asked, and nobody else, to the question.",
    )
    asked_at = models.DateTimeField()
    answer = models.CharField(max_length=11, choices=Answer.choices, blank=True)
    answered_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="follower_is_asked_once_a_result", fields=["following", "round"]
            ),
            models.CheckConstraint(
                name="follower_s_answer_came_at_a_moment",
                condition=Q(answer="", answered_at__isnull=True)
                | (~Q(answer="") & Q(answered_at__isnull=False)),
            ),
        ]

    def __str__(self) -> str:
        return f"Asked of following {self.following_id}, round {self.round}"

    def get_absolute_url(self) -> str:
        """Where the question is answered by one press."""
        return settings.SITE_URL + reverse("mapui:is-it-done", args=[self.token])


def said_of_it() -> dict[str, Coalesce]:
    """Return what counts the answers of followers, for rows of a case and a round."""
    said = AskedFollower.objects.filter(
        following__report=OuterRef("report"), round=OuterRef("round")
    )
    return {
        name: Coalesce(
            Subquery(
                said.filter(answer=answer)
                .values("following__report")
                .annotate(n=models.Count("pk"))
                .values("n")
            ),
            0,
        )
        for name, answer in (
            ("said_yes", "yes"),
            ("said_no", "no"),
            ("could_not_tell", "cannot_tell"),
        )
    }


class ConcernQuerySet(models.QuerySet["Concern"]):
    """What gives reason to look at cases that have ended."""

    def with_what_was_said(self) -> Self:
        """Bring along the rating, and what followers answered, in one statement.

        Of all who rated what they share, it is the worst that gives reason.
        """
        shared = Q(report=OuterRef("report")) | Q(report__master=OuterRef("report"))
        rated = Rating.objects.filter(shared, round=OuterRef("round"))
        rated = rated.order_by(Least("reception", "handling", "feedback"), "pk")
        scores = {
            name: Subquery(rated.values(name)[:1])
            for name in ("reception", "handling", "feedback", "comment")
        }
        return self.annotate(**scores, **said_of_it())


class Concern(models.Model):
    """What gives who leads a unit reason to look at a case that has ended.

    A bad rating, or followers who say that it is not done, where the case was not
    reopened: nobody else would hear of it.
    """

    class Kind(models.TextChoices):
        RATING = "rating", _("Rated badly")
        FOLLOWERS = "followers", _("Not done, followers say")

    report = models.ForeignKey("Report", models.CASCADE, related_name="concerns")
    round = models.SmallIntegerField(help_text="As of its rating.")
    kind = models.CharField(max_length=9, choices=Kind.choices)
    organisation = models.ForeignKey(
        "Organisation",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        help_text="Whose leader is asked; without one the operators'.",
    )
    raised_at = models.DateTimeField()
    answer = models.TextField(blank=True, help_text="What was done about it.")
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
    )
    answered_at = models.DateTimeField(null=True, blank=True)

    objects = ConcernQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="concern_is_raised_once_a_result",
                fields=["report", "round", "kind"],
            ),
            models.CheckConstraint(
                name="concern_is_answered_by_somebody_with_what_was_done",
                condition=Q(
                    answer="", answered_by__isnull=True, answered_at__isnull=True
                )
                | (
                    ~Q(answer="")
                    & Q(answered_by__isnull=False, answered_at__isnull=False)
                ),
            ),
        ]
        indexes = [
            models.Index(
                fields=["organisation", "raised_at"],
                name="concern_awaiting_an_answer",
                condition=Q(answered_at__isnull=True),
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} about report {self.report_id}, round {self.round}"
