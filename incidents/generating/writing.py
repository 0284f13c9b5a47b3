"""What is drawn, written into the tables of real reports, part by part."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from django.conf import settings
from django.db import connection
from django.db.models import Model
from psycopg import sql

from incidents.models import (
    Clock,
    Rating,
    Report,
    Result,
    ReturnReason,
    Transfer,
)
from incidents.models.lookup_code import DIGITS

from .dice import Dice

MODELS: tuple[type[Model], ...] = (Report, Clock, Transfer, Result, Rating)
SCORES = {"5": 34, "4": 30, "3": 14, "2": 12, "1": 10}
#: A number that permutes those of thirty bits, so that no code is made twice.
SCATTERING = 662_804_365
LAID_ASIDE = """
SELECT c.relname, t.relname, pg_get_indexdef(i.indexrelid), o.conname,
    pg_get_constraintdef(o.oid)
FROM pg_index i
JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_class t ON t.oid = i.indrelid
LEFT JOIN pg_constraint o ON o.conindid = i.indexrelid AND o.contype IN ('u', 'x')
WHERE t.relname = ANY (%s) AND t.relnamespace = current_schema()::regnamespace
    AND NOT i.indisprimary
    AND NOT EXISTS (SELECT FROM pg_constraint f
        WHERE f.conindid = i.indexrelid AND f.contype = 'f')
ORDER BY t.relname, c.relname
"""


@contextmanager
def without_indexes() -> Iterator[None]:
    """Lay all indexes but primary keys aside, and make them again over all rows."""
    tables = [model._meta.db_table for model in MODELS]
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(LAID_ASIDE, [tables])
        laid = cursor.fetchall()
        for index, table, _, constraint, _ in laid:
            cursor.execute(
                f'ALTER TABLE "{table}" DROP CONSTRAINT "{constraint}"'
                if constraint
                else f'DROP INDEX "{index}"'
            )
        yield
        for _, table, made, constraint, stands in laid:
            cursor.execute(
                f'ALTER TABLE "{table}" ADD CONSTRAINT "{constraint}" {stands}'
                if constraint
                else made
            )


def write(first: int, last: int, *, dice: Dice) -> None:
    """Write the reports of these ids, and all that hangs on them."""
    asked: dict[str, int | str | None] = {
        "first": first,
        "last": last,
        "zone": settings.TIME_ZONE,
        "prefix": settings.CODE_PREFIX,
        "return": ReturnReason.objects.order_by("pk")
        .values_list("pk", flat=True)
        .first(),
    }
    with connection.cursor() as cursor:
        for model, columns, rest in (
            (
                Report,
                _report(dice),
                REPORTS.format(title=dice.throw("title"), face=dice.face("refusal")),
            ),
            (Clock, CITIZEN, DUE),
            (Clock, UNIT, DUE + " AND handed_at IS NOT NULL"),
            (Transfer, HANDED, DRAWN + " AND handed_at IS NOT NULL"),
            (Transfer, RETURNED, DRAWN + " AND status = 'returned'"),
            (Result, _result(dice), RESULTS.format(face=dice.face("result"))),
            (Rating, _rating(dice), RATED.format(rates=dice.throw("rates"))),
        ):
            cursor.execute(_insertion(model, columns, rest), asked)


def _insertion(model: type[Model], own: Mapping[str, str], rest: str) -> str:
    """Write an insertion; a column of which nothing is said has the model's default."""
    columns = dict(own)
    for field in model._meta.local_concrete_fields:
        name = str(field.column)
        if name in columns or field.primary_key or field.generated:
            continue
        if field.null:
            columns[name] = "NULL"
        elif field.has_default():
            value = field.get_db_prep_save(field.get_default(), connection)
            columns[name] = _literal(value)
        else:
            columns[name] = "''"
    names, values = ", ".join(columns), ", ".join(columns.values())
    return f"INSERT INTO {model._meta.db_table} ({names}) SELECT {values} {rest}"


def _literal(value: object) -> str:
    """Write a value as SQL, fit to stand in a statement that is given parameters."""
    connection.ensure_connection()
    said = sql.Literal(value).as_string(connection.connection)
    return said.replace("%", "%%")


def _report(dice: Dice) -> dict[str, str]:
    """Say what each column of a report is, over what was drawn of it."""
    accuracy = f"least(greatest(exp(2.2 + 0.7 * {dice.bell('accuracy')}), 3), 80)"
    house = (
        f"{dice.below('480', 'house')} + 1 || '/' || {dice.below('60', 'alley')} + 1"
    )
    return {
        "id": "d.id",
        "code": f"%(prefix)s || '-' || day || '-' || letters || '-' || {_check()}",
        "public_id": "translate(rtrim(encode(decode(md5('generated ' || d.id), 'hex'), "
        "'base64'), '='), '+/', '-_')",
        "channel": "channel",
        "body_digest": "sha256(int8send(d.id))",
        "kind": "kind",
        "category_id": "d.category_id",
        "description": "replace(said.words, '{ward}', coalesce(ward_name, ''))",
        "reporter_type": "reporter_type",
        "hides_name": "hides_name",
        "public_title": "coalesce(title.words, '')",
        "is_public": "is_public",
        "status": "status",
        "received_at": "received_at",
        "accepted_at": "accepted_at",
        "resolved_at": "CASE WHEN status IN ('resolved', 'closed') THEN ended_at END",
        "paused_until": "CASE WHEN status = 'paused' THEN (updated_at AT TIME ZONE "
        f"%(zone)s)::date + 4 + {dice.below('9', 'paused')} END",
        "updated_at": "updated_at",
        "refusal_reason_id": "CASE status WHEN 'refused' THEN refusal.reason_id END",
        "refusal_text": "CASE status WHEN 'refused' THEN refusal.words ELSE '' END",
        "is_quarantined": "status = 'refused' AND refusal.is_quarantined",
        "master_id": "pair.master_id",
        "organisation_id": "organisation_id",
        "point": "ST_SetSRID(ST_MakePoint(x, y), 4326)",
        "public_point": MIDDLE,
        "world_cell": "world_cell",
        "place_source": "place_source",
        "accuracy": "CASE place_source WHEN 'gps' "
        f"THEN round(({accuracy})::numeric, 1) END",
        "address": "CASE place_source WHEN 'address' "
        f"THEN {house} || ', ' || ward_name "
        "ELSE '' END",
        "declared_ward_id": "CASE place_source WHEN 'ward' THEN place_id END",
        "boundary_id": "boundary_id",
        "place_id": "CASE WHEN boundary_id IS NOT NULL THEN place_id END",
        "current_place_id": "place_id",
        "is_demo": "true",
    }


