"""A caller shows the place later: once, in time, and it goes on by itself if it may."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.gis.geos import Point

from incidents.errors import OutsideTheMap, SpentLink
from incidents.history import broken_at
from incidents.intake import receive
from incidents.located import Whereabouts, ask_location, find_link, give_location
from incidents.models import (
    DecisionRecord,
    Event,
    LocationLink,
    Notice,
    Report,
    Status,
    Transfer,
)
from incidents.notifications.wording import message_of
from tests.factories import HERE, JULY, TellingFactory, UserFactory, operator

pytestmark = pytest.mark.django_db

Source = Report.PlaceSource
SHOWN = Whereabouts(source=Source.GPS, point=HERE, accuracy=8)
HOUR = timedelta(hours=1)


@pytest.fixture
def leaf(telling):
    return telling.category


@pytest.fixture
def asked(leaf):
    """A call whose place is to be shown, and its link."""
    return ask_of(leaf)


def ask_of(leaf, **told):
    telling = TellingFactory.create(
        category=leaf, point=None, place_source=Source.LATER, by_hand=True, **told
    )
    report = receive(telling, channel="hotline", at=JULY).report
    report = ask_location(report, by=operator(), at=JULY)
    return report, LocationLink.objects.get(report=report, used_at=None)


def test_what_is_settled_goes_to_its_unit_by_itself_and_is_acknowledged(asked):
    _report, link = asked

    given = give_location(link.token, SHOWN, at=JULY + HOUR)

    assert given.status == Status.TRANSFERRED
    assert given.organisation.code == "ubnd-a"
    assert (given.point.coords, given.place_source) == (HERE.coords, "gps")
    assert (given.place.code, given.current_place.code) == ("a", "a")
    assert Transfer.objects.get().by is None
    codes = [each.code for each in given.events.order_by("sequence")]
    assert codes[1:] == [
        "location_asked",
        "located",
        "rerouted",
        "accepted",
        "transferred",
    ]
    assert broken_at(given) is None
    told = Notice.objects.filter(event__report=given, event__code="transferred")
    assert told.exists()
    clocks = given.clocks.values_list("party", "is_firm")
    assert set(clocks) == {("citizen", True), ("unit", True)}
    assert DecisionRecord.objects.filter(report=given).count() == 2


def test_a_category_that_may_not_go_by_itself_waits_for_an_operator(leaf):
    leaf.routes_itself_on = []
    leaf.save()
    _report, link = ask_of(leaf)

    given = give_location(link.token, SHOWN, at=JULY + HOUR)

    assert (given.status, given.point) == (Status.RECEIVED, HERE)
    assert given.decisions.latest("pk").organisation.code == "ubnd-a"


def test_what_an_operator_has_on_the_screen_goes_nowhere_by_itself(asked):
    report, link = asked
    Report.objects.filter(pk=report.pk).update(
        claimed_by=UserFactory.create(), claimed_at=JULY + HOUR
    )

    given = give_location(link.token, SHOWN, at=JULY + HOUR)

    assert given.status == Status.RECEIVED


def test_a_ward_and_an_address_place_it_as_well(asked, wards):
    (_report, link), ward = asked, wards["a"]
    told = Whereabouts(source=Source.WARD, ward=ward, address="12 Lê Lợi")

    given = give_location(link.token, told, at=JULY + HOUR)

    assert (given.declared_ward, given.address) == (ward, "12 Lê Lợi")
    assert given.point is None
    assert given.current_place == ward


def test_a_link_is_good_once_for_a_day_and_the_last_one_alone(asked):
    report, first = asked
    ask_location(report, by=operator(), at=JULY)
    second = LocationLink.objects.get()

    with pytest.raises(SpentLink):
        give_location(first.token, SHOWN, at=JULY + HOUR)
    with pytest.raises(SpentLink):
        give_location(second.token, SHOWN, at=JULY + timedelta(hours=24))
    give_location(second.token, SHOWN, at=JULY + HOUR)
    with pytest.raises(SpentLink):
        give_location(second.token, SHOWN, at=JULY + HOUR)
    with pytest.raises(SpentLink):
        find_link(second.token, at=JULY + HOUR)

    assert Event.objects.filter(code="located").count() == 1


def test_a_place_off_the_map_is_refused_and_the_link_stays_good(asked):
    report, link = asked
    there = Whereabouts(source=Source.TAP, point=Point(0, 0, srid=4326))

    with pytest.raises(OutsideTheMap):
        give_location(link.token, there, at=JULY + HOUR)

    assert find_link(link.token, at=JULY + HOUR) == link
    assert report.events.count() == 2


def test_the_message_fits_one_segment_and_names_no_code(asked, settings):
    settings.SITE_URL = "https://phananh.thanhpho.example"
    report, link = asked
    notice = Notice.objects.filter(event=link.event).first()

    said = message_of(notice)

    assert link.get_absolute_url() in said
    assert report.code not in said
    assert len(said) <= 160
    assert said.isascii()
