from __future__ import annotations

import pytest
from django.utils import timezone

from incidents import handover
from incidents.models import (
    Membership,
    Status,
)
from tests.factories import (
    CaseFactory,
    RefusalReasonFactory,
    operator,
    somebody,
)

from .case_page import act, page, status_of

pytestmark = pytest.mark.django_db

Role = Membership.Role


def test_refusing_needs_a_reason_and_offers_its_words(client, desk):
    reason = RefusalReasonFactory.create(guidance="Gửi đơn nơi ra quyết định.")
    case = CaseFactory.create(status=Status.RECEIVED)

    unsaid = act(client, case, "refuse", refusal_text="Vì không thuộc phạm vi")
    offered = act(client, case, "refuse", refusal_reason=reason.code)
    refused = act(
        client, case, "refuse", refusal_reason=reason.code, refusal_text="Gửi đơn."
    )

    assert (unsaid.status_code, offered.status_code) == (422, 422)
    assert "Vì không thuộc phạm vi" in unsaid.content.decode()
    form = offered.context["failure"].form
    assert form["refusal_text"].value() == reason.guidance
    assert refused.status_code == 302
    case.refresh_from_db()
    assert (case.status, case.refusal_text) == (Status.REFUSED, "Gửi đơn.")


def test_what_another_changed_meanwhile_is_told_and_what_was_typed_is_kept(
    client, desk
):
    case = CaseFactory.create(status=Status.RECEIVED)
    other = somebody(Role.OPERATOR, operator().user.memberships.get().organisation)
    handover.ask_for_information(case, by=other, at=timezone.now(), text="Số nhà?")

    answer = act(client, case, "ask", text="Ở hẻm nào?")

    assert answer.status_code == 409
    assert [each.code for each in answer.context["changes"]] == ["info_requested"]
    said = answer.content.decode()
    assert other.user.username in said
    assert "Ở hẻm nào?" in said
    assert f'name="version" value="{case.version + 1}"' in said


def test_what_was_typed_is_given_back_where_its_form_is_gone(client, desk):
    case = CaseFactory.create(status=Status.RECEIVED)
    handover.accept(case, by=desk, at=timezone.now())

    answer = act(client, case, "ask", text="Ở hẻm nào?", version=case.version + 1)

    assert answer.status_code == 409
    leftover = [value for _, value in answer.context["panel"].leftover]
    assert leftover == ["Ở hẻm nào?"]


def test_a_page_that_does_not_say_what_it_saw_changes_nothing(client, desk):
    case = CaseFactory.create(status=Status.RECEIVED)

    for version in ("", "x", "9" * 30):
        assert act(client, case, "accept", version=version).status_code == 409
    assert status_of(case) == Status.RECEIVED


def test_a_claimed_case_is_left_to_who_claimed_it(client, desk):
    other = operator()
    case = CaseFactory.create(status=Status.RECEIVED)
    case = handover.claim(case, by=other, at=timezone.now())

    panel = client.get(page(case)).context["panel"]

    assert panel.is_claimed_by_other
    assert {"accept", "refuse", "claim"}.isdisjoint(o.action.name for o in panel.offers)
    assert act(client, case, "accept").status_code == 409
    assert act(client, case, "claim").status_code == 409
    assert act(client, case, "release").status_code == 409
    assert status_of(case) == Status.RECEIVED


def test_who_claimed_a_case_works_on_it_or_releases_it(client, desk):
    case = CaseFactory.create(status=Status.RECEIVED)
    act(client, case, "claim")
    case.refresh_from_db()
    offered = {o.action.name for o in client.get(page(case)).context["panel"].offers}

    act(client, case, "release")

    assert {"release", "accept"} <= offered
    assert "claim" not in offered
    case.refresh_from_db()
    assert (case.claimed_by, case.claimed_at) == (None, None)
