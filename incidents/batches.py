"""Many at once: chosen cases go to the units proposed for them, each for itself."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from .errors import IncidentError, Missing
from .handover import accept_and_transfer, transfer
from .models import DecisionRecord, Organisation, Report, Status
from .permissions import Actor


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """What became of each of many: where it went, or why it did not."""

    done: list[tuple[Report, Organisation]] = field(default_factory=list)
    refused: list[tuple[Report, str]] = field(default_factory=list)


@transaction.atomic
def transfer_proposed(
    seen: Iterable[tuple[Report, int]], *, by: Actor, at: datetime
) -> Batch:
    """Accept and transfer each case, as it was seen, to the unit proposed for it.

    One that cannot go keeps none of the others back: it is told, with the reason. They
    are held in one order for everybody, however they stood on the page.
    """
    chosen = sorted(seen, key=lambda each: each[0].pk)
    latest = DecisionRecord.objects.filter(report__in=[each.pk for each, _ in chosen])
    proposed = {
        each.report_id: each.organisation
        for each in latest.select_related("organisation")
        .order_by("report", "-pk")
        .distinct("report")
    }
    batch = Batch()
    for report, version in chosen:
        unit = proposed.get(report.pk)
        try:
            with transaction.atomic():
                gone = _transfer(report, unit, by=by, at=at, version=version)
        except IncidentError as error:
            batch.refused.append((report, str(error)))
        else:
            batch.done.append(gone)
    return batch


def _transfer(
    report: Report,
    unit: Organisation | None,
    *,
    by: Actor,
    at: datetime,
    version: int,
) -> tuple[Report, Organisation]:
    if unit is None:
        said = _("No unit is proposed: open the case and choose one.")
        raise Missing(said, field="organisation")
    verb = transfer if report.status == Status.ACCEPTED else accept_and_transfer
    return verb(report, to=unit, by=by, at=at, version=version), unit
