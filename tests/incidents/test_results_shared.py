"""Whose report goes along with another rates, and reopens, what they share."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core import mail

from incidents import (
    afterwards,
    announcing,
    duplicates,
    finding,
    handover,
    media,
    ratings,
    resolution,
    work,
)
from incidents.api.cases import Case, gather
from incidents.errors import NotNow
from incidents.history import broken_at
from incidents.models import (
    Attachment,
    Clock,
    Concern,
    Event,
    Incident,
    Notice,
    Rating,
    Report,
    Status,
)
from incidents.notifications import send
from incidents.privacy import Reporter, blind
from tests.factories import (
    JULY,
    CaseFactory,
    LeafFactory,
    OrganisationFactory,
    RefusalReasonFactory,
    focal_point,
    operator,
    picture,
)

pytestmark = pytest.mark.django_db
LATER, DONE = JULY + timedelta(hours=5), JULY + timedelta(hours=7)
LAN_S, MAI_S = "lan@example.org", "mai@example.org"
MAI = Reporter(name="Mai", phone="+84912345678", email=MAI_S)


@pytest.fixture
def pair(wards):
    """Mai's report, that goes along with Lan's, which a unit works on."""
    leaf = LeafFactory.create()
    first = CaseFactory.create(
        category=leaf,
        status=Status.IN_PROGRESS,
        reporter=Reporter(name="Lan", email=LAN_S),
    )
    second = CaseFactory.create(category=leaf, status=Status.RECEIVED, reporter=MAI)
    second = duplicates.merge(second, into=first, by=operator(), at=LATER)
    return second, first


def done(case, *, at=DONE, outcome="fixed"):
    """Let the unit say that it is done, and an operator publish it."""
    said = {"outcome": outcome, "text": "Đã lấp", "no_photo_because": "Ban đêm"}
    resolution.file_result(case, by=focal_point(case.organisation), at=at, **said)
    case.refresh_from_db()
    if case.approval:
        return finding.approve_ending(case, by=operator(), at=at)
    return resolution.publish_result(case, by=operator(), at=at)


def may(report, *, at=DONE):
    return Case(gather(report.code, at=at)).data["can"]


def say(report, *, at=DONE, **scores):
    report = Report.objects.get(pk=report.pk)
    return ratings.rate(report, scores=ratings.Scores(**scores), comment="", at=at)


def test_each_rates_for_themselves_what_they_share(pair):
    second, first = pair
    assert may(second) == dict.fromkeys(["rate", "reopen", "remind", "withdraw"], False)
    with pytest.raises(NotNow):
        say(second, handling=4)
    done(first)

    say(second, handling=2)
    say(first, handling=5)

    given = Rating.objects.values_list("report", "round", "handling")
    assert set(given) == {(second.pk, 1, 2), (first.pk, 1, 5)}
    assert (may(second)["rate"], may(second)["reopen"]) == (True, True)
    told = first.events.filter(code=Event.Code.RATED).order_by("sequence")
    cases = [event.arguments.get("case") for event in told]
    assert cases == [second.public_id, None]
    assert [broken_at(each) for each in pair] == [None, None]


def test_what_was_refused_with_the_other_is_rated_on_its_reception(wards):
    leaf = LeafFactory.create()
    first = CaseFactory.create(category=leaf, status=Status.RECEIVED)
    second = CaseFactory.create(category=leaf, status=Status.RECEIVED, reporter=MAI)
    desk = operator()
    duplicates.merge(second, into=first, by=desk, at=LATER)
    handover.refuse(
        first, by=desk, at=DONE, reason=RefusalReasonFactory.create(), text="Không rõ"
    )

    second.refresh_from_db()

    assert ratings.ratable(second, at=DONE).aspects == ("reception",)
    assert may(second)["reopen"] is False


def test_a_result_found_not_done_by_who_goes_along_reaches_the_master_s_unit(pair):
    second, first = pair
    unit = first.organisation
    done(first)
    Notice.objects.all().delete()

    held = resolution.reopen(second, at=DONE, text="Vẫn còn cái hố")

    assert (held.pk, held.status, held.organisation) == (
        first.pk,
        Status.REOPENED,
        unit,
    )
    second.refresh_from_db()
    assert (second.status, second.master_id) == (Status.DUPLICATE, first.pk)
    running = Clock.objects.running().filter(party=Clock.Party.UNIT)
    assert [(each.report_id, each.organisation) for each in running] == [
        (first.pk, unit)
    ]
    assert [broken_at(each) for each in pair] == [None, None]
    again = Event.objects.filter(code=Event.Code.REOPENED)
    cases = dict(again.values_list("report", "arguments__case"))
    assert cases == {first.pk: second.public_id, second.pk: first.public_id}
    told = Notice.objects.values_list("contact__report", flat=True)
    assert sorted(told) == sorted([first.pk, second.pk])
    assert may(second)["reopen"] is False
    with pytest.raises(NotNow):
        resolution.reopen(second, at=DONE, text="Lần nữa")


def test_who_reopens_reads_their_own_words_and_the_other_reporter_does_not(pair):
    second, first = pair
    done(first)
    photo = media.look_into([picture()])

    resolution.reopen(second, at=DONE, text="Hố trước nhà tôi", uploads=photo)

    theirs = gather(second.code, at=DONE, proven=blind(MAI_S))
    other = gather(first.code, at=DONE, proven=blind(LAN_S))
    assert theirs.is_own
    assert other.is_own
    assert "Hố trước nhà tôi" in [line.text for line in theirs.timeline]
    assert "Hố trước nhà tôi" not in [line.text for line in other.timeline]
    lines = [line.code for line in theirs.timeline]
    assert lines.count(Event.Code.REOPENED) == 1
    kept = Attachment.objects.get()
    assert (kept.report, kept.is_told) == (first, False)
    for notice in Notice.objects.all():
        send(notice.pk, at=DONE)
    for letter in mail.outbox:
        code = {LAN_S: second.code, MAI_S: first.code}[letter.to[0]]
        assert code not in letter.body
        assert "Hố trước nhà" not in letter.body


def test_a_second_result_is_rated_by_each_anew(pair):
    second, first = pair
    done(first)
    say(second, handling=1)
    resolution.reopen(second, at=DONE, text="Chưa xong")
    first.refresh_from_db()
    work.start(first, by=focal_point(first.organisation), at=DONE)

    done(first, at=DONE + timedelta(hours=1))
    say(second, at=DONE + timedelta(hours=1), handling=5)

    rounds = Rating.objects.values_list("round", "handling")
    assert set(rounds) == {(1, 1), (2, 5)}


def test_who_leads_hears_once_of_a_case_that_several_rated_badly(pair, settings):
    second, first = pair
    done(first)
    say(first, handling=2)
    say(second, handling=1)
    waited = DONE + timedelta(hours=settings.CITY.bad_rating_waits_hours)

    raised = afterwards.raise_concerns(at=waited)

    (concern,) = Concern.objects.with_what_was_said()
    assert [each.pk for each in raised] == [concern.pk]
    assert (concern.report, concern.handling) == (first, 1)
    assert afterwards.raise_concerns(at=waited) == []


def test_a_bad_rating_of_who_reopened_the_shared_case_raises_no_concern(pair, settings):
    second, first = pair
    done(first)
    say(second, handling=1)
    resolution.reopen(second, at=DONE, text="Chưa xong")

    waited = DONE + timedelta(hours=settings.CITY.bad_rating_waits_hours)

    assert afterwards.raise_concerns(at=waited) == []


@pytest.mark.parametrize("outcome", ["not_true", "not_found"])
def test_that_nothing_was_found_is_told_to_everybody_who_goes_along(pair, outcome):
    second, first = pair
    Notice.objects.all().delete()

    done(first, outcome=outcome)

    told = Notice.objects.values_list("contact__report", flat=True)
    assert sorted(told) == sorted([first.pk, second.pk])
    last = gather(second.code, at=DONE).timeline[-1]
    assert last.code in {Event.Code.NOT_TRUE, Event.Code.NOT_FOUND}


def test_an_incident_reopened_by_who_goes_along_with_it_is_open_again(wards):
    leaf = LeafFactory.create()
    member = CaseFactory.create(category=leaf, status=Status.TRANSFERRED)
    incident, _added = announcing.group(
        Report.objects.filter(pk=member.pk),
        words=announcing.Words(title="Ngập"),
        category=leaf,
        to=OrganisationFactory.create(),
        by=operator(),
        at=LATER,
    )
    second = CaseFactory.create(category=leaf, status=Status.RECEIVED, reporter=MAI)
    head = Report.objects.get(pk=incident.head_id)
    duplicates.merge(second, into=head, by=operator(), at=LATER)
    done(head)
    assert Incident.objects.get().closed_at == DONE

    resolution.reopen(second, at=DONE, text="Vẫn ngập")

    assert Incident.objects.get().closed_at is None
    member.refresh_from_db()
    assert member.status == Status.RESOLVED
