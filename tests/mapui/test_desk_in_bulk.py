"""Many at once at the desk: each goes to its proposed unit, or it is said why not."""

from __future__ import annotations

import pytest
from django.utils import timezone

from incidents.intake import receive
from incidents.models import Notice, Report, Status, Transfer
from tests.factories import (
    HERE,
    JULY,
    CaseFactory,
    TellingFactory,
    UserFactory,
    focal_point,
    north_of,
)

pytestmark = pytest.mark.django_db

QUEUE, CHOSEN = "/lam-viec/tong-dai", "/lam-viec/tong-dai/chuyen"


def filed(leaf, *, metres=0):
    telling = TellingFactory.create(
        category=leaf, point=north_of(HERE, metres), by_hand=True
    )
    return receive(telling, channel="hotline", at=JULY).report


def seen(*reports):
    return {"chosen": [f"{each.public_id}:{each.version}" for each in reports]}


def read(answer):
    return " ".join(answer.content.decode().split())


def test_the_chosen_go_each_to_its_unit_with_one_acknowledgement(client, desk, leaf):
    reports = [filed(leaf, metres=each) for each in (0, 10, 20)]
    assert f'value="{reports[0].public_id}:1"' in read(client.get(QUEUE))

    answer = client.post(CHOSEN, seen(*reports) | {"back": "reception"})

    assert answer.url == f"{QUEUE}?tab=reception"
    assert set(Report.objects.values_list("status", flat=True)) == {Status.TRANSFERRED}
    told = Notice.objects.filter(event__code="transferred")
    assert told.values("event__report", "channel").distinct().count() == told.count()
    assert Transfer.objects.count() == len(reports)


def test_what_cannot_go_keeps_no_other_back_and_is_told_with_the_reason(
    client, desk, leaf
):
    good, moved, claimed = (filed(leaf, metres=each) for each in (0, 10, 20))
    nobodys = CaseFactory.create(status=Status.RECEIVED, category__name="Việc lạ")
    chosen = seen(good, moved, claimed, nobodys)
    Report.objects.filter(pk=moved.pk).update(version=2)
    Report.objects.filter(pk=claimed.pk).update(
        claimed_by=UserFactory.create(), claimed_at=timezone.now()
    )

    page = read(client.post(CHOSEN, chosen))

    transferred = Report.objects.filter(status=Status.TRANSFERRED)
    assert list(transferred) == [good]
    assert page.count('class="error"') == 3
    assert "Việc lạ" in page
    assert "Chưa có đơn vị đề xuất" in page


def test_nothing_chosen_does_nothing(client, desk):
    assert client.post(CHOSEN, {"chosen": ["nothing:x", "'; --"]}).status_code == 302
    assert not Transfer.objects.exists()


def test_a_unit_transfers_nothing_at_the_desk(client, leaf):
    report = filed(leaf)
    unit = CaseFactory.create(status=Status.IN_PROGRESS).organisation
    client.force_login(focal_point(unit).user)

    client.post(CHOSEN, seen(report))

    report.refresh_from_db()
    assert report.status == Status.RECEIVED
