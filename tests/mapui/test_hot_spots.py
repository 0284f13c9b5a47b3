from __future__ import annotations

import re
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
import shapely
from django.contrib.gis.geos import Point
from django.utils import timezone
from PIL import ImageFile

from gis_data.geometry import metres_a_degree
from incidents.models import Clock, CrewLink, PriorityWeights, Report, Verification
from mapui.views import case_file, hot_spot_map, hot_spots, work_orders
from tests.factories import (
    HERE,
    CaseFactory,
    ContractFactory,
    OrganisationFactory,
    operator,
    somebody,
)

pytestmark = pytest.mark.django_db

PAGE = "/lam-viec/don-vi/diem-nong"
ORDER = "/lam-viec/don-vi/phieu-giao-viec"
FILE = "/staff/work-order.pdf"
WEIGHTS = "/lam-viec/uu-tien"
EAST, NORTH = metres_a_degree(HERE.y)


@pytest.fixture
def unit(unit, ward):
    """The committee of the ward."""
    unit.place = ward
    unit.save()
    return unit


def spot_in(page):
    return re.search(r"o=(\d+)", page).group(1)


def test_hot_spots_are_told_in_words_with_their_list_and_late_days(client, thick):
    page = client.get(PAGE).content.decode()

    assert "<b>1 điểm nóng</b>" in page
    assert "Lê Lợi, Ward a" in page
    assert re.search(r"<b>1\d</b> quá hạn, tổng cộng \d\d ngày trễ", page)
    assert "Getis-Ord Gi*" in page

    listed = client.get(f"{PAGE}?o={spot_in(page)}").content.decode()
    rows = re.findall(r"/lam-viec/phan-anh/([\w-]+)", listed)
    assert set(rows) <= {case.public_id for case in Report.objects.all()}
    assert len({case.public_id for case in thick} & set(rows)) >= 15
    assert re.search(r"3 ngày trễ . 0,2", listed)


def test_the_map_needs_no_script_and_its_list_tells_the_same(client, thick):
    page = client.get(PAGE).content.decode()

    drawing = re.search(r'<figure class="hot-map">.*?</figure>', page, re.S).group()
    assert 'role="img"' in drawing
    assert drawing.count('class="hot-dot"') == page.count('class="hot-number"') == 1
    assert "style=" not in drawing
    assert "<script" not in drawing
    for case in thick:
        assert case.public_id not in drawing


def test_where_nothing_is_thicker_than_chance_it_says_so(client, unit, ward, leaf):
    for turn in range(5):
        CaseFactory.create(
            status="in_progress",
            organisation=unit,
            place=ward,
            category=leaf,
            received_at=timezone.now(),
            point=Point(106.66 + turn * 0.018, 10.76 + turn * 0.015, srid=4326),
        )

    page = client.get(PAGE).content.decode()

    assert "<b>Không có điểm nóng</b>: 5 sự cố" in page
    assert "hot-list" not in page


def test_a_unit_with_nothing_at_all_gets_a_page_that_says_so(client, unit):
    assert "không có sự cố nào có vị trí" in client.get(PAGE).content.decode()


@pytest.mark.parametrize(
    "asked", ["?days=x", "?days=-1", "?o=9'--", "?ward=nowhere", "?trade=x&o=1"]
)
def test_what_makes_no_sense_is_left_out_or_told(client, thick, asked):
    assert client.get(PAGE + asked).status_code == 200
    assert client.get(ORDER + asked).status_code == 302
    assert client.get(FILE + asked).status_code == 404


def test_a_unit_without_ground_on_the_map_is_told_so(client, unit):
    unit.place = None
    unit.save()

    assert "chưa có địa bàn" in client.get(PAGE).content.decode()


def test_the_days_and_one_ward_narrow_what_is_counted(client, thick):
    Report.objects.update(received_at=timezone.now() - timedelta(days=60))

    recent = client.get(f"{PAGE}?days=30").content.decode()
    whole = client.get(f"{PAGE}?days=90").content.decode()
    here = client.get(f"{PAGE}?days=90&ward=a").content.decode()

    assert "không có sự cố nào" in recent
    assert "điểm nóng</b>" in whole
    assert "Chỉ tính Ward a." in here


def test_a_ward_that_is_none_is_told_apart_from_ground_that_is_not_known(client, thick):
    page = client.get(f"{PAGE}?ward=nowhere").content.decode()

    assert "Trên bản đồ không có phường, xã này." in page
    assert "chưa có địa bàn" not in page
    assert 'href="?days=365"' in page


def test_islands_far_off_have_a_corner_of_their_own():
    land = shapely.box(0, 0, 50_000, 40_000)
    islet = shapely.box(51_000, 0, 52_000, 1000)
    island = shapely.box(200_000, -150_000, 210_000, -140_000)

    near, far = hot_spot_map.apart(shapely.union_all([land, islet, island]))

    assert near.equals(land | islet)
    assert far.equals(island)
    assert hot_spot_map.apart(island)[1].is_empty


@pytest.mark.parametrize("most", [3, 6.2, 9, 25, 400])
def test_no_two_shades_of_the_legend_say_the_same(most):
    bounds = [hot_spot_map.up_to(most, turn) for turn in range(1, 6)]

    assert len(set(bounds)) == len(bounds)
    assert bounds[-1] >= most


def test_little_ground_is_told_as_little_not_as_none():
    assert hot_spots._share(3, 695) == "dưới 1"
    assert hot_spots._share(0, 695) == "0"
    assert hot_spots._share(35, 100) == "35"


