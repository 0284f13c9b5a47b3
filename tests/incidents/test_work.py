from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.utils.translation import override

from incidents import work
from incidents.errors import Missing, NotAllowed, NotNow
from incidents.intake import receive
from incidents.models import Event, Notice, Organisation, Status
from tests.factories import (
    JULY,
    OrganisationFactory,
    focal_point,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def case(telling):
    """A report in the hands of the committee of ward a."""
    return receive(telling, channel="portal", at=JULY).report


@pytest.fixture
def unit(case):
    return focal_point(case.organisation)


def codes(case):
    return [event.code for event in case.events.order_by("sequence")]


def test_a_unit_takes_checks_and_begins(case, unit):
    work.acknowledge(case, by=unit, at=JULY)
    work.verify(case, by=unit, at=JULY)
    started = work.start(case, by=unit, at=JULY)

    assert started.status == Status.IN_PROGRESS
    assert codes(case)[-3:] == ["acknowledged", "verifying", "started"]
    assert Notice.objects.count() == 1


@pytest.mark.parametrize(
    ("language", "label"),
    [("vi", "UBND phường A"), ("en", "Committee of ward A is at work")],
)
def test_the_timeline_names_the_unit_in_the_reader_s_language(
    case, unit, language, label
):
    work.start(case, by=unit, at=JULY)

    with override(language):
        assert label in case.events.latest("sequence").label


def test_the_timeline_names_who_has_the_case_and_not_who_had_it_when_read(case, unit):
    stale = case
    stale.organisation = OrganisationFactory.create(name="Someone else")

    work.acknowledge(stale, by=unit, at=JULY)

    event = stale.events.latest("sequence")
    assert event.arguments["organisation_code"] == "ubnd-a"


def test_another_unit_may_not_touch_the_case(case):
    neighbour = focal_point(OrganisationFactory.create())

    for verb in (work.acknowledge, work.start):
        with pytest.raises(NotAllowed):
            verb(case, by=neighbour, at=JULY)


def test_a_pause_needs_a_reason_and_a_day_to_come(case, unit):
    work.start(case, by=unit, at=JULY)

    for until, text in [
        (None, "Parts are ordered"),
        (date(2025, 7, 9), "Parts are ordered"),
        (date(2025, 7, 20), " "),
    ]:
        with pytest.raises(Missing):
            work.pause(case, by=unit, at=JULY, until=until, text=text)
    paused = work.pause(
        case, by=unit, at=JULY, until=date(2025, 7, 20), text="Parts are ordered"
    )

    assert (paused.status, paused.paused_until) == (Status.PAUSED, date(2025, 7, 20))
    event = paused.events.latest("sequence")
    assert event.arguments["until"] == "20/07/2025"
    assert event.note.text == "Parts are ordered"
    with override("en"):
        assert event.label == "Paused until 20/07/2025"


def test_work_goes_on_after_a_pause_and_the_day_is_forgotten(case, unit):
    work.start(case, by=unit, at=JULY)
    work.pause(case, by=unit, at=JULY, until=date(2025, 7, 20), text="Rain")

    resumed = work.resume(case, by=unit, at=JULY)

    assert (resumed.status, resumed.paused_until) == (Status.IN_PROGRESS, None)


def test_progress_changes_no_state_and_is_read_by_the_reporter(case, unit):
    noted = work.note_progress(case, by=unit, at=JULY, text="The pump is here")

    assert noted.status == Status.TRANSFERRED
    event = noted.events.latest("sequence")
    assert event.note.text == "The pump is here"
    assert event.visibility == Event.Visibility.REPORTER


def test_what_is_not_taken_cannot_be_checked(case, unit):
    with pytest.raises(NotNow):
        work.verify(case, by=unit, at=JULY)


def test_a_parent_works_on_the_cases_of_its_parts(case):
    parent = OrganisationFactory.create(type=Organisation.Type.DEPARTMENT)
    Organisation.objects.filter(code="ubnd-a").update(parent=parent)

    assert work.acknowledge(case, by=focal_point(parent), at=JULY).status == (
        Status.ACKNOWLEDGED
    )


def test_the_moment_is_the_one_passed_in(case, unit):
    later = JULY + timedelta(hours=3)

    work.start(case, by=unit, at=later)

    case.refresh_from_db()
    assert case.updated_at == case.events.latest("sequence").at == later
