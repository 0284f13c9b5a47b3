"""Who leads hears of each week once, in words, figures and a file that say the same."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from smtplib import SMTPServerDisconnected

import pytest
from django.core import mail
from django.db import connection

from incidents.leading import weekly
from incidents.leading.figures import conditions
from incidents.leading.measuring import measure
from incidents.leading.reading import listed
from incidents.leading.telling import tell
from incidents.leading.weekly import send_due
from incidents.leading.weeks import Week, read_briefs
from incidents.leading.wishing import switch_letter, wants_letter
from incidents.letters import EmailMultiAlternatives
from incidents.models import CalendarDay, Membership, Organisation, WeeklyLetter
from tests.factories import (
    MembershipFactory,
    OrganisationFactory,
)

from .leading import DAY, HOUR, a_month, local

pytestmark = pytest.mark.django_db

Role = Membership.Role
#: Half past seven of the Monday after the week in which most of the month happens.
MORNING = local("2025-07-14T07:30")
WEEK = Week(monday=date(2025, 7, 7))


@pytest.fixture
def pages(monkeypatch):
    """What is printed, without laying it out."""
    printed = []

    def keep(page, photos):
        printed.append(page)
        return b"%PDF"

    monkeypatch.setattr(weekly, "print_page", keep)
    return printed


@pytest.fixture
def month(telling):
    month = a_month(telling)
    measure(at=MORNING)
    return month


@pytest.fixture
def unit(month):
    return month.cases["on_time"].organisation


@pytest.fixture
def seat(db):
    return OrganisationFactory.create(type=Organisation.Type.CITY)


def leads(organisation, name, role=Role.LEADER, **more):
    return MembershipFactory.create(
        organisation=organisation,
        role=role,
        user__username=name,
        user__email=f"{name}@unit.example",
        **more,
    ).user


def test_a_week_is_seven_days_from_monday_to_monday():
    assert Week.last(at=MORNING) == WEEK
    assert Week.last(at=local("2025-07-20T23:59")) == WEEK
    assert WEEK.window.since == local("2025-07-07T00:00")
    assert WEEK.window.at == local("2025-07-14T00:00")
    assert WEEK.sunday == date(2025, 7, 13)


def test_its_figures_are_those_the_dashboard_s_lists_count(month, unit):
    other = Organisation.objects.get(code="other-unit")

    together = read_briefs(WEEK, [None, unit, other])

    counted = 0
    for pk, brief in together.items():
        for week, figures in [(WEEK, brief.total), (WEEK.before, brief.before)]:
            for key in conditions(week.window):
                cases = listed(key, week.window, unit=pk).count()
                assert figures[key] == cases, (pk, week, key)
                counted += cases
        alone = read_briefs(WEEK, [brief.unit])[pk]
        assert alone == brief
    assert counted > 60


def test_the_longest_overdue_and_where_most_is_are_told(month, unit):
    brief = read_briefs(WEEK, [unit])[unit.pk]

    late = listed("late", WEEK.window, unit=unit.pk)
    oldest = min(each.due_at for each in late)
    assert brief.longest == (WEEK.window.at - oldest).days + 1 > 1
    by_ward = [each.current_place.label for each in late if each.current_place]
    assert [(one.name, one.figures["late"]) for one in brief.wards] == [
        (name, by_ward.count(name)) for name in sorted(set(by_ward))
    ]
    said = " ".join(tell(brief).sentences)
    assert f"Hết tuần có {len(late)} trong" in said
    assert f"lâu nhất là {brief.longest} ngày" in said


def test_who_leads_the_city_or_a_unit_reads_the_week_once(month, unit, seat, pages):
    leads(seat, "chair", Role.CITY_LEADER)
    leads(unit, "head")
    leads(unit, "of_one_ward", place=month.cases["on_time"].place)
    leads(unit, "officer", Role.FIELD_OFFICER)
    leads(OrganisationFactory.create(), "idle")

    assert send_due(at=MORNING) == 2
    assert send_due(at=MORNING + HOUR) == 0

    letters = {sent.to[0]: sent for sent in mail.outbox}
    assert set(letters) == {"chair@unit.example", "head@unit.example"}
    city, head = letters["chair@unit.example"], letters["head@unit.example"]
    assert city.subject.startswith("Tuần 07/07 \N{EN DASH} 13/07/2025: tiếp nhận ")
    assert city.attachments[0].filename == "2025-07-07.pdf"
    assert city.attachments[0].mimetype == "application/pdf"
    of_city, of_unit = read_briefs(WEEK, [None, unit]).values()
    for sent, brief, page in zip((city, head), (of_city, of_unit), pages, strict=True):
        told = tell(brief)
        for written in (sent.body, sent.alternatives[0][0], page):
            assert told.name in written
            for sentence in told.sentences:
                assert sentence in written
            for line in told.lines:
                assert line.label in written
                assert line.value in written
            for _heading, rows in told.standing:
                for row in rows:
                    late, in_hand = row.figures["late"], row.figures["in_hand"]
                    assert f"{late} trong {in_hand} vụ đang xử lý" in written
        assert told.standing
    assert "Nguồn: các vụ của" in pages[0]


def test_it_holds_figures_alone(month, unit, pages):
    leads(unit, "head", user__first_name="Tuyết")

    send_due(at=MORNING)

    (sent,) = mail.outbox
    for written in (sent.body, sent.alternatives[0][0], *pages):
        assert "Tuyết" not in written
        for case in month.cases.values():
            assert case.public_id not in written
            assert case.code not in written
            assert case.description not in written


def test_who_leads_several_reads_them_in_one_letter(month, unit, seat, pages):
    both = leads(unit, "both", user__language="en")
    MembershipFactory.create(organisation=seat, role=Role.CITY_LEADER, user=both)

    assert send_due(at=MORNING) == 1

    (sent,) = mail.outbox
    assert sent.body.index("The whole city") < sent.body.index(unit.label)
    assert "The week from 07/07 to 13/07/2025" in sent.subject


@pytest.mark.parametrize(
    "at",
    [
        MORNING - timedelta(minutes=1),
        local("2025-07-14T17:00"),
        MORNING + DAY,
        MORNING - DAY,
    ],
    ids=["before half past seven", "in the evening", "on Tuesday", "on Sunday"],
)
def test_it_comes_on_the_first_working_morning_of_a_week_only(month, unit, at, pages):
    leads(unit, "head")

    assert send_due(at=at) == 0
    assert not WeeklyLetter.objects.exists()


def test_after_a_monday_off_it_comes_on_tuesday(month, unit, pages):
    CalendarDay.objects.create(on=date(2025, 7, 14), kind="off", name="Nghỉ")
    leads(unit, "head")

    assert send_due(at=MORNING) == 0
    assert send_due(at=MORNING + DAY) == 1


def test_what_could_not_be_sent_goes_out_in_the_next_round(
    month, unit, pages, monkeypatch
):
    leads(unit, "head")
    with monkeypatch.context() as broken:

        def fails(_self):
            raise SMTPServerDisconnected

        broken.setattr(EmailMultiAlternatives, "send", fails)
        with pytest.raises(weekly.NotSent):
            send_due(at=MORNING)

    assert send_due(at=MORNING + HOUR) == 1
    assert WeeklyLetter.objects.get().state == "accepted"


def test_it_is_laid_out_before_it_is_claimed(month, unit, monkeypatch):
    leads(unit, "lan")
    held, happened = connection.savepoint_ids, []

    def lay_out(_page, _photos):
        happened.append(len(connection.savepoint_ids))
        return b"%PDF"

    monkeypatch.setattr(weekly, "print_page", lay_out)
    outside = len(held)
    send_due(at=MORNING)

    assert happened == [outside]
    assert len(mail.outbox) == 1


class Killed(BaseException):
    """A worker that is killed catches nothing any more."""


@pytest.mark.parametrize("went_out", [False, True])
def test_a_killed_worker_leaves_nobody_without_and_marks_what_may_be_doubled(
    month, unit, pages, monkeypatch, settings, went_out
):
    leads(unit, "lan")
    leads(unit, "minh")
    send = EmailMultiAlternatives.send

    def die(self, *args, **options):
        if went_out:
            send(self, *args, **options)
        raise Killed

    monkeypatch.setattr(EmailMultiAlternatives, "send", die)
    with pytest.raises(Killed):
        send_due(at=MORNING)
    monkeypatch.setattr(EmailMultiAlternatives, "send", send)
    begun = WeeklyLetter.objects.get(state="sending")
    for turn in range(3):
        stuck = timedelta(seconds=settings.NOTICE_STUCK_SECONDS)
        send_due(at=MORNING + turn * stuck + timedelta(seconds=turn))

    came = Counter(address for letter in mail.outbox for address in letter.to)
    doubled = {each.user.email: each.may_be_doubled for each in _letters()}
    other = next(each for each in doubled if each != begun.user.email)
    assert came == {begun.user.email: 1 + went_out, other: 1}
    assert doubled == {begun.user.email: True, other: False}
    assert {each.state for each in _letters()} == {"accepted"}


def _letters():
    return WeeklyLetter.objects.select_related("user")


def test_who_switched_it_off_is_owed_none_and_who_switched_it_on_again_is(
    month, unit, pages
):
    lan, minh, hoa = (leads(unit, name) for name in ("lan", "minh", "hoa"))
    for user in (minh, hoa, hoa):
        switch_letter(user, to=False, at=MORNING - DAY)
    switch_letter(hoa, to=True, at=MORNING - HOUR)

    assert send_due(at=MORNING) == 2

    assert {each.user for each in _letters()} == {lan, hoa}
    assert [wants_letter(each, on=MORNING.date()) for each in (lan, minh, hoa)] == [
        True,
        False,
        True,
    ]


def test_one_that_is_switched_off_before_it_is_claimed_is_dropped(
    month, unit, monkeypatch
):
    lan, minh = leads(unit, "lan"), leads(unit, "minh")

    def switch_off_meanwhile(_page, _photos):
        switch_letter(minh, to=False, at=MORNING)
        return b"%PDF"

    monkeypatch.setattr(weekly, "print_page", switch_off_meanwhile)
    assert send_due(at=MORNING) == 1
    switch_letter(minh, to=True, at=MORNING + HOUR)
    assert send_due(at=MORNING + 2 * HOUR) == 0

    assert [sent.to for sent in mail.outbox] == [[lan.email]]
    assert {each.user: each.state for each in _letters()} == {
        lan: "accepted",
        minh: "dropped",
    }


def test_the_letter_says_where_it_is_switched_off(month, unit, pages, settings):
    leads(unit, "lan")

    send_due(at=MORNING)

    (sent,) = mail.outbox
    where = f"{settings.SITE_URL}/lam-viec/ban-tin-tuan#letter"
    assert f"Tắt thư hằng tuần: {where}" in sent.body
    assert f'<a href="{where}">Tắt thư hằng tuần</a>' in sent.alternatives[0][0]


def test_the_file_is_a_pdf(month, unit):
    leads(unit, "head")

    send_due(at=MORNING)

    assert mail.outbox[0].attachments[0].content.startswith(b"%PDF-")
