from __future__ import annotations

from datetime import timedelta

import pytest
from django.db.backends.postgresql.psycopg_any import DateRange
from django.urls import get_resolver, reverse
from django.utils import timezone
from django.utils.timezone import localdate

from accounts.invitations import invite
from accounts.models import User
from incidents.models import Membership, Organisation, Report, RoleChange, Status
from incidents.permissions import actor_of
from tests.factories import (
    CaseFactory,
    MembershipFactory,
    OrganisationFactory,
    UserFactory,
    focal_point,
)

pytestmark = pytest.mark.django_db
Role = Membership.Role
PEOPLE = reverse("mapui:people")
INVITE = reverse("mapui:people-invite")


@pytest.fixture
def unit(db):
    return OrganisationFactory.create(code="unit", name="UBND phường A")


@pytest.fixture
def manager(client, unit):
    """The administrator of the unit, who has signed in."""
    user = MembershipFactory.create(organisation=unit, role=Role.ADMINISTRATOR).user
    client.force_login(user)
    return user


@pytest.fixture
def lan(unit):
    """A field officer of the unit."""
    return MembershipFactory.create(
        organisation=unit,
        role=Role.FIELD_OFFICER,
        user__first_name="Đặng Thị Lan",
        user__email="lan@example.org",
    )


def page_of(client, address, **asked):
    answer = client.get(address, asked)
    assert answer.status_code == 200, answer
    return " ".join(answer.content.decode().split())


def steps_of(membership):
    """Every page about a person and about their role."""
    user, role = membership.user_id, membership.pk
    return [
        reverse("mapui:person", args=[user]),
        reverse("mapui:person-role", args=[user]),
        reverse("mapui:person-leave", args=[user]),
        reverse("mapui:role-change", args=[role]),
        reverse("mapui:role-end", args=[role]),
        reverse("mapui:role-deputy", args=[role]),
    ]


def test_people_are_listed_with_what_they_do(client, manager, lan):
    said = page_of(client, PEOPLE)

    assert "Đặng Thị Lan" in said
    assert "Cán bộ hiện trường" in said
    assert "UBND phường A" in said
    assert "chưa đăng nhập lần nào" in said


@pytest.mark.parametrize("typed", ["dang thi", "LAN", "Đặng", "lan@exam", "lan đặng"])
def test_people_are_found_with_and_without_diacritics(client, manager, lan, typed):
    MembershipFactory.create(
        organisation=lan.organisation, user__first_name="Trần Văn Bình"
    )

    said = page_of(client, PEOPLE, q=typed)

    assert "Đặng Thị Lan" in said
    assert "Trần Văn Bình" not in said


@pytest.mark.parametrize("typed", ["xyz", "100%", "_", "'; --"])
def test_who_is_not_there_is_not_found_and_that_is_said(client, manager, lan, typed):
    said = page_of(client, PEOPLE, q=typed)

    assert "Đặng Thị Lan" not in said
    assert "không có ai tên" in said


def test_who_was_invited_and_who_left_have_lists_of_their_own(client, manager, lan):
    now, unit = timezone.now(), lan.organisation
    minh = invite(email="minh@example.org", name="Minh", language="vi", at=now)
    MembershipFactory.create(user=minh, organisation=unit)
    past = DateRange(None, localdate())
    MembershipFactory.create(organisation=unit, user__first_name="Bình", validity=past)

    invited = page_of(client, PEOPLE, show="invited")
    left = page_of(client, PEOPLE, show="left")

    assert "minh@example.org" in invited
    assert "Lan" not in invited
    assert "Bình" in left
    assert "Lan" not in left
    assert "Bình" not in page_of(client, PEOPLE)


def test_each_list_says_when_it_is_empty(client, manager):
    assert "đều đã vào" in page_of(client, PEOPLE, show="invited")
    assert "Chưa có ai nghỉ" in page_of(client, PEOPLE, show="left")


