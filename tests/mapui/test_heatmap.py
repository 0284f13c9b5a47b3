from __future__ import annotations

import re

import pytest

from tests.factories import CaseFactory, OrganisationFactory, north_of, operator
from tests.factories.places import HERE

pytestmark = pytest.mark.django_db

PAGE, FRAME = "/lam-viec/don-vi/ban-do-nhiet", "/staff/heatmap"


@pytest.fixture
def cases(unit, ward):
    """Three cases at one place, late by now, and one that has none."""
    made = [
        CaseFactory.create(
            status="in_progress",
            organisation=unit,
            place=ward,
            point=north_of(HERE, metres=turn),
            category__name=f"Ổ gà {turn}",
            address="12 Lê Lợi",
        )
        for turn in range(3)
    ]
    CaseFactory.create(status="in_progress", organisation=unit, point=None)
    return made


def directives(answer):
    said = answer.headers["Content-Security-Policy"].split("; ")
    return dict(each.partition(" ")[::2] for each in said)


def test_the_table_tells_what_the_map_shows_and_leads_to_the_cases(client, cases):
    page = client.get(PAGE).content.decode()

    assert "Lê Lợi, Ward a" in page
    assert re.search(r'<td data-label="Đang mở">\s*3\s*</td>', page)
    assert "1 phản ánh không có vị trí" in page
    link = re.search(r'href="\?(o=\d+)#cases"', page).group(1)

    listed = client.get(f"{PAGE}?{link}").content.decode()
    for case in cases:
        assert f"/lam-viec/phan-anh/{case.public_id}" in listed


def test_the_frame_stands_in_a_sandbox_and_is_asked_for_the_same_part(client, cases):
    page = client.get(f"{PAGE}?show=late").content.decode()

    frame = re.search(r"<iframe[^>]*>", page).group()
    assert 'sandbox="allow-scripts"' in frame
    assert 'src="/staff/heatmap?show=late"' in frame
    assert "title=" in frame


def test_only_this_page_may_frame_and_only_from_this_site(client, cases):
    allowed = directives(client.get(PAGE))

    assert allowed["frame-src"] == "'self'"
    assert allowed["frame-ancestors"] == "'none'"
    assert "frame-src" not in directives(client.get("/lam-viec/don-vi"))


def test_the_map_s_own_page_runs_its_one_script_and_asks_this_site_alone(client, cases):
    answer = client.get(FRAME)

    allowed, page = directives(answer), answer.content.decode()
    nonce = re.search(r"'nonce-([^']+)'", allowed["script-src"]).group(1)
    assert allowed["script-src"] == f"http://testserver 'nonce-{nonce}'"
    assert page.count(f'<script nonce="{nonce}">') == 1
    assert len(re.findall(r"<script(?! src=| nonce=)", page)) == 0
    assert "style=" not in page
    assert "<style" not in page
    assert allowed["sandbox"] == "allow-scripts"
    assert allowed["frame-ancestors"] == "'self'"
    assert allowed["default-src"] == "'none'"
    assert answer.headers["X-Frame-Options"] == "SAMEORIGIN"
    assert "no-store" in answer.headers["Cache-Control"]
    assert "private" in answer.headers["Cache-Control"]
    assert not re.search(r"https?://(?!testserver)", page)


def test_the_map_s_page_names_what_it_shows_in_the_reader_s_language(client, cases):
    vietnamese = client.get(FRAME, headers={"accept-language": "vi"}).content.decode()
    english = client.get(FRAME, headers={"accept-language": "en"}).content.decode()

    assert '<html lang="vi">' in vietnamese
    assert "Tất cả phản ánh đang mở: 3" in vietnamese
    assert "Ph\\u00f3ng to" in vietnamese or "Phóng to" in vietnamese
    assert "All open reports: 3" in english


def test_the_map_s_page_says_nothing_that_was_typed_nor_any_code(client, cases):
    page = client.get(FRAME).content.decode()

    for case in cases:
        for word in [case.code, case.public_id, case.description, case.address]:
            assert word not in page


def test_another_unit_s_cases_are_on_neither(client, unit, ward):
    CaseFactory.create(
        status="in_progress", organisation=OrganisationFactory.create(), place=ward
    )

    assert "<iframe" not in client.get(PAGE).content.decode()
    assert client.get(FRAME).status_code == 404


def test_where_nothing_is_open_the_page_says_so(client, unit):
    page = client.get(PAGE).content.decode()

    assert "<iframe" not in page
    assert "<table" not in page
    assert 'class="card empty"' in page


@pytest.mark.parametrize(
    "asked", ["?show=nonsense", "?o=nonsense", "?o=99999999999999"]
)
def test_what_is_no_part_shows_the_whole(client, cases, asked):
    answer = client.get(PAGE + asked)

    assert answer.status_code == 200
    assert 'src="/staff/heatmap"' in answer.content.decode()


def test_an_operator_is_led_to_the_desk(client, cases):
    client.force_login(operator().user)

    assert client.get(PAGE).headers["Location"] == "/lam-viec"
    assert client.get(FRAME).status_code == 404


def test_the_page_and_the_frame_take_a_fixed_number_of_statements(
    client, cases, unit, ward, django_assert_max_num_queries
):
    with django_assert_max_num_queries(6):
        client.get(PAGE)
    for turn in range(1, 8):
        CaseFactory.create(
            status="in_progress",
            organisation=unit,
            place=ward,
            point=north_of(HERE, metres=400 * turn),
        )
    with django_assert_max_num_queries(6):
        client.get(PAGE)
    with django_assert_max_num_queries(6):
        client.get(FRAME)
