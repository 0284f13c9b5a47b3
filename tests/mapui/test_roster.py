from __future__ import annotations

import re
from datetime import datetime, timedelta

import pytest
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.utils import timezone
from django.utils.timezone import localtime

from incidents.models import Duty, Membership
from tests.factories import (
    CaseFactory,
    MembershipFactory,
    OrganisationFactory,
    UserFactory,
    focal_point,
    operator,
    somebody,
)

pytestmark = pytest.mark.django_db

PAGE = "/lam-viec/truc-ban"
HOUR = timedelta(hours=1)


@pytest.fixture
def colleague(unit):
    return MembershipFactory.create(
        organisation=unit,
        role=Membership.Role.FIELD_OFFICER,
        user__first_name="Mai",
        user__last_name="Trần",
    ).user


def typed(moment: datetime) -> str:
    return f"{localtime(moment):%Y-%m-%dT%H:%M}"


def filled(user, *, begins=1, ends=9):
    now = timezone.now()
    return {
        "user": user.pk,
        "since": typed(now + begins * HOUR),
        "until": typed(now + ends * HOUR),
    }


def on_duty_now(unit, user):
    now = timezone.now()
    return Duty.objects.create(
        organisation=unit, user=user, during=DateTimeTZRange(now - HOUR, now + HOUR)
    )


def test_a_focal_point_puts_a_colleague_on_the_roster_and_takes_them_off(
    client, unit, colleague
):
    answer = client.post(PAGE, filled(colleague), follow=True)

    page = answer.content.decode()
    duty = Duty.objects.get()
    assert (duty.organisation, duty.user) == (unit, colleague)
    assert "Đã thêm" in page
    assert "Tuần này" in page
    assert "Tuần sau" in page

    client.post(f"{PAGE}/{duty.pk}/bo")
    assert not Duty.objects.exists()


def test_an_overlap_is_refused_with_the_duty_it_collides_with(client, unit, colleague):
    client.post(PAGE, filled(colleague))

    answer = client.post(PAGE, filled(colleague, begins=5, ends=12))

    page = answer.content.decode()
    assert answer.status_code == 409
    assert "đã có lịch trực từ" in page
    assert 'href="#duty-user"' in page
    assert 'value="' + filled(colleague, begins=5)["since"] in page
    assert Duty.objects.count() == 1


@pytest.mark.parametrize(
    ("wrong", "anchor"),
    [
        ({"user": ""}, "duty-user"),
        ({"user": "999999"}, "duty-user"),
        ({"since": "soon"}, "duty-since"),
        ({"until": ""}, "duty-until"),
        ({"until": "2020-01-01T00:00"}, "duty-until"),
    ],
)
def test_what_is_wrong_is_said_beside_its_field(client, unit, colleague, wrong, anchor):
    answer = client.post(PAGE, filled(colleague) | wrong)

    assert answer.status_code == 422
    assert f'href="#{anchor}"' in answer.content.decode()
    assert not Duty.objects.exists()


def test_a_field_officer_reads_the_roster_and_changes_nothing(client, unit):
    client.force_login(somebody(Membership.Role.FIELD_OFFICER, unit).user)
    held = on_duty_now(unit, UserFactory.create(first_name="Mai"))

    page = client.get(PAGE).content.decode()
    assert "Mai" in page
    assert "<select" not in page
    assert client.post(f"{PAGE}/{held.pk}/bo").status_code == 404
    assert client.post(PAGE, filled(held.user)).status_code in {403, 422}
    assert Duty.objects.get() == held


def test_a_roster_of_others_is_not_there(client, unit):
    other = OrganisationFactory.create()
    theirs = on_duty_now(other, focal_point(other).user)

    assert client.get(f"{PAGE}?unit={other.code}").status_code == 404
    assert client.post(f"{PAGE}/{theirs.pk}/bo").status_code == 404
    assert Duty.objects.exists()


def test_an_operator_without_a_unit_has_no_roster(client):
    client.force_login(operator().user)

    assert client.get(PAGE).status_code == 404


def test_one_s_own_unit_is_shown_first_and_others_below_can_be_chosen(client, unit):
    below = OrganisationFactory.create(parent=unit, name="A đội thoát nước")

    page = client.get(PAGE).content.decode()
    chosen = client.get(f"{PAGE}?unit={below.code}").content.decode()

    assert "Người của UBND phường A nhận việc khẩn" in page
    assert "Người của A đội thoát nước nhận việc khẩn" in chosen


def test_who_is_on_duty_now_stands_out(client, unit, colleague):
    nobody = client.get(PAGE).content.decode()
    on_duty_now(unit, colleague)

    page = client.get(PAGE).content.decode()

    assert "Hiện chưa có ai trực" in nobody
    assert re.search(r"Đang trực:\s*<b>.*Mai", page)


def test_the_next_duty_is_proposed_after_the_last(client, unit, colleague):
    client.post(PAGE, filled(colleague))
    ends = localtime(Duty.objects.get().during.upper)

    page = client.get(PAGE).content.decode()

    assert f'value="{typed(ends)}"' in page


def test_the_roster_takes_a_fixed_number_of_statements(
    client, unit, colleague, django_assert_max_num_queries
):
    for turn in range(8):
        client.post(PAGE, filled(colleague, begins=turn, ends=turn + 1))

    with django_assert_max_num_queries(10):
        client.get(PAGE)


def test_the_unit_s_list_names_who_is_on_duty_now(client, unit, colleague):
    CaseFactory.create(status="in_progress", organisation=unit)
    nobody = client.get("/lam-viec/don-vi").content.decode()
    on_duty_now(unit, colleague)

    page = client.get("/lam-viec/don-vi").content.decode()

    assert "Đang trực" not in nobody
    assert re.search(r"Đang trực:\s*<b>[^<]*Mai", page)