@pytest.mark.parametrize("count", [3, 120])
def test_the_list_takes_as_many_statements_for_many_as_for_few(
    client, manager, unit, count, django_assert_max_num_queries
):
    MembershipFactory.create_batch(count, organisation=unit)

    with django_assert_max_num_queries(4):
        said = page_of(client, PEOPLE, q="person")

    assert said.count("people-who") == min(count + 1, 50)
    assert ("q=person&amp;page=2" in said) == (count > 50)


@pytest.mark.parametrize("count", [1, 40])
def test_a_person_s_page_takes_as_many_statements_for_many_as_for_few(
    client, manager, lan, count, django_assert_max_num_queries
):
    for turn in range(count):
        days = DateRange(
            localdate() - timedelta(days=3 + turn * 2),
            localdate() - timedelta(days=2 + turn * 2),
        )
        MembershipFactory.create(
            user=lan.user, organisation=lan.organisation, validity=days
        )
        RoleChange.objects.create(
            user=lan.user,
            code="granted",
            role="leader",
            at=timezone.now(),
            by=manager,
            organisation=lan.organisation,
        )

    with django_assert_max_num_queries(14):
        page_of(client, reverse("mapui:person", args=[lan.user_id]))


@pytest.mark.parametrize("role", [Role.FOCAL_POINT, Role.FIELD_OFFICER, Role.AUDITOR])
def test_who_manages_nobody_is_turned_away(client, unit, lan, role):
    client.force_login(MembershipFactory.create(organisation=unit, role=role).user)

    answers = [client.get(each) for each in (PEOPLE, INVITE, *steps_of(lan))]

    assert {answer.status_code for answer in answers} == {403}


def test_people_of_another_organisation_are_not_there(client, manager):
    stranger = MembershipFactory.create()

    first, *others = steps_of(stranger)
    assert client.get(first).status_code == 404
    for address in others:
        assert client.get(address).status_code == 404
        assert client.post(address, {"role": Role.LEADER}).status_code == 404
    again = reverse("mapui:person-again", args=[stranger.user_id])
    assert client.post(again).status_code == 404


def test_a_leader_sees_an_administrator_and_cannot_touch_them(client, unit):
    leader = MembershipFactory.create(organisation=unit, role=Role.LEADER)
    above = MembershipFactory.create(organisation=unit, role=Role.ADMINISTRATOR)
    client.force_login(leader.user)

    seen, _, _, change, end, deputy = (client.get(each) for each in steps_of(above))

    assert seen.status_code == 200
    assert {change.status_code, end.status_code, deputy.status_code} == {403}


def test_one_s_own_roles_cannot_be_touched(client, manager):
    mine = manager.memberships.get()

    seen, *others = (client.get(each) for each in steps_of(mine))

    assert seen.status_code == 200
    assert {each.status_code for each in others} == {403}


def test_a_colleague_is_invited_by_e_mail(client, manager, unit):
    said = {
        "name": " Nguyễn  Minh ",
        "email": "Minh@example.org",
        "organisation": "unit",
        "role": Role.FOCAL_POINT,
        "language": "en",
    }

    answer = client.post(INVITE, said, follow=True)

    minh = User.objects.get(email="minh@example.org")
    assert (minh.label, minh.language, minh.is_invited) == ("Nguyễn Minh", "en", True)
    assert actor_of(minh, on=localdate()).units == {unit.pk}
    assert "Đang gửi lời mời đến minh@example.org" in answer.content.decode()


def test_the_form_offers_no_role_that_may_not_be_given(client, manager):
    said = page_of(client, INVITE)

    assert 'value="focal_point"' in said
    for role in (Role.OPERATOR, Role.SHIFT_LEAD, Role.CITY_LEADER, Role.AUDITOR):
        assert f'value="{role}"' not in said


@pytest.mark.parametrize(
    ("said", "complains"),
    [
        ({"email": ""}, "Hãy nhập thư điện tử"),
        ({"email": "minh"}, "Hãy viết đủ địa chỉ"),
        ({"name": " "}, "Hãy viết họ và tên"),
        ({"organisation": "elsewhere"}, "trong danh sách"),
        ({"organisation": ""}, "Hãy chọn cơ quan"),
        ({"role": ""}, "Hãy chọn vai trò"),
        ({"role": "operator"}, "operator"),
        ({"role": "superuser"}, "superuser"),
    ],
)
def test_an_invitation_that_lacks_something_is_sent_back(
    client, manager, said, complains
):
    OrganisationFactory.create(code="elsewhere")
    whole = {
        "name": "Minh",
        "email": "minh@example.org",
        "organisation": "unit",
        "role": Role.LEADER,
        "language": "vi",
    }

    answer = client.post(INVITE, whole | said)

    assert answer.status_code == 422
    assert complains in answer.content.decode()
    assert 'role="alert"' in answer.content.decode()
    assert not User.objects.exclude(email="").exists()


