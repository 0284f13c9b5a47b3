from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from django.contrib.auth.hashers import make_password
from django.db import connection, transaction
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange

from incidents import leaving, work
from incidents.errors import (
    HandOverFirst,
    LastAdministrator,
    Missing,
    NotAllowed,
    OwnRole,
)
from incidents.history import broken_at
from incidents.leaving import hand_over, look_over, successors
from incidents.models import (
    CallDraft,
    Duty,
    Membership,
    Organisation,
    Report,
    RoleChange,
    Status,
)
from incidents.permissions import actor_of
from incidents.roles import end_membership, name_deputy
from tests.factories import (
    JULY,
    CaseFactory,
    MembershipFactory,
    OrganisationFactory,
    UserFactory,
    focal_point,
    somebody,
)

pytestmark = pytest.mark.django_db
Role, Code = Membership.Role, RoleChange.Code
TODAY = JULY.date()
TOMORROW = TODAY + timedelta(days=1)
HOUR = timedelta(hours=1)


@pytest.fixture
def unit(db):
    return OrganisationFactory.create(code="unit")


@pytest.fixture
def manager(unit):
    return somebody(Role.ADMINISTRATOR, unit)


@pytest.fixture
def leaver(unit):
    return MembershipFactory.create(organisation=unit, role=Role.FIELD_OFFICER).user


@pytest.fixture
def colleague(unit):
    return MembershipFactory.create(organisation=unit, role=Role.FOCAL_POINT).user


def cases(leaver, unit, *statuses):
    return [
        CaseFactory.create(status=status, organisation=unit, assignee=leaver)
        for status in statuses or (Status.IN_PROGRESS, Status.PAUSED)
    ]


def on_duty(user, unit, begins, ends):
    during = DateTimeTZRange(JULY + begins * HOUR, JULY + ends * HOUR)
    return Duty.objects.create(user=user, organisation=unit, during=during)


def hours(user):
    """When somebody is on duty, in hours from now."""
    return [
        (int((d.during.lower - JULY) / HOUR), int((d.during.upper - JULY) / HOUR))
        for d in Duty.objects.filter(user=user).order_by("during")
    ]


def test_a_colleague_has_all_that_a_leaver_had(unit, manager, leaver, colleague):
    held = cases(leaver, unit)
    on_duty(leaver, unit, -1, 2)
    on_duty(leaver, unit, 24, 32)

    done = hand_over(leaver, to=colleague, by=manager, at=JULY)

    assert set(Report.objects.filter(assignee=colleague)) == set(held)
    assert (done.reports, done.unassigned, done.is_switched_off) == (2, 0, True)
    assert hours(colleague) == [(0, 2), (24, 32)]
    assert hours(leaver) == [(-1, 0)]
    leaver.refresh_from_db()
    assert not leaver.is_active
    assert actor_of(leaver, on=TODAY) is None


def test_each_case_keeps_in_its_history_that_it_was_given(
    unit, manager, leaver, colleague
):
    held = cases(leaver, unit)

    hand_over(leaver, to=colleague, by=manager, at=JULY)

    for case in held:
        event = case.events.latest("sequence")
        was = case.version
        case.refresh_from_db()
        assert (event.code, event.by, event.visibility) == (
            "assigned",
            manager.user,
            "staff",
        )
        assert event.arguments == {"officer": str(colleague.pk)}
        assert (case.version, case.updated_at) == (was + 1, JULY)
        assert broken_at(case) is None


def test_what_has_ended_stays_with_who_did_it(unit, manager, leaver, colleague):
    (case,) = cases(leaver, unit, Status.RESOLVED)

    hand_over(leaver, to=colleague, by=manager, at=JULY)

    case.refresh_from_db()
    assert case.assignee == leaver


def test_without_a_colleague_cases_go_back_to_the_unit(unit, manager, leaver):
    (case, _) = cases(leaver, unit)
    on_duty(leaver, unit, 1, 2)

    done = hand_over(leaver, to=None, by=manager, at=JULY)

    assert (done.reports, done.unassigned, done.duties, done.empty_duties) == (
        0,
        2,
        0,
        1,
    )
    assert case.events.latest("sequence").arguments == {"officer": ""}
    assert not Report.objects.exclude(assignee=None).exists()
    assert not Duty.objects.exists()


def test_a_duty_that_the_colleague_has_anyway_is_not_given_twice(
    unit, manager, leaver, colleague
):
    on_duty(leaver, unit, 24, 32)
    on_duty(colleague, unit, 30, 40)

    done = hand_over(leaver, to=colleague, by=manager, at=JULY)

    assert (done.duties, done.empty_duties) == (0, 1)
    assert hours(colleague) == [(30, 40)]


