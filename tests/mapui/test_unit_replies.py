"""A unit keeps its own ready words, and nobody else's."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from incidents.errors import NotAllowed
from incidents.models import Membership, ReplyTemplate
from incidents.replies import keep_words, retire_words
from tests.factories import JULY, MembershipFactory, OrganisationFactory, somebody

pytestmark = pytest.mark.django_db

WORDS = "/lam-viec/mau-tra-loi"
SAID = {"purpose": "result", "name": "Đã dọn", "text": "Đã dọn sạch."}
TODAY = JULY.date()


def test_words_are_added_changed_and_offered_no_more(client, unit):
    client.post(f"{WORDS}/them", SAID)
    held = ReplyTemplate.objects.get()
    assert (held.organisation, held.text) == (unit, "Đã dọn sạch.")

    client.post(f"{WORDS}/{held.pk}", SAID | {"text": "Đã dọn và rửa đường."})
    client.post(f"{WORDS}/{held.pk}/ngung")

    held.refresh_from_db()
    assert (held.text, held.is_active) == ("Đã dọn và rửa đường.", False)
    assert "đã ngừng dùng" in client.get(WORDS).content.decode()
    client.post(f"{WORDS}/{held.pk}", SAID)
    held.refresh_from_db()
    assert held.is_active


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"name": " "}, "name"),
        ({"text": ""}, "text"),
        ({"purpose": "joke"}, "purpose"),
        ({"name": "x" * 81}, "name"),
    ],
)
def test_words_have_a_use_a_name_and_a_text(client, unit, changed, field):
    answer = client.post(f"{WORDS}/them", SAID | changed)

    assert answer.status_code == 422
    assert answer.context["form"].errors[field]
    assert not ReplyTemplate.objects.exists()


def test_two_words_of_one_use_have_two_names(client, unit):
    client.post(f"{WORDS}/them", SAID)

    again = client.post(f"{WORDS}/them", SAID | {"text": "Khác"})
    other = client.post(f"{WORDS}/them", SAID | {"purpose": "message"})

    assert again.status_code == 422
    assert again.context["form"].errors["name"]
    assert "Khác" in again.content.decode()
    assert other.status_code == 302


def test_words_of_others_and_of_everybody_are_not_ones_own(client, unit):
    others = [
        ReplyTemplate.objects.create(organisation=each, **SAID)
        for each in (OrganisationFactory.create(), None)
    ]

    for each in others:
        assert client.get(f"{WORDS}/{each.pk}").status_code == 404
        assert client.post(f"{WORDS}/{each.pk}", SAID).status_code == 404
        assert client.post(f"{WORDS}/{each.pk}/ngung").status_code == 404
    own, common = (client.get(WORDS).context[name] for name in ("own", "common"))
    assert (list(own), list(common)) == ([], [others[1]])


def test_no_words_are_kept_for_a_unit_one_does_not_belong_to(client, unit):
    stranger = OrganisationFactory.create()

    answer = client.post(f"{WORDS}/them", SAID | {"organisation": stranger.code})

    assert answer.status_code == 404
    assert not ReplyTemplate.objects.exists()


def test_a_field_officer_picks_words_and_keeps_none(client, unit):
    officer = somebody(Membership.Role.FIELD_OFFICER, unit)
    client.force_login(officer.user)

    assert client.get(WORDS).status_code == 200
    assert client.get(f"{WORDS}/them").status_code == 404
    for verb in (
        lambda: keep_words(organisation=unit, by=officer.user, on=TODAY, **SAID),
        lambda: retire_words(
            ReplyTemplate.objects.create(organisation=unit, **SAID),
            by=officer.user,
            on=TODAY,
        ),
    ):
        with pytest.raises(NotAllowed):
            verb()


def test_an_administrator_of_the_unit_keeps_its_words(unit):
    role = Membership.Role.ADMINISTRATOR
    user = MembershipFactory.create(organisation=unit, role=role).user

    kept = keep_words(organisation=unit, by=user, on=TODAY, **SAID)

    assert kept.organisation == unit


def test_many_words_take_as_many_statements_as_few(client, unit):
    for turn in range(12):
        said = SAID | {"name": f"Mẫu {turn}"}
        ReplyTemplate.objects.create(organisation=unit, **said)
    client.get(WORDS)

    with CaptureQueriesContext(connection) as ran:
        client.get(WORDS)

    assert len(ran) <= 7
