"""A master that is withdrawn: the oldest report that went along takes its place."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import transaction

from incidents import (
    announcing,
    arbitrating,
    duplicates,
    grouping,
    handover,
    resolution,
    work,
)
from incidents.api.cases import gather
from incidents.errors import NotNow
from incidents.following import follow
from incidents.history import broken_at
from incidents.models import (
    Clock,
    Event,
    Following,
    Joining,
    Membership,
    Notice,
    Report,
    Status,
    Transfer,
)
from incidents.notifications import send
from incidents.privacy import Reporter
from incidents.work import acknowledge
from tests.factories import (
    JULY,
    CaseFactory,
    LeafFactory,
    OrganisationFactory,
    ReturnReasonFactory,
    focal_point,
    operator,
    somebody,
)

from .floods import answered

pytestmark = pytest.mark.django_db
LATER, GONE = JULY + timedelta(hours=1), JULY + timedelta(hours=3)


@pytest.fixture
def leaf(wards):
    return LeafFactory.create()


@pytest.fixture
def desk():
    return operator()


def told(leaf, days_ago, name, **said):
    """A report told so many days ago, by somebody who left an address."""
    return CaseFactory.create(
        category=leaf,
        received_at=JULY - timedelta(days=days_ago),
        reporter=Reporter(name=name, email=f"{name}@example.org"),
        **({"status": Status.RECEIVED} | said),
    )


@pytest.fixture
def joined(leaf, desk):
    """A case in a unit's hands, and two reports that go along with it."""
    unit = OrganisationFactory.create(name="Thoát nước")
    master = told(leaf, 3, "lan", status=Status.ACCEPTED)
    handover.transfer(master, to=unit, by=desk, at=JULY, reason="Cống")
    young, old = told(leaf, 1, "tam"), told(leaf, 2, "mai")
    for each in (young, old):
        duplicates.merge(each, into=master, by=desk, at=LATER)
    return fresh(master, old, young)


def fresh(*reports):
    return [Report.objects.get(pk=each.pk) for each in reports]


def dates(report):
    rows = report.clocks.running().values_list("party", "step", "due_at", "is_firm")
    return sorted(rows)


def test_the_oldest_has_the_unit_and_the_dates_from_then_on(joined):
    master, old, young = joined
    before, unit = dates(master), master.organisation

    resolution.withdraw(master, at=GONE)

    master, old, young = fresh(master, old, young)
    assert (master.status, old.status) == (Status.WITHDRAWN, Status.TRANSFERRED)
    assert (old.organisation, old.master) == (unit, None)
    assert (young.status, young.master) == (Status.DUPLICATE, old)
    assert dates(old) == before
    assert dates(master) == []
    assert old.accepted_at is not None
    row = Transfer.objects.get(report=old)
    assert (row.organisation, row.by, row.event.code) == (unit, None, "transferred")
    assert not Transfer.objects.hops_of(old).exists()


def test_every_history_tells_of_it_and_stays_whole(joined):
    master, old, young = joined

    resolution.withdraw(master, at=GONE)

    last = {each.pk: each.events.latest("sequence") for each in joined}
    assert (last[master.pk].code, last[master.pk].visibility) == ("passed_on", "staff")
    assert last[master.pk].arguments["case"] == old.public_id
    assert last[young.pk].arguments["case"] == old.public_id
    assert last[young.pk].visibility == Event.Visibility.STAFF
    codes = list(old.events.order_by("sequence").values_list("code", flat=True))
    assert codes[-2:] == [Event.Code.SUCCEEDED, Event.Code.TRANSFERRED]
    assert [broken_at(each) for each in joined] == [None, None, None]


def test_who_told_of_it_is_acknowledged_and_reads_it_under_their_own_code(joined):
    master, old, young = joined
    Notice.objects.all().delete()

    resolution.withdraw(master, at=GONE)

    (notice,) = Notice.objects.all()
    assert (notice.event.code, notice.contact.report) == ("transferred", old)
    send(notice.pk, at=GONE)
    assert gather(master.code, at=GONE) is None
    for each in (old, young):
        looked = gather(each.code, at=GONE)
        assert looked.worked.organisation == fresh(old)[0].organisation
        assert looked.status_group == "in_progress"
        codes = [line.code for line in looked.timeline]
        assert codes.count(Event.Code.TRANSFERRED) == 1
    shown = gather(old.code, at=GONE)
    assert master.public_id not in str([line.label for line in shown.timeline])


def test_the_unit_works_on_and_its_result_reaches_all_who_are_left(joined, desk):
    master, old, young = joined
    resolution.withdraw(master, at=GONE)
    (old,) = fresh(old)
    unit = focal_point(old.organisation)
    acknowledge(old, by=unit, at=GONE)
    Notice.objects.all().delete()

    work.start(old, by=unit, at=GONE)
    resolution.propose_result(old, by=unit, at=GONE, outcome="planned", text="Sẽ làm")
    resolution.publish_result(old, by=desk, at=GONE)

    reached = Notice.objects.values_list("contact__report", flat=True)
    assert sorted(reached) == sorted([old.pk, young.pk])


def test_followers_go_along_and_hear_of_no_end(joined):
    master, old, _young = joined
    ban = Reporter(name="", email="ban@example.org")
    follow(master, client_id="one", at=JULY, language="vi", reporter=ban)
    follow(master, client_id="both", at=JULY, language="vi", reporter=ban)
    Following.objects.create(report=old, client_id="both", at=JULY)
    Notice.objects.all().delete()

    resolution.withdraw(master, at=GONE)

    counted = Following.objects.filter(ended_at=None)
    assert set(counted.values_list("client_id", "report")) == {
        ("one", old.pk),
        ("both", old.pk),
    }
    assert not Notice.objects.filter(contact__following__isnull=False).exists()


