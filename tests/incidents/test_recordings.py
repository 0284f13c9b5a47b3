"""A recorded call stays with its case, and few hear it."""

from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import DatabaseError, transaction

from incidents.errors import Missing
from incidents.media import look_into
from incidents.models import (
    AccessRecord,
    Attachment,
    Contact,
    ContactReading,
    Status,
)
from incidents.recordings import add_recording
from tests.factories import JULY, CaseFactory, focal_point, operator, picture

pytestmark = pytest.mark.django_db

WAV = b"RIFF\x24\x00\x00\x00WAVEfmt \x10\x00\x00\x00\x01\x00\x01\x00" + bytes(64)


@pytest.fixture
def recorded():
    """A case in hand, with its call."""
    case = CaseFactory.create(status=Status.IN_PROGRESS)
    sound = look_into([SimpleUploadedFile("call.wav", WAV)])
    add_recording(case, by=operator(), at=JULY, uploads=sound)
    return case, Attachment.objects.get()


def heard(client, actor, attachment):
    client.force_login(actor.user)
    return client.get(f"/staff/files/{attachment.public_id}/original")


def test_an_operator_hears_it_and_that_is_written_down(client, recorded):
    answer = heard(client, operator(), recorded[1])

    assert answer.status_code == 200
    assert b"".join(answer.streaming_content) == WAV
    assert "no-store" in answer["Cache-Control"]
    assert ContactReading.objects.get().reason == "Recording of the call played"


def test_a_unit_does_not_hear_who_called(client, recorded):
    case, attachment = recorded
    unit = focal_point(case.organisation)

    assert heard(client, unit, attachment).status_code == 404
    page = client.get(f"/lam-viec/phan-anh/{case.public_id}").content.decode()
    assert attachment.public_id not in page
    client.force_login(operator().user)
    page = client.get(f"/lam-viec/phan-anh/{case.public_id}").content.decode()
    assert attachment.public_id in page


def test_no_stranger_ever_hears_it(client, recorded):
    client.logout()

    assert (
        client.get(f"/staff/files/{recorded[1].public_id}/original").status_code == 404
    )
    with pytest.raises(DatabaseError), transaction.atomic():
        Attachment.objects.update(state="ready", approved_at=JULY)


def test_only_sound_is_a_recording(recorded):
    for uploads in ((), look_into([picture()])):
        with pytest.raises(Missing):
            add_recording(recorded[0], by=operator(), at=JULY, uploads=uploads)


def test_a_call_of_nobody_we_could_name_is_written_down_with_its_case(client, recorded):
    case, attachment = recorded
    Contact.objects.all().delete()
    desk = operator()

    assert b"".join(heard(client, desk, attachment).streaming_content) == WAV

    row = AccessRecord.objects.get()
    assert (row.kind, row.by, row.report) == ("call_heard", desk.user, case)
