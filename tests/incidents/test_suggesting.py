"""A category is suggested from a text with a confidence, and nothing is decided."""

from __future__ import annotations

import csv
from collections import Counter
from datetime import date, timedelta
from hashlib import sha256
from io import BytesIO, StringIO
from pathlib import Path
from unicodedata import normalize

import numpy as np
import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.utils.timezone import localdate

from incidents import suggesting
from incidents.city.loading import load_city
from incidents.correcting import reclassify
from incidents.models import Category, Report, Status, SuggestionModel
from incidents.suggesting import propose, train, train_if_due
from incidents.suggesting.examples import (
    Example,
    group_alike,
    read_corrections,
    read_written,
)
from incidents.suggesting.learning import (
    BrokenModel,
    Certainty,
    laid_out,
    learn,
    read_back,
)
from incidents.suggesting.measuring import score, wilson
from incidents.suggesting.words import features, folded
from tests.factories import JULY, CaseFactory, LeafFactory, ReportFactory, operator

ON = localdate(JULY)
TOLD = {
    "HT-A.ngap": "Đường ngập nước, Mưa là ngập, Ngập tới gối, Nước ngập vô nhà, "
    "Hẻm ngập sâu, ngap nuoc qua, duong ngap roi, Mưa to ngập hết đường",
    "HT-A.cong": "Cống nghẹt hôi quá, Nghẹt cống rồi, Miệng cống đầy rác, Cống tắc, "
    "cong nghet, Nạo vét cống giùm, Cống trào nước đen, cong bi tac",
    "GT-B.den": "Đèn đỏ hư, Đèn giao thông tắt, Đèn xanh không sáng, den do hu, "
    "Ngã tư đèn tín hiệu hỏng, Đèn vàng nháy, den giao thong tat, Đèn đỏ sáng hoài",
    "GT-B.xe": "Xe buýt bỏ trạm, Xe buýt trễ, Tài xế xe buýt chạy ẩu, xe buyt tre, "
    "Chờ xe buýt lâu, xe buyt bo tram, Xe buýt không đón khách, Trạm xe buýt hư",
    "": "Alo, Xin chào, Cảm ơn nhiều, test, chao ban, ok, Dạ vâng, hello",
}
TEXTS = Path(settings.GIS_DATA_DIR).parent / "reports_vi.csv"
FOLDER = settings.BASE_DIR / "cities"


@pytest.fixture
def city(db, tmp_path):
    """A city of four categories, with a few examples of each."""
    for code in filter(None, TOLD):
        branch, _ = Category.objects.get_or_create(
            code=code.partition(".")[0],
            defaults={"name": code[:4], "validity": LeafFactory.build().validity},
        )
        LeafFactory.create(code=code, branch=branch, name=code)
    write(tmp_path, [(code, text) for code in TOLD for text in TOLD[code].split(", ")])
    return tmp_path


def write(folder, rows):
    with (folder / "examples.csv").open("w", encoding="utf8", newline="") as file:
        csv.writer(file).writerows([("category", "text"), *rows])


def first(text, *, on=ON):
    found = propose(text, on=on)
    return found[0].category.code if found else None


@pytest.mark.parametrize(
    "text",
    ["Đường trước nhà ngập quá", "duong truoc nha ngap qua", "DUONG NGAP", "mua ngap"],
)
def test_a_text_is_understood_with_marks_and_without(city, text):
    train(city, at=JULY)

    assert first(text) == "HT-A.ngap"


def test_it_comes_with_how_sure_it_is_and_names_what_is_next_to_it(city):
    train(city, at=JULY)

    found = propose("Cống nghẹt, nước ngập hết đường", on=ON)

    shares = [each.share for each in found]
    assert {each.category.code for each in found[:2]} == {"HT-A.ngap", "HT-A.cong"}
    assert shares == sorted(shares, reverse=True)
    assert 0 < sum(shares) <= 1.01
    assert all(0 < each.percent <= 100 for each in found)


@pytest.mark.parametrize(
    "text",
    ["", "   ", "?!", "ok", "xin chào", "quantum chromodynamics lecture", "1234567890"],
)
def test_of_what_says_nothing_known_nothing_is_suggested(city, text):
    train(city, at=JULY)

    assert propose(text, on=ON) == []


def test_without_a_model_nothing_is_suggested(city):
    assert propose("Đường ngập nước", on=ON) == []


def test_a_category_that_has_ended_is_not_suggested(city):
    train(city, at=JULY)
    Category.objects.filter(code="HT-A.ngap").update(
        validity=(date(2000, 1, 1), date(2001, 1, 1))
    )

    assert first("Đường ngập nước quá") != "HT-A.ngap"


def test_it_decides_nothing(city):
    train(city, at=JULY)
    report = ReportFactory.create(description="Đường ngập nước quá")
    before = report.category_id

    propose(report.description, on=ON)

    report.refresh_from_db()
    assert report.category_id == before


