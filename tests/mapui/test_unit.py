"""A unit's list: by due date, three sentences, whose a case is, many at once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from incidents.history import Happening, last_event, record
from incidents.models import (
    Candidate,
    Clock,
    Event,
    Membership,
    Report,
    Result,
    Status,
)
from tests.factories import (
    AttachmentFactory,
    CaseFactory,
    CategoryFactory,
    MembershipFactory,
    OrganisationFactory,
    PlaceFactory,
    UserFactory,
    somebody,
)

pytestmark = pytest.mark.django_db

UNIT = "/lam-viec/don-vi"
#: A Tuesday at nine in the morning, here.
TUESDAY = datetime(2026, 11, 24, 2, tzinfo=UTC)


def held(unit, status=Status.TRANSFERRED, **given):
    return CaseFactory.create(status=status, organisation=unit, **given)


def due(report, *, days):
    """Let both clocks of a case run out so many days from now."""
    at = timezone.now() + timedelta(days=days)
    start = at - timedelta(days=30)
    Clock.objects.filter(report=report).update(started_at=start, due_at=at)
    return report


def listed(answer):
    """The ids of the cases on a page, from the top."""
    return [job.report.public_id for job in answer.context["rows"]]


def counted(answer):
    parts = [*answer.context["sentences"], *answer.context["chips"]]
    return {each.name: each.count for each in parts}


def replied(report):
    happened = [Happening(code=Event.Code.REPLIED, text="Cổng sau chợ")]
    record(report, happened, at=timezone.now(), after=last_event(report))


def published(report):
    Result.objects.create(
        report=report,
        round=1,
        organisation=report.organisation,
        outcome="fixed",
        text="Done",
        at=timezone.now(),
        published_at=timezone.now(),
    )


def statements(client, address):
    client.get(address)
    with CaptureQueriesContext(connection) as ran:
        assert client.get(address).status_code == 200
    return len(ran)


@pytest.fixture
def tuesday(monkeypatch):
    monkeypatch.setattr(timezone, "now", lambda: TUESDAY)


def test_a_unit_sees_its_own_cases_by_due_date(client, unit):
    later, late, soon = (held(unit) for _ in range(3))
    for case, days in ((later, 9), (late, -3), (soon, 1)):
        due(case, days=days)
    CaseFactory.create(status=Status.TRANSFERRED)
    held(unit, Status.RESOLVED)

    shown = listed(client.get(UNIT))

    assert shown == [late.public_id, soon.public_id, later.public_id]


def test_a_day_s_work_stands_under_four_headings(client, unit, tuesday):
    cases = {
        name: due(held(unit), days=days)
        for name, days in (("later", 6), ("week", 2), ("today", 0.3), ("late", -1))
    }

    groups = client.get(UNIT).context["groups"]

    assert [
        (name, heading, [job.report for job in jobs]) for name, heading, jobs in groups
    ] == [
        ("late", "Quá hạn", [cases["late"]]),
        ("today", "Hôm nay", [cases["today"]]),
        ("week", "Tuần này", [cases["week"]]),
        ("later", "Sau đó", [cases["later"]]),
    ]


def test_of_one_day_the_urgent_come_first_and_what_awaits_approval_last(client, unit):
    urgent = CategoryFactory.create(urgency="urgent")
    filed = due(held(unit, Status.AWAITING, category=urgent), days=-5)
    calm = due(held(unit), days=-4)
    alarm = due(held(unit, category=urgent), days=-1)

    shown = listed(client.get(UNIT))

    assert shown == [each.public_id for each in (alarm, calm, filed)]


def test_three_sentences_tell_what_is_late_due_and_reopened(client, unit, tuesday):
    late, soon = due(held(unit), days=-1), due(held(unit), days=1)
    again, calm = due(held(unit), days=20), due(held(unit), days=20)
    published(again)

    answer = client.get(UNIT)

    sentences = [
        (each.count, each.text, each.way) for each in answer.context["sentences"]
    ]
    assert sentences == [
        (1, "vụ quá hạn", "?show=late"),
        (1, "vụ đến hạn tuần này", "?show=week"),
        (1, "vụ bị phản ánh lại", "?show=again"),
    ]
    for (_, _, way), case in zip(sentences, (late, soon, again), strict=True):
        assert f'href="{UNIT}{way}"' in answer.content.decode()
        assert listed(client.get(UNIT + way)) == [case.public_id]
    assert len(listed(client.get(f"{UNIT}?show=nonsense"))) == 4
    assert calm.public_id in answer.content.decode()


def test_a_reminded_and_an_answered_case_say_so_until_somebody_acts(client, unit):
    reminded = held(unit, reminded_at=timezone.now())
    answered = due(held(unit, Status.ACKNOWLEDGED), days=3)
    replied(answered)

    before = client.get(UNIT)
    said = before.content.decode()
    assert "Bị đôn đốc" in said
    assert "Có trả lời mới" in said
    assert (counted(before)["reminded"], counted(before)["replied"]) == (1, 1)
    assert listed(client.get(f"{UNIT}?show=reminded")) == [reminded.public_id]
    assert listed(client.get(f"{UNIT}?show=replied")) == [answered.public_id]
    client.post(
        f"/lam-viec/phan-anh/{answered.public_id}/verify",
        {"version": answered.version},
    )

    assert "replied" not in counted(client.get(UNIT))


def test_my_own_cases_are_one_press_away(client, unit):
    me = Membership.objects.get(organisation=unit).user
    mine, other = due(held(unit, assignee=me), days=-1), held(unit)

    answer = client.get(f"{UNIT}?mine=1")

    assert listed(answer) == [mine.public_id]
    assert counted(answer)["late"] == 1
    assert counted(client.get(UNIT))["mine"] == 1
    assert other.public_id not in answer.content.decode()


def test_who_was_given_a_case_of_the_unit_above_finds_it_in_the_list(client):
    above = OrganisationFactory.create()
    below = OrganisationFactory.create(parent=above)
    officer = somebody(Membership.Role.FIELD_OFFICER, below).user
    case = held(above, assignee=officer)
    held(above)
    client.force_login(officer)

    assert listed(client.get(UNIT)) == [case.public_id]


def test_a_leader_is_led_to_what_awaits_approval_and_others_are_not(client, unit):
    case = held(unit, Status.AWAITING, approval="leader")
    led = f'href="/lam-viec/phan-anh/{case.public_id}">'

    theirs = client.get(f"{UNIT}?show=results").content.decode()
    client.force_login(somebody(Membership.Role.LEADER, unit).user)
    answer = client.get(f"{UNIT}?show=results")

    assert "Xem và duyệt" not in theirs
    assert "Xem và duyệt" in answer.content.decode()
    assert answer.content.decode().count(led) == theirs.count(led) + 1
    assert [job.may_approve for job in answer.context["rows"]] == [True]


def test_the_way_there_is_asked_of_nobody_before_it_is_pressed(client, unit):
    held(unit)

    said = client.get(UNIT).content.decode()

    way = "https://www.google.com/maps/dir/?api=1&amp;destination=10.800000,106.700000"
    assert f'href="{way}"' in said
    assert said.count('rel="noreferrer"') == said.count("google") == 1


def test_a_unit_takes_many_cases_at_once_and_stays_where_it_was(client, unit):
    fresh = [held(unit), held(unit)]
    before = held(unit, Status.ACKNOWLEDGED)
    chosen = [f"{case.public_id}:{case.version}" for case in (*fresh, before)]

    answer = client.post(
        f"{UNIT}/tiep-nhan", {"chosen": chosen, "show": "new", "view": "map"}
    )

    assert answer.url == f"{UNIT}?show=new&view=map"
    statuses = set(Report.objects.values_list("status", flat=True))
    assert statuses == {Status.ACKNOWLEDGED}
    levels = [each.level_tag for each in client.get(UNIT).context["messages"]]
    assert levels == ["success"]


def test_one_press_takes_one_case_whatever_is_ticked(client, unit):
    pressed, ticked = held(unit), held(unit)

    client.post(
        f"{UNIT}/tiep-nhan",
        {
            "chosen": f"{ticked.public_id}:{ticked.version}",
            "one": f"{pressed.public_id}:{pressed.version}",
        },
    )

    pressed.refresh_from_db()
    ticked.refresh_from_db()
    assert pressed.status == Status.ACKNOWLEDGED
    assert ticked.status == Status.TRANSFERRED


def test_what_changed_meanwhile_or_is_not_ones_own_is_not_taken(client, unit):
    changed, other = held(unit), CaseFactory.create(status=Status.TRANSFERRED)
    chosen = [f"{changed.public_id}:99", f"{other.public_id}:1", "junk"]

    answer = client.post(f"{UNIT}/tiep-nhan", {"chosen": chosen}, follow=True)

    assert [each.level_tag for each in answer.context["messages"]] == ["error"]
    statuses = set(Report.objects.values_list("status", flat=True))
    assert statuses == {Status.TRANSFERRED}


def test_many_cases_are_given_to_one_officer(client, unit):
    officer = MembershipFactory.create(organisation=unit, user__first_name="Tư").user
    cases = [due(held(unit), days=3), due(held(unit, Status.IN_PROGRESS), days=3)]
    chosen = [f"{case.public_id}:{case.version}" for case in cases]

    answer = client.post(
        f"{UNIT}/phan-cong", {"chosen": chosen, "assignee": officer.pk}, follow=True
    )

    assert set(Report.objects.values_list("assignee", flat=True)) == {officer.pk}
    (message,) = answer.context["messages"]
    assert str(message) == "Đã phân công 2 vụ cho Tư."


@pytest.mark.parametrize("assignee", ["", "nobody", "99999999999999999999"])
def test_cases_are_given_to_nobody_unknown(client, unit, assignee):
    case = held(unit)
    chosen = [f"{case.public_id}:{case.version}"]

    answer = client.post(
        f"{UNIT}/phan-cong", {"chosen": chosen, "assignee": assignee}, follow=True
    )

    assert [each.level_tag for each in answer.context["messages"]] == ["warning"]
    assert not Report.objects.exclude(assignee=None).exists()


@pytest.mark.parametrize("address", ["tiep-nhan", "phan-cong"])
def test_who_chose_nothing_is_told_to_choose(client, unit, address):
    held(unit)

    answer = client.post(f"{UNIT}/{address}", {"mine": "1"}, follow=True)

    assert [each.level_tag for each in answer.context["messages"]] == ["warning"]
    assert answer.redirect_chain == [(f"{UNIT}?mine=1", 302)]


def test_the_pages_of_a_list_keep_what_was_asked_for(client, unit):
    CaseFactory.create_batch(51, status=Status.TRANSFERRED, organisation=unit)

    first = client.get(f"{UNIT}?show=new&view=map")
    second = client.get(f"{UNIT}?show=new&view=map&page=2")

    assert 'rel="next"' in first.content.decode()
    assert "show=new&amp;view=map&amp;page=2" in first.content.decode()
    assert (len(listed(first)), len(listed(second))) == (50, 1)


def test_fifty_cases_with_photos_take_as_many_statements_as_two(client, unit):
    """Session, user and reach; the list with its photos; its counts; and in one the
    days, the officers, what the unit was asked about, and whether it has a line."""
    for _ in range(2):
        AttachmentFactory.create(
            report=held(unit), state="ready", thumbnail="thumbs/a.jpg"
        )
    few = statements(client, UNIT)
    for case in CaseFactory.create_batch(48, status="transferred", organisation=unit):
        AttachmentFactory.create(report=case, state="ready", thumbnail="thumbs/a.jpg")

    assert statements(client, UNIT) == few <= 6


def test_cases_that_several_units_were_asked_about_take_no_more_statements(
    client, unit
):
    costs = []
    for count in (1, 3):
        for _ in range(count):
            case = CaseFactory.create(
                status=Status.ACCEPTED,
                organisation=None,
                current_place=PlaceFactory.create(),
            )
            Candidate.objects.create(
                report=case,
                organisation=unit,
                asked_by=UserFactory.create(),
                asked_at=TUESDAY,
            )
        with CaptureQueriesContext(connection) as asked:
            answer = client.get(UNIT)
        costs.append(len(asked))

    assert len(answer.context["questions"]) == 4
    assert costs[0] == costs[1]
