"""A tourist whose telephone speaks English: every page and every e-mail does, too."""

from __future__ import annotations

import re

import pytest
from django.utils import timezone

from gis_data.models import Place
from incidents import handover, media, resolution, work
from incidents.media import look_into
from incidents.models import Category, Organisation, Report
from tests.factories import focal_point, operator, picture

from .conftest import PHONE, keep_shot, serious
from .test_a_report_from_pin_to_resolved import work_off

MAIL = "mary.tourist@example.org"
UNIT = "ubnd-27316"
#: What Vietnamese leaves in any sentence: its own letters.
VIETNAMESE = re.compile(r"[ăđơưạảấầẩẫậắằẳẵặẹẻẽếềểễệỉịọỏốồổỗộớờởỡợụủứừửữựỳỵỷỹ]", re.I)


@pytest.fixture
def tourist(visit):
    return visit(viewport=PHONE, locale="en-US")


@pytest.fixture
def unit(city):
    Category.objects.update(routes_itself_on=[])
    Place.objects.filter(code="27316").update(name_en="An Dong Ward")
    return Organisation.objects.get(code=UNIT)


def filed_from(page):
    """File from the tourist's own browser, as an app in it would."""
    code = page.evaluate(
        """mail => fetch('/api/v1/reports', {
            method: 'POST',
            headers: {'Content-Type': 'application/json'},
            body: JSON.stringify({
                category: 'MT.xa-ban', lat: 10.80, lon: 106.65, place_source: 'tap',
                description: 'Rubble has blocked the alley since last night.',
                reporter: {name: 'Mary Smith', email: mail},
            }),
        }).then(answer => answer.json()).then(said => said.code)""",
        MAIL,
    )
    return Report.objects.get(code=code)


def names_of(*organisations):
    """Names that have no English form are not translated."""
    return {name for each in organisations for name in (each.name, each.label)}


def assert_english(text, *names):
    for name in names:
        text = text.replace(name, "")
    found = VIETNAMESE.search(text)
    assert found is None, text[max(0, found.start() - 60) : found.end() + 60]


def test_a_tourist_is_answered_in_english_to_the_end(
    tourist, unit, mailoutbox, settings
):
    tourist.goto("/gui-phan-anh")
    assert tourist.locator("html").get_attribute("lang") == "en"
    report = filed_from(tourist)
    assert report.language == "en"

    by, now = focal_point(unit), timezone.now()
    handover.accept_and_transfer(report, to=unit, by=operator(), at=now, reason="x")
    work.start(report, by=by, at=now)
    photos = look_into([picture("after.jpg", size=(640, 480))])
    resolution.propose_result(
        report, by=by, at=now, outcome="fixed", text="Cleared.", uploads=photos
    )
    for attachment in report.attachments.all():
        media.prepare(attachment.pk)
    resolution.publish_result(report, by=operator(), at=now)
    work_off()

    mine = [message for message in mailoutbox if message.to == [MAIL]]
    assert [
        message.subject.rpartition("/")[2].partition(" ")[2] for message in mine
    ] == [
        "received",
        "acknowledged and being handled",
        "has been handled",
    ]
    names = {*names_of(unit), *settings.CITY.name.values()}
    for message in mine:
        pages = [content for content, _ in message.alternatives]
        for written in (message.subject, message.body, *pages):
            assert_english(written, *names)

    tourist.goto(re.search(r"http\S+/tra-cuu/\S+", mine[-1].body).group())
    keep_shot(tourist, "tourist-case-390")
    said = tourist.locator("main").inner_text()
    assert "Done" in said
    assert "Fixed" in said
    assert_english(said, *names)
    assert serious(tourist) == []

    tourist.get_by_role("link", name="Rate how it was handled").click()
    tourist.get_by_label("E-mail address or telephone number").fill(MAIL)
    assert_english(tourist.locator("main").inner_text())
    tourist.get_by_role("button", name="Send me a code").click()
    tourist.wait_for_url("**/ma")
    work_off()
    code = mailoutbox[-1]
    assert code.to == [MAIL]
    assert "your one-time code" in code.subject
    assert_english(code.subject + code.body, *names)
    tourist.get_by_label("Code of six digits").fill(
        re.search(r"\b\d{6}\b", code.body).group()
    )
    tourist.get_by_role("button", name="Continue").click()
    tourist.wait_for_url("**/danh-gia")
    keep_shot(tourist, "tourist-rate-390")
    assert_english(tourist.locator("main").inner_text(), *names)
    handling = tourist.get_by_role("group", name="Handling")
    handling.get_by_role("radio", name="Very satisfied").check()
    tourist.get_by_role("button", name="Send the rating").click()
    tourist.wait_for_url(f"**/{report.code}")
    assert report.ratings.get().handling == 5
    tourist.goto("/phan-anh-cua-toi")
    keep_shot(tourist, "tourist-mine-390")
    assert_english(tourist.locator("main").inner_text(), *names)
    assert (tourist.complaints, tourist.strangers) == ([], [])
