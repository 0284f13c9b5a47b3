from __future__ import annotations

import pytest
from django.utils.translation import override

from incidents.models import Report
from incidents.questions import (
    Answered,
    WrongAnswer,
    asked_by_category,
    broken_choices,
    check_answers,
    options_of,
    tell,
)
from tests.factories import LeafFactory, QuestionFactory

pytestmark = pytest.mark.django_db
DEPTHS = ["mat-ca|Mắt cá chân|Ankle", "dau-goi|Đầu gối|Knee"]


@pytest.fixture
def flooding():
    """A category that asks one question of each kind."""
    leaf = LeafFactory.create(name="Ngập nước")
    asked = {
        "indoors": {"kind": "yes_no", "text": "Có tràn vào nhà không?"},
        "depth": {"kind": "choice", "text": "Tới đâu?", "choices": DEPTHS},
        "hours": {"kind": "number", "text": "Mấy giờ rồi?", "text_en": "How long?"},
        "since": {"kind": "text", "text": "Từ lúc nào?"},
    }
    for position, (code, said) in enumerate(asked.items()):
        QuestionFactory.create(category=leaf, code=code, position=position, **said)
    return leaf


def test_a_category_asks_in_its_order_and_what_is_switched_off_no_longer(flooding):
    flooding.questions.filter(code="since").update(is_active=False)

    asked = asked_by_category()[flooding.pk]

    assert [each.code for each in asked] == ["indoors", "depth", "hours"]


def test_options_are_in_the_reader_s_language(flooding):
    indoors, depth, hours, _ = flooding.questions.all()

    with override("en"):
        english = [each.label for each in options_of(depth)]
        label = hours.label

    assert english == ["Ankle", "Knee"]
    assert label == "How long?"
    assert [each.label for each in options_of(depth)] == ["Mắt cá chân", "Đầu gối"]
    assert [each.code for each in options_of(indoors)] == ["yes", "no"]
    assert options_of(hours) == []


@pytest.mark.parametrize("typed", ["1e-999999", "0.0000001"])
def test_a_number_is_kept_to_a_thousandth_however_small_it_is_written(flooding, typed):
    kept = check_answers(flooding, {"hours": typed})

    assert kept == {"hours": "0"}


def test_answers_that_fit_are_kept_tidily_and_empty_ones_left_out(flooding):
    said = {"indoors": "yes", "depth": "dau-goi", "hours": " 2,50 ", "since": "  "}

    kept = check_answers(flooding, said)

    assert kept == {"indoors": "yes", "depth": "dau-goi", "hours": "2.5"}


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("indoors", "maybe"),
        ("depth", "cổ"),
        ("hours", "lâu lắm"),
        ("hours", "-1"),
        ("hours", "NaN"),
        ("hours", "Infinity"),
        ("hours", "1e99"),
    ],
)
def test_an_answer_that_does_not_fit_says_which(flooding, code, said):
    with pytest.raises(WrongAnswer) as wrong:
        check_answers(flooding, {code: said})

    assert wrong.value.code == code


def test_what_we_do_not_ask_is_kept_as_it_came(flooding):
    assert check_answers(flooding, {"app.version": "7"}) == {"app.version": "7"}


def test_nothing_is_asked_of_the_database_where_nothing_is_answered(
    flooding, django_assert_num_queries
):
    with django_assert_num_queries(0):
        assert check_answers(flooding, {"depth": ""}) == {}
        assert tell(flooding.pk, {}) == []


def test_answers_are_told_in_words_and_in_their_order(flooding):
    kept = {"màu": "đục", "since": "sáng", "depth": "dau-goi", "indoors": "no"}

    told = tell(flooding.pk, kept)

    assert told == [
        Answered(question="Có tràn vào nhà không?", answer="Không"),
        Answered(question="Tới đâu?", answer="Đầu gối"),
        Answered(question="Từ lúc nào?", answer="sáng"),
        Answered(question="màu", answer="đục"),
    ]


def test_an_answer_no_longer_on_offer_is_told_as_it_was_kept(flooding):
    told = tell(flooding.pk, {"depth": "tren-nguc"})

    assert told == [Answered(question="Tới đâu?", answer="tren-nguc")]


@pytest.mark.parametrize(
    ("kind", "choices", "is_fine"),
    [
        ("choice", DEPTHS, True),
        ("yes_no", [], True),
        ("choice", [], False),
        ("text", DEPTHS, False),
        ("choice", ["ankle|Ankle"], True),
        ("choice", ["ankle"], False),
        ("choice", ["ankle|"], False),
        ("choice", ["ankle|Mắt cá|Ankle|Cheville"], False),
        ("choice", ["|Mắt cá|Ankle"], False),
    ],
)
def test_choices_are_written_as_code_and_a_name_or_two(kind, choices, is_fine):
    assert (broken_choices(kind, choices) == "") is is_fine


def test_the_api_says_which_answer_is_wrong(client, flooding):
    body = {
        "category": flooding.code,
        "description": "Ngập",
        "lat": 10.8,
        "lon": 106.7,
        "answers": {"depth": "cổ"},
        "reporter": {"name": "Lan", "phone": "0901234567"},
    }

    answer = client.post("/api/v1/reports", body, content_type="application/json")

    assert answer.status_code == 422
    assert "depth" in str(answer.json()["fields"])
    assert not Report.objects.exists()
