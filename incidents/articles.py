"""Known: what is answered to questions, kept with its source, found while one types."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import date, datetime
from itertools import pairwise
from unicodedata import normalize

from django.contrib.postgres.search import (
    SearchQuery,
    SearchRank,
    TrigramWordSimilarity,
)
from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.db import transaction
from django.db.backends.postgresql.psycopg_any import DateRange
from django.db.models import Case, F, FloatField, Q, QuerySet, Value, When
from django.utils.text import slugify
from django.utils.translation import gettext as _

from gis_data.addresses.spelling import fold

from .errors import ChangedMeanwhile, Missing, NotAllowed
from .models import Article, ArticleVersion, Category
from .permissions import Actor

#: So much of what is typed last is looked for: what was said before is told already.
LAST_WORDS = 30
#: So many letters at the end are looked for by their likeness.
LAST_LETTERS = 40
#: With fewer letters nothing is looked for.
FEWEST_LETTERS = 3
WORD = re.compile(r"[a-z0-9]+")
State = Article.State


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What an article is to say, as somebody typed it or the city's folder has it."""

    question: str
    answer: str
    source: str
    language: str
    words: str = ""
    source_url: str = ""
    category: Category | None = None
    starts_on: date | None = None
    ends_on: date | None = None  #: The last day it holds.
    state: str = State.PUBLISHED.value


def answers_to(text: str, *, language: str, on: date) -> QuerySet[Article]:
    """Find what answers a question that is still being typed, the likeliest first.

    Words that stand side by side in both questions tell most, as one syllable is seldom
    a whole word of Vietnamese; likeness of letters forgives a slip. What an answer says
    only ranks. Diacritics do not matter.
    """
    words = WORD.findall(fold(text))[-LAST_WORDS:]
    typed = " ".join(words)
    told = Article.objects.told(on=on)
    if len(typed) < FEWEST_LETTERS:
        return told.none()
    pairs = _pairs(words) or list(words)
    marks = ["A"] * (len(pairs) - 1) + ["*A"]  # The last one may not be whole yet.
    asked = _query([f"{each}:{mark}" for each, mark in zip(pairs, marks, strict=True)])
    likeness = TrigramWordSimilarity(typed[-LAST_LETTERS:], "asked_as")
    spoken = Case(
        When(language=language, then=0.05), default=0.0, output_field=FloatField()
    )
    rank = SearchRank(F("terms"), _query([*words, *pairs]), normalization=Value(1))
    alike = Q(asked_as__trigram_word_similar=typed[-LAST_LETTERS:])
    found = told.filter(Q(terms=asked) | alike)
    return found.annotate(score=rank + likeness + spoken).order_by("-score", "pk")


@transaction.atomic
def keep_article(
    said: Said,
    *,
    by: Actor,
    at: datetime,
    changing: Article | None = None,
    version: int | None = None,
) -> Article:
    """Keep a new article, or another version of one there is; none is ever lost."""
    _keepers_only(by)
    _check(said)
    if changing is None:
        article = Article(code=_free_code(said.question), version=0)
    else:
        article = Article.objects.select_for_update().get(pk=changing.pk)
        if version is not None and version != article.version:
            raise ChangedMeanwhile
    return _write(article, said, at=at, by=by)


@transaction.atomic
def keep_from_file(known: Iterable[tuple[str, Said]], *, at: datetime) -> list[str]:
    """Bring articles of the city's folder up to date; return what became of each.

    What somebody changed by hand since stays as they left it.
    """
    held = {each.code: each for each in Article.objects.select_for_update()}
    versions = ArticleVersion.objects.order_by("number")
    last = dict(versions.values_list("article__code", "said"))
    by_hand = set(
        versions.filter(by__isnull=False).values_list("article__code", flat=True)
    )
    done = []
    for code, said in known:
        article = held.get(code)
        if article is None:
            _write(Article(code=code, version=0), said, at=at)
            done.append("created")
        elif code in by_hand or last[code] == _as_kept(said):
            done.append("kept")
        else:
            _write(article, said, at=at)
            done.append("changed")
    return done


def may_keep(by: Actor) -> bool:
    """Tell whether this person writes what callers are answered."""
    return by.leads_shift or by.keeps_map


def _write(
    article: Article, said: Said, *, at: datetime, by: Actor | None = None
) -> Article:
    article.question, article.answer = _tidy(said.question), _tidy(said.answer)
    article.words, article.language = _tidy(said.words), said.language
    article.source, article.source_url = _tidy(said.source), said.source_url.strip()
    article.category, article.state = said.category, said.state
    article.validity = _days(said)
    article.version += 1
    question = WORD.findall(fold(f"{article.question} {article.words}"))
    article.asked_as = " ".join(question)
    article.question_terms = " ".join(_terms(question))
    article.answer_terms = " ".join(_terms(WORD.findall(fold(article.answer))))
    article.save()
    ArticleVersion.objects.create(
        article=article,
        number=article.version,
        at=at,
        by=by.user if by else None,
        said=_as_kept(said),
    )
    return article


def _as_kept(said: Said) -> dict[str, str]:
    """Return what was said as a version keeps it."""
    return asdict(said) | {
        "category": said.category.code if said.category else "",
        "starts_on": said.starts_on.isoformat() if said.starts_on else "",
        "ends_on": said.ends_on.isoformat() if said.ends_on else "",
    }


def _check(said: Said) -> None:
    needed = {"question": said.question, "answer": said.answer}
    if said.state == State.PUBLISHED:
        needed["source"] = said.source
    for field, value in needed.items():
        if not value.strip():
            raise Missing(_("This is needed here."), field=field)
    if said.state not in State.values:
        raise Missing(_("Choose one of the states."), field="state")
    if said.source_url.strip():
        try:
            URLValidator(schemes=["http", "https"])(said.source_url.strip())
        except ValidationError as error:
            wrong = _("This is no address of a page. It begins with https://.")
            raise Missing(wrong, field="source_url") from error
    if said.starts_on and said.ends_on and said.ends_on < said.starts_on:
        raise Missing(_("It cannot end before it begins."), field="ends_on")


def _terms(words: list[str]) -> list[str]:
    """Return the words, and every two that stand side by side as one."""
    return [*words, *_pairs(words)]


def _pairs(words: list[str]) -> list[str]:
    return ["".join(pair) for pair in pairwise(words)]


def _query(terms: list[str]) -> SearchQuery:
    return SearchQuery(" | ".join(terms), config="simple", search_type="raw")


def _days(said: Said) -> DateRange:
    ends = said.ends_on.toordinal() + 1 if said.ends_on else None
    return DateRange(said.starts_on, date.fromordinal(ends) if ends else None)


def _free_code(question: str) -> str:
    """Make a code of the question that no other article has."""
    base = slugify(fold(question))[:50].strip("-") or "article"
    taken = set(
        Article.objects.filter(code__startswith=base).values_list("code", flat=True)
    )
    if base not in taken:
        return base
    turn = next(
        turn for turn in range(2, len(taken) + 3) if f"{base}-{turn}" not in taken
    )
    return f"{base}-{turn}"


def _tidy(text: str) -> str:
    return normalize("NFC", text.replace("\r\n", "\n")).strip()


def _keepers_only(by: Actor) -> None:
    if not may_keep(by):
        raise NotAllowed
