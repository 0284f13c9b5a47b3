from __future__ import annotations

import shutil
from collections import Counter, defaultdict
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import transaction
from django.test import override_settings
from procrastinate.contrib.django.models import ProcrastinateJob

from accounts.models import User
from gis_data.models import PlaceKind
from incidents.city import load_city
from incidents.demo import clear, seed
from incidents.demo.cases import ALL_STEPS
from incidents.demo.gathered import TOLD
from incidents.demo.people import DOMAIN, read_passwords, write_passwords
from incidents.errors import NothingToSeedOn
from incidents.history import Happening, broken_at, last_event, record
from incidents.models import (
    Attachment,
    Clock,
    Contact,
    ContactReading,
    DecisionRecord,
    Event,
    Incident,
    Membership,
    Notice,
    PriorityWeights,
    Report,
    Status,
)
from incidents.models.priority import WEIGHTS
from incidents.models.status import BEFORE_ACCEPTANCE, ENDED, IN_HAND
from incidents.privacy import open_contact
from incidents.replaying import replay
from tests.factories import CaseFactory, published, square

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 20, 3, tzinfo=UTC)
WARDS = {
    "26740": square(106.65, 10.749),
    "26743": square(106.75, 10.75),
    "26800": square(106.65, 10.85),
}
CITY = {"79": square(106.65, 10.75, 0.2)}
ASKED = {"reports": 260, "days": 120, "seed": 1022}


@pytest.fixture(scope="module")
def seeded(django_db_setup, django_db_blocker, tmp_path_factory):
    """A small map with the city's own data, and a season of demo reports on it."""
    var = tmp_path_factory.mktemp("var")
    fast = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    here = {"VAR_DIR": var, "MEDIA_ROOT": var / "media", "PASSWORD_HASHERS": fast}
    with (
        django_db_blocker.unblock(),
        override_settings(DEMO=True, **here),
        transaction.atomic(),
    ):
        for code, rank, shapes in (("ward", 3, WARDS), ("city", 1, CITY)):
            kind, _ = PlaceKind.objects.get_or_create(code=code, rank=rank)
            published(kind, date(2025, 7, 1), **shapes)
        load_city(settings.CITY_DIR)
        done = seed(**ASKED, at=NOW, photographed=3)
        write_passwords(done.accounts)
        yield var
        transaction.set_rollback(True)


@pytest.fixture
def town(seeded, settings, tmp_path):
    """The town with files of its own, for a test to change as it likes."""
    shutil.copytree(seeded, tmp_path / "var")
    settings.DEMO, settings.VAR_DIR = True, tmp_path / "var"
    settings.MEDIA_ROOT = settings.VAR_DIR / "media"
    return settings.VAR_DIR


@pytest.fixture
def reports(town):
    """What people told; that incidents were made of some of it is another matter."""
    return Report.objects.filter(is_demo=True, headed=None, incident=None)


def drawn():
    told = Report.objects.filter(is_demo=True).order_by("received_at", "pk")
    return list(
        told.values_list("description", "point", "status", "category", "channel")
    )


def test_every_state_of_the_machine_is_there_to_be_seen(reports):
    assert set(reports.values_list("status", flat=True)) == set(Status)


def test_the_mix_is_that_of_a_real_month(reports):
    codes = Counter(reports.values_list("category__code", flat=True))
    ended = reports.filter(status__in=ENDED).count()
    placeless = reports.filter(point=None).count()

    assert 0.36 < codes["MR.hanh-chinh-cong"] / 260 < 0.50
    assert 0.10 < sum(n for c, n in codes.items() if c.startswith("HT")) / 260 < 0.28
    assert 0.40 < placeless / 260 < 0.60
    assert ended / 260 > 0.9


def test_every_point_lies_on_the_map_of_its_own_day(reports):
    located = reports.filter(point__isnull=False).select_related("boundary")

    assert located.count() > 80
    for report in located:
        assert report.received_at.date() in report.boundary.validity
        assert report.place_id == report.boundary.place_id


