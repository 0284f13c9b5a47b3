from __future__ import annotations

import csv
import shutil
import tomllib
from collections.abc import Callable
from datetime import date
from io import StringIO
from pathlib import Path
from unicodedata import normalize

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command

from gis_data.models import Place, PlaceKind
from incidents.city import load_city
from incidents.errors import BrokenCityFile
from incidents.models import (
    Category,
    Contract,
    DeadlineRule,
    Organisation,
    OrganisationSuccession,
    Question,
    RefusalReason,
    ReplyTemplate,
    Responsibility,
)
from incidents.notifications import FOLLOWED, TOLD

RANKS = {"city": 1, "district": 2, "ward": 3, "water": None}
TODAY, BEFORE_THE_REFORM = date(2026, 11, 23), date(2025, 6, 15)
AN_DONG, CON_DAO, AN_KHANH = "ward:27316", "ward:26732", "ward:27094"
#: No rule answers for these as a whole, knowingly: their leaves or branches have one.
UNRULED = {"HT", "GT", "MR"}
#: A code, a day and month, an address of a case: as long as they come.
LONG = {"code": "1022-261123-ABCDEF-G", "due": "30/11", "until": "30/11"}
LONG |= {"link": "x" * 46, "end": "x" * 62, "place_link": "x" * 46}
LONG |= {"answer": "x" * 57}
REASONS = """NGOAI_PHAM_VI THIEU_THONG_TIN TRUNG_LAP KHIEU_NAI TO_CAO SAI_SU_THAT
NGON_TU QUANG_CAO BI_MAT_NN NGOAI_DIA_BAN DA_TRA_LOI"""


