"""Every page for everybody: in both languages, by day and by night, near and far.

Whatever axe finds by the rules of WCAG 2.2 A and AA is a fault, however small. One tab
a person goes through all of their pages, and is made wide, narrow, light and dark. In
the second language, words can only be missing or too wide.
"""

from __future__ import annotations

import logging
import os
from itertools import product

import pytest

from tests.factories import PASSWORD
from tests.mapui.pages import (
    ASKED,
    DESK,
    KEEPER,
    LEAD,
    LEADER,
    MANAGER,
    PAGE,
    REPORTER,
    STRANGER,
    UNIT,
)

from .conftest import DESKTOP, PHONE, found_by_axe, sign_in
from .refusals import REFUSED

PEOPLE = [STRANGER, REPORTER, DESK, UNIT, MANAGER, KEEPER, LEAD, LEADER]
LANGUAGES = ["vi", "en"]
#: As wide as a small phone, or as a desktop screen at 400 %.
SMALL = {"width": 320, "height": 640}
#: As wide as a desktop screen at 200 %.
DOUBLED = {"width": 640, "height": 400}
#: By day a phone is asked by every rule, by night a desktop by those of colours.
LOOKS = [("light", PHONE), ("dark", DESKTOP)]
if os.environ.get("EVERY_LOOK"):
    LOOKS += [("light", DESKTOP), ("dark", PHONE)]
#: What stands out among its like by its colours alone, and so for nobody who chose all
#: colours: no line, no weight, no other shape.
FILLED_ONLY = """() => {
  const drawn = each => {
    const style = getComputedStyle(each);
    return ['borderTopWidth', 'borderBottomWidth', 'borderLeftWidth', 'outlineStyle',
      'outlineWidth', 'textDecorationLine', 'forcedColorAdjust', 'fontWeight']
      .map(name => style[name]).join();
  };
  const chosen = '[aria-current]:not([aria-current="false"])';
  return [...document.querySelectorAll(chosen)].filter(each => {
    if (!each.checkVisibility() || each.matches('.track *')) return false;
    const beside = [...each.parentElement.parentElement.children]
      .flatMap(one => [...one.children]);
    const like = [...each.parentElement.children, ...beside].filter(one =>
      one !== each && one.tagName === each.tagName && !one.matches(chosen)
      && one.checkVisibility());
    return like.some(one => drawn(one) === drawn(each));
  }).map(each => each.outerHTML.slice(0, 90));
}"""
FOCUS_UNSEEN = """() => {
  let each = document.activeElement;
  if (!each || each === document.body) return null;
  const around = [each, each.nextElementSibling, each.closest('label')];
  const seen = around.some(one => one
    && getComputedStyle(one).outlineStyle !== 'none'
    && parseFloat(getComputedStyle(one).outlineWidth) >= 2);
  return seen ? null : each.outerHTML.slice(0, 90);
}"""
MOVES = """() => [...document.querySelectorAll('*')].filter(each => {
  const style = getComputedStyle(each);
  return style.animationName !== 'none'
    || style.transitionDuration.split(', ').some(lasts => lasts !== '0s');
}).map(each => each.outerHTML.slice(0, 80))"""
WIDER = """() => {
  const most = document.documentElement.clientWidth;
  return document.documentElement.scrollWidth <= most ? [] :
    [...document.body.querySelectorAll('*')]
      .filter(each => each.getBoundingClientRect().right > most + 1)
      .map(each => each.outerHTML.slice(0, 100)).slice(-3);
}"""


@pytest.fixture
def tab(visit, town, live_server):
    """Open a tab for somebody who is known to the site already."""

    def _tab(who):
        page = visit(viewport=PHONE, reduced_motion="reduce")
        for name, cookie in town.clients[who].cookies.items():
            page.context.add_cookies(
                [{"name": name, "value": cookie.value, "url": live_server.url}]
            )
        return page

    return _tab


def pages_of(who, town):
    """Every whole page of the site that this person reads."""
    return [
        town.address(each) for each in ASKED if each.by == who and each.kind == PAGE
    ]


def faults_of(page, language):
    """All that keeps somebody from using the page that is open, by who that is."""
    said = page.locator("html").get_attribute("lang")
    found = {"language": [] if said == language else [said]}
    # Words change with the language, and with them widths; what axe asks does not.
    for scheme, screen in LOOKS if language == LANGUAGES[0] else []:
        page.emulate_media(color_scheme=scheme)
        page.set_viewport_size(screen)
        at_night = scheme == "dark"
        seen = found_by_axe(page, colours_alone=at_night)
        found[f"axe {scheme} {screen['width']}"] = seen
    for screen in (SMALL, DOUBLED):
        page.set_viewport_size(screen)
        found[f"wider than {screen['width']}"] = page.evaluate(WIDER)
    found["moves"] = page.evaluate(MOVES)
    page.emulate_media(forced_colors="active")
    found["told by a fill alone"] = page.evaluate(FILLED_ONLY)
    found["focus unseen"] = _unseen_focus(page)
    page.emulate_media(forced_colors="none")
    return {name: each for name, each in found.items() if each}


def _unseen_focus(page, *, turns=4):
    """Go some steps by the keyboard, and name where one would not see it."""
    unseen = []
    for _ in range(turns):
        page.keyboard.press("Tab")
        unseen.append(page.evaluate(FOCUS_UNSEEN))
    return [each for each in unseen if each]


def walk(page, addresses, live_server):
    """Go through these pages in both languages, and gather what is wrong with them."""
    faults = {}
    for address, language in product(addresses, LANGUAGES):
        cookie = {"name": "django_language", "value": language, "url": live_server.url}
        page.context.add_cookies([cookie])
        page.goto(address)
        found = faults_of(page, language)
        faults |= {f"{address} {language}, {name}": found[name] for name in found}
    return faults


@pytest.mark.parametrize("who", PEOPLE)
def test_every_page_is_for_everybody(tab, town, live_server, who):
    page = tab(who)

    faults = walk(page, pages_of(who, town), live_server)

    assert faults == {}
    assert page.complaints == []
    assert page.strangers == []


def test_every_refusal_is_for_everybody(tab, settings, live_server, caplog):
    settings.ROOT_URLCONF = "tests.journeys.refusals"
    caplog.set_level(logging.CRITICAL, "django.request")

    faults = walk(tab(STRANGER), REFUSED, live_server)

    assert faults == {}


def test_the_language_is_switched_and_kept(visit, city):
    page = visit(locale="vi-VN")
    page.goto("/tra-cuu")
    assert page.locator("html").get_attribute("lang") == "vi"

    page.locator("header form[action*='setlang'] button").click()
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
    assert found_by_axe(page) == []
