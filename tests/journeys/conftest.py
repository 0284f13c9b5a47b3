from __future__ import annotations

import os
import threading
from datetime import date
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.conf import settings as site_settings
from django.db import connection
from django.db.backends.postgresql.psycopg_any import DateRange
from playwright.sync_api import sync_playwright

from accounts.models import User
from gis_data.models import Place, PlaceKind
from incidents.city import load_city
from incidents.models import Category, Membership, Organisation
from tests.factories import PASSWORD, published, square
from tests.mapui.pages import inhabit

#: Playwright's own loop runs in this thread; the tests touch the database beside it.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
CHROMIUM = "/usr/bin/chromium"
FLAGS = [
    "--no-sandbox",
    "--enable-unsafe-swiftshader",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
AXE = Path(site_settings.BASE_DIR) / "node_modules/axe-core/axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
#: The rules of axe, of those levels, that look at colours.
OF_COLOURS = ["color-contrast", "link-in-text-block"]
PHONE = {"width": 390, "height": 844}
DESKTOP = {"width": 1280, "height": 800}
#: Where screenshots of the journeys are kept, for whoever wants to look at them.
SHOTS = Path(site_settings.VAR_DIR) / "journeys"


@pytest.fixture(scope="session")
def browser():
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def visit(browser, live_server):
    """Open a tab like one person's: it remembers what went wrong, and who was asked."""
    contexts = []

    def _visit(
        *, viewport=DESKTOP, javascript=True, locale="vi-VN", dark=False, **looks
    ):
        # What a worker keeps would be another test's; who tests it asks for it.
        looks.setdefault("service_workers", "block")
        context = browser.new_context(
            viewport=viewport,
            java_script_enabled=javascript,
            locale=locale,
            base_url=live_server.url,
            color_scheme="dark" if dark else "light",
            **looks,
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(15_000)
        page.complaints, page.strangers = [], []
        page.on("console", lambda said: _complain(page, said))
        page.on("pageerror", lambda error: page.complaints.append(str(error)))
        page.on("request", lambda request: _watch(page, request, live_server.url))
        return page

    yield _visit
    for context in contexts:
        context.close()
    _let_it_answer()


@pytest.fixture
def city(transactional_db, live_server, settings):
    """The city's own categories, units and deadlines, on a map of two wards."""
    with connection.cursor() as cursor:  # The queue's tables are nobody's models.
        cursor.execute("TRUNCATE procrastinate_jobs CASCADE")
    settings.SITE_URL = live_server.url
    settings.CSRF_TRUSTED_ORIGINS = [live_server.url]
    since = date(2025, 7, 1)
    ward = PlaceKind.objects.create(code="ward", rank=3, name="Phường, xã")
    root = PlaceKind.objects.create(code="city", rank=1, name="Thành phố")
    west, east = square(106.60, 10.749), square(106.70, 10.749)
    published(ward, since, **{"27316": west, "26743": east})
    published(root, since, **{"79": square(106.60, 10.75, 0.2)})
    ward.places.filter(code="27316").update(name="Phường An Đông")
    ward.places.filter(code="26743").update(name="Phường Bến Thành")
    load_city(settings.CITY_DIR)


@pytest.fixture
def staff(city):
    """Make somebody who works for an organisation, and may sign in."""

    def _staff(role, organisation):
        user = User.objects.create_user(f"{role}-{organisation}", password=PASSWORD)
        Membership.objects.create(
            user=user,
            organisation=Organisation.objects.get(code=organisation),
            role=role,
            validity=DateRange(date(2025, 1, 1), None),
        )
        return user

    return _staff


@pytest.fixture
def town(city):
    """The city with people at work, and a case in every state it can be in."""
    return inhabit(
        leaf=Category.objects.get(code="HT-THOATNUOC.mat-nap"),
        unit=Organisation.objects.get(code="ubnd-26743"),
        ward=Place.objects.get(code="26743"),
    )


def sign_in(page, user):
    page.goto("/accounts/login")
    page.locator("input[name=username]").fill(user.username)
    page.locator("input[name=password]").fill(PASSWORD)
    page.locator("main form button").first.click()
    page.wait_for_load_state()


def found_by_axe(page, *, colours_alone=False):
    """Return all that axe finds against the rules, great or small.

    `colours_alone` asks what other colours can change, of a page asked all else before.
    """
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE.read_text())
    found = page.evaluate(
        "only => axe.run({runOnly: only, resultTypes: ['violations'], preload: false})",
        {"type": "rule", "values": OF_COLOURS}
        if colours_alone
        else {"type": "tag", "values": RULES},
    )
    return [
        f"{each['id']}: {node['target']}"
        for each in found["violations"]
        for node in each["nodes"]
        if not _lies_under_a_bar(node)
    ]


def serious(page):
    """Return what axe finds that keeps people out."""
    return found_by_axe(page)


def until(page, happened):
    """Wait for what the page does by itself, as long as a phone may take."""
    for _ in range(150):
        if happened():
            return True
        page.wait_for_timeout(100)
    return False


def keep_shot(page, name):
    SHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SHOTS / f"{name}.png", full_page=True)


def _let_it_answer():
    # The database is emptied next; a request that nobody waits for may still read it.
    for thread in threading.enumerate():
        if "process_request_thread" in thread.name:
            thread.join(timeout=10)


def _lies_under_a_bar(node):
    # A bar that stays while the page scrolls hides half a link by chance of where it
    # stopped; another stop shows it whole. What is too small by itself says otherwise.
    return any(
        check["id"] == "target-size"
        and (check["data"] or {}).get("messageKey") == "partiallyObscured"
        for check in node["any"]
    )


def _complain(page, said):
    # Software drawing is slow, and the driver says so; that is no fault of the page.
    is_ours = not any(each in said.text for each in ("GL Driver", "by Playwright"))
    if said.type == "error" or (said.type == "warning" and is_ours):
        page.complaints.append(said.text)


def _watch(page, request, home):
    there = urlsplit(request.url)
    asks = there.scheme in {"http", "https", "ws", "wss"}
    if asks and there.netloc != urlsplit(home).netloc:
        page.strangers.append(request.url)
