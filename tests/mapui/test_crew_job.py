"""A crew's one job by a link: what it shows, what it takes, and when it is over."""

from __future__ import annotations

import logging
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from config.logging import WithoutCodes
from incidents import staging, work
from incidents.crews import make_link
from incidents.models import (
    Attachment,
    CrewLink,
    CrewResult,
    Event,
    Report,
    Result,
    StagedFile,
    Status,
)
from mapui.views.limits import Proofs
from tests.factories import (
    HERE,
    AttachmentFactory,
    CaseFactory,
    OrganisationFactory,
    focal_point,
    operator,
    picture,
)

pytestmark = pytest.mark.django_db

ONE = "3f0c1c1e-53a7-4d4e-9a43-000000000001"
LATER = {"X-Sent-By": "outbox"}


@pytest.fixture
def case(unit):
    return CaseFactory.create(
        status=Status.IN_PROGRESS,
        organisation=unit,
        address="12 Hẻm 5",
        description="Lời của chị Lan, 0901 234 567",
    )


@pytest.fixture
def crew(client):
    """A phone of somebody who has no account."""
    return Client()


def crews_of(case, rest=""):
    return f"/lam-viec/phan-anh/{case.public_id}/to-doi{rest}"


def made(case, *, hours=24, photos=()):
    _link, token = make_link(
        case,
        crew="Tổ 3",
        job="Thay nắp cống.",
        hours=hours,
        photos=photos,
        by=focal_point(case.organisation),
        at=timezone.now(),
    )
    return f"/viec/{token}"


def shown(client, address):
    """Ask for a file, read it to its end, and return how that went."""
    answer = client.get(address)
    if answer.streaming:
        b"".join(answer.streaming_content)
    return answer.status_code


def done(**said):
    return {"step": "done", "outcome": "fixed", "text": "Đã thay nắp."} | said


def test_an_officer_makes_a_link_that_is_shown_once(client, case):
    photo = AttachmentFactory.create(report=case, state="ready")
    said = {"crew": "Tổ 3", "job": "Thay nắp.", "hours": "24", "photos": [photo.pk]}

    answer = client.post(crews_of(case), said)

    token = answer.context["address"].rpartition("/")[2]
    assert len(token) == 32
    assert "<svg" in answer.content.decode()
    assert "no-store" in answer["Cache-Control"]
    link = CrewLink.objects.get()
    assert token.encode() not in bytes(link.token_digest)
    assert list(link.photos.all()) == [photo]
    assert link.expires_at - link.made_at == timedelta(hours=24)
    again = client.get(crews_of(case)).content.decode()
    assert token not in again
    assert "Tổ 3" in again
    event = case.events.get(code=Event.Code.CREW_LINKED)
    assert event.arguments == {"number": "1"}
    assert event.visibility == Event.Visibility.STAFF


def test_a_crew_sees_what_and_where_and_never_who_or_the_reporter_s_words(crew, case):
    let = AttachmentFactory.create(report=case, state="ready", shown="shown/a.jpg")
    kept = AttachmentFactory.create(report=case, state="ready", shown="shown/b.jpg")

    answer = crew.get(made(case, photos=[let]))

    said = answer.content.decode()
    for word in ("Thay nắp cống.", "12 Hẻm 5", f"{HERE.y:.6f}", case.category.label):
        assert word in said
    assert f"{HERE.x:.6f}" in said
    assert let.public_id in said
    for word in ("Lan", "0901", "Tổ 3", case.code, case.public_id, kept.public_id):
        assert word not in said
    for word in ("private", "no-store"):
        assert word in answer["Cache-Control"]


def test_only_the_photos_that_were_let_are_shown_by_the_link(crew, case, settings):
    let, kept = (AttachmentFactory.create(report=case, state="ready") for _ in "ab")
    for each in (let, kept):
        each.shown.save(f"{each.public_id}.jpg", picture())
    way = made(case, photos=[let])

    assert shown(crew, f"{way}/anh/{let.public_id}") == 200
    assert shown(crew, f"{way}/anh/{kept.public_id}") == 404


def test_progress_of_a_crew_is_for_the_unit_to_read(crew, case):
    way = made(case)

    answer = crew.post(way, {"step": "progress", "text": "Đang chờ nắp."})

    assert answer.url == way
    event = case.events.latest("sequence")
    assert (event.code, event.by) == (Event.Code.CREW_NOTE, None)
    assert event.note.text == "Đang chờ nắp."
    assert event.visibility == Event.Visibility.STAFF
    assert "1" in event.label


