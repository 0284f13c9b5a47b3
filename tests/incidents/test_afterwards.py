"""After the result: bad ratings reach who leads the unit, and followers are asked."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from django.core import mail
from django.db import IntegrityError, transaction
from django.test import Client

from incidents import afterwards, resolution, work
from incidents.afterwards import (
    answer_concern,
    answer_question,
    answers_of,
    ask_followers,
    concerns_of,
    is_drawn,
    raise_concerns,
)
from incidents.errors import Missing, NoSuchFollowing, NotAllowed, NotNow
from incidents.following import follow, unfollow
from incidents.history import broken_at
from incidents.intake import receive
from incidents.models import (
    AskedFollower,
    Concern,
    Event,
    Membership,
    Notice,
    Report,
    StaffNotice,
    Status,
)
from incidents.notifications import send
from incidents.privacy import Reporter
from incidents.ratings import Scores, rate
from incidents.staff_notices import tell_staff
from incidents.tasks import look_afterwards
from tests.factories import (
    JULY,
    CaseFactory,
    OrganisationFactory,
    UserFactory,
    focal_point,
    operator,
    somebody,
)

pytestmark = pytest.mark.django_db

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
LEADER, SHIFT_LEAD = Membership.Role.LEADER, Membership.Role.SHIFT_LEAD


@pytest.fixture
def resolved(telling):
    """A case whose result was published on July 9th, and who leads its unit."""
    report = receive(telling, channel="portal", at=JULY).report
    leader = somebody(LEADER, report.organisation)
    type(leader.user).objects.filter(pk=leader.user.pk).update(email="l@example.org")
    return resolve(report, at=JULY), leader


def resolve(report, *, at):
    by = focal_point(report.organisation)
    work.start(report, by=by, at=at)
    resolution.propose_result(report, by=by, outcome="answered", text="Done.", at=at)
    return resolution.publish_result(report, by=operator(), at=at)


def say(report, *, at=JULY, comment="", **scores):
    return rate(report, scores=Scores(**scores), comment=comment, at=at)


def followers(report, count, *, email=True):
    """Let so many people follow a case, before it is over."""
    Report.objects.filter(pk=report.pk).update(status=Status.ACKNOWLEDGED)
    found = [
        follow(
            report,
            client_id=f"browser-{turn}",
            at=JULY,
            language="vi",
            reporter=Reporter(name="", email=f"n{turn}@example.org") if email else None,
        )
        for turn in range(count)
    ]
    Report.objects.filter(pk=report.pk).update(status=Status.RESOLVED)
    return found


@pytest.fixture
def all_asked(settings):
    """A city that asks everybody who follows."""
    settings.CITY = replace(settings.CITY, asked_share=1.0)


@pytest.mark.parametrize("scores", [{"reception": 2}, {"handling": 1, "feedback": 5}])
def test_a_bad_score_on_anything_reaches_who_leads_the_unit(resolved, scores):
    report, leader = resolved
    say(report, **scores)

    raise_concerns(at=JULY + 2 * HOUR)

    concern = Concern.objects.get()
    assert (concern.organisation, concern.kind) == (report.organisation, "rating")
    assert list(concerns_of(leader)) == [concern]
    event = report.events.latest("sequence")
    assert (event.code, event.visibility) == ("concern_raised", "staff")
    tell_staff(event.pk, at=JULY + 2 * HOUR)
    assert [each.user for each in StaffNotice.objects.all()] == [leader.user]
    assert broken_at(report) is None


@pytest.mark.parametrize("scores", [{"reception": 3}, {"handling": 5, "feedback": 4}])
def test_a_fair_score_reaches_nobody(resolved, scores):
    say(resolved[0], **scores)

    raise_concerns(at=JULY + DAY)

    assert not Concern.objects.exists()


def test_the_reporter_has_time_to_reopen_first(resolved):
    report, _leader = resolved
    say(report, handling=1)

    raise_concerns(at=JULY + 2 * HOUR - timedelta(seconds=1))
    assert not Concern.objects.exists()

    resolution.reopen(report, at=JULY + HOUR, text="Vẫn còn")
    raise_concerns(at=JULY + 3 * HOUR)
    resolve(report, at=JULY + DAY)
    raise_concerns(at=JULY + 2 * DAY)
    assert not Concern.objects.exists()


def test_reopening_reaches_the_unit_by_itself(resolved):
    report, leader = resolved

    held = resolution.reopen(report, at=JULY, text="Vẫn còn")

    assert (held.status, held.organisation) == (Status.REOPENED, report.organisation)
    event = report.events.get(code=Event.Code.REOPENED)
    tell_staff(event.pk, at=JULY)
    assert leader.user in {each.user for each in StaffNotice.objects.all()}


def test_a_rating_that_was_mended_in_time_is_no_concern(resolved):
    report, _leader = resolved
    say(report, handling=1)
    say(report, handling=5, at=JULY + HOUR)

    raise_concerns(at=JULY + DAY)

    assert not Concern.objects.exists()


def test_a_concern_is_raised_once_however_often_the_worker_looks(resolved):
    say(resolved[0], handling=1)

    for turn in range(3):
        raise_concerns(at=JULY + (turn + 2) * HOUR)

    assert Concern.objects.count() == 1
    assert Event.objects.filter(code="concern_raised").count() == 1


def test_a_badly_rated_refusal_reaches_the_shift_lead():
    desk = OrganisationFactory.create(type="operator")
    lead = somebody(SHIFT_LEAD, desk)
    refused = CaseFactory.create(status=Status.REFUSED)
    say(refused, reception=1)

    raise_concerns(at=JULY + DAY)

    assert list(concerns_of(lead)) == [Concern.objects.get()]


def test_who_leads_it_says_what_was_done_and_it_stands_in_the_history(resolved):
    report, leader = resolved
    say(report, handling=1)
    (concern,) = raise_concerns(at=JULY + DAY)

    answer_concern(concern, by=leader, text=" Đã gọi xin lỗi. ", at=JULY + DAY)

    concern.refresh_from_db()
    assert (concern.answer, concern.answered_by) == ("Đã gọi xin lỗi.", leader.user)
    event = report.events.latest("sequence")
    assert (event.code, event.visibility, event.by) == (
        "concern_answered",
        "staff",
        leader.user,
    )
    assert event.note.text == "Đã gọi xin lỗi."
    with pytest.raises(NotNow):
        answer_concern(concern, by=leader, text="Again", at=JULY + DAY)


def test_nobody_else_may_answer_it_and_nothing_is_no_answer(resolved):
    report, leader = resolved
    say(report, handling=1)
    (concern,) = raise_concerns(at=JULY + DAY)

    for other in (focal_point(report.organisation), operator(), somebody(LEADER)):
        assert not concerns_of(other).exists()
        with pytest.raises(NotAllowed):
            answer_concern(concern, by=other, text="Done", at=JULY + DAY)
    with pytest.raises(Missing):
        answer_concern(concern, by=leader, text="  ", at=JULY + DAY)
    with pytest.raises(IntegrityError), transaction.atomic():
        Concern.objects.update(answered_at=JULY)


def test_followers_who_can_be_told_are_asked_a_day_after_the_result(
    resolved, all_asked
):
    report, _leader = resolved
    followers(report, 3)
    followers(report, 5, email=False)

    assert ask_followers(at=JULY + DAY - HOUR) == 0
    assert ask_followers(at=JULY + DAY) == 3
    assert ask_followers(at=JULY + DAY + HOUR) == 0

    event = report.events.latest("sequence")
    assert event.arguments == {"count": "3", "round": "1"}
    assert Notice.objects.filter(event=event).count() == 3
    assert broken_at(report) is None


def test_the_letter_leads_to_the_question_and_says_how_to_leave(resolved, all_asked):
    report, _leader = resolved
    (following,) = followers(report, 1)
    ask_followers(at=JULY + DAY)
    mail.outbox.clear()

    send(Notice.objects.latest("pk").pk, at=JULY + DAY)

    (letter,) = mail.outbox
    asked = AskedFollower.objects.get()
    assert asked.get_absolute_url() in letter.body
    assert following.get_absolute_url() in letter.body
    assert report.code not in letter.body


def test_who_left_is_not_asked_nor_written_to(resolved, all_asked):
    report, _leader = resolved
    early, late = followers(report, 2)
    unfollow(early.token, at=JULY)
    assert ask_followers(at=JULY + DAY) == 1
    unfollow(late.token, at=JULY + DAY)
    mail.outbox.clear()

    send(Notice.objects.latest("pk").pk, at=JULY + DAY)

    assert mail.outbox == []


def test_the_share_of_the_city_is_asked_and_always_the_same(resolved, settings):
    report, _leader = resolved
    found = followers(report, 1)
    tokens = [f"token-{turn}" for turn in range(2000)]
    drawn = []
    for token in tokens:
        found[0].token = token
        drawn.append(is_drawn(found[0], round_=1))
        assert is_drawn(found[0], round_=1) == drawn[-1]

    assert settings.CITY.asked_share == 0.5
    assert 900 < sum(drawn) < 1100


def test_a_case_that_is_open_again_is_asked_about_no_more(resolved, all_asked):
    report, _leader = resolved
    followers(report, 2)
    resolution.reopen(report, at=JULY + HOUR, text="Vẫn còn")

    assert ask_followers(at=JULY + DAY) == 0


def ask_all(report, count):
    followers(report, count)
    ask_followers(at=JULY + DAY)
    return list(AskedFollower.objects.order_by("pk"))


def test_answers_are_counted_and_the_last_word_counts(resolved, all_asked):
    report, _leader = resolved
    one, other, _silent = ask_all(report, 3)

    answer_question(one.token, answer="yes", at=JULY + DAY)
    answer_question(other.token, answer="no", at=JULY + DAY)
    answer_question(other.token, answer="cannot_tell", at=JULY + DAY)

    assert answers_of(report.pk, 1) == {"yes": 1, "cannot_tell": 1}
    assert not Concern.objects.exists()
    client = Client()
    client.force_login(operator().user)
    page = client.get(f"/lam-viec/phan-anh/{report.public_id}").content.decode()
    assert "1 đã xong, 0 chưa xong, 1 không rõ" in page


def test_many_who_say_no_reach_who_leads_the_unit_once(resolved, all_asked):
    report, leader = resolved
    asked = ask_all(report, 4)

    answer_question(asked[0].token, answer="no", at=JULY + DAY)
    assert not Concern.objects.exists()
    for each in asked[1:3]:
        answer_question(each.token, answer="no", at=JULY + DAY)

    (concern,) = concerns_of(leader)
    assert concern.kind == Concern.Kind.FOLLOWERS
    assert Event.objects.filter(code="concern_raised").count() == 1


def test_a_few_among_many_raise_none(resolved, all_asked):
    report, _leader = resolved
    asked = ask_all(report, 5)

    for each in asked[:3]:
        answer_question(each.token, answer="yes", at=JULY + DAY)
    for each in asked[3:]:
        answer_question(each.token, answer="no", at=JULY + DAY)

    assert not Concern.objects.exists()


def test_only_one_of_three_answers_under_a_known_link_counts(resolved, all_asked):
    report, _leader = resolved
    (asked,) = ask_all(report, 1)

    with pytest.raises(Missing):
        answer_question(asked.token, answer="maybe", at=JULY + DAY)
    with pytest.raises(NoSuchFollowing):
        answer_question("unknown", answer="yes", at=JULY + DAY)
    resolution.reopen(report, at=JULY + DAY, text="Vẫn còn")
    with pytest.raises(NotNow):
        answer_question(asked.token, answer="yes", at=JULY + DAY)


def test_the_page_answers_by_a_press_and_not_by_being_looked_at(
    resolved, all_asked, client
):
    report, _leader = resolved
    (asked,) = ask_all(report, 1)
    address = f"/hoi/{asked.token}"

    page = client.get(f"{address}?answer=yes")
    asked.refresh_from_db()
    assert (page.status_code, asked.answer) == (200, "")
    assert "Sự việc đã được xử lý xong chưa?" in page.content.decode()

    assert client.post(address, {"answer": "yes"}).status_code == 302
    asked.refresh_from_db()
    assert asked.answer == "yes"
    assert client.post(address, {"answer": "x"}).status_code == 422
    assert client.get("/hoi/unknown").status_code == 404
    client.post(address, {"answer": "stop"})
    asked.following.refresh_from_db()
    assert asked.following.ended_at is not None
    public = client.get(f"/su-viec/{report.public_id}").content.decode()
    assert "1 người theo dõi xác nhận" in public


def test_the_leader_s_page_lists_what_waits_and_takes_the_answer(resolved, client):
    report, leader = resolved
    say(report, handling=1, comment="Làm ẩu, gọi 0901 234 567")
    (concern,) = raise_concerns(at=JULY + DAY)
    client.force_login(leader.user)

    page = client.get("/lam-viec/don-vi/sau-ket-qua").content.decode()
    assert "Làm ẩu" in page
    assert "234 567" not in page

    address = f"/lam-viec/don-vi/sau-ket-qua/{concern.pk}"
    assert client.post(address, {"answer": ""}).status_code == 422
    assert client.post(address, {"answer": "Đã làm lại"}).status_code == 302
    assert "Đã làm lại" in client.get("/lam-viec/don-vi/sau-ket-qua").content.decode()


def test_the_leader_s_page_is_nobody_else_s(resolved, client):
    report, _leader = resolved
    say(report, handling=1)
    (concern,) = raise_concerns(at=JULY + DAY)

    for user in (focal_point(report.organisation).user, operator().user):
        client.force_login(user)
        assert client.get("/lam-viec/don-vi/sau-ket-qua").status_code == 404
        address = f"/lam-viec/don-vi/sau-ket-qua/{concern.pk}"
        assert client.post(address, {"answer": "x"}).status_code == 404
    other = somebody(LEADER)
    client.force_login(other.user)
    assert client.post(address, {"answer": "x"}).status_code == 404
    client.force_login(UserFactory.create())
    assert client.get("/lam-viec/don-vi/sau-ket-qua").status_code in {302, 404}


def test_the_worker_looks_for_both(resolved, monkeypatch):
    seen = []
    monkeypatch.setattr(afterwards, "raise_concerns", lambda at: seen.append("rated"))
    monkeypatch.setattr(afterwards, "ask_followers", lambda at: seen.append("asked"))

    look_afterwards(timestamp=0)

    assert seen == ["rated", "asked"]
