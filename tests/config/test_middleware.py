"""What no part of the site could read is refused, and never an error of ours."""

from __future__ import annotations

import pytest

from tests.factories import CaseFactory, focal_point, operator

pytestmark = pytest.mark.django_db

CHARSETS = ["base64", "hex", "rot13", "zip", "uu", "quopri", "punycode", "undefined"]
NUL = "%00"


@pytest.fixture
def desk(client):
    client.force_login(operator().user)


@pytest.mark.parametrize(
    "address",
    [
        f"/su-viec/{NUL}",
        f"/photos/{NUL}.jpg",
        f"/tra-cuu/{NUL}",
        f"/gui-phan-anh/{NUL}",
        f"/api/v1/reports/{NUL}",
        f"/tiles/areas/ward/1/0/0.mvt{NUL}",
    ],
)
def test_an_address_with_nul_leads_nowhere(client, address):
    assert client.get(address).status_code == 404


@pytest.mark.parametrize(
    "address", [f"/lam-viec/phan-anh/{NUL}/accept", f"/lam-viec/tep/{NUL}"]
)
def test_a_step_on_a_case_with_nul_leads_nowhere(client, desk, address):
    assert client.post(address).status_code == 404


@pytest.mark.parametrize(
    "said", [{"code": "\0"}, {"one": "\0:1"}, {"\0": "1"}, {"next": "\0"}]
)
@pytest.mark.parametrize("address", ["tim", "don-vi/tiep-nhan"])
def test_a_form_with_nul_is_refused(client, desk, address, said):
    assert client.post(f"/lam-viec/{address}", said).status_code == 400


def test_a_version_of_thousands_of_digits_takes_no_case(client):
    case = CaseFactory.create(status="transferred")
    client.force_login(focal_point(case.organisation).user)

    sent = {"one": f"{case.public_id}:{'9' * 4500}"}
    answer = client.post("/lam-viec/don-vi/tiep-nhan", sent)

    case.refresh_from_db()
    assert (answer.status_code, case.status) == (302, "transferred")


@pytest.mark.parametrize("charset", CHARSETS)
@pytest.mark.parametrize(
    "address", ["/", "/tra-cuu?x=1", "/api/v1/reports?q=a", "/tiles/reports/0/0/0.mvt"]
)
def test_text_in_what_is_no_charset_of_ours_is_refused(client, address, charset):
    answer = client.get(address, headers={"Content-Type": f"text/x; charset={charset}"})
    posted = client.generic(
        "POST", "/tra-cuu", "code=a", content_type=f"text/x; charset={charset}"
    )

    assert (answer.status_code, posted.status_code) == (400, 400)


@pytest.mark.parametrize("name", ["UTF-8", "utf8", '"utf-8"', "US-ASCII"])
def test_utf_8_is_read_by_any_of_its_names(client, name):
    kind = f"application/json; charset={name}"

    answer = client.generic("POST", "/api/v1/reports", "{}", content_type=kind)

    assert answer.status_code == 422
