"""Reports of another system come in by the thousand, each as of its day."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from django.contrib.gis.geos import Point
from django.core.management import CommandError, call_command

from gis_data.models import Place
from incidents.deadlines import read_deadline
from incidents.filters import ReportFilter
from incidents.history import broken_at
from incidents.intake import receive
from incidents.models import (
    Clock,
    DecisionRecord,
    Event,
    Notice,
    Report,
    StaffNotice,
    Status,
    Transfer,
)
from incidents.models.lookup_code import new_code, read_code
from incidents.privacy import snap
from tests.factories import (
    JULY,
    CategoryFactory,
    TellingFactory,
    operator,
    published,
    square,
)
from tests.incidents.importing import COLUMNS, bring, found_city, rejects, rows, write

pytestmark = pytest.mark.django_db
SHUT = {"shut": "2025-07-14 09:30"}


@pytest.fixture
def pothole(db):
    return found_city(date(2025, 1, 1))


@pytest.fixture
def at(tmp_path):
    return tmp_path / "other city.csv"


def test_a_closed_case_was_handled_by_the_unit_that_answers_there(pothole, at):
    bring(write(at, rows(SHUT)))

    report = Report.objects.get()
    events = [(e.code, e.label) for e in report.events.order_by("sequence")]
    assert (report.status, report.organisation.code) == ("resolved", "ubnd-a")
    assert (
        report.received_at == report.accepted_at == datetime(2025, 7, 9, 3, tzinfo=UTC)
    )
    assert report.resolved_at == datetime(2025, 7, 14, 2, 30, tzinfo=UTC)
    assert [code for code, _ in events] == [
        "received",
        "accepted",
        "transferred",
        "resolved",
    ]
    assert "UBND phường A" in events[-1][1]
    assert broken_at(report) is None


def test_its_clocks_run_by_the_law_of_its_day_and_are_stopped(pothole, at):
    bring(write(at, rows(SHUT)))

    report = Report.objects.get()
    due = read_deadline(pothole, on=date(2025, 7, 9)).due(report.received_at).due_at
    citizen, unit = report.clocks.order_by("party")
    assert (citizen.due_at, unit.due_at) == (due, due)
    assert citizen.stopped_at == unit.stopped_at == report.resolved_at
    assert (unit.party, unit.organisation) == (Clock.Party.UNIT, report.organisation)
    assert citizen.calendar_version == unit.calendar_version != ""


def test_a_closed_case_that_nobody_is_known_for_is_closed_and_nobodys(pothole, at):
    bring(write(at, rows(SHUT | {"x": "106.8", "ward": "Ward b"})))

    report = Report.objects.get()
    assert (report.status, report.organisation) == (Status.CLOSED, None)
    assert [event.code for event in report.events.order_by("sequence")] == [
        "received",
        "accepted",
        "closed",
    ]
    assert report.decisions.get().reason == "unruled"


def test_an_open_case_waits_at_the_desk_and_nobody_is_told(pothole, at):
    bring(write(at, rows({})))

    report = Report.objects.get()
    assert (report.status, report.organisation) == (Status.RECEIVED, None)
    assert report.decisions.get().organisation.code == "ubnd-a"
    assert not report.clocks.get().is_firm
    assert not Transfer.objects.exists()
    assert not Notice.objects.exists()
    assert not StaffNotice.objects.exists()


def test_with_route_it_goes_on_and_its_unit_has_the_time_of_the_law_from_now(
    pothole, at
):
    bring(write(at, rows({})), "--route")

    report = Report.objects.get()
    unit = report.clocks.get(party="unit")
    assert (report.status, report.organisation.code) == ("transferred", "ubnd-a")
    assert report.transfers.get().at == unit.started_at == report.accepted_at
    assert unit.started_at > report.received_at
    assert report.clocks.get(party="citizen").started_at == report.received_at
    assert broken_at(report) is None
    assert not StaffNotice.objects.exists()


def test_what_comes_in_is_what_intake_would_have_filed(pothole, at):
    here = Point(106.71, 10.79, srid=4326)
    telling = TellingFactory.create(
        category=pothole, description="A hole", point=here, by_hand=True
    )
    filed = receive(telling, channel="portal", at=JULY).report

    bring(write(at, rows({})))

    came = Report.objects.get(channel="internal")
    same = [
        "kind",
        "category_id",
        "description",
        "language",
        "reporter_type",
        "is_public",
        "received_at",
        "point",
        "public_point",
        "world_cell",
        "boundary_id",
        "place_id",
        "current_place_id",
        "is_demo",
        "refusal_text",
        "public_title",
    ]
    for name in same:
        assert getattr(came, name) == getattr(filed, name), name
    of_decision = [f.attname for f in DecisionRecord._meta.concrete_fields]
    for name in set(of_decision) - {"id", "report_id", "at"}:
        ours, theirs = came.decisions.get(), filed.decisions.get()
        assert getattr(ours, name) == getattr(theirs, name), name
    assert came.clocks.get().due_at == filed.clocks.get(party="citizen").due_at
    assert read_code(came.code) == came.code
    assert (came.public_point, came.world_cell) == snap(here)


def test_codes_that_fall_alike_are_drawn_again(pothole, at, monkeypatch):
    drawn = []

    def draw(day):
        drawn.append(day)
        return new_code(day) if len(drawn) > 4 else f"1022-{day:%y%m%d}-AAAAAA-0"

    monkeypatch.setattr("incidents.importing.copies.new_code", draw)

    bring(write(at, rows({}, {})))

    assert len(drawn) == 6
    assert len({report.code for report in Report.objects.all()}) == 2


def test_what_the_database_refuses_is_told_in_a_sentence(pothole, at, monkeypatch):
    monkeypatch.setattr(
        "incidents.importing.copies.new_code", lambda day: "far too long" * 9
    )

    with pytest.raises(CommandError, match="The database broke off: value too long"):
        bring(write(at, rows({})))

    assert not Report.objects.exists()


def test_the_same_file_again_changes_nothing_and_says_so(pothole, at):
    write(at, rows({}, SHUT))
    bring(at)
    before = list(Event.objects.values_list("pk"))

    said = bring(at)

    assert list(Event.objects.values_list("pk")) == before
    assert "0 new" in said
    assert "2 here already, left as they are" in said


def test_a_row_that_changed_is_told_and_not_overwritten(pothole, at):
    bring(write(at, rows({}, {})))

    said = bring(write(at, rows({}, {"words": "A deeper hole"}, {})))

    assert {each.description for each in Report.objects.all()} == {"A hole"}
    assert "1 new" in said
    assert "1 here already, left as they are" in said
    assert [row[:2] for row in rejects(at)] == [(3, "here already, and not the same")]


def test_another_source_has_ids_of_its_own(pothole, at):
    write(at, rows({}))
    bring(at, "--source", "north")
    bring(at, "--source", "south")

    ids = Report.objects.order_by("pk").values_list("client_id", flat=True)
    assert list(ids) == ["north:1", "south:1"]


def test_rows_without_an_id_are_told_apart_by_all_they_say(pothole, at):
    columns = COLUMNS.removeprefix("external_id=id,")
    write(at, [row | {"id": ""} for row in rows({}, {}, {"state": "Other"})])

    said = bring(at, columns=columns)
    again = bring(at, columns=columns)

    assert "2 new" in said
    assert "1 in the file before, word for word" in said
    assert "2 here already, left as they are" in again
    assert Report.objects.count() == 2


def test_one_id_twice_in_a_file_comes_once_and_the_other_is_told(pothole, at):
    told = rows({}, {"words": "Something else"}, {})
    write(at, [row | {"id": "7"} for row in told])

    said = bring(at)

    assert Report.objects.get().description == "A hole"
    assert "1 in the file before, word for word" in said
    assert rejects(at)[0][:2] == (3, "the same id as another row, and not the same")


def test_one_id_twice_is_found_however_far_apart(pothole, at):
    told = rows({}, {"id": "2"}, {"id": "3"}, {"id": "1"}, {"id": "2", "words": "?"})
    write(at, told)

    said = bring(at, "--batch", "2")

    assert Report.objects.count() == 3
    assert "1 in the file before, word for word" in said
    assert [row[0] for row in rejects(at)] == [6]


def test_without_commit_all_is_told_and_nothing_kept(pothole, at):
    write(at, rows(SHUT, {}, {"kind": "Noise"}, {"x": "106.8"}))

    said = bring(at, commit=False)

    assert not Report.objects.exists()
    assert "3 new" in said
    assert "1 resolved" in said
    assert "1 rejected" in said
    assert "1 category “Noise” is none of ours; say --category-map" in said
    assert "give --commit" in said


@pytest.mark.parametrize("is_latest_first", [False, True])
def test_a_point_that_many_told_different_things_of_is_doubted(
    pothole, at, is_latest_first
):
    CategoryFactory.create(code="MT")
    kinds = ["Pothole", "TT", "MT"]
    days = [f"2025-07-{day:02} 10:00" for day in range(1, 13)]
    days.sort(reverse=is_latest_first)
    told = [{"made": day, "kind": kinds[n % 3]} for n, day in enumerate(days)]
    later = {"made": "2026-07-12 10:00"}
    elsewhere = {"made": "2025-07-12 10:00", "x": "106.72"}

    said = bring(write(at, rows(*told, later, elsewhere)), "--batch", "5")

    doubted = [
        report.client_id
        for report in Report.objects.order_by("pk")
        if "repeated" in report.decisions.get().doubts
    ]
    assert doubted == [f"other-city:{n}" for n in range(9, 13)]
    assert "28.57 % repeated" in said


def test_each_is_located_by_the_map_of_its_day_and_known_by_todays(pothole, at):
    ward = Place.objects.get(code="a").kind
    published(ward, date(2026, 1, 1), new=square(106.65, 10.75))

    bring(write(at, rows(SHUT, {"made": "2026-02-01", "shut": ""})))

    old, new = Report.objects.order_by("pk")
    assert (old.place.code, old.current_place.code) == ("a", "new")
    assert (new.place.code, new.current_place.code) == ("new", "new")


def test_all_can_be_weighed_by_the_map_of_one_day(pothole, at):
    write(at, rows(SHUT | {"made": "2024-07-09"}))

    with pytest.raises(CommandError, match="lies in no area in force on 2024-07-09"):
        bring(at)
    bring(at, "--on", "2025-07-09")

    assert Report.objects.get().organisation.code == "ubnd-a"


def test_a_category_that_needs_no_place_comes_without_one(pothole, at):
    bring(write(at, rows({"kind": "TT", "x": "", "y": ""})))

    report = Report.objects.get()
    assert (report.point, report.place, report.place_source) == (None, None, "none")


def test_a_file_of_other_words_is_read_by_a_table_of_pairs(pothole, at, tmp_path):
    pairs = tmp_path / "pairs.csv"
    pairs.write_text("theirs,ours\nHố sâu,HT-DUONG.o-ga\n")
    write(at, rows({"kind": "HỐ SÂU"}, {"kind": "Whatever"}))

    bring(at, "--category-map", str(pairs), "--default-category", "TT")

    codes = Report.objects.order_by("pk").values_list("category__code", flat=True)
    assert list(codes) == ["HT-DUONG.o-ga", "TT"]


def test_a_state_of_theirs_has_to_agree_with_the_closing_date(pothole, at):
    shut = {"state": "Closed", **SHUT}
    write(
        at,
        rows(
            shut,
            {},
            {"state": "Closed"},
            SHUT,
            {"state": "Gone"},
            SHUT | {"state": "Gone"},
        ),
    )

    bring(at, "--closed", "Gone", columns=f"{COLUMNS},status=state")

    assert [report.client_id[-1] for report in Report.objects.order_by("pk")] == list(
        "126"
    )
    assert [(row, why) for row, _, why in rejects(at)] == [
        (4, "is “Closed”, but not since when"),
        (5, "was closed on 2025-07-14 09:30, yet is “Open”; name it with --closed"),
        (6, "is “Gone”, but not since when"),
    ]


def test_what_is_imported_is_seen_where_everything_is(pothole, at, client):
    bring(write(at, rows(SHUT, {}, SHUT | {"kind": "TT", "x": "106.8"})))
    done = Report.objects.filter(status="resolved").get()

    listed = client.get("/api/v1/reports", {"ward": "a", "status": "done"}).json()
    page = client.get(f"/su-viec/{done.public_id}")
    kept = ReportFilter(organisations=frozenset({done.organisation_id})).public()

    (feature,) = listed["features"]
    told = feature["properties"]
    assert (feature["id"], told["title"]) == (done.public_id, None)
    assert told["organisation"] == "ubnd-a"
    assert told["received_on"] == "2025-07-09"
    assert page.status_code == 200
    assert "A hole" not in page.content.decode()
    assert list(kept) == [done]
    assert ReportFilter().public().count() == 2


def test_what_is_imported_is_on_the_tiles_the_case_page_and_the_desk(
    pothole, at, client
):
    bring(write(at, rows(SHUT, {})))
    done, waiting = Report.objects.order_by("pk")
    zoom = 14
    cell = done.world_cell
    across = sum((cell >> 2 * bit & 1) << bit for bit in range(20)) >> 20 - zoom
    down = sum((cell >> 2 * bit + 1 & 1) << bit for bit in range(20)) >> 20 - zoom

    tile = client.get(f"/tiles/reports/{zoom}/{across}/{down}.mvt")
    other = client.get(f"/tiles/reports/{zoom}/{across + 1}/{down}.mvt")
    case = client.get(f"/api/v1/reports/{done.code}").json()
    client.force_login(operator().user)
    desk = client.get(f"/lam-viec/phan-anh/{waiting.public_id}")

    assert (tile.status_code, other.status_code) == (200, 204)
    assert done.public_id.encode() in tile.content
    assert waiting.public_id.encode() not in tile.content
    assert (case["status"], case["result"], case["due_is"]) == (
        "resolved",
        None,
        "firm",
    )
    assert [step["label"] for step in case["timeline"]]
    assert desk.status_code == 200
    assert "A hole" in desk.content.decode()
    assert "other-city" in desk.content.decode()


def test_the_history_of_all_that_came_holds(pothole, at, capsys):
    bring(write(at, rows(SHUT, {}, SHUT | {"x": "106.8"}, {})), "--route")

    call_command("verify_history")

    assert "4 cases, 0 broken." in capsys.readouterr().out


def test_no_more_statements_are_asked_for_more_rows(
    pothole, tmp_path, django_assert_max_num_queries
):
    few, many = tmp_path / "few.csv", tmp_path / "many.csv"
    write(few, rows(*[SHUT] * 3))
    write(many, rows(*[SHUT] * 300))
    bring(few)

    with django_assert_max_num_queries(60):
        bring(many)

    assert Report.objects.count() == 303
