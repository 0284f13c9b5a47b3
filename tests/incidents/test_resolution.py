from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from procrastinate.contrib.django.models import ProcrastinateJob

from incidents import media, resolution, work
from incidents.errors import ChangedMeanwhile, Missing, NotAllowed, NotNow
from incidents.history import broken_at
from incidents.intake import receive
from incidents.media import look_into
from incidents.models import (
    Attachment,
    Clock,
    Membership,
    Notice,
    Organisation,
    Report,
    Result,
    Status,
)
from tests.factories import (
    JULY,
    CaseFactory,
    MembershipFactory,
    OrganisationFactory,
    UserFactory,
    focal_point,
    operator,
    picture,
    somebody,
)

pytestmark = pytest.mark.django_db

LATER = JULY + timedelta(days=2)


@pytest.fixture
def case(telling):
    """A report that the committee of ward a is at work on."""
    report = receive(telling, channel="portal", at=JULY).report
    return work.start(report, by=focal_point(report.organisation), at=JULY)


@pytest.fixture
def unit(case):
    return focal_point(case.organisation)


def propose(case, unit, **changed):
    said = {"outcome": "fixed", "text": "The cover is back.", "at": LATER}
    said |= {"no_photo_because": "It was dark"} | changed
    return resolution.propose_result(case, by=unit, **said)


def owed(report, code):
    return Notice.objects.filter(event__report=report, event__code=code).count()


def test_a_result_awaits_approval_and_is_told_to_nobody(case, unit):
    proposed = propose(case, unit)

    assert proposed.status == Status.AWAITING
    result = proposed.results.get()
    assert (result.round, result.outcome, result.text) == (
        1,
        Result.Outcome.FIXED,
        "The cover is back.",
    )
    assert (result.organisation, result.by) == (case.organisation, unit.user)
    assert result.published_at is None
    assert owed(case, "resolved") == 0


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"outcome": ""}, "outcome"),
        ({"outcome": "no such outcome at all"}, "outcome"),
        ({"text": "  "}, "text"),
    ],
)
def test_a_result_says_how_it_came_out_and_what_was_done(case, unit, changed, field):
    with pytest.raises(Missing) as refused:
        propose(case, unit, **changed)

    assert refused.value.field == field
    assert not Result.objects.exists()


def test_publishing_stops_the_clocks_and_tells_the_reporter_exactly_once(case, unit):
    propose(case, unit)

    published = resolution.publish_result(case, by=operator(), at=LATER)

    assert (published.status, published.resolved_at) == (Status.RESOLVED, LATER)
    assert published.results.get().published_at == LATER
    assert owed(case, "resolved") == 1
    assert set(case.clocks.values_list("stopped_at", flat=True)) == {LATER}
    assert broken_at(published) is None
    with pytest.raises(NotNow):
        resolution.publish_result(case, by=operator(), at=LATER)
    assert owed(case, "resolved") == 1


def test_a_unit_does_not_publish_its_own_result(case, unit):
    propose(case, unit)

    with pytest.raises(NotAllowed):
        resolution.publish_result(case, by=unit, at=LATER)


def test_the_leader_of_the_unit_does_not_publish_what_the_operators_do(case, unit):
    propose(case, unit)
    leader = somebody(Membership.Role.LEADER, case.organisation)

    with pytest.raises(NotAllowed):
        resolution.publish_result(case, by=leader, at=LATER)


def test_a_leader_of_another_unit_may_not_publish(case, unit):
    propose(case, unit)
    stranger = somebody(Membership.Role.LEADER, OrganisationFactory.create())

    with pytest.raises(NotAllowed):
        resolution.publish_result(case, by=stranger, at=LATER)


def test_a_unit_set_to_publish_by_itself_needs_no_approval(case, unit):
    Organisation.objects.update(publishes_itself=True)

    published = propose(case, unit)

    assert published.status == Status.RESOLVED
    assert owed(case, "resolved") == 1
    last = published.events.latest("sequence")
    assert (last.code, last.by) == ("resolved", None)


