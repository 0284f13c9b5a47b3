"""What the site writes down of itself."""

from __future__ import annotations

import logging

import pytest
from django.conf import settings

from config.logging import WithoutCodes
from incidents.models.lookup_code import new_code
from tests.factories import JULY

pytestmark = pytest.mark.django_db
KNOWN = "q3Vw9-XyZ_0a1b2c3d4e5f"


def spelled(code):
    """A code as people type it, and as an address may spell it."""
    bare = code.replace("-", "")
    yield from (code, code.lower(), bare, code.replace("-", " "))
    yield from (code.replace("-", "%20"), "-".join(bare), code.replace("-", "%2d"))


@pytest.fixture
def written():
    """Write a record as the handlers of the site do."""

    def write(message, *said, error=None):
        told = (type(error), error, None) if error else None
        record = logging.LogRecord("x", logging.INFO, "x", 1, message, said, told)
        return WithoutCodes("%(name)s %(message)s").format(record)

    return write


def test_no_spelling_of_a_lookup_code_is_written_down(written):
    code = new_code(JULY.date())

    lines = [written("Not Found: %s", f"/tra-cuu/{each}/x") for each in spelled(code)]

    assert set(lines) == {"x Not Found: /tra-cuu/[code]/x"}


def test_a_traceback_is_written_without_the_code_in_it(written):
    code = new_code(JULY.date())

    line = written("It failed", error=ValueError(f"Key (code)=({code}) exists"))

    assert "ValueError: Key (code)=([code]) exists" in line


def test_what_is_no_code_is_written_as_it_is(written):
    line = written("%s took %s ms", "/tiles/reports/17/104440/61577.mvt", 1022)

    assert line == "x /tiles/reports/17/104440/61577.mvt took 1022 ms"


@pytest.mark.parametrize("page", ["tra-cuu", "gui-phan-anh", "api/v1/reports"])
def test_an_address_that_tries_a_code_is_logged_without_it(client, caplog, page):
    code = new_code(JULY.date())
    caplog.handler.setFormatter(WithoutCodes("%(message)s"))

    client.get(f"/{page}/{code}")

    assert "[code]" in caplog.text
    assert code not in caplog.text


@pytest.mark.parametrize(
    ("address", "told"),
    [
        (f"/viec/{KNOWN}/anh/1", "/viec/[code]/anh/1"),
        (f"/theo-doi/{KNOWN}", "/theo-doi/[code]"),
        (f"/theo-doi/thu/{KNOWN}", "/theo-doi/thu/[code]"),
        ("/theo-doi/phuong/26743", "/theo-doi/phuong/26743"),
        (f"/hoi/{KNOWN}?yes=1", "/hoi/[code]?yes=1"),
        (f"/man-hinh/{KNOWN}", "/man-hinh/[code]"),
        ("/vi-tri/Ab-cd_123456", "/vi-tri/[code]"),
        ("/s/1022250709ABCDEF", "/s/[code]"),
        (f"/accounts/reset/MQ/c-{KNOWN}", "/accounts/reset/MQ/[code]"),
        (f"/accounts/invitation/MQ/c-{KNOWN}", "/accounts/invitation/MQ/[code]"),
        ("/lam-viec/don-vi/vi-tri.json", "/lam-viec/don-vi/vi-tri.json"),
        ("/accounts/reset/MQ/", "/accounts/reset/MQ/"),
    ],
)
def test_nothing_that_opens_by_its_address_is_written_down(written, address, told):
    assert written("Not Found: %s", address) == f"x Not Found: {told}"


def test_every_handler_of_the_site_writes_that_way():
    named = {each["formatter"] for each in settings.LOGGING["handlers"].values()}

    formats = settings.LOGGING["formatters"]
    assert {formats[name]["()"] for name in named} == {"config.logging.WithoutCodes"}
