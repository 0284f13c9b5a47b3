"""Forty officers at once on the same cases: nothing lost, nothing doubled, no 500.

Operators and people of units read the pages of cases in a few browsers each and take
whatever step a page offers them, half of the time on the same few cases. Then the
database is asked: whatever was answered as done is there once, whatever was refused
left nothing, each transfer was acknowledged once, and every chain is whole.

    script/benchmark officers          # OFFICERS=40 WORKED=120 CASES=500
"""

from __future__ import annotations

import os
import sys
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from html.parser import HTMLParser
from http.client import HTTPConnection
from random import Random
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode, urlsplit

from benchmarks._scratch import scratch, spread, table
from benchmarks.intake import BOX, served

if TYPE_CHECKING:
    from incidents.models import Report

OFFICERS = int(os.environ.get("OFFICERS", "40"))
SECONDS = float(os.environ.get("WORKED", "120"))
CASES = int(os.environ.get("CASES", "500"))
#: One that goes to its unit by itself, and two that wait for an operator.
CATEGORIES = ("HT-THOATNUOC.nghet-cong", "MT.thu-gom", "GT.dau-xe")
#: So many cases everybody works on at once.
CROWDED = 20
#: So long somebody looks at a page before pressing, at most.
THINKS = 0.4
SECRET = "o" * 32  # The same in cookie and form, which is all that Django compares.
CASE = "/lam-viec/phan-anh/"
#: Done; somebody else was first; no longer theirs, which reads like unknown; refused
#: for what was typed. Anything else is a failure.
EXPECTED = frozenset({302, 409, 404, 403, 422})
#: A page of a result leads back to the case once there is none to file.
READ = frozenset({200, 302, 404})
#: Steps that change nothing of the case itself, or open another kind of page.
UNVERSIONED = frozenset({"release"})
#: What is written there is written over by the next who does.
OVERWRITTEN = frozenset({"approve_title"})


@dataclass
class Form:
    """A form of a page: where it goes, and what may be typed into it."""

    action: str
    fields: list[tuple[str, str, list[str]]] = field(default_factory=list)

    @property
    def step(self) -> str:
        return urlsplit(self.action).path.rpartition("/")[2]


