from __future__ import annotations

import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from incidents.api.throttles import Reports
from incidents.models import Attachment, Report
from incidents.privacy import open_contact
from tests.factories import (
    JULY,
    LeafFactory,
    QuestionFactory,
    operator,
    picture,
)

pytestmark = pytest.mark.django_db
FILING = reverse("mapui:filing")


def test_a_browser_without_javascript_files_a_report_by_ward(client, sent, ward):
    told = sent | {"lat": "", "lon": "", "place_source": "", "ward": ward.code}

    answer = client.post(FILING, told)

    report = Report.objects.get()
    assert answer.status_code == 302
    assert answer.url == reverse("mapui:receipt", args=[report.code])
    assert (report.place_source, report.declared_ward) == ("ward", ward)
    assert (report.description, report.channel) == ("Nắp cống bị mất", "portal")
    reporter = open_contact(report.contact, by="test", why="test", at=JULY)
    assert (reporter.name, reporter.phone) == ("Lan", "+84901234567")


def test_a_pin_is_filed_with_how_it_was_found(client, sent):
    client.post(FILING, sent | {"place_source": "gps", "accuracy": "12.5"})

    report = Report.objects.get()
    assert (report.place_source, report.accuracy) == ("gps", 12.5)
    assert (report.point.x, report.point.y) == (106.7, 10.8)


def test_the_receipt_tells_code_unit_why_and_when(client, sent):
    page = client.post(FILING, sent, follow=True)

    said, report = page.content.decode(), Report.objects.get()
    assert report.code in said
    assert "UBND phường A" in said
    assert reverse("mapui:case", args=[report.code]) in said
    assert re.search(r'<time datetime="\d{4}-\d\d-\d\d">', said)
    assert "no-store" in page.headers["Cache-Control"]


def test_what_is_wrong_stands_beside_its_field_and_what_was_typed_is_kept(client, sent):
    told = sent | {"description": " ", "reporter.phone": "12"}

    page = client.post(FILING, told)

    said = page.content.decode()
    assert page.status_code == 422
    assert not Report.objects.exists()
    for field in ("description", "reporter-phone"):
        assert f'id="filing-{field}-error"' in said
        assert f'href="#filing-{field}"' in said
    for kept in ("12 Hẻm 5", 'value="Lan"', 'value="106.7"', 'value="12"'):
        assert kept in said
    assert re.search(rf'value="{re.escape(sent["category"])}"[^>]*checked', said)


def test_all_that_is_missing_is_asked_for_at_once(client, sent):
    nothing = dict.fromkeys(sent, "") | {"category": sent["category"]}

    page = client.post(FILING, nothing)

    said = page.content.decode()
    for field in ("description", "place", "reporter-name", "reporter-phone"):
        assert said.count(f'id="filing-{field}-error"') == 1


def test_a_point_off_the_map_is_refused_beside_the_map(client, sent):
    page = client.post(FILING, sent | {"lat": "21.03", "lon": "105.85"})

    assert page.status_code == 422
    assert 'id="filing-place-error"' in page.content.decode()
    assert "Nắp cống bị mất" in page.content.decode()


def test_a_category_without_place_is_filed_without_one(client, sent):
    placeless = LeafFactory.create(needs_place=False)
    told = sent | {"lat": "", "lon": "", "place_source": "", "category": placeless.code}

    client.post(FILING, told)

    assert Report.objects.get().place_source == "none"


def test_a_second_tap_files_nothing_twice(client, sent):
    first, second = client.post(FILING, sent), client.post(FILING, sent)

    assert first.url == second.url
    assert Report.objects.count() == 1


def test_a_used_sending_with_other_words_gets_a_name_of_its_own(client, sent):
    client.post(FILING, sent)

    page = client.post(FILING, sent | {"description": "Khác"})

    renamed = re.search(r'name="client_id" value="([^"]+)"', page.content.decode())
    assert page.status_code == 422
    assert renamed[1] != sent["client_id"]
    assert Report.objects.count() == 1


def test_photos_come_with_the_form_and_what_is_none_is_refused(client, sent):
    photos = {"attachments": [picture("a.jpg"), picture("b.jpg")]}
    words = SimpleUploadedFile("note.jpg", b"Only words, whatever the name says.")

    client.post(FILING, sent | photos)
    told = sent | {"client_id": "another", "attachments": [words]}
    page = client.post(FILING, told)

    assert Attachment.objects.count() == 2
    assert page.status_code == 422
    assert 'id="filing-attachments-error"' in page.content.decode()


