"""Understood: a row of the file as a report of this city, or why it is none."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from hashlib import sha256
from unicodedata import normalize

from django.utils.timezone import get_default_timezone

from gis_data.models import search_key, tidy
from incidents.deadlines import Deadlines
from incidents.errors import NoDeadlineRule
from incidents.models import Category, DeadlineRule, Report
from incidents.privacy import blind

from .columns import Columns
from .moments import AHEAD, EARLIEST, Order, read_moment
from .positions import Ground, read_number, refuse_misplaced
from .reading import Line

ADDRESS_AT_MOST = Report._meta.get_field("address").max_length or 0
CLIENT_ID_AT_MOST = Report._meta.get_field("client_id").max_length or 0
#: What systems write on a case that is over, beside what is said with --closed.
OVER = (
    "closed, resolved, completed, complete, done, fixed, archived, "
    "đã xử lý, đã giải quyết, hoàn thành, đã hoàn thành, đã đóng"
)


class Kind(StrEnum):
    """What is wrong with a row, by which rejects are counted."""

    UNREADABLE = "cannot be read"
    NO_DATE = "no date of receipt that can be"
    NO_END = "no closing date that can be"
    NO_POSITION = "no position that can be"
    NO_CATEGORY = "no category of ours"
    NO_DEADLINE = "no deadline in force that day"
    OFF_THE_MAP = "off the map of that day"
    REPEATED = "the same id as another row, and not the same"
    DIFFERENT = "here already, and not the same"


@dataclass(frozen=True, slots=True)
class Reject:
    """A row that does not become a report, and why."""

    line: Line
    kind: Kind
    why: str

    def __str__(self) -> str:
        return f"row {self.line.number}: {self.why}"


@dataclass(frozen=True, slots=True)
class Row:
    """A row of the file that can be a report: checked, clean, and told from others."""

    line: Line
    client_id: str
    external_id: str
    digest: bytes  #: Changes with what the row says of the case.
    category: Category
    rule: DeadlineRule
    point: tuple[float, float] | None
    created: datetime
    day: date  #: The local one of its receipt.
    closed: datetime | None
    on: date  #: The day whose map and rules it is weighed by.
    description: str
    address: str


class Unusable(Exception):
    """A row is no report; says what counts it and what is wrong."""

    def __init__(self, kind: Kind, why: str) -> None:
        super().__init__(why)
        self.kind, self.why = kind, why


@dataclass(frozen=True, slots=True, kw_only=True)
class Understanding:
    """All that is needed to make reports of rows, read before the first one."""

    columns: Columns
    header: Sequence[str]
    source: str  #: Names the other system; ids are unique within it.
    categories: Mapping[str, Category]  #: Ours by code, with their branches.
    meant: Mapping[str, str]  #: Our code by the search key of their word.
    default: Category | None
    deadlines: Deadlines
    ground: Ground
    order: Order
    over: frozenset[str]
    at: datetime
    on: date | None = None

    def reader(self) -> Reader:
        """Return what reads rows, with each column's place in them at hand."""
        return Reader(self)


