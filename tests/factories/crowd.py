"""A city's worth of reports in seconds: some cases, copied by the database itself."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import connection
from django.db.models import Max, Model

from incidents.models import (
    Clock,
    Contact,
    DecisionRecord,
    Event,
    Following,
    Handling,
    Rating,
    Report,
    Result,
    Transfer,
)

#: What comes along with a report when it is copied.
PARTS: tuple[type[Model], ...] = (
    DecisionRecord,
    Clock,
    Event,
    Contact,
    Result,
    Transfer,
    Rating,
    Following,
    Handling,
)
#: Over a ward or two, but one copy in a hundred stays where the first stood.
EAST = "CASE WHEN n % 100 = 0 THEN 0 ELSE n % 97 * 0.001 END"
NORTH = "CASE WHEN n % 100 = 0 THEN 0 ELSE n / 97 % 83 * 0.001 END"
NAME = "'copy-' || n"
#: What the copy number `n` has of its own; one in a hundred has the same reporter.
OWN = {
    Report: {
        "code": NAME,
        "public_id": NAME,
        "client_id": NAME,
        "public_title": "'Nắp cống số ' || n",
        "received_at": "received_at - make_interval(mins => n)",
        "point": f"ST_Translate(point, {EAST}, {NORTH})",
        "public_point": f"ST_Translate(public_point, {EAST}, {NORTH})",
    },
    Contact: {
        "phone_index": "CASE WHEN n % 100 = 0 THEN phone_index ELSE md5('p' || n) END",
        "email_index": "CASE WHEN n % 100 = 0 THEN email_index ELSE md5('e' || n) END",
    },
    Following: {"token": NAME, "client_id": NAME},
}


def crowd(cases: Sequence[Report], *, to: int) -> None:
    """Copy these cases with all that hangs on them until there are `to` reports."""
    there = Report.objects.count()
    highest = Report.objects.aggregate(highest=Max("pk"))["highest"]
    numbers = f"generate_series({there + 1}, {to}) AS n"
    copied = f"(ARRAY{[case.pk for case in cases]})[1 + n % {len(cases)}]"
    ids = f"{highest - there} + n"
    with connection.cursor() as cursor:
        # Copies of what holds hold: nothing has to be checked a million times.
        cursor.execute("SET LOCAL session_replication_role = replica")
        for model in (Report, *PARTS):
            key = "id" if model is Report else "report_id"
            names, values = _columns(model, {key: ids, **OWN.get(model, {})})
            table = model._meta.db_table
            chosen = f"{numbers} JOIN {table} ON {table}.{key} = {copied}"
            copies = f"SELECT {values} FROM {chosen}"  # noqa: S608
            cursor.execute(f"INSERT INTO {table} ({names}) {copies}")
        cursor.execute("SET LOCAL session_replication_role = DEFAULT")
        cursor.execute(
            "SELECT setval(%s, %s)", ["incidents_report_id_seq", highest + to]
        )
        cursor.execute("ANALYZE")


def _columns(model: type[Model], own: dict[str, str]) -> tuple[str, str]:
    """Name the columns of a copy, and say where each has its value from."""
    columns = [
        field.column
        for field in model._meta.local_concrete_fields
        if not ((field.primary_key and model is not Report) or field.generated)
    ]
    return ", ".join(columns), ", ".join(own.get(each, each) for each in columns)
