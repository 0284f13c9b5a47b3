from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.db import IntegrityError, transaction
from django.db.backends.postgresql.psycopg_any import DateRange
from procrastinate.contrib.django.models import ProcrastinateJob

from accounts.models import User
from incidents import people
from incidents.errors import (
    AccountShut,
    HandOverFirst,
    HeldAlready,
    LastAdministrator,
    Missing,
    NotAllowed,
    OwnRole,
)
from incidents.models import Membership, Organisation, Report, RoleChange, Status
from incidents.people import (
    changes_of,
    grant,
    invite,
    invite_again,
    memberships_under,
    people_under,
)
from incidents.permissions import actor_of
from incidents.roles import change_role, end_membership, name_deputy
from tests.factories import (
    ALWAYS,
    JULY,
    ContractFactory,
    MembershipFactory,
    OrganisationFactory,
    PlaceFactory,
    ReportFactory,
    UserFactory,
    focal_point,
    somebody,
)

pytestmark = pytest.mark.django_db
Role, Type, Code = Membership.Role, Organisation.Type, RoleChange.Code
TODAY = JULY.date()
TOMORROW = TODAY + timedelta(days=1)
WORKED = {Role.FOCAL_POINT, Role.FIELD_OFFICER, Role.LEADER}


@pytest.fixture
def town(db):
    """The city, its portal, a department with a centre and a crew, a ward beside."""
    made = {"city": OrganisationFactory.create(code="city", type=Type.CITY)}
    for code, above, kind in [
        ("portal", "city", Type.OPERATOR),
        ("department", "city", Type.DEPARTMENT),
        ("centre", "department", Type.MANAGER),
        ("crew", "centre", Type.CONTRACTOR),
        ("ward", "city", Type.WARD),
        ("owner", None, Type.OWNER),
    ]:
        made[code] = OrganisationFactory.create(
            code=code, type=kind, parent=made.get(above)
        )
    ContractFactory.create(owner=made["owner"], contractor=made["crew"])
    return made


@pytest.fixture
def centre(town):
    return town["centre"]


@pytest.fixture
def manager(centre):
    """The administrator of the centre."""
    return somebody(Role.ADMINISTRATOR, centre)


def asked(town, organisation, role, **others):
    said = {"email": "minh@example.org", "name": "Minh", "at": JULY}
    return said | {"organisation": town[organisation], "role": role} | others


def held(user):
    """What somebody holds on that day and later, for tests to read."""
    to_come = Membership.objects.filter(
        user=user, validity__overlap=DateRange(TODAY, None)
    )
    return [(each.role, each.organisation.code) for each in to_come.order_by("pk")]


#: Who, held where, may give which roles where: all the others are refused.
GIVES = {
    (Role.ADMINISTRATOR, "centre"): {
        "centre": WORKED | {Role.ADMINISTRATOR},
        "crew": WORKED | {Role.ADMINISTRATOR},
    },
    (Role.LEADER, "centre"): {"centre": WORKED, "crew": WORKED},
    (Role.LEADER, "portal"): {},
    (Role.LEADER, "city"): dict.fromkeys(
        ("department", "centre", "crew", "ward"), WORKED
    ),
    (Role.ADMINISTRATOR, "owner"): {"owner": WORKED | {Role.ADMINISTRATOR}},
    (Role.ADMINISTRATOR, "portal"): {"portal": set(Role)},
    (Role.ADMINISTRATOR, "city"): {
        "city": set(Role) - {Role.OPERATOR, Role.SHIFT_LEAD},
        "portal": set(Role),
    }
    | dict.fromkeys(
        ("department", "centre", "crew", "ward"), WORKED | {Role.ADMINISTRATOR}
    ),
    (Role.FOCAL_POINT, "centre"): {},
    (Role.FIELD_OFFICER, "centre"): {},
    (Role.OPERATOR, "portal"): {},
    (Role.SHIFT_LEAD, "portal"): {},
    (Role.CITY_LEADER, "city"): {},
    (Role.AUDITOR, "city"): {},
}


