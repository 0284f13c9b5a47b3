"""Who wishes to hear of a ward says so on its page, and says yes from the mailbox."""

from __future__ import annotations

from datetime import date

import pytest
from django.utils import timezone

from incidents import areas
from incidents.api.throttles import Reports
from incidents.models import AreaFollowing, AreaLetter
from tests.factories import LeafFactory, PlaceKindFactory, published, square

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


def asked_three_times(client):
    for _turn in range(areas.UNANSWERED):
        client.post(PAGE, {"email": WHO, "category": LeafFactory.create().branch.code})


def followed_ten_times(client):
    for _turn in range(areas.AT_MOST):
        asked = {"email": WHO, "category": LeafFactory.create().branch.code}
        client.post(PAGE, asked)
        held = AreaFollowing.objects.get(confirmed_at=None)
        areas.say_yes(held.token, at=timezone.now())


@pytest.mark.parametrize("fill", [asked_three_times, followed_ten_times])
def test_nobody_reads_off_an_answer_what_an_e_mail_follows(client, ward, fill):
    fill(client)
    held = AreaFollowing.objects.count(), AreaLetter.objects.count()
    followed = AreaFollowing.objects.latest("pk").category.code

    seen = [
        client.post(PAGE, {"email": email, "category": category})
        for email, category in (
            (WHO, followed),
            (WHO, ""),
            (WHO, LeafFactory.create().branch.code),
        )
    ]
    assert (AreaFollowing.objects.count(), AreaLetter.objects.count()) == held
    seen.append(client.post(PAGE, {"email": "new@example.org"}))

    first, *others = [
        (each.status_code, dict(each.headers), each.content) for each in seen
    ]
    assert (first[0], first[1]["Location"]) == (302, f"{PAGE}?sent=1")
    assert others == [first] * 3


def test_the_limits_are_told_to_everybody_alike(client, ward):
    page = said(client.get(f"{PAGE}?sent=1"))

    assert "10 địa bàn" in page
    assert "3 thư chưa trả lời" in page


@pytest.mark.parametrize("pressed", ["yes", "stop"])
def test_a_press_that_came_too_soon_is_not_lost_without_a_word(
    client, ward, monkeypatch, pressed
):
    client.post(PAGE, {"email": WHO})
    link = f"/theo-doi/thu/{AreaFollowing.objects.get().token}"
    monkeypatch.setattr(Reports, "allow_request", lambda *_asked: False)

    answer = client.post(link, {"do": pressed})

    held = AreaFollowing.objects.get()
    assert (held.confirmed_at, held.ended_at) == (None, None)
    assert answer.status_code == 429
    assert answer.headers["Retry-After"] == "60"
    assert 'role="alert"' in said(answer)
    assert "đợi một phút" in said(answer)
    assert 'value="yes"' in said(answer)


def test_only_one_ward_in_force_is_offered_and_its_page_is_there(client, ward):
    other = PlaceKindFactory.create(code="district", rank=2)
    published(other, date(2025, 1, 1), d=square(106.65, 10.749))
    published(ward.kind, date(2025, 2, 1), a=square(106.65, 10.749), b=square(107, 11))

    for asked in ("a", "ward:a", "a,ward:a"):
        assert f'href="{PAGE}"' in said(client.get(f"/?ward={asked}"))
    assert client.get(PAGE).status_code == 200
    for asked in ("d", "district:d", "a,b", "a,d"):
        page = client.get(f"/?ward={asked}")
        assert page.context["mistake"] == ""
        assert "/theo-doi/phuong/" not in said(page)