def test_what_is_trained_anew_is_in_use_without_a_restart(city):
    train(city, at=JULY)
    assert first("Xe buýt trễ giờ") == "GT-B.xe"
    swapped = {"GT-B.xe": "GT-B.den", "GT-B.den": "GT-B.xe"}
    rows = [
        (swapped.get(code, code), text)
        for code in TOLD
        for text in TOLD[code].split(", ")
    ]
    write(city, rows)

    train(city, at=JULY)

    assert first("Xe buýt trễ giờ") == "GT-B.den"


def test_a_model_is_loaded_once_a_process(city, django_assert_num_queries):
    train(city, at=JULY)
    propose("Đường ngập nước", on=ON)

    with django_assert_num_queries(2):  # Which is the newest, and the categories.
        propose("Cống nghẹt rồi", on=ON)


def test_what_was_tampered_with_is_not_used(city):
    made = train(city, at=JULY).model
    SuggestionModel.objects.filter(pk=made.pk).update(
        arrays=bytes(made.arrays)[:-1] + b"x"
    )
    suggesting.proposing._held = None

    assert propose("Đường ngập nước", on=ON) == []


def test_a_pickle_is_never_read():
    file = BytesIO()
    np.savez(file, features=np.array([{"a": 1}], dtype=object))
    kept = file.getvalue()

    with pytest.raises(BrokenModel):
        read_back(kept, digest=sha256(kept).hexdigest())
    with pytest.raises(BrokenModel):
        read_back(b"", digest=sha256(b"").hexdigest())


def test_what_was_learnt_is_read_back_as_it_was():
    texts = ["đường ngập", "ngập nước", "đèn tắt", "đèn hư"] * 2
    learned = learn(texts, ["a", "a", "b", "b"] * 2, certainty=Certainty())
    kept = laid_out(learned)

    again = read_back(kept, digest=sha256(kept).hexdigest())

    assert (again.features, again.categories) == (learned.features, ("a", "b"))
    assert again.certainty == learned.certainty
    assert np.allclose(again.weights, learned.weights, atol=1e-2)


def test_marks_are_folded_also_those_that_unicode_does_not_take_apart():
    assert folded("Đường Ứ NGHẸT") == "duong u nghet"
    assert folded(normalize("NFD", "Cống")) == folded(normalize("NFC", "Cống"))
    assert features("đèn tắt")[:2] == features("den tat")[:2] == ["den", "tat"]
    assert features(normalize("NFD", "đèn tắt")) == features("đèn tắt")


def test_operators_corrections_teach(city):
    for turn in range(12):
        report = ReportFactory.create(
            description=f"Cây me ngã {turn}",
            channel="hotline",
            category=Category.objects.get(code="GT-B.xe"),
            code=f"X{turn}",
        )
        assert report.channel == "hotline"

    made = train(city, at=JULY).model

    assert made.learnt_from["corrections"] == 12
    assert first("Cây me ngã") == "GT-B.xe"


def test_a_reclassified_case_teaches_its_last_category_and_no_contact(city):
    wrong, right = Category.objects.filter(code__contains=".")[:2]
    told = "Cống nghẹt, gọi 0901 234 567 hay lan@example.org"
    case = CaseFactory.create(category=wrong, description=told)
    desk = operator()
    assert read_corrections() == []

    reclassify(case, by=desk, at=JULY, category=right, reason="Nhầm")

    (example,) = read_corrections()
    assert (example.category, example.on) == (right.code, ON)
    assert "234 567" not in example.text
    assert "lan@" not in example.text
    assert example.text.startswith("Cống nghẹt")


@pytest.mark.parametrize(
    "told",
    [{"status": Status.REFUSED}, {"status": Status.WITHDRAWN}, {"is_demo": True}],
)
def test_refused_withdrawn_and_invented_reports_teach_nothing(city, told):
    leaf = Category.objects.get(code="GT-B.xe")
    ReportFactory.create(channel="hotline", category=leaf, **told)

    assert read_corrections() == []


def test_corrections_are_foretold_by_what_came_before_them(city):
    leaf = Category.objects.get(code="HT-A.cong")
    for turn in range(25):
        ReportFactory.create(
            channel="hotline",
            category=leaf,
            description=f"Cống nghẹt số {turn}",
            received_at=JULY + timedelta(days=turn),
        )

    spans = train(city, at=JULY).model.figures["corrections"]

    assert [span["from"] for span in spans] == [
        str(ON + timedelta(days=turn)) for turn in (0, 5, 10, 15, 20)
    ]
    assert all(span["marked"]["leaf"]["of"] == 5 for span in spans)
    assert spans[-1]["unmarked"]["leaf"]["first"] == 5


