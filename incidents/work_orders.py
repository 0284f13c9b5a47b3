"""Work orders: what one visit of a crew could settle, given to it case by case.

Nothing is decided for many at once: each case goes by its own step, or stays with the
reason why it could not go.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from .crews import make_link
from .errors import IncidentError, Missing
from .models import Organisation, Report
from .permissions import Actor
from .sharing import share


@dataclass(frozen=True, slots=True, kw_only=True)
class HandedOver:
    """What became of each case of a work order: the secret of its link, or why not."""

    done: list[tuple[Report, str]] = field(default_factory=list)
    refused: list[tuple[Report, str]] = field(default_factory=list)


@transaction.atomic
def give_to_crew(
    reports: Iterable[Report],
    *,
    crew: str,
    job: str,
    hours: int,
    by: Actor,
    at: datetime,
) -> HandedOver:
    """Make a link to each case for one crew; its secret is returned this once."""
    if not crew.strip():
        raise Missing(_("Say which crew it is for."), field="crew")

    def link(report: Report) -> str:
        words = job.strip() or report.public_title or report.category.label
        _made, token = make_link(
            report, crew=crew, job=words, hours=hours, photos=[], by=by, at=at
        )
        return token

    return _each(reports, link)


@transaction.atomic
def give_to_part(
    reports: Iterable[Report], *, to: Organisation | None, by: Actor, at: datetime
) -> HandedOver:
    """Share each case that was found true with a part of the unit, or a contractor."""
    if to is None:
        raise Missing(_("Choose one of the parts of your unit."), field="part")

    def pass_on(report: Report) -> str:
        share(report, to=to, by=by, at=at, version=report.version)
        return ""

    return _each(reports, pass_on)


def _each(reports: Iterable[Report], step: Callable[[Report], str]) -> HandedOver:
    """Take a step on each, held in one order for everybody."""
    made = HandedOver()
    for report in sorted(reports, key=lambda each: each.pk):
        try:
            with transaction.atomic():
                token = step(report)
        except IncidentError as error:
            made.refused.append((report, str(error)))
        else:
            made.done.append((report, token))
    return made
