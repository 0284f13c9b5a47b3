"""A map that travels shows what its reader may see, no finer, and asks nobody."""

from __future__ import annotations

import re
from datetime import date, timedelta
from io import BytesIO

import pytest
from django.contrib.gis.geos import Point
from django.core.management import CommandError, call_command
from django.db.backends.postgresql.psycopg_any import DateRange
from django.http import QueryDict
from django.test import Client
from django.utils import timezone
from PIL import Image

from incidents.models import Report
from incidents.travelling import paper
from incidents.travelling.drawing import Kind
from mapui.views.sealing import words
from mapui.views.travelling import read_asked, sheet
from tests.factories import (
    HERE,
    JULY,
    CaseFactory,
    CategoryFactory,
    OrganisationFactory,
    PlaceKindFactory,
    focal_point,
    north_of,
    operator,
    published,
    square,
)

pytestmark = pytest.mark.django_db

KINDS = ["heat", "clusters", "lapse", "wards"]
#: A pair of degrees of this city, whichever comes first.
NUMBER = re.compile(r"(?<![\w.#-])\d+\.\d+(?![\w.%])")
EXACT = Point(106.712345678, 10.812345678, srid=4326)


@pytest.fixture
def ward(db):
    kind = PlaceKindFactory.create(code="ward", rank=3)
    published(kind, date(2025, 1, 1), a=square(106.65, 10.749, 0.2))
    return kind.places.get()


@pytest.fixture
def seen(ward):
    """Three reports that anybody may see, two of them at one place."""
    made = [
        CaseFactory.create(point=point, place=ward, public_title=f"tiêu-đề-{turn}")
        for turn, point in enumerate([EXACT, EXACT, north_of(HERE, metres=3000)])
    ]
    Report.objects.filter(pk=made[0].pk).update(received_at=JULY.replace(month=5))
    return made


def page(client, kind, address="/ban-do/tep", **asked):
    return client.get(f"{address}/{kind}.html", asked).getvalue().decode()


def numbers(script):
    return {round(float(each), 9) for each in NUMBER.findall(script)}


def script_of(text):
    return text.rpartition("<script>")[2]


@pytest.mark.parametrize("kind", KINDS)
def test_a_file_holds_no_coordinate_finer_than_the_public_s(client, seen, kind):
    told = numbers(script_of(page(client, kind)))

    degrees = {each for each in told if 10 < each < 11 or 106 < each < 107}
    assert degrees
    assert all(round(each, 5) == each for each in degrees)
    for report in seen:
        shown = {round(report.public_point.x, 5), round(report.public_point.y, 5)}
        for exact in (report.point.x, report.point.y):
            near = {each for each in degrees if abs(each - exact) < 1e-4}
            assert near <= shown


@pytest.mark.parametrize("kind", KINDS)
def test_a_file_is_whole_and_leads_nowhere(client, seen, kind):
    text = page(client, kind)

    policy = re.search(r'Security-Policy" content="([^"]+)"', text).group(1)
    assert policy.startswith("default-src 'none'; script-src 'sha256-")
    assert "unsafe" not in policy
    assert not re.search(r"<(script|link|img|iframe)[^>]*(src|href)=", text)
    assert "url(" not in "".join(re.findall(r"<style>(.*?)</style>", text, re.DOTALL))
    assert "import(" not in text
    assert "http" not in script_of(text)
    assert "Đường ế" not in text


@pytest.mark.parametrize("kind", KINDS)
def test_a_file_says_nothing_that_was_typed_nor_any_code(client, seen, kind):
    text = page(client, kind)

    for report in seen:
        for word in (
            report.code,
            report.public_id,
            report.description,
            report.public_title,
        ):
            assert word not in text


@pytest.mark.parametrize("kind", KINDS)
def test_strangers_get_the_public_reports_alone(client, seen, kind):
    CaseFactory.create(is_public=False)
    CaseFactory.create(status="received")
    CaseFactory.create(status="refused", accepted_at=JULY, is_quarantined=True)

    assert "3 phản ánh" in page(client, kind)


def test_a_file_is_drawn_from_what_is_filtered_and_says_so(client, seen, ward):
    text = page(client, "heat", **{"from": "2025-07-01", "ward": "a"})

    assert "2 phản ánh" in text
    assert "Phường, xã: Ward a" in text
    assert "Từ ngày: 01/07/2025" in text
    assert "nhận từ 01/07/2025" in text


def test_a_filter_that_makes_no_sense_is_refused_by_its_name(client, seen):
    answer = client.get("/ban-do/tep/heat.html?bbox=nonsense")

    assert answer.status_code == 422
    assert "Khung bản đồ" in answer.content.decode()


