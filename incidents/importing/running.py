"""Running: a file from its first row to its last, batch by batch."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from itertools import islice
from pathlib import Path

from django.conf import settings
from django.utils.timezone import localdate

from incidents.deadlines import read_deadlines
from incidents.decisions import Decision, Reason
from incidents.errors import UnusableFile
from incidents.mass_routing import Asked, route_many
from incidents.models import Category

from . import agreement
from .cases import Decided, lay_fates
from .columns import Columns
from .copies import Batch, Copyist
from .moments import Order
from .outputs import (
    DISAGREEMENT,
    REJECT,
    WriteRows,
    differing_row,
    leaving_out,
    reject_row,
    writing_rows,
)
from .positions import Ground
from .reading import Table, open_table
from .sifting import Sieve, remembering, sift
from .telling import Told
from .today import Today
from .understanding import (
    Kind,
    Reject,
    Row,
    Understanding,
    our_categories,
    words_over,
)
from .writing import Writer

OFF_THE_MAP = Reason.OFF_THE_MAP
#: So many rows are read, routed and kept together, where nothing else is said.
BATCH = 4000
SOURCE_AT_MOST = 24
NO_NAME = re.compile(r"[^A-Za-z0-9._-]+")
Progress = Callable[[Told, float], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What file is to come in, how its words are meant, and what is to come of it."""

    path: Path
    columns: Columns
    rejects: Path
    disagreements: Path
    source: str = ""  #: Names the other system; the file's own name, if none is given.
    encoding: str = ""
    delimiter: str = ""
    layer: str = ""
    order: Order = Order.DAY
    meant: Mapping[str, str] = field(default_factory=dict)
    default_category: str = ""
    over: Sequence[str] = ()
    on: date | None = None  #: Weigh all by the map and rules of this day.
    routes: bool = False
    commit: bool = False
    batch: int = BATCH

    @property
    def files(self) -> tuple[Path, Path, Path]:
        """The file, and the two that are written: no two of them are one."""
        return self.path, self.rejects, self.disagreements

    @property
    def system(self) -> str:
        """Return the name under which ids of this file are unique."""
        named = NO_NAME.sub("-", self.source or self.path.stem).strip("-")
        return named[:SOURCE_AT_MOST] or "file"


def import_reports(wish: Wish, *, at: datetime, progress: Progress) -> Told:
    """Bring a file's reports in, each batch whole or not at all, or tell what would be.

    What is here already stays as it is, so an import that was killed goes on where it
    was when it is run again. Nobody is told anything. Raises `UnusableFile`.
    """
    if len({each.resolve() for each in wish.files}) < len(wish.files):
        raise UnusableFile(
            f"{wish.path}: what is put aside needs files of its own to be written to."
        )
    table = open_table(
        wish.path, encoding=wish.encoding, delimiter=wish.delimiter, layer=wish.layer
    )
    wish.columns.refuse_missing(table.header)
    given = _understanding(wish, table, at=at)
    labels = agreement.begin(wish.columns.labels, table.header)
    told = Told(form=table.form, tallies=labels.tallies)
    with ExitStack() as opened:
        reject = opened.enter_context(
            writing_rows(wish.rejects, *REJECT, *table.header)
        )
        differ: WriteRows = leaving_out
        if wish.columns.labels:
            differ = opened.enter_context(
                writing_rows(wish.disagreements, *DISAGREEMENT)
            )
        writer = None
        if wish.commit:
            copyist = Copyist(source=wish.system, deadlines=given.deadlines, at=at)
            writer = Writer(copyist)
            opened.enter_context(writer.open())
        sieve = opened.enter_context(remembering())
        run = _Run(wish, given, told, sieve, reject=reject)
        for decided in run.decided(table):
            differ(differing_row(each) for each in labels.weigh(decided))
            new = [each for each in decided if each.is_new]
            fates = lay_fates(new, routes=wish.routes, at=at)
            if writer is not None and new:
                writer.keep(Batch(decided=new, fates=fates))
            told.take(new, fates)
            progress(told, table.read_so_far() * told.done / told.rows)
    if not told.usable:
        raise UnusableFile(_why_nothing(told, wish))
    return told


