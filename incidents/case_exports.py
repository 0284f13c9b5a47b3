"""Taken out: a list of cases as a file, with who reported them only by two people.

Without contacts it is what one sees in lists, less what is kept apart, and leaves at
once, in any form. With contacts it is asked for with a reason, approved by somebody
else, made by the worker into a private file, taken by who asked alone, and gone after
some hours. Each step is in the log.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import Any

from django.core.files.base import ContentFile
from django.db import transaction
from django.db.models import Case, QuerySet, When
from django.utils.formats import date_format, number_format
from django.utils.timezone import localdate, localtime, make_aware
from django.utils.translation import gettext as _
from django.utils.translation import override

from gis_data.models import Place

from .accesses import Kind, log
from .carried.table import CHUNK, Column, Row, Table, degree, named
from .errors import Missing, NotAllowed, NotNow, OwnExport
from .models import (
    CaseExport,
    Category,
    Organisation,
    Report,
    ReportQuerySet,
    Status,
)
from .models.report_queries import PUBLIC
from .notifications import defer
from .permissions import Actor, actor_of, visible_to
from .privacy import open_contact
from .spreadsheets import as_spreadsheet
from .staff_notices import tell_of_export

Answer = CaseExport.Answer
TASK = "incidents.make_export"
#: So many cases leave with contacts in one file.
CASES_AT_MOST = 20_000
#: How long it may be taken once it is approved.
HOLDS = timedelta(hours=48)
#: How long a question waits for its second person.
WAITS = timedelta(days=7)
REASON_AT_LEAST = 10
#: What programs call the columns of a list without contacts.
PLAIN_NAMES = (
    "public_id",
    "received_at",
    "category",
    "status",
    "organisation",
    "ward",
    "due_at",
    "resolved_at",
)


def cases_between(
    actor: Actor,
    *,
    since: date,
    until: date,
    category: Category | None = None,
    organisation: Organisation | None = None,
) -> ReportQuerySet:
    """Return what a person may see of the cases of some days, the oldest first."""
    first = make_aware(datetime.combine(since, time.min))
    after = make_aware(datetime.combine(until + timedelta(days=1), time.min))
    found = Report.objects.filter(
        visible_to(actor), received_at__gte=first, received_at__lt=after
    )
    if category is not None:
        branch = {"category__branch": category} if "." not in category.code else None
        found = found.filter(**(branch or {"category": category}))
    if organisation is not None:
        found = found.filter(organisation=organisation)
    cases = found.with_due_date().with_its_ward()
    return cases.order_by("received_at", "pk")


def plain_table(reports: ReportQuerySet) -> Table:
    """Tell of cases what one sees in lists: no word of the reporter's, no contact.

    A file is passed on, so it holds less than the lists do. What is on the map for
    strangers has the point they see; of any other case the ward is told, and no place
    in it. Denunciations and complaints that were refused are in none, whoever asks.
    """
    columns = (
        *(
            Column(name=name, label=str(label))
            for name, label in zip(PLAIN_NAMES, _plain_heads(), strict=True)
        ),
        Column(name="status_group", label=_("Status code")),
    )
    return Table(columns=columns, rows=_plain_rows(reports.unquarantined()))


def _plain_rows(reports: ReportQuerySet) -> Iterator[Row]:
    lon, lat = (
        Case(When(PUBLIC, then=degree(function))) for function in ("ST_X", "ST_Y")
    )
    told = reports.annotate(lon=lon, lat=lat).values_list(
        "public_id",
        "received_at",
        "category_id",
        "status",
        "organisation_id",
        "current_place_id",
        "place_id",
        "due_at",
        "resolved_at",
        "lon",
        "lat",
    )
    # The cursor is open as long as it is read, and sees what there was when it began.
    with transaction.atomic():
        categories = named(Category.objects.order_by())
        places = named(Place.objects.order_by())
        units = named(Organisation.objects.order_by())
        words = {str(each): (str(each.label), each.group.value) for each in Status}
        for each in told.iterator(chunk_size=CHUNK):
            public_id, received, category, status, unit, now, then, *rest = each
            due, resolved, lon, lat = rest
            yield (
                public_id,
                _minute(received),
                categories[category][1],
                words[status][0],
                units[unit][1] if unit else "",
                places[now or then][1] if now or then else "",
                _minute(due),
                _minute(resolved),
                words[status][1],
                lon,
                lat,
            )


def _minute(at: datetime | None) -> str:
    """Write a moment as programs and spreadsheets read it, in the city's time."""
    return f"{localtime(at):%Y-%m-%d %H:%M}" if at else ""