def test_an_invitation_is_sent_again(client, manager, unit):
    long_ago = timezone.now() - timedelta(days=9)
    minh = invite(email="minh@example.org", name="Minh", language="vi", at=long_ago)
    MembershipFactory.create(user=minh, organisation=unit)
    there = reverse("mapui:person", args=[minh.pk])
    assert "Quá hạn" in page_of(client, there)

    said = client.post(reverse("mapui:person-again", args=[minh.pk]), follow=True)
    twice = client.post(reverse("mapui:person-again", args=[minh.pk]), follow=True)

    minh.refresh_from_db()
    assert timezone.now() - minh.invited_at < timedelta(minutes=1)
    assert "Đang gửi lời mời mới" in said.content.decode()
    assert "vừa mới gửi" in twice.content.decode()


def test_a_role_is_changed_ended_and_given_by_forms(client, manager, lan):
    change = client.post(
        reverse("mapui:role-change", args=[lan.pk]), {"role": Role.FOCAL_POINT}
    )
    new = Membership.objects.exclude(validity__isempty=True).get(
        user=lan.user, role=Role.FOCAL_POINT
    )
    tomorrow = localdate() + timedelta(days=1)
    end = client.post(
        reverse("mapui:role-end", args=[new.pk]),
        {"when": "later", "last_day": localdate().isoformat()},
    )
    given = client.post(
        reverse("mapui:person-role", args=[lan.user_id]),
        {"role": Role.LEADER, "organisation": "unit"},
    )

    new.refresh_from_db()
    assert {change.status_code, end.status_code, given.status_code} == {302}
    assert new.validity.upper == tomorrow
    assert lan.user.memberships.filter(role=Role.LEADER).exists()


@pytest.mark.parametrize(
    "said",
    [
        {"when": "later"},
        {"when": "later", "last_day": "2001-01-01"},
        {"when": "later", "last_day": "9999-12-31"},
        {"when": "later", "last_day": "nonsense"},
        {"when": "never"},
        {},
    ],
)
def test_an_end_that_is_none_is_sent_back(client, manager, lan, said):
    answer = client.post(reverse("mapui:role-end", args=[lan.pk]), said)

    lan.refresh_from_db()
    assert answer.status_code == 422
    assert lan.validity.upper is None


def test_a_deputy_is_named_by_a_form_and_shown_as_one(client, manager, unit, lan):
    leader = MembershipFactory.create(
        organisation=unit, role=Role.LEADER, user__first_name="Bà Hoa"
    )
    today = localdate()
    days = {
        "since": today.isoformat(),
        "until": (today + timedelta(days=6)).isoformat(),
    }
    address = reverse("mapui:role-deputy", args=[leader.pk])

    refused = client.post(address, days | {"deputy": manager.pk})
    client.post(address, days | {"deputy": lan.user_id})

    assert refused.status_code == 422
    assert "thay Bà Hoa" in page_of(client, PEOPLE)
    assert "thay Bà Hoa" in page_of(client, reverse("mapui:person", args=[lan.user_id]))
    assert unit.pk in actor_of(lan.user, on=today).leads
    assert not actor_of(lan.user, on=today).gives


