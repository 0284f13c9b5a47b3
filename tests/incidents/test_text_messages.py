"""A text message is one segment of plain letters, whatever it has to say."""

from __future__ import annotations

import csv
import tomllib
from dataclasses import replace

import pytest
from django.conf import settings

from incidents import handover
from incidents.intake import receive
from incidents.models import Event, Notice
from incidents.notifications import FOLLOWED, TOLD, city_texts, message_of
from incidents.notifications.checking import Longest, faults_of
from incidents.notifications.segment import SEPTETS, cut, plain, septets, short_name
from incidents.notifications.wording import fit
from tests.factories import (
    JULY,
    CaseFactory,
    OrganisationFactory,
    RefusalReasonFactory,
    operator,
)

#: The longest address of a site that the city's texts leave room for.
SITE = "https://bando1022.hcm.gov.vn"[:26]


def rows(name):
    with (settings.CITY_DIR / name).open(encoding="utf8") as file:
        yield from csv.DictReader(file)


def names_of(language):
    """What every unit of the city is called in a text message."""
    for row in rows("organisations.csv"):
        name = (row["name_en"] if language == "en" else "") or row["name"]
        yield row["code"], short_name(row["code"], name, language=language)


def reasons(language):
    with (settings.CITY_DIR / "refusals.toml").open("rb") as file:
        told = tomllib.load(file).values()
    english = language == "en"
    return [plain((english and each["sms_en"]) or each["sms"]) for each in told]


def longest_of(names):
    return max(names, key=septets)


@pytest.fixture
def longest(settings):
    settings.SITE_URL = SITE
    languages = settings.CITY.languages
    units = {
        each: longest_of(name for _code, name in names_of(each)) for each in languages
    }
    why = {each: longest_of(reasons(each)) for each in languages}
    return Longest(units=units, reasons=why)


@pytest.mark.parametrize("name", sorted(city_texts()))
def test_at_its_longest_every_text_of_the_city_is_one_segment(longest, name):
    texts = city_texts()[name]

    faults = faults_of(name, texts, longest=longest)

    assert not faults
    for language, text in texts.items():
        said = longest.said(name, language=language)
        full = fit(text["sms"], said)
        assert septets(full) <= SEPTETS
        for kept in ("code", "link", "end", "organisation", "reason"):
            assert f"{{{kept}}}" not in text["sms"] or said[kept] in full


def test_there_is_a_text_for_every_event_that_is_told():
    assert {*TOLD, *FOLLOWED.values()} <= set(city_texts())


def test_two_units_have_two_names_also_where_there_is_little_room():
    for language in settings.CITY.languages:
        long = [row["name_en"] or row["name"] for row in rows("organisations.csv")]
        if language != "en":
            long = [row["name"] for row in rows("organisations.csv")]
        short = [name for _code, name in names_of(language)]

        assert len(set(short)) == len(set(map(plain, long)))


@pytest.mark.parametrize(
    ("text", "taken"),
    [
        ("Phan anh", 8),
        ("[a]{b}~^|\\", 18),
        ("€", 2),
        ("Phản ánh", None),
        ("Δ_Φ", 3),
        ("`", None),
    ],
)
def test_signs_are_counted_as_a_segment_counts_them(text, taken):
    assert septets(text) == taken


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Phản ánh đã được xử lý", "Phan anh da duoc xu ly"),
        ("“Đặc khu” \u2013 Côn Đảo…", '"Dac khu" - Con Dao.'),
        ("hố ga 🕳 `", "ho ga ? '"),
    ],
)
def test_a_text_is_said_in_plain_letters(text, said):
    assert plain(text) == said
    assert septets(plain(text)) is not None


@pytest.mark.parametrize(
    ("room", "said"), [(50, "UBND P. An Phu Dong"), (15, "UBND P. An Phu"), (3, "UBN")]
)
def test_a_name_is_cut_after_a_word(room, said):
    assert cut("UBND P. An Phu Dong", room=room) == said


def owed(case, code, **more):
    event = Event.objects.create(
        report=case,
        sequence=2,
        at=JULY,
        code=code,
        prev_hash=b"",
        hash=b"2",
        arguments=more,
    )
    contact = case.contact
    return Notice(
        event=event, contact=contact, channel="sms", asked_at=JULY, next_try_at=JULY
    )


@pytest.mark.django_db
@pytest.mark.parametrize("code", sorted(TOLD))
@pytest.mark.parametrize("language", ["vi", "en"])
def test_every_notice_is_also_a_text_message_with_code_and_link(code, language):
    case = CaseFactory.create(
        status="transferred",
        refusal_reason=RefusalReasonFactory.create(sms="ngoai pham vi"),
        refusal_text="Lan, 0901 234 567",
        language=language,
        organisation=OrganisationFactory.create(name="Ủy ban nhân dân " + "Đông " * 20),
    )

    said = message_of(owed(case, code, until="30/11/2025"))

    assert septets(said) <= SEPTETS
    assert "{" not in said
    assert "Lan" not in said
    if code != Event.Code.LOCATION_ASKED:  # It leads to its own page, once.
        assert case.code in said
        assert case.get_short_url() in said


@pytest.mark.django_db
def test_a_text_message_names_the_unit_briefly_and_repeats_nobody(telling, settings):
    settings.SMS = replace(settings.SMS, url="https://sms.example")
    report = receive(telling, channel="portal", at=JULY).report
    notice = Notice.objects.get(channel="sms")

    said = message_of(notice)

    assert said == (
        f"1022: Phan anh {report.code} da duoc ghi nhan va dang duoc xu ly. "
        f"UBND P. A, han 16/07. {report.get_short_url()}"
    )


@pytest.mark.django_db
def test_a_refusal_by_text_message_says_the_city_s_phrase_and_no_operator_s(
    telling, settings
):
    settings.SMS = replace(settings.SMS, url="https://sms.example")
    telling.category.routes_itself_on = []
    telling.category.save()
    report = receive(telling, channel="portal", at=JULY).report
    reason = RefusalReasonFactory.create(sms="ngoai pham vi tiep nhan")
    handover.refuse(
        report, by=operator(), at=JULY, reason=reason, text="Gọi 0911 222 333 nhé"
    )

    said = message_of(Notice.objects.get(channel="sms", event__code="refused"))

    assert "khong duoc tiep nhan: ngoai pham vi tiep nhan." in said
    assert "nhé" not in said
    assert "0911" not in said
