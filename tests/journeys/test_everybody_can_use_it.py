"""Every public page, on phone and desktop, light and dark, in both languages."""

from __future__ import annotations

import pytest

from tests.factories import PASSWORD

from .conftest import DESKTOP, PHONE, keep_shot, serious, sign_in

PAGES = ["/", "/gui-phan-anh", "/tra-cuu", "/accounts/login", "/api/v1/docs"]


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize(
    ("viewport", "locale", "dark"),
    [(PHONE, "vi-VN", False), (DESKTOP, "en-GB", True)],
)
def test_axe_finds_nothing_serious_and_nobody_else_is_asked(
    visit, city, path, viewport, locale, dark
):
    page = visit(viewport=viewport, locale=locale, dark=dark)

    page.goto(path)
    page.wait_for_load_state("networkidle")
    keep_shot(page, f"page{path.replace('/', '-')}-{viewport['width']}")

    if not path.startswith("/api"):
        assert serious(page) == []
    assert page.complaints == []
    assert page.strangers == []


@pytest.mark.parametrize("path", ["/", "/gui-phan-anh", "/tra-cuu"])
def test_nothing_is_wider_than_a_small_phone(visit, city, path):
    page = visit(viewport={"width": 320, "height": 640})

    page.goto(path)

    assert page.evaluate("document.documentElement.scrollWidth") <= 320


def test_the_language_is_switched_and_kept(visit, city):
    page = visit(locale="vi-VN")
    page.goto("/tra-cuu")
    assert page.locator("html").get_attribute("lang") == "vi"

    page.locator("form[action*='setlang'] button").first.click()
    page.wait_for_load_state()
    assert page.locator("html").get_attribute("lang") == "en"

    page.goto("/gui-phan-anh")
    assert page.locator("html").get_attribute("lang") == "en"


def test_staff_without_a_role_is_told_what_to_do(visit, city, django_user_model):
    user = django_user_model.objects.create_user("moi", password=PASSWORD)
    page = visit()

    sign_in(page, user)
    page.goto("/lam-viec")

    assert page.locator("main").inner_text().strip()
    assert serious(page) == []
