"""A category looked for as people call it, and what is left if nothing is found."""

from __future__ import annotations

from .conftest import PHONE
from .filling_in import begin, go_on, heading, name_ward


def to_the_categories(page):
    begin(page)
    name_ward(page)
    go_on(page)
    heading(page, "Sự việc gì?").wait_for()


def test_a_word_of_the_street_finds_the_category_the_city_calls_otherwise(visit, city):
    page = visit(viewport=PHONE)
    to_the_categories(page)

    sought = page.get_by_role("searchbox", name="Tìm loại sự việc")
    sought.fill("cup dien")

    page.get_by_role("radio", name="Mất điện").wait_for()
    assert page.locator("input[name=category]:visible").count() == 1


def test_words_that_stand_as_typed_come_before_letters_within_others(visit, city):
    page = visit(viewport=PHONE)
    to_the_categories(page)

    sought = page.get_by_role("searchbox", name="Tìm loại sự việc")
    sought.fill("o ga")

    page.get_by_role("radio", name="Ổ gà").wait_for()
    assert page.locator("input[name=category]:visible").count() == 1


def test_what_finds_no_category_leaves_every_group_to_be_opened(visit, city):
    page = visit(viewport=PHONE)
    to_the_categories(page)
    groups = page.locator("details.branch:visible")
    there = groups.count()

    page.get_by_role("searchbox", name="Tìm loại sự việc").fill("xyzzy")
    page.get_by_text("mở một nhóm bên dưới").wait_for()
    page.keyboard.press("Enter")

    assert groups.count() == there
    assert page.locator("input[name=category]:checked").count() == 0