class Reader:
    """Makes reports of rows, thousands a second."""

    def __init__(self, given: Understanding) -> None:
        self.given, self.zone = given, get_default_timezone()
        places = {name: n for n, name in enumerate(given.header)}
        self.places = {
            told: places[column] for told, column in given.columns.named.items()
        }
        self.meant: dict[str, Category | None] = {}

    def read(self, line: Line) -> Row | Reject:
        """Understand a row, or say why it cannot be a report."""
        if line.flaw:
            return Reject(line, Kind.UNREADABLE, line.flaw)
        try:
            return self._row(line)
        except Unusable as unusable:
            return Reject(line, unusable.kind, unusable.why)

    def _row(self, line: Line) -> Row:
        given = self.given
        created = self._created(line)
        closed = self._closed(line, created)
        word = self._said(line, "category")
        category = self._category(word)
        point = self._point(line, category)
        # What `localdate` says, without asking each time which zone is at work.
        day = created.astimezone(self.zone).date()
        on = given.on or day
        try:
            rule = given.deadlines.rule(category, on=on)
        except NoDeadlineRule as error:
            said = f"no deadline is in force on {on}"
            raise Unusable(Kind.NO_DEADLINE, said) from error
        description = normalize("NFC", self._said(line, "description")) or word
        address = tidy(self._said(line, "address"))[:ADDRESS_AT_MOST]
        external_id = tidy(self._said(line, "external_id"))
        told = (
            category.code,
            point,
            created.timestamp(),
            closed and closed.timestamp(),
            description,
            address,
        )
        return Row(
            line=line,
            client_id=self._client_id(line, external_id),
            external_id=external_id,
            digest=bytes.fromhex(blind(json.dumps(told, ensure_ascii=False))),
            category=category,
            rule=rule,
            point=point,
            created=created,
            day=day,
            closed=closed,
            on=on,
            description=description,
            address=address,
        )

    def _said(self, line: Line, told: str) -> str:
        place = self.places.get(told)
        return "" if place is None else line.cells[place].strip()

    def _created(self, line: Line) -> datetime:
        said = self._said(line, "created")
        created = self._moment(said, "created", Kind.NO_DATE)
        if created is None:
            raise Unusable(Kind.NO_DATE, "says no date of receipt")
        return created

    def _closed(self, line: Line, created: datetime) -> datetime | None:
        said = self._said(line, "closed")
        closed = self._moment(said, "closed", Kind.NO_END)
        if closed is not None and closed < created:
            why = f"was closed ({said}) before it came ({self._said(line, 'created')})"
            raise Unusable(Kind.NO_END, why)
        if "status" in self.places:
            status = self._said(line, "status")
            is_over = search_key(status) in self.given.over
            if is_over and closed is None:
                raise Unusable(Kind.NO_END, f"is “{status}”, but not since when")
            if closed is not None and not is_over:
                why = f"was closed on {said}, yet is “{status}”; name it with --closed"
                raise Unusable(Kind.NO_END, why)
        return closed

    def _moment(self, said: str, column: str, kind: Kind) -> datetime | None:
        if not said:
            return None
        try:
            moment = read_moment(said, zone=self.zone, order=self.given.order)
            is_past = moment <= self.given.at + AHEAD
            is_likely = moment >= EARLIEST
        except (ValueError, OverflowError) as error:
            why = str(error) if str(error).startswith("has") else "is no date"
            raise Unusable(kind, f"{column} “{said:.40}” {why}") from error
        if not is_past:
            raise Unusable(kind, f"{column} “{said:.40}” lies in the future")
        if not is_likely:
            raise Unusable(kind, f"{column} “{said:.40}” is too long ago")
        return moment

    def _category(self, word: str) -> Category:
        """Return ours for their word: by its code, by what it was said to mean."""
        if word not in self.meant:
            given, key = self.given, search_key(word)
            code = given.meant.get(key, word)
            if len(self.meant) > MANY_WORDS:
                self.meant.clear()
            self.meant[word] = given.categories.get(code, given.default)
        category = self.meant[word]
        if category is None:
            why = f"category “{word:.80}” is none of ours; say --category-map"
            raise Unusable(Kind.NO_CATEGORY, why)
        return category

    def _point(self, line: Line, category: Category) -> tuple[float, float] | None:
        point = line.point or self._read_point(line)
        if point is None:
            if category.needs_place:
                raise Unusable(Kind.NO_POSITION, "has no position")
            return None
        lon, lat = point
        if why := refuse_misplaced(lon, lat, ground=self.given.ground):
            raise Unusable(Kind.NO_POSITION, f"{lat}, {lon} {why}")
        return point

    def _read_point(self, line: Line) -> tuple[float, float] | None:
        lat, lon = self._said(line, "lat"), self._said(line, "lon")
        if not lat and not lon:
            return None
        try:
            return read_number(lon), read_number(lat)
        except ValueError as error:
            why = f"“{lat:.30}”, “{lon:.30}” are no coordinates"
            raise Unusable(Kind.NO_POSITION, why) from error

    def _client_id(self, line: Line, external_id: str) -> str:
        """Name the row as long as it is in the file: by its id, else by all it says."""
        source = self.given.source
        named = f"{source}:{external_id}"
        if external_id and len(named) <= CLIENT_ID_AT_MOST:
            return named
        whole = external_id or json.dumps([line.cells, line.point], ensure_ascii=False)
        return f"{source}#{sha256(whole.encode()).hexdigest()[:32]}"


#: So many different words for categories are remembered at most.
MANY_WORDS = 10_000


def words_over(said: Sequence[str]) -> frozenset[str]:
    """Return the keys of the words by which a case is over."""
    return frozenset(search_key(each) for each in (*OVER.split(","), *said))


def our_categories() -> dict[str, Category]:
    """Read every category with all its branches, in one statement, by its code."""
    every = Category.objects.select_related("branch__branch")
    return {each.code: each for each in every}
