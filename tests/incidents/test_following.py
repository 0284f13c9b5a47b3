from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta

import pytest
from django.core import mail

from incidents import calls, handover, resolution
from incidents.errors import FollowsTooMany, NoSuchFollowing, NotFollowable
from incidents.following import follow, unfollow
from incidents.models import Contact, Event, Following, Notice, Report, Status
from incidents.notifications import send
from incidents.privacy import Reporter, blind
from tests.factories import (
    JULY,
    CaseFactory,
    RefusalReasonFactory,
    ReportFactory,
    operator,
)

pytestmark = pytest.mark.django_db
MAI = Reporter(name="", email="mai@example.org")
LATER = JULY + timedelta(days=2)


def followed_by(report, *, browser="one", reporter=None, language="vi", at=JULY):
    return follow(
        report, client_id=browser, at=at, reporter=reporter, language=language
    )


def followers_of(report):
    return Report.objects.with_what_is_shown().get(pk=report.pk).followers


def send_all():
    for notice in Notice.objects.filter(sent_at__isnull=True):
        send(notice.pk, at=LATER)
    return mail.outbox


def case_address(sent):
    """Find the public address of a case in the page of a letter, if it leads there."""
    return re.search(r'href="[^"]*/su-viec/[^"]*"', sent.alternatives[0].content)


def resolved(case):
    """Bring a case whose result awaits approval to its published result."""
    return resolution.publish_result(case, by=operator(), at=LATER)


@pytest.fixture
def case(db):
    """A public case whose result waits to be approved."""
    return CaseFactory.create(status=Status.AWAITING)


def test_a_browser_counts_once_however_often_it_says_so(case):
    first = followed_by(case)
    second = followed_by(case, at=LATER)

    assert first == second
    assert second.at == JULY
    assert followers_of(case) == 1


def test_followers_are_those_who_follow_and_those_whose_reports_were_joined(case):
    ReportFactory.create_batch(2, status=Status.DUPLICATE, master=case)
    followed_by(case, browser="one")
    followed_by(case, browser="two")
    gone = followed_by(case, browser="three")

    unfollow(gone.token, at=LATER)

    assert followers_of(case) == 4


@pytest.mark.parametrize(
    "held",
    [
        {"is_public": False},
        {"status": Status.RECEIVED},
        {"status": Status.RESOLVED},
        {"status": Status.REFUSED},
    ],
)
def test_what_is_not_public_or_has_ended_cannot_be_followed(held):
    report = ReportFactory.create(**held)

    with pytest.raises(NotFollowable):
        followed_by(report)

    assert not Following.objects.exists()


def test_an_address_is_sealed_and_found_by_no_text(case):
    following = followed_by(case, reporter=MAI)

    contact = Contact.objects.get(following=following)
    assert contact.report is None
    assert contact.email_index == blind("mai@example.org")
    assert b"mai" not in bytes(contact.sealed)


def test_an_address_may_be_given_later_and_corrected(case):
    following = followed_by(case)
    followed_by(case, reporter=Reporter(name="", email="wrong@example.org"))

    followed_by(case, reporter=MAI)

    contact = Contact.objects.get(following=following)
    assert contact.email_index == blind("mai@example.org")


def test_saying_it_again_without_an_address_forgets_none(case):
    following = followed_by(case, reporter=MAI)

    followed_by(case)

    assert Contact.objects.get(following=following).email_index


def followed_by_mail(cases, *, email="mai@example.org", apart=timedelta(hours=1)):
    """Follow these cases with one e-mail, each from a browser of its own."""
    person = Reporter(name="", email=email)
    return [
        followed_by(case, browser=f"b{n}", reporter=person, at=JULY + n * apart)
        for n, case in enumerate(cases)
    ]


def test_one_e_mail_is_given_for_three_cases_an_hour_however_it_is_written():
    *three, fourth, fifth = CaseFactory.create_batch(5, status=Status.IN_PROGRESS)
    followed_by_mail(three, apart=timedelta())

    for email in ("mai@example.org", "MAI@example.org"):
        person = Reporter(name="", email=email)
        with pytest.raises(FollowsTooMany):
            followed_by(fourth, browser="other", reporter=person)
    followed_by(fourth, browser="other", reporter=Reporter(name="", email="b@c.vn"))
    followed_by(fifth, reporter=MAI, at=JULY + timedelta(hours=1, seconds=1))

    told = Contact.objects.filter(email_index=blind("mai@example.org"))
    assert set(told.values_list("following__report", flat=True)) == {
        each.pk for each in (*three, fifth)
    }


def test_one_e_mail_follows_so_many_open_cases_as_the_city_says(settings):
    settings.CITY = replace(settings.CITY, follows_at_most=2)
    first, second, third = CaseFactory.create_batch(3, status=Status.IN_PROGRESS)
    one, _ = followed_by_mail([first, second])
    person, late = Reporter(name="", email="mai@example.org"), JULY + timedelta(days=9)

    with pytest.raises(FollowsTooMany):
        followed_by(third, reporter=person, at=late)
    assert followers_of(third) == 0
    followed_by(second, browser="b1", reporter=person, at=late)
    unfollow(one.token, at=late)

    assert followed_by(third, reporter=person, at=late).contact.email_index