@pytest.mark.parametrize(("role", "at"), GIVES, ids=str)
def test_nobody_gives_more_than_they_manage(town, role, at):
    by = somebody(role, town[at])

    given = {
        code: {each for each in Role if by.may_give(each, unit.pk)}
        for code, unit in town.items()
    }

    assert given == {code: set() for code in town} | GIVES[role, at]


@pytest.mark.parametrize(("role", "at"), GIVES, ids=str)
def test_what_may_not_be_given_is_refused_and_leaves_nothing_behind(town, role, at):
    by = somebody(role, town[at])
    before = set(User.objects.values_list("pk", flat=True))

    for code in town:
        for each in set(Role) - GIVES[role, at].get(code, set()):
            with pytest.raises(NotAllowed):
                invite(**asked(town, code, each), by=by)

    assert set(User.objects.values_list("pk", flat=True)) == before
    assert not RoleChange.objects.exists()
    assert not ProcrastinateJob.objects.exists()


@pytest.mark.parametrize(
    "others",
    [
        {"deputy_for": True},
        {"place": True},
        {"validity": DateRange(date(2025, 1, 1), TODAY)},
        {"validity": DateRange(TOMORROW, None)},
    ],
    ids=["a deputy", "of one place", "of the past", "to come"],
)
def test_who_stands_in_or_is_of_a_place_or_of_other_days_manages_nobody(centre, others):
    if "deputy_for" in others:
        others = {"deputy_for": UserFactory.create()}
    if "place" in others:
        others = {"place": PlaceFactory.create()}

    for role in (Role.LEADER, Role.ADMINISTRATOR):
        member = MembershipFactory.create(organisation=centre, role=role, **others)
        assert not actor_of(member.user, on=TODAY).gives


def test_a_part_that_is_no_more_is_nobody_s_to_manage(centre):
    OrganisationFactory.create(parent=centre, validity=DateRange(None, TODAY))

    assert centre.pk in somebody(Role.LEADER, centre).gives
    assert len(somebody(Role.LEADER, centre).gives) == 2


def test_a_new_colleague_is_invited_with_a_role_and_a_letter(town, manager):
    user = invite(**asked(town, "crew", Role.FIELD_OFFICER), by=manager)

    assert held(user) == [("field_officer", "crew")]
    assert (user.email, user.label, user.is_invited) == (
        "minh@example.org",
        "Minh",
        True,
    )
    (job,) = ProcrastinateJob.objects.all()
    assert (job.task_name, job.args) == (
        "accounts.send_invitation",
        {"user_id": user.pk},
    )
    changes = RoleChange.objects.order_by("pk")
    assert [(each.code, each.by) for each in changes] == [
        (Code.INVITED, manager.user),
        (Code.GRANTED, manager.user),
    ]


def test_who_has_an_account_keeps_it_and_gets_the_role(town, manager):
    user = UserFactory.create(email="minh@example.org", first_name="Minh Lê")
    password = user.password

    invite(**asked(town, "centre", Role.LEADER, email=" MINH@example.org"), by=manager)

    user.refresh_from_db()
    assert (user.first_name, user.password) == ("Minh Lê", password)
    assert held(user) == [("leader", "centre")]
    assert not ProcrastinateJob.objects.exists()


@pytest.mark.parametrize(
    ("lacking", "field"),
    [
        ({"email": " "}, "email"),
        ({"name": ""}, "name"),
        ({"role": ""}, "role"),
        ({"organisation": None}, "organisation"),
    ],
)
def test_what_an_invitation_lacks_is_named(town, manager, lacking, field):
    with pytest.raises(Missing) as refused:
        invite(**asked(town, "centre", Role.LEADER) | lacking, by=manager)

    assert refused.value.field == field
    assert not User.objects.filter(email="minh@example.org").exists()


