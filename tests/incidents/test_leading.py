"""Every figure of a period, recounted by plain SQL from what cases keep."""

# ruff: noqa: S608

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.db import connection
from django.utils import timezone

from incidents import handover, resolution
from incidents.leading.counting import count
from incidents.leading.figures import (
    AGES,
    Axis,
    Figures,
    Share,
    Window,
    age_key,
    conditions,
)
from incidents.leading.measuring import measure, measure_between
from incidents.leading.outlines import Outline, Sheet, outlines
from incidents.leading.periods import Period, named, period_of
from incidents.leading.reading import listed
from incidents.models import (
    CalendarDay,
    CaseMark,
    Clock,
    Handling,
    Report,
    WorkedDay,
)
from tests.factories import ReturnReasonFactory, focal_point

from .leading import DAY, HOUR, MONDAY, SINCE, UNTIL, a_month, local

pytestmark = pytest.mark.django_db

JULY_2025 = Period(year=2025, month=7)
WINDOW = Window.of(JULY_2025, at=UNTIL + DAY)
AXES = [(Axis.UNIT,), (Axis.WARD,), (Axis.WARD_THEN,), (Axis.CATEGORY,)]

#: What no figure counts: denunciations, and the cases made for incidents.
CASES = """
cases AS (
    SELECT r.* FROM incidents_report r WHERE NOT r.is_quarantined AND r.id NOT IN
        (SELECT head_id FROM incidents_incident)
), turns AS (
    SELECT e.report_id, e.at, e.code, e.sequence,
        e.code IN ('reopened', 'received') AS opens
    FROM incidents_event e JOIN cases c ON c.id = e.report_id
    WHERE e.code IN ('received', 'reopened', 'resolved', 'answered', 'refused',
        'withdrawn', 'merged')
), last AS (
    SELECT DISTINCT ON (report_id) * FROM turns WHERE at < %(until)s
    ORDER BY report_id, sequence DESC
)
"""
DUE = """(SELECT coalesce((SELECT u.due_at FROM incidents_clock u
    WHERE u.report_id = last.report_id AND u.party = 'unit'
    ORDER BY u.started_at DESC LIMIT 1), (SELECT z.due_at FROM incidents_clock z
    WHERE z.report_id = last.report_id AND z.party = 'citizen')))"""
HANDLED = "last WHERE at >= %(since)s AND code IN ('resolved', 'answered')"
RESULT = """JOIN LATERAL (SELECT * FROM incidents_result s
    WHERE s.report_id = last.report_id AND s.published_at < %(until)s
    ORDER BY s.round DESC LIMIT 1) s ON true"""
CAME = "cases WHERE received_at >= %(since)s AND received_at < %(until)s"
IN_HAND = "last WHERE opens"
#: Each figure in words of its own.
PLAIN = {
    "received": f"SELECT count(*) FROM {CAME}",
    "received_again": "SELECT count(*) FROM turns WHERE code = 'reopened' "
    "AND at >= %(since)s AND at < %(until)s",
    "joined": f"SELECT count(*) FROM {CAME} AND status = 'duplicate'",
    "placeless": f"SELECT count(*) FROM {CAME} AND place_id IS NULL",
    "handled": f"SELECT count(*) FROM {HANDLED}",
    "dated": f"SELECT count(*) FROM {HANDLED}",
    "on_time": f"SELECT count(*) FROM {HANDLED} AND at <= {DUE}",
    "paused": f"SELECT count(*) FROM {HANDLED} AND report_id IN (SELECT report_id "
    "FROM incidents_clockpause p JOIN incidents_clock k ON k.id = p.clock_id)",
    "rerouted": f"SELECT count(*) FROM {HANDLED} AND 1 < (SELECT count(DISTINCT "
    "organisation_id) FROM incidents_transfer t WHERE t.report_id = last.report_id)",
    "shown": f"SELECT count(*) FROM last {RESULT} WHERE last.at >= %(since)s "
    "AND code = 'resolved' AND outcome IN ('fixed', 'temporary')",
    "unproven": f"SELECT count(*) FROM last {RESULT} WHERE last.at >= %(since)s "
    "AND code = 'resolved' AND outcome IN ('fixed', 'temporary') "
    "AND no_photo_because <> ''",
    "left": f"SELECT count(*) FROM last {RESULT} WHERE last.at >= %(since)s "
    "AND code = 'resolved' AND outcome IN ('not_found', 'not_true', 'other_owner')",
    "refused": "SELECT count(*) FROM last WHERE at >= %(since)s AND code = 'refused'",
    "withdrawn": "SELECT count(*) FROM last WHERE at >= %(since)s "
    "AND code = 'withdrawn'",
    "results": "SELECT count(*) FROM turns WHERE code = 'resolved' "
    "AND at >= %(since)s AND at < %(until)s",
    "reopened": "SELECT count(*) FROM turns WHERE code = 'resolved' "
    "AND at >= %(since)s AND at < %(until)s AND EXISTS (SELECT FROM turns later "
    "WHERE later.report_id = turns.report_id AND later.sequence > turns.sequence "
    "AND later.code = 'reopened' AND later.at < %(until)s)",
    "rated": f"SELECT count(*) FROM {HANDLED} AND report_id IN "
    "(SELECT report_id FROM incidents_rating)",
    "satisfied": f"SELECT count(*) FROM {HANDLED} AND report_id IN "
    "(SELECT report_id FROM incidents_rating WHERE handling >= 4)",
    "in_hand": f"SELECT count(*) FROM {IN_HAND}",
    "late": f"SELECT count(*) FROM {IN_HAND} AND {DUE} < %(until)s",
    "returned": "SELECT count(*) FROM incidents_transfer WHERE organisation_id IS NULL "
    "AND by_id IS NOT NULL AND at >= %(since)s AND at < %(until)s",
}
for days, older in zip(AGES, [*AGES[1:], 100_000], strict=True):
    PLAIN[f"age_{days}"] = (
        f"SELECT count(*) FROM {IN_HAND} AND at <= %(until)s - interval '{days} days' "
        f"AND at > %(until)s - interval '{older} days'"
    )