def test_a_photo_of_the_work_is_shown_from_publication_on(case, unit):
    propose(case, unit, uploads=look_into([picture()]))
    photo = Attachment.objects.get()
    media.prepare(photo.pk)
    photo.refresh_from_db()
    assert (photo.state, photo.approved_at) == (Attachment.State.READY, None)

    resolution.publish_result(case, by=operator(), at=LATER)

    photo.refresh_from_db()
    assert photo.approved_at == LATER
    assert photo.result == case.results.get()


def test_a_photo_of_a_result_that_published_itself_waits_for_an_operator(case, unit):
    Organisation.objects.update(publishes_itself=True)
    propose(case, unit, uploads=look_into([picture()]))
    photo = Attachment.objects.get()

    media.prepare(photo.pk)

    photo.refresh_from_db()
    assert (photo.state, photo.approved_at) == (Attachment.State.READY, None)


def test_a_photo_the_worker_comes_to_late_is_shown_once_it_is_ready(case, unit):
    propose(case, unit, uploads=look_into([picture()]))
    resolution.publish_result(case, by=operator(), at=LATER)
    photo = Attachment.objects.get()
    assert (photo.state, photo.approved_at) == (Attachment.State.WAITING, None)

    media.prepare(photo.pk)

    photo.refresh_from_db()
    assert (photo.state, photo.approved_at) == (Attachment.State.READY, LATER)


def test_what_the_reporter_sent_is_not_shown_with_the_result(telling, unit, case):
    mine = Attachment.objects.create(
        report=case,
        kind="photo",
        media_type="image/jpeg",
        original="originals/x.jpg",
        bytes=1,
        checksum="0",
        state="ready",
        received_at=JULY,
    )
    propose(case, unit)

    resolution.publish_result(case, by=operator(), at=LATER)

    mine.refresh_from_db()
    assert mine.approved_at is None


def test_a_result_sent_back_is_proposed_anew_and_only_the_last_is_published(case, unit):
    propose(case, unit, text="Seen.")
    back = resolution.send_result_back(case, by=operator(), at=LATER, text="A photo?")
    assert back.status == Status.IN_PROGRESS
    propose(case, unit, text="Mended.")

    resolution.publish_result(case, by=operator(), at=LATER)

    assert list(
        case.results.order_by("pk").values_list("text", "round", "published_at")
    ) == [("Seen.", 1, None), ("Mended.", 1, LATER)]
    assert owed(case, "resolved") == 1


def test_a_result_is_sent_back_with_what_is_missing(case, unit):
    propose(case, unit)

    with pytest.raises(Missing):
        resolution.send_result_back(case, by=operator(), at=LATER, text=" ")


def test_a_reopened_case_is_the_unit_s_again_with_a_clock_and_a_second_round(
    case, unit
):
    propose(case, unit)
    resolution.publish_result(case, by=operator(), at=LATER)
    due_at = case.clocks.get(party="citizen").due_at
    again = LATER + timedelta(days=1)

    reopened = resolution.reopen(case, at=again, text="Still open")

    assert (reopened.status, reopened.resolved_at) == (Status.REOPENED, None)
    assert reopened.organisation == case.organisation
    runs = case.clocks.filter(stopped_at__isnull=True).order_by("party")
    assert [clock.party for clock in runs] == ["citizen", "unit"]
    citizen, unit_clock = runs
    assert (citizen.due_at, unit_clock.started_at) == (due_at, again)
    # Saturday the 12th; the fifth working day after it.
    assert unit_clock.due_at == datetime(2025, 7, 18, 16, 59, 59, tzinfo=UTC)
    assert owed(case, "reopened") == 1
    work.start(reopened, by=unit, at=again)
    propose(case, unit, at=again, text="Now")
    resolution.publish_result(case, by=operator(), at=again)
    rounds = case.results.values_list("round", flat=True)
    assert sorted(rounds) == [1, 2]
    assert owed(case, "resolved") == 2


def test_a_result_is_reopened_once_and_says_why(case, unit):
    propose(case, unit)
    resolution.publish_result(case, by=operator(), at=LATER)

    with pytest.raises(Missing):
        resolution.reopen(case, at=LATER, text="")
    resolution.reopen(case, at=LATER, text="Still open")
    with pytest.raises(NotNow):
        resolution.reopen(case, at=LATER, text="Still open")