def put_on_the_map(*names: str) -> None:
    for name in names:
        kind, code = name.split(":")
        kinds = PlaceKind.objects.get_or_create(
            code=kind, defaults={"rank": RANKS[kind]}
        )
        Place.objects.get_or_create(kind=kinds[0], code=code, defaults={"name": name})


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the shipped folder, to be written in."""
    return Path(shutil.copytree(settings.CITY_DIR, tmp_path / "city"))


def rewrite(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def leads(category: str, *places: str, on: date = TODAY) -> set[str]:
    """The codes of the strongest leads over these places."""
    named = Category.objects.select_related("branch").get(code=category)
    rows = [
        row
        for row in Responsibility.objects.select_related(
            "organisation", "place__kind", "territory__kind"
        ).filter(
            category__in=[named.pk, named.branch_id],
            role="lead",
            validity__contains=on,
            asset_kind="",
            conditions={},
        )
        if _name(row.place or row.territory) in places
    ]
    best = max((row.precedence for row in rows), default=None)
    return {row.organisation.code for row in rows if row.precedence == best}


def _name(place: Place) -> str:
    return f"{place.kind.code}:{place.code}"


@pytest.mark.django_db
def test_the_shipped_city_is_whole():
    put_on_the_map("city:79", AN_DONG)

    load_city(settings.CITY_DIR)

    assert Category.objects.filter(code__contains=".").count() == 55
    assert Organisation.objects.filter(type="ward").count() == 168
    assert Organisation.objects.filter(type="district").count() == 22
    assert Organisation.objects.filter(type="operator").count() == 1
    assert RefusalReason.objects.count() == len(REASONS.split())
    asked = Question.objects.select_related("category")
    assert len({each.category.code for each in asked}) >= 12
    assert all("." in each.category.code and each.text_en for each in asked)
    assert DeadlineRule.objects.get(is_target=False).amount == 5
    assert Contract.objects.filter(is_confirmed=True).count() == 0
    merged = OrganisationSuccession.objects.filter(successor__code="tt-gtht")
    assert merged.count() == 4


@pytest.mark.django_db
def test_every_category_has_an_answer_or_none_knowingly():
    put_on_the_map("city:79", AN_DONG)

    load_city(settings.CITY_DIR)

    unruled = {
        category.code
        for category in Category.objects.all()
        if not leads(category.code, AN_DONG, "city:79")
    }
    assert unruled == UNRULED


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("category", "places", "on", "units"),
    [
        ("HT-DUONGBO.o-ga", (AN_DONG, "city:79"), TODAY, {"ubnd-27316"}),
        ("HT-THOATNUOC.ngap", (AN_DONG, "city:79"), TODAY, {"tt-gtht"}),
        ("HT-DUONGBO.cau", (AN_DONG, "city:79"), TODAY, {"tt-gtht"}),
        ("MT.xa-ban", (AN_DONG, "city:79"), TODAY, {"ubnd-27316"}),
        ("MT.nuoc-thai", (AN_DONG, "city:79"), TODAY, {"so-nong-nghiep-moi-truong"}),
        ("MR.an-ninh", (AN_DONG, "city:79"), TODAY, {"cong-an-27316"}),
        ("YT.ngo-doc", (AN_DONG, "city:79"), TODAY, {"so-an-toan-thuc-pham"}),
        ("LD.phan-anh-lanh-dao", ("city:79",), TODAY, {"vp-ubnd-tphcm"}),
        ("HT-CAPNUOC.be-ong", (AN_DONG, "city:79"), TODAY, {"sawaco"}),
        (
            "HT-CAPNUOC.be-ong",
            (AN_DONG, "city:79", "water:gia-dinh"),
            TODAY,
            {"cap-nuoc-gia-dinh"},
        ),
        ("HT-CHIEUSANG.den-tat", (CON_DAO, "city:79"), TODAY, {"ubnd-26732"}),
        ("GT.den-tin-hieu", (CON_DAO, "city:79"), TODAY, {"ubnd-26732"}),
        (
            "HT-CHIEUSANG.den-tat",
            (AN_KHANH, "city:79"),
            date(2025, 10, 1),
            {"tt-ha-tang-thu-duc"},
        ),
        (
            "HT-DUONGBO.via-he",
            ("district:774", "city:79"),
            BEFORE_THE_REFORM,
            {"ubnd-774"},
        ),
    ],
)
def test_the_most_local_with_a_claim_leads(category, places, on, units):
    put_on_the_map(*places)

    load_city(settings.CITY_DIR)

    assert leads(category, *places, on=on) == units


@pytest.mark.django_db
def test_telecom_owners_contest_each_other():
    put_on_the_map("city:79", AN_DONG)

    load_city(settings.CITY_DIR)

    contesting = leads("HT-VIENTHONG.cap-vong", AN_DONG, "city:79")
    assert {"vnpt", "viettel", "fpt"} < contesting


@pytest.mark.django_db
def test_loading_again_changes_nothing_and_reads_little(
    folder, django_assert_max_num_queries
):
    put_on_the_map("city:79", AN_DONG, CON_DAO)
    first = load_city(folder)

    with django_assert_max_num_queries(30):
        second = load_city(folder)

    assert first.changes > 0
    assert second.changes == 0
    assert second.counts["organisations.csv"].kept == 414


@pytest.mark.django_db
def test_places_come_to_the_map_later_and_are_picked_up():
    put_on_the_map("city:79")
    missing = load_city(settings.CITY_DIR).missing
    put_on_the_map(AN_DONG)

    again = load_city(settings.CITY_DIR)

    assert missing == {"district": 22, "ward": 168, "water": 4}
    assert again.missing == missing | {"ward": 167}
    assert again.counts["organisations.csv"].changed == 1
    assert Organisation.objects.get(code="ubnd-27316").place.code == "27316"
    assert leads("MT.thu-gom", AN_DONG) == {"ubnd-27316"}


@pytest.mark.django_db
def test_a_rule_that_ends_is_closed_and_the_next_one_begins(folder):
    put_on_the_map("city:79")
    load_city(folder)
    lines = (folder / "responsibilities.csv").read_text().splitlines()
    power = next(line for line in lines if line.startswith("HT-DIEN,evnhcmc"))
    ended = power.replace(",lead,100,,", ",lead,100,,2026-12-31")
    begun = power.replace("evnhcmc", "so-xay-dung").replace(
        ",lead,100,,", ",lead,100,2027-01-01,"
    )
    rewrite(folder / "responsibilities.csv", power, f"{ended}\n{begun}")

    again = load_city(folder)

    count = again.counts["responsibilities.csv"]
    assert (count.created, count.changed) == (1, 1)
    assert leads("HT-DIEN.mat-dien", "city:79", on=TODAY) == {"evnhcmc"}
    later = date(2027, 1, 1)
    assert leads("HT-DIEN.mat-dien", "city:79", on=later) == {"so-xay-dung"}


@pytest.mark.django_db
def test_ready_words_of_the_city_leave_those_of_a_unit_alone():
    load_city(settings.CITY_DIR)
    common = ReplyTemplate.objects.filter(organisation=None)
    first, unit = common.earliest("pk"), Organisation.objects.earliest("pk")
    own = ReplyTemplate.objects.create(
        organisation=unit, purpose=first.purpose, name=first.name, text="Của riêng"
    )
    common.filter(pk=first.pk).update(text="Cũ", is_active=False)

    again = load_city(settings.CITY_DIR)

    count = again.counts["reply_templates.csv"]
    assert (count.created, count.changed) == (0, 1)
    assert set(common.values_list("purpose", flat=True)) == set(
        ReplyTemplate.Purpose.values
    )
    first.refresh_from_db()
    own.refresh_from_db()
    assert (first.text == "Cũ", first.is_active, own.text) == (
        False,
        False,
        "Của riêng",
    )


@pytest.mark.django_db
def test_what_the_files_do_not_speak_of_stays():
    load_city(settings.CITY_DIR)
    Organisation.objects.filter(code="evnhcmc").update(publishes_itself=True)
    Organisation.objects.create(
        code="added-by-hand", name="By hand", type="owner", validity="[2025-01-01,)"
    )

    again = load_city(settings.CITY_DIR)

    assert again.changes == 0
    assert Organisation.objects.get(code="evnhcmc").publishes_itself
    assert Organisation.objects.filter(code="added-by-hand").exists()


@pytest.mark.django_db
def test_names_come_in_composed_letters_and_single_spaces(folder):
    apart = normalize("NFD", "Sở  Y tế ")
    rewrite(folder / "organisations.csv", "Sở Y tế", apart)

    load_city(folder)

    assert Organisation.objects.get(code="so-y-te").name == "Sở Y tế"


def _in_cell(file: str, old: str, new: str) -> Callable[[Path], None]:
    return lambda folder: rewrite(folder / file, old, new)


BREAKAGES = {
    "questions.csv, line 2, category": _in_cell(
        "questions.csv", "HT-THOATNUOC.mat-nap,marked", "HT-THOATNUOC.mat,marked"
    ),
    "questions.csv, line 2, kind": _in_cell("questions.csv", "yes_no", "perhaps"),
    "questions.csv, line 3, choices": _in_cell(
        "questions.csv", "via-he|Trên vỉa hè|On the sidewalk", "via-he"
    ),
    "categories.csv, line 4, urgency": _in_cell(
        "categories.csv", "down,urgent", "down,soon"
    ),
    "categories.csv, line 4, code": _in_cell(
        "categories.csv", "HT-DIEN.day-dut", "HT-DIEN.Dây đứt"
    ),
    "categories.csv, line 4, routes_itself_on": _in_cell(
        "categories.csv", "urgent,yes,no,hotline", "urgent,yes,no,pigeon"
    ),
    "categories.csv, line 4, branch": _in_cell(
        "categories.csv", "day-dut,HT-DIEN", "day-dut,HT-DIENN"
    ),
    "categories.csv, line 5: says again what line 4": _in_cell(
        "categories.csv", "HT-DIEN.tru-nghieng", "HT-DIEN.day-dut"
    ),
    "categories.csv, line 1, urgent: unknown column": _in_cell(
        "categories.csv", "urgency", "urgent"
    ),
    "organisations.csv, line 3, parent": _in_cell(
        "organisations.csv", "department,ubnd-tphcm", "department,nobody"
    ),
    "calendar.csv, line 2, date": _in_cell("calendar.csv", "2026-01-02", "2026-02-30"),
    "calendar.csv, line 2, confirmed": _in_cell(
        "calendar.csv", "January 2026),yes", "January 2026),maybe"
    ),
    "deadlines.csv, line 2, amount": _in_cell("deadlines.csv", ",,,5", ",,,five"),
    "refusals.toml, [NGOAI_PHAM_VI], text": _in_cell(
        "refusals.toml", "\nsms = ", "\ntext = "
    ),
    "responsibilities.csv, line 2, organisation": _in_cell(
        "responsibilities.csv", "HT-DIEN,evnhcmc", "HT-DIEN,nobody"
    ),
    "responsibilities.csv, line 2, categories": _in_cell(
        "responsibilities.csv", "HT-DIEN,evnhcmc", "HT-DIENN,evnhcmc"
    ),
    "responsibilities.csv, line 2, places": _in_cell(
        "responsibilities.csv", "evnhcmc,city:79", "evnhcmc,@nowhere"
    ),
    "responsibilities.csv, line 2, role": _in_cell(
        "responsibilities.csv", "city:79,,lead", "city:79,,boss"
    ),
    "responsibilities.csv, line 3, valid_from": _in_cell(
        "responsibilities.csv",
        "HT-CAPNUOC,sawaco,city:79,,lead",
        "HT-DIEN,evnhcmc,city:79,,lead,100,2025-01-01,,yes,Law,,,,\n"
        "HT-CAPNUOC,sawaco,city:79,,lead",
    ),
    "conditions: “hem: True”": _in_cell(
        "responsibilities.csv", "road:city,15,alley=no", "road:city,15,hem=yes"
    ),
    "places: stands beside assets": _in_cell(
        "responsibilities.csv", "tt-gtht,,,lead,400", "tt-gtht,city:79,,lead,400"
    ),
    "no longer in being": _in_cell(
        "responsibilities.csv", "100,,2025-12-31", "100,,2026-12-31"
    ),
    "responsibilities.csv": lambda folder: (folder / "responsibilities.csv").unlink(),
}


@pytest.mark.django_db
@pytest.mark.parametrize(("said", "breaks"), BREAKAGES.items(), ids=BREAKAGES)
def test_a_broken_folder_says_where_and_changes_nothing(folder, said, breaks):
    put_on_the_map("city:79", AN_DONG)
    breaks(folder)

    with pytest.raises(BrokenCityFile) as refusal:
        load_city(folder)

    assert said in str(refusal.value)
    assert not Category.objects.exists()
    assert not Organisation.objects.exists()


@pytest.mark.django_db
def test_a_rule_against_a_loaded_one_is_refused(folder):
    put_on_the_map("city:79")
    load_city(folder)
    lines = (folder / "responsibilities.csv").read_text().splitlines()
    power = next(line for line in lines if line.startswith("HT-DIEN,evnhcmc"))
    moved = power.replace(",lead,100,,", ",lead,100,2024-01-01,")
    rewrite(folder / "responsibilities.csv", power, moved)

    with pytest.raises(BrokenCityFile, match=r"responsibilities\.csv: goes against"):
        load_city(folder)

    assert Responsibility.objects.get(organisation__code="evnhcmc").validity.lower is (
        None
    )


@pytest.mark.django_db
def test_the_command_keeps_nothing_unless_told_to(folder):
    said = StringIO()

    call_command("load_city", folder, stdout=said)
    assert not Category.objects.exists()
    call_command("load_city", folder, "--commit", stdout=said)

    assert Category.objects.count() == 70
    assert "categories.csv: 70 new, 0 changed, 0 kept" in said.getvalue()
    assert "left out: 168 of kind ward" in said.getvalue()
    assert said.getvalue().count("Nothing was kept") == 1


@pytest.mark.django_db
def test_the_command_names_what_is_broken(folder):
    (folder / "calendar.csv").write_bytes(b"date,kind\n\xff\xfe")

    with pytest.raises(CommandError, match=r"calendar\.csv"):
        call_command("load_city", folder)


def notices() -> dict[str, dict[str, dict[str, str]]]:
    return tomllib.loads((settings.CITY_DIR / "notices.toml").read_text())


def test_every_event_the_reporter_hears_of_has_its_words_in_both_languages():
    texts = notices()

    assert set(TOLD) <= set(texts)
    for name, languages in texts.items():
        assert set(languages) == {"vi", "en"}
        for text in languages.values():
            assert set(text) == {"subject", "body", "sms"}
            if name not in FOLLOWED.values():
                assert "{link}" in text["body"] or "{place_link}" in text["body"]
                assert "{code}" not in text["subject"]
                assert "{what}" in text["subject"]
                assert "{code}" in text["body"]


def test_who_follows_a_case_is_told_of_its_end_and_never_its_code():
    texts = notices()

    for name in set(FOLLOWED.values()):
        for text in texts[name].values():
            assert "{end}" in text["body"]
            assert "{what}" in text["body"]
            assert not any("{code}" in written for written in text.values())


def test_a_text_message_fits_one_segment():
    reasons = tomllib.loads((settings.CITY_DIR / "refusals.toml").read_text())
    reason = max((each["sms"] for each in reasons.values()), key=len)

    for languages in notices().values():
        for text in languages.values():
            said = text["sms"].format(**LONG, reason=reason, organisation="x" * 20)
            assert said.isascii()
            assert not set(said) & set("[]{}\\^|~`")
            assert len(said) <= 160, said


def test_the_reasons_to_refuse_are_those_agreed():
    reasons = tomllib.loads((settings.CITY_DIR / "refusals.toml").read_text())

    assert set(reasons) == set(REASONS.split())
    assert all(each["sms"].isascii() for each in reasons.values())


def test_every_rule_names_its_law():
    with (settings.CITY_DIR / "responsibilities.csv").open(newline="") as file:
        lines = list(csv.DictReader(file))

    assert all(line["legal_basis"] for line in lines)
    assert {line["confirmed"] for line in lines} == {"yes", "no"}


def test_every_word_of_the_street_leads_to_a_category_of_the_city():
    with (settings.CITY_DIR / "categories.csv").open(encoding="utf-8") as file:
        codes = {row["code"] for row in csv.DictReader(file)}

    sought = settings.CITY.category_words

    assert sought
    assert set(sought) <= codes