def test_the_preview_tells_what_then_moves_and_moves_nothing(
    unit, manager, leaver, colleague
):
    cases(leaver, unit)
    on_duty(leaver, unit, 24, 32)
    CallDraft.objects.create(
        user=leaver, client_id="a", sealed=b"", started_at=JULY, updated_at=JULY
    )
    Report.objects.filter(pk=Report.objects.first().pk).update(
        claimed_by=leaver, claimed_at=JULY
    )

    told = look_over(leaver, by=manager, at=JULY)

    assert (told.reports, told.duties, told.claims, told.drafts) == (2, 1, 1, 1)
    assert [each.role for each in told.ended] == [Role.FIELD_OFFICER]
    assert told.leaves
    assert Report.objects.filter(assignee=leaver).count() == 2
    done = hand_over(leaver, to=colleague, by=manager, at=JULY)
    assert (done.reports, done.duties) == (2, 1)
    assert not Report.objects.exclude(claimed_by=None).exists()
    assert not CallDraft.objects.exists()


def test_done_twice_nothing_happens_the_second_time(unit, manager, leaver, colleague):
    (case, _) = cases(leaver, unit)

    hand_over(leaver, to=colleague, by=manager, at=JULY)
    with pytest.raises(NotAllowed):
        hand_over(leaver, to=colleague, by=manager, at=JULY)

    assert case.events.filter(code="assigned").count() == 1
    assert RoleChange.objects.filter(code=Code.HANDED_OVER).count() == 1


def test_all_of_it_happens_or_nothing(unit, manager, leaver, colleague, monkeypatch):
    (case, _) = cases(leaver, unit)
    on_duty(leaver, unit, 24, 32)

    def fail(*args, **kwargs):
        raise RuntimeError

    monkeypatch.setattr(leaving, "switch_off_without_role", fail)
    with pytest.raises(RuntimeError):
        hand_over(leaver, to=colleague, by=manager, at=JULY)

    assert Report.objects.filter(assignee=leaver).count() == 2
    assert not case.events.filter(code="assigned").exists()
    assert hours(leaver) == [(24, 32)]
    assert leaver.memberships.get().validity.upper is None


def test_what_others_see_to_stays(unit, manager, leaver, colleague):
    beside = OrganisationFactory.create()
    MembershipFactory.create(user=leaver, organisation=beside)
    (there,) = cases(leaver, beside, Status.IN_PROGRESS)
    cases(leaver, unit)

    told = look_over(leaver, by=manager, at=JULY)
    done = hand_over(leaver, to=colleague, by=manager, at=JULY)

    assert (told.reports, told.leaves) == (2, False)
    assert (done.reports, done.is_switched_off) == (2, False)
    there.refresh_from_db()
    assert there.assignee == leaver
    assert actor_of(leaver, on=TODAY).units == {beside.pk}


def test_who_leaves_whole_keeps_no_case_anywhere(unit, manager, leaver, colleague):
    (there,) = cases(leaver, OrganisationFactory.create(), Status.IN_PROGRESS)

    done = hand_over(leaver, to=colleague, by=manager, at=JULY)

    there.refresh_from_db()
    assert there.assignee is None
    assert (done.reports, done.unassigned) == (0, 1)


def test_a_successor_works_where_the_leaver_did(unit, manager, leaver, colleague):
    above = OrganisationFactory.create()
    Organisation.objects.filter(pk=unit.pk).update(parent=above)
    waiting = MembershipFactory.create(
        organisation=unit, user__invited_at=JULY, user__password=make_password(None)
    ).user
    MembershipFactory.create(organisation=above)
    gone = MembershipFactory.create(organisation=unit, user__is_active=False).user

    found = successors(leaver, by=manager, at=JULY)

    assert list(found) == [colleague]
    for person in (waiting, gone, leaver, UserFactory.create()):
        with pytest.raises(Missing) as refused:
            hand_over(leaver, to=person, by=manager, at=JULY)
        assert refused.value.field == "to"


def test_nobody_hands_over_for_themselves_or_for_people_of_others(
    unit, manager, leaver
):
    beside = somebody(Role.ADMINISTRATOR, OrganisationFactory.create())
    focal = somebody(Role.FOCAL_POINT, unit)

    with pytest.raises(OwnRole):
        hand_over(manager.user, to=None, by=manager, at=JULY)
    for by in (beside, focal):
        with pytest.raises(NotAllowed):
            hand_over(leaver, to=None, by=by, at=JULY)

    leaver.refresh_from_db()
    assert leaver.is_active


