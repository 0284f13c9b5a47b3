"""A screen in a room: figures by a link that its leader makes, sees and takes back."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.utils import InternalError
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from gis_data.api.fields import Reads
from incidents import walls
from incidents.errors import Missing, NoSuchLink, NotAllowed
from incidents.leading.measuring import measure
from incidents.leading.outlines import Outline, Sheet
from incidents.models import Category, Clock, Membership, Organisation, Report, WallLink
from incidents.models.secret_link import digest_of
from incidents.permissions import actor_of
from mapui.views.wall import TOLD_FROM
from tests.factories import (
    CaseFactory,
    MembershipFactory,
    OrganisationFactory,
    PlaceFactory,
    focal_point,
    operator,
    somebody,
)

pytestmark = pytest.mark.django_db

PAGE = "/lam-viec/dieu-hanh/man-hinh-lon"
DASHBOARD = "/lam-viec/dieu-hanh"
Role = Membership.Role


@pytest.fixture
def unit(db):
    return OrganisationFactory.create(place=PlaceFactory.create())


@pytest.fixture
def leader(unit):
    return somebody(Role.LEADER, unit)


@pytest.fixture
def city_leader(db):
    seat = OrganisationFactory.create(type=Organisation.Type.CITY)
    return somebody(Role.CITY_LEADER, seat)


def signed_in(actor):
    client = Client()
    client.force_login(actor.user)
    return client


def made(actor, *, unit=None, days=7, name="Phòng giao ban", at=None):
    said = {"name": name, "unit": unit, "days": days, "language": "vi", "by": actor}
    return walls.make_wall(at=at or timezone.now(), **said)


def shown(token, **headers):
    return Client().get(f"/man-hinh/{token}", headers=headers)


def late(unit, count, *, days=3):
    now = timezone.now()
    for _turn in range(count):
        told = {"organisation": unit, "place": unit.place, "status": "in_progress"}
        case = CaseFactory.create(public_title="Kín, của riêng ai", **told)
        Report.objects.filter(pk=case.pk).update(received_at=now - timedelta(days=days))
        Clock.objects.filter(report=case).update(
            started_at=now - timedelta(days=days), due_at=now - timedelta(hours=5)
        )
    measure(at=now)


def test_its_address_is_shown_once_and_only_a_digest_of_it_kept(leader, unit):
    client = signed_in(leader)
    said = {"name": "Phòng họp 2", "unit": unit.code, "days": "30", "language": "vi"}

    page = client.post(PAGE, said).content.decode()

    token = re.search(r"/man-hinh/([\w-]+)", page)[1]
    link = WallLink.objects.get()
    assert len(token) >= 22  # 128 bits at the very least.
    assert bytes(link.token_digest) == digest_of(token)
    assert link.expires_at - link.made_at == timedelta(days=30)
    assert (link.organisation, link.made_by) == (unit, leader.user)
    again = client.get(PAGE).content.decode()
    assert token not in again
    assert "Phòng họp 2" in again
    assert shown(token).status_code == 200


def test_who_leads_makes_and_sees_only_what_they_lead(leader, unit, city_leader):
    other = OrganisationFactory.create()
    made(leader, unit=unit)
    made(city_leader, name="Sảnh")

    for by, whose in ((leader, None), (leader, other), (city_leader, unit)):
        with pytest.raises(NotAllowed):
            made(by, unit=whose)

    assert [each.name for each in walls.walls_of(leader)] == ["Phòng giao ban"]
    assert [each.name for each in walls.walls_of(city_leader)] == ["Sảnh"]
    said = {"name": "Lậu", "unit": other.code, "days": "7", "language": "vi"}
    refused = signed_in(leader).post(PAGE, said)
    assert refused.status_code == 422
    said = {"name": "Lậu", "unit": "", "days": "7", "language": "vi"}
    assert signed_in(leader).post(PAGE, said).status_code in {403, 422}
    assert WallLink.objects.count() == 2


def test_who_leads_a_unit_for_one_place_alone_puts_up_no_screen_of_it(unit):
    seat = MembershipFactory.create(
        organisation=unit, role=Role.LEADER, place=PlaceFactory.create()
    )
    actor = actor_of(seat.user, on=timezone.localdate())

    assert not walls.may_hang(actor)
    with pytest.raises(NotAllowed):
        made(actor, unit=unit)


@pytest.mark.parametrize("who", ["desk", "officer"])
def test_who_reads_figures_and_leads_nothing_puts_up_no_screen(unit, who):
    actor = operator() if who == "desk" else focal_point(unit)

    answer = signed_in(actor).get(PAGE)

    assert (answer.status_code, answer["Location"]) == (302, DASHBOARD)
    assert PAGE not in signed_in(actor).get(DASHBOARD).content.decode()


def test_a_link_needs_a_room_and_holds_90_days_at_most(leader, unit):
    for said in ({"name": "  "}, {"days": 91}):
        with pytest.raises(Missing):
            made(leader, unit=unit, **said)

    link, _token = made(leader, unit=unit, days=90)
    link.expires_at += timedelta(minutes=1)
    with pytest.raises(IntegrityError, match="90_days"), transaction.atomic():
        link.save()


def test_so_many_screens_are_lit_at_once_and_no_more(leader, unit, monkeypatch):
    monkeypatch.setattr(walls, "LIT_AT_MOST", 2)
    link, _token = made(leader, unit=unit)
    made(leader, unit=unit)

    with pytest.raises(Missing):
        made(leader, unit=unit)
    walls.revoke_wall(link.pk, by=leader, at=timezone.now())

    made(leader, unit=unit)


def test_unknown_expired_and_taken_back_are_told_alike(leader, unit):
    now = timezone.now()
    _link, old = made(leader, unit=unit, days=1, at=now - timedelta(days=2))
    link, gone = made(leader, unit=unit)
    signed_in(leader).post(f"{PAGE}/{link.pk}/thu-hoi")

    answers = [shown(token) for token in (old, gone, "never-was", "x" * 500)]

    assert {each.status_code for each in answers} == {404}
    assert len({each.content for each in answers}) == 1
    assert "liên kết mới" in answers[0].content.decode()
    assert unit.name not in answers[0].content.decode()
    assert not any(each.cookies for each in answers)


def test_that_it_was_made_and_taken_back_is_kept_for_ever(leader, unit):
    deputy = somebody(Role.LEADER, unit)
    link, _token = made(leader, unit=unit)

    walls.revoke_wall(link.pk, by=deputy, at=timezone.now())
    walls.revoke_wall(link.pk, by=leader, at=timezone.now())

    link.refresh_from_db()
    assert (link.made_by, link.revoked_by) == (leader.user, deputy.user)
    with pytest.raises((IntegrityError, InternalError)), transaction.atomic():
        link.delete()
    assert "thu hồi" in signed_in(leader).get(PAGE).content.decode()


def test_what_is_not_theirs_nobody_takes_back(leader, unit, city_leader):
    link, token = made(leader, unit=unit)

    with pytest.raises(NoSuchLink):
        walls.revoke_wall(link.pk, by=city_leader, at=timezone.now())
    answer = signed_in(focal_point(unit)).post(f"{PAGE}/{link.pk}/thu-hoi")

    assert answer.status_code == 302
    assert shown(token).status_code == 200


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete", "options"])
def test_nothing_but_looking_is_done_by_it(leader, unit, method):
    _link, token = made(leader, unit=unit)
    client = Client(enforce_csrf_checks=True)

    answer = getattr(client, method)(f"/man-hinh/{token}")
    unknown = getattr(client, method)("/man-hinh/never-was")

    assert (answer.status_code, answer["Allow"]) == (405, "GET, HEAD")
    assert (unknown.status_code, unknown.content) == (405, answer.content)
    assert dict(client.cookies) == {}


def test_nobody_keeps_it_finds_it_or_learns_whence_one_comes(leader, unit):
    _link, token = made(leader, unit=unit)

    for answer in (shown(token), shown("never-was")):
        assert "no-store" in answer["Cache-Control"]
        assert answer["X-Robots-Tag"] == "noindex, nofollow"
        assert answer["Referrer-Policy"] == "no-referrer"
        assert dict(answer.cookies) == {}
        assert "href=" not in re.sub(r"<link[^>]+>", "", answer.content.decode())


def test_a_screen_that_has_to_wait_asks_again_by_itself(leader, unit, monkeypatch):
    _link, token = made(leader, unit=unit)
    monkeypatch.setattr(Reads, "get_rate", lambda self: "1/min")
    client = Client(REMOTE_ADDR="192.0.2.77")
    client.get(f"/man-hinh/{token}")

    answer = client.get(f"/man-hinh/{token}", headers={"Accept": "text/html"})

    said = answer.content.decode()
    assert (answer.status_code, answer["Retry-After"]) == (429, "60")
    assert '<meta http-equiv="refresh" content="60">' in said
    assert "<a " not in said
    assert "no-store" in answer["Cache-Control"]


def test_looking_leaves_only_about_when_the_screen_was_seen(leader, unit):
    link, token = made(leader, unit=unit)
    Client().head(f"/man-hinh/{token}")
    link.refresh_from_db()
    assert link.last_seen_at is None

    shown(token)
    link.refresh_from_db()
    first = link.last_seen_at
    assert first is not None
    with CaptureQueriesContext(connection) as told:
        shown(token)

    assert told.captured_queries
    asked = [each["sql"].lstrip() for each in told.captured_queries]
    assert all(each.startswith(("SELECT", "WITH")) for each in asked), asked
    later = first + walls.SEEN_WITHIN
    walls.note_seen(link, at=later)
    link.refresh_from_db()
    assert link.last_seen_at == later


def test_it_shows_the_sums_of_the_dashboard(leader, unit):
    late(unit, 6)
    _link, token = made(leader, unit=unit)

    told = shown(token).context["sums"]
    known = signed_in(leader).get(DASHBOARD).context["sums"]

    assert [(each.key, each.value) for each in told] == [
        (each.key, each.value) for each in known
    ]
    assert ("late", "6") in {(each.key, each.value) for each in told}


def test_a_room_reads_no_case_no_title_and_nobody_s_name(leader, unit):
    late(unit, 6)
    _link, token = made(leader, unit=unit, name="Phòng của bà Kín")

    said = unescape(shown(token).content.decode())

    for case in Report.objects.all():
        for word in (case.public_id, case.code, case.public_title):
            assert word not in said
    for word in ("Phòng của bà Kín", leader.user.username, "/lam-viec", "su-viec"):
        assert word not in said


def test_of_very_few_a_room_is_told_only_that_they_are_few(city_leader, unit):
    few, many = (
        OrganisationFactory.create(place=PlaceFactory.create()) for _ in range(2)
    )
    late(few, TOLD_FROM - 1)
    late(many, TOLD_FROM)
    _link, token = made(city_leader)

    told = shown(token).context["behind"]

    assert [(each.name, each.late) for each in told] == [
        (many.place.label, "5"),
        (few.place.label, "dưới 5"),
    ]


@pytest.mark.parametrize(("handled", "is_told"), [(9, False), (10, True)])
def test_a_map_that_has_nothing_to_tell_says_why(
    city_leader, monkeypatch, handled, is_told
):
    unit = OrganisationFactory.create(place=PlaceFactory.create())
    place = {"place": unit.place, "current_place": unit.place}
    for case in CaseFactory.create_batch(
        handled, status="resolved", organisation=unit, **place
    ):
        Clock.objects.filter(report=case).update(stopped_at=timezone.now())
        Report.objects.filter(pk=case.pk).update(resolved_at=timezone.now())
    box = (0.0, 0.0, 1.0, 1.0)
    said = {"place": unit.place_id, "name": "A", "path": "M 0 0", "middle": (0, 0)}
    sheet = Sheet(near=(Outline(box=box, **said),), far=())
    monkeypatch.setattr("mapui.views.wall.outlines", lambda **_asked: sheet)
    measure(at=timezone.now())
    _link, token = made(city_leader)

    page = shown(token).content.decode()

    assert ("Chưa phường, xã nào xử lý đủ 10 vụ" in page) is not is_told
    assert ("dưới 50" in page) is is_told


def test_at_most_ten_wards_stand_in_the_list(city_leader):
    for turn in range(12):
        late(OrganisationFactory.create(place=PlaceFactory.create()), 1 + turn // 6)
    _link, token = made(city_leader)

    assert len(shown(token).context["behind"]) == 10


def test_a_ward_s_committee_is_told_by_categories(leader, unit):
    late(unit, 5)
    _link, token = made(leader, unit=unit)

    named = {each.name for each in shown(token).context["behind"]}

    assert named == {each.category.label for each in Report.objects.all()}


def test_a_category_that_strangers_are_shown_nothing_of_hangs_in_no_room(leader, unit):
    late(unit, 7)
    Category.objects.update(is_public=False)
    _link, token = made(leader, unit=unit)

    assert shown(token).context["behind"] == []


@pytest.mark.parametrize(
    ("language", "cookie", "lang"),
    [("vi", None, "vi"), ("en", None, "en"), ("en", "vi", "vi")],
)
def test_it_speaks_the_link_s_language_or_the_one_chosen_there(
    leader, unit, language, cookie, lang
):
    said = {"name": "Sảnh", "unit": unit, "days": 7, "language": language}
    _link, token = walls.make_wall(by=leader, at=timezone.now(), **said)
    client = Client()
    if cookie:
        client.cookies["django_language"] = cookie

    answer = client.get(f"/man-hinh/{token}", headers={"accept-language": "fr"})

    assert f'<html lang="{lang}"' in answer.content.decode()
    assert answer["Content-Language"] == lang
