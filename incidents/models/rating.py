from __future__ import annotations

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class Score(models.IntegerChoices):
    """How satisfied a reporter is."""

    VERY_GOOD = 5, _("Very satisfied")
    GOOD = 4, _("Satisfied")
    FAIR = 3, _("Neutral")
    BAD = 2, _("Not satisfied")
    VERY_BAD = 1, _("Very dissatisfied")


def _score() -> models.PositiveSmallIntegerField[int | None, int | None]:
    return models.PositiveSmallIntegerField(
        choices=Score.choices,
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(5)],
    )


def _within(name: str) -> Q:
    return Q(**{f"{name}__isnull": True}) | Q(**{f"{name}__range": (1, 5)})


class Rating(models.Model):
    """What a reporter says of reception, handling and answer, once a result round."""

    report = models.ForeignKey("Report", models.CASCADE, related_name="ratings")
    round = models.PositiveSmallIntegerField(
        help_text="Of the result it is about; 0 for a refusal, rated on reception only."
    )
    reception = _score()
    handling = _score()
    feedback = _score()
    comment = models.TextField(blank=True)
    at = models.DateTimeField()
    updated_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="result_is_rated_once_a_round", fields=["report", "round"]
            ),
            models.CheckConstraint(
                name="rating_has_a_score",
                condition=Q(reception__isnull=False)
                | Q(handling__isnull=False)
                | Q(feedback__isnull=False),
            ),
            models.CheckConstraint(
                name="rating_scores_are_one_to_five",
                condition=_within("reception")
                & _within("handling")
                & _within("feedback"),
            ),
            models.CheckConstraint(
                name="refusal_is_rated_on_reception_only",
                condition=Q(round__gt=0)
                | Q(handling__isnull=True, feedback__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return f"Rating of report {self.report_id}, round {self.round}"