class _Run:
    """The way of rows from the file to what is decided about them, in order."""

    def __init__(
        self,
        wish: Wish,
        given: Understanding,
        told: Told,
        sieve: Sieve,
        *,
        reject: WriteRows,
    ) -> None:
        self._wish, self._told, self._sieve = wish, told, sieve
        self._reject = reject
        self._reader = given.reader()
        self._today = Today.read(on=localdate(given.at))
        self._underway: deque[tuple[Row, bool]] = deque()
        self._doubtful: set[str] = set()  #: Of those underway, by their points.

    def decided(self, table: Table) -> Iterator[list[Decided]]:
        """Route what is new, and for labels what is here already, batch by batch."""
        # One router for the whole file: it holds the map it has read.
        routed = route_many(self._asked(table), on=self._wish.on)
        while several := list(islice(routed, self._wish.batch)):
            found = [
                (*self._underway.popleft(), decision) for _number, decision in several
            ]
            if self._doubtful:
                found = [
                    (row, is_new, self._weighed(row, decision))
                    for row, is_new, decision in found
                ]
            kept = [each for each in found if each[2].reason is not OFF_THE_MAP]
            if len(kept) < len(found):
                self._put_aside(
                    _off_the_map(row)
                    for row, is_new, decision in found
                    if is_new and decision.reason is OFF_THE_MAP
                )
            if not kept and not self._told.usable:
                return
            self._told.underway = len(self._underway)
            places = self._today.places((row, decision) for row, _, decision in kept)
            yield [
                Decided(row=row, decision=decision, current_place=place, is_new=is_new)
                for (row, is_new, decision), place in zip(kept, places, strict=True)
            ]

    def _weighed(self, row: Row, decision: Decision) -> Decision:
        """Doubt a decision about a point that many told different things of."""
        if row.client_id not in self._doubtful:
            return decision
        self._doubtful.remove(row.client_id)
        return replace(decision, is_repeated_point=True)

    def _asked(self, table: Table) -> Iterator[Asked]:
        for row, is_new in self._rows(table):
            self._underway.append((row, is_new))
            yield Asked(
                number=row.line.number,
                point=row.point,
                category_id=row.category.pk,
                at=row.created,
                address=row.address,
            )

    def _rows(self, table: Table) -> Iterator[tuple[Row, bool]]:
        """Give the rows that can be reports, until not one of a batch is of any use."""
        told, lines = self._told, table.lines()
        while batch := list(islice(lines, self._wish.batch)):
            told.rows += len(batch)
            read = [self._reader.read(line) for line in batch]
            sifted = sift([each for each in read if isinstance(each, Row)])
            rejects = [each for each in read if isinstance(each, Reject)]
            self._put_aside([*rejects, *sifted.rejects])
            told.held += len(sifted.held)
            told.repeated += sifted.repeated
            on_the_way = [(row, True) for row in sifted.new]
            if self._wish.columns.labels:
                on_the_way += [(row, False) for row in sifted.held]
            repeated = self._sieve.repeated([*sifted.held, *sifted.new])
            if repeated:
                named = {row.client_id for row, _ in on_the_way}
                self._doubtful |= repeated & named
            yield from on_the_way
            if told.rows == told.rejected:
                return

    def _put_aside(self, rejects: Iterable[Reject]) -> None:
        rejects = sorted(rejects, key=lambda each: each.line.number)
        self._reject(reject_row(each) for each in rejects)
        self._told.reject(rejects)


def _understanding(wish: Wish, table: Table, *, at: datetime) -> Understanding:
    """Gather what rows are understood by, or say what is not told."""
    columns, categories = wish.columns, our_categories()
    if not columns.created:
        raise UnusableFile("Say in --map which column tells when it came: created=….")
    if not table.has_shapes and not (columns.lat and columns.lon):
        raise UnusableFile("Say in --map which columns tell where: lat=…,lon=….")
    if not columns.category and not wish.default_category:
        raise UnusableFile("Say category=… in --map, or --default-category.")
    default = _ours(wish.default_category, categories)
    for code in wish.meant.values():
        _ours(code, categories)
    west, south, east, north = settings.CITY.bounds
    return Understanding(
        columns=columns,
        header=table.header,
        source=wish.system,
        categories=categories,
        meant=wish.meant,
        default=default,
        deadlines=read_deadlines(),
        ground=Ground(west=west, south=south, east=east, north=north),
        order=wish.order,
        over=words_over(wish.over),
        at=at,
        on=wish.on,
    )


def _ours(code: str, categories: Mapping[str, Category]) -> Category | None:
    if code and code not in categories:
        raise UnusableFile(f"“{code}” is no category of this city.")
    return categories.get(code)


def _off_the_map(row: Row) -> Reject:
    return Reject(row.line, Kind.OFF_THE_MAP, f"lies in no area in force on {row.on}")


def _why_nothing(told: Told, wish: Wish) -> str:
    """Say why not one row could be imported, by the cause that most of them have."""
    if not told.rows:
        return f"{wish.path.name}: there is no row in it."
    (kind, count), *_ = told.rejects.most_common(1)
    return (
        f"None of the first {told.rows} rows can be imported, so the rest was not "
        f"read and nothing was changed. {count} times {kind.value}: "
        f"{told.examples[kind][0]}. All are in {wish.rejects}."
    )
