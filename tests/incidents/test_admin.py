from __future__ import annotations

import pytest
from django.contrib import admin
from django.urls import reverse

from incidents.models import (
    CalendarDay,
    Category,
    Contact,
    ContactReading,
    DecisionRecord,
    Event,
    Membership,
    Note,
    Report,
    RoleChange,
    Transfer,
)
from tests.factories import (
    CaseFactory,
    CategoryFactory,
    ContractFactory,
    DeadlineRuleFactory,
    MembershipFactory,
    OrganisationFactory,
    RefusalReasonFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db

OURS = [
    m for m in admin.site._registry if m._meta.app_label in {"incidents", "accounts"}
]
RECORDS = [DecisionRecord, Event, Transfer, Report]


@pytest.fixture
def administrator(client):
    client.force_login(UserFactory.create(is_staff=True, is_superuser=True))
    return client


def page(model, name, *args):
    return reverse(
        f"admin:{model._meta.app_label}_{model._meta.model_name}_{name}", args=args
    )


@pytest.mark.parametrize("model", [Contact, ContactReading, Note])
def test_who_reported_and_what_people_wrote_are_not_in_the_admin(model):
    assert not admin.site.is_registered(model)


#: A day the city decided about is taken out, which every clock follows and is kept.
TAKEN_OUT = {CalendarDay}


@pytest.mark.parametrize("model", [each for each in OURS if each not in TAKEN_OUT])
def test_nothing_can_be_deleted_there(administrator, rf, model):
    assert not admin.site._registry[model].has_delete_permission(rf.get("/"))


@pytest.mark.parametrize("model", RECORDS)
def test_what_is_on_record_can_be_looked_at_and_not_changed(administrator, model):
    CaseFactory.create(status="transferred").transfers.create(
        organisation=OrganisationFactory.create(), at="2025-07-09T03:00Z"
    )
    row = model.objects.first()

    shown = administrator.get(page(model, "change", row.pk))
    sent = administrator.post(page(model, "change", row.pk), {"status": "closed"})
    added = administrator.get(page(model, "add"))

    assert (shown.status_code, sent.status_code, added.status_code) == (200, 403, 403)


@pytest.mark.parametrize("model", RECORDS)
def test_no_page_on_record_shows_code_words_or_contact(administrator, model):
    case = CaseFactory.create(status="transferred", address="12/3 Hẻm Thử")
    case.transfers.create(
        organisation=OrganisationFactory.create(), at="2025-07-09T03:00Z"
    )
    row = model.objects.first()

    pages = [page(model, "changelist"), page(model, "change", row.pk)]
    said = "".join(administrator.get(each).content.decode() for each in pages)

    assert case.public_id in said
    for secret in (
        case.code,
        "0901 234 567",
        "+84901234567",
        "12/3",
        "lan@example.org",
    ):
        assert secret not in said


@pytest.mark.parametrize("model", OURS)
def test_every_list_opens_and_can_be_searched_in_few_statements(
    administrator, django_assert_max_num_queries, model
):
    for _ in range(12):
        CaseFactory.create(status="in_progress")
        MembershipFactory.create()
        RefusalReasonFactory.create()
        ContractFactory.create(
            owner=OrganisationFactory.create(), contractor=OrganisationFactory.create()
        )
    DeadlineRuleFactory.create()

    with django_assert_max_num_queries(12):
        answer = administrator.get(page(model, "changelist"), {"q": "a"})

    assert answer.status_code == 200


def test_an_administrator_adds_a_category_without_a_release(administrator):
    branch = CategoryFactory.create(code="MR")
    sent = {
        "code": "MR.thu-nuoi",
        "branch": branch.pk,
        "name": "Thú nuôi thả rông",
        "urgency": "normal",
        "needs_place": "on",
        "routes_itself_on": ["app", "portal"],
        "validity_0": "2026-01-01",
        "validity_1": "",
    }

    answer = administrator.post(page(Category, "add"), sent)

    assert answer.status_code == 302
    added = Category.objects.get(code="MR.thu-nuoi")
    assert set(added.routes_itself_on) == {"app", "portal"}


def test_an_administrator_sets_a_day_off(administrator):
    sent = {"on": "2026-12-24", "kind": "off", "name": "Nghỉ", "legal_basis": "QĐ 1"}

    answer = administrator.post(page(CalendarDay, "add"), sent)

    assert answer.status_code == 302
    assert CalendarDay.objects.get().kind == "off"


def test_a_role_is_given_on_record_and_changed_elsewhere_alone(administrator):
    held = MembershipFactory.create()
    user, unit = UserFactory.create(), OrganisationFactory.create()
    said = {"user": user.pk, "organisation": unit.pk, "role": "administrator"}

    answer = administrator.post(
        page(Membership, "add"),
        said | {"validity_0": "2025-01-01", "validity_1": ""},
    )
    changed = administrator.post(f"/admin/incidents/membership/{held.pk}/change/", said)

    assert answer.status_code == 302
    change = RoleChange.objects.get()
    assert (change.user, change.organisation) == (user, unit)
    assert (change.code, change.role) == ("granted", "administrator")
    assert change.by.is_superuser
    assert changed.status_code == 403
