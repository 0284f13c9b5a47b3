from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from incidents import finding, resolution, work
from incidents.errors import ChangedMeanwhile, Missing, NotAllowed, NotNow
from incidents.history import broken_at
from incidents.media import look_into
from incidents.models import (
    Event,
    Notice,
    Organisation,
    Report,
    Status,
    Verification,
)
from incidents.notifications import compose
from tests.factories import (
    JULY,
    CaseFactory,
    OrganisationFactory,
    ReportFactory,
    focal_point,
    operator,
    picture,
)

pytestmark = pytest.mark.django_db

LATER = JULY + timedelta(hours=3)


@pytest.fixture
def unit():
    return OrganisationFactory.create(name="UBND phường A")


@pytest.fixture
def case(unit):
    return CaseFactory.create(status=Status.VERIFYING, organisation=unit)


def find(case, outcome, **said):
    by = focal_point(case.organisation)
    return finding.record_verification(case, outcome=outcome, by=by, at=LATER, **said)


def told(case):
    notices = Notice.objects.filter(event__report=case)
    return [str(notice.event.code) for notice in notices.order_by("pk")]


def test_what_is_as_reported_is_kept_with_its_moment_and_the_work_goes_on(case):
    found = find(case, "true")

    assert (found.status, found.verification) == (Status.IN_PROGRESS, "true")
    kept = Verification.objects.get()
    assert (kept.outcome, kept.at, kept.organisation) == (
        "true",
        LATER,
        case.organisation,
    )
    assert broken_at(found) is None


def test_what_could_not_be_established_ends_nothing_and_is_checked_again(case):
    found = find(case, "unclear", text="Không tìm thấy trong đêm")

    assert (found.status, found.verification) == (Status.VERIFYING, "unclear")
    assert find(found, "true").status == Status.IN_PROGRESS
    assert Verification.objects.count() == 2


@pytest.mark.parametrize("outcome", ["not_true", "unclear", "duplicate"])
def test_what_is_otherwise_than_reported_needs_words(case, unit, outcome):
    master = CaseFactory.create(status=Status.IN_PROGRESS, organisation=unit)

    with pytest.raises(Missing) as refused:
        find(case, outcome, master=master.public_id)

    assert refused.value.field == "text"


def test_an_outcome_is_one_of_four(case):
    with pytest.raises(Missing) as refused:
        find(case, "perhaps", text="?")

    assert refused.value.field == "verification"


def test_not_as_reported_waits_for_an_operator_and_tells_nobody(case):
    asked = find(case, "not_true", text="Nắp cống còn nguyên.")

    assert (asked.status, asked.approval) == (Status.AWAITING, "not_true")
    assert told(case) == []
    with pytest.raises(NotAllowed):
        finding.approve_ending(case, by=focal_point(case.organisation), at=LATER)


def test_a_unit_that_publishes_by_itself_does_not_end_a_case_by_itself(case):
    Organisation.objects.update(publishes_itself=True)

    for outcome, approval in [("not_true", "not_true"), ("not_found", "not_found")]:
        other = CaseFactory.create(
            status=Status.IN_PROGRESS, organisation=case.organisation
        )
        filed = resolution.propose_result(
            other,
            by=focal_point(case.organisation),
            at=LATER,
            outcome=outcome,
            text="Không có gì.",
        )
        assert (filed.status, filed.approval) == (Status.AWAITING, approval)

    asked = find(case, "not_true", text="Nắp cống còn nguyên.")
    assert asked.status == Status.AWAITING


def test_an_approved_ending_stops_the_clocks_and_says_so_to_the_reporter(case):
    find(case, "not_true", text="Nắp cống còn nguyên.")

    ended = finding.approve_ending(case, by=operator(), at=LATER)

    assert (ended.status, ended.resolved_at) == (Status.RESOLVED, LATER)
    assert ended.results.get().published_at == LATER
    assert not case.clocks.filter(stopped_at=None).exists()
    assert told(case) == ["not_true"]
    subject, body = compose(Notice.objects.get())
    assert "không đúng như đã phản ánh" in body
    assert "kết thúc sau khi xác minh" in subject
    kept = Verification.objects.get()
    assert (kept.is_approved, kept.decided_at) == (True, LATER)


