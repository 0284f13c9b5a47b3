"""Figures by ward: under today's boundaries, or under those of the day."""

from __future__ import annotations

import csv
from datetime import UTC, date, datetime, timedelta
from io import StringIO

import pytest
from django.test import Client

from incidents.models import Report, Status
from incidents.statistics import Boundaries, Counts, count_by_ward
from tests.factories import (
    JULY,
    CaseFactory,
    OrganisationFactory,
    PlaceFactory,
    ReportFactory,
    focal_point,
    operator,
)

pytestmark = pytest.mark.django_db

NOW, THEN = Boundaries.NOW, Boundaries.THEN


@pytest.fixture
def old(db):
    return PlaceFactory.create(code="27139", name="Phường 12")


@pytest.fixture
def new(old):
    return PlaceFactory.create(code="27142", name="Phường Nhiêu Lộc", kind=old.kind)


def counted(by, *, since=date(2025, 7, 1), until=date(2025, 8, 1), at=JULY):
    return count_by_ward(Report.objects.all(), since=since, until=until, by=by, at=at)


def by_code(found):
    return {each.place.code: each.counts.received for each in found.wards}


def test_a_report_counts_where_it_lies_today_or_where_it_lay_then(old, new):
    for place, count in ((old, 2), (new, 1)):
        ReportFactory.create_batch(count, place=place, current_place=new)

    assert by_code(counted(NOW)) == {"27142": 3}
    assert by_code(counted(THEN)) == {"27139": 2, "27142": 1}


def test_what_came_is_open_done_or_refused_and_the_parts_add_up(new):
    given = {"place": new, "current_place": new}
    for status in Status:
        ReportFactory.create(status=status, **given)

    (ward,) = counted(NOW).wards

    counts = ward.counts
    others = 1  # The master of the duplicate, which has no place.
    assert counts.received == len(Status)
    assert counts.received == counts.open + counts.done + counts.refused
    assert (counts.done, counts.refused) == (5, 3)
    assert counted(NOW).total.received == len(Status) + others


def test_only_what_is_open_and_past_its_date_is_overdue(new):
    given = {"place": new, "current_place": new}
    CaseFactory.create(status="in_progress", **given)
    CaseFactory.create(status="resolved", **given)
    week_on = JULY + timedelta(days=8)

    (ward,) = counted(NOW, at=week_on).wards

    assert ward.counts == Counts(received=2, open=1, late=1, done=1)
    assert counted(NOW).wards[0].counts.late == 0


def test_what_lies_in_no_ward_is_counted_apart(old):
    ReportFactory.create(place=old, current_place=None)
    ReportFactory.create(place=None, point=None)

    assert counted(NOW).placeless.received == 2
    assert counted(THEN).placeless.received == 1
    assert counted(THEN).total.received == 2


def test_days_are_those_of_the_city_and_the_last_is_counted_in(new):
    last_minute = datetime(2025, 7, 31, 16, 59, tzinfo=UTC)
    for at in (last_minute, last_minute + timedelta(minutes=2)):
        ReportFactory.create(place=new, received_at=at, accepted_at=at)

    assert by_code(counted(NOW)) == {"27142": 1}


def test_wards_come_in_the_order_of_vietnamese_names():
    for name in ("Phường An Hội Tây", "Phường Đức Nhuận", "Phường An Hội Đông"):
        ReportFactory.create(place=PlaceFactory.create(name=name))

    assert [each.place.name for each in counted(NOW).wards] == [
        "Phường An Hội Đông",
        "Phường An Hội Tây",
        "Phường Đức Nhuận",
    ]


@pytest.fixture
def desk(db):
    client = Client()
    client.force_login(operator().user)
    return client


ASKED = "/lam-viec/so-lieu{file}?from=2025-07-01&to=2025-07-31&by={by}&sort={sort}"


