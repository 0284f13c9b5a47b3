from __future__ import annotations

from datetime import date
from typing import Self

from django.conf import settings
from django.contrib.postgres.fields import DateRangeField
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.contrib.postgres.search import SearchVector, SearchVectorField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class ArticleQuerySet(models.QuerySet["Article"]):
    """Which answers there are. Each answer chains into the next."""

    def told(self, *, on: date) -> Self:
        """Keep what may be told to a caller on that day."""
        return self.filter(state=Article.State.PUBLISHED, validity__contains=on)


class Article(models.Model):
    """What is answered to a question that is often asked, and by what authority."""

    class State(models.TextChoices):
        DRAFT = "draft", _("Draft")
        PUBLISHED = "published", _("In use")
        RETIRED = "retired", _("Used no more")

    code = models.SlugField(max_length=60, unique=True)
    language = models.CharField(max_length=8)
    question = models.CharField(max_length=300)
    words = models.CharField(
        max_length=300, blank=True, help_text="Other words that people ask it by."
    )
    answer = models.TextField()
    source = models.CharField(
        max_length=300, blank=True, help_text="The law and its article, or whose page."
    )
    source_url = models.URLField(max_length=500, blank=True)
    category = models.ForeignKey(
        "Category", models.PROTECT, null=True, blank=True, related_name="+"
    )
    validity = DateRangeField(help_text="First day it holds, first day no longer.")
    state = models.CharField(
        max_length=10, choices=State.choices, default=State.PUBLISHED
    )
    version = models.PositiveIntegerField(default=1)
    asked_as = models.TextField(
        editable=False, help_text="The question as one types it without diacritics."
    )
    question_terms = models.TextField(
        editable=False, help_text="Its words, and every two that stand side by side."
    )
    answer_terms = models.TextField(editable=False)
    terms = models.GeneratedField(
        expression=SearchVector("question_terms", weight="A", config="simple")
        + SearchVector("answer_terms", weight="D", config="simple"),
        output_field=SearchVectorField(),
        db_persist=True,
    )

    objects = ArticleQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="article_in_use_names_its_source",
                condition=~Q(state="published") | ~Q(source=""),
            ),
            models.CheckConstraint(
                name="article_answers_a_question",
                condition=~Q(question="") & ~Q(answer=""),
            ),
        ]
        indexes = [
            GinIndex("terms", name="article_by_its_words"),
            GinIndex(
                OpClass("asked_as", name="gin_trgm_ops"), name="article_by_likeness"
            ),
        ]

    def __str__(self) -> str:
        return self.question


class ArticleVersion(models.Model):
    """An article as somebody left it; these are only added to."""

    article = models.ForeignKey(Article, models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    at = models.DateTimeField()
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        help_text="Empty for what the city's folder brought.",
    )
    said = models.JSONField(help_text="What it said, field by field.")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="article_has_each_version_once", fields=["article", "number"]
            )
        ]

    def __str__(self) -> str:
        return f"{self.article_id}, version {self.number}"
