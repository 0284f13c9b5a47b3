"""What became of a case after somebody had read it: who did which step, and when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from incidents.models import Event, Report

from .steps import STEPS

#: So many steps are told at most, the latest ones.
TOLD_AT_MOST = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One step that was taken meanwhile."""

    at: datetime
    code: str
    label: str
    by: str  #: Who of the staff; empty for the reporter and what happens by itself.
    fields: tuple[str, ...]  #: What it set on the case.

    @property
    def said(self) -> str:
        """Say it in one line."""
        moment = date_format(localtime(self.at), "H:i d/m")
        return f"{moment}: {self.label}" + (f" ({self.by})" if self.by else "")


def changes_after(report: Report, version: int) -> list[Change]:
    """Return the steps taken since the version somebody read, the oldest first."""
    many = min(report.version - version, TOLD_AT_MOST)
    if version < 1 or many < 1:
        return []
    taken = Event.objects.filter(report=report, code__in=SET).select_related("by")
    latest = list(taken.order_by("-sequence")[:many])
    return [
        Change(
            at=event.at,
            code=event.code,
            label=event.label,
            by=event.by.label if event.by else "",
            fields=SET[Event.Code(event.code)],
        )
        for event in reversed(latest)
    ]


def said_of(changes: list[Change]) -> str:
    """Say that a case changed meanwhile, and what was done to it last."""
    said = _("Someone else changed this case in the meantime. Look at it again.")
    return f"{said} {changes[-1].said}." if changes else said


def _set_by_steps() -> dict[Event.Code, tuple[str, ...]]:
    """Tell what the steps behind each kind of event set, from the table of steps."""
    found: dict[Event.Code, set[str]] = {}
    for step in STEPS.values():
        fields = found.setdefault(step.event, set())
        fields |= set(step.needs) - {"text"}
        if step.target is not None:
            fields.add("status")
    return {code: tuple(sorted(fields)) for code, fields in found.items()}


SET = _set_by_steps()
