from __future__ import annotations

import random
from dataclasses import replace
from datetime import timedelta

import pytest
from django.core import mail
from django.db import IntegrityError, transaction

from incidents import duplicates, handover, resolution, work
from incidents.api.cases import gather
from incidents.errors import (
    AnsweredAlready,
    ChangedMeanwhile,
    NotAllowed,
    NotJoinable,
    NotNow,
)
from incidents.following import follow
from incidents.history import broken_at
from incidents.models import (
    Approval,
    Clock,
    Contact,
    Event,
    Joining,
    Notice,
    Report,
    Status,
)
from incidents.models.likeness import reach_of
from incidents.models.status import ENDED
from incidents.notifications import send
from incidents.privacy import Reporter
from tests.factories import (
    HERE,
    JULY,
    CaseFactory,
    CategoryFactory,
    LeafFactory,
    OrganisationFactory,
    ReturnReasonFactory,
    focal_point,
    north_of,
    operator,
)

pytestmark = pytest.mark.django_db
LATER = JULY + timedelta(hours=5)
MAI = Reporter(name="Mai", phone="+84912345678", email="mai@example.org")


def told_near(metres, *, hours=1, **said):
    """A report so far north of HERE, told so many hours before the one looked at."""
    point = north_of(HERE, metres)
    return CaseFactory.create(
        point=point, received_at=JULY - timedelta(hours=hours), **said
    )


def twins_of(report):
    return list(Report.objects.likely_duplicates_of(report))


def standing():
    """How every case stands: all that a joining may touch, and must put back."""
    fields = ("pk", "status", "master", "organisation", "assignee", "paused_until")
    fields += ("approval", "awaits_arbiter", "verification", "subunit")
    reports = Report.objects.order_by("pk").values_list(*fields)
    clocks = Clock.objects.order_by("pk").values_list("pk", "stopped_at", "due_at")
    return list(reports), list(clocks)


@pytest.fixture
def leaf(db):
    return LeafFactory.create()


@pytest.fixture
def pair(leaf):
    """Two reports of one hole: the later one in a unit's hands already."""
    master = told_near(10, category=leaf, status=Status.IN_PROGRESS)
    report = CaseFactory.create(
        category=leaf, status=Status.TRANSFERRED, reporter=MAI, description="Cái hố"
    )
    return report, master


def test_the_likest_comes_first_and_what_is_another_thing_does_not_come(leaf):
    report = CaseFactory.create(category=leaf, description="Nắp cống mất trước chợ")
    sister = LeafFactory.create(branch=leaf.branch, code=f"{leaf.branch.code}.other")
    kin = told_near(5, category=sister, description="mat nap cong")
    far = told_near(40, category=leaf, description="Cột đèn")
    near = told_near(12, category=leaf, description="MAT NAP CONG truoc cho")
    told_near(5, category=CategoryFactory.create())
    told_near(60, category=leaf)
    told_near(5, category=leaf, hours=24 * 15)
    told_near(5, category=leaf, status=Status.RESOLVED)
    told_near(5, category=leaf, kind=Report.Kind.QUESTION)

    assert twins_of(report) == [near, kin, far]


def test_words_weigh_without_marks_and_capitals(leaf):
    report = CaseFactory.create(category=leaf, description="Đường ngập nước")
    same = {"category": leaf, "hours": 2}
    other = told_near(10, description="Trụ đèn bị nghiêng", **same)
    alike = told_near(10, description="duong ngap nuoc", **same)

    assert twins_of(report) == [alike, other]
    assert twins_of(report)[0].likeness > twins_of(report)[1].likeness + 0.2


def test_a_city_says_how_far_its_branches_look(settings, leaf):
    report = CaseFactory.create(category=leaf)
    wide = told_near(120, category=leaf, hours=3)
    said = {"default": {"metres": 50, "days": 14}}

    narrow = said | {leaf.branch.code: {"metres": 150, "days": 1}}
    settings.CITY = city = replace(settings.CITY, likely=narrow)
    assert reach_of(leaf) == (150, 1)
    assert twins_of(report) == [wide]

    settings.CITY = replace(city, likely=said | {leaf.code: {"metres": 0, "days": 1}})
    assert twins_of(report) == []


