from __future__ import annotations

import struct
import zlib
from io import BytesIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from incidents import media
from incidents.errors import FileTooLarge, UnacceptableFile
from incidents.media import look_into, prepare
from incidents.models import Attachment
from incidents.tasks import prepare_attachment
from tests.factories import JULY, AttachmentFactory, ReportFactory, picture

GPS = 0x8825
ORIENTATION = 0x0112
#: The first bytes of what phones make; what follows them is of no account here.
HEADS = {
    "video/mp4": b"\0\0\0\x20ftypisom\0\0\x02\0isomiso2avc1mp41" + b"\0" * 64,
    "video/quicktime": b"\0\0\0\x14ftypqt  \0\0\0\0qt  " + b"\0" * 64,
    "video/3gpp": b"\0\0\0\x18ftyp3gp4\0\0\x02\x003gp4isom" + b"\0" * 64,
    "video/webm": b"\x1aE\xdf\xa3\x9fB\x86\x81\x01B\xf7\x81\x01B\xf2\x81\x04B\xf3\x81"
    b"\x08B\x82\x84webmB\x87\x81\x04B\x85\x81\x02" + b"\0" * 64,
    "audio/mpeg": b"ID3\x04\0\0\0\0\0\x0aTSSE" + b"\0" * 64,
    "audio/mp4": b"\0\0\0\x20ftypM4A \0\0\x02\0M4A mp42isom" + b"\0" * 64,
    "audio/ogg": b"OggS\0\x02" + b"\0" * 22 + b"\x01\x13OpusHead\x01\x01" + b"\0" * 64,
    "audio/wav": b"RIFF\x24\0\0\0WAVEfmt \x10\0\0\0\x01\0\x01\0" + b"\0" * 64,
    "audio/amr": b"#!AMR\n" + b"\x3c" * 64,
}


def chunk(name, data):
    checked = struct.pack(">I", zlib.crc32(name + data))
    return struct.pack(">I", len(data)) + name + data + checked


def png(width, height, *, extra=b"", pixels=b""):
    """A PNG that claims a size, whatever it holds."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + extra
        + chunk(b"IDAT", zlib.compress(pixels))
        + chunk(b"IEND", b"")
    )


def with_gps():
    """A JPEG that says where and how it was taken, as a phone's does."""
    exif = Image.Exif()
    exif[ORIENTATION] = 6
    exif[0x010F] = "TELLTALE-MAKER"
    exif.get_ifd(GPS).update({1: "N", 2: (10.0, 46.0, 30.0), 3: "E"})
    return picture(size=(60, 40), exif=exif, comment=b"TELLTALE-COMMENT")


def attached(content, **given):
    return AttachmentFactory.create(
        report=ReportFactory.create(),
        original=SimpleUploadedFile("original.jpg", content),
        **given,
    )


def prepared(content):
    row = attached(content)
    prepare(row.pk)
    row.refresh_from_db()
    return row


@pytest.mark.parametrize(
    ("form", "media_type"),
    [("JPEG", "image/jpeg"), ("PNG", "image/png"), ("WEBP", "image/webp")],
)
@pytest.mark.parametrize("name", ["photo.jpg", "notes.txt", "page.html", "none"])
def test_a_photo_is_known_by_its_content_whatever_it_is_called(form, media_type, name):
    (upload,) = look_into([picture(name, form=form)])

    assert (upload.kind, upload.media_type) == (Attachment.Kind.PHOTO, media_type)
    assert upload.ending != "txt"


@pytest.mark.parametrize("media_type", HEADS)
def test_videos_and_recordings_are_known_by_their_content(media_type):
    sent = SimpleUploadedFile("a.bin", HEADS[media_type], content_type="text/plain")

    (upload,) = look_into([sent])

    assert upload.media_type == media_type
    assert media_type.startswith(upload.kind)


def test_a_film_as_a_browser_records_it_is_taken():
    film = b"\0\0\0\x18ftypiso5\0\0\0\0iso5isom" + b"\0" * 64

    (upload,) = look_into([SimpleUploadedFile("film", film)])

    assert upload.media_type == "video/mp4"


@pytest.mark.parametrize(
    "content",
    [
        b"<!DOCTYPE html><html><script>alert(1)</script></html>",
        b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
        b"%PDF-1.7\n",
        b"MZ\x90\0" + b"\0" * 200,
        b"PK\x03\x04" + b"\0" * 200,
        b"GIF89a" + b"\0" * 200,
        b"just words",
        b"",
        b"\0",
    ],
)
@pytest.mark.parametrize("name", ["photo.jpg", "film.mp4"])
def test_what_is_no_medium_is_refused_whatever_it_is_called(content, name):
    sent = SimpleUploadedFile(name, content, content_type="image/jpeg")

    with pytest.raises(UnacceptableFile) as refused:
        look_into([sent])

    assert (refused.value.status, refused.value.field) == (415, "attachments")
    assert name in str(refused.value)


def test_a_file_that_is_too_large_is_refused(settings):
    settings.ATTACHMENT_BYTES_AT_MOST = 500

    with pytest.raises(FileTooLarge) as refused:
        look_into([picture(size=(400, 400))])

    assert refused.value.status == 413