class Forms(HTMLParser):
    """Read the forms of a page, as a browser would offer them."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self.links: set[str] = set()
        self._select: list[str] | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.forms.append(Form(action=told.get("action", "")))
        elif tag == "a":
            self.links.add(told.get("href", ""))
        elif tag == "option" and self._select is not None:
            if told.get("value"):
                self._select.append(told["value"])
        elif self.forms and tag in {"input", "textarea", "select"} and "name" in told:
            kind = told.get("type", "text") if tag == "input" else tag
            choices = [told.get("value", "")] if tag == "input" else []
            if tag == "select":
                self._select = choices
            self.forms[-1].fields.append((told["name"], kind, choices))

    def handle_endtag(self, tag: str) -> None:
        if tag == "select":
            self._select = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Pressed:
    """One press of one officer, and what came of it."""

    officer: int
    case: str
    step: str
    version: str
    marker: str  #: Written into whatever could be written into; empty if nothing could.
    status: int
    milliseconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Hired:
    """Who works: signed in, with what they know of when they come."""

    session: str
    cases: list[str]  #: Public ids; at a unit, of those it had in the morning.
    units: list[str]  #: Codes of units that a case may go to.


class Officer:
    """Somebody of the staff at a browser of their own."""

    def __init__(self, number: int, port: int, hired: Hired) -> None:
        self.number, self.hired = number, hired
        self.random = Random(number)  # noqa: S311
        self.line = HTTPConnection("127.0.0.1", port, timeout=60)
        self.head = {"Cookie": f"sessionid={hired.session}; csrftoken={SECRET}"}
        self.read: Counter[int] = Counter()
        self.presses: list[Pressed] = []

    def work(self, seconds: float) -> None:
        """Read and press until the time is over."""
        until = time.perf_counter() + seconds
        with closing(self.line):
            while time.perf_counter() < until:
                crowded = self.random.random() < 0.5
                known = self.hired.cases
                self._open(self.random.choice(known[:CROWDED] if crowded else known))

    def _open(self, case: str) -> None:
        page = self._get(f"{CASE}{case}")
        if page is None:
            return
        offered = [
            form
            for form in page.forms
            if form.action.startswith(f"{CASE}{case}/")
            and any(name == "version" for name, _kind, _choices in form.fields)
        ]
        filed = f"{CASE}{case}/ket-qua"
        if filed in page.links and self.random.random() < 0.5:
            result = self._get(filed)
            forms = result.forms if result else []
            offered = [each for each in forms if len(each.fields) > 3] or offered
            offered = [each for each in offered if each.action != "/i18n/setlang/"]
            for each in offered:
                each.action = each.action or filed
        if offered:
            time.sleep(self.random.random() * THINKS)
            self._press(case, self.random.choice(offered))

    def _get(self, path: str) -> Forms | None:
        status, body, _took = self._ask("GET", path)
        self.read[status] += 1
        if status != 200:
            return None
        page = Forms()
        page.feed(body)
        return page

    def _press(self, case: str, form: Form) -> None:
        marker = f"m{self.number}x{len(self.presses)}x"
        said, is_marked = self._typed(form, marker)
        status, _body, took = self._ask("POST", form.action, said)
        self.presses.append(
            Pressed(
                officer=self.number,
                case=case,
                step=form.step,
                version=dict(said).get("version", ""),
                marker=marker if is_marked else "",
                status=status,
                milliseconds=took,
            )
        )

    def _typed(self, form: Form, marker: str) -> tuple[list[tuple[str, str]], bool]:
        said, is_marked, chosen = [("csrfmiddlewaretoken", SECRET)], False, set()
        for name, kind, choices in self.random.sample(form.fields, len(form.fields)):
            if name == "csrfmiddlewaretoken" or kind in {"file", "submit", "button"}:
                continue
            if kind == "hidden":
                said.append((name, choices[0]))
            elif name == "point":
                east, north = (self.random.uniform(*BOX[n::2]) for n in (0, 1))
                said.append((name, f"{north:.6f}, {east:.6f}"))
            elif name == "organisation":
                said.append((name, self.random.choice(self.hired.units)))
            elif kind in {"textarea", "text"}:
                said.append((name, f"Ghi chú {marker} của người đang xử lý"))
                is_marked = True
            elif kind == "date":
                later = timedelta(days=self.random.randint(1, 20))
                said.append((name, f"{datetime.now(UTC) + later:%Y-%m-%d}"))
            elif kind == "select" and choices:
                said.append((name, self.random.choice(choices)))
            elif kind == "radio" and name not in chosen:
                chosen.add(name)
                said.append((name, choices[0]))
        return said, is_marked

    def _ask(
        self, method: str, path: str, said: Iterable[tuple[str, str]] = ()
    ) -> tuple[int, str, float]:
        body = urlencode(list(said)) if method == "POST" else None
        head = self.head | {"Content-Type": "application/x-www-form-urlencoded"}
        began = time.perf_counter()
        self.line.request(method, path, body, head)
        answer = self.line.getresponse()
        text = answer.read().decode(errors="replace")
        return answer.status, text, (time.perf_counter() - began) * 1000


def main() -> int:
    """Let them work, then look whether anything was lost; print what was found."""
    with scratch() as database:
        collect_pages()
        cases = file_cases(CASES)
        hired = hire(OFFICERS, cases)
        with served(database) as (port, _server):
            officers = set_to_work(port, hired, seconds=SECONDS)
        wrong = judge(officers, [each.public_id for each in cases])
    if not any(each.status == 409 for one in officers for each in one.presses):
        wrong.append("no two met on a case, so that no conflict was tried")
    tell(officers)
    for each in wrong:
        print("WRONG:", each)  # noqa: T201
    return int(bool(wrong))


def collect_pages() -> None:
    """Gather the files that pages are drawn with, as a site does when it starts."""
    from django.core.management import call_command

    call_command("collectstatic", interactive=False, verbosity=0)


def file_cases(count: int) -> list[Report]:
    """File so many reports as citizens do, each with an e-mail to be told at."""
    from django.contrib.gis.geos import Point
    from django.utils import timezone

    from incidents.intake import Telling, receive
    from incidents.models import Category, Report
    from incidents.privacy import Reporter

    rng = Random(7)  # noqa: S311
    west, south, east, north = BOX
    kinds = list(Category.objects.filter(code__in=CATEGORIES).order_by("code"))
    filed = []
    for number in range(count):
        point = Point(rng.uniform(west, east), rng.uniform(south, north), srid=4326)
        person = Reporter(
            name="Nguyễn Văn Thử", phone="", email=f"nguoi-{number}@example.org"
        )
        telling = Telling(
            category=kinds[number % len(kinds)],
            place_source=Report.PlaceSource.GPS,
            point=point,
            accuracy=4,
            description=f"Việc thứ {number} cần xử lý",
            reporter=person,
        )
        filing = receive(telling, channel="portal", at=timezone.now())
        filed.append(filing.report)
    return filed


def hire(count: int, cases: Sequence[Report]) -> list[Hired]:
    """Employ operators, a third of all, and people of the units that have cases."""
    from django.conf import settings
    from django.db.backends.postgresql.psycopg_any import DateRange
    from django.test import Client

    from accounts.models import User
    from incidents.models import Membership, Organisation

    desk = Organisation.objects.get(type=Organisation.Type.OPERATOR)
    held = Counter(each.organisation for each in cases if each.organisation)
    units = [unit for unit, _cases in held.most_common(4)]
    hired, roles = [], [Membership.Role.FOCAL_POINT, Membership.Role.LEADER]
    for number in range(count):
        user = User.objects.create_user(username=f"officer-{number}", password=None)
        at_desk = number % 3 == 0
        unit = desk if at_desk else units[number % len(units)]
        Membership.objects.create(
            user=user,
            organisation=unit,
            role=Membership.Role.OPERATOR if at_desk else roles[number % 2],
            validity=DateRange(date(2020, 1, 1), None),
        )
        client = Client()
        client.force_login(user)
        known = [each for each in cases if at_desk or each.organisation == unit]
        session = client.cookies[settings.SESSION_COOKIE_NAME].value
        hired.append(
            Hired(
                session=session,
                cases=[each.public_id for each in known],
                units=[each.code for each in units],
            )
        )
    return hired


def set_to_work(port: int, hired: Sequence[Hired], *, seconds: float) -> list[Officer]:
    """Let everybody work at the same time, on what they know of."""
    officers = [Officer(number, port, each) for number, each in enumerate(hired)]
    with ThreadPoolExecutor(len(officers)) as pool:
        list(pool.map(lambda each: each.work(seconds), officers))
    return officers


def judge(officers: Sequence[Officer], ids: list[str]) -> list[str]:
    """Say everything that should not have happened."""
    from incidents.models import Report

    presses = [each for officer in officers for each in officer.presses]
    reads = sum((each.read for each in officers), Counter[int]())
    wrong = [f"{n} pages answered {s}" for s, n in reads.items() if s not in READ]
    wrong += [f"unexpected answer: {p}" for p in presses if p.status not in EXPECTED]
    done = [each for each in presses if each.status == 302]
    if not done or not any(each.status == 409 for each in presses):
        wrong.append(
            "Too little happened to show anything: no success, or no conflict."
        )
    versions = Counter(
        (each.case, each.version) for each in done if each.step not in UNVERSIONED
    )
    wrong += [f"two were first: {key}" for key, n in versions.items() if n > 1]
    wrong += _unwritten(presses)
    reports = Report.objects.filter(public_id__in=ids).order_by("pk")
    return wrong + _untold(reports) + _broken(reports)


def _unwritten(presses: Sequence[Pressed]) -> list[str]:
    """Look for every word in the case it was written to: there once done, else not."""
    from incidents.models import Note, Result, Transfer

    written: dict[str, str] = {}
    for rows, name in (
        (Note.objects.values_list("event__report__public_id", "text"), "note"),
        (Transfer.objects.values_list("report__public_id", "reason"), "transfer"),
        (Result.objects.values_list("report__public_id", "text"), "result"),
    ):
        for case, text in rows:
            written[case] = f"{written.get(case, '')}\n{name} {text}"
    wrong = []
    for each in presses:
        if not each.marker or each.step in OVERWRITTEN:
            continue
        is_there = each.marker in written.get(each.case, "")
        if is_there != (each.status == 302):
            wrong.append(f"{'left' if is_there else 'lost'}: {each}")
    return wrong


def _untold(reports: Any) -> list[str]:
    """Every transfer to a unit has its event, and that one acknowledgement."""
    from django.db.models import Count, Q

    from incidents.models import Event, Transfer

    given = Transfer.objects.filter(report__in=reports, organisation__isnull=False)
    transfers = Counter(given.values_list("report__public_id", flat=True))
    events = Event.objects.filter(report__in=reports, code=Event.Code.TRANSFERRED)
    told = events.annotate(n=Count("notices", filter=Q(notices__channel="email")))
    rows = list(told.values_list("report__public_id", "sequence", "n"))
    happened = Counter(case for case, _sequence, _n in rows)
    wrong = [f"{case}: told {n} times at {s}" for case, s, n in rows if n != 1]
    if happened != transfers:
        wrong.append(f"transfers and their events differ: {transfers - happened}")
    return wrong


def _broken(reports: Any) -> list[str]:
    from incidents.history import broken_at

    checked = ((each.public_id, broken_at(each)) for each in reports)
    return [f"{case}: the chain breaks at {at}" for case, at in checked if at]


def tell(officers: Sequence[Officer]) -> None:
    """Print how much was done, and how it was answered."""
    presses = [each for officer in officers for each in officer.presses]
    answers = Counter(each.status for each in presses)
    steps = Counter(each.step for each in presses if each.status == 302)
    reads = sum((each.read for each in officers), Counter[int]())
    rows = [(f"pages read, {status}", str(n)) for status, n in sorted(reads.items())]
    rows += [(f"presses, {status}", str(n)) for status, n in sorted(answers.items())]
    rows += [(f"done: {step}", str(n)) for step, n in steps.most_common()]
    refused = Counter((p.status, p.step) for p in presses if p.status in {403, 422})
    rows += [(f"{status}: {step}", str(n)) for (status, step), n in refused.items()]
    half, most = spread([each.milliseconds for each in presses])
    rows += [("a press, p50 ms", half), ("a press, p95 ms", most)]
    table(("", "measured"), rows)


if __name__ == "__main__":
    sys.exit(main())
