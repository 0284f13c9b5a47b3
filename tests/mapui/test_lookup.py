from __future__ import annotations

import re
from datetime import UTC, date, datetime
from urllib.parse import urlsplit

import pytest
from django.core.cache import cache
from django.urls import reverse
from django.utils.dates import WEEKDAYS
from django.utils.translation import override

from accounts.models import Attempt
from gis_data.api.fields import Reads
from incidents.api.cases import gather
from incidents.deadlines import Skipped
from incidents.models import Clock, Report, Status
from incidents.models.lookup_code import new_code
from mapui.views.situation import SAID, name_days, situation_of
from tests.factories import JULY, LAN, CaseFactory, OrganisationFactory

pytestmark = pytest.mark.django_db
LOOKUP = reverse("mapui:lookup")
UNKNOWN, MISTYPED = "1022-250709-AAAAAA-Z", "1022-99"


def address(report):
    return reverse("mapui:case", args=[report.code])


def plain(page, typed):
    """The page without what differs by itself: tokens, and the code that was typed."""
    said = re.sub(r'(csrfmiddlewaretoken" value=")[^"]+', r"\1", page.content.decode())
    return said.replace(typed, "CODE")


def test_a_code_typed_as_people_type_leads_to_its_case(client, leaf):
    report = CaseFactory.create(category=leaf)
    typed = report.code.lower().replace("-", " ")

    answer = client.post(LOOKUP, {"code": typed})

    assert answer.url == address(report)


def test_unknown_mistyped_and_withdrawn_codes_answer_alike(client, leaf):
    gone = CaseFactory.create(category=leaf, status=Status.WITHDRAWN)
    codes = [UNKNOWN, MISTYPED, gone.code]

    pages = [client.get(reverse("mapui:case", args=[code])) for code in codes]
    posted = [client.post(LOOKUP, {"code": code}) for code in (UNKNOWN, MISTYPED)]

    assert {page.status_code for page in pages} == {404}
    assert len({plain(*pair) for pair in zip(pages, codes, strict=True)}) == 1
    assert {page.status_code for page in posted} == {404}
    assert 'name="code"' in posted[0].content.decode()


def test_a_case_shows_who_has_it_and_never_who_told(client, leaf):
    unit = OrganisationFactory.create(name="UBND phường B")
    report = CaseFactory.create(
        category=leaf, status=Status.TRANSFERRED, organisation=unit
    )

    page = client.get(address(report))

    said = page.content.decode()
    assert page.status_code == 200
    assert unit.name in said
    assert "no-store" in page.headers["Cache-Control"]
    for secret in (LAN.name, LAN.phone, LAN.email, report.description):
        assert secret not in said


def test_a_refused_case_says_why(client, leaf):
    report = CaseFactory.create(
        category=leaf, status=Status.REFUSED, refusal_text="Gọi 0909 123 456 nhé."
    )

    said = client.get(address(report)).content.decode()

    assert "Gọi" in said
    assert "0909 123 456" not in said


@pytest.mark.parametrize("status", sorted(set(Status) - {Status.WITHDRAWN}))
def test_every_state_is_told_in_one_sentence(client, leaf, status):
    report = CaseFactory.create(category=leaf, status=status)

    page = client.get(address(report))

    assert page.status_code == 200
    assert page.context["situation"].who
    assert set(Status) == SAID.keys()


def test_the_days_that_remain_are_counted_without_the_weekend(leaf):
    report = CaseFactory.create(category=leaf)
    due = datetime(2025, 7, 14, 16, 59, 59, tzinfo=UTC)
    Clock.objects.filter(report=report).update(due_at=due)

    case = gather(report.code, at=JULY)
    told = situation_of(case, at=JULY)

    assert case.days_left == 3
    assert "3" in told.when
    assert "14/07/2025" in told.when
    assert not told.is_late


def test_a_late_case_says_since_when(leaf):
    report = CaseFactory.create(category=leaf)
    Clock.objects.filter(report=report).update(due_at=JULY, started_at=JULY)
    later = datetime(2025, 7, 20, tzinfo=UTC)

    told = situation_of(gather(report.code, at=later), at=later)

    assert told.is_late
    assert "09/07/2025" in told.when


def test_weekend_days_are_named_once_and_holidays_by_date():
    saturday, sunday = str(WEEKDAYS[5]), str(WEEKDAYS[6])
    skipped = [
        Skipped(on=date(2026, 11, 21), why=saturday),
        Skipped(on=date(2026, 11, 22), why=sunday),
        Skipped(on=date(2026, 11, 24), why="Ngày Văn hóa"),
        Skipped(on=date(2026, 11, 28), why=saturday),
    ]

    said = name_days(skipped)

    assert said.count("thứ bảy") == 1
    assert "24/11" in said
    assert "Ngày Văn hóa" in said


def test_a_case_that_ended_before_a_unit_had_it_expects_nothing_any_more(client, leaf):
    report = CaseFactory.create(category=leaf, status=Status.EMERGENCY)
    open_ = CaseFactory.create(category=leaf, status=Status.RECEIVED)

    ended, running = (client.get(address(each)).content for each in (report, open_))

    assert "Dự kiến".encode() not in ended
    assert "dự kiến".encode() not in ended
    assert b'href="tel:115"' in ended
    assert "dự kiến".encode() in running