def test_cases_that_have_ended_count_no_more_for_an_e_mail(case, settings):
    settings.CITY = replace(settings.CITY, follows_at_most=1)
    under_way = CaseFactory.create(status=Status.IN_PROGRESS)
    followed_by_mail([case])

    resolved(case)

    assert followed_by(under_way, reporter=MAI, at=LATER).contact.email_index


def test_the_desk_adds_a_caller_however_many_cases_they_follow(settings):
    settings.CITY = replace(settings.CITY, follows_at_most=0)
    case = CaseFactory.create(status=Status.IN_PROGRESS)

    following = calls.add_caller(
        case,
        client_id="one-call",
        reporter=MAI,
        language="vi",
        by=operator(),
        at=JULY,
    )

    assert following.contact.email_index


def test_who_stops_is_counted_no_more_and_their_address_is_erased(case):
    following = followed_by(case, reporter=MAI)

    for at in (LATER, LATER + timedelta(days=1)):
        unfollow(following.token, at=at)

    following.refresh_from_db()
    contact = Contact.objects.get(following=following)
    assert following.ended_at == LATER
    assert followers_of(case) == 0
    assert contact.email_index == ""


def test_who_stopped_may_follow_again(case):
    following = followed_by(case)
    unfollow(following.token, at=JULY)

    again = followed_by(case, at=LATER)

    assert (again, again.at, again.ended_at) == (following, LATER, None)
    assert followers_of(case) == 1


def test_a_token_that_nobody_has_ends_nothing(case):
    followed_by(case)

    with pytest.raises(NoSuchFollowing):
        unfollow("no-such-token", at=JULY)

    assert followers_of(case) == 1


@pytest.mark.parametrize(
    ("language", "said"), [("vi", "đã được xử lý"), ("en", "has been handled")]
)
def test_a_follower_is_told_once_of_the_result_by_the_public_address(
    case, language, said
):
    following = followed_by(case, reporter=MAI, language=language)

    resolved(case)
    for _ in range(2):
        send_all()

    (sent,) = [each for each in mail.outbox if each.to == ["mai@example.org"]]
    assert said in sent.subject
    assert case.get_public_url() in sent.body
    assert following.get_absolute_url() in sent.body
    assert case.category.label in sent.body


def test_a_follower_never_reads_the_reporter_s_code_or_name(case):
    followed_by(case, reporter=MAI)

    resolved(case)
    send_all()

    (sent,) = [each for each in mail.outbox if each.to == ["mai@example.org"]]
    for told in [case.code, "Lan", "901234567", "tra-cuu", case.description]:
        assert told not in sent.subject + sent.body


def test_many_followers_are_told_in_as_many_statements_as_one(
    django_assert_max_num_queries,
):
    def statements(followers):
        case = CaseFactory.create(status=Status.AWAITING)
        for n in range(followers):
            person = Reporter(name="", email=f"n{n}@example.org")
            followed_by(case, browser=f"browser-{n}", reporter=person)
        with django_assert_max_num_queries(40) as asked:
            resolved(case)
        told = Notice.objects.filter(event__report=case, contact__report=None)
        assert told.count() == followers
        return len(asked)

    assert statements(1) == statements(30)


def test_who_stopped_in_the_meantime_is_sent_nothing(case):
    following = followed_by(case, reporter=MAI)
    resolved(case)

    unfollow(following.token, at=LATER)
    send_all()

    assert not [each for each in mail.outbox if each.to == ["mai@example.org"]]


def test_who_left_no_address_and_what_is_no_end_owe_a_follower_nothing(case):
    followed_by(case)
    resolved(case)

    assert not Notice.objects.filter(contact__report=None).exists()


def test_followers_are_told_that_a_report_was_refused_or_taken_back():
    refused = CaseFactory.create(status=Status.ACCEPTED)
    withdrawn = CaseFactory.create(status=Status.TRANSFERRED)
    for case in (refused, withdrawn):
        followed_by(case, browser=case.code[:20], reporter=MAI)

    reason = RefusalReasonFactory.create()
    handover.refuse(refused, by=operator(), at=LATER, reason=reason, text="No.")
    resolution.withdraw(withdrawn, at=LATER)
    send_all()

    told = [each for each in mail.outbox if each.to == ["mai@example.org"]]
    assert len(told) == 2
    for sent in told:
        assert "không còn trên bản đồ" in sent.body
        assert "No." not in sent.body
        assert "/theo-doi/" in sent.body
        assert case_address(sent) is None


def test_the_reporter_is_not_told_that_they_took_their_own_report_back():
    case = CaseFactory.create(status=Status.TRANSFERRED)

    resolution.withdraw(case, at=LATER)

    assert not Notice.objects.exists()
    assert Event.objects.filter(report=case, code="withdrawn").exists()
