"""A notice is neither lost nor sent twice, whatever becomes of provider and worker."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from django.core import mail
from django.db import connection
from procrastinate.contrib.django.models import ProcrastinateJob

from incidents import resolution
from incidents.following import follow, unfollow
from incidents.intake import receive
from incidents.models import CallBack, Notice, Outlet
from incidents.notifications import ask_for_forgotten, send, sending, trying
from incidents.notifications.gateway import Outcome
from incidents.privacy import Reporter
from incidents.work import write_to_reporter
from tests.factories import JULY, focal_point
from tests.fakes.gateway import gateway, settings_for

pytestmark = pytest.mark.django_db
MOBILE = Reporter(name="Lan", phone="+84901234567")
LANDLINE = Reporter(name="Lan", phone="+842838291234")


class Provider:
    """What it will say, one after another, and what it was asked."""

    def __init__(self):
        self.said, self.asked = [], []

    def hand_over(self, message):
        self.asked.append(message)
        return self.said.pop(0) if self.said else Outcome(accepted=True, id="p-1")


@pytest.fixture
def provider(settings):
    """A gateway that one can have fail, once or for a while."""
    settings.SMS = settings_for("http://127.0.0.1:1/")

    return Provider()


@pytest.fixture(autouse=True)
def _asked(monkeypatch, provider):
    monkeypatch.setattr(trying, "hand_over", provider.hand_over)


def owed(telling, reporter=MOBILE):
    receive(replace(telling, reporter=reporter), channel="portal", at=JULY)
    return Notice.objects.get()


def forget_jobs():
    """Lose the queue; Django itself may not delete from it."""
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM procrastinate_jobs")


DOWN = Outcome(failure="http.503")
UNSURE = Outcome(failure="cut.TimeoutError", may_have_gone=True)


def test_a_text_is_handed_over_once_however_often_its_job_runs(telling, provider):
    notice = owed(telling)

    for _turn in range(3):
        send(notice.pk, at=JULY)

    notice.refresh_from_db()
    assert (notice.state, notice.provider_id, notice.sent_at) == (
        "accepted",
        "p-1",
        JULY,
    )
    assert [each.key for each in provider.asked] == [str(notice.key)]
    assert provider.asked[0].to == MOBILE.phone


def test_who_left_both_hears_over_both_once(telling):
    receive(telling, channel="portal", at=JULY)

    for notice in Notice.objects.all():
        send(notice.pk, at=JULY)

    assert sorted(Notice.objects.values_list("channel", "state")) == [
        ("email", "accepted"),
        ("sms", "accepted"),
    ]
    assert len(mail.outbox) == 1


def test_waits_grow_until_an_hour(telling, provider):
    notice, at, waits = owed(telling), JULY, []
    provider.said = [DOWN] * 9

    for _turn in range(9):
        send(notice.pk, at=at)
        notice.refresh_from_db()
        waits.append((notice.next_try_at - at).total_seconds())
        at = notice.next_try_at

    assert waits == [30, 60, 120, 240, 480, 960, 1920, 3600, 3600]
    assert notice.failure == "http.503"
    assert not notice.may_be_doubled
    assert ProcrastinateJob.objects.filter(scheduled_at=at).exists()


def test_before_its_time_a_notice_is_not_tried_again(telling, provider):
    notice = owed(telling)
    provider.said = [DOWN]
    send(notice.pk, at=JULY)

    send(notice.pk, at=JULY + timedelta(seconds=29))

    assert len(provider.asked) == 1


def test_a_provider_that_asks_for_time_is_given_it(telling, provider):
    notice = owed(telling)
    provider.said = [replace(DOWN, wait=600)]

    send(notice.pk, at=JULY)

    notice.refresh_from_db()
    assert notice.next_try_at == JULY + timedelta(minutes=10)


def test_what_may_have_gone_out_before_is_marked_when_it_is_sent_again(
    telling, provider
):
    notice = owed(telling)
    provider.said = [UNSURE]
    send(notice.pk, at=JULY)
    notice.refresh_from_db()
    was_marked = notice.may_be_doubled

    send(notice.pk, at=notice.next_try_at)

    notice.refresh_from_db()
    assert (was_marked, notice.may_be_doubled) == (False, True)
    assert notice.state == "accepted"
    assert len({each.key for each in provider.asked}) == 1


def test_what_a_killed_worker_was_sending_is_taken_up_and_marked(
    telling, provider, monkeypatch
):
    notice = owed(telling)

    class Killed(BaseException):
        """As abruptly as a signal ends a process."""

    def killed(_message):
        raise Killed

    with monkeypatch.context() as patch, pytest.raises(Killed):
        patch.setattr(trying, "hand_over", killed)
        send(notice.pk, at=JULY)
    notice.refresh_from_db()
    was = notice.state
    send(notice.pk, at=JULY + timedelta(seconds=60))
    too_early = len(provider.asked)

    send(notice.pk, at=JULY + timedelta(seconds=300))

    notice.refresh_from_db()
    assert (was, too_early) == ("sending", 0)
    assert (notice.state, notice.may_be_doubled) == ("accepted", True)


def test_an_answer_that_comes_late_is_kept_and_sends_nothing_again(telling, provider):
    notice = owed(telling)
    later = JULY + timedelta(seconds=300)

    def slow(message):
        # Meanwhile it is taken for stuck, and another worker sends it.
        provider.said = [DOWN]
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(trying, "hand_over", provider.hand_over)
            send(notice.pk, at=later)
        return Outcome(accepted=True, id="late")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(trying, "hand_over", slow)
        send(notice.pk, at=JULY)
    send(notice.pk, at=later + timedelta(hours=1))

    notice.refresh_from_db()
    assert (notice.state, notice.provider_id) == ("accepted", "late")
    assert len(provider.asked) == 1
    assert notice.may_be_doubled


def test_after_days_it_is_given_up_and_somebody_calls(telling, provider, settings):
    notice = owed(telling)
    provider.said = [DOWN] * 2
    send(notice.pk, at=JULY + timedelta(days=settings.CITY.notice_days))
    notice.refresh_from_db()
    was = notice.state

    send(notice.pk, at=JULY + timedelta(days=settings.CITY.notice_days, hours=1))

    notice.refresh_from_db()
    assert (was, notice.state) == ("owed", "given_up")
    assert notice.call_back.reason == "given_up"


def test_a_landline_is_called_and_sent_nothing(telling, provider):
    notice = owed(telling, LANDLINE)

    send(notice.pk, at=JULY)

    notice.refresh_from_db()
    assert (notice.state, notice.failure) == ("failed", "no_mobile")
    assert CallBack.objects.get().reason == "no_message"
    assert not provider.asked


def test_whom_an_e_mail_reaches_nobody_calls(telling, provider):
    both = replace(LANDLINE, email="lan@example.org")
    receive(replace(telling, reporter=both), channel="portal", at=JULY)

    for notice in Notice.objects.all():
        send(notice.pk, at=JULY)

    assert len(mail.outbox) == 1
    assert not CallBack.objects.exists()


def test_one_call_tells_all_that_a_person_was_not_sent(telling, provider, settings):
    notice = owed(telling, LANDLINE)
    report = notice.event.report
    send(notice.pk, at=JULY)
    unit = focal_point(report.organisation)
    write_to_reporter(report, by=unit, at=JULY, text="Mời bác gọi lại")
    for each in Notice.objects.filter(state="owed"):
        send(each.pk, at=JULY)

    assert CallBack.objects.count() == 1
    assert CallBack.objects.get().notices.count() == 2


def test_a_withdrawn_report_is_told_of_no_more(telling, provider):
    notice = owed(telling)
    resolution.withdraw(notice.event.report, at=JULY)

    send(notice.pk, at=JULY)

    notice.refresh_from_db()
    assert (notice.state, notice.attempts) == ("dropped", 0)
    assert not provider.asked


def test_who_follows_no_more_hears_no_more(telling, provider):
    report = receive(telling, channel="portal", at=JULY).report
    Notice.objects.all().delete()
    who = Reporter(name="", email="ban@example.org")
    following = follow(report, client_id="one", at=JULY, language="vi", reporter=who)
    resolution.withdraw(report, at=JULY)
    unfollow(following.token, at=JULY)
    notice = Notice.objects.get()

    send(notice.pk, at=JULY)

    notice.refresh_from_db()
    assert notice.state == "dropped"


def test_what_is_in_no_queue_is_asked_for_anew_and_only_once(telling):
    notice = owed(telling)
    forget_jobs()
    later = JULY + timedelta(minutes=5)

    first = ask_for_forgotten(at=later)
    second = ask_for_forgotten(at=later)

    assert (first, second) == (1, 0)
    job = ProcrastinateJob.objects.get()
    assert job.args == {"notice_id": notice.pk}


def test_a_provider_that_is_down_is_left_alone_and_then_probed(
    telling, provider, monkeypatch
):
    monkeypatch.setattr(trying, "FAILURES_IN_A_ROW", 3)
    monkeypatch.setattr(trying, "PROBES", 2)
    notices = [
        receive(
            replace(telling, reporter=MOBILE, client_id=f"{turn}"),
            channel="portal",
            at=JULY,
        ).report.contact.notices.get()
        for turn in range(6)
    ]
    provider.said = [DOWN] * 3

    for notice in notices:
        send(notice.pk, at=JULY)

    outlet = Outlet.objects.get(channel="sms")
    assert len(provider.asked) == 3
    assert outlet.rests_until == JULY + timedelta(seconds=30)
    forget_jobs()
    assert ask_for_forgotten(at=JULY + timedelta(seconds=20)) == 0
    later = JULY + timedelta(minutes=5)
    assert ask_for_forgotten(at=later) == 2
    send(notices[3].pk, at=later)
    outlet.refresh_from_db()
    assert (outlet.failures, outlet.rests_until) == (0, None)
    assert ask_for_forgotten(at=later) == 3


def test_what_cannot_be_written_waits_and_is_not_tried_without_end(
    telling, provider, monkeypatch
):
    notice = owed(telling)

    def broken(_notice):
        raise KeyError("sms")

    monkeypatch.setattr(sending, "message_of", broken)

    with pytest.raises(KeyError):
        send(notice.pk, at=JULY)

    notice.refresh_from_db()
    assert (notice.state, notice.attempts, notice.failure) == ("owed", 1, "unwritten")
    assert notice.next_try_at > JULY


def test_the_very_gateway_is_handed_the_very_words(telling, settings, monkeypatch):
    monkeypatch.undo()
    with gateway() as there:
        settings.SMS = settings_for(there.url)
        notice = owed(telling)
        send(notice.pk, at=JULY)

    (taken,) = there.taken
    notice.refresh_from_db()
    assert notice.provider_id == f"p-{notice.key}"
    assert taken.to == MOBILE.phone
    assert taken.text.startswith("1022: Phan anh 1022-")