def _check() -> str:
    """Write the last sign of a code: its signs, each weighed by its turn."""
    weighed = [f"{turn} * substr(day, {turn}, 1)::int" for turn in range(1, 7)]
    weighed += [f"{turn + 7} * ({_digit(turn)})" for turn in range(6)]
    return f"substr('{DIGITS}', ({' + '.join(weighed)}) %% 32 + 1, 1)"


def _digit(turn: int) -> str:
    return f"mixed >> {5 * turn} & 31"


def _letters() -> str:
    signs = [f"substr('{DIGITS}', ({_digit(n)}) + 1, 1)" for n in range(6)]
    return " || ".join(signs)


def _result(dice: Dice) -> dict[str, str]:
    unproven = f"{dice.throw('unproven')} < 0.08"
    return {
        "report_id": "d.id",
        "round": "1",
        "organisation_id": "organisation_id",
        "outcome": "told.outcome",
        "text": "told.words",
        "no_photo_because": f"CASE WHEN {unproven} THEN '—' ELSE '' END",
        "at": "coalesce(greatest(handed_at, ended_at - interval '1 hour'), updated_at)",
        "published_at": "ended_at",
    }


def _rating(dice: Dice) -> dict[str, str]:
    scores = {
        name: f"({dice.case(SCORES, name)})::smallint"
        for name in ("reception", "handling", "feedback")
    }
    when = f"ended_at + {dice.throw('rated')} * interval '10 days'"
    at = f"least({when}, greatest(updated_at, now() - interval '1 hour'))"
    return {"report_id": "d.id", "round": "1", "at": at, "updated_at": at, **scores}


MIDDLE = """CASE WHEN across IS NOT NULL THEN ST_SetSRID(ST_MakePoint(
    (across + 0.5::float8) / 1048576 * 360 - 180,
    atan(sinh(pi() * (1 - 2 * (down + 0.5::float8) / 1048576)))
        * (180 / pi())), 4326) END"""
DRAWN = "FROM generated_draw d WHERE d.id BETWEEN %(first)s AND %(last)s"
REPORTS = f"""
FROM generated_draw d
CROSS JOIN LATERAL (SELECT to_char(received_at AT TIME ZONE %(zone)s, 'YYMMDD') AS day,
    ((d.id * {SCATTERING}) & 1073741823)::int AS mixed OFFSET 0) AS mixing
CROSS JOIN LATERAL (SELECT {_letters()} AS letters) AS lettering
JOIN generated_saying said
    ON said.category_id = d.category_id AND said.turn = d.saying
JOIN generated_refusal refusal ON refusal.face = {{face}}
LEFT JOIN generated_pair pair ON pair.id = d.id
LEFT JOIN generated_title title ON title.category_id = d.category_id
    AND is_public AND accepted_at IS NOT NULL AND {{title}} < 0.4
    AND title.turn = d.n %% title.titles
WHERE d.id BETWEEN %(first)s AND %(last)s
"""
DUE = """
FROM generated_draw d
JOIN generated_due due ON due.category_id = d.category_id
    AND due.day = (coalesce(handed_at, received_at) AT TIME ZONE %(zone)s)::date
WHERE d.id BETWEEN %(first)s AND %(last)s
"""
RESULTS = """
FROM generated_draw d JOIN generated_result told ON told.face = {face}
WHERE d.id BETWEEN %(first)s AND %(last)s
    AND status IN ('resolved', 'closed', 'reopened', 'awaiting')
"""
RATED = DRAWN + " AND status IN ('resolved', 'closed') AND {rates} < 0.15"
CLOCK = {
    "report_id": "d.id",
    "rule_id": "due.rule_id",
    "calendar_version": "due.calendar_version",
}
CITIZEN = CLOCK | {
    "party": "'citizen'",
    "started_at": "received_at",
    "counted_from": "CASE WHEN handed_at > received_at THEN handed_at END",
    "due_at": "greatest(due.due_at, received_at)",
    "is_firm": "handed_at IS NOT NULL",
    "stopped_at": "CASE WHEN is_over THEN ended_at END",
}
UNIT = CLOCK | {
    "party": "'unit'",
    "organisation_id": "organisation_id",
    "started_at": "handed_at",
    "due_at": "greatest(due.due_at, handed_at)",
    "is_firm": "true",
    "stopped_at": "CASE WHEN is_over THEN ended_at WHEN status = 'returned' "
    "THEN updated_at END",
}
HANDED = {
    "report_id": "d.id",
    "organisation_id": "organisation_id",
    "reason": "''",
    "at": "handed_at",
}
RETURNED = {
    "report_id": "d.id",
    "sender_id": "organisation_id",
    "return_reason_id": "%(return)s",
    "reason": "'—'",
    "at": "updated_at",
}
