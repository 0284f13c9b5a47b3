"""Two at once who need the same rows: one waits for the other, and neither for ever."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as StillWaiting
from datetime import timedelta

import pytest
from django.contrib.gis.geos import MultiPolygon, Polygon
from django.db import connection, transaction

from incidents import announcing, batches, crews, duplicates, finding, resolution
from incidents.errors import CrewLinkSpent, IncidentError, SpentLink
from incidents.located import Whereabouts, ask_location, give_location
from incidents.models import Approval, LocationLink, Report, Status, Verification
from tests.factories import (
    HERE,
    JULY,
    CaseFactory,
    LeafFactory,
    OrganisationFactory,
    focal_point,
    operator,
)

pytestmark = pytest.mark.django_db(transaction=True)
LATER = JULY + timedelta(hours=1)
SHOWN = Whereabouts(source=Report.PlaceSource.GPS, point=HERE, accuracy=8)


def meet(first, theirs, mine):
    """Hold what `first` holds, let somebody else begin, and then do one's own.

    The other waits until this one is through; each returns what became of it.
    """

    def begin():
        try:
            return theirs()
        except IncidentError as refused:
            return refused
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            first()
            other = pool.submit(begin)
            with pytest.raises(StillWaiting):
                other.result(0.5)
            done = mine()
        return done, other.result(10)


def hold(report):
    return lambda: Report.objects.select_for_update(of=("self",)).get(pk=report.pk)


def test_a_caller_shows_the_place_while_an_operator_sends_another_link(wards):
    case = CaseFactory.create(
        status=Status.RECEIVED, point=None, place_source=Report.PlaceSource.LATER
    )
    desk = operator()
    ask_location(case, by=desk, at=JULY)
    old = LocationLink.objects.get()

    asked, shown = meet(
        hold(case),
        lambda: give_location(old.token, SHOWN, at=LATER),
        lambda: ask_location(case, by=desk, at=LATER),
    )

    assert isinstance(shown, SpentLink)
    assert LocationLink.objects.get().report == asked
    assert asked.point is None


def test_what_a_crew_did_is_confirmed_while_a_colleague_sets_it_aside(wards):
    case = CaseFactory.create(status=Status.IN_PROGRESS)
    unit = focal_point(case.organisation)
    asked = {"crew": "Tổ 1", "job": "", "hours": 4, "photos": [], "by": unit}
    link, _token = crews.make_link(case, at=JULY, **asked)
    said = {"outcome": "not_found", "text": "Không thấy", "no_photo_because": ""}
    crews.report_done(link, uploads=[], at=JULY, **said)

    aside, confirmed = meet(
        hold(case),
        lambda: crews.confirm_result(case, link.number, by=unit, at=LATER),
        lambda: crews.set_aside(case, link.number, by=unit, at=LATER),
    )

    assert isinstance(confirmed, IncidentError)
    assert not isinstance(confirmed, CrewLinkSpent)
    assert aside.status == Status.IN_PROGRESS


def test_the_end_of_planned_work_is_moved_while_it_is_said_to_be_over(wards):
    unit = OrganisationFactory.create(announces_itself=True)
    by = focal_point(unit)
    here = Polygon.from_bbox((HERE.x, HERE.y, HERE.x + 0.001, HERE.y + 0.001))
    outage = announcing.announce(
        unit,
        category=LeafFactory.create(),
        area=MultiPolygon(here, srid=4326),
        words=announcing.Words(title="Cúp nước"),
        starts_at=JULY,
        ends_at=JULY + timedelta(hours=7),
        by=by,
        at=JULY,
    )
    until = JULY + timedelta(hours=9)

    over, moved = meet(
        hold(outage.head),
        lambda: announcing.change_end(outage, until=until, by=by, at=LATER),
        lambda: resolution.conclude(outage.head, by=by, at=LATER, text="Xong"),
    )

    assert over.status == Status.RESOLVED
    assert isinstance(moved, IncidentError)


def test_an_operator_agrees_to_a_duplicate_while_another_joins_the_case():
    older, other = CaseFactory.create_batch(2, status=Status.IN_PROGRESS)
    case = CaseFactory.create(status=Status.AWAITING, approval=Approval.DUPLICATE)
    said = {"outcome": "duplicate", "master": older, "text": "Trùng", "at": JULY}
    unit = {"organisation": case.organisation, "by": operator().user}
    Verification.objects.create(report=case, **said, **unit)
    one, two = operator(), operator()

    joined, agreed = meet(
        duplicates.take_turns,
        lambda: finding.approve_ending(case, by=one, at=LATER),
        lambda: duplicates.merge(case, into=other, by=two, at=LATER),
    )

    assert joined.master == other
    assert isinstance(agreed, IncidentError)


def test_two_operators_pass_the_same_cases_on_from_pages_in_other_orders():
    unit = OrganisationFactory.create()
    proposed = {"status": Status.ACCEPTED, "organisation": unit}
    one, two = CaseFactory.create_batch(2, **proposed)
    by, other = operator(), operator()
    seen = [(one, 1), (two, 1)]

    batch, late = meet(
        hold(one),
        lambda: batches.transfer_proposed(reversed(seen), by=other, at=LATER),
        lambda: batches.transfer_proposed(seen, by=by, at=LATER),
    )

    assert [case for case, _unit in batch.done] == [one, two]
    assert (late.done, len(late.refused)) == ([], 2)
