"""Beside a case: the incidents it may be part of, and photos that were seen before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from incidents.looks import seen_before
from incidents.models import Attachment, Incident, Report
from incidents.models.status import ENDED
from incidents.permissions import Actor, visible_to

#: So many incidents are offered to a case at the most.
OFFERED = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Elsewhere:
    """That a photo stands in another case, and which, for who may see that one."""

    case: Report | None
    is_result: bool


def offered_to(report: Report, actor: Actor, *, at: datetime) -> list[Incident]:
    """Return what goes on where an open case lies, for an operator to add it to."""
    is_free = report.incident_id is None and not hasattr(report, "headed")
    if not actor.is_desk or not is_free or report.status in ENDED:
        return []
    if report.kind != Report.Kind.REPORT:
        return []
    going_on = Incident.objects.under_way(at=at).of(report.category)
    found = going_on.over(report.point).with_what_is_shown().defer("area")
    return list(
        found.filter(head__category__is_public=report.category.is_public)[:OFFERED]
    )


def mark_seen_before(attachments: Sequence[Attachment], actor: Actor) -> None:
    """Say of each photo in which other cases it stands: in two statements or none.

    That it does is told to everybody who works on the case; which case it is, only to
    who may see that one.
    """
    found = seen_before(attachments)
    if not found:
        return
    cases = Report.objects.filter(visible_to(actor)).select_related("category")
    known = cases.in_bulk({each.report for each in found})
    for photo in attachments:
        photo.elsewhere = [  # type: ignore[attr-defined]
            Elsewhere(case=known.get(each.report), is_result=each.is_result)
            for each in found
            if each.attachment == photo.pk
        ]
