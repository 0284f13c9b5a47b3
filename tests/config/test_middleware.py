"""What no part of the site could read is refused, and never an error of ours."""

from __future__ import annotations

from io import BytesIO
from wsgiref.util import setup_testing_defaults

import pytest

from config.wsgi import application
from tests.factories import CaseFactory, focal_point, operator
from tests.factories.workshop import map_keeper

pytestmark = pytest.mark.django_db

CHARSETS = ["base64", "hex", "rot13", "zip", "uu", "quopri", "punycode", "undefined"]
NUL = "%00"


@pytest.fixture
def desk(client):
    client.force_login(operator().user)


@pytest.fixture
def served():
    """Ask the site as its web server does, and return the status."""

    def ask(method, address, kind, body=b""):
        environ = {
            "REQUEST_METHOD": method,
            "PATH_INFO": address,
            "QUERY_STRING": "q=a",
            "CONTENT_TYPE": kind,
            "CONTENT_LENGTH": str(len(body)),
            "HTTP_HOST": "localhost",
            "wsgi.input": BytesIO(body),
        }
        setup_testing_defaults(environ)
        statuses = []
        application(environ, lambda status, headers: statuses.append(status)).close()
        return int(statuses[0][:3])

    return ask


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


@pytest.mark.parametrize("asked", ["category=HT%00", "unit=%00", "on%00=1"])
def test_a_question_with_nul_is_refused(client, asked):
    client.force_login(map_keeper().user)

    answer = client.get(f"/lam-viec/xuong/trach-nhiem?{asked}")

    assert answer.status_code == 400


def test_a_version_of_thousands_of_digits_takes_no_case(client):
    case = CaseFactory.create(status="transferred")
    client.force_login(focal_point(case.organisation).user)

    sent = {"one": f"{case.public_id}:{'9' * 4500}"}
    answer = client.post("/lam-viec/don-vi/tiep-nhan", sent)

    case.refresh_from_db()
    assert (answer.status_code, case.status) == (302, "transferred")


@pytest.mark.parametrize("charset", CHARSETS)
@pytest.mark.parametrize(
    "address", ["/", "/tra-cuu", "/api/v1/reports", "/tiles/reports/0/0/0.mvt"]
)
def test_text_in_what_is_no_charset_of_ours_is_refused(served, address, charset):
    kind = f"text/plain; charset={charset}"

    statuses = [served("GET", address, kind), served("POST", address, kind)]

    assert statuses == [400, 400]


@pytest.mark.parametrize("name", ["UTF-8", "utf8", '"utf-8"', "US-ASCII"])
def test_utf_8_is_read_by_any_of_its_names(served, name):
    kind = f"application/json; charset={name}"

    assert served("POST", "/api/v1/reports", kind, b"{}") == 422