def test_who_reported_may_reopen_what_was_ended_as_not_true(case):
    find(case, "not_true", text="Nắp cống còn nguyên.")
    ended = finding.approve_ending(case, by=operator(), at=LATER)

    again = resolution.reopen(ended, at=LATER, text="Vẫn mất nắp")

    assert (again.status, again.organisation) == (Status.REOPENED, case.organisation)


def test_a_result_in_these_words_is_not_published_like_one_of_work_done(case):
    find(case, "not_true", text="Nắp cống còn nguyên.")

    with pytest.raises(NotNow):
        resolution.publish_result(case, by=operator(), at=LATER)


def test_an_operator_gives_a_case_back_that_does_not_end_so(case):
    asked = find(case, "not_true", text="Nắp cống còn nguyên.")
    desk = operator()
    with pytest.raises(Missing):
        finding.decline_ending(asked, by=desk, at=LATER, text=" ")

    back = finding.decline_ending(asked, by=desk, at=LATER, text="Ảnh chụp nơi khác")

    assert (back.status, back.approval, back.verification) == (
        Status.VERIFYING,
        "",
        "",
    )
    kept = Verification.objects.get()
    assert (kept.is_approved, kept.answer) == (False, "Ảnh chụp nơi khác")
    assert told(case) == []
    event = case.events.latest("sequence")
    assert event.visibility == Event.Visibility.STAFF
    assert find(back, "true").status == Status.IN_PROGRESS


def test_a_duplicate_names_a_case_that_its_unit_can_see(case, unit):
    master = CaseFactory.create(status=Status.IN_PROGRESS, organisation=unit)
    elsewhere = CaseFactory.create(status=Status.IN_PROGRESS)
    alike = ReportFactory.create(status=Status.DUPLICATE, organisation=unit)
    for named in ("", "nothing", elsewhere.public_id, case.public_id, alike.public_id):
        with pytest.raises(Missing) as refused:
            find(case, "duplicate", text="Cùng một hố", master=named)
        assert refused.value.field == "master"

    way = f"https://1022.example/lam-viec/phan-anh/{master.public_id}"
    asked = find(case, "duplicate", text="Cùng một hố", master=way)

    assert (asked.status, asked.approval) == (Status.AWAITING, "duplicate")
    assert asked.master is None
    assert Verification.objects.get().master == master


def test_an_approved_duplicate_has_its_master_and_its_reporter_is_told(case, unit):
    master = CaseFactory.create(status=Status.IN_PROGRESS, organisation=unit)
    find(case, "duplicate", text="Cùng một hố", master=master.public_id)

    joined = finding.approve_ending(case, by=operator(), at=LATER)

    assert (joined.status, joined.master) == (Status.DUPLICATE, master)
    assert not case.clocks.filter(stopped_at=None).exists()
    assert told(case) == ["merged"]
    _subject, body = compose(Notice.objects.get())
    assert master.code not in body


def test_photos_of_a_check_are_shown_to_no_stranger(case):
    found = find(case, "true", uploads=look_into([picture()]))

    photo = found.attachments.get()
    assert not photo.is_told
    assert photo.event.code == "verified"
    with pytest.raises(IntegrityError), transaction.atomic():
        found.attachments.update(approved_at=LATER, state="ready")


@pytest.mark.parametrize(
    ("said", "constraint"),
    [
        ({"outcome": "not_true", "text": ""}, "says_otherwise_says_why"),
        ({"outcome": "duplicate", "text": "x"}, "names_a_master"),
        ({"outcome": "true", "is_approved": True}, "decided_at_a_moment"),
        (
            {
                "outcome": "not_true",
                "text": "x",
                "is_approved": False,
                "decided_at": LATER,
            },
            "declined_with_a_text",
        ),
    ],
)
def test_the_database_keeps_no_verification_that_says_too_little(
    case, said, constraint
):
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        Verification.objects.create(
            report=case, organisation=case.organisation, at=LATER, **said
        )


def test_two_checks_at_one_moment_leave_one_word(case):
    seen = case.version
    by = focal_point(case.organisation)
    work.note_progress(case, by=by, at=LATER, text="Đến nơi")

    with pytest.raises(ChangedMeanwhile):
        find(case, "true", version=seen)
    assert Report.objects.get(pk=case.pk).verification == ""
