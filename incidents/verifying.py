"""Verified: whether any history was rewritten, and what is the first thing wrong."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any

from django.db import connection

from .history import misfit, sealed
from .models import DailyRoot, Event, Report
from .roots import Beside, climb, leaf_hash, root_of, seal_of, way_up

STEP = 2000
NOTHING_HAPPENED = 0


@dataclass(frozen=True, slots=True)
class Checked:
    """One case that was looked at, and the first of its events that does not fit."""

    public_id: str
    broken_at: int | None  #: None: all fits; 0: it has no history at all.


def check_cases() -> Iterator[Checked]:
    """Check the chain of every case, reading all events once from first to last."""
    events = Event.objects.select_related("note", "report").only(
        *("sequence", "at", "code", "arguments", "visibility", "by_id"),
        *("prev_hash", "hash", "report_id", "report__public_id"),
        *("note__text", "note__salt"),
    )
    read = events.order_by("report_id", "sequence").iterator(chunk_size=STEP)
    for public_id, told in groupby(read, key=lambda event: event.report.public_id):
        yield Checked(public_id, misfit(told, public_id=public_id))
    for public_id in Report.objects.filter(events=None).values_list(
        "public_id", flat=True
    ):
        yield Checked(public_id, NOTHING_HAPPENED)


def check_roots() -> Iterator[str]:
    """Say of each daily root what is wrong with it, the oldest first; nothing if none.

    The leaves must give the root, the roots must follow each other day by day, and
    what a leaf says of a case must stand in its history.
    """
    before, day = b"", None
    for root in DailyRoot.objects.order_by("on"):
        if day is not None and (root.on - day).days != 1:
            yield f"{root.on}: no root stands between it and {day}."
        leaves = _leaves(root)
        if len(leaves) != root.cases or root_of(leaves) != bytes(root.root):
            yield f"{root.on}: its cases do not give its root."
        sealed_as = seal_of(before, on=root.on, cases=root.cases, root=bytes(root.root))
        if sealed_as != bytes(root.seal):
            yield f"{root.on}: its seal does not follow from the day before."
        for public_id, sequence in _rewritten(root):
            yield f"{root.on}: {public_id} had another event {sequence} that day."
        before, day = bytes(root.seal), root.on


def _leaves(root: DailyRoot) -> list[bytes]:
    rows = root.leaves.values_list("public_id", "sequence", "hash", "is_demo")
    told = sorted(rows.iterator(chunk_size=STEP), key=lambda row: row[0])
    return [
        leaf_hash(public_id, sequence, bytes(hash_), is_demo=is_demo)
        for public_id, sequence, hash_, is_demo in told
    ]


def _rewritten(root: DailyRoot) -> list[tuple[str, int]]:
    with connection.cursor() as cursor:
        cursor.execute(REWRITTEN, [root.pk])
        return [(public_id, sequence) for public_id, sequence in cursor.fetchall()]


def file_of(report: Report) -> dict[str, Any]:
    """Return the whole history of a case as a file that can be checked without us.

    What people wrote is not in it: the chain holds its digest.
    """
    events = list(report.events.order_by("sequence"))
    told: dict[str, Any] = {
        "public_id": report.public_id,
        "events": [
            {
                "sequence": event.sequence,
                "at": event.at.isoformat(),
                "code": event.code,
                "arguments": event.arguments,
                "visibility": event.visibility,
                "by": event.by_id,
                "hash": bytes(event.hash).hex(),
            }
            for event in events
        ],
        "root": None,
    }
    leaves = DailyRoot.objects.filter(leaves__public_id=report.public_id)
    root = leaves.order_by("-on").first()
    if root is not None:
        told["root"] = _under(root, report.public_id)
    return told


def _under(root: DailyRoot, public_id: str) -> dict[str, Any]:
    rows = root.leaves.values_list("public_id", "sequence", "is_demo")
    told = {name: (sequence, is_demo) for name, sequence, is_demo in rows}
    way = way_up(_leaves(root), sorted(told).index(public_id))
    sequence, is_demo = told[public_id]
    return {
        "on": root.on.isoformat(),
        "sequence": sequence,
        "is_demo": is_demo,
        "way": [{"side": each.side, "hash": each.hash.hex()} for each in way],
        "root": bytes(root.root).hex(),
    }


def check_file(told: Mapping[str, Any], *, published: str | None) -> str:
    """Say what is the first thing wrong with the file of a case; nothing if all fits.

    `published` is the root of its day as it was published, where somebody has it.
    """
    prev_hash, hashes = b"", {}
    for turn, event in enumerate(told["events"], start=1):
        prev_hash = sealed(
            prev_hash,
            public_id=told["public_id"],
            sequence=event["sequence"],
            at=datetime.fromisoformat(event["at"]),
            code=event["code"],
            arguments=event["arguments"],
            visibility=event["visibility"],
            by_id=event["by"],
        )
        if event["sequence"] != turn or prev_hash.hex() != event["hash"]:
            return f"{told['public_id']}: broken at event {turn}."
        hashes[turn] = prev_hash
    root = told["root"]
    if root is None:
        return ""
    if root["sequence"] not in hashes:
        return f"{told['public_id']}: event {root['sequence']} is missing."
    leaf = leaf_hash(
        told["public_id"],
        root["sequence"],
        hashes[root["sequence"]],
        is_demo=root["is_demo"],
    )
    way = [Beside(each["side"], bytes.fromhex(each["hash"])) for each in root["way"]]
    if climb(leaf, way).hex() != (published or root["root"]):
        return f"{told['public_id']}: not under the root of {root['on']}."
    return ""


REWRITTEN = """
SELECT leaf.public_id, leaf.sequence
FROM incidents_dailyleaf leaf
LEFT JOIN incidents_report r ON r.public_id = leaf.public_id
LEFT JOIN incidents_event e ON e.report_id = r.id AND e.sequence = leaf.sequence
WHERE leaf.root_id = %s AND NOT (r.id IS NULL AND leaf.is_demo)
    AND e.hash IS DISTINCT FROM leaf.hash
ORDER BY leaf.public_id
"""