def test_a_role_is_not_given_twice(town, manager):
    invite(**asked(town, "centre", Role.LEADER), by=manager)

    with pytest.raises(HeldAlready):
        invite(**asked(town, "centre", Role.LEADER), by=manager)

    assert RoleChange.objects.count() == 2


def test_nobody_gives_a_role_to_themselves(town, manager):
    User.objects.filter(pk=manager.user.pk).update(email="me@example.org")

    with pytest.raises(OwnRole):
        grant(
            manager.user,
            organisation=town["centre"],
            role=Role.LEADER,
            by=manager,
            at=JULY,
        )
    with pytest.raises(OwnRole):
        invite(**asked(town, "centre", Role.LEADER, email="me@example.org"), by=manager)

    assert held(manager.user) == [("administrator", "centre")]


def test_who_left_comes_back_with_a_password_of_their_own_choice(town, manager):
    member = MembershipFactory.create(
        organisation=town["centre"], user__email="minh@example.org"
    )
    end_membership(member, on=TODAY, by=manager, at=JULY)
    member.user.refresh_from_db()
    assert not member.user.is_active

    user = invite(**asked(town, "centre", Role.LEADER), by=manager)

    assert user == member.user
    assert user.is_active
    assert not user.has_usable_password()
    assert RoleChange.objects.filter(code=Code.SWITCHED_ON).count() == 1


@pytest.mark.parametrize("others", [{}, {"is_superuser": True}, {"is_staff": True}])
def test_whom_the_site_s_keepers_shut_out_stays_out(town, manager, others):
    UserFactory.create(email="minh@example.org", is_active=False, **others)

    with pytest.raises(AccountShut):
        invite(**asked(town, "centre", Role.LEADER), by=manager)

    assert not User.objects.get(email="minh@example.org").is_active


def test_an_invitation_is_sent_again_when_the_letter_had_time_to_arrive(town, manager):
    user = invite(**asked(town, "centre", Role.LEADER), by=manager)
    later = JULY + timedelta(hours=1)

    with pytest.raises(NotAllowed):
        invite_again(user, by=manager, at=JULY + timedelta(seconds=30))
    invite_again(user, by=manager, at=later)

    user.refresh_from_db()
    assert user.invited_at == later
    assert ProcrastinateJob.objects.count() == 2


def test_an_invitation_is_not_sent_again_by_others_or_to_who_came_in(town, manager):
    user = invite(**asked(town, "centre", Role.LEADER), by=manager)
    later = JULY + timedelta(hours=1)
    beside = somebody(Role.ADMINISTRATOR, town["ward"])

    with pytest.raises(NotAllowed):
        invite_again(user, by=beside, at=later)
    user.set_password("mot-cau-dai-9")
    user.save()
    with pytest.raises(NotAllowed):
        invite_again(user, by=manager, at=later)

    assert ProcrastinateJob.objects.count() == 1


def test_a_role_is_changed_from_the_day_on(town, manager):
    was = MembershipFactory.create(organisation=town["crew"], role=Role.FIELD_OFFICER)

    change_role(was, role=Role.FOCAL_POINT, by=manager, at=JULY)

    was.refresh_from_db()
    assert was.validity == DateRange(ALWAYS.lower, TODAY)
    assert held(was.user) == [("focal_point", "crew")]
    (change,) = RoleChange.objects.all()
    assert (change.role, change.arguments) == ("focal_point", {"was": "field_officer"})


@pytest.mark.parametrize("since", [timedelta(0), timedelta(days=400)])
def test_a_role_that_is_over_is_not_changed(town, manager, since):
    days = DateRange(ALWAYS.lower, TODAY - since)
    over = MembershipFactory.create(organisation=town["crew"], validity=days)

    with pytest.raises(NotAllowed):
        change_role(over, role=Role.LEADER, by=manager, at=JULY)

    assert over.user.memberships.get().validity == days