def page(client, *, by="now", sort="ward", file=""):
    answer = client.get(ASKED.format(by=by, sort=sort, file=file))
    assert answer.status_code == 200
    return answer


def test_the_page_tells_by_which_boundaries_it_counts(desk, old, new):
    ReportFactory.create(place=old, current_place=new)

    now, then = (page(desk, by=by).content.decode() for by in ("now", "then"))

    assert "Phường Nhiêu Lộc" in now
    assert "Phường 12" not in now
    assert "Phường 12" in then
    assert 'aria-current="page">Theo địa giới hiện hành' in now
    assert 'aria-current="page">Theo địa giới tại thời điểm phản ánh' in then


def test_the_table_is_sorted_by_what_was_asked_for(desk, old, new):
    ReportFactory.create(place=old)
    ReportFactory.create_batch(2, place=new)

    by_name, by_count = (page(desk, sort=sort) for sort in ("-ward", "-received"))
    fewest = page(desk, sort="received")

    def order(answer):
        return [each.place.code for each in answer.context["rows"]]

    assert order(by_name) == order(by_count) == ["27142", "27139"]
    assert order(fewest) == ["27139", "27142"]
    assert 'aria-sort="descending"' in by_count.content.decode()


def test_the_file_says_what_the_page_says(desk, old, new):
    ReportFactory.create(place=old, current_place=new)
    ReportFactory.create(place=None, point=None, status="refused")

    answer = page(desk, file=".csv")

    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    assert answer["Content-Disposition"].endswith('"2025-07-01-2025-07-31-now.csv"')
    assert answer.content.decode("utf-8-sig").splitlines() == [
        'Mã,"Phường, xã",Đã nhận,Đang xử lý,Quá hạn,Đã xử lý,Không tiếp nhận',
        "27142,Phường Nhiêu Lộc,1,1,0,0,0",
        ",Chưa rõ phường,1,0,0,0,1",
        ",Tất cả,2,1,0,0,1",
    ]


def test_a_name_that_reads_like_a_formula_is_text_in_the_file(desk):
    formula = '=HYPERLINK("https://example.org";"Phường 1")'
    ReportFactory.create(place=PlaceFactory.create(code="+84", name=formula))

    told = page(desk, file=".csv").content.decode("utf-8-sig")

    row = list(csv.reader(StringIO(told)))[1]
    assert row[:3] == ["'+84", f"'{formula}", "1"]


def test_a_unit_counts_its_own_cases_alone(new):
    unit = OrganisationFactory.create()
    ReportFactory.create(status="in_progress", organisation=unit, place=new)
    ReportFactory.create(status="in_progress", place=new)
    client = Client()
    client.force_login(focal_point(unit).user)

    found = page(client).context["found"]

    assert found.total.received == 1


def test_the_page_shows_how_many_lie_in_no_ward(desk, new):
    ReportFactory.create(place=new)
    ReportFactory.create_batch(2, place=None, point=None)

    shown = page(desk).content.decode()

    assert "3 phản ánh nhận từ 01/07/2025 đến hết 31/07/2025" in shown
    assert "trong đó 2 chưa rõ phường, xã" in shown
    assert "không có vị trí, hoặc phường, xã nêu tên nay đã chia tách" in shown


@pytest.mark.parametrize(
    "asked",
    ["from=2025-08-01&to=2025-07-01", "from=x", "to=0001-01-01", "to=9999-12-31"],
)
@pytest.mark.parametrize("file", ["", ".csv"])
def test_days_that_make_no_sense_are_refused_with_what_to_do(desk, asked, file):
    answer = desk.get(f"/lam-viec/so-lieu{file}?{asked}")

    assert answer.status_code == 422
    assert "Hãy chọn hai ngày" in answer.content.decode()


def test_nobody_keeps_what_staff_counted(desk):
    assert "no-store" in page(desk)["Cache-Control"]
    assert Client().get("/lam-viec/so-lieu").status_code == 302
