from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.contrib.gis.geos import Point

from gis_data.locating import locate
from incidents import correcting, handover
from incidents.errors import (
    ChangedMeanwhile,
    ClaimedByAnother,
    Missing,
    NotAllowed,
    NotNow,
    OutsideTheMap,
)
from incidents.history import broken_at
from incidents.intake import receive
from incidents.models import (
    Category,
    Clock,
    Event,
    Organisation,
    Report,
    Transfer,
)
from incidents.privacy import snap
from tests.factories import (
    HERE,
    JULY,
    CaseFactory,
    DeadlineRuleFactory,
    LeafFactory,
    OrganisationFactory,
    ResponsibilityFactory,
    TellingFactory,
    focal_point,
    operator,
)

pytestmark = pytest.mark.django_db

LATER = JULY + timedelta(days=1)
IN_B = Point(106.78, 10.81, srid=4326)
WHY = "Người báo đứng ở bên kia đường."


@pytest.fixture
def desk(db):
    return operator()


@pytest.fixture
def waiting(telling, wards):
    """A report in ward a that waits at the desk; the committee of b answers in b."""
    telling.category.routes_itself_on = []
    telling.category.save()
    ResponsibilityFactory.create(
        category=telling.category.branch,
        place=wards["b"],
        organisation__code="ubnd-b",
        organisation__name="UBND phường B",
    )
    return receive(telling, channel="portal", at=JULY).report


@pytest.fixture
def lamp(wards):
    """Another category, which a company answers for in both wards."""
    leaf = LeafFactory.create(name="Đèn đường tắt")
    company = OrganisationFactory.create(code="chieu-sang")
    for ward in wards.values():
        ResponsibilityFactory.create(category=leaf, place=ward, organisation=company)
    return leaf


def moved(report, desk, to=IN_B, **changes):
    given = {"by": desk, "at": LATER, "reason": WHY} | changes
    return correcting.move(report, to=to, **given)


def told(report):
    return list(report.events.order_by("sequence").values_list("code", "visibility"))


def test_a_pin_that_is_moved_is_decided_anew_and_the_old_decision_stays(waiting, desk):
    first = waiting.decisions.get()

    moved(waiting, desk)

    again = waiting.decisions.latest("pk")
    assert [each.pk for each in waiting.decisions.order_by("pk")] == [
        first.pk,
        again.pk,
    ]
    assert (first.organisation.code, again.organisation.code) == ("ubnd-a", "ubnd-b")
    assert (first.inputs["lon"], first.inputs["lat"]) == HERE.coords
    assert (again.inputs["lon"], again.inputs["lat"]) == IN_B.coords


def test_all_that_is_said_of_the_place_follows_the_pin(waiting, desk, wards):
    moved(waiting, desk)

    report = Report.objects.get()
    assert report.point.coords == IN_B.coords
    assert (report.public_point, report.world_cell) == snap(IN_B)
    assert report.place == report.current_place == wards["b"]
    found = locate(IN_B, on=date(2025, 7, 1)).areas[0]
    assert report.boundary_id == found.boundary_id
    assert (report.place_source, report.accuracy) == ("tap", None)


def test_history_says_that_it_was_moved_and_why_and_holds_no_coordinates(waiting, desk):
    moved(waiting, desk)

    assert told(waiting)[-2:] == [("moved", "reporter"), ("rerouted", "staff")]
    happened = waiting.events.get(code=Event.Code.MOVED)
    assert happened.note.text == WHY
    assert happened.by == desk.user
    for event in waiting.events.all():
        assert "106." not in str(event.arguments)
        assert WHY not in str(event.arguments)
    assert broken_at(waiting) is None


def test_nobody_is_given_the_case_by_moving_its_pin(telling, waiting, desk):
    unit = Organisation.objects.get(code="ubnd-a")
    given = handover.accept_and_transfer(waiting, to=unit, by=desk, at=JULY)
    before = list(given.clocks.order_by("pk").values())

    corrected = moved(given, desk)

    assert corrected.organisation == unit
    assert corrected.status == "transferred"
    assert Transfer.objects.count() == 1
    assert list(given.clocks.order_by("pk").values()) == before


def test_after_a_move_the_new_unit_needs_no_reason_and_the_old_one_does(waiting, desk):
    report = handover.accept(moved(waiting, desk), by=desk, at=LATER)
    old, new = (Organisation.objects.get(code=code) for code in ("ubnd-a", "ubnd-b"))

    with pytest.raises(Missing):
        handover.transfer(report, to=old, by=desk, at=LATER)

    assert handover.transfer(report, to=new, by=desk, at=LATER).organisation == new


def test_a_report_without_a_point_gets_one(waiting, telling, wards, desk):
    named = TellingFactory.create(
        category=telling.category,
        place_source=Report.PlaceSource.WARD,
        point=None,
        declared_ward=wards["b"],
    )
    report = receive(named, channel="portal", at=JULY).report
    assert report.decisions.get().doubts == ["no_point"]

    moved(report, desk)

    assert report.decisions.latest("pk").doubts == []
    assert Report.objects.get(pk=report.pk).point.coords == IN_B.coords


