"""A refused denunciation is afterwards for the shift lead and auditors alone."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from django.core.management import call_command
from django.db.utils import IntegrityError
from django.utils import timezone

from incidents import calls, handover
from incidents.afterwards import concerns_of
from incidents.carried.as_csv import csv_of
from incidents.case_exports import cases_between, plain_table
from incidents.density import density
from incidents.directives import given_by
from incidents.errors import NotNow
from incidents.intake import receive
from incidents.models import (
    Arbitration,
    Attachment,
    Concern,
    Directive,
    Membership,
    Organisation,
    Report,
    Status,
    Transfer,
)
from incidents.permissions import visible_to
from incidents.publishing import approve_photo
from incidents.statistics import Boundaries, count_by_ward
from incidents.worklist import work_of
from tests.factories import (
    JULY,
    LAN,
    AttachmentFactory,
    OrganisationFactory,
    RefusalReasonFactory,
    UserFactory,
    focal_point,
    operator,
    picture,
    somebody,
)

pytestmark = pytest.mark.django_db
Role, Type = Membership.Role, Organisation.Type
PORTAL = {"type": Type.OPERATOR}


def refused(telling, code):
    telling = replace(telling, by_hand=True)
    report = receive(telling, channel="portal", at=JULY).report
    reason = RefusalReasonFactory.create(code=code)
    desk = operator()
    return handover.refuse(report, by=desk, at=JULY, reason=reason, text="Gửi đơn")


@pytest.fixture
def denunciation(telling):
    """A refused denunciation that a unit had in hand once, with a photo."""
    report = refused(telling, "TO_CAO")
    unit = Organisation.objects.get(code="ubnd-a")
    Transfer.objects.create(report=report, sender=unit, reason="No", at=JULY)
    AttachmentFactory.create(
        report=report, state=Attachment.State.READY, thumbnail=picture()
    )
    return report


def everybody_else(report):
    """All who see every case, or had this one in hand."""
    unit = Organisation.objects.get(code="ubnd-a")
    return [
        operator(),
        somebody(Role.CITY_LEADER),
        somebody(Role.ADMINISTRATOR, OrganisationFactory.create(**PORTAL)),
        focal_point(unit),
        somebody(Role.LEADER, unit),
    ]


def those_it_is_for():
    portal = OrganisationFactory.create(**PORTAL)
    return [somebody(Role.SHIFT_LEAD, portal), somebody(Role.AUDITOR)]


@pytest.mark.parametrize(
    ("code", "is_kept"), [("TO_CAO", True), ("KHIEU_NAI", True), ("NGON_TU", False)]
)
def test_what_is_refused_as_denunciation_or_complaint_is_kept_apart(
    telling, code, is_kept
):
    report = refused(telling, code)

    assert report.is_quarantined is is_kept
    assert Report.objects.unquarantined().exists() is not is_kept


def test_only_the_shift_lead_and_auditors_find_it(denunciation):
    for somebody_ in those_it_is_for():
        assert Report.objects.filter(visible_to(somebody_)).exists()
    for somebody_ in everybody_else(denunciation):
        assert not Report.objects.filter(visible_to(somebody_)).exists()


def test_it_is_on_no_page_list_or_file_of_anybody_else(client, denunciation):
    photo = denunciation.attachments.get().public_id
    addresses = [
        f"/lam-viec/phan-anh/{denunciation.public_id}",
        f"/staff/files/{photo}/thumbnail",
        f"/staff/files/{photo}/original",
    ]
    lists = [
        "/lam-viec/tong-dai?tab=all",
        "/lam-viec/don-vi",
        "/lam-viec/don-vi/vi-tri.json",
        "/lam-viec/phan-anh.csv?since=2025-07-01&until=2025-07-31",
    ]
    for actor in everybody_else(denunciation):
        client.force_login(actor.user)
        for address in addresses:
            assert client.get(address).status_code in {302, 404}, address
        for address in lists:
            said = client.get(address).getvalue().decode()
            assert denunciation.public_id not in said, address
        for typed in (denunciation.code, denunciation.public_id, LAN.phone):
            found = client.post("/lam-viec/tim", {"code": typed})
            assert denunciation.public_id not in found.get("Location", "")
    client.force_login(UserFactory.create(is_staff=True, is_superuser=True))
    listed = client.get("/admin/incidents/report/").content.decode()
    assert denunciation.public_id not in listed


def test_the_shift_lead_reads_it_and_its_files(client, denunciation):
    photo = denunciation.attachments.get().public_id
    for actor in those_it_is_for():
        client.force_login(actor.user)

        page = client.get(f"/lam-viec/phan-anh/{denunciation.public_id}")
        queue = client.get("/lam-viec/tong-dai?tab=all")

        assert page.status_code == 200
        assert denunciation.public_id in queue.content.decode()
        file = client.get(f"/staff/files/{photo}/thumbnail")
        assert (file.status_code, bool(b"".join(file.streaming_content))) == (200, True)


@pytest.mark.parametrize("ending", ["csv", "geojson"])
def test_it_is_in_no_file_to_be_passed_on_not_even_of_those_it_is_for(
    client, denunciation, ending
):
    days = "since=2025-07-01&until=2025-07-31"
    for actor in those_it_is_for():
        client.force_login(actor.user)

        listed = client.get(f"/lam-viec/phan-anh.{ending}?{days}")
        rows = listed.getvalue().decode()
        drawn = client.get("/staff/maps/clusters.html").getvalue().decode()

        assert listed["X-Rows"] == "0"
        assert denunciation.public_id not in rows
        assert "0 phản ánh" in drawn


def test_the_command_draws_it_for_nobody(denunciation, tmp_path):
    file = tmp_path / "map.html"
    for actor in those_it_is_for():
        call_command("export_map", str(file), "--as", actor.user.username)

        assert "0 phản ánh" in file.read_text()


def test_no_figure_map_or_search_counts_it(denunciation):
    for actor in everybody_else(denunciation):
        seen = Report.objects.filter(visible_to(actor))
        found = count_by_ward(
            seen,
            since=JULY.date(),
            until=timezone.localdate(),
            by=Boundaries.NOW,
            at=JULY,
        )
        assert found.total.received == 0
        assert density(work_of(actor, at=JULY), at=JULY).count == 0
        day = JULY.date()
        table = plain_table(cases_between(actor, since=day, until=day))
        assert denunciation.public_id not in b"".join(csv_of(table)).decode()
    desk = operator()
    assert not calls.cases_of(LAN.phone, by=desk, at=JULY).exists()
    alike = calls.alike(
        denunciation.category, point=denunciation.point, ward=None, at=JULY
    )
    assert not alike.exists()


def test_the_operator_who_refused_it_is_led_back_to_work(client, telling):
    report = receive(replace(telling, by_hand=True), channel="portal", at=JULY).report
    RefusalReasonFactory.create(code="TO_CAO")
    client.force_login(operator().user)

    said = {"version": report.version, "refusal_reason": "TO_CAO"}
    done = client.post(
        f"/lam-viec/phan-anh/{report.public_id}/refuse",
        said | {"refusal_text": "Gửi đơn tố cáo theo luật."},
    )

    assert done.url == "/lam-viec"
    assert Report.objects.get().status == Status.REFUSED


def test_the_database_keeps_apart_only_what_was_refused(telling):
    receive(telling, channel="portal", at=JULY)

    with pytest.raises(IntegrityError, match="quarantined_report_is_refused"):
        Report.objects.update(is_quarantined=True)


def test_nobody_at_the_desk_opens_it_by_putting_reports_together(client, denunciation):
    client.force_login(operator().user)

    answer = client.post("/lam-viec/su-co/gom", {"report": [denunciation.public_id]})

    assert answer.status_code == 422
    assert denunciation.public_id not in answer.content.decode()


def test_no_photo_of_it_is_public_any_more_nor_can_be_made_so(client, denunciation):
    photo = denunciation.attachments.get()
    Attachment.objects.filter(pk=photo.pk).update(approved_at=JULY, shown="one.jpg")

    assert client.get(f"/photos/{photo.public_id}.jpg").status_code == 404
    lead, _auditor = those_it_is_for()
    with pytest.raises(NotNow):
        approve_photo(photo, by=lead, at=JULY)


def test_what_was_raised_asked_or_disputed_on_it_is_kept_apart_too(
    client, denunciation
):
    unit = Organisation.objects.get(code="ubnd-a")
    above, leader = somebody(Role.CITY_LEADER), somebody(Role.LEADER, unit)
    common = {"report": denunciation, "organisation": unit}
    Concern.objects.create(round=1, kind="rating", raised_at=JULY, **common)
    Directive.objects.create(
        kind="direct",
        due_at=JULY + timedelta(hours=1),
        given=denunciation.events.first(),
        by=above.user,
        at=JULY,
        **common,
    )
    Arbitration.objects.create(
        report=denunciation,
        asked_at=JULY,
        due_at=JULY,
        decided_at=JULY,
        decided_by=above.user,
        organisation=unit,
        text="Theo địa bàn",
    )

    assert not concerns_of(leader).exists()
    assert not given_by(above).exists()
    client.force_login(operator().user)
    disputes = client.get("/lam-viec/phan-xu").content.decode()
    assert denunciation.public_id not in disputes
    client.force_login(those_it_is_for()[0].user)
    disputes = client.get("/lam-viec/phan-xu").content.decode()
    assert denunciation.public_id in disputes