def test_a_role_given_by_mistake_leaves_no_day_behind(town, manager):
    user = invite(**asked(town, "centre", Role.LEADER), by=manager)
    given = user.memberships.get()

    change_role(given, role=Role.FOCAL_POINT, by=manager, at=JULY)

    given.refresh_from_db()
    assert given.validity.isempty
    assert held(user) == [("focal_point", "centre")]


@pytest.mark.parametrize("role", [Role.OPERATOR, Role.CITY_LEADER, Role.AUDITOR])
def test_a_role_is_not_changed_into_one_that_may_not_be_given(town, manager, role):
    was = MembershipFactory.create(organisation=town["crew"])

    with pytest.raises(NotAllowed):
        change_role(was, role=role, by=manager, at=JULY)

    assert held(was.user) == [("focal_point", "crew")]


def test_a_leader_does_not_touch_an_administrator(town, centre):
    leader = somebody(Role.LEADER, centre)
    above = MembershipFactory.create(organisation=centre, role=Role.ADMINISTRATOR)

    with pytest.raises(NotAllowed):
        end_membership(above, on=TODAY, by=leader, at=JULY)
    with pytest.raises(NotAllowed):
        change_role(above, role=Role.FIELD_OFFICER, by=leader, at=JULY)

    assert held(above.user) == [("administrator", "centre")]


def test_nobody_touches_the_people_of_another_organisation(town, manager):
    member = MembershipFactory.create(organisation=town["ward"])

    with pytest.raises(NotAllowed):
        end_membership(member, on=TODAY, by=manager, at=JULY)

    assert member not in memberships_under(manager)
    assert member.user not in people_under(manager)


def test_a_role_ends_on_a_day_and_the_account_with_the_last(town, manager):
    user = UserFactory.create()
    one = MembershipFactory.create(user=user, organisation=town["centre"])
    other = MembershipFactory.create(user=user, organisation=town["crew"])

    end_membership(one, on=TODAY, by=manager, at=JULY)
    user.refresh_from_db()
    assert user.is_active
    end_membership(other, on=TODAY, by=manager, at=JULY)

    user.refresh_from_db()
    assert not user.is_active
    codes = RoleChange.objects.order_by("pk").values_list("code", flat=True)
    assert list(codes) == [Code.ENDED, Code.ENDED, Code.SWITCHED_OFF]


def test_a_role_that_ends_later_is_held_until_then(town, manager):
    member = MembershipFactory.create(organisation=town["centre"])

    end_membership(member, on=TOMORROW, by=manager, at=JULY)

    assert actor_of(member.user, on=TODAY).units
    assert not actor_of(member.user, on=TOMORROW).units
    member.user.refresh_from_db()
    assert member.user.is_active


@pytest.mark.parametrize("on", [None, TODAY - timedelta(days=1)])
def test_a_role_does_not_end_in_the_past(town, manager, on):
    member = MembershipFactory.create(organisation=town["centre"])

    with pytest.raises(Missing) as refused:
        end_membership(member, on=on, by=manager, at=JULY)

    assert refused.value.field == "on"


def test_who_still_has_cases_hands_them_over_first(town, manager):
    member = MembershipFactory.create(organisation=town["centre"])
    case = ReportFactory.create(
        status=Status.IN_PROGRESS, organisation=town["centre"], assignee=member.user
    )

    with pytest.raises(HandOverFirst):
        end_membership(member, on=TODAY, by=manager, at=JULY)
    with pytest.raises(HandOverFirst):
        change_role(member, role=Role.ADMINISTRATOR, by=manager, at=JULY)
    Report.objects.filter(pk=case.pk).update(assignee=None)
    end_membership(member, on=TODAY, by=manager, at=JULY)

    assert held(member.user) == []


def test_the_keepers_of_the_site_keep_their_account(town, manager):
    member = MembershipFactory.create(organisation=town["centre"], user__is_staff=True)

    end_membership(member, on=TODAY, by=manager, at=JULY)

    member.user.refresh_from_db()
    assert member.user.is_active