def test_a_joined_report_ends_and_its_reporter_is_told_without_the_other_code(pair):
    report, master = pair

    joined = duplicates.merge(
        report, into=master, by=operator(), at=LATER, reason="Cùng một hố"
    )

    assert (joined.status, joined.master) == (Status.DUPLICATE, master)
    assert not Clock.objects.filter(report=report, stopped_at=None).exists()
    assert master.events.latest("sequence").code == Event.Code.JOINED
    assert [broken_at(each) for each in pair] == [None, None]
    (notice,) = Notice.objects.all()
    send(notice.pk, at=LATER)
    (letter,) = mail.outbox
    assert letter.to == [MAI.email]
    assert report.code in letter.body
    assert master.code not in letter.body + letter.alternatives[0].content


def test_one_result_reaches_every_reporter_once(pair, leaf):
    report, master = pair
    third = CaseFactory.create(category=leaf, status=Status.RECEIVED)
    desk = operator()
    for each in (report, third):
        duplicates.merge(each, into=master, by=desk, at=LATER)
    Notice.objects.all().delete()

    unit = focal_point(master.organisation)
    said = {"outcome": "fixed", "text": "Đã lấp", "no_photo_because": "Ban đêm"}
    done = LATER + timedelta(hours=1)
    resolution.propose_result(master, by=unit, at=done, **said)
    resolution.publish_result(master, by=desk, at=done)

    told = Notice.objects.values_list("contact__report", flat=True)
    assert sorted(told) == sorted([master.pk, report.pk, third.pk])
    for each in (report, third):
        looked = gather(each.code, at=LATER)
        assert (looked.result.text, looked.status_group) == ("Đã lấp", "done")
        assert [line.code for line in looked.timeline][-1] == Event.Code.RESOLVED
    for notice in Notice.objects.all():
        send(notice.pk, at=LATER)
    bodies = {letter.to[0] + letter.body for letter in mail.outbox}
    assert sum(master.code in body for body in bodies) == 1


def test_who_follows_a_report_that_was_joined_hears_of_the_result_too(pair):
    report, master = pair
    given = Reporter(name="", email="ban@example.org")
    follow(report, client_id="one", at=JULY, language="vi", reporter=given)
    desk, unit = operator(), focal_point(master.organisation)
    duplicates.merge(report, into=master, by=desk, at=LATER)

    said = {"outcome": "planned", "text": "Sẽ làm"}
    resolution.propose_result(master, by=unit, at=LATER, **said)
    resolution.publish_result(master, by=desk, at=LATER)

    follower = Contact.objects.get(following__isnull=False)
    (notice,) = Notice.objects.filter(contact=follower)
    send(notice.pk, at=LATER)
    assert report.code not in mail.outbox[0].body
    assert master.code not in mail.outbox[0].body


def test_the_lookup_tells_how_the_work_goes_and_not_what_was_said_to_another(pair):
    report, master = pair
    desk, unit = operator(), focal_point(master.organisation)
    work.note_progress(master, by=unit, at=JULY, text="trước khi gộp")
    duplicates.merge(report, into=master, by=desk, at=LATER)
    work.note_progress(master, by=unit, at=LATER, text="đang lấp")
    work.write_to_reporter(master, by=unit, at=LATER, text="riêng cho người kia")

    looked = gather(report.code, at=LATER)

    texts = [line.text for line in looked.timeline if line.text]
    assert texts == ["đang lấp"]
    assert looked.status_group == "in_progress"
    assert looked.clock.report_id == master.pk


def test_joined_and_taken_apart_in_any_order_every_case_stands_as_before(leaf):
    rng = random.Random(1022)  # noqa: S311
    states = [Status.RECEIVED, Status.TRANSFERRED, Status.PAUSED, Status.AWAITING]
    cases = [
        CaseFactory.create(category=leaf, status=states[turn % 4]) for turn in range(7)
    ]
    waiting = Report.objects.filter(status=Status.AWAITING)
    waiting.update(approval=Approval.LEADER)
    desk, before = operator(), standing()

    for _turn in range(60):
        report, other = (Report.objects.get(pk=c.pk) for c in rng.sample(cases, 2))
        try:
            with transaction.atomic():
                if report.status == Status.DUPLICATE and rng.random() < 0.6:
                    duplicates.unmerge(report, by=desk, at=LATER)
                else:
                    duplicates.merge(report, into=other, by=desk, at=LATER)
        except (NotJoinable, NotNow):
            pass
        masters = Report.objects.filter(duplicates__isnull=False)
        assert not masters.filter(status=Status.DUPLICATE).exists()
    assert Joining.objects.filter(ended_at=None).exists()
    for report in Report.objects.filter(status=Status.DUPLICATE).order_by("?"):
        duplicates.unmerge(report, by=desk, at=LATER)

    assert standing() == before
    assert [broken_at(each) for each in cases] == [None] * len(cases)


