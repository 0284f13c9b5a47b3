"""A second factor guards every door, and who has one hears when that changes."""

from __future__ import annotations

import pytest
from allauth.mfa.models import Authenticator
from django.contrib.auth import SESSION_KEY
from django.test import Client, RequestFactory
from django.urls import reverse
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from accounts import second_factor
from accounts.models import User
from accounts.second_factor import PROVEN
from incidents.api.filing import channel_of
from incidents.errors import NotAllowed
from incidents.models import Membership
from incidents.people import reset_factors
from tests.factories import (
    HERE,
    AttachmentFactory,
    CaseFactory,
    LeafFactory,
    MembershipFactory,
    OrganisationFactory,
    UserFactory,
    picture,
    somebody,
)

from .test_letters import work_off
from .test_second_factor import (
    CODE,
    HOME,
    LOGIN,
    _quick_passwords,
    administrator,
    asked,
    digits,
    protected,
    set_up,
    sign_in,
)

__all__ = ["_quick_passwords", "asked", "protected"]

pytestmark = pytest.mark.django_db
Role = Membership.Role


def test_who_came_in_by_a_factor_that_is_taken_off_is_signed_out_and_told(protected):
    user, secret, _codes = protected
    User.objects.filter(pk=user.pk).update(email="lan@example.org")
    inside = Client()
    sign_in(inside, user)
    inside.post(CODE, {"code": digits(secret)})
    before = SESSION_KEY in inside.session
    ProcrastinateJob.objects.all().delete()

    second_factor.reset(User.objects.get(pk=user.pk), at=timezone.now())

    assert before
    assert inside.get("/lam-viec").url.startswith(LOGIN)
    (letter,) = work_off()
    assert letter.to == ["lan@example.org"]


@pytest.mark.django_db(transaction=True)
def test_a_factor_that_is_set_up_or_removed_is_told_by_a_letter(client):
    user = UserFactory.create(email="lan@example.org")
    sign_in(client, user)

    set_up(client)
    (added,) = work_off()
    subject = added.subject
    ProcrastinateJob.objects.all().delete()
    client.post(reverse("mfa_deactivate_totp"))
    (removed,) = work_off()

    assert not Authenticator.objects.filter(user=user, type="totp").exists()
    assert "bước xác thực thứ hai" in subject
    assert removed.subject == subject
    assert HOME in removed.body


def test_who_runs_the_site_is_not_a_ward_s_to_strip(protected):
    user, _secret, _codes = protected
    User.objects.filter(pk=user.pk).update(is_staff=True)
    unit = OrganisationFactory.create()
    MembershipFactory.create(user=user, organisation=unit)

    with pytest.raises(NotAllowed):
        reset_factors(user, by=somebody(Role.LEADER, unit), at=timezone.now())

    assert Authenticator.objects.filter(user=user).exists()


# At the doors that are no pages.


def test_no_file_is_had_while_a_second_factor_is_owed(client, asked):
    user = administrator(joined=11)
    lead = {"role": Role.SHIFT_LEAD, "user": user}
    MembershipFactory.create(organisation=user.memberships.get().organisation, **lead)
    file = AttachmentFactory.create(
        report=CaseFactory.create(), state="ready", thumbnail=picture()
    )
    client.force_login(user)
    address = f"/staff/files/{file.public_id}/thumbnail"

    owing = client.get(address).status_code
    session = client.session
    session[PROVEN] = str(user.pk)
    session.save()

    proven = client.get(address)
    assert b"".join(proven.streaming_content)
    assert (owing, proven.status_code) == (404, 200)


def test_the_api_takes_who_owes_a_second_factor_for_a_stranger(client, asked):
    user = administrator(joined=11)
    organisation = user.memberships.get().organisation
    MembershipFactory.create(role=Role.OPERATOR, user=user, organisation=organisation)
    client.force_login(user)
    where = {"lat": HERE.y, "lon": HERE.x, "category": LeafFactory.create().code}

    told = client.get("/api/v1/route", where)

    assert told.status_code == 200
    assert "claims" not in told.json()
    request = RequestFactory().post("/")
    request.user, request.session = user, client.session
    assert channel_of(request, said="hotline") == ("portal", False)
