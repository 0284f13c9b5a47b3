"""On the day of a reform open cases go over to who carries on, once and in order."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from io import StringIO

import pytest
from django.contrib.gis.geos import Point
from django.core import mail
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.backends.postgresql.psycopg_any import DateRange
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils.timezone import localdate
from procrastinate.contrib.django.models import ProcrastinateJob

from gis_data.drafting import keep_draft
from gis_data.models import Edition, Place, PlaceSuccession
from gis_data.publishing import publish
from incidents import clocks, notifications, staff_notices
from incidents.deadlines import read_deadline
from incidents.errors import HandedOverAlready, NotYet
from incidents.history import broken_at
from incidents.models import (
    Clock,
    ClockPause,
    DeadlineRule,
    Event,
    Extension,
    Notice,
    Organisation,
    OrganisationSuccession,
    Reform,
    Report,
    Status,
    Target,
)
from incidents.models.status import IN_HAND
from incidents.reform import due, hand_over, has_moved_cases, heirs_without_hands, moves
from incidents.tasks import carry_out_reform
from incidents.work import acknowledge
from tests.factories import (
    ALWAYS,
    JULY,
    CaseFactory,
    LeafFactory,
    MembershipFactory,
    OrganisationFactory,
    PlaceKindFactory,
    ReportFactory,
    ResponsibilityFactory,
    focal_point,
    operator,
    published,
    sheet,
    square,
)

pytestmark = pytest.mark.django_db

DAY = date(2025, 7, 15)
#: Five past midnight in the city.
AT = datetime(2025, 7, 14, 17, 5, tzinfo=UTC)
#: When the map of the day was published.
KNOWN = datetime(2025, 6, 16, 3, tzinfo=UTC)
WEST, EAST, BEYOND = (Point(x, 10.8, srid=4326) for x in (106.7, 106.8, 107.5))


@pytest.fixture
def map_(db):
    """One ward until the day, two from then on."""
    ward = PlaceKindFactory.create(code="ward", rank=3)
    published(ward, date(2025, 1, 1), old=square(106.65, 10.75, 0.2))
    then = sheet(west=square(106.65, 10.75), east=square(106.75, 10.75))
    publish(then, kind=ward, on=DAY, at=KNOWN)
    return {place.code: place for place in Place.objects.all()}


@pytest.fixture
def units(map_):
    """The committee of the old ward, and those of the two that follow it."""
    old = OrganisationFactory.create(
        code="ubnd-old",
        name="UBND phường cũ",
        place=map_["old"],
        validity=DateRange(date(2000, 1, 1), DAY),
    )
    found = {"old": old}
    for code in ("west", "east"):
        found[code] = OrganisationFactory.create(
            code=f"ubnd-{code}",
            name=f"UBND phường {code}",
            place=map_[code],
            validity=DateRange(DAY, None),
        )
        OrganisationSuccession.objects.create(
            predecessor=old,
            successor=found[code],
            on=DAY,
            legal_basis="Nghị quyết 1685",
        )
    return found


@pytest.fixture
def held(map_, units):
    """Make a case in the old unit's hands."""

    def make(point=WEST, status="transferred", **more):
        given = {"place": map_["old"], "organisation": units["old"]} | more
        return CaseFactory.create(point=point, status=status, **given)

    return make


def follows(map_, code, **said):
    """Keep what law and map say of the old ward and one that follows it."""
    PlaceSuccession.objects.update_or_create(
        predecessor=map_["old"], successor=map_[code], on=DAY, defaults=said
    )


def reformed(**given):
    return hand_over(on=DAY, at=AT, **given)


def test_a_case_goes_to_the_unit_of_the_ward_it_lies_in(held, units):
    west, east = held(WEST), held(EAST)

    done = reformed()

    west.refresh_from_db()
    east.refresh_from_db()
    assert (west.organisation, east.organisation) == (units["west"], units["east"])
    assert (done.found, done.moved, done.to_desk) == (2, 2, 0)
    assert (done.started_at, done.finished_at) == (AT, AT)


