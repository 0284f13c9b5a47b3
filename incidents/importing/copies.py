"""Copies: a batch of imported reports as the database copies it in, table by table."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from struct import pack
from typing import Any

from accounts.models import own_language
from gis_data.geometry import snapped
from incidents.deadlines import Deadlines
from incidents.decisions import Decision
from incidents.history import sealed
from incidents.intake import concluded, inputs_of
from incidents.models import Clock, DecisionRecord, Event, Report, Transfer
from incidents.models.lookup_code import new_code

from .cases import Decided, Fate
from .sifting import CHANNEL
from .understanding import Row

NULL = "\\N"
REPORTER = Event.Visibility.REPORTER.value
NAMING = frozenset({Event.Code.TRANSFERRED, Event.Code.RESOLVED})
#: Laid out in this order, and so copied in.
TABLES = {
    Report._meta.db_table: (
        "id, code, public_id, channel, client_id, body_digest, version, kind, "
        "category_id, description, answers, language, reporter_type, hides_name, "
        "public_title, is_public, status, received_at, accepted_at, resolved_at, "
        "updated_at, refusal_text, organisation_id, point, public_point, world_cell, "
        "place_source, address, asset, boundary_id, place_id, current_place_id, is_demo"
    ),
    DecisionRecord._meta.db_table: (
        "id, report_id, at, inputs, engine, boundaries, responsibilities, areas, "
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
Copies = dict[str, bytes]
WRITE = json.JSONEncoder(ensure_ascii=False).encode
#: What would end a column or a row where text is copied, the backslash first.
ESCAPES = (("\\", "\\\\"), ("\t", "\\t"), ("\n", "\\n"), ("\r", "\\r"))
#: Of so many decisions is kept what they say of every report.
SAID_AT_MOST = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Rows that come in together: all of them or none."""

    decided: Sequence[Decided]
    fates: Sequence[Fate]


@dataclass(frozen=True, slots=True)
class _Said:
    """What a decision says of every report that it was made about, laid out."""

    decision: Decision  #: Held, so that no other takes its place in memory.
    columns: str  #: Of its record, after the inputs.
    naming: dict[str, str]
    named: str  #: The same, as it is copied in.


@dataclass(frozen=True, kw_only=True)
class Copyist:
    """Lays batches out for the database; what many reports share is laid out once."""

    source: str
    deadlines: Deadlines
    at: datetime
    _said: dict[int, _Said] = field(default_factory=dict)

    def copies(
        self, batch: Batch, report_ids: Sequence[int], decision_ids: Sequence[int]
    ) -> Copies:
        """Lay a batch out under these ids, with codes nobody can guess."""
        writing: dict[str, list[str]] = {table: [] for table in TABLES}
        reports, decisions, transfers, clocks, events = writing.values()
        at = self.at.isoformat()
        for each, fate, pk, decision_pk in zip(
            batch.decided, batch.fates, report_ids, decision_ids, strict=True
        ):
            row, decision = each.row, each.decision
            said = self._of(decision)
            public_id = secrets.token_urlsafe(16)
            inputs = _json(inputs_of(decision, point=row.point, category=row.category))
            told = {"source": self.source, "external_id": row.external_id}
            answers = _json(told) if row.external_id else "{}"
            reports.append(_report(each, fate, answers, pk=pk, public_id=public_id))
            decisions.append(f"{decision_pk}\t{pk}\t{at}\t{inputs}\t{said.columns}\n")
            if fate.held_from is not None:
                since = fate.held_from.isoformat()
                transfers.append(f"{pk}\t{fate.unit}\t{decision_pk}\t\t{since}\n")
            clocks.extend(self._clocks(row, fate, report=pk))
            events.extend(self._events(said, fate, report=pk, public_id=public_id))
        return {table: "".join(lines).encode() for table, lines in writing.items()}

    def _of(self, decision: Decision) -> _Said:
        """Return what is laid out of a decision; equal evidence has the same one."""
        said = self._said.get(id(decision))
        if said is None:
            if len(self._said) >= SAID_AT_MOST:
                self._said.clear()
            naming = decision.naming
            columns = _conclusion(concluded(decision))
            said = _Said(decision, columns, naming, _json(naming))
            self._said[id(decision)] = said
        return said

    def _clocks(self, row: Row, fate: Fate, *, report: int) -> Iterator[str]:
        """Start the citizen's clock, and its unit's; stop both where it is over."""
        version, ended = self.deadlines.calendar_version, _moment(row.closed)
        due = self.deadlines.due_at(row.rule, row.created).isoformat()
        firm = "f" if fate.accepted_at is None else "t"
        run = f"{row.rule.pk}\t{row.created.isoformat()}\t{due}"
        yield f"{report}\tcitizen\t{NULL}\t{run}\t{firm}\t{version}\t{ended}\n"
        if fate.held_from is None:
            return
        if fate.held_from != row.created:
            due = self.deadlines.due_at(row.rule, fate.held_from).isoformat()
            run = f"{row.rule.pk}\t{fate.held_from.isoformat()}\t{due}"
        yield f"{report}\tunit\t{fate.unit}\t{run}\tt\t{version}\t{ended}\n"

    def _events(
        self, said: _Said, fate: Fate, *, report: int, public_id: str
    ) -> Iterator[str]:
        """Write down what happened, each event sealed to the one before it."""
        prev_hash = b""
        for sequence, (code, at) in enumerate(fate.events, start=1):
            arguments, written = {}, "{}"
            if sequence == 1:
                arguments = {"source": self.source}
                written = _json(arguments)
            elif code in NAMING:
                arguments, written = said.naming, said.named
            seal = sealed(
                prev_hash,
                public_id=public_id,
                sequence=sequence,
                at=at,
                code=code.value,
                arguments=arguments,
            )
            yield (
                f"{report}\t{sequence}\t{at.isoformat()}\t{code.value}\t{written}\t"
                f"{REPORTER}\t{_bytes(prev_hash)}\t{_bytes(seal)}\n"
            )
            prev_hash = seal


