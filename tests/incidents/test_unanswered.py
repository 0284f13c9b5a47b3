"""A question to a reporter has a limit: one reminder, then an operator may refuse."""

from __future__ import annotations

from datetime import timedelta

import pytest

from incidents import handover
from incidents.models import Notice, RefusalReason, Report, Status
from incidents.unanswered import refuse_unanswered, remind_due, unanswered
from tests.factories import JULY, CaseFactory, operator

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)
#: Asked on a Wednesday: five working days after it end with the Wednesday after.
LAST_DAY, LATE = JULY + 7 * DAY, JULY + 8 * DAY


@pytest.fixture
def asked():
    case = CaseFactory.create(status=Status.RECEIVED, received_at=JULY)
    desk = operator()
    handover.ask_for_information(case, by=desk, at=JULY, text="Ở đâu?")
    return case, desk


def test_a_case_is_unanswered_after_five_working_days(asked):
    assert not unanswered(at=LAST_DAY).exists()
    assert unanswered(at=LATE).get() == asked[0]


def test_its_reporter_is_reminded_once_and_told_of_it(asked):
    case, _desk = asked

    done = [remind_due(at=at) for at in (LAST_DAY, LATE, LATE, LATE + DAY)]

    assert done == [0, 1, 0, 0]
    told = Notice.objects.filter(event__code="info_reminded")
    assert {each.contact.report_id for each in told} == {case.pk}
    assert Report.objects.get().status == Status.INFO_REQUESTED


def test_who_is_asked_again_is_reminded_of_that_too(asked):
    case, desk = asked
    remind_due(at=LATE)
    handover.give_information(case, at=LATE, text="Ở chợ")
    handover.ask_for_information(case, by=desk, at=LATE + DAY, text="Chợ nào?")

    assert remind_due(at=LATE + 30 * DAY) == 1


def test_an_answer_ends_the_waiting(asked):
    handover.give_information(asked[0], at=LAST_DAY, text="Ở chợ")

    assert remind_due(at=LATE) == 0


def test_an_operator_refuses_it_at_one_press_in_the_city_s_words(asked):
    case, desk = asked
    RefusalReason.objects.create(
        code="THIEU_THONG_TIN", name="Thiếu thông tin", guidance="Chưa nhận được."
    )

    refused = refuse_unanswered(case, by=desk, at=LATE)

    assert refused.status == Status.REFUSED
    assert refused.refusal_reason.code == "THIEU_THONG_TIN"
    assert refused.refusal_text == "Chưa nhận được."