def test_it_is_written_down_who_had_it_who_has_it_and_why(held, units):
    case = held(EAST)

    reformed()

    kept, decision = case.transfers.get(), case.decisions.latest("pk")
    event = case.events.latest("sequence")
    assert (kept.sender, kept.organisation) == (units["old"], units["east"])
    assert (kept.by, kept.at, kept.decision) == (None, AT, decision)
    assert "Nghị quyết 1685" in kept.reason
    assert decision.organisation == units["east"]
    assert decision.inputs["why"] == "ground"
    assert [area["code"] for area in decision.areas] == ["east"]
    assert event.code == Event.Code.HANDED_OVER
    assert event.label == "UBND phường east tiếp nhận theo quy định pháp luật"
    assert broken_at(case) is None


def test_no_deadline_moves(held, units):
    case = held()
    before = {clock.party: clock for clock in case.clocks.all()}

    reformed()

    stopped, runs = case.clocks.filter(party=Clock.Party.UNIT).order_by("pk")
    citizen = case.clocks.get(party=Clock.Party.CITIZEN)
    assert (stopped.organisation, stopped.stopped_at) == (units["old"], AT)
    assert (runs.organisation, runs.stopped_at) == (units["west"], None)
    assert runs.due_at == before["unit"].due_at
    assert (citizen.due_at, citizen.stopped_at) == (before["citizen"].due_at, None)


def set_targets():
    """Have the city set targets for units, and one for the operators."""
    for step, minutes in {"acknowledge": 15, "answer": 120, "accept": 10}.items():
        DeadlineRule.objects.create(
            starts_on=date(2000, 1, 1),
            legal_basis="An internal target",
            step=step,
            amount=minutes,
            unit="minutes",
            is_target=True,
        )


def aim(case, *steps):
    """Let targets of the old unit run on a case."""
    deadline = read_deadline(case.category, on=DAY)
    clocks.begin_targets(case, deadline, steps=frozenset(map(Target, steps)), at=JULY)


def running_targets(case):
    running = case.clocks.filter(party="target", stopped_at=None)
    return {each.step: each for each in running}


@pytest.mark.parametrize("status", ["transferred", "reopened", "in_progress"])
def test_the_heir_has_its_own_time_to_take_a_case_up(held, units, status):
    case = held(status=status)
    set_targets()
    if status != "in_progress":
        aim(case, "acknowledge")

    reformed()
    reformed()

    of_old = case.clocks.filter(step="acknowledge", organisation=units["old"])
    runs = running_targets(case)
    assert [each.stopped_at for each in of_old] == [AT] * (status != "in_progress")
    assert runs.keys() == {"acknowledge"}
    assert runs["acknowledge"].organisation == units["west"]
    assert runs["acknowledge"].started_at == AT
    assert runs["acknowledge"].due_at == AT + timedelta(minutes=15)
    officer = focal_point(units["west"])
    acknowledge(case, by=officer, at=AT + timedelta(minutes=5))
    assert not running_targets(case)


def test_the_heir_answers_what_was_not_answered_and_nothing_a_second_time(held, units):
    unanswered, answered = held(), held()
    set_targets()
    aim(unanswered, "acknowledge", "answer")
    aim(answered, "acknowledge")

    reformed()

    runs = running_targets(unanswered)
    assert runs.keys() == {"acknowledge", "answer"}
    assert runs["answer"].due_at == AT + timedelta(hours=2)
    assert running_targets(answered).keys() == {"acknowledge"}


def test_what_awaits_approval_is_not_to_be_taken_up_again(held):
    case = held(status="awaiting")
    set_targets()

    reformed()

    assert running_targets(case) == {}


def test_what_comes_back_to_the_operators_asks_nothing_more_of_the_unit(held):
    OrganisationSuccession.objects.all().delete()
    case = held()
    set_targets()
    aim(case, "acknowledge", "answer")

    reformed()

    runs = running_targets(case)
    assert runs.keys() == {"accept"}
    assert runs["accept"].due_at == AT + timedelta(minutes=10)