def test_nobody_ends_their_own_role(manager):
    with pytest.raises(OwnRole):
        end_membership(manager.user.memberships.get(), on=TODAY, by=manager, at=JULY)


def test_two_administrators_cannot_end_each_other(town, centre, manager):
    other = somebody(Role.ADMINISTRATOR, centre)

    end_membership(other.user.memberships.get(), on=TOMORROW, by=manager, at=JULY)
    with pytest.raises(LastAdministrator):
        end_membership(manager.user.memberships.get(), on=TOMORROW, by=other, at=JULY)

    assert held(manager.user) == [("administrator", "centre")]


def test_who_never_came_in_is_no_administrator_to_rely_on(town, manager):
    other = somebody(Role.ADMINISTRATOR, town["centre"])
    invite(**asked(town, "centre", Role.ADMINISTRATOR), by=manager)
    end_membership(manager.user.memberships.get(), on=TOMORROW, by=other, at=JULY)

    with pytest.raises(LastAdministrator):
        end_membership(other.user.memberships.get(), on=TOMORROW, by=manager, at=JULY)


def test_an_administrator_above_is_enough(town, manager):
    above = somebody(Role.ADMINISTRATOR, town["department"])

    end_membership(manager.user.memberships.get(), on=TODAY, by=above, at=JULY)

    assert held(manager.user) == []


def deputise(membership, by, **others):
    said = {"since": TODAY, "until": TODAY + timedelta(days=6), "at": JULY}
    return name_deputy(membership, by=by, **said | others)


def test_a_deputy_approves_for_a_week_and_manages_nobody(centre, manager):
    leader = MembershipFactory.create(organisation=centre, role=Role.LEADER)
    colleague = MembershipFactory.create(organisation=centre).user

    named = deputise(leader, manager, deputy=colleague)

    last = TODAY + timedelta(days=6)
    assert (named.role, named.deputy_for) == (Role.LEADER, leader.user)
    for day in (TODAY, last):
        assert centre.pk in actor_of(colleague, on=day).leads
        assert not actor_of(colleague, on=day).gives
    for day in (TODAY - timedelta(days=1), last + timedelta(days=1)):
        assert not actor_of(colleague, on=day).leads


def test_a_leader_names_their_own_deputy(centre):
    leader = somebody(Role.LEADER, centre)
    colleague = MembershipFactory.create(organisation=centre).user

    deputise(leader.user.memberships.get(), leader, deputy=colleague)

    assert ("leader", "centre") in held(colleague)


@pytest.mark.parametrize(
    ("others", "field"),
    [
        ({"deputy": None}, "deputy"),
        ({"since": None}, "since"),
        ({"since": TODAY - timedelta(days=1)}, "since"),
        ({"until": None}, "until"),
        ({"until": TODAY - timedelta(days=1)}, "until"),
        ({"until": TODAY + timedelta(days=90)}, "until"),
    ],
)
def test_what_a_deputy_lacks_is_named(centre, manager, others, field):
    leader = MembershipFactory.create(organisation=centre, role=Role.LEADER)
    colleague = MembershipFactory.create(organisation=centre).user

    with pytest.raises(Missing) as refused:
        deputise(leader, manager, **{"deputy": colleague} | others)

    assert refused.value.field == field


def test_a_deputy_is_a_colleague_and_not_who_names_one(town, centre, manager):
    leader = MembershipFactory.create(organisation=centre, role=Role.LEADER)
    stranger = MembershipFactory.create(organisation=town["ward"]).user

    with pytest.raises(Missing):
        deputise(leader, manager, deputy=stranger)
    with pytest.raises(OwnRole):
        deputise(leader, manager, deputy=manager.user)
    with pytest.raises(Missing):
        deputise(leader, manager, deputy=leader.user)

    assert not Membership.objects.exclude(deputy_for=None).exists()


