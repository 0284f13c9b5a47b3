"""R23, R24, R26: reception, handling and answer are rated once a result."""

from __future__ import annotations

from datetime import timedelta

import pytest

from incidents import resolution, work
from incidents.errors import Missing, NotNow
from incidents.history import broken_at
from incidents.intake import receive
from incidents.models import Event, Note, Rating, Status
from incidents.ratings import Scores, ratable, rate
from tests.factories import JULY, CaseFactory, focal_point, operator

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)


@pytest.fixture
def unit(telling):
    """A report in the hands of its unit, and who works on it there."""
    report = receive(telling, channel="portal", at=JULY).report
    return report, focal_point(report.organisation)


@pytest.fixture
def resolved(unit):
    return resolve(*unit, at=JULY)


@pytest.fixture
def refused():
    return CaseFactory.create(status=Status.REFUSED)


def resolve(report, by, *, at):
    work.start(report, by=by, at=at)
    resolution.propose_result(report, by=by, outcome="answered", text="Done.", at=at)
    return resolution.publish_result(report, by=operator(), at=at)


def say(report, *, at=JULY, comment="", **scores):
    return rate(report, scores=Scores(**scores), comment=comment, at=at)


def test_r23_three_scores_are_kept_apart_with_a_comment(resolved):
    say(resolved, reception=5, handling=2, feedback=4, comment=" Lâu quá. ")

    rating = Rating.objects.get()
    assert (rating.reception, rating.handling, rating.feedback) == (5, 2, 4)
    assert (rating.comment, rating.round) == ("Lâu quá.", 1)


def test_r23_one_score_is_enough_and_none_is_not(resolved):
    with pytest.raises(Missing):
        say(resolved, comment="Only words")

    say(resolved, handling=3)

    rating = Rating.objects.get()
    assert (rating.reception, rating.handling, rating.feedback) == (None, 3, None)


@pytest.mark.parametrize("score", [0, 6, -1, 99])
def test_r23_a_score_is_one_of_five(resolved, score):
    with pytest.raises(Missing) as refused:
        say(resolved, handling=score)

    assert refused.value.field == "handling"
    assert not Rating.objects.exists()


def test_a_comment_may_be_long_but_not_endless(resolved):
    with pytest.raises(Missing) as refused:
        say(resolved, handling=3, comment="x" * 1001)

    assert refused.value.field == "comment"


@pytest.mark.parametrize(
    "status",
    sorted(
        set(Status) - {Status.RESOLVED, Status.CLOSED, Status.REFUSED, Status.ANSWERED}
    ),
)
def test_r24_nothing_is_rated_before_there_is_a_result(status):
    report = CaseFactory.create(status=status)

    with pytest.raises(NotNow):
        say(report, reception=5)

    assert NotNow.status == 409
    assert ratable(report, at=JULY) is None


def test_r24_a_result_is_rated_once_and_may_be_changed_for_seven_days(
    resolved, settings
):
    say(resolved, handling=1)
    say(resolved, handling=4, at=JULY + 7 * DAY - timedelta(seconds=1))

    with pytest.raises(NotNow):
        say(resolved, handling=5, at=JULY + 7 * DAY)

    rating = Rating.objects.get()
    assert (rating.handling, rating.at) == (4, JULY)
    assert rating.updated_at > rating.at
    assert settings.CITY.rating_days == 7
    assert ratable(resolved, at=JULY + 7 * DAY) is None


def test_r24_each_round_of_results_is_rated_for_itself(unit):
    report, by = unit
    resolve(report, by, at=JULY)
    say(report, handling=1)
    resolution.reopen(report, at=JULY, text="Still there")
    with pytest.raises(NotNow):
        say(report, handling=2)

    resolve(report, by, at=JULY + DAY)
    say(report, handling=5, at=JULY + 30 * DAY)

    ratings = Rating.objects.order_by("round").values_list("round", "handling")
    assert list(ratings) == [(1, 1), (2, 5)]


def test_r26_a_refused_report_is_rated_on_reception_only(refused):
    with pytest.raises(Missing):
        say(refused, reception=2, handling=1)

    say(refused, reception=2)

    rating = Rating.objects.get()
    assert (rating.round, rating.reception, rating.handling) == (0, 2, None)


def test_r23_what_was_answered_at_once_is_rated_on_reception_and_answer():
    report = CaseFactory.create(status=Status.ANSWERED)
    with pytest.raises(Missing):
        say(report, reception=4, handling=1)

    say(report, reception=4, feedback=5)
    say(report, reception=3, feedback=5)

    rating = Rating.objects.get()
    assert (rating.reception, rating.handling, rating.feedback) == (3, None, 5)
    assert rating.round == 1


def test_the_history_tells_staff_that_it_was_rated_and_none_of_the_words(resolved):
    say(resolved, handling=1, comment="Tệ lắm")

    event = resolved.events.latest("sequence")
    assert (event.code, event.visibility) == (Event.Code.RATED, "staff")
    assert "Tệ" not in str(event.arguments)
    assert not Note.objects.filter(event=event).exists()
    assert broken_at(resolved) is None
