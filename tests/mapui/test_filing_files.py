from __future__ import annotations

import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from incidents.api.throttles import Uploads
from incidents.models import Attachment, Report, StagedFile
from incidents.staging import unstage
from tests.factories import picture

pytestmark = pytest.mark.django_db
FILES, FILING = reverse("mapui:filing-files"), reverse("mapui:filing")
SENDING, ANOTHER = "a-sending-nobody-guesses", "another-one-nobody-guesses"


def send_ahead(client, file=None, *, client_id=SENDING):
    sent = {"file": file or picture("hố.jpg")}
    return client.post(FILES, sent, headers={"X-Filing": client_id})


def test_a_file_sent_ahead_is_listed_for_its_own_sending_only(client):
    answer = send_ahead(client)

    told = answer.json()
    assert answer.status_code == 201
    assert (told["name"], told["kind"]) == ("hố.jpg", "photo")
    mine = client.get(FILES, headers={"X-Filing": SENDING})
    others = client.get(FILES, headers={"X-Filing": ANOTHER})
    assert mine.json() == {"files": [told]}
    assert client.get(FILES).json() == others.json() == {"files": []}
    assert "no-store" in mine.headers["Cache-Control"]


def test_what_cannot_be_taken_is_refused_with_the_reason(client, settings):
    settings.ATTACHMENT_BYTES_AT_MOST = 1000
    words = SimpleUploadedFile("note.jpg", b"Only words, whatever the name says.")

    no_photo = send_ahead(client, words)
    large = send_ahead(client, picture(size=(900, 900)))
    nothing = client.post(FILES, headers={"X-Filing": SENDING})
    nameless = client.post(FILES, {"file": picture()})

    answers = [no_photo, large, nothing, nameless]
    assert [each.status_code for each in answers] == [415, 413, 422, 422]
    assert all(each.json()["error"] for each in answers)
    assert "note.jpg" in no_photo.json()["error"]
    assert not StagedFile.objects.exists()


def test_who_sends_too_many_files_waits(client, monkeypatch):
    monkeypatch.setattr(Uploads, "allow_request", lambda *_: False)

    answer = send_ahead(client)

    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "60")


def test_an_address_sends_so_many_bytes_ahead_an_hour_and_is_told(client, settings):
    photo = picture()
    settings.STAGED_BYTES_AN_HOUR = photo.size + 1

    taken, refused = (send_ahead(client, picture()) for _ in range(2))
    elsewhere = client.post(
        FILES,
        {"file": picture()},
        headers={"X-Filing": ANOTHER},
        REMOTE_ADDR="203.0.113.9",
    )

    assert [taken.status_code, refused.status_code] == [201, 413]
    assert "hour" in refused.json()["error"] or "giờ" in refused.json()["error"]
    assert elsewhere.status_code == 201


def test_what_is_refused_takes_up_nothing_of_the_hour(client, settings):
    settings.STAGED_BYTES_AN_HOUR = picture(size=(64, 48)).size + 1

    large = send_ahead(client, picture(size=(900, 900)))
    small = send_ahead(client, picture(size=(64, 48)))

    assert [large.status_code, small.status_code] == [413, 201]


def test_files_are_counted_apart_from_reports():
    assert Uploads.scope != "reports"
    assert Uploads().rate == Uploads.THROTTLE_RATES["reports"]


def test_another_site_can_send_nothing_and_take_nothing_back():
    strict = Client(enforce_csrf_checks=True)

    sent = send_ahead(strict)
    taken = strict.delete(f"{FILES}/x", headers={"X-Filing": SENDING})

    assert (sent.status_code, taken.status_code) == (403, 403)


def test_a_file_is_taken_back_by_its_own_sending_only(client):
    known = send_ahead(client).json()["id"]

    client.delete(f"{FILES}/{known}", headers={"X-Filing": ANOTHER})
    assert StagedFile.objects.count() == 1
    answer = client.delete(f"{FILES}/{known}", headers={"X-Filing": SENDING})

    assert answer.status_code == 200
    assert not StagedFile.objects.exists()


def test_a_report_takes_along_what_was_sent_ahead(client, sent):
    known = send_ahead(client).json()["id"]
    told = sent | {"client_id": SENDING, "staged": [known]}

    first, again = client.post(FILING, told), client.post(FILING, told)

    assert first.url == again.url
    assert Report.objects.get().attachments.get().public_id == known


def test_files_sent_ahead_and_with_the_form_count_together(client, sent, settings):
    settings.ATTACHMENTS_AT_MOST = 1
    known = send_ahead(client).json()["id"]
    told = sent | {"client_id": SENDING, "staged": [known]}

    page = client.post(FILING, told | {"attachments": [picture("b.jpg")]})

    assert page.status_code == 422
    assert 'id="filing-attachments-error"' in page.content.decode()
    assert not Report.objects.exists()


def test_a_file_that_is_gone_is_said_beside_the_files(client, sent):
    known = send_ahead(client).json()["id"]
    unstage(known, client_id=SENDING)

    page = client.post(FILING, sent | {"client_id": SENDING, "staged": [known]})

    assert page.status_code == 422
    assert 'href="#filing-attachments"' in page.content.decode()
    assert not Attachment.objects.exists()


def test_what_was_sent_ahead_stays_with_a_page_that_says_what_is_wrong(client, sent):
    known = send_ahead(client).json()["id"]
    told = sent | {"client_id": SENDING, "staged": [known], "description": ""}

    said = client.post(FILING, told).content.decode()

    assert re.search(rf'name="staged"\s+value="{known}"', said)


def test_files_go_along_when_a_used_sending_gets_another_name(client, sent):
    client.post(FILING, sent | {"client_id": SENDING})
    known = send_ahead(client).json()["id"]
    told = sent | {"client_id": SENDING, "description": "Khác", "staged": [known]}

    said = client.post(FILING, told).content.decode()
    renamed = re.search(r'name="client_id" value="([^"]+)"', said)[1]
    client.post(FILING, told | {"client_id": renamed})

    assert Report.objects.get(description="Khác").attachments.count() == 1
