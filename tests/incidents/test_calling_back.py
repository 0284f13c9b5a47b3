"""Whom no message reaches is called by one operator, and what came of it is kept."""

from __future__ import annotations

from datetime import timedelta

import pytest

from incidents import calling_back, work
from incidents.calling_back import Ending
from incidents.errors import ClaimedByAnother, NotAllowed, NotNow
from incidents.models import CallBack, ContactReading, Event, Notice, Report
from incidents.notifications import send
from tests.factories import JULY, RefusalReasonFactory, focal_point, operator
from tests.incidents.test_sending import LANDLINE, owed

pytestmark = pytest.mark.django_db
SOON = JULY + timedelta(minutes=5)


@pytest.fixture
def call(telling):
    """Somebody with a landline, whom no text reaches."""
    notice = owed(telling, LANDLINE)
    send(notice.pk, at=JULY)
    return CallBack.objects.get()


def outcome(call):
    call.refresh_from_db()
    return call.state, *Notice.objects.values_list("state", flat=True)


def test_one_operator_calls_and_nobody_else(call):
    first, second = operator(), operator()
    calling_back.claim(call, by=first, at=SOON)

    for verb in (calling_back.claim, calling_back.reveal, calling_back.release):
        with pytest.raises(ClaimedByAnother):
            verb(call, by=second, at=SOON)


def test_a_claim_left_alone_is_nobody_s_any_more(call):
    calling_back.claim(call, by=operator(), at=SOON)
    second = operator()

    calling_back.claim(call, by=second, at=SOON + timedelta(minutes=15))

    call.refresh_from_db()
    assert call.claimed_by == second.user


def test_the_number_is_shown_to_who_calls_and_written_down(call):
    desk = operator()
    with pytest.raises(NotNow):
        calling_back.reveal(call, by=desk, at=SOON)
    calling_back.claim(call, by=desk, at=SOON)
    before = ContactReading.objects.count()

    person = calling_back.reveal(call, by=desk, at=SOON)

    reading = ContactReading.objects.latest("pk")
    assert person.phone == LANDLINE.phone
    assert ContactReading.objects.count() == before + 1
    assert (reading.reader, reading.reason) == (desk.user.username, "call back")
    last = call.contact.report.events.latest("sequence")
    assert (last.code, last.visibility) == (Event.Code.CONTACT_OPENED, "staff")


def test_who_was_told_has_been_delivered_to(call):
    desk = operator()
    calling_back.claim(call, by=desk, at=SOON)

    told = call.notices.values_list("pk", flat=True)
    calling_back.end(call, by=desk, at=SOON, as_=Ending.TOLD, told=told)

    assert outcome(call) == ("done", "delivered")
    assert not CallBack.objects.unsettled().exists()
    assert (call.ended_by, call.ended_at) == (desk.user, SOON)
    with pytest.raises(NotNow):
        calling_back.claim(call, by=desk, at=SOON)


def test_who_does_not_answer_is_called_again_and_in_the_end_not(call, settings):
    desk, at, states = operator(), SOON, []
    for _try in range(settings.CITY.call_tries):
        calling_back.claim(call, by=desk, at=at)
        calling_back.end(call, by=desk, at=at, as_=Ending.NOBODY)
        states.append(outcome(call)[0])
        waiting = calling_back.listed(by=desk, at=at)
        assert not waiting.exists()
        at = max(call.call_from, at)

    assert states == ["open", "open", "unreachable"]
    assert outcome(call) == ("unreachable", "failed")
    assert at == SOON + 2 * timedelta(hours=settings.CITY.call_hours)


def test_what_came_while_an_operator_was_calling_waits_for_another_call(call):
    desk = operator()
    calling_back.claim(call, by=desk, at=SOON)
    calling_back.reveal(call, by=desk, at=SOON)
    told = list(call.notices.values_list("pk", flat=True))
    report = Report.objects.get(pk=call.contact.report_id)
    work.acknowledge(report, by=focal_point(report.organisation), at=SOON)
    said = {"by": focal_point(report.organisation), "at": SOON, "text": "Chờ mưa tạnh"}
    work.write_to_reporter(report, **said)
    late = Notice.objects.latest("pk")
    send(late.pk, at=SOON)

    calling_back.end(call, by=desk, at=SOON, as_=Ending.TOLD, told=told)

    again = CallBack.objects.unsettled().get()
    assert list(again.notices.all()) == [late]
    late.refresh_from_db()
    assert (late.state, again.call_from) == ("accepted", SOON)


def test_a_wrong_number_is_not_called_again(call):
    desk = operator()
    calling_back.claim(call, by=desk, at=SOON)

    calling_back.end(call, by=desk, at=SOON, as_=Ending.WRONG)

    assert outcome(call) == ("unreachable", "failed")


def test_only_the_desk_calls(call):
    unit = focal_point(call.contact.report.organisation)

    with pytest.raises(NotAllowed):
        calling_back.claim(call, by=unit, at=SOON)


def test_the_longest_waiting_comes_first_and_a_denunciation_is_for_few_eyes(call):
    desk = operator()
    assert list(calling_back.listed(by=desk, at=SOON)) == [call]

    report = call.contact.report
    Report.objects.filter(pk=report.pk).update(
        is_quarantined=True,
        status="refused",
        refusal_reason=RefusalReasonFactory.create(),
        refusal_text="Xin gửi nơi khác.",
    )

    assert not calling_back.listed(by=desk, at=SOON).exists()