@pytest.mark.parametrize("address", ["/ban-do/tep", "/staff/maps"])
def test_a_kind_that_there_is_not_is_not_there(client, address):
    client.force_login(operator().user)

    assert client.get(f"{address}/rainbow.html").status_code == 404


def test_staff_get_what_they_see_and_nobody_keeps_it(client, seen, ward):
    unit = OrganisationFactory.create()
    CaseFactory.create(
        is_public=False, status="in_progress", organisation=unit, place=ward
    )
    CaseFactory.create(status="refused", is_quarantined=True)
    desk, officer = operator(), focal_point(unit)

    client.force_login(desk.user)
    at_the_desk = client.get("/staff/maps/clusters.html")
    client.force_login(officer.user)
    in_the_unit = page(client, "clusters", "/staff/maps")

    assert "4 phản ánh" in at_the_desk.getvalue().decode()
    assert "1 phản ánh" in in_the_unit
    assert "no-store" in at_the_desk["Cache-Control"]
    assert "chỉ dùng trong cơ quan" in in_the_unit


def test_a_unit_takes_along_what_it_has_in_hand(client, ward):
    unit = OrganisationFactory.create()
    for status in ("in_progress", "paused", "resolved"):
        CaseFactory.create(status=status, organisation=unit, place=ward)
    client.force_login(focal_point(unit).user)

    assert "2 phản ánh" in page(client, "wards", "/staff/maps", of="work")
    assert "3 phản ánh" in page(client, "wards", "/staff/maps")
    assert "2 phản ánh" in page(client, "heat", "/staff/maps", of="work", show="late")


@pytest.mark.parametrize(
    ("asked", "name"),
    [
        ("of=wrok", "Việc của ai"),
        ("of=work&show=lat", "Phần việc"),
        ("show=late", "Phần việc"),
    ],
)
def test_work_that_there_is_not_is_refused_and_not_everything_instead(
    client, asked, name
):
    client.force_login(operator().user)

    staff = client.get(f"/staff/maps/heat.html?{asked}")
    stranger = Client().get(f"/ban-do/tep/heat.html?{asked}")

    assert (staff.status_code, stranger.status_code) == (422, 422)
    assert name in staff.content.decode()


def test_strangers_have_no_work_to_ask_for():
    assert Client().get("/ban-do/tep/heat.html?of=work").status_code == 422


def test_a_file_says_a_category_of_before_and_what_has_a_place(client, ward):
    CategoryFactory.create(
        code="HT-CU", name="Nhóm đã bỏ", validity=DateRange(None, date(2020, 1, 1))
    )

    with_point = page(client, "heat", category="HT-CU", placed="true")
    without = page(client, "heat", placed="no")

    assert "Lĩnh vực, loại sự việc: Nhóm đã bỏ" in with_point
    assert "có vị trí" in with_point
    assert "không có vị trí" in without


def test_staff_s_file_holds_no_exact_point_either(client, ward):
    unit = OrganisationFactory.create()
    report = CaseFactory.create(
        status="in_progress", organisation=unit, place=ward, point=EXACT
    )
    client.force_login(focal_point(unit).user)

    told = numbers(script_of(page(client, "clusters", "/staff/maps")))

    assert round(report.public_point.x, 5) in told
    assert not {each for each in told if round(each, 5) != each}


@pytest.mark.parametrize("kind", KINDS)
def test_where_there_is_nothing_the_map_is_empty_and_says_so(client, ward, kind):
    assert "0 phản ánh" in page(client, kind)


def test_a_ward_s_name_cannot_break_out(client, seen, ward):
    ward.name = '</script><img src="x">'
    ward.save()

    text = page(client, "wards")

    assert "</script><img" not in text
    assert "<img" not in text


def test_the_command_writes_what_strangers_or_an_account_may_see(
    seen, ward, tmp_path, capsys
):
    CaseFactory.create(is_public=False, place=ward)
    desk = operator()
    public, staff = tmp_path / "public.html", tmp_path / "staff.html"

    call_command("export_map", str(public), "--kind", "wards")
    call_command("export_map", str(staff), "--as", desk.user.username)

    assert "3 phản ánh" in public.read_text()
    assert "4 phản ánh" in staff.read_text()
    assert f"{timezone.localdate():%d/%m/%Y}" in public.read_text()
    assert "kB" in capsys.readouterr().out