def test_nobody_stands_in_for_a_deputy_or_an_administrator(centre, manager):
    leader = MembershipFactory.create(organisation=centre, role=Role.LEADER)
    one, other = (MembershipFactory.create(organisation=centre).user for _ in "ab")
    standing = deputise(leader, manager, deputy=one)

    with pytest.raises(NotAllowed):
        deputise(standing, manager, deputy=other)
    with pytest.raises(NotAllowed):
        deputise(manager.user.memberships.get(), manager, deputy=other)


def test_a_deputy_ends_with_whom_they_stand_in_for(centre, manager):
    leader = MembershipFactory.create(organisation=centre, role=Role.LEADER)
    colleague = MembershipFactory.create(organisation=centre).user
    deputise(leader, manager, deputy=colleague)

    end_membership(leader, on=TOMORROW, by=manager, at=JULY)

    assert actor_of(colleague, on=TODAY).leads
    assert not actor_of(colleague, on=TOMORROW).leads


def test_a_deputy_does_not_outlast_the_role(centre, manager):
    leader = MembershipFactory.create(
        organisation=centre,
        role=Role.LEADER,
        validity=DateRange(None, TODAY + timedelta(days=3)),
    )
    colleague = MembershipFactory.create(organisation=centre).user

    with pytest.raises(Missing):
        deputise(leader, manager, deputy=colleague)


def test_what_was_done_is_kept_for_good(town, manager):
    invite(**asked(town, "centre", Role.LEADER), by=manager)

    with pytest.raises(IntegrityError), transaction.atomic():
        RoleChange.objects.update(code=Code.ENDED)
    with pytest.raises(IntegrityError), transaction.atomic():
        RoleChange.objects.all().delete()


def test_a_manager_reads_of_a_person_what_was_done_under_them(town, manager):
    user = invite(**asked(town, "centre", Role.LEADER), by=manager)
    beside = somebody(Role.ADMINISTRATOR, town["ward"])
    grant(user, organisation=town["ward"], role=Role.LEADER, by=beside, at=JULY)

    read = changes_of(user, seen_by=manager)

    assert {each.organisation.code for each in read} == {"centre"}


def test_who_works_on_cases_alone_manages_nobody(centre):
    member = focal_point(centre)

    assert not memberships_under(member).exists()
    assert not people_under(member).exists()


def test_who_is_invited_once_more_gets_the_letter_once_more(town, manager):
    first = invite(**asked(town, "centre", Role.LEADER), by=manager)

    later = JULY + timedelta(days=9)
    again = invite(**asked(town, "crew", Role.LEADER, at=later), by=manager)

    assert again == first
    assert again.invited_at == later
    assert ProcrastinateJob.objects.count() == 2


def test_two_who_invite_the_same_person_at_once_give_one_account_two_roles(
    town, manager, monkeypatch
):
    first = invite(**asked(town, "centre", Role.LEADER), by=manager)
    looked = []

    def too_early(email):
        """The account is not to be seen yet when it is looked for first."""
        looked.append(email)
        return first if len(looked) > 1 else None

    monkeypatch.setattr(people, "with_email", too_early)
    again = invite(**asked(town, "crew", Role.LEADER), by=manager)

    assert again == first
    assert held(first) == [("leader", "centre"), ("leader", "crew")]


def test_nobody_stands_in_before_a_role_begins(centre, manager):
    leader = MembershipFactory.create(
        organisation=centre,
        role=Role.LEADER,
        validity=DateRange(TODAY + timedelta(days=3), None),
    )
    colleague = MembershipFactory.create(organisation=centre).user

    with pytest.raises(Missing) as refused:
        deputise(leader, manager, deputy=colleague)

    assert refused.value.field == "since"


def test_nobody_stands_in_for_a_role_that_was_taken_back(centre, manager):
    leader = MembershipFactory.create(
        organisation=centre, role=Role.LEADER, validity=DateRange(empty=True)
    )
    colleague = MembershipFactory.create(organisation=centre).user

    with pytest.raises(NotAllowed):
        deputise(leader, manager, deputy=colleague)
