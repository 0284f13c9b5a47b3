from __future__ import annotations

from urllib.parse import urlsplit

import pytest

from benchmarks.officers import hire, judge, set_to_work
from incidents.models import Organisation, Status
from tests.factories import CaseFactory, DeadlineRuleFactory, OrganisationFactory


@pytest.mark.django_db(transaction=True)
def test_officers_who_work_at_once_on_the_same_cases_lose_and_double_nothing(
    live_server,
):
    DeadlineRuleFactory.create()
    OrganisationFactory.create(type=Organisation.Type.OPERATOR)
    units = OrganisationFactory.create_batch(2)
    cases = [
        CaseFactory.create(status=status, organisation=unit)
        for unit in units
        for status in (Status.IN_PROGRESS, Status.ACKNOWLEDGED, Status.VERIFYING)
    ]
    cases += CaseFactory.create_batch(4, status=Status.RECEIVED)
    hired = hire(6, cases)

    officers = set_to_work(urlsplit(live_server.url).port, hired, seconds=4)

    assert judge(officers, [each.public_id for each in cases]) == []
