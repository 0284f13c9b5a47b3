from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import connection

from incidents import calls, tasks
from incidents.errors import Missing, NotAllowed, NotFollowable
from incidents.models import (
    CallDraft,
    Contact,
    ContactReading,
    Following,
    Notice,
    Report,
    Status,
    Transfer,
)
from incidents.models.lookup_code import read_code
from tests.factories import (
    HERE,
    JULY,
    LAN,
    CaseFactory,
    LeafFactory,
    OrganisationFactory,
    ReportFactory,
    focal_point,
    north_of,
    operator,
)

pytestmark = pytest.mark.django_db

SAID = {"phone": LAN.phone, "name": "Lan", "description": "Mất nắp cống"}


@pytest.fixture
def desk():
    return operator()


@pytest.fixture
def call(telling):
    """What a caller told, of a category that does not route itself."""
    telling.category.routes_itself_on = []
    telling.category.save()
    return replace(telling, client_id="one-call")


def drafted(desk, at=JULY, **said):
    calls.keep_draft(client_id="one-call", said=SAID | said, by=desk, at=at)


def test_a_draft_is_sealed_and_read_back_by_who_typed_it(desk):
    drafted(desk)

    kept = CallDraft.objects.get()
    assert b"Lan" not in bytes(kept.sealed)
    assert LAN.phone.encode() not in bytes(kept.sealed)
    assert calls.find_draft("one-call", by=desk).said == SAID
    assert calls.find_draft("one-call", by=operator()) is None


def test_a_draft_is_written_over_and_goes_when_nothing_is_left_in_it(desk):
    drafted(desk)
    drafted(desk, name="Lan Anh")
    assert [each.said["name"] for each in calls.drafts_of(desk)] == ["Lan Anh"]

    calls.keep_draft(client_id="one-call", said={"name": " "}, by=desk, at=JULY)

    assert not CallDraft.objects.exists()


def test_a_number_that_calls_again_finds_its_unfinished_call(desk):
    drafted(desk, phone="0901 234 567")

    assert calls.draft_of_number(LAN.phone, by=desk).client_id == "one-call"
    assert calls.draft_of_number("+84987654321", by=desk) is None
    assert calls.draft_of_number(LAN.phone, by=operator()) is None


def test_what_comes_late_of_a_call_that_is_filed_revives_no_draft(desk, call):
    drafted(desk)
    calls.take_call(call, by=desk, at=JULY, onward=False)

    drafted(desk)

    assert calls.draft_of_number(LAN.phone, by=desk) is None
    assert not CallDraft.objects.exists()


def test_what_comes_late_of_a_call_that_was_joined_revives_no_draft(desk):
    case = CaseFactory.create(status=Status.IN_PROGRESS)
    drafted(desk)
    calls.add_caller(
        case, client_id="one-call", reporter=LAN, language="vi", by=desk, at=JULY
    )

    drafted(desk)

    assert calls.draft_of_number(LAN.phone, by=desk) is None
    assert not CallDraft.objects.exists()


def test_what_a_call_was_joined_to_is_found_by_an_index():
    with connection.cursor() as cursor:
        known = connection.introspection.get_constraints(
            cursor, Following._meta.db_table
        )

    indexed = [each for each in known.values() if each["index"] or each["unique"]]
    led_by = [each["columns"][0] for each in indexed]
    assert "client_id" in led_by


def test_drafts_are_thrown_away_after_a_day(desk, monkeypatch):
    drafted(desk, at=JULY)
    monkeypatch.setattr(tasks.timezone, "now", lambda: JULY + timedelta(hours=23))
    tasks.sweep_call_drafts(0)
    assert CallDraft.objects.exists()

    monkeypatch.setattr(tasks.timezone, "now", lambda: JULY + timedelta(hours=25))
    tasks.sweep_call_drafts(0)

    assert not CallDraft.objects.exists()


def test_a_caller_is_found_sealed_and_who_looked_is_written_down(desk):
    case, _other = (
        CaseFactory.create(),
        CaseFactory.create(reporter=replace(LAN, phone="+84987654321")),
    )
    sealed = bytes(case.contact.sealed)

    found = calls.cases_of("0901 234 567", by=desk, at=JULY)

    assert list(found) == [case]
    reading = ContactReading.objects.get()
    assert (reading.contact, reading.reader) == (
        case.contact,
        desk.user.get_username(),
    )
    assert reading.reason == calls.SEARCHED
    assert bytes(Contact.objects.get(pk=case.contact.pk).sealed) == sealed


def test_a_caller_is_found_by_the_mail_and_by_what_they_follow(desk):
    case = CaseFactory.create(reporter=replace(LAN, phone="", email="an@example.org"))
    calls.add_caller(case, client_id="c", reporter=LAN, language="vi", by=desk, at=JULY)

    assert list(calls.cases_of("AN@example.org", by=desk, at=JULY)) == [case]
    assert list(calls.cases_of(LAN.phone, by=desk, at=JULY)) == [case]
    assert not calls.cases_of("chợ", by=desk, at=JULY).exists()


