"""What the city answers to questions that are often asked: its articles, as a file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path

from django.utils import timezone

from incidents.articles import Said, keep_from_file
from incidents.models import Category

from .keeping import Count
from .reading import Line, read_tables

COLUMNS = (
    "language",
    "question",
    "words",
    "answer",
    "source",
    "source_url",
    "category",
    "valid_from",
    "valid_to",
)


def load_articles(path: Path, categories: Mapping[str, Category]) -> Count:
    """Load the articles; what somebody changed on the site since stays as it is."""
    done = Counter(keep_from_file(_articles(path, categories), at=timezone.now()))
    return Count(created=done["created"], changed=done["changed"], kept=done["kept"])


def _articles(
    path: Path, categories: Mapping[str, Category]
) -> Iterator[tuple[str, Said]]:
    for code, line in read_tables(path, COLUMNS).items():
        yield code, _said(line, categories)


def _said(line: Line, categories: Mapping[str, Category]) -> Said:
    return Said(
        question=line.needed("question"),
        answer=line.needed("answer"),
        source=line.needed("source"),
        language=line.needed("language"),
        words=line.text("words"),
        source_url=line.text("source_url"),
        category=line.known("category", categories) if line.text("category") else None,
        starts_on=line.day("valid_from") if line.text("valid_from") else None,
        ends_on=line.day("valid_to") if line.text("valid_to") else None,
    )
