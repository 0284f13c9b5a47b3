"""A case from the queue to its published result, as a browser without JavaScript."""

from __future__ import annotations

import re

import pytest
from django.utils import timezone

from incidents.intake import receive
from incidents.media import prepare
from incidents.models import Attachment, Report, Status
from tests.factories import (
    JULY,
    OrganisationFactory,
    ReturnReasonFactory,
    TellingFactory,
    focal_point,
    operator,
    picture,
)

pytestmark = pytest.mark.django_db

FORM = re.compile(r'<form[^>]*action="([^"]+)"[^>]*>(.*?)</form>', re.S)
FIELD = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)"')


def forms_on(answer):
    """The forms of a page with their hidden fields, by where they are sent."""
    found = FORM.findall(answer.content.decode())
    return {address: dict(FIELD.findall(body)) for address, body in reversed(found)}


def press(client, answer, action, **said):
    """Fill in the form of that step, send it, and go where it leads."""
    address = next(each for each in forms_on(answer) if each.endswith(f"/{action}"))
    sent = forms_on(answer)[address] | said
    del sent["csrfmiddlewaretoken"]
    led = client.post(address, sent, follow=True)
    assert led.redirect_chain, led.context["failure"].form.errors
    return led


def follow_to(client, answer, report):
    """Follow the link to a case."""
    address = f"/lam-viec/phan-anh/{report.public_id}"
    assert f'href="{address}"' in answer.content.decode()
    return client.get(address)


def test_a_case_goes_from_the_queue_to_its_published_result(client, leaf):
    leaf.routes_itself_on = []
    leaf.save()
    telling = TellingFactory.create(category=leaf)
    report = receive(telling, channel="portal", at=timezone.now()).report
    desk = operator()

    client.force_login(desk.user)
    queue = client.get("/lam-viec", follow=True)
    case = press(client, follow_to(client, queue, report), "accept_and_transfer")
    title = case.context["case"].suggested_title
    press(client, case, "approve_title", public_title=title)

    report.refresh_from_db()
    assert (report.status, report.public_title) == (Status.TRANSFERRED, title)
    client.force_login(focal_point(report.organisation).user)
    case = follow_to(client, client.get("/lam-viec", follow=True), report)
    case = press(client, case, "acknowledge")
    case = press(client, case, "start")
    press(
        client,
        client.get(f"/lam-viec/phan-anh/{report.public_id}/ket-qua"),
        "ket-qua",
        outcome="fixed",
        text="Đã thay nắp cống.",
        attachments=picture(),
    )
    for photo in Attachment.objects.all():
        prepare(photo.pk)

    client.force_login(desk.user)
    approval = client.get("/lam-viec/tong-dai?tab=approval")
    case = follow_to(client, approval, report)
    assert "Đã thay nắp cống." in case.content.decode()
    case = press(client, case, "publish_result")

    report.refresh_from_db()
    assert report.status == Status.RESOLVED
    assert not case.context["panel"].presses
    public = client.get(f"/tra-cuu/{report.code}").content.decode()
    assert "Đã thay nắp cống." in public
    assert Attachment.objects.get().approved_at is not None


def test_a_case_that_went_to_the_wrong_unit_comes_back_and_goes_on(client, leaf):
    leaf.routes_itself_on = []
    leaf.save()
    report = receive(
        TellingFactory.create(category=leaf), channel="app", at=JULY
    ).report
    right = OrganisationFactory.create(name="Công ty Thoát nước")
    desk, page = operator(), f"/lam-viec/phan-anh/{report.public_id}"
    client.force_login(desk.user)
    press(client, client.get(page), "accept_and_transfer")
    wrong = Report.objects.get().organisation

    client.force_login(focal_point(wrong).user)
    why = {"return_reason": ReturnReasonFactory.create().code}
    said = "Cống do Thành phố quản lý"
    press(client, client.get(page), "send_back", text=said, **why)
    client.force_login(desk.user)
    waiting = client.get("/lam-viec/tong-dai?tab=transfer")
    case = follow_to(client, waiting, report)
    assert "Cống do Thành phố quản lý" in case.content.decode()
    press(client, case, "transfer", organisation=right.name, reason="Cống cấp 1")

    report.refresh_from_db()
    assert (report.status, report.organisation) == (Status.TRANSFERRED, right)
    client.force_login(focal_point(wrong).user)
    assert client.get(page).status_code == 200
    client.force_login(focal_point(right).user)
    assert client.get(page).status_code == 200