@pytest.mark.parametrize(
    "asked", [["--query", "bbox=x"], ["--as", "nobody"], ["--kind", "heat", "/no/x"]]
)
def test_the_command_says_what_is_wrong(seen, tmp_path, asked):
    file = [] if asked[-1].startswith("/") else [str(tmp_path / "a.html")]

    with pytest.raises(CommandError):
        call_command("export_map", *file, *asked)


@pytest.mark.parametrize("kind", KINDS)
def test_a_map_on_paper_tells_the_same_counts_and_is_a_pdf(client, seen, kind):
    answer = client.get(f"/ban-do/tep/{kind}.pdf?status=in_progress")

    asked = read_asked(QueryDict("status=in_progress"), reader=None, at=timezone.now())
    page = sheet(asked, Kind(kind), at=timezone.now())
    assert answer["Content-Type"] == "application/pdf"
    assert answer.getvalue().startswith(b"%PDF-")
    assert "3 phản ánh" in page
    assert "Trạng thái: Đang xử lý" in page
    assert "Ward a" in page
    discs = re.findall(r"<circle [^>]*/><text [^>]*>(\d+)<", page)
    assert sum(map(int, discs)) == (3 if kind == "clusters" else 0)
    assert not re.search(r"106\.7|10\.8", page)
    for report in seen:
        assert report.public_id not in page


def test_nothing_on_paper_is_a_page_too(client, ward):
    assert client.get("/ban-do/tep/clusters.pdf").getvalue().startswith(b"%PDF-")
    assert client.get("/ban-do/tep/rainbow.pdf").status_code == 404


#: What is darkest in each: of heat by one hue, of counts by another.
DARKEST = {
    "heat": "#7a0f22",
    "clusters": "#2f6973",
    "lapse": "#7a0f22",
    "wards": "#0b4f5c",
}


def colours_of(answer):
    drawn = Image.open(BytesIO(answer.getvalue()))
    assert drawn.format == "PNG"
    counts = drawn.convert("RGB").getcolors(1 << 24)
    return drawn.size, {f"#{r:02x}{g:02x}{b:02x}": n for n, (r, g, b) in counts}


@pytest.mark.parametrize("kind", KINDS)
def test_a_picture_is_wide_has_the_ramp_s_colours_and_follows_the_filter(
    client, seen, kind
):
    whole = client.get(f"/ban-do/tep/{kind}.png")
    size, colours = colours_of(whole)
    _size, none = colours_of(client.get(f"/ban-do/tep/{kind}.png?status=refused"))

    assert whole["Content-Type"] == "image/png"
    assert size[0] >= 1600
    assert size[1] >= 900
    assert sum(n for each, n in colours.items() if is_near(each, DARKEST[kind])) > 50
    assert sum(n for each, n in none.items() if is_near(each, DARKEST[kind])) < 50
    assert colours != none


def is_near(one, other):
    """Tell whether two colours are as good as one: discs and squares are not opaque."""
    parts = zip(*(bytes.fromhex(each[1:]) for each in (one, other)), strict=True)
    return all(abs(a - b) < 24 for a, b in parts)


def test_a_picture_is_for_whom_the_file_is(client, seen):
    assert client.get("/ban-do/tep/hot-spots.png").status_code == 404
    assert client.get("/ban-do/tep/rainbow.png").status_code == 404
    assert client.get("/ban-do/tep/heat.png?bbox=x").status_code == 422
    assert client.get("/staff/maps/heat.png").status_code == 302

    client.force_login(operator().user)
    answer = client.get("/staff/maps/wards.png")
    assert answer.getvalue().startswith(b"\x89PNG")
    assert "no-store" in answer["Cache-Control"]


@pytest.mark.parametrize(
    ("name", "asked", "begins"),
    [
        ("a.png", [], b"\x89PNG"),
        ("a.pdf", [], b"%PDF-"),
        ("a.html", ["--form", "png"], b"\x89PNG"),
        ("a", [], b"\n"),
    ],
)
def test_the_command_writes_the_form_that_is_named(seen, tmp_path, name, asked, begins):
    call_command("export_map", str(tmp_path / name), "--kind", "wards", *asked)

    assert (tmp_path / name).read_bytes().startswith(begins)


def test_many_turns_of_time_stand_on_one_sheet(ward):
    for turn in range(40):
        case = CaseFactory.create(place=ward)
        at = JULY + timedelta(days=turn)
        Report.objects.filter(pk=case.pk).update(received_at=at)

    drawn = paper.drawing_of(
        Report.objects.public(), Kind.LAPSE, on=JULY.date(), words=words()
    )

    assert len(drawn.panels) == 10
    assert sum(panel.count for panel in drawn.panels) == 40
    assert "07/2025" in drawn.panels[0].words