def test_texts_that_say_nearly_the_same_are_held_out_together():
    told = [
        "Đèn đường trước nhà số 5 tắt rồi",
        "den duong truoc nha so 9 tat roi",
        "Xe buýt bỏ trạm không đón khách",
        "Đèn đường trước nhà số 7 tắt rồi ạ",
    ]

    groups = group_alike(Example(text, "") for text in told)

    assert groups[0] == groups[1] == groups[3] != groups[2]


@pytest.mark.parametrize(
    ("hits", "of", "low", "high"),
    [(0, 0, 0, 1), (0, 10, 0, 0.2775), (10, 10, 0.7225, 1), (50, 100, 0.4038, 0.5962)],
)
def test_the_interval_is_wilsons(hits, of, low, high):
    assert wilson(hits, of) == pytest.approx((low, high), abs=1e-4)


def test_the_command_shows_its_figures_and_keeps_nothing_unless_told(city, settings):
    settings.CITY_DIR = city
    out = StringIO()

    call_command("train_suggestions", stdout=out)

    assert "40 written examples and 0 corrections of 4 categories" in out.getvalue()
    assert "branch n=32" in out.getvalue()
    assert not SuggestionModel.objects.exists()

    call_command("train_suggestions", commit=True, stdout=out)
    assert SuggestionModel.objects.count() == 1


def test_a_city_without_examples_has_no_suggestions(db, settings, tmp_path):
    settings.CITY_DIR = tmp_path

    with pytest.raises(CommandError, match="neither"):
        call_command("train_suggestions", stdout=StringIO())
    assert train_if_due(tmp_path, at=JULY) is None


def test_an_example_of_an_unknown_category_is_refused(city, settings):
    settings.CITY_DIR = city
    write(city, [("HT-A.ngap", "ngập"), ("NO.such", "gì đó")])

    with pytest.raises(CommandError, match=r"no category NO\.such"):
        call_command("train_suggestions", stdout=StringIO())


def test_it_learns_by_itself_at_first_and_then_by_night_where_there_is_more(city):
    night = JULY.replace(hour=19)  # 02:00 in the city.
    assert train_if_due(city, at=JULY) is not None
    assert train_if_due(city, at=night) is None

    write(city, [("HT-A.ngap", "ngập"), ("GT-B.den", "đèn"), ("GT-B.xe", "xe")])

    assert train_if_due(city, at=JULY) is None
    assert train_if_due(city, at=night) is not None


@pytest.fixture(scope="module")
def real():
    """The city's own examples, which are read without a database."""
    with (FOLDER / "hcmc" / "examples.csv").open(encoding="utf8", newline="") as file:
        return [Example(row["text"], row["category"]) for row in csv.DictReader(file)]


def test_every_category_has_examples_and_the_frequent_ones_many(real, db):
    load_city(FOLDER / "hcmc")
    counts = Counter(each.category for each in real)
    leaves = set(
        Category.objects.filter(code__contains=".").values_list("code", flat=True)
    )

    assert counts.keys() == leaves | {""}
    assert min(counts.values()) >= 25
    assert sum(count >= 40 for count in counts.values()) >= 20
    assert len({each.text for each in real}) == len(real)
    assert len(read_written(FOLDER / "hcmc")) == len(real)


@pytest.mark.skipif(
    not settings.GIS_DATA_DIR or not TEXTS.is_file(),
    reason="GIS_DATA_DIR names no folder with texts beside it",
)
@pytest.mark.parametrize("way", ["marked", "unmarked"])
def test_texts_of_others_that_were_never_learnt_from_are_understood(real, way):
    with TEXTS.open(encoding="utf8") as file:
        told = [(row["text"], row["category"]) for row in csv.DictReader(file)]
    known = {each.category for each in real}
    others = [Example(text, category) for text, category in told if category in known]
    assert not {each.text for each in others} & {each.text for each in real}

    learned = taught(real)
    tally = score(learned, others, way=way)

    branch, leaf = tally.levels["branch"], tally.levels["leaf"]
    assert branch.of == len(others) == 62
    assert branch.first / branch.of >= 0.85
    assert branch.three / branch.of >= 0.95
    assert leaf.three / leaf.of >= 0.9


TAUGHT = []


def taught(real):
    """Learn from all examples once for both ways of writing."""
    if not TAUGHT:
        texts, codes = zip(*((each.text, each.category) for each in real), strict=True)
        TAUGHT.append(learn(texts, codes, certainty=Certainty(sharpness=8.0)))
    return TAUGHT[0]


def test_reports_are_what_is_learnt_from_and_stay_as_they_are(city):
    ReportFactory.create(
        channel="hotline", category=Category.objects.get(code="GT-B.xe")
    )
    before = list(Report.objects.values())

    train(city, at=JULY)

    assert list(Report.objects.values()) == before
