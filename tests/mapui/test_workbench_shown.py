from __future__ import annotations

import pytest

from incidents.models import (
    Attachment,
    ContactReading,
    Event,
    Membership,
    Status,
)
from mapui.views.casework import street_of
from tests.factories import (
    LAN,
    AttachmentFactory,
    CaseFactory,
    operator,
)

from .case_page import page

pytestmark = pytest.mark.django_db

Role = Membership.Role


def test_a_contact_opens_once_for_a_reason_that_is_kept(client, desk):
    case = CaseFactory.create(status=Status.RECEIVED)

    without = client.post(f"{page(case)}/lien-he", {"why": " "})
    opened = client.post(f"{page(case)}/lien-he", {"why": "Hỏi số nhà"})

    assert without.status_code == 422
    assert LAN.phone not in without.content.decode()
    assert opened.status_code == 200
    assert LAN.phone in opened.content.decode()
    assert LAN.phone not in client.get(page(case)).content.decode()
    reading = ContactReading.objects.get()
    assert (reading.reader, reading.reason) == (desk.user.username, "Hỏi số nhà")
    event = case.events.get(code=Event.Code.CONTACT_OPENED)
    assert (event.by, event.visibility) == (desk.user, Event.Visibility.STAFF)


def test_a_unit_asks_for_a_contact_and_opens_it_once_the_desk_granted_it(client, unit):
    case = CaseFactory.create(status=Status.TRANSFERRED, organisation=unit)
    way, said = f"{page(case)}/lien-he", {"why": "Hẹn giờ kiểm tra"}

    at_once = client.post(way, said)
    asked = client.post(way, said | {"do": "ask"}, follow=True)
    client.force_login(operator().user)
    waiting = client.get("/lam-viec/lien-he").content.decode()
    request = case.contact_requests.get()
    client.post(f"/lam-viec/lien-he/{request.pk}", {"answer": "granted"})
    client.force_login(request.asked_by)
    opened = client.post(way, said)

    assert (at_once.status_code, opened.status_code) == (403, 200)
    assert LAN.phone not in at_once.content.decode() + asked.content.decode()
    assert "Hẹn giờ kiểm tra" in waiting
    assert LAN.phone in opened.content.decode()
    assert ContactReading.objects.get().reader == request.asked_by.get_username()


def test_a_unit_is_told_why_a_contact_was_not_granted(client, unit):
    case = CaseFactory.create(status=Status.TRANSFERRED, organisation=unit)
    client.post(f"{page(case)}/lien-he", {"why": "Tò mò", "do": "ask"})
    request = case.contact_requests.get()
    client.force_login(operator().user)
    said = {"answer": "denied", "text": "Viết qua tiến độ xử lý"}
    client.post(f"/lam-viec/lien-he/{request.pk}", said | {"back": "list"})

    client.force_login(request.asked_by)

    assert "Viết qua tiến độ xử lý" in client.get(page(case)).content.decode()


def test_a_unit_is_not_even_offered_to_ask_for_who_hid_the_name(client, unit):
    case = CaseFactory.create(
        status=Status.TRANSFERRED, organisation=unit, hides_name=True
    )

    shown = client.get(page(case)).content.decode()
    asked = client.post(f"{page(case)}/lien-he", {"why": "Hẹn giờ", "do": "ask"})

    assert "/lien-he#contact" not in shown
    assert asked.status_code == 403
    assert not case.contact_requests.exists()


def test_an_operator_lets_a_photo_be_public_and_a_unit_may_not(client, unit):
    case = CaseFactory.create(status=Status.TRANSFERRED, organisation=unit)
    photo = AttachmentFactory.create(report=case, state=Attachment.State.READY)
    address = f"/lam-viec/tep/{photo.public_id}"

    client.post(address)
    photo.refresh_from_db()
    assert photo.approved_at is None

    client.force_login(operator().user)
    assert client.post(address).url == page(case)
    photo.refresh_from_db()
    assert photo.approved_at is not None


def test_a_title_is_suggested_without_the_reporter_s_words(client, desk):
    case = CaseFactory.create(
        status=Status.ACCEPTED, address="59/12 Nguyễn Huệ, nhà bà Lan 0901234567"
    )

    suggested = client.get(page(case)).context["case"].suggested_title

    assert suggested == f"{case.category.name}, Nguyễn Huệ"


@pytest.mark.parametrize(
    ("address", "street"),
    [
        ("59 đường Nguyễn Huệ", "đường Nguyễn Huệ"),
        ("số 12A/3 Lê Lợi, Quận 1", "Lê Lợi"),
        ("Quốc lộ 13", "Quốc lộ 13"),
        ("gọi tôi 0901234567", ""),
        ("", ""),
        ("12", ""),
    ],
)
def test_a_street_is_read_without_its_house_numbers(address, street):
    assert street_of(address) == street