def test_a_work_order_is_of_one_trade_the_most_pressing_first(client, thick):
    spot = spot_in(client.get(PAGE).content.decode())

    page = client.get(f"{ORDER}?o={spot}").content.decode()
    lamps = thick[5].category.branch.code
    other = client.get(f"{ORDER}?o={spot}&trade={lamps}").content.decode()

    chosen = set(re.findall(r'name="chosen"\s+value="([\w-]+)"', page))
    drains = {case.public_id for n, case in enumerate(thick) if n % 6 != 5}
    assert len(chosen) >= 12
    assert chosen <= drains | {c.public_id for c in Report.objects.all()}
    assert not chosen & {thick[5].public_id, thick[11].public_id, thick[17].public_id}
    assert thick[5].public_id in other or thick[11].public_id in other


def test_its_jobs_go_to_a_crew_each_by_a_link_shown_once(client, thick):
    spot = spot_in(client.get(PAGE).content.decode())
    page = client.get(f"{ORDER}?o={spot}").content.decode()
    chosen = re.findall(r'name="chosen"\s+value="([\w-]+)"', page)[:3]

    said = {"chosen": chosen, "crew": "Tổ 3", "hours": "24", "to": "crew"}
    answer = client.post(f"{ORDER}?o={spot}", said)

    made = CrewLink.objects.select_related("report")
    assert answer.status_code == 200
    assert {link.report.public_id for link in made} == set(chosen)
    assert {link.crew for link in made} == {"Tổ 3"}
    links = re.findall(r'class="order-address">\s*([^\s<]+)', answer.content.decode())
    assert len(set(links)) == 3
    job = client.get(urlsplit(links[0]).path)
    assert job.status_code == 200


def test_a_crew_without_a_name_is_asked_for_and_nothing_is_handed(client, thick):
    spot = spot_in(client.get(PAGE).content.decode())

    answer = client.post(f"{ORDER}?o={spot}", {"crew": " ", "hours": "24"})

    assert answer.status_code == 422
    assert not CrewLink.objects.exists()


def test_what_was_checked_goes_to_a_contractor_and_the_rest_says_why(
    client, thick, unit
):
    contractor = OrganisationFactory.create(
        type="contractor", name="Công ty Thoát nước"
    )
    ContractFactory.create(owner=unit, contractor=contractor)
    spot = spot_in(client.get(PAGE).content.decode())
    page = client.get(f"{ORDER}?o={spot}").content.decode()
    one, other = re.findall(r'name="chosen"\s+value="([\w-]+)"', page)[:2]
    Report.objects.filter(public_id=one).update(verification=Verification.Outcome.TRUE)
    # What is late is committed to first; this one is not late any more.
    due = timezone.now() + timedelta(days=9)
    Clock.objects.filter(report__public_id=one).update(due_at=due)

    said = {"chosen": [one, other], "part": contractor.pk, "to": "part"}
    answer = client.post(f"{ORDER}?o={spot}", said)

    shared = Report.objects.filter(subunit=contractor)
    assert [each.public_id for each in shared] == [one]
    assert "Những việc còn ở lại đơn vị" in answer.content.decode()
    assert f"/lam-viec/phan-anh/{other}" in answer.content.decode()


def test_the_paper_names_the_jobs_and_nobody_who_reported(client, thick, monkeypatch):
    spot, printed = spot_in(client.get(PAGE).content.decode()), []
    lay_out = case_file.print_page
    monkeypatch.setattr(
        work_orders,
        "print_page",
        lambda page, photos: printed.append(page) or lay_out(page, photos),
    )

    answer = client.get(f"{FILE}?o={spot}")

    assert answer["Content-Type"] == "application/pdf"
    assert answer.content.startswith(b"%PDF")
    assert "no-store" in answer["Cache-Control"]
    assert "Lê Lợi" in printed[0]
    assert "0901234567" not in printed[0]
    assert "Chị Lan" not in printed[0]
    assert not ImageFile.LOAD_TRUNCATED_IMAGES


def test_what_awaits_approval_needs_no_visit(client, thick):
    spot = spot_in(client.get(PAGE).content.decode())
    Report.objects.update(status="awaiting")

    page = client.get(f"{ORDER}?o={spot}").content.decode()

    assert 'name="chosen"' not in page
    assert "không có việc nào cần đi" in page


def test_another_unit_s_spots_are_its_own(client, thick):
    other = OrganisationFactory.create(place=thick[0].place)
    spot = spot_in(client.get(PAGE).content.decode())
    client.force_login(somebody("focal_point", other).user)

    assert "hot-list" not in client.get(PAGE).content.decode()
    assert client.get(f"{ORDER}?o={spot}").status_code == 302


def test_an_operator_is_led_to_the_desk(client, thick):
    client.force_login(operator().user)

    assert client.get(PAGE).headers["Location"] == "/lam-viec"
    assert client.get(ORDER).headers["Location"] == "/lam-viec"
    assert client.get(FILE).status_code == 404


def test_everybody_at_work_reads_the_formula_and_an_administrator_sets_it(client, unit):
    said = {
        "urgent": "8",
        "high": "4",
        "normal": "1",
        "late_day": "0,5",
        "follower": "0,25",
        "repeat": "2",
        "why": "Mùa mưa",
    }

    page = client.get(WEIGHTS).content.decode()
    refused = client.post(WEIGHTS, said)
    seat = OrganisationFactory.create(type="operator")
    client.force_login(somebody("administrator", seat).user)
    empty = client.post(WEIGHTS, said | {"why": "", "late_day": "-1"})
    kept = client.post(WEIGHTS, said)

    assert '<form method="post" novalidate' not in page
    assert refused.status_code == 403
    assert empty.status_code == 422
    assert kept.status_code == 302
    (row,) = PriorityWeights.objects.all()
    assert (row.late_day, row.why) == (0.5, "Mùa mưa")
    assert "Mùa mưa" in client.get(WEIGHTS).content.decode()
