from __future__ import annotations

import pytest

from incidents.models import Article
from tests.factories import ArticleFactory, OrganisationFactory, focal_point, somebody

pytestmark = pytest.mark.django_db

LIST = "/lam-viec/giai-dap"
SAID = {
    "question": "Bao lâu có kết quả?",
    "words": "thời hạn",
    "answer": "Năm ngày làm việc.",
    "source": "Quy chế, điều 19",
    "source_url": "https://example.org/quy-che",
    "language": "vi",
    "category": "",
    "starts_on": "2026-01-01",
    "ends_on": "",
    "state": "published",
}


@pytest.fixture
def lead(client):
    centre = OrganisationFactory.create(type="operator")
    actor = somebody("shift_lead", centre)
    client.force_login(actor.user)
    return actor


def read(answer):
    return " ".join(answer.content.decode().split())


def test_a_shift_lead_writes_an_article_and_operators_find_it(client, lead):
    added = client.post(f"{LIST}/them", SAID)

    article = Article.objects.get()
    assert added.url == f"{LIST}/{article.code}"
    assert article.question in read(client.get(f"{LIST}?q=bao lau co ket qua"))
    page = read(client.get(added.url))
    assert SAID["answer"] in page
    assert "https://example.org/quy-che" in page


def test_two_who_change_one_article_are_told_of_it(client, lead):
    code = ArticleFactory.create().code

    first = client.post(f"{LIST}/{code}", SAID | {"version": "1"})
    second = client.post(f"{LIST}/{code}", SAID | {"version": "1"})

    assert (first.status_code, second.status_code) == (302, 409)
    assert Article.objects.get().versions.count() == 2


def test_what_is_missing_is_said_beside_its_field(client, lead):
    answer = client.post(f"{LIST}/them", SAID | {"source": ""})

    assert answer.status_code == 422
    assert "article-source_error" in read(answer)


def test_an_operator_reads_and_does_not_write(client, desk):
    code = ArticleFactory.create().code

    assert client.get(f"{LIST}/{code}").status_code == 200
    assert "<textarea" not in read(client.get(f"{LIST}/{code}"))
    assert client.post(f"{LIST}/{code}", SAID).status_code == 404
    assert client.get(f"{LIST}/them").status_code == 404


def test_units_have_nothing_to_look_up_here(client):
    client.force_login(focal_point(OrganisationFactory.create()).user)

    assert client.get(LIST).status_code == 404