def test_days_that_the_unit_stood_still_or_was_given_are_the_heir_s(held, units):
    case = held(status="paused")
    leader = MembershipFactory.create(organisation=units["old"], role="leader").user
    event, clock = case.events.latest("sequence"), case.clocks.get(party="unit")
    until = JULY.date() + timedelta(days=30)
    ClockPause.objects.create(clock=clock, event=event, began_at=JULY, until=until)
    Extension.objects.create(
        clock=clock, event=event, working_days=2, by=leader, at=JULY
    )

    reformed()

    runs = case.clocks.get(party="unit", stopped_at=None)
    assert runs.organisation == units["west"]
    assert runs.extension.working_days == 2
    assert localdate(runs.pauses.get().ended_at) == until


def test_what_is_late_already_is_as_late_as_it_was(held):
    case = held()
    overdue = JULY + timedelta(hours=1)
    case.clocks.update(due_at=overdue)

    reformed()

    assert case.clocks.get(party="unit", stopped_at=None).due_at == overdue


@pytest.mark.parametrize("status", sorted(IN_HAND))
def test_the_heir_takes_up_anew_what_others_had_begun(held, status):
    officer = focal_point(OrganisationFactory.create()).user
    case = held(status=status, assignee=officer)
    kept = {Status.TRANSFERRED, Status.REOPENED, Status.AWAITING}

    reformed()

    case.refresh_from_db()
    assert case.status == (status if status in kept else Status.TRANSFERRED)
    assert (case.assignee, case.paused_until) == (None, None)
    assert (case.version, case.updated_at) == (2, AT)


def test_a_result_that_awaits_approval_still_does(held, units):
    case = held(status="awaiting")

    reformed()

    result = case.results.get()
    assert (result.organisation, result.published_at) == (units["old"], None)
    leader = MembershipFactory.create(
        organisation=units["west"], role="leader", validity=ALWAYS
    )
    case.refresh_from_db()
    assert case.status == Status.AWAITING
    assert leader.organisation_id == case.organisation_id


def test_the_heir_s_people_go_on_with_it(held, units):
    case = held(status="in_progress")
    officer = focal_point(units["west"])

    reformed()

    taken = acknowledge(case, by=officer, at=AT + timedelta(hours=8))
    assert taken.status == Status.ACKNOWLEDGED


def test_a_day_promised_to_the_reporter_stays_promised(held):
    case = held(status="in_progress", committed_on=date(2025, 8, 1))

    reformed()

    case.refresh_from_db()
    assert case.committed_on == date(2025, 8, 1)


@pytest.mark.parametrize("status", ["resolved", "refused", "withdrawn", "closed"])
def test_what_has_ended_stays_with_who_ended_it(held, units, status):
    case = held(status=status)

    done = reformed()

    case.refresh_from_db()
    assert case.organisation == units["old"]
    assert (done.found, case.transfers.count()) == (0, 0)


def test_what_others_have_in_hand_stays_there(held, units):
    other = OrganisationFactory.create()
    case = held(organisation=other)

    reformed()

    case.refresh_from_db()
    assert (case.organisation, case.version) == (other, 1)


def test_the_reporter_is_told_once_who_has_it_now(held):
    case = held(EAST)

    reformed()

    notice = Notice.objects.get(event__report=case)
    assert notice.event.code == Event.Code.HANDED_OVER
    subject, body = notifications.compose(notice)
    assert "UBND phường east" in subject
    assert "UBND phường cũ" in body
    assert ProcrastinateJob.objects.filter(
        task_name="incidents.send_notice", args={"notice_id": notice.pk}
    ).exists()