def test_what_was_joined_to_a_duplicate_goes_to_its_master_and_comes_back(pair, leaf):
    report, master = pair
    last = CaseFactory.create(category=leaf, status=Status.RECEIVED)
    desk = operator()
    duplicates.merge(last, into=report, by=desk, at=LATER)
    duplicates.merge(report, into=master, by=desk, at=LATER)
    last.refresh_from_db()
    assert last.master == master

    work.note_progress(
        master, by=focal_point(master.organisation), at=LATER, text="Đang làm"
    )
    duplicates.unmerge(report, by=desk, at=LATER)

    last.refresh_from_db()
    assert last.master == report
    report.refresh_from_db()
    assert (report.status, report.master) == (Status.TRANSFERRED, None)


def test_once_the_result_is_told_nothing_is_taken_apart(pair):
    report, master = pair
    desk, unit = operator(), focal_point(master.organisation)
    duplicates.merge(report, into=master, by=desk, at=LATER)
    resolution.propose_result(
        master, by=unit, at=LATER, outcome="planned", text="Sẽ làm"
    )
    resolution.publish_result(master, by=desk, at=LATER)

    with pytest.raises(AnsweredAlready):
        duplicates.unmerge(report, by=desk, at=LATER)

    report.refresh_from_db()
    assert report.status == Status.DUPLICATE


@pytest.mark.parametrize("status", sorted(ENDED - {Status.DUPLICATE}))
def test_nothing_is_joined_to_what_has_ended(pair, leaf, status):
    report, _master = pair
    ended = CaseFactory.create(category=leaf, status=status)

    with pytest.raises(NotJoinable):
        duplicates.merge(report, into=ended, by=operator(), at=LATER)


def test_nothing_is_joined_to_itself_across_kinds_or_into_the_open(pair):
    report, master = pair
    desk = operator()
    question = CaseFactory.create(
        category=master.category, kind=Report.Kind.QUESTION, status=Status.RECEIVED
    )
    closed = LeafFactory.create(is_public=False)
    hidden = CaseFactory.create(category=closed, status=Status.RECEIVED)
    duplicates.merge(report, into=master, by=desk, at=LATER)

    for held, into in [
        (master, report),
        (master, master),
        (question, master),
        (hidden, master),
        (master, hidden),
        (master, None),
    ]:
        with pytest.raises(NotJoinable):
            duplicates.merge(held, into=into, by=desk, at=LATER)


def test_only_the_desk_joins_and_only_what_it_saw(pair):
    report, master = pair

    with pytest.raises(NotAllowed):
        duplicates.merge(
            report, into=master, by=focal_point(report.organisation), at=LATER
        )
    with pytest.raises(ChangedMeanwhile):
        duplicates.merge(report, into=master, by=operator(), at=LATER, version=9)


def test_the_database_knows_that_only_a_duplicate_has_a_master(pair):
    report, master = pair

    with pytest.raises(IntegrityError, match="only_a_duplicate_has_a_master"):
        Report.objects.filter(pk=report.pk).update(master=master)


def test_one_thing_is_one_pin_and_the_page_of_the_other_leads_to_it(client, pair):
    report, master = pair
    duplicates.merge(report, into=master, by=operator(), at=LATER)

    shown = set(Report.objects.public())
    answer = client.get(f"/su-viec/{report.public_id}")

    assert shown == {master}
    assert answer.url == f"/su-viec/{master.public_id}"


def test_a_transfer_keeps_what_goes_along_told(pair):
    report, master = pair
    desk = operator()
    duplicates.merge(report, into=master, by=desk, at=LATER)
    unit, why = focal_point(master.organisation), ReturnReasonFactory.create()
    handover.send_back(master, by=unit, at=LATER, reason=why, text="Nhầm")

    unit = OrganisationFactory.create()
    handover.transfer(master, to=unit, by=desk, at=LATER, reason="Đúng đơn vị")

    assert gather(report.code, at=LATER).worked.organisation == unit