def test_what_a_crew_did_becomes_the_unit_s_result_by_one_press(client, crew, case):
    way = made(case)

    crew.post(way, done(attachments=picture()))

    case.refresh_from_db()
    assert case.status == Status.IN_PROGRESS
    assert not Result.objects.exists()
    page = client.get(crews_of(case))
    assert "Đã thay nắp." in page.content.decode()
    photo = StagedFile.objects.get()
    assert shown(client, crews_of(case, f"/anh/{photo.public_id}")) == 200
    confirmed = client.post(crews_of(case, "/1/xac-nhan"), {"version": case.version})
    assert confirmed.status_code == 302
    result = Result.objects.get()
    assert (result.text, result.outcome) == ("Đã thay nắp.", "fixed")
    assert result.by is not None
    assert Attachment.objects.get(result=result).kind == "photo"
    assert not StagedFile.objects.exists()
    case.refresh_from_db()
    assert case.status == Status.AWAITING
    assert CrewResult.objects.get().is_confirmed


def test_after_it_is_reported_the_link_takes_nothing_more(crew, case):
    way = made(case)
    crew.post(way, done(no_photo_because="Ban đêm"))

    again = crew.post(way, done(text="Khác", no_photo_because="x"))
    note = crew.post(way, {"step": "progress", "text": "Nữa"})

    assert (again.status_code, note.status_code) == (410, 410)
    assert CrewResult.objects.get().text == "Đã thay nắp."
    seen = crew.get(way).content.decode()
    assert "<form" not in seen.partition("<main")[2].partition("</main")[0]


def test_a_crew_s_result_comes_again_and_is_taken_once(crew, case):
    way = made(case)

    first = crew.post(way, done(client_id=ONE, attachments=picture()), headers=LATER)
    again = crew.post(way, done(client_id=ONE, attachments=picture()), headers=LATER)
    other = crew.post(way, done(client_id=ONE, text="Khác"), headers=LATER)

    assert first.json() | {"again": True} == again.json()
    assert other.status_code in {409, 410}
    assert "changed" not in other.json()
    assert CrewResult.objects.count() == 1


def test_work_without_a_photo_or_a_reason_is_not_taken(crew, case):
    refused = crew.post(made(case), done())

    assert refused.status_code == 422
    assert not CrewResult.objects.exists()
    assert CrewLink.objects.get().spent_at is None


def test_a_wrong_link_is_as_any_address_that_leads_nowhere(crew, case):
    way = made(case)

    wrong = crew.get(way[:-1] + ("A" if way[-1] != "A" else "B"))
    nothing = crew.get("/viec/never-was")

    assert (wrong.status_code, nothing.status_code) == (404, 404)
    token = way.rpartition("/")[2]
    record = logging.LogRecord("x", 30, "", 0, f"Gone: /viec/{token}", (), None)
    assert token not in WithoutCodes("%(message)s").format(record)


def test_who_has_a_link_that_is_over_is_told_so(client, crew, case):
    expired, revoked, gone = made(case), made(case), made(case)
    CrewLink.objects.filter(number=1).update(
        made_at=timezone.now() - timedelta(days=2),
        expires_at=timezone.now() - timedelta(days=1),
    )
    client.post(crews_of(case, "/2/thu-hoi"))

    assert crew.get(expired).status_code == 410
    assert "hết hạn" in crew.get(revoked).content.decode()
    assert crew.post(revoked, done()).status_code == 410
    assert crew.get(gone).status_code == 200
    Report.objects.filter(pk=case.pk).update(organisation=OrganisationFactory.create())
    assert crew.get(gone).status_code == 410


def test_only_the_unit_that_has_the_case_gives_it_to_crews(case):
    for actor in (operator(), focal_point(OrganisationFactory.create())):
        stranger = Client()
        stranger.force_login(actor.user)
        assert stranger.get(crews_of(case)).status_code == 404
        assert stranger.post(crews_of(case), {"crew": "x"}).status_code == 404
    assert not CrewLink.objects.exists()


def test_what_a_crew_sent_is_not_swept_before_it_is_settled(client, crew, case):
    crew.post(made(case), done(attachments=picture()))

    staging.sweep(at=timezone.now() + timedelta(days=3))

    assert StagedFile.objects.count() == 1
    client.post(crews_of(case, "/1/bo"))
    assert not StagedFile.objects.exists()
    assert CrewResult.objects.get().settled_at is not None


def test_confirming_on_a_case_that_changed_meanwhile_is_a_conflict(client, crew, case):
    crew.post(made(case), done(no_photo_because="Ban đêm"))
    seen = Report.objects.get(pk=case.pk).version
    work.note_progress(
        case, by=focal_point(case.organisation), at=timezone.now(), text="x"
    )

    answer = client.post(crews_of(case, "/1/xac-nhan"), {"version": seen})

    assert answer.status_code == 409
    assert not Result.objects.exists()
    assert CrewResult.objects.get().settled_at is None


def test_a_stranger_who_tries_too_often_waits(crew, case, settings, monkeypatch):
    monkeypatch.setattr(Proofs, "THROTTLE_RATES", {"proofs": "2/min"})

    answers = [crew.get("/viec/never-was").status_code for _ in range(3)]

    assert answers == [404, 404, 429]
