from __future__ import annotations

import re

import pytest

from tests.factories import JULY, CaseFactory, OrganisationFactory, focal_point

pytestmark = pytest.mark.django_db

PAGE = "/ban-do/mang-di"


def test_the_list_leads_to_what_it_shows_in_every_form(client):
    CaseFactory.create(received_at=JULY)
    listed = client.get("/?status=in_progress&from=2025-07-01").content.decode()
    (link,) = re.findall(r"/ban-do/mang-di[^\"]*", listed)
    assert link == (
        "/ban-do/mang-di?status=in_progress&amp;from=2025-07-01&amp;window=all"
    )

    page = client.get(f"{PAGE}?status=in_progress&from=2025-07-01").content.decode()

    asked = "?status=in_progress&amp;from=2025-07-01&amp;window=all"
    assert f'href="/{asked}"' in page
    for form in ("csv", "xlsx", "geojson", "gpkg"):
        assert f'href="/ban-do/tep/phan-anh.{form}{asked}"' in page
    for kind in ("heat", "clusters", "lapse", "wards"):
        for form in ("html", "pdf", "png"):
            assert f'href="/ban-do/tep/{kind}.{form}{asked}"' in page
    assert "1 phản ánh công khai" in page
    assert "Trạng thái: Đang xử lý · Từ ngày: 01/07/2025" in page


def test_a_file_is_sent_in_pieces_with_how_many_rows_are_to_come(client):
    CaseFactory.create_batch(2)

    answer = client.get("/ban-do/tep/phan-anh.csv")

    assert answer.streaming
    assert answer["X-Rows"] == "2"
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    assert answer["Content-Disposition"].endswith('.csv"')
    assert len(answer.getvalue().decode().splitlines()) == 3


@pytest.mark.parametrize("address", [PAGE, "/ban-do/tep/phan-anh.csv"])
def test_a_filter_that_makes_no_sense_is_refused_by_its_name(client, address):
    answer = client.get(f"{address}?from=nonsense")

    assert answer.status_code == 422
    assert "Từ ngày" in answer.content.decode()


def test_a_form_that_there_is_not_is_not_there(client):
    assert client.get("/ban-do/tep/phan-anh.exe").status_code == 404


@pytest.mark.parametrize("form", ["csv", "geojson", "gpkg"])
def test_staff_s_lists_leave_in_every_form_and_nobody_keeps_them(client, form):
    unit = OrganisationFactory.create()
    mine = CaseFactory.create(
        organisation=unit, status="in_progress", is_public=False, description="kín"
    )
    other = CaseFactory.create(status="in_progress")
    client.force_login(focal_point(unit).user)

    answer = client.get(f"/lam-viec/phan-anh.{form}?since=2025-07-01&until=2025-07-31")

    said = answer.getvalue()
    assert mine.public_id.encode() in said
    assert other.public_id.encode() not in said
    assert "kín".encode() not in said
    assert f"{mine.point.x:.6f}".encode() not in said
    assert "no-store" in answer["Cache-Control"]