def test_a_unit_gets_one_letter_about_all_it_took_over(held, units):
    head = focal_point(units["west"]).user
    head.email, head.language = "west@example.org", "en"
    head.save()
    for _ in range(3):
        held(WEST)

    reformed(batch=2)

    jobs = ProcrastinateJob.objects.filter(task_name="incidents.tell_staff")
    for job in jobs:
        staff_notices.tell_staff(**job.args, at=AT)
    (owed,) = head.staff_notices.all()
    staff_notices.send(owed.pk, at=AT)
    (letter,) = mail.outbox
    assert letter.subject == "Taken over by law: 3 cases"
    assert "UBND phường cũ: 3" in letter.body
    assert "/lam-viec/don-vi?show=new" in letter.body


def test_what_comes_over_after_the_first_letter_has_one_of_its_own(held, units):
    head = focal_point(units["west"]).user
    head.email = "west@example.org"
    head.save()
    back = held(WEST, status="resolved")
    held(WEST)
    reformed()
    Report.objects.filter(pk=back.pk).update(status="reopened", resolved_at=None)

    hand_over(on=DAY, at=AT + timedelta(days=9))

    for job in ProcrastinateJob.objects.filter(task_name="incidents.tell_staff"):
        staff_notices.tell_staff(**job.args, at=AT)
    told = [owed.event.report for owed in head.staff_notices.order_by("pk")]
    assert told[1:] == [back]


@pytest.mark.parametrize("point", [WEST, BEYOND])
def test_reporter_and_staff_read_on_the_case_what_became_of_it(held, units, point):
    case = held(point)
    desk, unit = Client(), Client()
    desk.force_login(operator().user)
    unit.force_login(focal_point(units["west"]).user)

    reformed()

    shown = Client().get(f"/tra-cuu/{case.code}").content.decode()
    told = Client().get(f"/api/v1/reports/{case.code}").json()
    pages = [each.get(f"/lam-viec/phan-anh/{case.public_id}") for each in (desk, unit)]
    if point is WEST:
        by_law = "UBND phường west tiếp nhận theo quy định pháp luật"
        why = "UBND phường west, kế thừa nhiệm vụ của UBND phường cũ"
        assert by_law in shown
        assert told["timeline"][-1]["label"] == by_law
        assert told["explanation"].startswith(why)
        assert [page.status_code for page in pages] == [200, 200]
        assert all(why in page.content.decode() for page in pages)
    else:
        assert "chuyển trả" in shown
        assert pages[0].status_code == 200
        assert "Điểm phản ánh không thuộc địa bàn" in pages[0].content.decode()


def test_an_only_heir_takes_all_wherever_it_lies(held, units):
    OrganisationSuccession.objects.filter(successor=units["west"]).delete()
    case, placeless = held(WEST), held(None, place=None)

    done = reformed()

    case.refresh_from_db()
    placeless.refresh_from_db()
    assert {case.organisation, placeless.organisation} == {units["east"]}
    assert (done.moved, done.to_desk) == (2, 0)


def test_an_heir_that_has_ended_as_well_gives_on_to_its_own(held, units):
    OrganisationSuccession.objects.filter(successor=units["west"]).delete()
    units["east"].validity = DateRange(date(2025, 7, 10), DAY)
    units["east"].save()
    last = OrganisationFactory.create(validity=DateRange(DAY, None))
    OrganisationSuccession.objects.create(
        predecessor=units["east"], successor=last, on=DAY
    )
    case = held()

    reformed()

    case.refresh_from_db()
    assert case.organisation == last


@pytest.mark.parametrize(
    ("heirs", "unit"), [(("west",), "west"), (("west", "east"), None)]
)
def test_without_a_point_the_named_ward_s_only_heir_says_who(
    held, map_, units, heirs, unit
):
    for code in heirs:
        follows(map_, code, is_official=True)
    case = held(None, place_source="ward", declared_ward=map_["old"])

    done = reformed()

    case.refresh_from_db()
    assert case.organisation == (units[unit] if unit else None)
    assert case.current_place == (map_[unit] if unit else None)
    assert (done.moved, done.to_desk) == ((1, 0) if unit else (0, 1))


