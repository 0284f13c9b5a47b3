"""Clear: take the demo away again, and nothing else."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from django.db import connection, transaction
from django.db.models import PROTECT, ForeignKey, Min, Model, ProtectedError

from accounts.models import User
from incidents.leading.closing import open_again
from incidents.models import (
    AccessRecord,
    Attachment,
    CallBack,
    Clock,
    ClosedPeriod,
    Contact,
    DecisionRecord,
    Event,
    Note,
    Notice,
    Report,
    Result,
    Transfer,
)

from .people import demo_users, file
from .photos import remove_files

#: Each before what it leans on.
ROWS = (
    (AccessRecord, "report__is_demo"),
    (Notice, "event__report__is_demo"),
    (Note, "event__report__is_demo"),
    (Event, "report__is_demo"),
    (Attachment, "report__is_demo"),
    (Result, "report__is_demo"),
    (Transfer, "report__is_demo"),
    (Clock, "report__is_demo"),
    (CallBack, "contact__report__is_demo"),
    (Contact, "report__is_demo"),
    (DecisionRecord, "report__is_demo"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cleared:
    """How much was taken away, table by table."""

    rows: dict[str, int]
    files: int
    accounts: int
    shut: tuple[str, ...]  #: Accounts whose names stand in the history of real cases.


@transaction.atomic
def clear() -> Cleared:
    """Remove all demo reports with their rows and files, and the demo accounts.

    An account that acted on a real case stays in its history, and is shut. Periods that
    closed with demo reports in their figures close anew, without them.
    """
    with connection.cursor() as cursor:  # History is not deleted otherwise.
        cursor.execute("SET LOCAL incidents.clearing = 'on'")
    attachments = list(Attachment.objects.filter(report__is_demo=True))
    rows = {}
    first = Report.objects.filter(is_demo=True).aggregate(at=Min("received_at"))["at"]
    if first is not None:
        closed = str(ClosedPeriod._meta.verbose_name_plural)
        rows[closed] = open_again(since=first)
    for model, is_demo in ROWS:
        found = model._default_manager.filter(**{is_demo: True})
        rows[str(model._meta.verbose_name_plural)] = found.count()
        found.delete()
    reports = Report.objects.filter(is_demo=True)
    rows[str(Report._meta.verbose_name_plural)] = reports.count()
    reports.filter(master__isnull=False).delete()
    reports.delete()
    accounts, shut = _close_accounts()
    transaction.on_commit(partial(remove_files, attachments))
    transaction.on_commit(partial(file().unlink, missing_ok=True))
    files = sum(
        bool(a.original) + bool(a.shown) + bool(a.thumbnail) for a in attachments
    )
    return Cleared(rows=rows, files=files, accounts=accounts, shut=shut)


def _close_accounts() -> tuple[int, tuple[str, ...]]:
    """Delete the demo accounts; shut those that the database needs to keep."""
    users = demo_users()
    count = users.count()
    try:
        with transaction.atomic():
            users.delete()
        return count, ()
    except ProtectedError as error:
        needed = {
            user_id for row in error.protected_objects for user_id in _needed_by(row)
        }
    kept = users.filter(pk__in=needed)
    kept.update(is_active=False)
    users.exclude(pk__in=needed).delete()
    names = tuple(kept.order_by("username").values_list("username", flat=True))
    return count - len(names), names


def _needed_by(row: Model) -> set[int]:
    """Return the accounts that a row names and needs to stay."""
    named = [
        getattr(row, field.attname)
        for field in row._meta.concrete_fields
        if isinstance(field, ForeignKey)
        and field.related_model is User
        and field.remote_field.on_delete is PROTECT
    ]
    return {user_id for user_id in named if user_id is not None}
