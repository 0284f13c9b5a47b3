"""Asked: what a category wants to know besides the words, and what answers it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from .models import Category, Question

YES, NO = "yes", "no"
YES_NO = ((YES, gettext_lazy("Yes")), (NO, gettext_lazy("No")))
#: A depth, a count, a number of hours: nothing in a street is larger.
LARGEST = Decimal(1_000_000)
#: Nor is it told closer: a tiny number would be a million noughts, written out.
PLACES = 3


class WrongAnswer(ValueError):
    """An answer does not fit its question; the message says what would."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """One of the answers that a question offers."""

    code: str
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """A question and what the reporter said to it, in the reader's words."""

    question: str
    answer: str


def asked_by_category() -> dict[int, list[Question]]:
    """Return what each category asks today, in the order in which it asks."""
    asked: dict[int, list[Question]] = {}
    for question in Question.objects.filter(is_active=True):
        asked.setdefault(question.category_id, []).append(question)
    return asked


def options_of(question: Question) -> list[Option]:
    """Return the answers on offer; none where it is answered freely."""
    if question.kind == Question.Kind.YES_NO:
        return [Option(code=code, label=str(label)) for code, label in YES_NO]
    return [_option(said) for said in question.choices]


def check_answers(category: Category, answers: Mapping[str, str]) -> dict[str, str]:
    """Return the answers that say something, each fit for its question.

    A key that no question of the category has is kept as it came: apps may tell more
    than we ask.
    """
    said = {code: text for code, each in answers.items() if (text := each.strip())}
    if not said:
        return {}
    known = Question.objects.filter(category=category, code__in=said)
    return said | {each.code: _read(each, said[each.code]) for each in known}


def tell(category_id: int, answers: Mapping[str, object]) -> list[Answered]:
    """Return answers in words, in the order they were asked; the unknown come last."""
    if not answers:
        return []
    known = list(Question.objects.filter(category=category_id, code__in=answers))
    asked = {each.code for each in known}
    told = [
        Answered(question=each.label, answer=_said(each, str(answers[each.code])))
        for each in known
    ]
    return told + [
        Answered(question=code, answer=str(text))
        for code, text in answers.items()
        if code not in asked
    ]


def broken_choices(kind: str, choices: Iterable[str]) -> str:
    """Say what is wrong with how a question's choices are written; nothing if none."""
    for said in choices:
        code, *names = said.split("|")
        if not code or not 1 <= len(names) <= 2 or not all(names):
            return f"{said!r} is not code|name|English, or code|name"
    if (kind == Question.Kind.CHOICE) != bool(list(choices)):
        return "a choice has choices, and nothing else has"
    return ""


def _option(said: str) -> Option:
    code, name, *english = said.split("|")
    label = english[0] if english and get_language() == "en" else name
    return Option(code=code, label=label)


def _read(question: Question, said: str) -> str:
    """Return the answer as it is kept, or say what would answer this question."""
    if question.kind == Question.Kind.NUMBER:
        try:
            number = Decimal(said.replace(",", "."))
        except InvalidOperation:
            number = Decimal("NaN")
        if not number.is_finite() or not 0 <= number <= LARGEST:
            raise WrongAnswer(question.code, _("Give a number, such as 20."))
        return format(round(number, PLACES).normalize(), "f")
    offered = {each.code for each in options_of(question)}
    if offered and said not in offered:
        raise WrongAnswer(question.code, _("Choose one of those on offer."))
    return said


def _said(question: Question, kept: str) -> str:
    """Return an answer in words; one that is no longer on offer as it was kept."""
    labels = {each.code: each.label for each in options_of(question)}
    return labels.get(kept, kept)