def test_where_no_place_tells_the_heirs_apart_the_rules_of_the_day_do(held, units):
    """As with companies whose territories follow no ward."""
    for code in ("west", "east"):
        units[code].place = None
        units[code].save()
    leaf = LeafFactory.create()
    ResponsibilityFactory.create(
        category=leaf,
        place=Place.objects.get(code="east"),
        organisation=units["east"],
        validity=DateRange(DAY, None),
    )
    case = held(EAST, category=leaf)

    reformed()

    case.refresh_from_db()
    assert case.organisation == units["east"]
    assert case.decisions.latest("pk").inputs["why"] == "rules"


@pytest.mark.parametrize(
    ("point", "followed", "said"),
    [
        (BEYOND, True, "không thuộc"),
        (None, True, "vị trí"),
        (WEST, False, "chưa có văn bản"),
    ],
)
def test_where_no_heir_follows_an_operator_decides(held, units, point, followed, said):
    if not followed:
        OrganisationSuccession.objects.all().delete()
    case = held(point, place=None, committed_on=date(2025, 8, 1))

    done = reformed()

    case.refresh_from_db()
    kept, event = case.transfers.get(), case.events.latest("sequence")
    assert (case.status, case.organisation) == (Status.RETURNED, None)
    assert (case.assignee, case.committed_on) == (None, None)
    assert (kept.sender, kept.organisation) == (units["old"], None)
    assert said in kept.reason
    assert (event.code, event.note.text) == (Event.Code.RETURNED, kept.reason)
    assert not case.clocks.filter(party="unit", stopped_at=None).exists()
    assert case.clocks.get(party="citizen").stopped_at is None
    assert (done.moved, done.to_desk) == (0, 1)
    assert broken_at(case) is None


def test_a_second_run_finds_nothing_to_do(held):
    cases = [held(WEST), held(EAST), held(BEYOND)]
    reformed()
    before = [list(case.events.values_list("pk", "hash")) for case in cases]
    versions = list(Report.objects.order_by("pk").values_list("pk", "version"))

    again = hand_over(on=DAY, at=AT + timedelta(hours=1))

    assert [list(case.events.values_list("pk", "hash")) for case in cases] == before
    assert list(Report.objects.order_by("pk").values_list("pk", "version")) == versions
    assert (again.found, again.moved, again.to_desk) == (3, 2, 1)


def test_a_batch_that_fails_leaves_those_before_it_whole_and_nothing_of_itself(
    held, monkeypatch
):
    cases = [held(WEST) for _ in range(3)]
    told = iter([True, False])

    def fail_at_the_second(events, *, at):
        if not next(told):
            raise RuntimeError("the power is gone")

    monkeypatch.setattr("incidents.reform.handing.tell_all", fail_at_the_second)
    with pytest.raises(RuntimeError):
        reformed(batch=2)
    monkeypatch.undo()
    assert [case.transfers.count() for case in cases] == [1, 1, 0]
    assert Reform.objects.get().moved == 2

    done = hand_over(on=DAY, at=AT + timedelta(hours=1), batch=2)

    assert [case.transfers.count() for case in cases] == [1, 1, 1]
    assert (done.found, done.moved) == (3, 3)
    assert all(broken_at(case) is None for case in cases)


