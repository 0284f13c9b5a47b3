from __future__ import annotations

from io import BytesIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image, ImageDraw, ImageEnhance

from incidents import media
from incidents.looks import look_of, seen_before
from incidents.models import Attachment
from tests.factories import AttachmentFactory, picture

pytestmark = pytest.mark.django_db


def street(seed):
    """A scene that no other seed has: large things, as a photo of a street has them."""
    scene = Image.new("RGB", (640, 480), (seed * 37 % 255, 120, 90))
    pen = ImageDraw.Draw(scene)
    for turn in range(14):
        x, y = (seed * 131 + turn * 97) % 560, (seed * 61 + turn * 53) % 400
        side = 30 + (seed * 17 + turn * 29) % 120
        paint = tuple((seed * 53 + turn * 71 + part * 89) % 255 for part in range(3))
        pen.rectangle((x, y, x + side, y + side), fill=paint)
    return scene


def kept(scene, *, quality=90, side=None, form="JPEG", **where):
    """A photo as it was sent, prepared by the worker."""
    if side:
        scene = scene.resize((side, side * scene.height // scene.width))
    written = BytesIO()
    scene.save(written, form, quality=quality)
    sent = SimpleUploadedFile("photo.jpg", written.getvalue())
    row = AttachmentFactory.create(original=sent, **where)
    media.prepare(row.pk)
    return Attachment.objects.get(pk=row.pk)


@pytest.mark.parametrize(
    ("again", "how"),
    [
        (lambda scene: scene, {"quality": 35}),
        (lambda scene: scene, {"side": 320}),
        (lambda scene: scene, {"side": 1200, "quality": 60}),
        (lambda scene: scene, {"form": "PNG"}),
        (lambda scene: ImageEnhance.Brightness(scene).enhance(0.85), {}),
    ],
    ids=["compressed", "smaller", "larger", "as a PNG", "darker"],
)
def test_a_photo_is_known_again_however_it_was_saved(again, how):
    for seed in range(8):
        before = kept(street(seed))
        after = kept(again(street(seed)), **how)

        (found,) = [
            each for each in seen_before([after]) if each.report == before.report_id
        ]
        assert (found.attachment, found.is_result) == (after.pk, False)


def test_photos_of_other_things_are_not_taken_for_one():
    photos = [kept(street(seed)) for seed in range(30)]

    assert seen_before(photos) == []


def test_within_its_own_case_a_photo_may_stand_as_often_as_it_likes():
    first = kept(street(1))
    kept(street(1), report=first.report)

    assert seen_before([first]) == []


def test_what_shows_nothing_looks_like_nothing():
    assert look_of(Image.new("RGB", (300, 200), "black")) is None
    row = AttachmentFactory.create(original=picture())
    media.prepare(row.pk)
    assert Attachment.objects.get(pk=row.pk).look is None


def test_the_search_reads_the_index_and_not_every_photo(django_assert_num_queries):
    photo = kept(street(1))
    plain = AttachmentFactory.build(report=photo.report)

    with django_assert_num_queries(1):
        seen_before([photo])
    with django_assert_num_queries(0):
        seen_before([plain])