def test_the_last_administrator_does_not_leave(unit, manager):
    other = somebody(Role.ADMINISTRATOR, unit)
    end_membership(manager.user.memberships.get(), on=TOMORROW, by=other, at=JULY)
    Membership.objects.filter(user=manager.user).update(role=Role.LEADER)

    with pytest.raises(LastAdministrator):
        hand_over(other.user, to=None, by=manager, at=JULY)

    assert actor_of(other.user, on=TODAY).gives


def test_who_stands_in_for_a_leaver_ends_too(unit, manager, colleague):
    leader = MembershipFactory.create(organisation=unit, role=Role.LEADER)
    name_deputy(
        leader,
        deputy=colleague,
        since=TODAY,
        until=TODAY + timedelta(days=6),
        by=manager,
        at=JULY,
    )

    told = look_over(leader.user, by=manager, at=JULY)
    hand_over(leader.user, to=None, by=manager, at=JULY)

    assert told.deputies == 1
    assert not actor_of(colleague, on=TODAY).leads


@pytest.mark.parametrize("count", [2, 30])
def test_the_number_of_statements_does_not_grow_with_the_cases(
    unit, manager, leaver, colleague, count, django_assert_max_num_queries
):
    cases(leaver, unit, *[Status.IN_PROGRESS] * count)
    for turn in range(count):
        on_duty(leaver, unit, 24 * turn, 24 * turn + 8)

    with django_assert_max_num_queries(32):
        done = hand_over(leaver, to=colleague, by=manager, at=JULY)

    assert (done.reports, done.duties) == (count, count)


@pytest.mark.django_db(transaction=True)
def test_two_who_press_the_button_at_once_hand_over_once(
    unit, manager, leaver, colleague
):
    held = cases(leaver, unit)
    both = Barrier(2)

    def press(_):
        both.wait(10)
        try:
            return hand_over(leaver, to=colleague, by=manager, at=JULY).reports
        except NotAllowed:
            return None
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        done = list(pool.map(press, range(2)))

    assert sorted(done, key=str) == [2, None]
    for case in held:
        assert case.events.filter(code="assigned").count() == 1
        assert broken_at(case) is None


@pytest.mark.django_db(transaction=True)
def test_two_administrators_who_end_each_other_at_once_leave_one(unit):
    one, other = (somebody(Role.ADMINISTRATOR, unit) for _ in "ab")
    both = Barrier(2)

    def end_the(pair):
        by, whom = pair
        membership = whom.user.memberships.get()
        both.wait(10)
        try:
            end_membership(membership, on=TODAY, by=by, at=JULY)
        except LastAdministrator:
            return False
        else:
            return True
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        ended = list(pool.map(end_the, [(one, other), (other, one)]))

    assert sorted(ended) == [False, True]
    left = Membership.objects.in_force(on=TODAY).filter(role=Role.ADMINISTRATOR)
    assert left.count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_case_given_at_the_moment_of_leaving_is_handed_over_too(
    unit, manager, leaver
):
    case = CaseFactory.create(organisation=unit, status=Status.TRANSFERRED)
    gives = focal_point(unit)

    def leave():
        try:
            return hand_over(leaver, to=None, by=manager, at=JULY)
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            work.assign(case, to=leaver, by=gives, at=JULY)
            done = pool.submit(leave)
            with pytest.raises(TimeoutError):
                done.result(0.5)
        assert done.result(10).unassigned == 1

    case.refresh_from_db()
    assert case.assignee is None


def test_who_is_still_on_duty_hands_over_before_a_role_ends(
    unit, manager, leaver, colleague
):
    on_duty(leaver, unit, 48, 56)
    role = leaver.memberships.get()

    with pytest.raises(HandOverFirst, match="còn lịch trực"):
        end_membership(role, on=TOMORROW, by=manager, at=JULY)
    hand_over(leaver, to=colleague, by=manager, at=JULY)

    assert hours(leaver) == []
    assert hours(colleague) == [(48, 56)]


def test_duties_before_the_last_day_keep_no_role_from_ending(unit, manager, leaver):
    on_duty(leaver, unit, -9, -1)
    role = leaver.memberships.get()

    end_membership(role, on=TODAY, by=manager, at=JULY)

    assert not leaver.memberships.filter(validity__contains=TODAY).exists()


def test_a_duty_goes_only_to_who_could_be_put_on_that_roster(unit, colleague):
    above = OrganisationFactory.create(code="above")
    unit.parent = above
    unit.save()
    manager = somebody(Role.ADMINISTRATOR, above)
    leaver = MembershipFactory.create(organisation=above).user
    MembershipFactory.create(user=leaver, organisation=unit)
    on_duty(leaver, above, 24, 32)

    done = hand_over(leaver, to=colleague, by=manager, at=JULY)

    assert (done.duties, done.empty_duties) == (0, 1)
    assert not Duty.objects.filter(user=colleague).exists()
