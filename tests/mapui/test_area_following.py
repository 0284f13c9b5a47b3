"""Who wishes to hear of a ward says so on its page, and says yes from the mailbox."""

from __future__ import annotations

import pytest

from incidents.api.throttles import Reports
from incidents.models import AreaFollowing
from tests.factories import LeafFactory

pytestmark = pytest.mark.django_db
PAGE = "/theo-doi/phuong/a"
WHO = "lan@example.org"


def said(answer):
    return answer.content.decode()


def test_the_list_of_one_ward_leads_to_following_it(client, ward, leaf):
    offered = f'href="{PAGE}"'

    assert offered in said(client.get("/?ward=a"))
    assert offered in said(client.get("/?ward=a", headers={"HX-Request": "true"}))
    assert f'href="{PAGE}?category={leaf.code}"' in said(
        client.get(f"/?ward=a&category={leaf.code}")
    )
    for other in ("/", "/?ward=x/y", "/?ward=nowhere"):
        assert "/theo-doi/phuong/" not in said(client.get(other))


def test_the_page_names_the_ward_and_chooses_the_branch_the_map_showed(client, leaf):
    page = said(client.get(f"{PAGE}?category={leaf.code}"))

    assert leaf.branch.label in page
    assert f'value="{leaf.branch.code}" selected' in page
    assert client.get("/theo-doi/phuong/nowhere").status_code == 404


def test_yes_and_stop_are_pressed_behind_the_letter_s_link(client, leaf):
    sent = client.post(PAGE, {"email": f" {WHO} ", "category": leaf.branch.code})
    held = AreaFollowing.objects.get()
    link = f"/theo-doi/thu/{held.token}"

    assert (sent.status_code, sent["Location"]) == (302, f"{PAGE}?sent=1")
    assert "hộp thư" in said(client.get(sent["Location"]))
    assert held.category == leaf.branch
    client.get(link)
    assert AreaFollowing.objects.get().confirmed_at is None
    client.post(link, {"do": "yes"})
    assert AreaFollowing.objects.get().confirmed_at
    client.post(link, {"do": "stop"})
    assert AreaFollowing.objects.get().ended_at
    assert WHO not in said(client.get(link))
    assert client.post("/theo-doi/thu/" + "x" * 22).status_code == 404


@pytest.mark.parametrize("typed", ["", "lan", "lan@@example.org", "x" * 300])
def test_what_is_no_address_is_refused_in_words(client, ward, typed):
    answer = client.post(PAGE, {"email": typed})

    assert answer.status_code == 422
    assert 'role="alert"' in said(answer)
    assert 'aria-invalid="true"' in said(answer)
    assert not AreaFollowing.objects.exists()


@pytest.mark.parametrize("typed", ["nonsense", "NONSENSE.leaf", "x" * 300])
def test_no_whole_ward_is_followed_for_a_branch_that_is_none(client, ward, typed):
    answer = client.post(PAGE, {"email": WHO, "category": typed})

    assert answer.status_code == 422
    assert not AreaFollowing.objects.exists()


def test_who_types_an_address_that_follows_already_reads_the_same(client, ward):
    answers = [client.post(PAGE, {"email": WHO}) for _ in range(2)]
    held = AreaFollowing.objects.get()
    client.post(f"/theo-doi/thu/{held.token}", {"do": "yes"})
    answers.append(client.post(PAGE, {"email": WHO}))

    assert {(each.status_code, each["Location"]) for each in answers} == {
        (302, f"{PAGE}?sent=1")
    }


def test_nobody_asks_without_end(client, ward, monkeypatch):
    monkeypatch.setattr(Reports, "get_rate", lambda self: "1/min")

    answers = [client.post(PAGE, {"email": WHO}) for _ in range(2)]

    assert [each.status_code for each in answers] == [302, 429]
    assert answers[1].headers["Retry-After"] == "60"


def test_an_address_that_waits_for_too_many_answers_is_told_what_to_do(client, ward):
    branches = [LeafFactory.create().branch.code for _ in range(3)]
    for each in branches:
        client.post(PAGE, {"email": WHO, "category": each})

    answer = client.post(PAGE, {"email": WHO})

    assert answer.status_code == 429
    assert "hai ngày" in said(answer)
    assert f'value="{WHO}"' in said(answer)