def _report(each: Decided, fate: Fate, answers: str, *, pk: int, public_id: str) -> str:
    row, areas = each.row, each.decision.location.areas
    point = public_point = cell = boundary = place = NULL
    source = Report.PlaceSource.NONE.value
    if row.point is not None:
        number, lon, lat = snapped(*row.point)
        point, public_point, cell = _point(*row.point), _point(lon, lat), str(number)
        tap, address = Report.PlaceSource.TAP, Report.PlaceSource.ADDRESS
        source = address.value if row.address else tap.value
        boundary, place = _number(areas[0].boundary_id), str(areas[0].place_id)
    created, closed = row.created.isoformat(), _moment(row.closed)
    accepted = created if fate.accepted_at is row.created else _moment(fate.accepted_at)
    values = (
        str(pk),
        new_code(row.day),
        public_id,
        CHANNEL.value,
        _text(row.client_id),
        _bytes(row.digest),
        "1",
        Report.Kind.REPORT.value,
        str(row.category.pk),
        _text(row.description),
        answers,
        own_language(),
        Report.ReporterType.CITIZEN.value,
        "f",
        "",
        "t" if row.category.is_public else "f",
        fate.status.value,
        created,
        accepted,
        closed,
        next(each for each in (closed, accepted, created) if each != NULL),
        "",
        _number(fate.unit),
        point,
        public_point,
        cell,
        source,
        _text(row.address),
        "",
        boundary,
        place,
        _number(each.current_place),
        "f",
    )
    return "\t".join(values) + "\n"


def _conclusion(told: dict[str, Any]) -> str:
    """Lay out the columns of a decision's record that follow its inputs."""
    return "\t".join(
        (
            str(told["engine"]),
            _json(told["boundaries"]),
            _json(told["responsibilities"]),
            _json(told["areas"]),
            _number(told["organisation_id"]),
            str(told["reason"].value),
            _json(told["arguments"]),
            _json(told["doubts"]),
            "t" if told["is_approximate"] else "f",
        )
    )


def _point(lon: float, lat: float) -> str:
    return pack("<BIIdd", 1, 0x20000001, 4326, lon, lat).hex()


def _text(said: str) -> str:
    for sign, written in ESCAPES:
        if sign in said:
            said = said.replace(sign, written)
    return said


def _json(told: object) -> str:
    """Return JSON as it is copied in; it has no sign that ends a row, but escapes."""
    return WRITE(told).replace("\\", "\\\\")


def _bytes(value: bytes) -> str:
    return "\\\\x" + value.hex()


def _moment(at: datetime | None) -> str:
    return NULL if at is None else at.isoformat()


def _number(value: int | None) -> str:
    return NULL if value is None else str(value)
