"""What a reporter sent opens as it was sent for who may know who that is."""

from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from incidents.contacting import ask_for_contact, grant_contact
from incidents.history import Happening, last_event, record
from incidents.models import AccessRecord, Attachment, Event, Membership, Status
from tests.factories import (
    AttachmentFactory,
    CaseFactory,
    OrganisationFactory,
    focal_point,
    operator,
    picture,
    somebody,
)

pytestmark = pytest.mark.django_db
READY = Attachment.State.READY


@pytest.fixture
def case():
    return CaseFactory.create(
        status=Status.IN_PROGRESS, organisation=OrganisationFactory.create()
    )


@pytest.fixture
def unit(case, client):
    """Somebody of the unit, who has signed in."""
    unit = focal_point(case.organisation)
    client.force_login(unit.user)
    return unit


def sent(case, kind="photo", **more):
    shown = {"shown": picture(), "thumbnail": picture()} if kind == "photo" else {}
    return AttachmentFactory.create(report=case, kind=kind, state=READY, **shown | more)


def status(client, file, form="original"):
    answer = client.get(f"/staff/files/{file.public_id}/{form}")
    if answer.streaming:
        assert b"".join(answer.streaming_content)
    return answer.status_code


@pytest.mark.parametrize("kind", ["photo", "video", "audio"])
def test_a_unit_opens_no_original_before_the_contact_is_granted(
    client, case, unit, kind
):
    file = sent(case, kind)
    address = f"/staff/files/{file.public_id}/original"
    page = f"/lam-viec/phan-anh/{case.public_id}"

    before, unled = status(client, file), client.get(page).content.decode()
    asked = ask_for_contact(case, by=unit, at=timezone.now(), why="Tìm chỗ")
    grant_contact(asked, by=operator(), at=timezone.now())
    after, led = status(client, file), client.get(page).content.decode()

    assert (before, after) == (404, 200)
    assert address not in unled
    assert address in led
    row = AccessRecord.objects.get()
    assert (row.kind, row.by, row.report) == ("file_opened", unit.user, case)
    assert row.reason == kind


def test_a_unit_works_by_the_photo_without_what_the_camera_wrote(client, case, unit):
    photo = sent(case)

    assert [status(client, photo, form) for form in ("shown", "thumbnail")] == [200] * 2
    assert not AccessRecord.objects.exists()


def test_the_desk_opens_it_and_that_is_written_down(client, case):
    desk = operator()
    client.force_login(desk.user)

    assert status(client, sent(case)) == 200

    row = AccessRecord.objects.get()
    assert (row.kind, row.by, row.report) == ("file_opened", desk.user, case)


def test_who_sees_every_case_opens_no_original(client, case):
    client.force_login(somebody(Membership.Role.CITY_LEADER).user)

    assert status(client, sent(case)) == 404


def test_what_a_unit_sent_itself_opens_without_more(client, case, unit):
    told = [Happening(code=Event.Code.PROGRESS)]
    (event,) = record(
        case, told, at=timezone.now(), by=unit.user, after=last_event(case)
    )
    file = AttachmentFactory.create(
        report=case,
        event=event,
        kind="video",
        state=READY,
        original=SimpleUploadedFile("a.mp4", b"x"),
    )

    assert status(client, file) == 200
    assert not AccessRecord.objects.exists()


def test_what_another_reporter_sent_of_the_same_is_for_the_desk_alone(
    client, case, unit
):
    event = case.events.first()  # Of nobody on the staff.
    file = sent(case, event=event)
    asked = ask_for_contact(case, by=unit, at=timezone.now(), why="Tìm chỗ")
    grant_contact(asked, by=operator(), at=timezone.now())

    assert (status(client, file), status(client, file, "shown")) == (404, 200)
    client.force_login(operator().user)
    assert status(client, file) == 200