def test_some_open_cases_are_late_and_some_were_answered_late_or_in_time(reports):
    clocks = Clock.objects.filter(report__in=reports, party=Clock.Party.CITIZEN)
    running = clocks.filter(stopped_at=None)

    assert running.filter(due_at__lt=NOW).exists()
    assert running.filter(due_at__gte=NOW).exists()
    assert clocks.count() == 260


def test_nothing_happens_before_a_report_came_or_after_now(reports):
    for report in reports.prefetch_related("events"):
        times = [event.at for event in report.events.order_by("sequence")]
        assert times == sorted(times)
        assert report.received_at == times[0]
        assert report.updated_at == times[-1] <= NOW


def test_every_history_is_chained_to_its_last_event(reports):
    assert {broken_at(report) for report in reports} == {None}


def test_every_history_follows_the_table_of_steps(reports):
    told = defaultdict(list)
    for step in ALL_STEPS.values():
        told[str(step.event)].append(step)
    for report in reports:
        status = Status.RECEIVED
        for event in report.events.order_by("sequence")[1:]:
            steps = told[event.code]
            fit = [each for each in steps if status in each.sources]
            acted = event.by is None and event.at == report.received_at
            assert fit or acted, (report.status, event.code)
            status = (fit or steps)[0].target or status
        assert status == report.status


def test_a_case_in_hand_has_a_unit_whose_clock_runs(reports):
    for report in reports.filter(status__in=IN_HAND - {Status.REOPENED}):
        clock = report.clocks.get(party=Clock.Party.UNIT, stopped_at=None)
        last = report.transfers.order_by("pk").last()
        assert clock.organisation == report.organisation == last.organisation


def test_an_ended_case_has_no_clock_that_runs(reports):
    ended = reports.filter(status__in=ENDED)

    assert not Clock.objects.filter(report__in=ended, stopped_at=None).exists()


def test_a_flood_is_put_together_and_works_are_announced(town):
    demo = {each.kind: each for each in Incident.objects.filter(head__is_demo=True)}

    flood, works = demo[Incident.Kind.GROUPED], demo[Incident.Kind.PLANNED]
    members = flood.reports.all()
    assert 0 < members.count() <= TOLD
    assert members.filter(is_demo=False).count() == 0
    assert {each.organisation for each in members} == {flood.head.organisation}
    assert {each.category.branch for each in members} == {flood.head.category}
    assert not Clock.objects.filter(
        report__in=members, party=Clock.Party.UNIT, stopped_at=None
    ).exists()
    dues = works.head.clocks.running().values_list("due_at", flat=True)
    assert set(dues) == {works.ends_at}
    assert works.starts_at <= NOW < works.ends_at
    assert set(Incident.objects.public()) == {flood, works}
    for each in (flood.head, works.head, *members):
        assert broken_at(each) is None


def test_every_report_has_its_decision_and_its_sealed_contact(reports):
    assert DecisionRecord.objects.filter(report__in=reports).count() == 260
    assert Contact.objects.filter(report__in=reports).count() == 260
    for contact in Contact.objects.filter(report__in=reports)[:20]:
        person = open_contact(contact, by="test", why="test", at=NOW)
        assert not person.phone or person.phone.startswith("+84000")
        assert not person.email or person.email.endswith(DOMAIN)


def test_every_demo_report_went_where_the_rules_of_its_day_send_it(reports):
    told = replay(reports)

    assert (told.count, told.moved) == (ASKED["reports"], {})


def test_nobody_is_told_of_a_demo_report(reports):
    assert not Notice.objects.exists()
    assert not ProcrastinateJob.objects.exists()
    assert not ContactReading.objects.exists()


def test_accepted_reports_are_public_and_some_have_a_title(reports):
    public = reports.public()

    assert not public.filter(status__in=BEFORE_ACCEPTANCE - ENDED).exists()
    assert 0 < public.exclude(public_title="").count() < public.count()
    assert not reports.exclude(public_title="").filter(is_public=False).exists()


