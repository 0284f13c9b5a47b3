from __future__ import annotations

import pytest
from django.utils import timezone

from incidents.models import CallDraft, Report, SampledCase, ShiftNote, Status, Storm
from tests.factories import CaseFactory, OrganisationFactory, operator, somebody

pytestmark = pytest.mark.django_db

PAGE, BOOK = "/lam-viec/truc-ca", "/lam-viec/so-ca"


@pytest.fixture
def lead(client):
    centre = OrganisationFactory.create(type="operator")
    actor = somebody("shift_lead", centre)
    client.force_login(actor.user)
    return actor


def read(answer):
    return " ".join(answer.content.decode().split())


def test_a_lead_sees_what_is_late_and_gives_it_to_somebody(client, lead):
    old = timezone.now() - timezone.timedelta(minutes=20)
    case = CaseFactory.create(status=Status.RECEIVED, received_at=old)
    page = read(client.get(PAGE))
    assert case.public_id in page

    given = {"case": case.public_id, "version": "1", "operator": str(lead.user.pk)}
    client.post(f"{PAGE}/giao", given)

    assert Report.objects.get().claimed_by == lead.user


def test_a_storm_is_begun_with_a_reason_shown_to_all_and_ended(client, lead):
    until = timezone.localtime() + timezone.timedelta(hours=2)
    sent = {"reason": "Mưa lớn", "until": f"{until:%Y-%m-%dT%H:%M}"}

    client.post(f"{PAGE}/bat-bao", sent)

    assert Storm.objects.get().reason == "Mưa lớn"
    for address in ("/lam-viec/tong-dai", "/lam-viec/cuoc-goi/mot", PAGE):
        assert "Mưa lớn" in read(client.get(address))
    client.post(f"{PAGE}/tat-bao")
    assert "Mưa lớn" not in read(client.get("/lam-viec/tong-dai"))


def test_what_is_wrong_is_told_and_changes_nothing(client, lead):
    page = read(client.post(f"{PAGE}/bat-bao", {"until": "mai"}, follow=True))

    assert "Hãy cho biết đang có chuyện gì" in page
    assert not Storm.objects.exists()
    assert client.post(f"{PAGE}/cham", {"sample": "9"}).status_code == 404
    assert client.post(f"{PAGE}/khac").status_code == 404


def test_notes_and_scores_are_read_in_the_book(client, lead):
    client.post(f"{BOOK}/them", {"text": "Ngập ở Thảo Điền."})
    clerk = operator()
    CaseFactory.create(status=Status.RECEIVED)
    SampledCase.objects.create(
        report=Report.objects.get(),
        operator=clerk.user,
        shift_began_at=timezone.now(),
        drawn_at=timezone.now(),
        score=4,
        note="Hỏi rõ hơn.",
        scored_by=lead.user,
        scored_at=timezone.now(),
    )

    client.force_login(clerk.user)
    page = read(client.get(BOOK))
    assert "Ngập ở Thảo Điền." in page
    assert "Hỏi rõ hơn." in page
    client.post(f"{BOOK}/{ShiftNote.objects.get().pk}/da-doc")

    assert ShiftNote.objects.get().readings.count() == 2
    assert client.get(PAGE).status_code == 404


def test_a_broken_line_is_called_back_by_whoever_is_free(client, desk):
    told = {"phone": "0901 234 567", "name": "Lan ở chợ", "do": "dropped"}
    client.post("/lam-viec/cuoc-goi/mot", told)
    other = operator()
    client.force_login(other.user)
    page = read(client.get("/lam-viec/goi-lai"))
    assert "Gọi lại ngay" in page
    assert "Lan ở chợ" not in page

    taken = client.post(f"/lam-viec/goi-lai-cuoc-goi/{CallDraft.objects.get().pk}")

    assert taken.url == "/lam-viec/cuoc-goi/mot"
    assert "Lan ở chợ" in read(client.get(taken.url))
    assert "Gọi lại ngay" not in read(client.get("/lam-viec/goi-lai"))
    again = client.post(f"/lam-viec/goi-lai-cuoc-goi/{CallDraft.objects.get().pk}")
    assert again.url == "/lam-viec/goi-lai"


def test_without_a_number_nobody_can_call_back(client, desk):
    answer = client.post(
        "/lam-viec/cuoc-goi/mot", {"name": "Lan ở chợ", "do": "dropped"}
    )

    assert answer.status_code == 422
    assert CallDraft.objects.get().dropped_at is None
