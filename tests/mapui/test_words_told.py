"""What a reporter wrote is read whole by who may know who that is, and by no other."""

from __future__ import annotations

import pytest
from django.utils import timezone

from incidents.contacting import ask_for_contact, grant_contact
from incidents.history import Happening, last_event, record
from incidents.models import Event, Status
from tests.factories import CaseFactory, focal_point, operator

from .case_page import page

pytestmark = pytest.mark.django_db
NUMBER, DOOR = "0901 234 567", "hẻm 1806/127/2/2/1"
WORDS = f"Hố sâu ở {DOOR}, gọi tôi {NUMBER}"
LISTS = ("/lam-viec/don-vi", "/lam-viec/don-vi/lo-trinh?of=all")


@pytest.fixture
def case(unit):
    """One in hand whose reporter wrote a number into all there is to write into."""
    case = CaseFactory.create(
        status=Status.IN_PROGRESS,
        organisation=unit,
        description=WORDS,
        address=f"12 Lê Lợi ({NUMBER})",
    )
    wrote = [Happening(code=Event.Code.REPLIED, text=f"Nhắn {NUMBER}")]
    record(case, wrote, at=timezone.now(), after=last_event(case))
    return case


def read(client, address):
    answer = client.get(address)
    assert answer.status_code == 200
    return answer.content.decode()


def test_a_unit_reads_where_it_is_and_no_number(client, case):
    for address in (page(case), *LISTS):
        said = read(client, address)
        assert DOOR in said, address
        assert NUMBER not in said, address
    assert "12 Lê Lợi …" in read(client, page(case))


def test_a_unit_that_was_granted_the_contact_reads_all_of_its_case(client, case, unit):
    now = timezone.now()
    asked = ask_for_contact(case, by=focal_point(unit), at=now, why="Tìm chỗ")

    waiting = read(client, page(case))
    grant_contact(asked, by=operator(), at=now)
    granted = read(client, page(case))

    assert NUMBER not in waiting
    for words in (WORDS, f"Nhắn {NUMBER}", f"12 Lê Lợi ({NUMBER})"):
        assert words in granted


def test_the_desk_reads_all_of_it(client, case):
    client.force_login(operator().user)

    said = read(client, page(case))

    assert WORDS in said
    assert f"12 Lê Lợi ({NUMBER})" in said


def test_what_colleagues_wrote_themselves_stays_as_it_is(client, case, unit):
    noted = [
        Happening(code=Event.Code.PROGRESS, text="Gọi tổ thoát nước 028 3829 1234")
    ]
    by = focal_point(unit).user
    record(case, noted, at=timezone.now(), by=by, after=last_event(case))

    assert "028 3829 1234" in read(client, page(case))
