from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from threading import Barrier
from time import sleep

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, connection
from django.test.utils import CaptureQueriesContext

from incidents import staging
from incidents.errors import (
    FileTooLarge,
    NoRoomForFiles,
    SentBefore,
    StagedFileGone,
    UnacceptableFile,
)
from incidents.intake import receive
from incidents.models import Attachment, Report, StagedFile
from incidents.staging import (
    KEPT_FOR,
    may_stage,
    rename_sending,
    stage,
    staged_by,
    sweep,
    unstage,
)
from incidents.tasks import sweep_staged_files
from tests.factories import JULY, picture

pytestmark = pytest.mark.django_db

SENDING, ANOTHER = "a-sending-nobody-guesses", "another-one-nobody-guesses"
EDGES = ("BEGIN", "COMMIT", "SAVEPOINT", "RELEASE SAVEPOINT")


def held(name="photo.jpg", *, client_id=SENDING, at=JULY, size=(64, 48)):
    return stage(picture(name, size=size), client_id=client_id, at=at)


def is_on_disk(staged):
    return staged.original.storage.exists(staged.original.name)


@pytest.fixture
def ahead(telling):
    """A report of which one photo was sent ahead."""
    staged = held()
    return replace(telling, client_id=SENDING, staged=(staged.public_id,))


def test_a_file_sent_ahead_is_what_its_content_says():
    staged = stage(picture("hố.mp4", form="PNG"), client_id=SENDING, at=JULY)

    assert (staged.kind, staged.media_type) == ("photo", "image/png")
    assert staged.original.name.endswith(".png")
    assert staged_by(SENDING) == [staged]
    assert staged_by(ANOTHER) == []


def test_the_same_file_sent_again_is_the_one_we_have():
    first = held()

    again = held("once-more.jpg")

    assert again == first
    assert StagedFile.objects.count() == 1


def test_a_file_that_came_at_the_same_moment_leaves_no_orphan(monkeypatch, settings):
    first = held()
    monkeypatch.setattr("incidents.staging.staged_by", lambda _: [])

    again = held()

    files = [each for each in settings.MEDIA_ROOT.rglob("*") if each.is_file()]
    assert (again, len(files)) == (first, 1)


def test_what_is_no_photo_and_one_too_many_are_refused(settings):
    settings.ATTACHMENTS_AT_MOST = 1
    words = SimpleUploadedFile("note.jpg", b"Only words, whatever the name says.")

    with pytest.raises(UnacceptableFile):
        stage(words, client_id=SENDING, at=JULY)
    held()
    with pytest.raises(FileTooLarge):
        held(size=(9, 9))

    assert StagedFile.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_files_that_come_at_once_keep_to_the_limit_too(monkeypatch, settings):
    settings.ATTACHMENTS_AT_MOST = 1
    both = Barrier(2)

    def look_and_linger(client_id):
        found = staged_by(client_id)
        sleep(0.2)
        return found

    def send(width):
        both.wait(10)
        try:
            return bool(held(size=(width, 9)))
        except FileTooLarge:
            return False
        finally:
            connection.close()

    monkeypatch.setattr(staging, "staged_by", look_and_linger)
    with ThreadPoolExecutor(2) as pool:
        sent = list(pool.map(send, (9, 19)))

    assert sorted(sent) == [False, True]
    assert StagedFile.objects.count() == 1


def test_a_file_whose_like_was_taken_in_between_is_asked_for_again(
    monkeypatch, settings
):
    def clash(self, **_):
        raise IntegrityError

    monkeypatch.setattr(StagedFile, "save", clash)

    with pytest.raises(StagedFileGone):
        held()

    assert not [each for each in settings.MEDIA_ROOT.rglob("*") if each.is_file()]


def test_all_that_waits_has_a_limit_until_it_is_taken_or_swept(settings):
    first = held()
    settings.STAGED_BYTES_AT_MOST = first.bytes + 1

    with pytest.raises(NoRoomForFiles):
        held(client_id=ANOTHER)
    assert held() == first
    unstage(first.public_id, client_id=SENDING)

    assert held(client_id=ANOTHER).bytes == first.bytes


@pytest.mark.parametrize("client_id", ["", "short", "ký-tự-lạ-nhưng-đủ-dài", "x" * 65])
def test_a_name_that_can_be_guessed_or_is_none_stages_nothing(client_id):
    assert not may_stage(client_id)


def test_a_file_is_taken_back_from_its_own_sending_only(
    django_capture_on_commit_callbacks,
):
    staged = held()

    with django_capture_on_commit_callbacks(execute=True):
        unstage(staged.public_id, client_id=ANOTHER)
    assert is_on_disk(staged)
    with django_capture_on_commit_callbacks(execute=True):
        unstage(staged.public_id, client_id=SENDING)

    assert not StagedFile.objects.exists()
    assert not is_on_disk(staged)


def test_what_was_sent_ahead_becomes_the_report_s_own(ahead):
    report = receive(ahead, channel="portal", at=JULY).report

    attachment = report.attachments.get()
    assert (attachment.kind, attachment.bytes > 0) == ("photo", True)
    assert attachment.public_id == ahead.staged[0]
    with attachment.original.open("rb") as kept:
        assert kept.read(3) == b"\xff\xd8\xff"
    assert not StagedFile.objects.exists()


def test_filing_with_files_sent_ahead_keeps_to_twelve_statements(ahead):
    with CaptureQueriesContext(connection) as ran:
        receive(ahead, channel="portal", at=JULY)

    asked = [each["sql"] for each in ran if not each["sql"].startswith(EDGES)]
    assert len(asked) <= 12, "\n".join(asked)


def test_a_retry_after_a_lost_answer_finds_the_report_with_its_files(ahead):
    first = receive(ahead, channel="portal", at=JULY)

    again = receive(ahead, channel="portal", at=JULY)

    assert (again.is_new, again.report) == (False, first.report)
    assert Attachment.objects.count() == 1


def test_the_same_sending_with_other_files_is_another_body(ahead):
    receive(ahead, channel="portal", at=JULY)
    other = held(size=(9, 9))

    with pytest.raises(SentBefore):
        receive(replace(ahead, staged=(other.public_id,)), channel="portal", at=JULY)


@pytest.mark.parametrize("client_id", [SENDING, ANOTHER])
def test_a_report_that_names_a_file_that_is_gone_is_not_filed_without_it(
    telling, client_id
):
    staged = held()
    if client_id == SENDING:
        unstage(staged.public_id, client_id=SENDING)
    told = replace(telling, client_id=client_id, staged=(staged.public_id,))

    with pytest.raises(StagedFileGone):
        receive(told, channel="portal", at=JULY)

    assert not Report.objects.exists()


def test_files_follow_their_sending_under_another_name():
    staged = held()

    rename_sending(SENDING, new=ANOTHER)

    assert staged_by(ANOTHER) == [staged]


def test_what_no_report_came_for_is_swept_after_a_day(
    django_capture_on_commit_callbacks,
):
    stale = held()
    fresh = held(client_id=ANOTHER, at=JULY + timedelta(hours=1))

    with django_capture_on_commit_callbacks(execute=True):
        swept = sweep(at=JULY + KEPT_FOR + timedelta(minutes=1))

    assert swept == 1
    assert list(StagedFile.objects.all()) == [fresh]
    assert (is_on_disk(stale), is_on_disk(fresh)) == (False, True)


def test_the_worker_sweeps():
    held()

    sweep_staged_files(timestamp=0)

    assert not StagedFile.objects.exists()
