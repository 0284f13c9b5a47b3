"""The pages about personal data: requests, files, the log."""

from __future__ import annotations

import pytest

from incidents.case_exports import answer_export, make
from incidents.models import AccessRecord, CaseExport, Membership, Organisation, Status
from tests.factories import (
    LAN,
    CaseFactory,
    OrganisationFactory,
    focal_point,
    operator,
    somebody,
)

pytestmark = pytest.mark.django_db
Role = Membership.Role
ASKED = {
    "ask-since": "2025-07-01",
    "ask-until": "2025-07-31",
    "ask-reason": "Gọi lại người bị trả lời sai",
}


@pytest.fixture
def lead():
    portal = OrganisationFactory.create(type=Organisation.Type.OPERATOR)
    return somebody(Role.SHIFT_LEAD, portal)


def test_a_file_with_contacts_goes_from_one_to_another_and_back(
    client, lead, settings, tmp_path
):
    settings.MEDIA_ROOT = tmp_path
    CaseFactory.create(status=Status.TRANSFERRED)
    auditor = somebody(Role.AUDITOR)
    client.force_login(lead.user)
    asked = client.post("/lam-viec/xuat-du-lieu", ASKED)
    export = CaseExport.objects.get()
    own = client.post(f"/lam-viec/xuat-du-lieu/{export.pk}", {"answer": "approved"})
    export.refresh_from_db()
    assert (asked.status_code, own.status_code, export.answer) == (302, 302, "")

    client.force_login(auditor.user)
    shown = client.get("/lam-viec/xuat-du-lieu").content.decode()
    client.post(f"/lam-viec/xuat-du-lieu/{export.pk}", {"answer": "approved"})
    export.refresh_from_db()
    make(export.pk, at=export.answered_at)
    theirs = client.post(f"/lam-viec/xuat-du-lieu/{export.pk}/tep")
    client.force_login(lead.user)
    mine = client.post(f"/lam-viec/xuat-du-lieu/{export.pk}/tep")

    assert ASKED["ask-reason"] in shown
    assert theirs.status_code == 404
    assert LAN.phone in mine.content.decode()
    assert "no-store" in mine["Cache-Control"]


@pytest.mark.parametrize(
    "wrong", [{"ask-reason": ""}, {"ask-until": "2025-06-01"}, {"ask-since": "once"}]
)
def test_what_is_wrong_with_a_question_is_said_in_its_form(client, lead, wrong):
    client.force_login(lead.user)

    answer = client.post("/lam-viec/xuat-du-lieu", ASKED | wrong)

    assert answer.status_code == 422
    assert not CaseExport.objects.exists()


def test_others_are_not_offered_files_with_contacts(client):
    unit = focal_point(OrganisationFactory.create())
    client.force_login(unit.user)

    page = client.get("/lam-viec/xuat-du-lieu")
    asked = client.post("/lam-viec/xuat-du-lieu", ASKED)

    assert "ask-reason" not in page.content.decode()
    assert asked.status_code == 403


def test_a_unit_s_file_holds_its_own_cases_only(client):
    unit = OrganisationFactory.create()
    case = CaseFactory.create(status=Status.TRANSFERRED, organisation=unit)
    other = CaseFactory.create(status=Status.TRANSFERRED)
    client.force_login(focal_point(unit).user)

    days = "since=2025-07-01&until=2025-07-31"
    answer = client.get(f"/lam-viec/phan-anh.csv?{days}")
    narrowed = client.get(
        f"/lam-viec/phan-anh.csv?{days}&category={other.category.code}"
    )
    wrong = client.get("/lam-viec/phan-anh.csv?since=2025-07-31&until=2025-07-01")

    written = answer.getvalue().decode()
    assert case.public_id in written
    assert other.public_id not in written
    assert case.public_id not in narrowed.getvalue().decode()
    assert wrong.status_code == 422


def test_the_log_is_read_and_taken_by_auditors_and_administrators(client):
    portal = OrganisationFactory.create(type=Organisation.Type.OPERATOR)
    case = CaseFactory.create(status=Status.TRANSFERRED)
    client.force_login(operator().user)
    client.post(f"/lam-viec/phan-anh/{case.public_id}/lien-he", {"why": "Hỏi số nhà"})
    for reader in (somebody(Role.AUDITOR), somebody(Role.ADMINISTRATOR, portal)):
        client.force_login(reader.user)

        shown = client.get("/lam-viec/nhat-ky")
        file = client.post("/lam-viec/nhat-ky.csv")
        wrong = client.get("/lam-viec/nhat-ky?from=2025-08-01&to=2025-07-01")

        for said in (shown.content.decode(), file.content.decode()):
            assert "Hỏi số nhà" in said
            assert LAN.phone not in said
        assert wrong.status_code == 422
    assert AccessRecord.objects.filter(kind="log_taken").count() == 2


def test_the_log_is_not_for_operators_or_units(client, lead):
    for nobody in (operator(), lead, focal_point(OrganisationFactory.create())):
        client.force_login(nobody.user)

        assert client.get("/lam-viec/nhat-ky").status_code == 403
        assert client.post("/lam-viec/nhat-ky.csv").status_code == 403


def test_an_answer_to_an_export_needs_the_right(client, lead):
    client.force_login(lead.user)
    client.post("/lam-viec/xuat-du-lieu", ASKED)
    export = CaseExport.objects.get()
    client.force_login(operator().user)

    answer = client.post(f"/lam-viec/xuat-du-lieu/{export.pk}", {"answer": "approved"})

    export.refresh_from_db()
    assert (answer.status_code, export.answer) == (404, "")
    assert answer_export(
        export, approve=False, by=somebody(Role.AUDITOR), at=export.asked_at
    ).answer
