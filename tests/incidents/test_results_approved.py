from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db.backends.postgresql.psycopg_any import DateRange
from PIL import Image

from incidents import resolution
from incidents.camera import read_shot
from incidents.errors import Missing, NotAllowed
from incidents.media import look_into
from incidents.models import Membership, Organisation, Status
from incidents.objections import WaitsForApproval
from incidents.permissions import actor_of, approvers_of
from tests.factories import (
    HERE,
    JULY,
    CaseFactory,
    MembershipFactory,
    OrganisationFactory,
    focal_point,
    north_of,
    operator,
    picture,
    somebody,
)

pytestmark = pytest.mark.django_db

LATER = JULY + timedelta(days=2)
Role = Membership.Role


@pytest.fixture
def unit():
    return OrganisationFactory.create(leader_approves=True)


@pytest.fixture
def leader(unit):
    return somebody(Role.LEADER, unit)


@pytest.fixture
def case(unit):
    return CaseFactory.create(status=Status.IN_PROGRESS, organisation=unit)


def propose(case, *, at=LATER, **changed):
    said = {"outcome": "fixed", "text": "Đã thay nắp.", "no_photo_because": "Trời tối"}
    by = focal_point(case.organisation)
    return resolution.propose_result(case, by=by, at=at, **said | changed)


def taken(metres=0, *, at=LATER, offset="+00:00", here=HERE):
    """A photo that says where and when it was taken."""
    exif, spot = Image.Exif(), north_of(here, metres)
    exif.get_ifd(0x8769)[0x9003] = f"{at:%Y:%m:%d %H:%M:%S}"
    if offset:
        exif.get_ifd(0x8769)[0x9011] = offset
    gps = exif.get_ifd(0x8825)
    gps[1], gps[2] = "N", degrees(spot.y)
    gps[3], gps[4] = "E", degrees(spot.x)
    return look_into([picture(exif=exif)])


def degrees(value):
    whole = int(value)
    minutes = int((value - whole) * 60)
    return whole, minutes, (value - whole - minutes / 60) * 3600


def test_the_leader_approves_first_and_then_the_operator_publishes(case, leader):
    filed = propose(case)
    assert (filed.status, filed.approval) == (Status.AWAITING, "leader")
    with pytest.raises(WaitsForApproval):
        resolution.publish_result(filed, by=operator(), at=LATER)

    approved = resolution.approve_result(filed, by=leader, at=LATER)

    assert (approved.status, approved.approval) == (Status.AWAITING, "")
    event = approved.events.latest("sequence")
    assert (event.code, event.by) == ("result_approved", leader.user)
    published = resolution.publish_result(approved, by=operator(), at=LATER)
    assert published.status == Status.RESOLVED


def test_where_the_unit_publishes_itself_its_leader_s_word_does(case, leader):
    Organisation.objects.update(publishes_itself=True)
    filed = propose(case)

    published = resolution.approve_result(filed, by=leader, at=LATER)

    assert (filed.status, published.status) == (Status.AWAITING, Status.RESOLVED)


def test_only_the_leader_of_the_unit_or_above_approves(case, leader, unit):
    filed = propose(case)
    stranger = somebody(Role.LEADER)

    for other in (operator(), focal_point(unit), stranger):
        with pytest.raises(NotAllowed):
            resolution.approve_result(filed, by=other, at=LATER)


def test_a_deputy_approves_on_the_days_they_stand_in(case, leader, unit):
    filed = propose(case)
    deputy = MembershipFactory.create(
        organisation=unit,
        role=Role.LEADER,
        deputy_for=leader.user,
        validity=DateRange(date(2025, 7, 9), date(2025, 7, 12)),
    ).user
    on, after = date(2025, 7, 11), date(2025, 7, 12)

    assert set(approvers_of(unit.pk, on=on)) == {leader.user, deputy}
    assert set(approvers_of(unit.pk, on=after)) == {leader.user}
    assert actor_of(deputy, on=after) is not None
    with pytest.raises(NotAllowed):
        resolution.approve_result(filed, by=actor_of(deputy, on=after), at=LATER)
    approved = resolution.approve_result(filed, by=actor_of(deputy, on=on), at=LATER)
    assert approved.events.latest("sequence").by == deputy


def test_a_leader_sends_a_result_back_to_the_unit(case, leader):
    filed = propose(case)

    back = resolution.send_result_back(filed, by=leader, at=LATER, text="Thiếu ảnh")

    assert (back.status, back.approval) == (Status.IN_PROGRESS, "")


def test_a_unit_that_nobody_leads_that_day_goes_straight_to_the_operators(case):
    assert propose(case).approval == ""


def test_a_recent_photo_of_the_place_needs_no_reason(case):
    filed = propose(case, uploads=taken(30, at=LATER - timedelta(hours=5)))

    photo = filed.attachments.get()
    assert (photo.metres_off, photo.taken_at) == (30, LATER - timedelta(hours=5))
    assert filed.results.get().photo_because == ""


@pytest.mark.parametrize(
    ("metres", "at"),
    [
        (900, LATER),
        (10, LATER - timedelta(days=9)),
        (10, LATER + timedelta(days=9)),
    ],
    ids=["far", "old", "to come"],
)
def test_a_photo_far_off_or_of_long_before_needs_a_reason_and_is_flagged(
    case, metres, at
):
    with pytest.raises(Missing) as refused:
        propose(case, uploads=taken(metres, at=at))
    assert refused.value.field == "photo_because"

    filed = propose(case, uploads=taken(metres, at=at), photo_because="Máy sai giờ")

    assert filed.results.get().photo_because == "Máy sai giờ"
    assert filed.attachments.get().metres_off == metres


def test_how_far_and_how_old_is_for_the_city_to_say(case, settings):
    settings.CITY = replace(settings.CITY, after_photo_metres=5, after_photo_hours=1)

    with pytest.raises(Missing):
        propose(case, uploads=taken(30))
    with pytest.raises(Missing):
        propose(case, uploads=taken(0, at=LATER - timedelta(hours=2)))


def test_without_an_offset_a_camera_goes_by_the_clock_of_the_city():
    upload = taken(0, at=datetime(2025, 7, 11, 10, tzinfo=UTC), offset="")[0]

    assert read_shot(upload.file, of=HERE).at == datetime(2025, 7, 11, 3, tzinfo=UTC)


def test_what_a_camera_did_not_write_is_held_against_nobody(case):
    filed = propose(case, uploads=look_into([picture()]), no_photo_because="")

    photo = filed.attachments.get()
    assert (photo.metres_off, photo.taken_at) == (None, None)


@pytest.mark.parametrize("offset", ["+7", "nonsense", "+25:99"])
def test_nonsense_in_a_header_is_nothing_said(offset):
    file = taken(0, at=LATER, offset=offset)[0].file
    assert read_shot(file, of=HERE).metres_off == 0

    exif = Image.Exif()
    exif.get_ifd(0x8769)[0x9003] = "yesterday"
    exif.get_ifd(0x8825)[2] = (999.0, 0.0, 0.0)
    exif.get_ifd(0x8825)[4] = (0.0, 0.0)
    shot = read_shot(look_into([picture(exif=exif)])[0].file, of=HERE)
    assert (shot.at, shot.metres_off) == (None, None)

    broken = SimpleUploadedFile("x.jpg", b"\xff\xd8\xff\xe1 not a photo")
    assert read_shot(broken, of=HERE).at is None