@transaction.atomic
def ask_for_export(
    *,
    by: Actor,
    at: datetime,
    reason: str,
    since: date | None,
    until: date | None,
    category: Category | None = None,
    organisation: Organisation | None = None,
) -> CaseExport:
    """Ask for the cases of some days with who reported them, and say what for."""
    if not by.asks_for_exports:
        raise NotAllowed
    if len(reason.strip()) < REASON_AT_LEAST:
        said = _("Say what the contacts are needed for, so that another can judge it.")
        raise Missing(said, field="reason")
    if since is None or until is None or until < since:
        raise Missing(_("Give two days, the first one first."), field="until")
    which: dict[str, Any] = {
        "since": since,
        "until": until,
        "category": category,
        "organisation": organisation,
    }
    if (count := cases_between(by, **which).order_by().count()) > CASES_AT_MOST:
        said = _(
            "These are %(count)s cases, and a file with contacts holds %(most)s at "
            "most. Ask for fewer days, one category or one unit."
        )
        numbers = {"count": count, "most": CASES_AT_MOST}
        told = {
            name: number_format(each, force_grouping=True)
            for name, each in numbers.items()
        }
        raise Missing(said % told, field="until")
    export = CaseExport.objects.create(
        asked_by=by.user,
        asked_at=at,
        reason=reason.strip()[:300],
        **which,
    )
    log(Kind.EXPORT_ASKED, by=by, at=at, reason=export.reason, export=export)
    tell_of_export(export, at=at)
    return export


@transaction.atomic
def answer_export(
    export: CaseExport, *, approve: bool, by: Actor, at: datetime
) -> CaseExport:
    """Approve or refuse what another person asked for; never one's own."""
    if not by.reads_access_log:
        raise NotAllowed
    held = CaseExport.objects.select_for_update(of=("self",)).get(pk=export.pk)
    if held.asked_by_id == by.user.pk:
        raise OwnExport
    if held.answer:
        raise NotNow(_("This was answered already."))
    if at - held.asked_at > WAITS:
        raise NotNow(_("Nobody answered in time. It has to be asked for anew."))
    held.answer = Answer.APPROVED if approve else Answer.DENIED
    held.answered_by, held.answered_at = by.user, at
    held.ends_at = at + HOLDS if approve else None
    held.save()
    kind = Kind.EXPORT_APPROVED if approve else Kind.EXPORT_DENIED
    log(kind, by=by, at=at, reason=held.reason, export=held)
    if approve:
        defer([(TASK, {"export_id": held.pk})])
    return held


@transaction.atomic
def make(export_id: int, *, at: datetime) -> None:
    """Write the file, opening each contact on record. Only the worker may call it.

    What who asked may see is read again now: a role that ended meanwhile sees nothing.
    """
    export = (
        CaseExport.objects.select_for_update(of=("self",))
        .select_related("asked_by", "category", "organisation")
        .get(pk=export_id)
    )
    ends_at = export.ends_at
    if export.made_at is not None or ends_at is None or at >= ends_at:
        return
    actor = actor_of(export.asked_by, on=localdate(at))
    if actor is None or not actor.asks_for_exports:
        return
    # All of them, though some may have come since it was asked for.
    reports = cases_between(
        actor,
        since=export.since,
        until=export.until,
        category=export.category,
        organisation=export.organisation,
    ).select_related("contact")
    with override(export.asked_by.language):
        rows = list(_with_contacts(reports, export, at=at))
        written = as_spreadsheet([[*_plain_heads(), *_contact_heads()], *rows])
    export.made_at, export.count = at, len(rows)
    export.file.save("cases.csv", ContentFile(written.encode()), save=False)
    export.save(update_fields=["made_at", "count", "file"])
    log(
        Kind.EXPORT_MADE,
        by=None,
        at=at,
        reason=export.reason,
        export=export,
        count=len(rows),
    )


