"""Copies: a batch of imported reports as the database copies it in, table by table."""

from __future__ import annotations

import json
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from struct import pack

from django.conf import settings
from django.utils.timezone import localdate

from gis_data.geometry import snapped
from incidents.deadlines import Deadlines
from incidents.decisions import Decision
from incidents.history import sealed
from incidents.intake import evidence
from incidents.models import (
    Clock,
    DecisionRecord,
    Event,
    Report,
    Transfer,
)
from incidents.models.lookup_code import new_code

from .cases import Fate, fate_of
from .sifting import CHANNEL
from .understanding import Row

NULL = "\\N"
REPORTER = Event.Visibility.REPORTER.value
NAMING = frozenset({Event.Code.TRANSFERRED, Event.Code.RESOLVED})
TABLES = {
    Report._meta.db_table: (
        "id, code, public_id, channel, client_id, body_digest, version, kind, "
        "category_id, description, answers, language, reporter_type, hides_name, "
        "public_title, is_public, status, received_at, accepted_at, resolved_at, "
        "updated_at, refusal_text, organisation_id, point, public_point, world_cell, "
        "place_source, address, asset, boundary_id, place_id, current_place_id, is_demo"
    ),
    DecisionRecord._meta.db_table: (
        "id, report_id, at, engine, inputs, boundaries, responsibilities, areas, "
        "organisation_id, reason, arguments, doubts, is_approximate"
    ),
    Transfer._meta.db_table: "report_id, organisation_id, decision_id, reason, at",
    Clock._meta.db_table: (
        "report_id, party, organisation_id, rule_id, started_at, due_at, is_firm, "
        "calendar_version, stopped_at"
    ),
    Event._meta.db_table: (
        "report_id, sequence, at, code, arguments, visibility, prev_hash, hash"
    ),
}
WRITE = json.JSONEncoder(ensure_ascii=False).encode
#: What would end a column or a row where text is copied.
ESCAPES = str.maketrans(
    {"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r", "\b": "\\b", "\f": "\\f"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """A row with what routing concluded about it."""

    row: Row
    decision: Decision
    current_place: int | None  #: Where it lies by the boundaries of today.
    is_new: bool = True  #: Not here already.


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Rows that come in together: all of them or none."""

    decided: Sequence[Decided]
    fates: Sequence[Fate]
    source: str
    deadlines: Deadlines
    at: datetime

    def copies(self, report_ids: Sequence[int], decision_ids: Sequence[int]) -> Copies:
        """Lay the batch out under these ids, with codes nobody can guess."""
        writing: dict[str, list[str]] = {table: [] for table in TABLES}
        reports, decisions, transfers, clocks, events = writing.values()
        for each, fate, pk, decision_pk in zip(
            self.decided, self.fates, report_ids, decision_ids, strict=True
        ):
            public_id = secrets.token_urlsafe(16)
            reports.append(_report(each, fate, pk=pk, public_id=public_id))
            decisions.append(_decision(each, pk=decision_pk, report=pk, at=self.at))
            if fate.held_from is not None:
                since = fate.held_from.isoformat()
                transfers.append(f"{pk}\t{fate.unit}\t{decision_pk}\t\t{since}\n")
            clocks += _clocks(each.row, fate, self.deadlines, report=pk)
            events += _events(each, fate, self.source, report=pk, public_id=public_id)
        return {table: "".join(lines).encode() for table, lines in writing.items()}


Copies = dict[str, bytes]


def lay_fates(
    decided: Sequence[Decided], *, routes: bool, at: datetime
) -> tuple[Fate, ...]:
    """Say what becomes of each."""
    return tuple(
        fate_of(each.row, each.decision, routes=routes, at=at) for each in decided
    )


def _report(each: Decided, fate: Fate, *, pk: int, public_id: str) -> str:
    row, areas = each.row, each.decision.location.areas
    point = public_point = cell = boundary = place = NULL
    source = Report.PlaceSource.NONE
    if row.point is not None:
        number, lon, lat = snapped(*row.point)
        point, public_point, cell = _point(*row.point), _point(lon, lat), str(number)
        source = Report.PlaceSource.TAP
        if row.address:
            source = Report.PlaceSource.ADDRESS
        boundary, place = _number(areas[0].boundary_id), str(areas[0].place_id)
    answers = {"external_id": row.client_id} if row.external_id else {}
    values = (
        str(pk),
        new_code(localdate(row.created)),
        public_id,
        CHANNEL.value,
        _text(row.client_id),
        _bytes(row.digest),
        "1",
        "report",
        str(row.category.pk),
        _text(row.description),
        _text(WRITE(answers)),
        settings.LANGUAGE_CODE,
        "citizen",
        "f",
        "",
        "t" if row.category.is_public else "f",
        fate.status.value,
        row.created.isoformat(),
        _moment(fate.accepted_at),
        _moment(row.closed),
        _moment(row.closed or fate.accepted_at or row.created),
        "",
        _number(fate.unit),
        point,
        public_point,
        cell,
        source.value,
        _text(row.address),
        "",
        boundary,
        place,
        _number(each.current_place),
        "f",
    )
    return "\t".join(values) + "\n"


def _decision(each: Decided, *, pk: int, report: int, at: datetime) -> str:
    told = evidence(
        each.decision,
        point=each.row.point,
        accuracy=None,
        category=each.row.category,
        ward_id=None,
    )
    values = (
        str(pk),
        str(report),
        at.isoformat(),
        str(told["engine"]),
        _text(WRITE(told["inputs"])),
        _text(WRITE(told["boundaries"])),
        _text(WRITE(told["responsibilities"])),
        _text(WRITE(told["areas"])),
        _number(told["organisation_id"]),
        str(told["reason"].value),
        _text(WRITE(told["arguments"])),
        _text(WRITE(told["doubts"])),
        "t" if told["is_approximate"] else "f",
    )
    return "\t".join(values) + "\n"


def _clocks(row: Row, fate: Fate, deadlines: Deadlines, *, report: int) -> list[str]:
    """Start the citizen's clock, and the unit's where one has the case; stop both."""
    began = row.created
    version, ended = deadlines.calendar_version, _moment(row.closed)
    due = deadlines.due_at(row.rule, began).isoformat()
    firm = "f" if fate.accepted_at is None else "t"
    common = f"{row.rule.pk}\t{began.isoformat()}\t{due}"
    clocks = [f"{report}\tcitizen\t\\N\t{common}\t{firm}\t{version}\t{ended}\n"]
    if fate.held_from is not None:
        if fate.held_from != began:
            began = fate.held_from
            due = deadlines.due_at(row.rule, began).isoformat()
            common = f"{row.rule.pk}\t{began.isoformat()}\t{due}"
        clocks.append(f"{report}\tunit\t{fate.unit}\t{common}\tt\t{version}\t{ended}\n")
    return clocks


def _events(
    each: Decided, fate: Fate, source: str, *, report: int, public_id: str
) -> list[str]:
    """Write down what happened, each event sealed to the one before it."""
    lines, prev_hash = [], b""
    for sequence, (code, at) in enumerate(fate.events, start=1):
        arguments = each.decision.naming if code in NAMING else {}
        if sequence == 1:
            arguments = {"source": source}
        seal = sealed(
            prev_hash,
            public_id=public_id,
            sequence=sequence,
            at=at,
            code=code.value,
            arguments=arguments,
        )
        lines.append(
            f"{report}\t{sequence}\t{at.isoformat()}\t{code.value}\t"
            f"{_text(WRITE(arguments))}\t{REPORTER}\t"
            f"{_bytes(prev_hash)}\t{_bytes(seal)}\n"
        )
        prev_hash = seal
    return lines


def _point(lon: float, lat: float) -> str:
    return pack("<BIIdd", 1, 0x20000001, 4326, lon, lat).hex()


def _text(said: str) -> str:
    return said.translate(ESCAPES)


def _bytes(value: bytes) -> str:
    return "\\\\x" + value.hex()


def _moment(at: datetime | None) -> str:
    return NULL if at is None else at.isoformat()


def _number(value: int | None) -> str:
    return NULL if value is None else str(value)
