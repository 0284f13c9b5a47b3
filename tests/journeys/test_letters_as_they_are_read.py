from __future__ import annotations

from datetime import timedelta

import pytest
from django.db.backends.postgresql.psycopg_any import DateRange
from django.utils import timezone

from gis_data.models import Place
from incidents.digests import briefs_of, compose
from incidents.models import Clock, Contact, Event, Notice, StaffNotice
from incidents.notifications import letter_of
from incidents.staff_notices import compose as letter_to
from tests.factories import CaseFactory, MembershipFactory
from tests.journeys.conftest import PHONE, keep_shot, serious

pytestmark = pytest.mark.django_db(transaction=True)

#: How wide a letter stands beside the list of letters.
READER = {"width": 760, "height": 900}


@pytest.fixture
def officer(city):
    """Somebody who answers for a unit, and has an address."""
    return MembershipFactory.create(
        organisation__name="Ủy ban nhân dân Phường Bến Thành",
        validity=DateRange(None, None),
        user__email="mai@unit.example",
    )


def case(officer, name, *, days=1, urgency="normal", status="in_progress"):
    made = CaseFactory.create(
        status=status,
        organisation=officer.organisation,
        category__name=name,
        category__urgency=urgency,
        place=Place.objects.get(name="Phường Bến Thành"),
    )
    due = timezone.now() + timedelta(days=days)
    Clock.objects.filter(report=made).update(
        started_at=due - timedelta(days=7), due_at=due
    )
    return made


def transferred(report):
    return Event.objects.create(
        report=report,
        sequence=2,
        at=timezone.now(),
        code="transferred",
        prev_hash=b"",
        hash=b"2",
        arguments={
            "organisation": report.organisation.name,
            "organisation_code": report.organisation.code,
        },
    )


def to_the_reporter(officer):
    event = transferred(case(officer, "Ổ gà"))
    contact = Contact.objects.get(report=event.report)
    now = timezone.now()
    return letter_of(
        Notice(event=event, contact=contact, channel="email", asked_at=now)
    )


def of_an_urgent_case(officer):
    event = transferred(case(officer, "Mất nắp hố ga", urgency="urgent"))
    return letter_to(
        StaffNotice(event=event, user=officer.user, asked_at=timezone.now())
    )


def of_the_morning(officer):
    for name, days in [("Ổ gà", -3), ("Đèn đường tắt", -1), ("Rác", 0.01), ("Ngập", 1)]:
        case(officer, name, days=days)
    case(officer, "Cây ngã đổ", days=3, status="awaiting")
    now = timezone.now()
    brief = briefs_of([officer.user], at=now)[officer.user.pk]
    return compose(brief, on=now.date(), language="vi")


@pytest.mark.parametrize(
    ("name", "write"),
    [
        ("letter-reporter", to_the_reporter),
        ("letter-urgent", of_an_urgent_case),
        ("letter-morning", of_the_morning),
    ],
)
@pytest.mark.parametrize(
    ("look", "how"),
    [
        ("", {"viewport": READER}),
        ("-phone", {"viewport": PHONE}),
        ("-dark", {"viewport": READER, "dark": True}),
    ],
)
def test_a_letter_can_be_read_by_everybody_and_asks_nobody(
    visit, officer, name, write, look, how
):
    letter = write(officer)
    page = visit(**how)

    page.set_content(letter.page)

    assert serious(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert page.locator("h1").count() == 1
    keep_shot(page, name + look)
    assert page.strangers == []
    assert page.complaints == []