def test_nobody_but_the_desk_takes_calls(call):
    stranger = focal_point(OrganisationFactory.create())

    with pytest.raises(NotAllowed):
        calls.take_call(call, by=stranger, at=JULY, onward=True)
    with pytest.raises(NotAllowed):
        calls.cases_of(LAN.phone, by=stranger, at=JULY)
    with pytest.raises(NotAllowed):
        drafted(stranger)

    assert not Report.objects.exists()


def test_a_call_is_filed_and_transferred_at_once(desk, call):
    drafted(desk)

    filing = calls.take_call(call, by=desk, at=JULY, onward=True)

    report = Report.objects.get()
    assert filing.report == report
    assert read_code(report.code) == report.code
    assert (report.channel, report.status) == ("hotline", Status.TRANSFERRED)
    assert report.organisation.code == "ubnd-a"
    assert Transfer.objects.get().by == desk.user
    assert not CallDraft.objects.exists()


def test_what_is_settled_goes_by_itself_and_only_once(desk, call):
    call.category.routes_itself_on = ["hotline"]
    call.category.save()

    filing = calls.take_call(call, by=desk, at=JULY, onward=True)

    assert filing.report.status == Status.TRANSFERRED
    assert Transfer.objects.get().by is None
    assert Notice.objects.filter(event__report=filing.report).count() == 1


@pytest.mark.parametrize("channels", [[], ["hotline"]])
def test_the_operator_may_name_another_unit_with_a_reason(desk, call, channels):
    call.category.routes_itself_on = channels
    call.category.save()
    other = OrganisationFactory.create()
    with pytest.raises(Missing):
        calls.take_call(call, by=desk, at=JULY, onward=True, to=other)
    assert not Report.objects.exists()

    calls.take_call(call, by=desk, at=JULY, onward=True, to=other, reason="Cống cấp 1")

    transfer = Transfer.objects.get()
    assert (transfer.organisation, transfer.reason) == (other, "Cống cấp 1")


@pytest.mark.parametrize("channels", [[], ["hotline"]])
def test_a_call_may_be_kept_at_the_desk(desk, call, channels):
    call.category.routes_itself_on = channels
    call.category.save()

    filing = calls.take_call(call, by=desk, at=JULY, onward=False)

    assert filing.report.status == Status.RECEIVED
    assert not Transfer.objects.exists()


def test_where_no_unit_is_proposed_nothing_is_filed_until_one_is_named(desk, call):
    call = replace(call, category=LeafFactory.create(routes_itself_on=[]))
    with pytest.raises(Missing):
        calls.take_call(call, by=desk, at=JULY, onward=True)
    assert not Report.objects.exists()

    unit = OrganisationFactory.create()
    calls.take_call(call, by=desk, at=JULY, onward=True, to=unit)

    assert Report.objects.get().organisation == unit


def test_a_call_sent_twice_is_filed_and_transferred_once(desk, call):
    first = calls.take_call(call, by=desk, at=JULY, onward=True)

    again = calls.take_call(call, by=desk, at=JULY, onward=True)

    assert (again.report, again.is_new) == (first.report, False)
    assert Transfer.objects.count() == 1


def test_a_caller_is_added_to_a_case_under_way(desk):
    case = CaseFactory.create(status=Status.IN_PROGRESS)
    drafted(desk)

    calls.add_caller(
        case, client_id="one-call", reporter=LAN, language="vi", by=desk, at=JULY
    )

    assert Following.objects.get().report == case
    assert Contact.objects.filter(following__report=case).exists()
    assert not CallDraft.objects.exists()


def test_a_caller_is_not_added_to_what_has_ended(desk):
    case = CaseFactory.create(status=Status.RESOLVED)
    drafted(desk)

    with pytest.raises(NotFollowable):
        calls.add_caller(
            case, client_id="one-call", reporter=LAN, language="vi", by=desk, at=JULY
        )

    assert CallDraft.objects.exists()


def test_what_is_alike_is_near_open_recent_and_of_the_same_branch(call, wards):
    given = {"category": call.category, "received_at": JULY - timedelta(days=2)}
    near, nearer = (
        ReportFactory.create(point=north_of(HERE, metres), **given)
        for metres in (150, 20)
    )
    branch = call.category.branch
    sister = LeafFactory.create(branch=branch, code=f"{branch.code}.hu-nap")
    between = ReportFactory.create(
        point=north_of(HERE, 60), **(given | {"category": sister})
    )
    for told in (
        {"point": north_of(HERE, 300)},
        {"status": Status.RESOLVED},
        {"received_at": JULY - timedelta(days=20)},
        {"category": LeafFactory.create()},
    ):
        ReportFactory.create(**(given | told))

    found = calls.alike(call.category, point=HERE, ward=None, at=JULY)

    assert list(found) == [nearer, near, between]
    assert round(found[0].distance.m) == 20


def test_without_a_point_what_is_alike_lies_in_the_ward(call, wards):
    given = {"category": call.category, "received_at": JULY - timedelta(days=2)}
    inside = ReportFactory.create(place=wards["a"], **given)
    ReportFactory.create(place=wards["b"], **given)

    found = calls.alike(call.category, point=None, ward=wards["a"], at=JULY)

    assert list(found) == [inside]
    assert not calls.alike(call.category, point=None, ward=None, at=JULY).exists()
