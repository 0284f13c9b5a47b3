"""The access log: who opened a contact or took data out, when, of which case and why.

Both tables only grow (a trigger of the database says so); nobody edits the log.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db import transaction
from django.db.models import F, Q, QuerySet, Value
from django.db.models.functions import Coalesce
from django.utils.formats import number_format
from django.utils.timezone import make_aware
from django.utils.translation import gettext as _

from .errors import Missing, NotAllowed
from .models import AccessRecord, CaseExport, ContactReading, Report
from .permissions import Actor

Kind = AccessRecord.Kind
#: Rows of either table, under the same names.
Rows = QuerySet[Any, Any]
#: The kind that stands in no table, for each row of another is one.
OPENED = "contact"
#: By whom notices are sent: it opens a contact for each.
WORKER = "worker"
#: So many lines leave in one file.
LINES_AT_MOST = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Which part of the log somebody looks at; both days are counted in."""

    first: date
    last: date
    kind: str = ""
    who: str = ""
    case: str = ""
    with_worker: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One thing done with personal data."""

    at: datetime
    who: str
    kind: str
    case: str  #: The public id; empty where it is about many cases, or none.
    reason: str
    count: int

    @property
    def label(self) -> str:
        """What was done, in the reader's language."""
        return (
            _("Contact opened") if self.kind == OPENED else str(Kind(self.kind).label)
        )


def log(
    kind: AccessRecord.Kind,
    *,
    by: Actor | None,
    at: datetime,
    reason: str = "",
    export: CaseExport | None = None,
    report: Report | None = None,
    count: int = 1,
) -> AccessRecord:
    """Write down that personal data were asked for, let out or taken out."""
    return AccessRecord.objects.create(
        kind=kind,
        by=by.user if by else None,
        at=at,
        reason=reason[:300],
        export=export,
        report=report,
        count=count,
    )


def access_log(asked: Asked, *, by: Actor) -> Rows:
    """Return what the log holds of what is asked for, the latest first, as one list."""
    if not by.reads_access_log:
        raise NotAllowed
    opened, others = _opened(asked), _others(asked)
    if asked.kind:
        found = opened if asked.kind == OPENED else others
        return found.order_by("-moment")
    return opened.union(others, all=True).order_by("-moment")


def lines(rows: Rows | list[dict[str, Any]]) -> Iterator[Line]:
    """Read rows of the log as lines."""
    for row in rows:
        yield Line(
            at=row["moment"],
            who=row["who"],
            kind=row["what"],
            case=row["case"],
            reason=row["why"],
            count=row["many"],
        )


@transaction.atomic
def take_log(asked: Asked, *, by: Actor, at: datetime) -> list[Line]:
    """Return the log to be kept as a file; that it was taken is itself in the log."""
    found = list(lines(access_log(asked, by=by)[: LINES_AT_MOST + 1]))
    if len(found) > LINES_AT_MOST:
        said = _(
            "These are more than the %(most)s lines that a file holds. "
            "Ask for fewer days, one kind or one user, and take several files."
        )
        most = number_format(LINES_AT_MOST, force_grouping=True)
        raise Missing(said % {"most": most}, field="to")
    log(
        Kind.LOG_TAKEN,
        by=by,
        at=at,
        reason=f"{asked.first}/{asked.last}",
        count=len(found),
    )
    return found


def _opened(asked: Asked) -> Rows:
    """Return the contacts that were opened; in each row the same names as below."""
    rows = ContactReading.objects.filter(at__gte=_from(asked), at__lt=_until(asked))
    if not asked.with_worker:
        rows = rows.exclude(reader=WORKER)
    if asked.who:
        rows = rows.filter(reader=asked.who)
    if asked.case:
        of_case = Q(contact__report__public_id=asked.case)
        rows = rows.filter(
            of_case | Q(contact__following__report__public_id=asked.case)
        )
    case = Coalesce(
        "contact__report__public_id",
        "contact__following__report__public_id",
        Value(""),
    )
    return rows.order_by().values(
        moment=F("at"),
        who=F("reader"),
        what=Value(OPENED),
        case=case,
        why=F("reason"),
        many=Value(1),
    )


def _others(asked: Asked) -> Rows:
    rows = AccessRecord.objects.filter(at__gte=_from(asked), at__lt=_until(asked))
    if asked.kind:
        rows = rows.filter(kind=asked.kind)
    if asked.who:
        rows = rows.filter(by__username=asked.who)
    if asked.case:
        rows = rows.filter(report__public_id=asked.case)
    return rows.order_by().values(
        moment=F("at"),
        who=Coalesce("by__username", Value(WORKER)),
        what=F("kind"),
        case=Coalesce("report__public_id", Value("")),
        why=F("reason"),
        many=F("count"),
    )


def _from(asked: Asked) -> datetime:
    return make_aware(datetime.combine(asked.first, time.min))


def _until(asked: Asked) -> datetime:
    return make_aware(datetime.combine(asked.last + timedelta(days=1), time.min))
