"""A day's root stands for every history; what is rewritten in secret is found."""

from __future__ import annotations

import json
from contextlib import contextmanager
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, transaction
from django.utils.timezone import localdate

from incidents import roots
from incidents.history import Happening, last_event, record, seal
from incidents.models import DailyLeaf, DailyRoot, Event
from incidents.roots import DAY, make_due
from incidents.tasks import make_daily_roots
from incidents.verifying import check_file, check_roots, file_of
from tests.factories import JULY, CaseFactory

pytestmark = pytest.mark.django_db


@contextmanager
def behind_the_guard(*tables):
    """Write as someone could who holds the database itself."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for table in tables:
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        yield cursor
        for table in tables:
            cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")


def move(case, *, at, code=Event.Code.PROGRESS):
    (event,) = record(case, [Happening(code=code)], at=at, after=last_event(case))
    return event


def faults():
    return list(check_roots())


@pytest.fixture
def three():
    """Three cases of July 9th, under the root of that day."""
    cases = CaseFactory.create_batch(3)
    make_due(at=JULY + DAY)
    return cases


def test_a_day_that_is_over_has_a_root_over_the_cases_that_moved(three):
    root = DailyRoot.objects.get()

    assert (root.on, root.cases, len(bytes(root.root))) == (localdate(JULY), 3, 32)
    told = {(leaf.public_id, bytes(leaf.hash)) for leaf in root.leaves.all()}
    assert told == {(case.public_id, bytes(last_event(case).hash)) for case in three}


def test_today_has_none_and_a_second_run_makes_nothing(three):
    assert make_due(at=JULY + DAY) == []
    assert make_due(at=JULY + DAY + timedelta(hours=5)) == []


def test_days_on_which_no_worker_ran_are_caught_up_one_by_one(three):
    move(three[0], at=JULY + 2 * DAY)

    made = make_due(at=JULY + 5 * DAY)

    assert [root.cases for root in made] == [0, 1, 0, 0]
    assert [root.on for root in made] == [
        localdate(JULY) + turn * DAY for turn in range(1, 5)
    ]
    assert faults() == []


def test_an_event_told_of_an_earlier_day_stands_under_the_next_root(three):
    imported = CaseFactory.create()

    (made,) = make_due(at=JULY + 2 * DAY)

    assert [leaf.public_id for leaf in made.leaves.all()] == [imported.public_id]


def test_an_event_committed_late_under_an_older_number_is_not_forgotten(three):
    late = CaseFactory.create()
    early = move(three[0], at=JULY + DAY)
    newest = move(three[1], at=JULY + DAY)
    assert late.events.get().pk < early.pk < newest.pk
    with behind_the_guard("incidents_event"):
        Event.objects.filter(report=late).update(at=JULY + DAY * 2)
    make_due(at=JULY + 2 * DAY)
    with behind_the_guard("incidents_event"):
        Event.objects.filter(report=late).update(at=JULY)

    (made,) = make_due(at=JULY + 3 * DAY)

    assert [leaf.public_id for leaf in made.leaves.all()] == [late.public_id]


def test_each_root_is_sealed_to_all_days_before(three):
    move(three[0], at=JULY + DAY)
    make_due(at=JULY + 2 * DAY)

    with behind_the_guard("incidents_dailyroot"):
        DailyRoot.objects.filter(on=localdate(JULY)).update(seal=b"0" * 32)

    first, second = faults()
    assert first.startswith(f"{localdate(JULY)}: its seal")
    assert second.startswith(f"{localdate(JULY + DAY)}: its seal")


@pytest.mark.parametrize("rows", [DailyRoot, DailyLeaf])
def test_roots_are_neither_changed_nor_deleted(three, rows):
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL incidents.clearing = 'on'")
    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
        rows.objects.all()._raw_delete("default")
    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
        rows.objects.update(id=1)


def test_a_history_rewritten_whole_with_right_seals_is_found_by_the_root(three):
    case = three[1]
    event = last_event(case)
    event.code = Event.Code.REFUSED
    with behind_the_guard("incidents_event"):
        hash_ = seal(event, public_id=case.public_id)
        Event.objects.filter(pk=event.pk).update(code=event.code, hash=hash_)

    assert faults() == [
        f"{localdate(JULY)}: {case.public_id} had another event 1 that day."
    ]


def test_the_end_cut_off_a_history_is_found_by_the_root(three):
    case = three[0]
    move(case, at=JULY + DAY)
    make_due(at=JULY + 2 * DAY)

    with behind_the_guard("incidents_event"):
        last_event(case).delete()

    assert faults() == [
        f"{localdate(JULY + DAY)}: {case.public_id} had another event 2 that day."
    ]


@pytest.mark.parametrize(
    "change", [{"sequence": 9}, {"is_demo": True}, {"hash": b""}, {"public_id": "x"}]
)
def test_a_changed_leaf_no_longer_gives_the_root(three, change):
    leaf = DailyLeaf.objects.earliest("pk")

    with behind_the_guard("incidents_dailyleaf"):
        DailyLeaf.objects.filter(pk=leaf.pk).update(**change)

    assert "do not give its root" in faults()[0]


def test_a_case_taken_away_is_missed_unless_it_was_invented(three):
    gone = CaseFactory.create(is_demo=True)
    make_due(at=JULY + 2 * DAY)
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL incidents.clearing = 'on'")
    gone.delete()
    assert faults() == []

    real = three[2]
    public_id = real.public_id
    real.delete()

    assert f"{public_id} had another event 1" in faults()[0]


def test_the_command_names_the_first_thing_wrong_and_ends_with_an_error(three):
    out = StringIO()
    call_command("verify_history", stdout=out)
    assert "3 cases, 0 broken." in out.getvalue()

    with behind_the_guard("incidents_event") as cursor:
        cursor.execute(
            "UPDATE incidents_event SET code = 'refused' WHERE report_id = %s",
            [three[1].pk],
        )

    first = f"The first thing wrong: {three[1].public_id}: broken at event 1"
    with pytest.raises(CommandError, match=first):
        call_command("verify_history", stdout=out)


def test_a_case_without_any_history_is_broken(three):
    with behind_the_guard("incidents_event"):
        three[0].events.all().delete()

    with pytest.raises(CommandError, match=f"{three[0].public_id}: broken at event 0"):
        call_command("verify_history", stdout=StringIO())


def test_the_file_of_a_case_is_checked_against_the_root_of_its_day(three, tmp_path):
    for case in three:
        told = json.loads(json.dumps(file_of(case)))
        assert told["root"]["on"] == str(localdate(JULY))
        assert check_file(told, published=None) == ""

    out, file = StringIO(), tmp_path / "case.json"
    file.write_text(json.dumps(file_of(three[0])))
    call_command("verify_history", file=file, stdout=out)
    assert f"1 events fit, under the root of {localdate(JULY)}" in out.getvalue()


def test_a_forged_file_does_not_lead_to_the_published_root(three, tmp_path):
    told = file_of(three[0])
    told["events"][0]["code"] = "refused"
    assert "broken at event 1" in check_file(told, published=None)

    event = last_event(three[0])
    event.code = "refused"
    told["events"][0]["hash"] = seal(event, public_id=three[0].public_id).hex()
    file = tmp_path / "case.json"
    file.write_text(json.dumps(told))
    with pytest.raises(CommandError, match="not under the root"):
        call_command("verify_history", file=file, stdout=StringIO())


def test_rubbish_is_no_file_of_a_case(tmp_path):
    file = tmp_path / "case.json"
    for rubbish in ("", "[]", "{}", '{"events": 5, "public_id": 1}'):
        file.write_text(rubbish)
        with pytest.raises(CommandError, match="not the file of a case"):
            call_command("verify_history", file=file, stdout=StringIO())


@pytest.mark.parametrize("count", [0, 1, 2, 3, 4, 5, 8, 13])
def test_every_leaf_climbs_to_the_root_by_what_is_beside_its_way(count):
    leaves = [
        roots.leaf_hash(f"case-{n}", n, b"x", is_demo=False) for n in range(count)
    ]
    root = roots.root_of(leaves)

    for turn, leaf in enumerate(leaves):
        way = roots.way_up(leaves, turn)
        assert roots.climb(leaf, way) == root
        assert roots.climb(leaves[turn - 1], way) != root or count == 1


def test_strangers_read_the_roots_and_nothing_of_a_case(three, client):
    told = client.get("/api/v1/roots").json()

    root = DailyRoot.objects.get()
    assert told["next"] is None
    assert told["roots"][0] | {"made_at": ""} == {
        "on": str(localdate(JULY)),
        "cases": 3,
        "root": bytes(root.root).hex(),
        "seal": bytes(root.seal).hex(),
        "made_at": "",
    }
    assert client.get(f"/api/v1/roots/{root.on}").json() == told["roots"][0]
    assert client.get("/api/v1/roots/2001-01-01").status_code == 404
    assert client.get("/api/v1/roots/someday").status_code == 404
    assert client.get("/api/v1/roots?before=x").status_code == 422


def test_older_roots_are_a_page_further(three, client):
    make_due(at=JULY + 101 * DAY)

    told = client.get("/api/v1/roots").json()
    rest = client.get(told["next"]).json()

    assert (len(told["roots"]), len(rest["roots"])) == (100, 1)
    assert rest["roots"][0]["on"] == str(localdate(JULY))


def test_the_worker_seals_the_days_that_are_over():
    CaseFactory.create()

    make_daily_roots(timestamp=0)

    newest = DailyRoot.objects.latest("on")
    assert (newest.cases, DailyRoot.objects.count()) == (1, 1)
