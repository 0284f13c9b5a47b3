"""The result on one screen: taken and told in one, kept when the form is wrong."""

from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext

from incidents.models import (
    Attachment,
    Organisation,
    ReplyTemplate,
    Report,
    Result,
    Status,
)
from tests.factories import CaseFactory, focal_point, picture

pytestmark = pytest.mark.django_db


def page(case):
    return f"/lam-viec/phan-anh/{case.public_id}/ket-qua"


def send(client, case, **said):
    return client.post(page(case), {"version": case.version} | said)


def words(**given):
    said = {"purpose": "result", "name": "Đã dọn", "text": "Đã dọn sạch."} | given
    return ReplyTemplate.objects.create(**said)


@pytest.mark.parametrize(
    "status",
    [
        Status.TRANSFERRED,
        Status.REOPENED,
        Status.ACKNOWLEDGED,
        Status.VERIFYING,
        Status.IN_PROGRESS,
        Status.PAUSED,
    ],
)
def test_a_result_is_filed_in_one_however_far_the_case_had_come(client, unit, status):
    case = CaseFactory.create(status=status, organisation=unit)

    answer = send(
        client, case, outcome="fixed", text="Đã thay nắp.", attachments=picture()
    )

    assert answer.url == "/lam-viec/don-vi"
    case.refresh_from_db()
    assert case.status == Status.AWAITING
    photo = Attachment.objects.get(report=case)
    assert photo.result == case.results.get()


def test_a_result_sent_from_within_the_page_leaves_what_is_said_for_the_next(
    client, unit
):
    case = CaseFactory.create(status=Status.ACKNOWLEDGED, organisation=unit)
    said = {"version": case.version, "outcome": "fixed", "text": "Đã thay nắp."}

    answer = client.post(
        page(case),
        said | {"attachments": picture()},
        headers={"X-Sent-By": "kept-form"},
    )

    assert answer.json()["next"] == "/lam-viec/don-vi"
    assert "Đã báo kết quả." in client.get("/lam-viec/don-vi").content.decode()


def test_photos_of_camera_and_files_come_together(client, unit):
    case = CaseFactory.create(status=Status.IN_PROGRESS, organisation=unit)
    photos = [picture("camera.jpg"), picture("file.jpg", size=(9, 9))]

    send(client, case, outcome="fixed", text="Xong", attachments=photos)

    assert Attachment.objects.filter(report=case).count() == 2


def test_work_done_is_shown_or_it_is_said_why_not(client, unit):
    case = CaseFactory.create(status=Status.TRANSFERRED, organisation=unit)
    said = {"outcome": "fixed", "text": "Đã thay nắp."}

    unseen = send(client, case, **said)
    broken = send(
        client, case, **said, attachments=SimpleUploadedFile("sau.jpg", b"no photo")
    )

    assert unseen.status_code == 422
    shown = unseen.content.decode()
    assert "Đã thay nắp." in shown
    assert 'value="fixed"' in shown
    assert "checked" in shown
    assert unseen.context["form"].errors["no_photo_because"]
    assert broken.status_code == 415
    assert broken.context["form"].errors["attachments"]
    assert Report.objects.get().status == Status.TRANSFERRED


def test_a_result_without_a_photo_says_why(client, unit):
    case = CaseFactory.create(status=Status.IN_PROGRESS, organisation=unit)
    why = "Việc nhắc nhở không chụp ảnh"

    answer = send(
        client, case, outcome="fixed", text="Đã nhắc nhở", no_photo_because=why
    )

    assert answer.status_code == 302
    assert case.results.get().no_photo_because == why


def test_what_changed_meanwhile_is_shown_anew_with_what_was_typed(client, unit):
    case = CaseFactory.create(status=Status.IN_PROGRESS, organisation=unit)

    answer = client.post(
        page(case), {"version": 99, "outcome": "planned", "text": "Tuần sau"}
    )

    assert answer.status_code == 409
    assert "Tuần sau" in answer.content.decode()
    assert f'name="version" value="{case.version}"' in answer.content.decode()
    assert not Result.objects.exists()


def test_a_unit_that_publishes_by_itself_is_told_that_it_is_public(client, unit):
    Organisation.objects.update(publishes_itself=True)
    case = CaseFactory.create(status=Status.IN_PROGRESS, organisation=unit)

    answer = client.post(
        page(case),
        {"version": case.version, "outcome": "answered", "text": "Đã trả lời"},
        follow=True,
    )

    (message,) = answer.context["messages"]
    assert "công bố" in str(message)


def test_ready_words_are_put_after_what_was_typed_and_nothing_is_sent(client, unit):
    case = CaseFactory.create(status=Status.TRANSFERRED, organisation=unit)
    ready = words(organisation=unit)

    answer = send(
        client, case, pick="1", words=ready.pk, text="Sáng nay:", outcome="fixed"
    )

    form = answer.context["form"]
    assert form["text"].value() == "Sáng nay:\nĐã dọn sạch."
    assert form["outcome"].value() == "fixed"
    assert not form.errors
    assert Report.objects.get().status == Status.TRANSFERRED


def test_a_unit_is_offered_its_own_words_and_everybody_s_alone(client, unit):
    case = CaseFactory.create(status=Status.TRANSFERRED, organisation=unit)
    common, own = words(name="Chung"), words(organisation=unit, name="Riêng")
    other = CaseFactory.create(status=Status.TRANSFERRED).organisation
    words(organisation=other, name="Của người khác")
    words(organisation=unit, name="Thôi dùng", is_active=False)
    words(organisation=unit, name="Nhắn", purpose="message")

    offered = list(client.get(page(case)).context["words"])
    foreign = words(organisation=other, name="Khác nữa")
    picked = send(client, case, pick="1", words=foreign.pk, text="A")

    assert offered == [own, common]
    assert picked.context["form"]["text"].value() == "A"


@pytest.mark.parametrize("status", [Status.AWAITING, Status.RESOLVED])
def test_where_there_is_nothing_to_file_one_is_led_to_the_case(client, unit, status):
    case = CaseFactory.create(status=status, organisation=unit)

    assert client.get(page(case)).url == f"/lam-viec/phan-anh/{case.public_id}"
    late = send(client, case, outcome="not_found", text="Không thấy")
    assert late.status_code == 409


def test_nobody_files_for_another_unit(client, unit, desk):
    case = CaseFactory.create(status=Status.TRANSFERRED)
    said = {"outcome": "not_found", "text": "Không thấy"}

    assert client.get(page(case)).status_code == 302
    assert send(client, case, **said).status_code == 403
    client.force_login(focal_point(unit).user)
    assert client.get(page(case)).status_code == 404
    assert send(client, case, **said).status_code == 404
    assert not Result.objects.exists()


def test_the_page_of_a_result_asks_little(client, unit):
    case = CaseFactory.create(status=Status.TRANSFERRED, organisation=unit)
    client.get(page(case))

    with CaptureQueriesContext(connection) as ran:
        client.get(page(case))

    assert len(ran) <= 8
