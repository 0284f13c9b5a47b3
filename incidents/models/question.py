from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from .category import Category


class Question(models.Model):
    """One thing a category asks of its reporter. Retired, never deleted."""

    class Kind(models.TextChoices):
        YES_NO = "yes_no", _("Yes or no")
        CHOICE = "choice", _("One of several")
        NUMBER = "number", _("A number")
        TEXT = "text", _("Words")

    category = models.ForeignKey(Category, models.PROTECT, related_name="questions")
    code = models.SlugField(max_length=40)
    text = models.CharField(max_length=200)
    text_en = models.CharField(max_length=200, blank=True)
    kind = models.CharField(max_length=8, choices=Kind.choices)
    choices = ArrayField(
        models.CharField(max_length=100),
        default=list,
        blank=True,
        help_text="Of a choice, each as “code|tiếng Việt|English”.",
    )
    position = models.PositiveSmallIntegerField(default=0)
    is_active = models.BooleanField(default=True)

    class Meta:
        ordering = ["position", "code"]
        constraints = [
            models.UniqueConstraint(
                name="question_is_asked_once_a_category", fields=["category", "code"]
            ),
            models.CheckConstraint(
                name="only_a_choice_has_choices",
                condition=models.Q(kind="choice") ^ models.Q(choices=[]),
            ),
        ]

    def __str__(self) -> str:
        return self.label

    @property
    def label(self) -> str:
        """The question in the reader's language."""
        english = self.text_en and get_language() == "en"
        return self.text_en if english else self.text