def test_more_files_than_we_take_are_refused(settings):
    settings.ATTACHMENTS_AT_MOST = 2

    assert len(look_into([picture(), picture()])) == 2
    with pytest.raises(FileTooLarge):
        look_into([picture(), picture(), picture()])


@pytest.mark.django_db
def test_an_original_is_kept_as_it_came_under_a_name_nobody_can_guess():
    sent = with_gps()
    content = sent.read()
    report = ReportFactory.create()

    media.keep(look_into([sent]), report=report, at=JULY)

    row = Attachment.objects.get()
    with row.original.open("rb") as kept:
        assert kept.read() == content
    assert row.original.name.startswith("originals/")
    assert row.public_id in row.original.name
    assert "photo" not in row.original.name
    assert (row.bytes, row.state) == (len(content), Attachment.State.WAITING)


@pytest.mark.django_db
def test_a_derivative_holds_its_pixels_and_nothing_else():
    row = prepared(with_gps().read())

    assert row.state == Attachment.State.READY
    for made in (row.shown, row.thumbnail):
        with made.open("rb") as file:
            content = file.read()
        with Image.open(BytesIO(content)) as photo:
            assert dict(photo.getexif()) == {}
            assert photo.getexif().get_ifd(GPS) == {}
            assert not {"exif", "comment", "xmp", "icc_profile"} & photo.info.keys()
        for telltale in (b"TELLTALE", b"Exif"):
            assert telltale not in content


@pytest.mark.django_db
def test_a_photo_is_turned_upright_before_its_exif_is_dropped():
    row = prepared(with_gps().read())

    with row.shown.open("rb") as file, Image.open(file) as photo:
        assert photo.size == (40, 60)


@pytest.mark.django_db
def test_derivatives_are_no_larger_than_they_are_shown():
    row = prepared(picture(size=(2400, 1200)).read())

    for made, size in [(row.shown, (1600, 800)), (row.thumbnail, (320, 160))]:
        with made.open("rb") as file, Image.open(file) as photo:
            assert photo.size == size


@pytest.mark.django_db
@pytest.mark.parametrize("mode", ["L", "P", "RGBA", "LA", "1"])
def test_a_photo_of_any_colours_is_prepared(mode):
    written = BytesIO()
    Image.new(mode, (8, 8)).save(written, "PNG")

    assert prepared(written.getvalue()).state == Attachment.State.READY


@pytest.mark.django_db
@pytest.mark.parametrize(
    "content",
    [
        pytest.param(png(50_000, 50_000), id="a-bomb"),
        pytest.param(png(13_000, 13_000), id="a-smaller-bomb"),
        pytest.param(png(10, 10), id="no-pixels"),
        pytest.param(png(10, 10)[:-20], id="cut-off"),
        pytest.param(b"\x89PNG\r\n\x1a\n" + b"\0" * 50, id="a-head-alone"),
        pytest.param(picture(size=(300, 300)).read()[:300], id="half-a-jpeg"),
        pytest.param(
            png(
                10,
                10,
                extra=chunk(b"zTXt", b"a\0\0" + zlib.compress(b"x" * 20_000_000)),
            ),
            id="a-text-bomb",
        ),
        pytest.param(b"%!PS-Adobe-3.0 EPSF-3.0\n", id="not-what-it-was"),
        pytest.param(b"", id="empty"),
    ],
)
def test_a_photo_that_cannot_be_read_is_marked_broken(content):
    row = prepared(content)

    assert row.state == Attachment.State.BROKEN
    assert not row.shown
    assert row.approved_at is None


@pytest.mark.django_db
def test_a_recording_needs_no_preparing():
    row = attached(HEADS["audio/ogg"], kind="audio", media_type="audio/ogg")

    prepare_attachment(attachment_id=row.pk)

    row.refresh_from_db()
    assert (row.state, bool(row.shown)) == (Attachment.State.READY, False)


@pytest.mark.django_db
def test_preparing_twice_makes_it_once():
    row = attached(picture().read())
    prepare(row.pk)
    row.refresh_from_db()
    first = row.shown.name

    prepare(row.pk)

    row.refresh_from_db()
    assert row.shown.name == first


@pytest.mark.django_db
def test_a_photo_that_was_sent_is_not_shown_by_being_prepared():
    row = prepared(picture().read())

    assert row.approved_at is None


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("status", "answer", "kept"),
    [
        ("in_progress", 200, "public, max-age=3600"),
        ("duplicate", 200, "private, no-store"),
        ("refused", 404, None),
        ("withdrawn", 404, None),
    ],
)
def test_a_photo_is_public_for_as_long_as_its_case_is(
    client, status, answer, kept, django_assert_num_queries
):
    photo = AttachmentFactory.create(
        report=ReportFactory.create(status=status, accepted_at=JULY),
        state=Attachment.State.READY,
        shown=picture(),
        approved_at=JULY,
    )

    with django_assert_num_queries(1):
        shown = client.get(f"/photos/{photo.public_id}.jpg")

    if shown.streaming:
        assert b"".join(shown.streaming_content)
    assert (shown.status_code, shown.get("Cache-Control")) == (answer, kept)
