"""What a phone sends again is done once: one answer, one event, whoever asks twice."""

from __future__ import annotations

from datetime import timedelta
from threading import Barrier, Thread

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from incidents.errors import SentOtherwise
from incidents.models import Attachment, Clock, Event, Result, Sending, Status
from incidents.sendings import KEPT, Sent, do_once, sweep
from tests.factories import CaseFactory, OrganisationFactory, focal_point, picture

pytestmark = pytest.mark.django_db

ONE = "3f0c1c1e-53a7-4d4e-9a43-000000000001"
LATER = {"X-Sent-By": "outbox"}


def step(case, name):
    return f"/lam-viec/phan-anh/{case.public_id}/{name}"


def held(unit, status=Status.TRANSFERRED):
    case = CaseFactory.create(status=status, organisation=unit)
    # Who is late says why and by when before anything else.
    ahead = timezone.now() + timedelta(days=3)
    Clock.objects.filter(report=case).update(due_at=ahead)
    return case


def send(client, address, case, *, client_id=ONE, **said):
    body = {"version": case.version, "seen": 1, "client_id": client_id} | said
    return client.post(address, body, headers=LATER)


def test_a_press_that_comes_again_is_answered_as_the_first(client, unit):
    case = held(unit)

    first = send(client, step(case, "acknowledge"), case)
    again = send(client, step(case, "acknowledge"), case)

    assert (first.status_code, again.status_code) == (200, 200)
    assert first.json() | {"again": True} == again.json()
    assert first.json()["version"] == case.version + 1
    assert case.events.filter(code=Event.Code.ACKNOWLEDGED).count() == 1
    case.refresh_from_db()
    assert case.version == first.json()["version"]


def test_a_result_with_its_photos_comes_again_and_is_filed_once(client, unit):
    case = held(unit)
    said = {"outcome": "fixed", "text": "Đã thay nắp."}
    address = step(case, "ket-qua")

    first = send(client, address, case, **said, attachments=picture())
    again = send(client, address, case, **said, attachments=picture())

    assert first.json()["said"] == again.json()["said"]
    assert (Result.objects.count(), Attachment.objects.count()) == (1, 1)


def test_another_body_under_the_same_name_is_a_conflict(client, unit):
    case = held(unit, Status.IN_PROGRESS)
    send(client, step(case, "note"), case, text="Đang đào.")

    other = send(client, step(case, "note"), case, text="Đang lấp.")

    assert other.status_code == 409
    assert "nội dung khác" in other.json()["detail"]
    assert case.events.filter(code=Event.Code.PROGRESS).count() == 1


def test_one_name_may_be_drawn_by_two_people(client, unit):
    case, other = held(unit, Status.IN_PROGRESS), Client()
    other.force_login(focal_point(unit).user)
    send(client, step(case, "note"), case, text="Một.")
    case.refresh_from_db()

    answer = send(other, step(case, "note"), case, text="Hai.")

    assert answer.status_code == 200
    assert case.events.filter(code=Event.Code.PROGRESS).count() == 2


def test_what_was_refused_says_what_changed_and_may_come_again_mended(client, unit):
    case, other = held(unit), Client()
    other.force_login(focal_point(unit).user)
    other.post(step(case, "acknowledge"), {"version": case.version})

    refused = send(client, step(case, "verify"), case)

    assert refused.status_code == 409
    assert refused["Content-Type"] == "application/problem+json"
    said = refused.json()
    assert len(said["changed"]) == 1
    assert "tiếp nhận" in said["changed"][0]
    assert not Sending.objects.exists()
    body = {"version": said["version"], "client_id": ONE}
    mended = client.post(step(case, "verify"), body, headers=LATER)
    assert mended.status_code == 200


def test_what_a_form_lacks_is_told_by_its_field(client, unit):
    case = held(unit, Status.IN_PROGRESS)

    refused = send(client, step(case, "ket-qua"), case, outcome="fixed", text="Xong.")

    assert refused.status_code == 422
    assert list(refused.json()["fields"]) == ["no_photo_because"]


def test_the_answer_is_found_after_the_case_has_gone_out_of_sight(client, unit):
    case = held(unit, Status.IN_PROGRESS)
    first = send(client, step(case, "note"), case, text="Đang đào.")
    case.refresh_from_db()
    case.organisation = OrganisationFactory.create()
    case.save()

    again = send(client, step(case, "note"), case, version=1, text="Đang đào.")

    assert (first.status_code, again.status_code) == (200, 200)
    assert client.get(step(case, "")[:-1]).status_code == 404


@pytest.mark.django_db(transaction=True)
def test_of_two_that_come_at_one_moment_one_is_done(unit):
    case = held(unit, Status.IN_PROGRESS)
    sent = Sent(client_id=ONE, sender="user 1", step="note", fields=(("text", "x"),))
    barrier, answers = Barrier(4), []

    def act():
        number = Sending.objects.count()
        return {"said": f"done by {number}"}

    def run():
        barrier.wait()
        try:
            answers.append(do_once(sent, act, report=case, at=timezone.now()))
        finally:
            connection.close()

    threads = [Thread(target=run) for _ in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()

    assert sum(each.is_new for each in answers) == 1
    assert len({str(each.answer) for each in answers}) == 1


def test_a_body_is_kept_as_a_digest_and_forgotten_in_time(unit):
    case, now = held(unit), timezone.now()
    sent = Sent(client_id=ONE, sender="user 1", step="note", fields=(("text", "Lan"),))
    do_once(sent, lambda: {"said": "x"}, report=case, at=now)
    kept = Sending.objects.get()

    assert b"Lan" not in bytes(kept.body_digest)
    assert len(bytes(kept.body_digest)) == 32
    with pytest.raises(SentOtherwise):
        other = Sent(client_id=ONE, sender="user 1", step="note", fields=())
        do_once(other, dict, report=case, at=now)
    assert sweep(at=now + KEPT / 2) == 0
    assert sweep(at=now + KEPT * 2) == 1
