"""A publisher's file on its way to the map: each step once, and nothing lost."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest
from django.core.files.base import ContentFile
from django.utils import timezone

from gis_data import receiving
from gis_data.errors import NothingToKeep, TooLargeAFile
from gis_data.models import Boundary, Edition, MapChange, MapFile
from tests.factories import PlaceKindFactory, UserFactory
from tests.factories.workshop import checked_file, map_file

pytestmark = pytest.mark.django_db

ON = date(2030, 1, 1)
WEST, EAST = (106.65, 10.75, 106.75, 10.85), (106.75, 10.75, 106.85, 10.85)


@pytest.fixture
def ward(db):
    return PlaceKindFactory.create(code="ward", rank=3)


@pytest.fixture
def keeper(db):
    return UserFactory.create()


def sent_by(user, file=None, what="boundaries"):
    return receiving.send(
        file or map_file(a=WEST, b=EAST), what=what, by=user, at=timezone.now()
    )


def work_off(sent):
    receiving.work_on(sent.pk, at=timezone.now())
    sent.refresh_from_db()


def test_the_columns_are_read_before_anybody_says_what_they_mean(keeper):
    sent = sent_by(keeper)

    work_off(sent)

    (layer,) = sent.layers
    assert (layer["count"], layer["fields"]) == (2, ["code", "name"])
    assert sent.step == MapFile.Step.ASK


def test_a_report_writes_nothing_to_the_map(ward, keeper):
    sent = checked_file(by=keeper, kind="ward", on=ON, a=WEST, b=EAST)

    assert sent.report["count"] == 2
    assert [each["code"] for each in sent.report["opened"]] == ["a", "b"]
    assert not Edition.objects.exists()


def test_a_file_that_is_kept_twice_is_one_draft(ward, keeper):
    sent = checked_file(by=keeper, kind="ward", on=ON, a=WEST, b=EAST)
    receiving.keep(sent, at=timezone.now())
    work_off(sent)

    work_off(sent)
    with pytest.raises(NothingToKeep):
        receiving.keep(sent, at=timezone.now())

    assert Edition.objects.count() == 1
    assert Boundary.objects.count() == 2


def test_a_step_that_was_cut_off_is_done_again(ward, keeper, monkeypatch):
    sent = checked_file(by=keeper, kind="ward", on=ON, a=WEST, b=EAST)
    receiving.keep(sent, at=timezone.now())

    def killed(*args, **kwargs):
        raise KeyboardInterrupt

    with monkeypatch.context() as cut, pytest.raises(KeyboardInterrupt):
        cut.setattr(receiving, "sign", killed)
        receiving.work_on(sent.pk, at=timezone.now())
    before = Edition.objects.count()
    work_off(sent)

    assert before == 0
    assert (Edition.objects.count(), sent.step) == (1, MapFile.Step.KEPT)


def while_it_is_read(monkeypatch, happens):
    """Let something happen once, after a file was opened and before it is kept."""
    read, left = receiving.read_in_own_process, [happens]

    def interrupted(*args, **kwargs):
        found = read(*args, **kwargs)
        if left:
            left.pop()()
        return found

    monkeypatch.setattr(receiving, "read_in_own_process", interrupted)


def test_a_file_thrown_away_while_it_is_read_stays_away(ward, keeper, monkeypatch):
    sent = checked_file(by=keeper, kind="ward", on=ON, a=WEST, b=EAST)
    receiving.keep(sent, at=timezone.now())
    while_it_is_read(
        monkeypatch, lambda: receiving.drop(sent, by=keeper, at=timezone.now())
    )

    receiving.work_on(sent.pk, at=timezone.now())

    assert not MapFile.objects.exists()
    assert not Edition.objects.exists()


def test_what_is_asked_otherwise_while_a_file_is_checked_counts(
    ward, keeper, monkeypatch
):
    sent = sent_by(keeper)
    work_off(sent)
    wrong = receiving.Asked(kind="ward", on=ON, name="code")
    right = receiving.Asked(kind="ward", on=ON)
    receiving.check_as(sent, wrong, at=timezone.now())
    while_it_is_read(
        monkeypatch, lambda: receiving.check_as(sent, right, at=timezone.now())
    )

    work_off(sent)
    waiting = sent.step, sent.report
    work_off(sent)

    assert waiting == (MapFile.Step.CHECK, None)
    assert (sent.step, sent.asked["name"]) == (MapFile.Step.REPORT, "name")


def test_two_workers_at_one_file_make_one_draft(ward, keeper, monkeypatch):
    sent = checked_file(by=keeper, kind="ward", on=ON, a=WEST, b=EAST)
    receiving.keep(sent, at=timezone.now())
    while_it_is_read(monkeypatch, lambda: receiving.work_on(sent.pk, at=timezone.now()))

    work_off(sent)

    assert (Edition.objects.count(), sent.step) == (1, MapFile.Step.KEPT)


def test_what_cannot_be_read_says_why_and_may_be_asked_otherwise(ward, keeper):
    sent = sent_by(keeper)
    work_off(sent)
    wrong = receiving.Asked(kind="ward", on=ON, code="ma")
    receiving.check_as(sent, wrong, at=timezone.now())
    work_off(sent)
    failure = sent.failure

    receiving.check_as(sent, receiving.Asked(kind="ward", on=ON), at=timezone.now())
    work_off(sent)

    assert "ranh-gioi.geojson" in failure
    assert "ma" in failure
    assert (sent.failure, sent.step) == ("", MapFile.Step.REPORT)


def test_what_is_no_map_is_refused_when_it_is_looked_into(keeper):
    sent = sent_by(keeper, ContentFile(b"rubbish" * 100, name="rac.gpkg"))

    work_off(sent)

    assert sent.failure.startswith("rac.gpkg:")
    assert sent.layers == []


@pytest.mark.parametrize("size", [0, 11])
def test_an_empty_file_and_one_too_large_are_not_taken(keeper, settings, size):
    settings.MAP_FILE_BYTES_AT_MOST = 10

    with pytest.raises(TooLargeAFile):
        sent_by(keeper, ContentFile(b"x" * size, name="one.geojson"))

    assert not MapFile.objects.exists()


def test_a_file_thrown_away_leaves_the_disk_and_stays_on_record(
    keeper, django_capture_on_commit_callbacks
):
    sent = sent_by(keeper)
    folder = Path(sent.original.path).parent

    with django_capture_on_commit_callbacks(execute=True):
        receiving.drop(sent, by=keeper, at=timezone.now())

    assert not folder.exists()
    assert not MapFile.objects.exists()
    assert MapChange.objects.get(code="file_dropped").by == keeper


def test_files_of_long_ago_are_swept(keeper):
    sent_by(keeper)
    old = sent_by(keeper)
    MapFile.objects.filter(pk=old.pk).update(
        sent_at=timezone.now() - receiving.KEPT_FOR - timedelta(days=1)
    )

    assert receiving.sweep(at=timezone.now()) == 1
    assert not MapFile.objects.filter(pk=old.pk).exists()