def test_an_unticked_box_keeps_the_report_off_the_map_and_a_name_hidden(client, sent):
    told = {name: said for name, said in sent.items() if name != "public"}

    client.post(FILING, told | {"reporter.hide_name": "true"})

    report = Report.objects.get()
    assert not report.is_public
    assert report.hides_name


def test_an_operator_who_fills_it_in_files_a_call(client, sent):
    client.force_login(operator().user)

    client.post(FILING, sent)

    assert Report.objects.get().channel == "hotline"


def test_who_files_too_often_waits_and_loses_nothing(client, sent, monkeypatch):
    monkeypatch.setattr(Reports, "allow_request", lambda *_: False)

    page = client.post(FILING, sent)

    assert page.status_code == 429
    assert "Nắp cống bị mất" in page.content.decode()
    assert not Report.objects.exists()


@pytest.fixture
def flooding(leaf):
    """The category asks how deep the water is; another asks under the same name."""
    depths = ["mat-ca|Mắt cá chân|Ankle", "dau-goi|Đầu gối|Knee"]
    common = {"code": "depth", "kind": "choice", "choices": depths}
    other = LeafFactory.create()
    QuestionFactory.create(category=other, text="Sâu mấy mét?", **common)
    return QuestionFactory.create(category=leaf, text="Ngập tới đâu?", **common)


def pressed(said):
    return re.findall(r'name="answers\.depth"\s+value="([^"]+)"\s+checked', said)


def test_questions_are_shown_on_asking_without_judging_the_rest(client, sent, flooding):
    told = sent | {"description": "", "ask": "1"}

    page = client.post(FILING, told)

    said = page.content.decode()
    fieldset = said.split('data-category="')
    mine = next(each for each in fieldset if each.startswith(flooding.category.code))
    assert page.status_code == 200
    assert "Ngập tới đâu?" in said
    assert not re.match(r"[^>]*\bhidden\b", mine)
    assert "field-bad" not in said
    assert not Report.objects.exists()


def test_answers_are_kept_with_the_report(client, sent, flooding):
    client.post(FILING, sent | {"answers.depth": "dau-goi", "answers.hours": ""})

    assert Report.objects.get().answers == {"depth": "dau-goi"}


def test_an_answer_is_kept_in_its_own_category_when_something_is_wrong(
    client, sent, flooding
):
    told = sent | {"answers.depth": "dau-goi", "description": ""}

    said = client.post(FILING, told).content.decode()

    assert pressed(said) == ["dau-goi"]


def test_an_answer_that_is_none_on_offer_is_said_beside_its_question(
    client, sent, flooding
):
    page = client.post(FILING, sent | {"answers.depth": "cổ"})

    assert page.status_code == 422
    assert 'id="filing-answers-depth-error"' in page.content.decode()


def test_what_happens_nowhere_is_filed_without_the_place_that_was_found(client, sent):
    placeless = LeafFactory.create(needs_place=False)

    client.post(FILING, sent | {"category": placeless.code, "no_place": "1"})

    report = Report.objects.get()
    assert (report.place_source, report.point) == ("none", None)


def test_a_category_may_be_chosen_by_the_link_one_comes_by(client, leaf):
    said = client.get(FILING, {"category": leaf.code}).content.decode()

    assert re.search(rf'value="{re.escape(leaf.code)}"[^>]*checked', said)


def test_each_form_has_a_sending_of_its_own(client, leaf):
    pages = [client.get(FILING).content.decode() for _ in range(2)]

    first, other = (re.search(r'name="client_id" value="([^"]+)"', p)[1] for p in pages)
    assert first != other
    assert len(first) >= 16


def test_the_receipt_can_be_copied_shared_and_printed(client, sent):
    said = client.post(FILING, sent, follow=True).content.decode()

    for element in ("copy-button", "share-button", "print-button"):
        assert f"<{element}" in said


def test_staff_read_answers_in_words(client, sent, flooding):
    client.post(FILING, sent | {"answers.depth": "dau-goi"})
    client.force_login(operator().user)
    report = Report.objects.get()

    page = client.get(reverse("mapui:staff-case", args=[report.public_id]))

    said = page.content.decode()
    assert "Ngập tới đâu?" in said
    assert "Đầu gối" in said


def test_emergency_numbers_come_before_the_form(client, leaf):
    said = client.get(FILING).content.decode()

    first_field = said.index('name="category"')
    for number in ("113", "114", "115", "1022"):
        assert said.index(f'href="tel:{number}"') < first_field


def test_the_form_keeps_to_its_statements(client, leaf, django_assert_max_num_queries):
    with django_assert_max_num_queries(3):
        client.get(FILING)