@transaction.atomic
def take_export(export: CaseExport, *, by: Actor, at: datetime) -> bytes:
    """Hand the file to who asked for it, in its time; each taking is logged."""
    held = CaseExport.objects.select_for_update(of=("self",)).get(pk=export.pk)
    if held.asked_by_id != by.user.pk or not by.asks_for_exports:
        raise NotAllowed
    if held.ends_at is not None and at >= held.ends_at:
        raise NotNow(_("The time to take this file is over. Ask for it anew."))
    if held.made_at is None or not held.file:
        raise NotNow(_("The file is not there yet."))
    log(
        Kind.EXPORT_TAKEN,
        by=by,
        at=at,
        reason=held.reason,
        export=held,
        count=held.count or 0,
    )
    with held.file.open("rb") as kept:
        return bytes(kept.read())


def sweep_exports(*, at: datetime) -> int:
    """Delete the files whose time is over; that there were any stays on record."""
    over = CaseExport.objects.filter(ends_at__lte=at).exclude(file="")
    gone = 0
    for export in over:
        export.file.delete(save=False)
        export.save(update_fields=["file"])
        gone += 1
    return gone


def exports_seen_by(actor: Actor) -> QuerySet[CaseExport]:
    """Return one's own, and to who may answer them everybody's; the latest first."""
    rows = CaseExport.objects.select_related(
        "asked_by", "answered_by", "category", "organisation"
    ).order_by("-asked_at", "-pk")
    return rows if actor.reads_access_log else rows.filter(asked_by=actor.user)


def _plain_heads() -> list[str | float]:
    return [
        _("Id"),
        _("Received"),
        _("Category"),
        _("Status"),
        _("Unit"),
        _("Ward"),
        _("Due"),
        _("Resolved"),
    ]


def _plain(report: Report) -> list[str | float]:
    place, unit = report.lies_in, report.organisation
    return [
        report.public_id,
        _moment(report.received_at),
        report.category.label,
        report.get_status_display(),
        unit.label if unit else "",
        place.label if place else "",
        _moment(getattr(report, "due_at", None)),
        _moment(report.resolved_at),
    ]


def _contact_heads() -> list[str | float]:
    return [
        _("Lookup code"),
        _("Address"),
        _("Description"),
        _("Full name"),
        _("Phone number"),
        _("E-mail"),
        _("Hides the name from the unit"),
    ]


def _with_contacts(
    reports: ReportQuerySet, export: CaseExport, *, at: datetime
) -> Iterator[list[str | float]]:
    """Write each case with who reported it; opening the contact leaves its own line."""
    reader = export.asked_by.get_username()
    for report in reports:
        contact = getattr(report, "contact", None)
        who = (
            open_contact(contact, by=reader, why=_why(export), at=at)
            if contact
            else None
        )
        yield [
            *_plain(report),
            report.code,
            report.address,
            report.description,
            who.name if who else "",
            who.phone if who else "",
            who.email if who else "",
            _("yes") if report.hides_name else _("no"),
        ]


def _why(export: CaseExport) -> str:
    return f"export {export.pk}: {export.reason}"[:200]


def _moment(at: datetime | None) -> str:
    return date_format(localtime(at), "SHORT_DATETIME_FORMAT") if at else ""