@pytest.mark.parametrize("status", [Status.RECEIVED, Status.ACCEPTED, Status.RETURNED])
def test_at_the_desk_it_waits_there_in_its_place(leaf, desk, status):
    master, heir = told(leaf, 2, "lan", status=status), told(leaf, 1, "mai")
    duplicates.merge(heir, into=master, by=desk, at=LATER)
    before = dates(master)
    Notice.objects.all().delete()

    resolution.withdraw(master, at=GONE)

    (heir,) = fresh(heir)
    assert (heir.status, heir.organisation, heir.master) == (status, None, None)
    assert dates(heir) == before
    assert not Notice.objects.exists()
    assert not Transfer.objects.filter(report=heir).exists()


def test_what_the_other_was_asked_is_asked_of_nobody(leaf, desk):
    master, heir = told(leaf, 2, "lan"), told(leaf, 1, "mai")
    duplicates.merge(heir, into=master, by=desk, at=LATER)
    handover.ask_for_information(master, by=desk, at=LATER, text="Ở đâu?")

    resolution.withdraw(master, at=GONE)

    (heir,) = fresh(heir)
    assert heir.status == Status.RECEIVED
    clock = Clock.objects.get(report=heir, party=Clock.Party.CITIZEN)
    assert clock.stopped_at is None


def test_what_waits_for_the_arbiter_waits_for_them_still(joined, desk):
    master, old, _young = joined
    why = ReturnReasonFactory.create()
    for _turn in range(2):
        unit = focal_point(master.organisation)
        handover.send_back(master, by=unit, at=LATER, reason=why, text="Không phải")
        (master,) = fresh(master)
        if not master.awaits_arbiter:
            other = OrganisationFactory.create()
            handover.transfer(master, to=other, by=desk, at=LATER, reason="Thử")
            (master,) = fresh(master)
    assert master.awaits_arbiter

    resolution.withdraw(master, at=GONE)

    (old,) = fresh(old)
    assert (old.status, old.awaits_arbiter) == (Status.RETURNED, True)
    lead = somebody(
        Membership.Role.SHIFT_LEAD, desk.user.memberships.get().organisation
    )
    to = OrganisationFactory.create()
    arbitrating.arbitrate(old, to=to, by=lead, at=GONE, text="Đúng đơn vị")
    assert fresh(old)[0].organisation == to


def test_part_of_an_incident_it_stays_part_of_it(leaf, desk):
    master, heir = told(leaf, 2, "lan", status=Status.ACCEPTED), told(leaf, 1, "mai")
    unit = OrganisationFactory.create()
    handover.transfer(master, to=unit, by=desk, at=JULY, reason="Cống")
    incident, _added = announcing.group(
        Report.objects.filter(pk=master.pk),
        words=announcing.Words(title="Ngập"),
        category=leaf,
        to=unit,
        by=desk,
        at=LATER,
    )
    duplicates.merge(heir, into=master, by=desk, at=LATER)

    resolution.withdraw(fresh(master)[0], at=GONE)

    (heir,) = fresh(heir)
    assert heir.incident == incident
    running = Clock.objects.filter(stopped_at=None, party=Clock.Party.UNIT)
    assert [each.report_id for each in running] == [incident.head_id]
    grouping.take_out(heir, by=desk, at=GONE)
    own = Clock.objects.get(report=heir, party=Clock.Party.UNIT, stopped_at=None)
    assert own.organisation == unit
    (heir,) = fresh(heir)
    grouping.add(incident, [heir], by=desk, at=GONE)
    answered(incident)
    assert fresh(heir)[0].status == Status.RESOLVED


def test_what_is_joined_below_comes_apart_again_from_its_new_master(leaf, desk):
    master = told(leaf, 4, "lan")
    heir, middle, last = (told(leaf, 3 - turn, f"n{turn}") for turn in range(3))
    duplicates.merge(last, into=middle, by=desk, at=LATER)
    duplicates.merge(middle, into=master, by=desk, at=LATER)
    duplicates.merge(heir, into=middle, by=desk, at=LATER)
    resolution.withdraw(master, at=GONE)
    middle, last = fresh(middle, last)
    assert [middle.master, last.master] == [heir, heir]

    duplicates.unmerge(middle, by=desk, at=GONE)

    middle, last, heir = fresh(middle, last, heir)
    assert (middle.master, last.master, heir.master) == (None, middle, None)
    assert Joining.objects.filter(report=heir, ended_at=None).count() == 0
    cases = (master, heir, middle, last)
    assert [broken_at(each) for each in cases] == [None] * 4


def test_one_after_the_other_withdraws_until_nobody_is_left(joined):
    master, old, young = joined

    resolution.withdraw(master, at=GONE)
    resolution.withdraw(fresh(old)[0], at=GONE)
    resolution.withdraw(fresh(young)[0], at=GONE)

    states = {each.status for each in fresh(*joined)}
    assert states == {Status.WITHDRAWN}
    assert not Clock.objects.filter(report__in=joined, stopped_at=None).exists()


def test_a_withdrawal_that_fails_moves_nothing(joined):
    master, old, _young = joined
    acknowledge(master, by=focal_point(master.organisation), at=LATER)

    with pytest.raises(NotNow), transaction.atomic():
        resolution.withdraw(master, at=GONE)

    assert [each.status for each in fresh(master, old)] == [
        Status.ACKNOWLEDGED,
        Status.DUPLICATE,
    ]