def test_some_results_are_shown_with_photos(reports):
    shown = Attachment.objects.filter(report__in=reports, approved_at__isnull=False)

    assert shown.count() == 3  # One for each result.
    for photo in shown:
        assert Path(photo.thumbnail.path).stat().st_size > 500


def test_there_is_an_account_for_every_role(town):
    held = Membership.objects.filter(user__username__in=read_passwords())

    assert set(held.values_list("role", flat=True)) == set(Membership.Role)
    keepers = User.objects.filter(is_superuser=True).values_list("username", flat=True)
    assert list(keepers) == ["quan-tri"]
    for username, password in read_passwords().items():
        assert User.objects.get(username=username).check_password(password)


def test_the_passwords_are_for_the_owner_of_the_site_alone(town):
    file = town / "demo-accounts.txt"

    assert file.stat().st_mode & 0o777 == 0o600


def test_a_second_run_adds_nothing_and_changes_no_password(town, reports):
    before = read_passwords(), User.objects.count(), Event.objects.count()

    done = seed(**ASKED, at=NOW)
    write_passwords(done.accounts)

    assert done.reports == 0
    assert (read_passwords(), User.objects.count(), Event.objects.count()) == before


def test_the_same_seed_draws_the_same_reports_and_another_does_not(town):
    first = drawn()
    clear()
    seed(**ASKED, at=NOW, photographed=0)
    again = drawn()
    clear()
    seed(**ASKED | {"seed": 7}, at=NOW, photographed=0)

    assert again == first
    assert drawn() != first


def test_clearing_takes_the_demo_away_with_its_files_and_nothing_else(
    town, django_capture_on_commit_callbacks
):
    case = CaseFactory.create()
    files = [p for p in (town / "media").rglob("*") if p.is_file()]

    with django_capture_on_commit_callbacks(execute=True):
        done = clear()

    assert (done.files, len(files)) == (18, 18)
    assert not [p for p in (town / "media").rglob("*") if p.is_file()]
    assert list(Report.objects.all()) == [case]
    assert Event.objects.get().report == case
    assert Contact.objects.get().report == case
    assert not User.objects.exists()


def test_an_account_that_acted_on_a_real_case_is_shut_and_its_name_stays(town):
    case, operator = CaseFactory.create(), User.objects.get(username="tong-dai")
    happened = [Happening(code=Event.Code.CLAIMED)]
    record(case, happened, at=NOW, by=operator, after=last_event(case))

    done = clear()

    assert done.shut == ("tong-dai",)
    assert list(User.objects.values_list("username", "is_active")) == [
        ("tong-dai", False)
    ]


def test_an_account_that_set_what_priority_weighs_is_shut_and_its_name_stays(town):
    setter = User.objects.get(username="tong-dai")
    weights = dict.fromkeys(WEIGHTS, 1.0)
    PriorityWeights.objects.create(**weights, why="Mưa", set_by=setter, set_at=NOW)

    done = clear()

    assert done.shut == ("tong-dai",)
    assert PriorityWeights.objects.get().set_by.username == "tong-dai"
    assert not User.objects.get().is_active


def test_only_a_demo_database_is_seeded(town, settings):
    clear()
    settings.DEMO = False

    with pytest.raises(CommandError, match="DEMO"):
        call_command("seed_demo", commit=True)

    assert not User.objects.exists()


def test_days_before_the_map_are_not_seeded_and_nothing_is_kept(town):
    clear()

    with pytest.raises(NothingToSeedOn):
        seed(**ASKED | {"days": 4000}, at=NOW)

    assert not User.objects.exists()


def test_the_command_tells_what_it_seeded_and_prints_the_accounts(town, capsys):
    clear()

    call_command("seed_demo", reports=40, commit=True)

    said = capsys.readouterr().out
    assert Report.objects.filter(is_demo=True, headed=None, incident=None).count() == 40
    assert all(password in said for password in read_passwords().values())


def test_without_commit_nothing_is_seeded_or_removed(town, reports, capsys):
    count = reports.count(), User.objects.count()

    call_command("clear_demo")

    assert (reports.count(), User.objects.count()) == count
    assert "give --commit" in capsys.readouterr().out
