"""Giải đáp: questions are answered from articles that name their source."""

from __future__ import annotations

from datetime import date

import pytest
from django.conf import settings
from django.db import DatabaseError, transaction

from incidents.articles import Said, answers_to, keep_article, keep_from_file
from incidents.city import load_city
from incidents.errors import ChangedMeanwhile, Missing, NotAllowed
from incidents.models import Article, ArticleVersion
from tests.factories import JULY, OrganisationFactory, operator, somebody

pytestmark = pytest.mark.django_db

TODAY = date(2026, 3, 2)
DEADLINE = Said(
    question="Bao lâu thì phản ánh được xử lý?",
    answer="Không quá 5 ngày làm việc.",
    source="Quy chế, điều 19",
    language="vi",
    words="thời hạn, mấy ngày",
)
TRACING = Said(
    question="Làm sao tra cứu phản ánh đã gửi?",
    answer="Nhập mã tra cứu trên Cổng thông tin.",
    source="Quy chế, điều 22",
    language="vi",
)


@pytest.fixture
def lead():
    centre = OrganisationFactory.create(type="operator")
    return somebody("shift_lead", centre)


@pytest.fixture
def articles(lead):
    """Two articles, by what they are about."""
    return {
        name: keep_article(said, by=lead, at=JULY)
        for name, said in (("deadline", DEADLINE), ("tracing", TRACING))
    }


def found(text, *, language="vi", on=TODAY):
    return list(answers_to(text, language=language, on=on))


@pytest.mark.parametrize(
    "typed",
    [
        "bao lâu thì xử lý",
        "bao lau thi phan anh duoc xu ly",
        "BAO LÂU",
        "chị hỏi phản ánh của chị mấy ngày thì xong, thời hạn thế nào",
        "bao lau th",
        "thoi han",
        "thời hạnn xử lí",
    ],
)
def test_the_likeliest_answer_comes_first_however_it_is_typed(articles, typed):
    assert found(typed)[0] == articles["deadline"]


@pytest.mark.parametrize("typed", ["", "ba", "…", "' | & ! :* \\", "zzz qqq"])
def test_what_answers_nothing_finds_nothing(articles, typed):
    assert found(typed) == []


def test_only_what_holds_on_the_day_and_is_in_use_is_told(lead):
    ended = Said(
        question="Phường cũ?",
        answer="Như trước.",
        source="NQ",
        language="vi",
        ends_on=date(2025, 6, 30),
    )
    keep_article(ended, by=lead, at=JULY)
    draft = Said(
        question="Phường cũ ở đâu?", answer="?", source="", language="vi", state="draft"
    )
    keep_article(draft, by=lead, at=JULY)

    assert [each.question for each in found("phường cũ", on=date(2025, 6, 30))] == [
        "Phường cũ?"
    ]
    assert found("phường cũ", on=date(2025, 7, 1)) == []


def test_of_two_alike_the_caller_s_language_comes_first(lead):
    asked = {"question": "1022 hotline", "answer": "a", "source": "s"}
    keep_article(Said(language="vi", **asked), by=lead, at=JULY)
    english = keep_article(Said(language="en", **asked), by=lead, at=JULY)

    assert found("1022 hotline", language="en")[0] == english


def test_every_version_is_kept_and_none_is_changed(articles, lead):
    article = articles["deadline"]
    longer = Said(
        question=DEADLINE.question,
        answer="Mười ngày.",
        source="Quy chế mới",
        language="vi",
    )

    keep_article(longer, by=lead, at=JULY, changing=article, version=1)

    versions = article.versions.order_by("number")
    assert [each.said["answer"] for each in versions] == [
        "Không quá 5 ngày làm việc.",
        "Mười ngày.",
    ]
    assert {each.by for each in versions} == {lead.user}
    with pytest.raises(DatabaseError), transaction.atomic():
        versions.update(said={})
    with pytest.raises(ChangedMeanwhile):
        keep_article(longer, by=lead, at=JULY, changing=article, version=1)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"question": " "}, "question"),
        ({"answer": ""}, "answer"),
        ({"source": ""}, "source"),
        ({"source_url": "javascript:alert(1)"}, "source_url"),
        ({"state": "gone"}, "state"),
        ({"starts_on": TODAY, "ends_on": date(2026, 3, 1)}, "ends_on"),
    ],
)
def test_an_article_in_use_is_whole(lead, change, field):
    said = {"question": "q", "answer": "a", "source": "s", "language": "vi"} | change

    with pytest.raises(Missing) as refused:
        keep_article(Said(**said), by=lead, at=JULY)

    assert refused.value.field == field
    assert not Article.objects.exists()


def test_an_operator_reads_articles_and_writes_none():
    with pytest.raises(NotAllowed):
        keep_article(DEADLINE, by=operator(), at=JULY)


def test_the_city_s_file_leaves_alone_what_was_changed_by_hand(lead):
    assert keep_from_file([("a", DEADLINE), ("b", TRACING)], at=JULY) == [
        "created",
        "created",
    ]
    assert keep_from_file([("a", DEADLINE)], at=JULY) == ["kept"]
    mine = Article.objects.get(code="a")
    keep_article(TRACING, by=lead, at=JULY, changing=mine)

    done = keep_from_file([("a", DEADLINE), ("b", DEADLINE)], at=JULY)

    assert done == ["kept", "changed"]
    mine.refresh_from_db()
    assert mine.question == TRACING.question


def test_the_city_ships_a_dozen_articles_each_with_a_source():
    load_city(settings.CITY_DIR)

    told = Article.objects.told(on=TODAY)
    assert told.count() >= 12
    assert not told.filter(source="").exists()
    assert ArticleVersion.objects.filter(by=None).count() == Article.objects.count()
    asked = {
        "mấy ngày thì có kết quả": "thoi-han-xu-ly",
        "phuong cu cua toi gio ten gi": "sap-xep-phuong-xa",
        "cup nuoc goi so nao": "cup-nuoc-goi-ai",
        "muốn tố cáo cán bộ phường": "khieu-nai-to-cao",
        "cuộc gọi có ghi âm không em": "ghi-am-cuoc-goi",
        "xoa so dien thoai cua toi": "du-lieu-ca-nhan",
    }
    for typed, code in asked.items():
        assert found(typed)[0].code == code, typed
