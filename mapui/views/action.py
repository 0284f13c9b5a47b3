"""One thing that may be done to a case, as its page offers it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from django.utils.functional import Promise

from incidents.models import ReplyTemplate, Report

from .asking import Asked

#: A step that somebody takes on a case as it was seen: `by`, `at`, `version`, and what
#: the form of the step asks for.
Verb = Callable[..., Report]


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """One thing that may be done to a case, as the page offers it."""

    name: str
    label: str | Promise
    verb: Verb
    done: str | Promise  #: What is said after it, with what comes next.
    form: type[Asked] = Asked
    step: str = ""  #: The step of the workflow it takes, where it is named otherwise.
    words: ReplyTemplate.Purpose | None = None  #: What ready words are offered for it.
    hint: str | Promise = ""
    is_press: bool = False  #: A button of its own, not a form that unfolds.
    is_main: bool = False
    key: str = ""  #: The single key that presses or unfolds it.
    is_final: bool = False  #: It ends the case or gives it away.

    @property
    def opens_with(self) -> str:
        """The step that must be open for it to be offered."""
        return self.step or self.name
