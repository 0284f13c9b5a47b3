from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.gis.geos import MultiPolygon
from django.utils import timezone

from incidents import announcing
from incidents.models import Attachment, Incident, Report, Status
from tests.factories import (
    HERE,
    AttachmentFactory,
    CaseFactory,
    OrganisationFactory,
    focal_point,
    north_of,
    operator,
    square,
)

from .case_page import act, page, status_of

pytestmark = pytest.mark.django_db
LOOK = 0x5A5A_33CC_0F0F_7171


@pytest.fixture
def outage(leaf):
    """What a company announced for round HERE, not approved yet."""
    company, now = OrganisationFactory.create(name="Cấp nước"), timezone.now()
    return announcing.announce(
        company,
        category=leaf.branch,
        area=MultiPolygon(square(106.69, 10.79, 0.02)[0], srid=4326),
        words=announcing.Words(title="Cúp nước đến 17:00"),
        starts_at=now - timedelta(hours=1),
        ends_at=now + timedelta(hours=3),
        by=focal_point(company),
        at=now - timedelta(minutes=5),
    )


def near(client, leaf, **said):
    asked = {"category": leaf.code, "lat": HERE.y, "lon": HERE.x} | said
    return client.get("/gui-phan-anh/gan-day", asked).content.decode()


def test_who_is_about_to_report_sees_an_outage_once_it_is_approved(
    client, leaf, outage
):
    assert outage.title not in near(client, leaf)
    assert client.get(f"/su-co/{outage.head.public_id}").status_code == 404

    announcing.approve(outage, by=operator(), at=timezone.now())

    assert outage.title in near(client, leaf)
    assert outage.title not in near(client, leaf, lat=HERE.y + 0.2)
    shown = client.get(f"/su-co/{outage.head.public_id}").content.decode()
    assert outage.head.code not in shown
    (feature,) = client.get("/su-co/vung.json").json()["features"]
    assert feature["properties"]["title"] == outage.title
    assert feature["geometry"]["type"] == "MultiPolygon"


def test_the_desk_approves_and_the_unit_moves_the_end(client, desk, outage):
    at_work = f"/lam-viec/su-co/{outage.head.public_id}"
    assert outage.title in client.get("/lam-viec/su-co").content.decode()

    assert client.post(f"{at_work}/duyet").url == at_work
    client.force_login(focal_point(outage.head.organisation).user)
    assert client.post(f"{at_work}/doi-gio", {"until": ""}).status_code == 422
    later = timezone.localtime(timezone.now() + timedelta(hours=9))
    moved = {"until": f"{later:%Y-%m-%dT%H:%M}"}
    assert client.post(f"{at_work}/doi-gio", moved).status_code == 422
    client.post(f"{at_work}/doi-gio", moved | {"text": "Ống hư nặng hơn."})
    client.post(f"{at_work}/ket-thuc", {"text": "Đã có nước."})

    outage.refresh_from_db()
    assert outage.is_over
    assert outage.ends_at > timezone.now() + timedelta(hours=8)


def test_another_unit_does_not_even_find_it(client, unit, outage):
    at_work = f"/lam-viec/su-co/{outage.head.public_id}"

    assert client.get(at_work).status_code == 404
    assert client.post(f"{at_work}/ket-thuc", {"text": "Xong"}).status_code == 404


def test_a_unit_announces_by_wards_without_drawing(client, unit, leaf, ward):
    now = timezone.localtime()
    said = {
        "unit": unit.code,
        "category": leaf.branch.code,
        "title": "Thi công",
        "wards": [ward.code],
        "starts_at": f"{now:%Y-%m-%dT%H:%M}",
        "ends_at": f"{now + timedelta(hours=2):%Y-%m-%dT%H:%M}",
    }

    wrong = client.post("/lam-viec/su-co/thong-bao", said | {"streets": "Không có"})
    made = client.post("/lam-viec/su-co/thong-bao", said)

    assert wrong.status_code == 422
    incident = Incident.objects.get()
    assert made.url.endswith(incident.head.public_id)
    assert incident.where == ward.name
    assert incident.area.contains(HERE)


def test_a_later_report_is_offered_its_incident_and_added_at_one_press(
    client, desk, leaf, outage
):
    late = CaseFactory.create(
        category=leaf, status=Status.RECEIVED, received_at=timezone.now()
    )
    assert outage.title in client.get(page(late)).content.decode()

    added = client.post(
        f"/lam-viec/su-co/{outage.head.public_id}/them",
        {"report": late.public_id, "back": "case"},
    )

    assert added.url == page(late)
    late.refresh_from_db()
    assert (late.incident, late.status) == (outage, Status.TRANSFERRED)


def test_twins_are_joined_and_taken_apart_from_the_page(client, desk, leaf):
    master = CaseFactory.create(category=leaf, point=north_of(HERE, 20))
    report = CaseFactory.create(category=leaf, description="Cái hố")
    assert "Gộp vào đây" in client.get(page(report)).content.decode()

    act(client, report, "merge", into=master.public_id)
    assert status_of(report) == Status.DUPLICATE
    assert "Cái hố" in client.get(page(master)).content.decode()

    act(client, Report.objects.get(pk=report.pk), "unmerge")
    assert status_of(report) == Status.ACCEPTED


def test_a_photo_seen_before_is_flagged_and_leads_only_where_one_may_look(client, leaf):
    unit = OrganisationFactory.create()
    mine = CaseFactory.create(
        category=leaf, status=Status.IN_PROGRESS, organisation=unit
    )
    other = CaseFactory.create(category=leaf)
    ready = {"state": Attachment.State.READY, "thumbnail": "one.jpg"}
    AttachmentFactory.create(report=mine, look=LOOK, **ready)
    AttachmentFactory.create(report=other, look=LOOK ^ 0b101, **ready)

    client.force_login(operator().user)
    seen = client.get(page(mine)).content.decode()
    client.force_login(focal_point(unit).user)
    hidden = client.get(page(mine)).content.decode()

    assert f'href="{page(other)}"' in seen
    assert "Ảnh này đã có ở phản ánh khác" in hidden
    assert other.public_id not in hidden


def test_of_an_incident_one_reads_the_reports_one_may_see_and_how_many_there_are(
    client, leaf, outage
):
    unit, other = outage.head.organisation, OrganisationFactory.create()
    mine, theirs = (
        CaseFactory.create(
            category=leaf,
            status=Status.IN_PROGRESS,
            organisation=each,
            description=f"Lời của {each.code}, gọi 0901 234 567",
        )
        for each in (unit, other)
    )
    Report.objects.filter(pk__in=[mine.pk, theirs.pk]).update(incident=outage)
    address = f"/lam-viec/su-co/{outage.head.public_id}"

    client.force_login(focal_point(unit).user)
    seen = client.get(address).content.decode()
    client.force_login(operator().user)
    all_of_it = client.get(address).content.decode()

    assert f"Lời của {unit.code}" in seen
    assert "0901 234 567" not in seen
    assert theirs.public_id not in seen
    assert '<span class="badge">2</span>' in seen
    assert theirs.description in all_of_it