def test_a_withdrawn_report_is_gone_for_strangers_and_its_clocks_stand(telling):
    report = receive(telling, channel="portal", at=JULY).report
    assert Report.objects.public().exists()

    withdrawn = resolution.withdraw(report, at=LATER)

    assert withdrawn.status == Status.WITHDRAWN
    assert not Report.objects.public().exists()
    assert not Clock.objects.filter(stopped_at__isnull=True).exists()


def test_what_is_in_work_can_no_longer_be_withdrawn(case):
    with pytest.raises(NotNow):
        resolution.withdraw(case, at=LATER)


def test_the_photos_of_a_result_are_prepared_by_the_worker(case, unit):
    propose(case, unit, uploads=look_into([picture(), picture(size=(9, 9))]))

    jobs = ProcrastinateJob.objects.filter(task_name="incidents.prepare_attachment")
    assert jobs.count() == 2


def test_a_result_is_owed_by_a_case_in_hand_only():
    waiting = CaseFactory.create(status=Status.ACCEPTED)

    with pytest.raises(NotAllowed):
        propose(waiting, focal_point(OrganisationFactory.create()))


@pytest.mark.parametrize("outcome", ["fixed", "temporary"])
def test_work_done_on_site_is_shown_or_it_is_said_why_not(case, unit, outcome):
    with pytest.raises(Missing) as refused:
        propose(case, unit, outcome=outcome, no_photo_because=" ")

    assert refused.value.field == "no_photo_because"
    case.refresh_from_db()
    assert case.status == Status.IN_PROGRESS
    assert not Result.objects.exists()
    shown = {"uploads": look_into([picture()]), "no_photo_because": ""}
    assert propose(case, unit, outcome=outcome, **shown).status == Status.AWAITING


def test_what_was_not_done_on_site_needs_no_photo(case, unit):
    proposed = propose(case, unit, outcome="not_found", no_photo_because="")

    assert proposed.status == Status.AWAITING


@pytest.mark.parametrize("status", [Status.TRANSFERRED, Status.REOPENED])
def test_what_is_mended_on_the_spot_is_taken_and_told_at_once(status):
    fresh = CaseFactory.create(status=status)
    unit = focal_point(fresh.organisation)

    filed = resolution.file_result(
        fresh, by=unit, at=LATER, outcome="not_found", text="Nothing", version=1
    )

    assert filed.status == Status.AWAITING
    told = [event.code for event in fresh.events.order_by("sequence")]
    assert told == ["received", "acknowledged", "result_proposed"]
    assert broken_at(filed) is None


def test_what_is_refused_of_a_result_leaves_the_case_untaken():
    fresh = CaseFactory.create(status=Status.TRANSFERRED)
    unit = focal_point(fresh.organisation)
    said = {"outcome": "fixed", "text": "Done", "at": LATER, "by": unit}

    with pytest.raises(Missing):
        resolution.file_result(fresh, **said)
    with pytest.raises(ChangedMeanwhile):
        resolution.file_result(fresh, **said | {"outcome": "planned"}, version=9)

    fresh.refresh_from_db()
    assert (fresh.status, fresh.version) == (Status.TRANSFERRED, 1)


def test_a_reopened_case_forgets_what_was_committed_to(case, unit):
    propose(case, unit)
    Report.objects.update(committed_on=LATER.date())
    resolution.publish_result(case, by=operator(), at=LATER)

    assert resolution.reopen(case, at=LATER, text="Still open").committed_on is None


@pytest.mark.parametrize("is_active", [True, False])
def test_a_reopened_case_stays_with_its_officer_unless_they_have_left(is_active):
    officer = UserFactory.create(is_active=is_active)
    case = CaseFactory.create(status=Status.RESOLVED, assignee=officer)
    MembershipFactory.create(user=officer, organisation=case.organisation)

    reopened = resolution.reopen(case, at=JULY, text="Still open")

    assert reopened.assignee == (officer if is_active else None)


def test_a_reopened_case_is_with_nobody_who_works_for_the_unit_no_more():
    elsewhere = MembershipFactory.create().user
    case = CaseFactory.create(status=Status.RESOLVED, assignee=elsewhere)

    reopened = resolution.reopen(case, at=JULY, text="Still open")

    reopened.refresh_from_db()
    assert reopened.assignee is None
