"""Rooted: once a day one number stands for where every history has come to.

The cases that moved that day are the leaves of a tree of hashes; its root is sealed to
the day before and published. Who keeps yesterday's number can tell if anything older
was rewritten, and one case is shown to be under it by a few hashes beside its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from hashlib import sha256

from django.db import connection, transaction
from django.utils.timezone import get_current_timezone, localdate

from .models import DailyLeaf, DailyRoot, Event

#: So many leaves are kept in one statement.
LOT = 5000
DAY = timedelta(days=1)
LEAF, NODE = b"\0", b"\1"


@dataclass(frozen=True, slots=True)
class Beside:
    """A hash beside the way up, and on which side of it: enough to go one step up."""

    side: str  #: "left" or "right".
    hash: bytes


def leaf_hash(public_id: str, sequence: int, hash_: bytes, *, is_demo: bool) -> bytes:
    """Return what stands for one case at the foot of the tree."""
    said = f"{public_id} {sequence} {hash_.hex()}{' demo' if is_demo else ''}"
    return sha256(LEAF + said.encode()).digest()


def root_of(leaves: Sequence[bytes]) -> bytes:
    """Return the root over leaves in their order; of none, the hash of nothing."""
    if not leaves:
        return sha256(b"").digest()
    level = list(leaves)
    while len(level) > 1:
        level = _up(level)
    return level[0]


def way_up(leaves: Sequence[bytes], turn: int) -> list[Beside]:
    """Return what is needed to go from one leaf to the root."""
    way, level = [], list(leaves)
    while len(level) > 1:
        other = turn ^ 1
        if other < len(level):
            way.append(Beside("left" if other < turn else "right", level[other]))
        level, turn = _up(level), turn // 2
    return way


def climb(leaf: bytes, way: Iterable[Beside]) -> bytes:
    """Return the root that a leaf leads to by the hashes beside its way."""
    for beside in way:
        pair = beside.hash + leaf if beside.side == "left" else leaf + beside.hash
        leaf = sha256(NODE + pair).digest()
    return leaf


def _up(level: list[bytes]) -> list[bytes]:
    """Join by twos; who is left over goes up alone."""
    pairs = zip(level[::2], level[1::2], strict=False)
    joined = [sha256(NODE + left + right).digest() for left, right in pairs]
    return [*joined, level[-1]] if len(level) % 2 else joined


def seal_of(before: bytes, *, on: date, cases: int, root: bytes) -> bytes:
    """Return what ties a day to all days before it."""
    return sha256(before + f"{on.isoformat()} {cases} {root.hex()}".encode()).digest()


def make_due(*, at: datetime) -> list[DailyRoot]:
    """Make the root of every day that is over and has none yet, the oldest first.

    The first one ever stands for all that happened until then.
    """
    yesterday = localdate(at) - DAY
    last = DailyRoot.objects.order_by("-on").values_list("on", flat=True).first()
    if last is None and not Event.objects.exists():
        return []
    on = yesterday if last is None else last + DAY
    made = []
    while on <= yesterday:
        made.append(make(on=on, at=at))
        on += DAY
    return made


@transaction.atomic
def make(*, on: date, at: datetime) -> DailyRoot:
    """Make the root of one day, from the cases that moved and stand under none yet."""
    with connection.cursor() as cursor:  # Two workers would make one day twice.
        cursor.execute("LOCK incidents_dailyroot IN SHARE ROW EXCLUSIVE MODE")
    before = list(DailyRoot.objects.order_by("-on")[:2])
    moved = _moved(on=on, before=before)
    moved.sort(key=lambda head: head.public_id)
    root = root_of([head.leaf for head in moved])
    sealed = bytes(before[0].seal) if before else b""
    newest = [head.event for head in moved] + [each.last_event for each in before[:1]]
    made = DailyRoot.objects.create(
        on=on,
        cases=len(moved),
        root=root,
        seal=seal_of(sealed, on=on, cases=len(moved), root=root),
        last_event=max(newest, default=0),
        made_at=at,
    )
    DailyLeaf.objects.bulk_create(
        (
            DailyLeaf(
                root=made,
                public_id=head.public_id,
                sequence=head.sequence,
                hash=head.hash,
                is_demo=head.is_demo,
            )
            for head in moved
        ),
        batch_size=LOT,
    )
    return made


@dataclass(frozen=True, slots=True)
class _Head:
    public_id: str
    sequence: int
    hash: bytes
    is_demo: bool
    event: int

    @property
    def leaf(self) -> bytes:
        return leaf_hash(self.public_id, self.sequence, self.hash, is_demo=self.is_demo)


def _moved(*, on: date, before: Sequence[DailyRoot]) -> list[_Head]:
    """Find the last event of each case that moved since it was last under a root.

    It is looked for from the day before the last root on: an event may have been
    committed only after the root that its number belongs under was made.
    """
    until = datetime.combine(on + DAY, time.min, get_current_timezone())
    after = before[1].last_event if len(before) > 1 else 0
    with connection.cursor() as cursor:
        cursor.execute(MOVED, {"after": after, "until": until})
        return [
            _Head(public_id, sequence, bytes(hash_), is_demo, event)
            for public_id, sequence, hash_, is_demo, event in cursor.fetchall()
        ]


MOVED = """
SELECT public_id, sequence, hash, is_demo, event FROM (
    SELECT DISTINCT ON (e.report_id) r.public_id, e.sequence, e.hash, r.is_demo,
        e.id AS event
    FROM incidents_event e JOIN incidents_report r ON r.id = e.report_id
    WHERE e.id > %(after)s AND e.at < %(until)s
    ORDER BY e.report_id, e.sequence DESC
) head
WHERE NOT EXISTS (
    SELECT FROM incidents_dailyleaf leaf
    WHERE leaf.public_id = head.public_id AND leaf.sequence >= head.sequence
)
"""