def test_leaving_is_shown_first_and_then_done(client, manager, unit, lan):
    colleague = focal_point(unit).user
    CaseFactory.create_batch(
        2, status=Status.IN_PROGRESS, organisation=unit, assignee=lan.user
    )
    address = reverse("mapui:person-leave", args=[lan.user_id])

    preview = page_of(client, address)
    assert "<b>2</b> vụ đang giữ" in preview
    assert "tài khoản khóa lại" in preview
    assert Report.objects.filter(assignee=lan.user).count() == 2
    done = client.post(address, {"to": colleague.pk}, follow=True)
    again = client.post(address, {"to": colleague.pk}, follow=True)

    lan.user.refresh_from_db()
    assert Report.objects.filter(assignee=colleague).count() == 2
    assert not lan.user.is_active
    assert "Đã giao 2 vụ" in done.content.decode()
    assert "không còn gì để bàn giao" in again.content.decode()
    assert "2 vụ, 0 ca trực" in page_of(
        client, reverse("mapui:person", args=[lan.user_id])
    )


def test_a_stranger_as_a_successor_is_refused_by_the_form(client, manager, lan):
    address = reverse("mapui:person-leave", args=[lan.user_id])

    answer = client.post(address, {"to": UserFactory.create().pk})

    lan.user.refresh_from_db()
    assert answer.status_code == 422
    assert lan.user.is_active


@pytest.mark.parametrize("count", [1, 25])
def test_the_preview_takes_as_many_statements_for_many_as_for_few(
    client, manager, unit, lan, count, django_assert_max_num_queries
):
    CaseFactory.create_batch(
        count, status=Status.IN_PROGRESS, organisation=unit, assignee=lan.user
    )
    MembershipFactory.create_batch(count, organisation=unit)

    with django_assert_max_num_queries(14):
        page_of(client, reverse("mapui:person-leave", args=[lan.user_id]))


def test_the_way_to_people_is_in_the_bar_of_who_may(client, manager, unit):
    mine = page_of(client, PEOPLE)
    client.force_login(focal_point(unit).user)
    theirs = page_of(client, reverse("mapui:unit"))

    assert f'href="{PEOPLE}"' in mine
    assert f'href="{PEOPLE}"' not in theirs


def test_an_administrator_sees_people_and_no_case(client, manager, unit):
    case = CaseFactory.create(status=Status.IN_PROGRESS, organisation=unit)

    seen = client.get(reverse("mapui:staff-case", args=[case.public_id]))

    assert seen.status_code == 404


def test_the_pages_speak_english_too(client, manager, lan):
    said = client.get(PEOPLE, headers={"accept-language": "en"}).content.decode()

    assert "People and roles" in said
    assert "Field officer" in said


def test_a_city_s_administrator_finds_every_part(client):
    city = OrganisationFactory.create(type=Organisation.Type.CITY)
    part = OrganisationFactory.create(parent=city, name="Sở Xây dựng")
    MembershipFactory.create(organisation=part, user__first_name="Bình")
    above = MembershipFactory.create(organisation=city, role=Role.ADMINISTRATOR)
    client.force_login(above.user)

    said = page_of(client, PEOPLE)

    assert "Sở Xây dựng" in said
    assert "Bình" in said


@pytest.mark.parametrize("role", [Role.ADMINISTRATOR, Role.LEADER])
def test_who_manages_people_meets_no_error_at_any_door_of_staff(client, unit, role):
    client.force_login(MembershipFactory.create(organisation=unit, role=role).user)
    doors = [
        str(each.pattern)
        for each in get_resolver("mapui.urls").url_patterns
        if str(each.pattern).startswith(("lam-viec", "staff/"))
        and "<" not in str(each.pattern)
    ]

    answers = {}
    for door in doors:
        answer = client.get(f"/{door}")
        b"".join(answer)  # A file is let go once it was read.
        answers[door] = answer.status_code

    assert len(doors) > 8
    assert set(answers.values()) <= {200, 302, 403, 404, 405}, answers


def test_who_comes_back_by_a_new_role_is_told_to_look_for_a_letter(
    client, manager, lan
):
    leave = reverse("mapui:person-leave", args=[lan.user_id])
    client.post(leave)

    answer = client.post(
        reverse("mapui:person-role", args=[lan.user_id]),
        {"role": Role.LEADER, "organisation": "unit"},
        follow=True,
    )

    lan.user.refresh_from_db()
    assert lan.user.is_active
    assert lan.user.is_invited
    assert "Thư mời đặt lại mật khẩu" in answer.content.decode()