@pytest.mark.parametrize("batches", [1, 2])
def test_the_statements_of_a_batch_do_not_grow_with_it(held, batches):
    spots, costs = [WEST, EAST, None, BEYOND], []
    for rounds in (0, 2, 6):
        for turn in range(4 * rounds):
            held(spots[turn % 4], place=None)
        with CaptureQueriesContext(connection) as asked:
            reformed(batch=4 * rounds // batches or 1)
        costs.append(len(asked))

    idle, few, many = costs
    assert few == many
    assert (few - idle) / batches <= 28


def test_every_report_is_told_its_ward_of_today_and_keeps_that_of_its_day(held, map_):
    open_, ended = held(WEST), held(EAST, status="resolved")
    boundary, decisions = ended.boundary_id, ended.decisions.count()

    done = reformed()

    for case, ward in ((open_, "west"), (ended, "east")):
        case.refresh_from_db()
        assert (case.place, case.current_place) == (map_["old"], map_[ward])
    assert (ended.boundary_id, ended.decisions.count()) == (boundary, decisions)
    assert (ended.version, done.relocated) == (1, 2)


def test_what_lies_off_the_map_of_today_has_no_ward(held):
    case = held(BEYOND)

    reformed()

    case.refresh_from_db()
    assert case.current_place is None


@pytest.mark.parametrize("named", ["west", "east", None])
def test_a_point_that_is_unsure_stays_in_the_ward_that_its_reporter_named(
    held, map_, named
):
    by_the_line = Point(106.7499, 10.8, srid=4326)
    declared = map_[named] if named else None
    case = held(by_the_line, accuracy=60, declared_ward=declared)

    reformed()

    case.refresh_from_db()
    assert case.current_place == map_[named or "west"]


def test_a_ward_that_is_still_there_stands_for_itself(held, map_):
    case = held(None, place_source="ward", declared_ward=map_["west"], place=None)

    reformed()

    case.refresh_from_db()
    assert case.current_place == map_["west"]


def test_a_named_ward_keeps_to_the_heirs_that_the_law_names(held, map_):
    follows(map_, "west", is_official=True, share=0.97)
    follows(map_, "east", is_official=False, share=0.03)
    case = held(None, place_source="ward", declared_ward=map_["old"])

    reformed()

    case.refresh_from_db()
    assert case.current_place == map_["west"]


def test_a_day_to_come_is_not_carried_out_yet(units):
    with pytest.raises(NotYet):
        hand_over(on=DAY, at=AT - timedelta(minutes=6))

    assert not Reform.objects.exists()


def test_an_earlier_day_is_not_carried_out_after_a_later_one(units):
    Reform.objects.create(on=date(2026, 1, 1), started_at=AT)

    with pytest.raises(HandedOverAlready):
        reformed()


def test_the_day_is_due_once_it_has_begun_and_until_it_is_done(held):
    held()
    assert due(at=AT - timedelta(minutes=6)) == date(2025, 1, 1)
    assert due(at=AT) == DAY

    reformed()

    assert due(at=AT + timedelta(days=30)) is None


def test_it_is_due_again_when_a_case_comes_back_to_a_unit_that_is_no_more(held, units):
    case = held(status="resolved")
    reformed()
    Report.objects.filter(pk=case.pk).update(status="reopened", resolved_at=None)
    later = AT + timedelta(days=9)

    assert due(at=later) == DAY
    hand_over(on=DAY, at=later)

    case.refresh_from_db()
    assert (case.status, case.organisation) == (Status.REOPENED, units["west"])
    assert due(at=later) is None


def test_it_is_due_again_when_a_map_of_that_time_is_published_later(units):
    reformed()
    ward = Place.objects.get(code="west").kind
    published(
        ward, date(2025, 7, 20), west=square(106.65, 10.75), east=square(106.76, 10.75)
    )

    assert due(at=datetime(2025, 7, 19, tzinfo=UTC)) == DAY
    assert due(at=datetime(2025, 7, 20, 12, tzinfo=UTC)) == date(2025, 7, 20)


def test_a_run_that_was_cut_off_is_due(held):
    held()
    Reform.objects.create(on=DAY, started_at=AT)

    assert due(at=AT + timedelta(hours=1)) == DAY


def test_nothing_is_due_where_nothing_ever_changed(db):
    ReportFactory.create()

    assert due(at=AT) is None


def test_it_is_said_which_heirs_have_nobody_who_could_take_a_case(units):
    MembershipFactory.create(organisation=units["west"])
    MembershipFactory.create(organisation=units["east"], role="auditor")

    assert heirs_without_hands(on=DAY) == ["ubnd-east"]


@pytest.mark.parametrize("is_moved", [True, False])
def test_a_map_by_which_cases_went_over_is_not_taken_back(held, is_moved):
    if is_moved:
        held()

    reformed()

    newest = Edition.objects.latest("starts_on")
    assert has_moved_cases(newest) is is_moved


def told(*arguments, **options):
    said = StringIO()
    call_command("hand_over", *arguments, stdout=said, **options)
    return said.getvalue()


def test_the_command_foretells_who_hands_how_much_to_whom_and_changes_nothing(held):
    for point in (WEST, WEST, EAST, BEYOND):
        held(point)

    said = told("--on", DAY.isoformat())

    assert "4 of 4 open cases would go over" in said
    assert "2 ubnd-old → ubnd-west" in said
    assert "1 ubnd-old → ubnd-east" in said
    assert "1 ubnd-old → the operators" in said
    assert "4 → 0        ubnd-old" in said
    assert "0 → 2        ubnd-west" in said
    assert "2 successors have nobody who could take a case: ubnd-east" in said
    assert not Reform.objects.exists()
    assert set(Report.objects.values_list("version", flat=True)) == {1}


@pytest.mark.parametrize(
    ("place", "is_named"), [("old", True), ("west", False), (None, False)]
)
def test_the_command_names_units_with_people_for_a_ward_that_is_no_more(
    held, map_, place, is_named
):
    held(WEST)
    company = OrganisationFactory.create(code="company")
    MembershipFactory.create(organisation=company, place=place and map_[place])

    said = told()

    assert ("for one place alone that is no more" in said) is is_named
    assert ("company" in said) is is_named


def test_the_command_does_what_it_foretold_with_commit(held, units):
    held(WEST)

    said = told("--commit")

    assert "0 located anew" not in said
    assert "1 cases, 1 to successors, 0 to the operators; 1 reports lie" in said
    assert Report.objects.get().organisation == units["west"]
    assert told() == "Nothing is due.\n"


def test_the_command_refuses_a_day_to_come(units):
    tomorrow = (localdate() + timedelta(days=1)).isoformat()

    with pytest.raises(CommandError, match="Chưa đến ngày"):
        told("--on", tomorrow, commit=True)


def test_the_worker_carries_a_reform_out_by_itself(held, units):
    case = held(EAST)

    for _ in range(2):
        carry_out_reform.func(timestamp=0)

    case.refresh_from_db()
    assert case.organisation == units["east"]
    assert (Reform.objects.get().moved, case.transfers.count()) == (1, 1)


@pytest.mark.parametrize("is_draft", [True, False])
def test_a_day_is_foreseen_unit_by_unit(held, map_, units, is_draft):
    """Also where a map is only drafted, and where units stay and their ground moves."""
    held(WEST)
    leaf = LeafFactory.create()
    ResponsibilityFactory.create(
        category=leaf, place=map_["old"], organisation__code="lights"
    )
    lights = ResponsibilityFactory.create(
        category=leaf,
        place=map_["west"],
        organisation__code="lights-west",
        validity=DateRange(DAY, None),
    )
    stays = Organisation.objects.get(code="lights")
    CaseFactory.create(status="in_progress", organisation=stays, category=leaf)
    draft = None
    if is_draft:
        draft = keep_draft(
            sheet(east=square(106.65, 10.75)), kind=map_["old"].kind, on=DAY
        )

    found = moves(draft, on=DAY)

    heir, named = ("east", "") if is_draft else ("west", lights.organisation.code)
    assert found.count == 2
    assert found.moved == {("ubnd-old", f"ubnd-{heir}"): 1}
    assert found.redirected == {("lights", named): 1}
    assert {(load.code, load.before, load.after) for load in found.loads} == {
        ("ubnd-old", 1, 0),
        (f"ubnd-{heir}", 0, 1),
    }
    assert not Reform.objects.exists()
