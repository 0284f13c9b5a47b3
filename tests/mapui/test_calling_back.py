from __future__ import annotations

import pytest
from django.urls import reverse
from django.utils import timezone

from incidents import calls
from incidents.history import Happening, last_event, naming, record
from incidents.models import AccessRecord, CallBack, CallDraft, Event, Notice
from incidents.notifications import send, tell
from tests.factories import JULY, CaseFactory, focal_point, operator
from tests.incidents.test_sending import LANDLINE

pytestmark = pytest.mark.django_db
LIST = reverse("mapui:call-backs")
NUMBER = LANDLINE.phone


@pytest.fixture
def call(leaf):
    """Somebody with a landline, whose case went to a unit."""
    case = CaseFactory.create(
        category=leaf, status="transferred", reporter=LANDLINE, received_at=JULY
    )
    happened = Happening(
        code=Event.Code.TRANSFERRED, arguments=naming(case.organisation)
    )
    (event,) = record(case, [happened], at=JULY, after=last_event(case))
    tell(event, at=JULY)
    send(Notice.objects.get().pk, at=JULY)
    return CallBack.objects.get()


@pytest.fixture
def at_desk(client):
    client.force_login(operator().user)
    return client


def address(call, action=""):
    if action:
        return reverse("mapui:call-back-act", args=[call.pk, action])
    return reverse("mapui:call-back", args=[call.pk])


def test_an_operator_calls_from_the_list_to_the_ending(at_desk, call):
    listed = at_desk.get(LIST).content.decode()
    claimed = at_desk.post(address(call, "nhan"), follow=True)
    shown = at_desk.post(address(call, "so"))
    again = at_desk.get(address(call))
    (notice,) = call.notices.all()
    assert f'name="told" value="{notice.pk}"' in again.content.decode()
    read = {"told": [str(notice.pk), "x", "9" * 30]}
    told = at_desk.post(address(call, "da-bao"), read, follow=True)

    assert NUMBER not in listed
    assert "Hiện số" in claimed.content.decode()
    assert NUMBER not in claimed.content.decode()
    assert f'href="tel:{NUMBER}"' in shown.content.decode()
    assert "no-store" in shown["Cache-Control"]
    assert NUMBER not in again.content.decode()
    assert "Không còn ai chờ gọi lại" in told.content.decode()
    assert CallBack.objects.get().state == "done"


def test_what_to_say_are_the_words_of_the_notice(at_desk, call):
    page = at_desk.get(address(call)).content.decode()

    code = call.contact.report.code
    assert f"Phản ánh {code} của bạn đã được ghi nhận và đang được xử lý" in page
    assert "Lan" not in page


def test_what_another_has_taken_on_says_so(at_desk, call):
    at_desk.post(address(call, "nhan"))
    at_desk.force_login(operator().user)

    answer = at_desk.post(address(call, "so"))

    assert answer.status_code == 409
    assert NUMBER not in answer.content.decode()


def test_what_is_no_step_is_not_there(at_desk, call):
    assert at_desk.post(address(call, "xoa")).status_code == 404
    assert at_desk.get("/lam-viec/goi-lai/999999").status_code == 404


def test_a_unit_finds_nothing_here(client, call):
    client.force_login(focal_point(call.contact.report.organisation).user)

    assert client.get(LIST).status_code == 404
    assert client.post(address(call, "nhan")).status_code == 404


def test_who_was_on_a_line_that_broke_is_for_who_calls_back(at_desk, db):
    first, second = operator(), operator()
    said = {"phone": "0901 234 567", "name": "Ngọc Lan"}
    said["description"] = "Cây đổ, gọi 0901 234 567"
    calls.keep_draft(client_id="one", said=said, by=first, at=timezone.now())
    calls.drop_line(client_id="one", by=first, at=timezone.now())
    at_desk.force_login(second.user)

    listed = at_desk.get(LIST).content.decode()
    number = CallDraft.objects.get().pk
    unlogged = AccessRecord.objects.exists()
    called = at_desk.post(reverse("mapui:call-again", args=[number]), follow=True)

    assert "Cây đổ" in listed
    for hidden in ("0901 234 567", "Ngọc Lan"):
        assert hidden not in listed
        assert hidden in called.content.decode()
    row = AccessRecord.objects.get()
    assert (unlogged, row.kind, row.by) == (False, "line_taken", second.user)
