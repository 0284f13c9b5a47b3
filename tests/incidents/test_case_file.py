"""The file of a case, for staff and its reporter, never with who can be reached."""

from __future__ import annotations

import json
import re
import socket
import zlib
from dataclasses import replace

import pytest

from incidents import resolution, work
from incidents.intake import receive
from incidents.models import AccessRecord, Event
from incidents.publishing import public_timeline
from incidents.roots import DAY, make_due
from incidents.verifying import check_file
from mapui.views import case_file
from tests.factories import JULY, focal_point, operator, somebody

pytestmark = pytest.mark.django_db

TOLD = {
    "description": "Nắp cống mất, gọi 0911 222 333",
    "address": "12 Lê Lợi",
}


@pytest.fixture
def case(telling):
    """A case with a note for its reporter, one for staff, and a published result."""
    report = receive(replace(telling, **TOLD), channel="portal", at=JULY).report
    unit = focal_point(report.organisation)
    type(unit.user).objects.filter(pk=unit.user.pk).update(
        first_name="Tuyết", last_name="Trần"
    )
    work.start(report, by=unit, at=JULY)
    work.note_progress(report, by=unit, at=JULY, text="Đang lắp nắp mới")
    said = {"outcome": "answered", "at": JULY}
    resolution.propose_result(report, by=unit, text="Chưa duyệt", **said)
    resolution.send_result_back(report, by=operator(), at=JULY, text="Thiếu ảnh")
    resolution.propose_result(report, by=unit, text="Đã lắp, gọi 0911 222 333", **said)
    resolution.publish_result(report, by=operator(), at=JULY)
    make_due(at=JULY + DAY)
    return report


@pytest.fixture
def printed(monkeypatch):
    """The pages as they are laid out, without laying them out."""
    pages = []

    def keep(page, photos):
        pages.append(page)
        return b"%PDF"

    monkeypatch.setattr(case_file, "print_page", keep)
    return pages


def ask(client, case, name="internal.pdf"):
    return client.get(f"/staff/case-files/{case.public_id}/{name}")


def test_it_is_a_pdf_in_our_own_letters_that_nobody_keeps(case, client):
    client.force_login(operator().user)

    answer = ask(client, case)

    assert (answer.status_code, answer["Content-Type"]) == (200, "application/pdf")
    assert answer.content.startswith(b"%PDF-")
    assert "no-store" in answer["Cache-Control"]
    assert "private" in answer["Cache-Control"]
    assert answer["Content-Disposition"].startswith("attachment")
    streams = re.findall(rb"stream\r?\n(.*?)endstream", answer.content, re.DOTALL)
    said = answer.content + b"".join(map(unpacked, streams))
    letters = set(re.findall(rb"/BaseFont\s*/[A-Z]+\+([\w-]+)", said))
    assert letters
    assert all(each.startswith(b"Ours") for each in letters)


def unpacked(stream):
    try:
        return zlib.decompress(stream)
    except zlib.error:
        return b""


def test_the_internal_one_tells_all_but_who_can_be_reached(case, client, printed):
    client.force_login(operator().user)

    ask(client, case)

    (page,) = printed
    for told in ("Đang lắp nắp mới", "Thiếu ảnh", "Chưa duyệt", "12 Lê Lợi", "Tuyết"):
        assert told in page
    for secret in ("222 333", "901234567", "lan@example.org", case.code):
        assert secret not in page
    assert bytes(case.events.latest("sequence").hash).hex() in page


def test_the_reporter_s_one_tells_nothing_of_others_or_among_staff(
    case, client, printed
):
    client.force_login(operator().user)

    ask(client, case, "reporter.pdf")

    (page,) = printed
    assert "Đang lắp nắp mới" in page
    assert "Đã lắp" in page
    for hidden in ("Thiếu ảnh", "Chưa duyệt", "Tuyết", "222 333"):
        assert hidden not in page


def test_it_is_for_those_who_see_the_case(case, client, printed):
    assert ask(client, case).status_code == 302
    client.force_login(somebody("focal_point").user)
    assert ask(client, case).status_code == 404
    assert ask(client, case, "record.json").status_code == 404
    client.force_login(focal_point(case.organisation).user)
    assert ask(client, case).status_code == 200
    assert ask(client, case, "other.pdf").status_code == 404


def test_nothing_is_fetched_for_it(monkeypatch):
    def refuse(*_args, **_more):
        raise AssertionError

    monkeypatch.setattr(socket, "create_connection", refuse)
    monkeypatch.setattr(socket.socket, "connect", refuse)
    page = '<img src="http://127.0.0.1:1/x"><img src="file:///etc/passwd">'

    with pytest.raises(AssertionError):
        socket.create_connection(("127.0.0.1", 1))
    assert case_file.print_page(page, {}).startswith(b"%PDF-")


def test_its_record_is_checked_against_the_daily_root(case, client):
    client.force_login(operator().user)

    told = json.loads(ask(client, case, "record.json").content)

    assert check_file(told, published=None) == ""
    assert told["root"]["sequence"] == case.events.count()
    assert "Đang lắp" not in json.dumps(told, ensure_ascii=False)


def test_strangers_read_days_and_steps_and_no_words(case, client):
    shown = public_timeline(case)

    assert [line.on for line in shown] == [JULY.date()] * len(shown)
    assert Event.Code.RECEIVED.label in {line.label for line in shown}
    page = client.get(f"/su-viec/{case.public_id}").content.decode()
    assert all(line.label in page for line in shown)
    for hidden in ("Đang lắp", "Thiếu ảnh", "Đã lắp", "Tuyết"):
        assert hidden not in page


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("internal.pdf", "internal"),
        ("reporter.pdf", "reporter"),
        ("record.json", "record"),
    ],
)
def test_that_it_was_taken_is_written_down(case, client, printed, name, reason):
    desk = operator()
    client.force_login(desk.user)

    ask(client, case, name)

    row = AccessRecord.objects.get()
    assert (row.kind, row.by, row.report) == ("case_taken", desk.user, case)
    assert row.reason == reason