def test_no_code_is_asked_for_and_not_called_unknown(client):
    page = client.post(LOOKUP, {"code": " "})

    assert page.status_code == 422
    assert "Hãy nhập mã tra cứu" in page.content.decode()


def test_days_are_written_as_the_reader_writes_them(leaf):
    report = CaseFactory.create(category=leaf)
    due = datetime(2025, 7, 14, 16, 59, 59, tzinfo=UTC)
    Clock.objects.filter(report=report).update(due_at=due)

    with override("en"):
        told = situation_of(gather(report.code, at=JULY), at=JULY)

    assert "14 Jul 2025" in told.when
    assert "Saturday and Sunday" in told.when


def test_who_tries_too_often_waits(client, leaf, monkeypatch):
    monkeypatch.setattr(Reads, "allow_request", lambda *_: False)
    report = CaseFactory.create(category=leaf)

    answers = [client.get(address(report)), client.post(LOOKUP, {"code": UNKNOWN})]

    assert {answer.status_code for answer in answers} == {429}
    assert Report.objects.count() == 1


def test_a_case_keeps_to_its_statements(client, leaf, django_assert_max_num_queries):
    unit = OrganisationFactory.create()
    report = CaseFactory.create(
        category=leaf, status=Status.IN_PROGRESS, organisation=unit
    )

    with django_assert_max_num_queries(8):
        client.get(address(report))


def test_a_unit_that_a_person_chose_is_named_without_the_reasons_for_another(client):
    case = CaseFactory.create(status=Status.IN_PROGRESS)
    chosen = OrganisationFactory.create(name="Đơn vị được chọn")
    Report.objects.filter(pk=case.pk).update(organisation=chosen)
    explained = case.decisions.get().arguments["organisations"]

    said = client.get(f"/tra-cuu/{case.code}").content.decode()

    assert "Đơn vị được chọn" in said
    assert explained not in said


def test_the_short_address_of_a_text_message_leads_to_the_case(client, leaf):
    case = CaseFactory.create()
    address = urlsplit(case.get_short_url()).path

    answer = client.get(address, follow=True)

    assert address == f"/s/{case.code.replace('-', '')}"
    assert answer.redirect_chain == [(f"/tra-cuu/{case.code}", 302)]
    assert answer.status_code == 200


def test_a_mistyped_short_address_answers_as_an_unknown_code(client):
    answer = client.get("/s/1022251130ABCDEF0")

    assert answer.status_code == 404
    assert "private" in answer["Cache-Control"]
    assert "Referrer-Policy" in answer


# Who tries one code after the other.


def guesses(count):
    """So many codes that could be somebody's, and are nobody's."""
    return [new_code(JULY.date()) for _ in range(count)]


DOORS = {
    "page": lambda client, code: client.get(reverse("mapui:case", args=[code])),
    "form": lambda client, code: client.post(LOOKUP, {"code": code}),
    "receipt": lambda client, code: client.get(reverse("mapui:receipt", args=[code])),
    "step": lambda client, code: client.get(f"/tra-cuu/{code}/don-doc"),
    "photo": lambda client, code: client.get(f"/tra-cuu/{code}/anh/x"),
    "short": lambda client, code: client.get(f"/s/{code}", follow=True),
    "api": lambda client, code: client.get(f"/api/v1/reports/{code}"),
}


def test_twenty_codes_of_nobody_are_enough_at_every_door_together(client, leaf):
    report = CaseFactory.create(category=leaf)
    for turn, code in enumerate(guesses(20)):
        door = list(DOORS.values())[turn % len(DOORS)]
        assert door(client, code).status_code == 404

    (code,) = guesses(1)
    answers = {name: door(client, code) for name, door in DOORS.items()}
    right = client.get(address(report))

    assert {each.status_code for each in (*answers.values(), right)} == {429}
    assert "Quá nhiều mã" in right.content.decode()
    assert int(right["Retry-After"]) > 3000
    assert answers["api"].json()["code"] == "too_many_guesses"


def test_what_one_process_counted_the_next_one_knows_at_the_first_miss(client, leaf):
    report = CaseFactory.create(category=leaf)
    for code in guesses(20):
        client.get(address_of(code))
    cache.clear()  # What one process remembers is unknown to the next.

    missed = client.get(address_of(*guesses(1)))

    assert missed.status_code == 429
    assert client.get(address(report)).status_code == 429


def test_right_codes_and_mistyped_ones_are_never_counted(client, leaf):
    report = CaseFactory.create(category=leaf)
    for _ in range(25):
        assert client.get(address(report)).status_code == 200
        assert client.get(address_of(MISTYPED)).status_code == 404

    assert not Attempt.objects.exists()


def test_a_house_of_newer_addresses_counts_as_one_and_its_neighbour_as_another(
    client, leaf
):
    for turn, code in enumerate(guesses(20)):
        client.get(address_of(code), REMOTE_ADDR=f"2001:db8:0:1::{turn:x}")

    (code,) = guesses(1)
    same = client.get(address_of(code), REMOTE_ADDR="2001:db8:0:1:ffff::1")
    other = client.get(address_of(code), REMOTE_ADDR="2001:db8:0:2::1")

    assert (same.status_code, other.status_code) == (429, 404)


def test_staff_are_not_counted(client, desk):
    for code in guesses(21):
        assert client.get(address_of(code)).status_code == 404


def address_of(code):
    return reverse("mapui:case", args=[code])
