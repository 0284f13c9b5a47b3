from __future__ import annotations

from contextlib import contextmanager
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, transaction

from incidents import handover, work
from incidents.history import Happening, broken_at, last_event, record
from incidents.intake import receive
from incidents.models import (
    AccessRecord,
    ContactReading,
    DailyLeaf,
    DailyRoot,
    DecisionRecord,
    Event,
    Note,
    RoleChange,
    Transfer,
)
from incidents.privacy import open_contact
from tests.factories import JULY, CaseFactory, focal_point, operator

pytestmark = pytest.mark.django_db


@pytest.fixture
def case(telling):
    """A case with a history of five events, the last with a note."""
    report = receive(telling, channel="portal", at=JULY).report
    unit = focal_point(report.organisation)
    work.acknowledge(report, by=unit, at=JULY)
    work.note_progress(report, by=unit, at=JULY, text="The pump is here")
    return report


@contextmanager
def behind_the_guard():
    """Write as someone could who holds the database itself."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE incidents_event DISABLE TRIGGER USER")
        cursor.execute("ALTER TABLE incidents_note DISABLE TRIGGER USER")
        yield
        cursor.execute("ALTER TABLE incidents_event ENABLE TRIGGER USER")
        cursor.execute("ALTER TABLE incidents_note ENABLE TRIGGER USER")


def test_a_history_that_nobody_touched_is_whole(case):
    assert case.events.count() == 5
    assert broken_at(case) is None


def test_it_is_still_whole_when_read_anew(case):
    fresh = type(case).objects.get(pk=case.pk)

    assert broken_at(fresh) is None


@pytest.mark.parametrize(
    "change",
    [
        {"code": "refused"},
        {"at": JULY.replace(hour=1)},
        {"arguments": {"organisation": "Another"}},
        {"visibility": "staff"},
        {"hash": b"0" * 32},
        {"prev_hash": b"0" * 32},
        {"sequence": 99},
    ],
)
def test_a_change_behind_the_guard_is_found(case, change):
    second = case.events.filter(sequence=2)

    with behind_the_guard():
        second.update(**change)

    assert broken_at(case) in {2, 3}


def test_a_changed_author_is_found(case):
    stranger = operator().user

    with behind_the_guard():
        case.events.filter(sequence=4).update(by=stranger)

    assert broken_at(case) == 4


def test_an_event_taken_out_of_the_middle_is_found(case):
    with behind_the_guard():
        case.events.get(sequence=3).delete()

    assert broken_at(case) == 3


@pytest.mark.parametrize("rows", [Event, DecisionRecord, Transfer, ContactReading])
def test_what_is_on_record_is_not_deleted(case, rows):
    open_contact(case.contact, by="lan", why="call back", at=JULY)

    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
        rows.objects.all()._raw_delete("default")


@pytest.mark.parametrize(
    "rows",
    [
        Event,
        Note,
        DecisionRecord,
        Transfer,
        ContactReading,
        DailyRoot,
        DailyLeaf,
        AccessRecord,
        RoleChange,
    ],
)
def test_no_table_of_the_record_is_emptied(case, rows):
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET LOCAL incidents.emptying = 'off'")

        with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
            cursor.execute(f"TRUNCATE {rows._meta.db_table} CASCADE")


def test_emptying_the_reports_does_not_reach_their_history(case):
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET LOCAL incidents.emptying = 'off'")

        with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
            cursor.execute("TRUNCATE incidents_report CASCADE")


def test_words_beside_the_chain_are_erased_and_never_rewritten(case):
    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
        Note.objects.update(text="The pump never came")

    Note.objects.all().delete()

    assert broken_at(case) is None


def test_who_read_a_contact_stays_as_it_was_written(case):
    open_contact(case.contact, by="lan", why="call back", at=JULY)

    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
        ContactReading.objects.update(reason="nothing")


def test_an_event_of_another_case_does_not_fit(case):
    planted = CaseFactory.create().events.get()

    with behind_the_guard():
        case.events.filter(sequence=1).delete()
        Event.objects.filter(pk=planted.pk).update(report=case, sequence=1)

    assert broken_at(case) == 1


def test_a_command_names_the_case_whose_history_was_rewritten(case):
    out = StringIO()
    call_command("verify_history", stdout=out)
    assert "1 cases, 0 broken." in out.getvalue()

    with behind_the_guard():
        Note.objects.update(text="The pump never came")

    with pytest.raises(CommandError):
        call_command("verify_history", stdout=out)
    assert f"{case.public_id}: broken at event 5." in out.getvalue()


def test_a_rewritten_note_is_found_and_an_erased_one_leaves_the_chain_whole(case):
    with behind_the_guard():
        Note.objects.update(text="The pump never came")
    assert broken_at(case) == 5

    Note.objects.all().delete()

    assert broken_at(case) is None


def test_the_same_words_leave_another_digest_in_each_case():
    cases = CaseFactory.create_batch(2)
    said = Happening(code=Event.Code.PROGRESS, text="0901 234 567")

    written = [
        record(case, [said], at=JULY, after=last_event(case))[0] for case in cases
    ]

    assert written[0].arguments["digest"] != written[1].arguments["digest"]
    assert "0901 234" not in str([event.arguments for event in written])


@pytest.mark.parametrize("model", [Event, DecisionRecord, Transfer])
def test_what_was_written_down_can_no_longer_be_changed(case, model):
    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
        model.objects.update(at=JULY.replace(year=2024))


def test_each_case_has_a_chain_of_its_own():
    one, other = CaseFactory.create_batch(2)

    handover.claim(one, by=operator(), at=JULY)

    assert (one.events.count(), other.events.count()) == (2, 1)
    assert [broken_at(one), broken_at(other)] == [None, None]


def test_adding_to_a_history_is_one_statement_and_one_more_with_words(
    django_assert_num_queries,
):
    case = CaseFactory.create()
    last = last_event(case)
    silent = [Happening(code=Event.Code.CLAIMED), Happening(code=Event.Code.ACCEPTED)]

    with django_assert_num_queries(1):
        *_, last = record(case, silent, at=JULY, after=last)
    with django_assert_num_queries(2):
        spoken = Happening(code=Event.Code.PROGRESS, text="So")
        record(case, [spoken], at=JULY, after=last)

    assert broken_at(case) is None


@pytest.mark.parametrize("code", Event.Code)
def test_every_event_has_a_label_even_with_nothing_to_fill_it(code):
    event = Event(code=code, arguments={"until": "1/8"})

    assert event.label