#: Every minute the offices worked between two moments, one by one; July has no holiday.
MINUTES = """
SELECT count(*) FROM generate_series(%(since)s, %(until)s - interval '1 minute',
    interval '1 minute') AS turn,
    LATERAL (SELECT turn AT TIME ZONE 'Asia/Saigon' AS m) l
WHERE extract(isodow FROM m) < 6 AND (m::time >= '07:30' AND m::time < '11:30'
    OR m::time >= '13:00' AND m::time < '17:00')
    AND (m::date <= %(from)s::date OR m::date >= %(to)s::date)
"""


@pytest.fixture
def month(telling):
    month = a_month(telling)
    measure(at=UNTIL + HOUR)
    return month


def plainly(asked, **given):
    said = {"since": SINCE, "until": UNTIL} | given
    with connection.cursor() as cursor:
        cursor.execute(asked, said)
        return cursor.fetchone()[0]


def minutes(since, until, *, but=(MONDAY, MONDAY)):
    said = {"from": but[0].date(), "to": but[1].date()}
    return plainly(MINUTES, since=since, until=until, **said)


def of(month, name, round_=1):
    return month.cases[name].handlings.get(round=round_)


def test_every_figure_is_what_plain_sql_counts(month):
    total = count(WINDOW, sets=AXES).total

    counted = {key: total[key] for key in conditions(WINDOW)}
    assert counted == {
        key: plainly(f"WITH {CASES} {asked}") for key, asked in PLAIN.items()
    }
    assert counted.keys() == PLAIN.keys()
    # What never happens would prove nothing.
    assert all(counted.values())


def test_the_list_of_a_figure_is_as_long_as_the_figure(month):
    total = count(WINDOW, sets=AXES).total

    for key, condition in conditions(WINDOW).items():
        assert Handling.objects.filter(condition).count() == total[key], key


def test_units_wards_and_categories_add_up_to_the_whole(month):
    found = count(WINDOW, sets=AXES)

    for (axis,) in AXES:
        parts = found.along(axis).values()
        for key in conditions(WINDOW):
            assert sum(each[key] for each in parts) == found.total[key], (axis, key)
    assert found.along(Axis.WARD)[None]["received"] == 1


def test_one_unit_alone_is_counted_as_it_is_among_all(month):
    unit = month.cases["on_time"].organisation

    alone = count(WINDOW, sets=[(Axis.CATEGORY,)], unit=unit.pk)

    assert alone.total == count(WINDOW, sets=AXES).along(Axis.UNIT)[unit.pk]
    assert alone.total["returned"] == 2
    assert of(month, "rerouted").organisation.code == "other-unit"


