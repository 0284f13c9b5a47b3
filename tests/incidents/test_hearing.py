"""What a reporter may still say of a case: remind who is late, add a word."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from incidents import hearing
from incidents.deadlines import read_calendar
from incidents.errors import Missing, NotLate, NotNow, RemindedAlready
from incidents.history import broken_at
from incidents.models import Clock, Event, Organisation, Status
from incidents.models.status import ENDED
from tests.factories import JULY, CaseFactory, OrganisationFactory

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)
#: A Thursday, a day after the answer was due.
LATE = JULY + 8 * DAY


@pytest.fixture
def case():
    """A case in the hands of a unit, due on Wednesday the sixteenth."""
    return CaseFactory.create(status=Status.IN_PROGRESS)


def test_an_overdue_case_is_reminded_of_and_the_unit_is_named(case):
    reminded = hearing.remind(case, at=LATE)

    assert reminded.reminded_at == LATE
    event = case.events.latest("sequence")
    assert (event.code, event.by, event.visibility) == ("reminded", None, "reporter")
    assert case.organisation.name in event.label
    assert broken_at(case) is None


def test_who_still_has_time_is_not_reminded(case):
    with pytest.raises(NotLate):
        hearing.remind(case, at=JULY + DAY)

    assert not case.events.filter(code=Event.Code.REMINDED).exists()


@pytest.mark.parametrize(
    ("reminded", "again"),
    [
        # Thursday, then Saturday and Sunday do not count.
        (datetime(2025, 7, 17, 3, tzinfo=UTC), date(2025, 7, 21)),
        (datetime(2025, 7, 21, 3, tzinfo=UTC), date(2025, 7, 23)),
        # The second of September and the day before are holidays.
        (datetime(2025, 8, 29, 3, tzinfo=UTC), date(2025, 9, 4)),
    ],
)
def test_a_reminder_may_be_repeated_after_two_working_days(case, reminded, again):
    calendar = read_calendar()

    assert hearing.remindable_from(reminded, calendar=calendar) == again


def test_a_second_reminder_too_soon_says_from_when(case):
    hearing.remind(case, at=LATE)

    with pytest.raises(RemindedAlready) as refused:
        hearing.remind(case, at=LATE + DAY)

    assert "21/07/2025" in str(refused.value)
    hearing.remind(case, at=LATE + 4 * DAY)
    assert case.events.filter(code=Event.Code.REMINDED).count() == 2


def test_where_no_unit_has_it_the_operators_are_reminded():
    desk = OrganisationFactory.create(type=Organisation.Type.OPERATOR, name="Tổng đài")
    case = CaseFactory.create(status=Status.ACCEPTED)

    hearing.remind(case, at=LATE)

    assert case.events.latest("sequence").label == f"Người phản ánh đã đôn đốc {desk}"


@pytest.mark.parametrize("status", sorted(ENDED))
def test_of_what_has_ended_nobody_is_reminded(status):
    with pytest.raises(NotNow):
        hearing.remind(CaseFactory.create(status=status), at=LATE)


def test_a_stopped_clock_is_not_late(case):
    Clock.objects.update(stopped_at=JULY)

    with pytest.raises(NotLate):
        hearing.remind(case, at=LATE)


def test_a_reporter_adds_a_word_which_stands_apart_from_the_chain(case):
    hearing.reply(case, at=JULY, text="  Cổng nhà số 5.  ")

    event = case.events.latest("sequence")
    assert (event.code, event.by) == ("replied", None)
    assert event.note.text == "Cổng nhà số 5."
    assert "Cổng" not in str(event.arguments)


def test_a_word_is_not_empty_and_not_for_a_case_that_has_ended(case):
    with pytest.raises(Missing):
        hearing.reply(case, at=JULY, text=" ")
    with pytest.raises(NotNow):
        hearing.reply(CaseFactory.create(status=Status.CLOSED), at=JULY, text="Hm")


@pytest.mark.parametrize(
    ("status", "is_late", "open_"),
    [
        (Status.RECEIVED, False, {"reply", "withdraw"}),
        (Status.INFO_REQUESTED, False, {"give_information", "withdraw"}),
        (Status.TRANSFERRED, False, {"reply", "withdraw"}),
        (Status.TRANSFERRED, True, {"reply", "withdraw", "remind"}),
        (Status.IN_PROGRESS, False, {"reply"}),
        (Status.IN_PROGRESS, True, {"reply", "remind"}),
        (Status.RESOLVED, True, {"reopen"}),
        (Status.REFUSED, False, {"rate"}),
        (Status.WITHDRAWN, False, set()),
        (Status.THANKED, False, set()),
    ],
)
def test_what_is_open_to_a_reporter_follows_the_state_of_the_case(
    status, is_late, open_
):
    case = CaseFactory.create(status=status)

    found = hearing.openings(case, is_late=is_late, at=JULY)

    names = ["give_information", "reply", "remind", "withdraw", "reopen", "rate"]
    assert {name for name in names if getattr(found, name)} == open_
    assert found.any == bool(open_)


def test_who_has_just_reminded_is_told_when_they_may_again(case):
    reminded = hearing.remind(case, at=LATE)

    soon = hearing.openings(reminded, is_late=True, at=LATE + DAY)
    later = hearing.openings(reminded, is_late=True, at=LATE + 4 * DAY)

    assert (soon.remind, soon.remind_from) == (False, date(2025, 7, 21))
    assert (later.remind, later.remind_from) == (True, None)
