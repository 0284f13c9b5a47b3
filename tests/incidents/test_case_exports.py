from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import transaction
from django.db.utils import IntegrityError

from incidents.accesses import OPENED, Asked, Kind, access_log, lines, log, take_log
from incidents.carried.as_csv import csv_of
from incidents.case_exports import (
    HOLDS,
    WAITS,
    answer_export,
    ask_for_export,
    cases_between,
    make,
    plain_table,
    sweep_exports,
    take_export,
)
from incidents.errors import Missing, NotAllowed, NotNow, OwnExport
from incidents.models import (
    AccessRecord,
    CaseExport,
    ContactReading,
    Membership,
    Organisation,
    Report,
    Status,
)
from tests.factories import (
    JULY,
    LAN,
    CaseFactory,
    OrganisationFactory,
    focal_point,
    operator,
    somebody,
)

pytestmark = pytest.mark.django_db
Role = Membership.Role
DAY = JULY.date()
SOON = JULY + timedelta(hours=1)
WHY = "Gọi lại những người bị trả lời sai"


@pytest.fixture(autouse=True)
def _files_apart(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def portal():
    return OrganisationFactory.create(type=Organisation.Type.OPERATOR)


@pytest.fixture
def lead(portal):
    return somebody(Role.SHIFT_LEAD, portal)


@pytest.fixture
def auditor():
    return somebody(Role.AUDITOR)


@pytest.fixture
def case():
    return CaseFactory.create(status=Status.TRANSFERRED, description="=1+1 ồn ào")


def asked(by, **said):
    usual = {"at": JULY, "reason": WHY, "since": DAY, "until": DAY}
    return ask_for_export(by=by, **usual | said)


def test_a_list_without_contacts_holds_what_one_sees_and_no_word_of_a_reporter(case):
    other = CaseFactory.create(status=Status.TRANSFERRED)
    mine = focal_point(case.organisation)

    table = plain_table(cases_between(mine, since=DAY, until=DAY))
    written = b"".join(csv_of(table)).decode()

    assert case.public_id in written
    assert other.public_id not in written
    for kept in (case.code, LAN.name, LAN.phone, LAN.email, "ồn ào"):
        assert kept not in written


def test_a_list_tells_where_a_case_is_only_where_strangers_see_it_too(lead):
    shown = CaseFactory.create(status=Status.TRANSFERRED)
    kept = [
        CaseFactory.create(status=Status.TRANSFERRED, is_public=False),
        CaseFactory.create(status=Status.RECEIVED),
        CaseFactory.create(status=Status.DUPLICATE, master=shown),
    ]

    rows = plain_table(cases_between(lead, since=DAY, until=DAY)).rows

    where = {row[0]: list(row[-2:]) for row in rows}
    assert where.pop(shown.public_id) == [shown.public_point.x, shown.public_point.y]
    assert where == {case.public_id: [None, None] for case in kept}


def test_who_asked_gets_the_file_once_another_has_approved_it(lead, auditor, case):
    export = asked(lead)
    answer_export(export, approve=True, by=auditor, at=SOON)
    make(export.pk, at=SOON)

    written = take_export(export, by=lead, at=SOON).decode()

    assert LAN.phone in written
    assert "'=1+1" in written
    kinds = AccessRecord.objects.order_by("pk").values_list("kind", "by", "reason")
    assert [(kind, by) for kind, by, _ in kinds] == [
        ("export_asked", lead.user.pk),
        ("export_approved", auditor.user.pk),
        ("export_made", None),
        ("export_taken", lead.user.pk),
    ]
    reading = ContactReading.objects.get()
    assert (reading.reader, reading.contact) == (lead.user.username, case.contact)
    assert WHY in reading.reason


def test_every_taking_of_the_file_is_logged(lead, auditor, case):
    export = asked(lead)
    answer_export(export, approve=True, by=auditor, at=SOON)
    make(export.pk, at=SOON)

    for _ in range(3):
        take_export(export, by=lead, at=SOON)

    assert AccessRecord.objects.filter(kind="export_taken").count() == 3


def test_nobody_approves_what_they_asked_for(auditor, case):
    export = asked(auditor)

    with pytest.raises(OwnExport):
        answer_export(export, approve=True, by=auditor, at=SOON)
    with (
        pytest.raises(IntegrityError, match="answered_by_a_second_person"),
        transaction.atomic(),
    ):
        CaseExport.objects.update(
            answer="approved",
            answered_by=auditor.user,
            answered_at=SOON,
            ends_at=SOON,
        )


def test_units_operators_and_leaders_neither_ask_nor_approve(lead, case):
    export = asked(lead)
    for nobody in (
        operator(),
        focal_point(case.organisation),
        somebody(Role.CITY_LEADER),
        somebody(Role.ADMINISTRATOR, case.organisation),
    ):
        with pytest.raises(NotAllowed):
            asked(nobody)
        with pytest.raises(NotAllowed):
            answer_export(export, approve=True, by=nobody, at=SOON)


def test_only_who_asked_takes_the_file_and_only_in_its_time(
    lead, portal, auditor, case
):
    export = asked(lead)
    answer_export(export, approve=True, by=auditor, at=JULY)
    make(export.pk, at=JULY)

    for other in (auditor, somebody(Role.SHIFT_LEAD, portal)):
        with pytest.raises(NotAllowed):
            take_export(export, by=other, at=SOON)
    with pytest.raises(NotNow):
        take_export(export, by=lead, at=JULY + HOLDS)


def test_no_file_is_made_of_what_was_not_approved_or_too_late(lead, auditor, case):
    denied, late = asked(lead), asked(lead)
    answer_export(denied, approve=False, by=auditor, at=SOON)
    answer_export(late, approve=True, by=auditor, at=SOON)

    make(denied.pk, at=SOON)
    make(late.pk, at=SOON + HOLDS)

    assert not CaseExport.objects.exclude(file="").exists()
    assert not ContactReading.objects.exists()


def test_a_question_that_waited_too_long_is_answered_no_more(lead, auditor):
    export = asked(lead)

    with pytest.raises(NotNow):
        answer_export(export, approve=True, by=auditor, at=JULY + WAITS + HOLDS)


def test_who_lost_the_role_meanwhile_gets_nothing(lead, auditor, case):
    export = asked(lead)
    answer_export(export, approve=True, by=auditor, at=SOON)
    Membership.objects.filter(user=lead.user).delete()

    make(export.pk, at=SOON)

    assert not CaseExport.objects.exclude(file="").exists()


def test_a_file_is_deleted_when_its_time_is_over(lead, auditor, case):
    export = asked(lead)
    answer_export(export, approve=True, by=auditor, at=JULY)
    make(export.pk, at=JULY)
    export.refresh_from_db()
    storage, name = export.file.storage, export.file.name

    assert sweep_exports(at=SOON) == 0
    assert storage.exists(name)
    assert sweep_exports(at=JULY + HOLDS) == 1
    assert not storage.exists(name)


@pytest.mark.parametrize(
    "said",
    [
        {"reason": "cần"},
        {"since": None},
        {"since": DAY, "until": DAY - timedelta(days=1)},
    ],
)
def test_it_is_asked_for_with_a_reason_and_days_in_order(lead, said):
    with pytest.raises(Missing):
        asked(lead, **said)


def test_more_cases_than_a_file_with_contacts_holds_are_not_asked_for(
    lead, monkeypatch
):
    CaseFactory.create_batch(3, status=Status.TRANSFERRED)
    monkeypatch.setattr("incidents.case_exports.CASES_AT_MOST", 2)

    with pytest.raises(Missing, match=r"Có 3 vụ việc.* ít ngày hơn") as refused:
        asked(lead)

    assert refused.value.field == "until"
    assert not CaseExport.objects.exists()
    monkeypatch.setattr("incidents.case_exports.CASES_AT_MOST", 3)
    assert asked(lead).pk


def test_a_log_that_no_file_holds_is_not_cut_but_refused(lead, auditor, monkeypatch):
    asked(lead)
    asked(lead)
    monkeypatch.setattr("incidents.accesses.LINES_AT_MOST", 1)

    with pytest.raises(Missing, match=r"nhiều hơn 1 dòng.* ít ngày hơn"):
        take_log(Asked(first=DAY, last=DAY), by=auditor, at=SOON)

    assert not AccessRecord.objects.filter(kind="log_taken").exists()


def test_the_log_tells_who_looked_at_what_and_why_and_that_it_was_taken(
    lead, auditor, case
):
    asked(lead)
    ContactReading.objects.create(
        contact=case.contact, reader="lan", reason="call back", at=JULY
    )
    ContactReading.objects.create(
        contact=case.contact, reader="worker", reason="notice", at=JULY
    )
    whole = Asked(first=DAY, last=DAY)

    found = {
        (each.kind, each.who, each.case)
        for each in take_log(whole, by=auditor, at=SOON)
    }

    assert found == {
        ("contact", "lan", case.public_id),
        ("export_asked", lead.user.username, ""),
    }
    kinds = [each.kind for each in lines(access_log(whole, by=auditor))]
    assert kinds.count("log_taken") == 1


@pytest.mark.parametrize(
    ("narrowed", "count"),
    [
        ({"kind": OPENED}, 1),
        ({"kind": "export_asked"}, 1),
        ({"who": "lan"}, 1),
        ({"who": "nobody"}, 0),
        ({"case": "unknown"}, 0),
        ({"case": "one-case"}, 2),
        ({"with_worker": True}, 4),
        ({"first": DAY + timedelta(days=1), "last": DAY + timedelta(days=2)}, 0),
    ],
)
def test_the_log_is_narrowed(lead, auditor, case, narrowed, count):
    asked(lead)
    Report.objects.filter(pk=case.pk).update(public_id="one-case")
    log(Kind.CASE_TAKEN, by=None, at=JULY, report=case)
    for reader in ("lan", "worker"):
        ContactReading.objects.create(
            contact=case.contact, reader=reader, reason="call back", at=JULY
        )

    found = access_log(Asked(**{"first": DAY, "last": DAY} | narrowed), by=auditor)

    assert len(list(lines(found))) == count


def test_operators_and_units_do_not_read_the_log(lead, case):
    for nobody in (operator(), lead, focal_point(case.organisation)):
        with pytest.raises(NotAllowed):
            access_log(Asked(first=DAY, last=DAY), by=nobody)


@pytest.mark.parametrize("change", ["update", "delete"])
def test_the_log_is_only_added_to(lead, change):
    asked(lead)
    rows = AccessRecord.objects.all()

    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
        rows.update(reason="another") if change == "update" else rows.delete()
