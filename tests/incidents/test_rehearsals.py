"""A draft of the map or the rules, met by the reports that came; nothing is kept."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from django.db.backends.postgresql.psycopg_any import DateRange
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from gis_data.drafting import activate, keep_draft
from gis_data.errors import NoDraft
from gis_data.models import Edition, Place
from incidents.city.drafting import as_table, put_in_place, written
from incidents.errors import BrokenCityFile, NotAllowed
from incidents.intake import receive
from incidents.models import DecisionRecord, Rehearsal, Responsibility
from incidents.permissions import actor_of
from incidents.rehearsals import Question, as_csv, ask, ask_again, run
from tests.factories import (
    HERE,
    JULY,
    AssetFactory,
    OrganisationFactory,
    ResponsibilityFactory,
    operator,
    sheet,
    square,
)
from tests.factories.workshop import map_keeper

pytestmark = pytest.mark.django_db

LATER = JULY + timedelta(days=30)
SINCE = date(2025, 1, 1)


@pytest.fixture
def keeper(db):
    return map_keeper()


@pytest.fixture
def three_came(telling):
    """Three reports, each given to the committee of the ward it lies in."""
    for _ in range(3):
        receive(telling, channel="portal", at=JULY)


def rehearsed(question, keeper):
    asked = ask(question, by=keeper, at=LATER)
    run(asked.pk, at=LATER)
    asked.refresh_from_db()
    return asked


def table_in_force():
    return written(as_table(Responsibility.objects.all()))


def test_what_is_in_force_moves_nothing(three_came, keeper):
    asked = rehearsed(Question(since=SINCE), keeper)

    assert (asked.count, asked.done) == (3, 3)
    assert (asked.told["count"], asked.told["moved"]) == (3, [])
    assert asked.finished_at == LATER


def test_a_table_read_again_says_what_the_rules_say(three_came):
    ResponsibilityFactory.create(
        asset_kind="road", asset_class="city", within_m=15, conditions={"alley": False}
    )
    before = sorted(map(tuple, as_table(Responsibility.objects.all())))

    put_in_place(table_in_force())

    assert sorted(map(tuple, as_table(Responsibility.objects.all()))) == before


def test_a_line_deleted_from_the_table_is_a_rule_that_is_no_more(three_came, keeper):
    unit = Responsibility.objects.get().organisation.code
    header = table_in_force().splitlines()[0]

    asked = rehearsed(Question(since=SINCE, rules=header), keeper)

    assert asked.told["moved"] == [[unit, "", 3]]
    (hole,) = asked.told["holes"]
    assert (hole["reason"], hole["count"]) == ("unruled", 3)
    assert Responsibility.objects.count() == 1


def test_a_line_given_to_another_unit_moves_its_reports_there(three_came, keeper):
    unit = Responsibility.objects.get().organisation.code
    other = OrganisationFactory.create(code="another", name="Đơn vị khác")
    rules = table_in_force().replace(f",{unit},", f",{other.code},")

    asked = rehearsed(Question(since=SINCE, rules=rules), keeper)

    assert asked.told["moved"] == [[unit, "another", 3]]
    assert asked.told["loads"] == [["another", 0, 3], [unit, 3, 0]]
    assert "another,Đơn vị khác,3" in as_csv(asked.told, "moved")
    assert Responsibility.objects.get().organisation.code == unit


def test_what_the_law_changed_since_is_not_told_of_a_draft(three_came, keeper):
    rule = Responsibility.objects.get()
    first = rule.organisation.code
    rule.organisation = OrganisationFactory.create(code="heir", name="Đơn vị mới")
    rule.save()

    drafted = rehearsed(Question(since=SINCE, rules=table_in_force()), keeper)
    in_force = rehearsed(Question(since=SINCE), keeper)

    assert (drafted.told["moved"], drafted.told["beside"]) == ([], "in_force")
    assert in_force.told["moved"] == [[first, "heir", 3]]
    assert in_force.told["beside"] == "first"


def test_a_draft_of_the_map_moves_what_lies_in_another_ward_by_it(three_came, keeper):
    ward = Place.objects.get(code=DecisionRecord.objects.first().report.place.code)
    unit = Responsibility.objects.get().organisation.code
    draft = keep_draft(
        sheet(**{ward.code: square(107.5, 10.0), "new": square(106.65, 10.75)}),
        kind=ward.kind,
        on=LATER.date(),
    )

    asked = rehearsed(Question(since=SINCE, edition=draft, on=LATER.date()), keeper)

    assert asked.told["moved"] == [[unit, "", 3]]
    assert asked.told["version"] == draft.version
    assert Edition.objects.get(pk=draft.pk).published_at is None


def test_a_map_that_was_put_in_force_is_no_draft_to_rehearse(three_came, keeper):
    ward = DecisionRecord.objects.first().report.place
    draft = keep_draft(
        sheet(**{ward.code: square(106.65, 10.75)}), kind=ward.kind, on=LATER.date()
    )
    before = ask(Question(since=SINCE, edition=draft), by=keeper, at=LATER)
    activate(draft, at=LATER)
    before.refresh_from_db()

    run(before.pk, at=LATER)
    with pytest.raises(NoDraft):
        ask_again(before, by=keeper, at=LATER)

    before.refresh_from_db()
    assert (before.told, bool(before.failure)) == (None, True)


def test_a_rule_that_never_decides_is_told(three_came, keeper):
    category = Responsibility.objects.get().category
    ResponsibilityFactory.create(
        category=category, asset_kind="canal", legal_basis="Luật kênh rạch"
    )

    asked = rehearsed(Question(since=SINCE), keeper)

    (idle,) = asked.told["idle"]
    assert (idle["legal_basis"], idle["count"]) == ("Luật kênh rạch", 1)


def test_units_of_equal_weight_contradict_each_other_where_nobody_is_named(
    three_came, keeper
):
    rule = Responsibility.objects.get()
    ResponsibilityFactory.create(
        category=rule.category,
        place=rule.place,
        precedence=rule.precedence,
        organisation__code="rival",
    )

    asked = rehearsed(Question(since=SINCE), keeper)

    (found,) = asked.told["contradictions"]
    assert "rival" in found["units"]
    assert set(found["units"]) <= asked.told["names"].keys()
    ((lon, lat),) = found["points"]
    assert (lon, lat) != (HERE.x, HERE.y)
    assert abs(lon - HERE.x) + abs(lat - HERE.y) < 0.001


def test_what_was_cut_off_is_begun_again_and_ends_once(three_came, keeper):
    asked = ask(Question(since=SINCE), by=keeper, at=LATER)
    Rehearsal.objects.filter(pk=asked.pk).update(done=2)

    run(asked.pk, at=LATER)
    run(asked.pk, at=LATER + timedelta(days=1))

    asked.refresh_from_db()
    assert (asked.done, asked.finished_at) == (3, LATER)


def test_the_job_is_asked_for_with_the_row(keeper):
    asked = ask(Question(since=SINCE), by=keeper, at=timezone.now())

    job = ProcrastinateJob.objects.get(task_name="incidents.run_rehearsal")
    assert job.args == {"rehearsal_id": asked.pk}


def test_a_wrong_row_is_refused_before_anything_is_asked_for(three_came, keeper):
    rules = table_in_force().replace(",lead,", ",mayor,")

    with pytest.raises(BrokenCityFile) as refused:
        ask(Question(since=SINCE, rules=rules), by=keeper, at=LATER)

    assert refused.value.told.startswith("dòng 2, “role”:")
    assert not Rehearsal.objects.exists()


def test_a_table_that_fits_no_more_is_a_failure_in_words(three_came, keeper):
    gone = OrganisationFactory.create(code="soon-gone")
    unit = Responsibility.objects.get().organisation.code
    rules = table_in_force().replace(f",{unit},", ",soon-gone,")
    asked = ask(Question(since=SINCE, rules=rules), by=keeper, at=LATER)
    gone.delete()

    run(asked.pk, at=LATER)

    asked.refresh_from_db()
    assert (
        asked.failure == "dòng 2, “organisation”: không có 'soon-gone' trong hệ thống"
    )
    assert asked.told is None


def test_the_same_is_asked_again_of_the_reports_that_came_since(
    three_came, keeper, telling
):
    first = rehearsed(Question(since=SINCE), keeper)
    AssetFactory.create()
    receive(telling, channel="portal", at=LATER)

    again = ask_again(first, by=keeper, at=LATER)

    assert (first.count, again.count) == (3, 4)


def test_only_who_keeps_the_map_rehearses(db):
    desk = actor_of(operator().user, on=timezone.localdate())

    with pytest.raises(NotAllowed):
        ask(Question(since=SINCE), by=desk, at=LATER)


@pytest.mark.parametrize(
    ("column", "said", "told"),
    [
        ("note", "a\0b", "không phải là văn bản"),
        ("within", "30", "chỉ dành cho tài sản"),
    ],
)
def test_what_no_database_takes_is_refused_by_line_and_column(
    three_came, keeper, column, said, told
):
    head, row, *_ = as_table(Responsibility.objects.all())
    row[head.index(column)] = said

    with pytest.raises(BrokenCityFile) as refused:
        ask(Question(since=SINCE, rules=written([head, row])), by=keeper, at=LATER)

    assert f"dòng 2, “{column}”" in refused.value.told
    assert told in refused.value.told


@pytest.mark.parametrize("metres", ["0", "31"])
def test_a_reach_that_no_rule_may_have_is_refused(three_came, keeper, metres):
    head, row, *_ = as_table(Responsibility.objects.all())
    changed = {"places": "", "assets": "road:city", "within": metres}
    for column, said in changed.items():
        row[head.index(column)] = said

    with pytest.raises(BrokenCityFile) as refused:
        ask(Question(since=SINCE, rules=written([head, row])), by=keeper, at=LATER)

    assert "dòng 2, “within”" in refused.value.told


def test_the_last_day_there_is_means_no_end(three_came):
    head, row, *_ = as_table(Responsibility.objects.all())
    row[head.index("valid_to")] = "9999-12-31"

    put_in_place(written([head, row]))

    assert Responsibility.objects.first().validity.upper is None


def test_idle_rules_are_those_of_the_city_s_own_day(three_came, keeper):
    newcomer = ResponsibilityFactory.create(
        place=Place.objects.first(),
        legal_basis="From the morning on",
        validity=DateRange(date(2025, 8, 5), None),
    )
    asked = ask(
        Question(since=SINCE), by=keeper, at=datetime(2025, 8, 4, 18, tzinfo=UTC)
    )

    run(asked.pk, at=LATER)

    asked.refresh_from_db()
    idle = {each["legal_basis"] for each in asked.told["idle"]}
    assert newcomer.legal_basis in idle