def test_counting_takes_three_statements(month, django_assert_num_queries):
    with django_assert_num_queries(3):
        count(WINDOW, sets=AXES)


def test_times_are_the_minutes_the_offices_worked(month):
    first = of(month, "on_time")

    assert first.taken_minutes == minutes(MONDAY, MONDAY + 2 * HOUR)
    assert first.answered_minutes == minutes(MONDAY, MONDAY + 5 * HOUR) == 210
    assert first.ended_minutes == minutes(MONDAY, MONDAY + 2 * DAY)


def test_whole_days_of_a_pause_are_taken_out_of_the_time_it_took(month):
    paused = of(month, "paused")

    stood = (MONDAY, local("2025-07-14T00:00"))
    ended = local("2025-07-16T15:00")
    assert paused.ended_minutes == minutes(MONDAY - 4 * DAY, ended, but=stood)
    assert paused.ended_minutes == minutes(MONDAY - 4 * DAY, ended) - 4 * 480
    assert paused.is_paused


def test_median_and_ninth_tenth_are_those_of_the_cases_handled(month):
    told = count(WINDOW, sets=AXES).total.times["ended"]

    handled = conditions(WINDOW)["handled"]
    took = sorted(Handling.objects.filter(handled).values_list("ended_minutes"))
    took = [each for (each,) in took]
    middle = (took[(len(took) - 1) // 2] + took[len(took) // 2]) / 2
    assert (told.n, told.median) == (len(took), middle)
    place = 0.9 * (len(took) - 1)
    low = took[int(place)]
    assert told.p90 == pytest.approx(low + (place % 1) * (took[int(place) + 1] - low))


def test_a_reopening_after_the_period_takes_nothing_from_it(month):
    before = count(WINDOW, sets=AXES).total

    resolution.reopen(month.cases["late_end"], at=UNTIL + HOUR, text="Vẫn vậy")
    measure(at=UNTIL + 2 * HOUR)

    assert of(month, "late_end").reopened_at == UNTIL + HOUR
    assert count(WINDOW, sets=AXES).total == before
    after = Window.of(JULY_2025.after, at=UNTIL + DAY)
    assert count(after, sets=AXES).total["received_again"] == 1


def test_a_denunciation_and_a_case_made_for_an_incident_are_in_no_figure(month):
    for name in ("denunciation", "planned", "flood"):
        assert not month.cases[name].handlings.exists()
    assert of(month, "flooded").ending == of(month, "flooded_too").ending == "result"


def test_what_was_asked_first_ended_when_it_was_refused_or_withdrawn(month):
    for name in ("asked_refused", "asked_withdrawn"):
        assert of(month, name).ended_at == SINCE + DAY


def test_a_reopened_report_of_an_incident_stays_with_who_gave_the_result(month):
    first, again = of(month, "flooded"), of(month, "flooded", round_=2)

    assert first.organisation == again.organisation
    assert first.organisation.code == "other-unit"
    assert first.reopened_at == again.opened_at


def test_a_case_is_marked_by_whatever_changes_what_is_measured(month):
    case = month.cases["still_open"]
    assert not CaseMark.objects.exists()

    for change in (
        lambda: Clock.objects.filter(report=case, party="unit").update(
            due_at=UNTIL + 9 * DAY
        ),
        lambda: Report.objects.filter(pk=case.pk).update(current_place=None),
        lambda: month.rate("from_june", 4, at=UNTIL),
    ):
        change()
        assert measure(at=UNTIL + DAY) == 1 or CaseMark.objects.count() == 0

    found = of(month, "still_open")
    assert (found.due_at, found.current_place) == (UNTIL + 9 * DAY, None)
    assert of(month, "from_june").score == 4
    Report.objects.filter(pk=case.pk).update(claimed_at=timezone.now())
    assert not CaseMark.objects.exists()


def test_measured_anew_in_bulk_a_case_is_measured_the_same(month):
    fields = [each.attname for each in Handling._meta.fields if each.name != "id"]
    before = list(Handling.objects.order_by("report", "round").values(*fields))

    ids = sorted(case.pk for case in month.cases.values())
    measure_between(ids[0], ids[-1], at=UNTIL + DAY)

    again = list(Handling.objects.order_by("report", "round").values(*fields))
    assert again == before


def test_a_changed_calendar_measures_anew_what_it_touches(month):
    was = of(month, "on_time").ended_minutes
    CalendarDay.objects.create(on=MONDAY.date() + DAY, kind="off", name="Nghỉ")

    measure(at=UNTIL + DAY)

    assert of(month, "on_time").ended_minutes == was - 480
    assert WorkedDay.objects.get(on=MONDAY.date() + DAY).minutes == 0


def test_periods_are_the_city_s_own():
    assert (JULY_2025.since, JULY_2025.until) == (SINCE, UNTIL)
    assert period_of(UNTIL - timedelta(seconds=1)) == JULY_2025
    assert period_of(UNTIL) == JULY_2025.after
    assert named("2025-07") == JULY_2025
    assert [named(each) for each in ("2025-13", "x", "1999-12", "")] == [None] * 4
    january = Period(year=2026, month=1)
    assert (january.before.code, january.before.after) == ("2025-12", january)


def test_an_interval_is_wilson_s():
    assert Share(part=8, whole=10).interval == pytest.approx((0.4902, 0.9433), abs=1e-4)
    assert Share(part=0, whole=10).interval == pytest.approx((0, 0.2775), abs=1e-4)
    assert Share(part=0, whole=0).interval is None


def test_what_came_back_is_a_share_of_the_results_of_its_own_period(month):
    after = Window.of(JULY_2025.after, at=UNTIL + DAY)
    for name in ("late_end", "from_june"):
        resolution.reopen(month.cases[name], at=UNTIL + HOUR, text="Vẫn vậy")
    measure(at=UNTIL + 2 * HOUR)

    found = count(after, sets=AXES).total

    assert (found["received_again"], found["results"]) == (2, 0)
    assert found.reopened == Share(part=0, whole=0)


def test_each_return_counts_in_its_period_for_the_unit_that_gave_it_back(month):
    case, other = month.cases["of_5_days"], month.cases["placeless"].organisation
    first = month.cases["on_time"].organisation
    before = count(WINDOW, sets=AXES)
    asked = {"reason": ReturnReasonFactory.create(), "text": "Không phải của mình"}
    handover.send_back(case, by=month.unit, at=UNTIL - DAY, **asked)
    handover.transfer(case, to=other, by=month.desk, at=UNTIL - HOUR, reason="Đúng chỗ")
    handover.send_back(case, by=focal_point(other), at=UNTIL + DAY, **asked)
    measure(at=UNTIL + 2 * DAY)

    july = count(WINDOW, sets=AXES)
    august = Window.of(JULY_2025.after, at=UNTIL + 2 * DAY)

    assert july.total["returned"] == before.total["returned"] + 1
    mine = july.along(Axis.UNIT)[first.pk]["returned"]
    assert mine == before.along(Axis.UNIT)[first.pk]["returned"] + 1
    units = count(august, sets=AXES).along(Axis.UNIT)
    told = {pk: each["returned"] for pk, each in units.items() if each["returned"]}
    assert told == {other.pk: 1}
    assert not listed("returned", august, unit=first.pk).exists()
    found = listed("returned", august, unit=other.pk).get()
    assert (found.report, found.given_back_at) == (case, UNTIL + DAY)


def test_of_few_ratings_no_share_is_told():
    few, enough = (Figures(counts={"rated": n, "satisfied": 20}) for n in (29, 30))

    assert few.satisfied is None
    assert enough.satisfied == Share(part=20, whole=30)


def test_the_backlog_s_ages_add_up_to_what_is_in_hand(month):
    total = count(WINDOW, sets=AXES).total

    assert sum(total[age_key(turn)] for turn in range(len(AGES))) == total["in_hand"]


def test_the_wards_of_a_day_are_drawn_and_named(wards):
    sheet = outlines(kind="ward", on=MONDAY.date())

    drawn = {each.place: each.name for each in sheet.near}
    assert drawn == {place.pk: place.label for place in wards.values()}
    assert outlines(kind="ward", on=date(2024, 12, 31)).near == ()


def test_far_islands_fill_their_corner_whatever_rock_lies_far_from_them():
    rock, island = "M 90000 0 l 1 0 0 1 z", "M 0 0 l 100 0 0 100 -100 0 z"
    far = Outline(
        place=1,
        name="Đảo",
        path=f"{rock} {island}",
        middle=(0, 0),
        box=(0, -100, 90001, 0),
    )

    assert Sheet(near=(), far=(far,)).far_view == "-15 -15 130 130"