@pytest.mark.parametrize(
    ("changes", "refused"),
    [
        ({"reason": "  "}, Missing),
        ({"to": HERE}, Missing),
        ({"to": Point(0, 0, srid=4326)}, OutsideTheMap),
        ({"to": Point(10.8, 106.7, srid=4326)}, OutsideTheMap),
        ({"version": 7}, ChangedMeanwhile),
    ],
)
def test_a_move_that_says_too_little_or_leads_off_the_map_changes_nothing(
    waiting, desk, changes, refused
):
    with pytest.raises(refused):
        moved(waiting, desk, **changes)

    assert Report.objects.get().point.coords == HERE.coords
    assert waiting.decisions.count() == 1


def test_only_the_operators_correct(waiting, lamp):
    unit = Organisation.objects.get(code="ubnd-a")
    handover.accept_and_transfer(waiting, to=unit, by=operator(), at=JULY)
    report = Report.objects.get()

    with pytest.raises(NotAllowed):
        moved(report, focal_point(unit))
    with pytest.raises(NotAllowed):
        correcting.reclassify(
            report, category=lamp, by=focal_point(unit), at=LATER, reason=WHY
        )


def test_what_another_operator_works_on_is_left_to_them(waiting, desk):
    other = operator()
    handover.claim(waiting, by=other, at=LATER)

    with pytest.raises(ClaimedByAnother):
        moved(Report.objects.get(), desk)


def test_a_case_that_has_ended_is_corrected_no_more(desk, wards):
    ended = CaseFactory.create(status="closed")

    with pytest.raises(NotNow):
        moved(ended, desk)


def reclassified(report, category, desk, **changes):
    given = {"by": desk, "at": LATER, "reason": WHY} | changes
    return correcting.reclassify(report, category=category, **given)


def test_another_category_is_decided_anew_with_history(waiting, lamp, desk):
    corrected = reclassified(waiting, lamp, desk)

    assert corrected.category == lamp
    assert told(waiting)[-2:] == [("reclassified", "reporter"), ("rerouted", "staff")]
    decisions = waiting.decisions.order_by("pk")
    assert [each.inputs["category"] for each in decisions] == [
        waiting.category.code,
        lamp.code,
    ]
    assert decisions.last().organisation.code == "chieu-sang"
    assert broken_at(waiting) is None


def test_a_sensitive_category_takes_it_off_the_map_and_no_other_puts_it_back(
    waiting, lamp, desk
):
    before = waiting.category
    Category.objects.filter(pk=lamp.pk).update(is_public=False)

    hidden = reclassified(waiting, Category.objects.get(pk=lamp.pk), desk)
    back = reclassified(hidden, before, desk)

    assert not hidden.is_public
    assert not back.is_public


def test_a_question_filed_as_a_problem_is_called_one_and_answered(waiting, desk):
    question = Report.Kind.QUESTION
    said = {"category": waiting.category, "kind": question, "reason": "Chỉ hỏi giờ."}
    rule = waiting.clocks.get().rule
    target = {"party": "target", "step": "done", "is_firm": False, "rule": rule}
    target |= {"started_at": JULY, "due_at": LATER, "calendar_version": "test"}
    running = Clock.objects.create(report=waiting, **target)

    called = correcting.reclassify(waiting, by=desk, at=LATER, **said)

    running.refresh_from_db()
    assert (called.kind, running.stopped_at) == (question, LATER)
    answered = handover.answer(called, by=desk, at=LATER, text="Từ 7 giờ 30.")
    assert answered.status == "answered"
    assert broken_at(answered) is None


def test_an_expected_day_follows_the_category_and_a_firm_one_stays(waiting, lamp, desk):
    DeadlineRuleFactory.create(category=lamp, amount=2, starts_on=date(2001, 1, 1))
    expected = Clock.objects.get().due_at

    reclassified(waiting, lamp, desk)

    sooner = Clock.objects.get()
    assert sooner.due_at < expected
    assert sooner.started_at == JULY
    handover.accept_and_transfer(
        Report.objects.get(),
        to=Organisation.objects.get(code="chieu-sang"),
        by=desk,
        at=LATER,
    )
    firm = list(Clock.objects.order_by("pk").values("due_at", "is_firm"))
    reclassified(Report.objects.get(), waiting.category, desk)
    assert list(Clock.objects.order_by("pk").values("due_at", "is_firm")) == firm


@pytest.mark.parametrize("same", [True, False])
def test_the_same_category_or_none_is_refused(waiting, desk, same):
    with pytest.raises(Missing):
        reclassified(waiting, waiting.category if same else None, desk)

    assert waiting.decisions.count() == 1
