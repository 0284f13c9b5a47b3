"""The texts people really send, each brought to the state that is meant for it.

On the real wards and the city's own data, by the verbs of the operators' desk.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from unicodedata import normalize

import pytest
from django.conf import settings
from django.contrib.gis.geos import Point
from django.core import mail
from django.test import Client
from django.utils import timezone
from django.utils.timezone import localdate

from gis_data.models import Boundary, Place
from incidents import handover
from incidents.city import load_city
from incidents.models import (
    Category,
    Event,
    Notice,
    Organisation,
    RefusalReason,
    Report,
    Status,
)
from incidents.notifications import send
from tests.factories import LAN, operator
from tests.factories.real_city import checked_once, real_map

FOLDER = Path(settings.GIS_DATA_DIR)
TEXTS = FOLDER.parent / "reports_vi.csv"

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif(
        not settings.GIS_DATA_DIR or not TEXTS.is_file(),
        reason="GIS_DATA_DIR names no folder with real wards and texts beside it",
    ),
]

#: What a text's own branch says should become of it, where it is no category.
REFUSED = {
    "TUCHOI.to-cao": "TO_CAO",
    "TUCHOI.khieu-nai": "KHIEU_NAI",
    "TUCHOI.khong-noi-dung": "NGOAI_PHAM_VI",
    "TUCHOI.spam": "QUANG_CAO",
}
ASKED, EMERGENCY, THANKED = "THIEUTT", "KHANCAP", "KHEN"
NOT_LOCATED = ("TUCHOI", ASKED, EMERGENCY, THANKED, "LD", "MR")
#: The category that what has none yet comes in under.
UNSORTED = "GT.xe-buyt"


@dataclass(frozen=True)
class Text:
    """A text with what is known of it."""

    words: str
    category: str
    ward: str

    @property
    def branch(self):
        return self.category.partition(".")[0].partition("-")[0]

    def __str__(self):
        return f"{self.category}-{self.words[:24]}"


def read_texts():
    if not settings.GIS_DATA_DIR or not TEXTS.is_file():
        return []
    with TEXTS.open(encoding="utf8") as file:
        return [
            Text(row["text"], row["category"], normalize("NFC", row["ward_2025"]))
            for row in csv.DictReader(file)
        ]


LOCATED = [text for text in read_texts() if text.branch not in NOT_LOCATED]
OTHERS = [text for text in read_texts() if text.branch in NOT_LOCATED]


@pytest.fixture(scope="module", autouse=True)
def _real_city(django_db_setup, django_db_blocker):
    """Put map and data of the city in force once, and take them back at the end.

    Each test files on the same city, in a transaction of its own within this one.
    """
    with django_db_blocker.unblock(), real_map():
        load_city(settings.CITY_DIR)
        checked_once()
        yield


@pytest.fixture
def desk():
    return operator()


def today():
    return localdate()


def ward_named(name):
    (place,) = Place.objects.filter(kind__code="ward").named(name)
    return place


def inside(place):
    """A point well inside a ward, some way from the one that geocoders give it."""
    boundary = Boundary.objects.known().in_force(on=today()).get(place=place)
    middle = boundary.shape.point_on_surface
    beside = (Point(middle.x + east, middle.y, srid=4326) for east in (0.0004, -0.0004))
    return next(point for point in beside if boundary.shape.contains(point))


def file(text, **place):
    """File a text over HTTP, as somebody with a telephone does."""
    sent = {
        "category": text.category,
        "description": text.words,
        "language": "vi",
        "reporter": {"name": LAN.name, "phone": LAN.phone, "email": LAN.email},
        "client_id": "one",
        **place,
    }
    answer = Client().post("/api/v1/reports", sent, content_type="application/json")
    assert answer.status_code == 201, answer.content
    return answer.json()


def look_up(code, *, language="vi"):
    headers = {"accept-language": language}
    return Client().get(f"/api/v1/reports/{code}", headers=headers).json()


def assert_no_contact(*told):
    """Nothing told, on the way or in a message, is a contact or the text itself."""
    bodies = [message.subject + message.body for message in mail.outbox]
    for said in [str(each) for each in told] + bodies:
        for secret in (LAN.phone, LAN.phone[3:], LAN.email, "Lan'"):
            assert secret not in said


def send_all():
    for notice in Notice.objects.filter(sent_at__isnull=True):
        send(notice.pk, at=timezone.now())


def test_all_the_texts_are_there():
    assert len(LOCATED) + len(OTHERS) == 69
    assert {text.branch for text in OTHERS} == set(NOT_LOCATED)


@pytest.mark.parametrize("text", LOCATED, ids=str)
def test_a_located_text_is_filed_in_its_ward_with_unit_reason_and_date(text):
    ward = ward_named(text.ward)
    point = inside(ward)

    filed = file(text, lat=point.y, lon=point.x, place_source="tap")

    said = look_up(filed["code"])
    local = said["areas"][0]
    assert (local["kind"], local["code"], local["name"]) == (
        "ward",
        ward.code,
        ward.name,
    )
    assert said["category"]["code"] == text.category
    assert date.fromisoformat(said["due_at"][:10]) > today()
    assert said["explanation"]
    if said["organisation"]:
        assert said["organisation"]["name"] in said["explanation"]
        assert said["due_is"] == (
            "firm" if said["status"] == Status.TRANSFERRED else "expected"
        )
    else:
        in_english = look_up(filed["code"], language="en")
        assert "a person decides" in in_english["explanation"]
        assert said["status"] == Status.RECEIVED
    assert Report.objects.get().description == normalize("NFC", text.words)
    send_all()
    assert_no_contact(filed, said, Client().get("/api/v1/reports").content.decode())


def test_most_located_texts_have_a_unit_and_some_go_to_it_by_themselves():
    outcomes = []
    for turn, text in enumerate(LOCATED):
        point = inside(ward_named(text.ward))
        filed = file(
            text, lat=point.y, lon=point.x, place_source="tap", client_id=f"{turn}"
        )
        outcomes.append((bool(filed["organisation"]), filed["status"]))

    named = [has_unit for has_unit, _ in outcomes]
    went = [status for _, status in outcomes if status == Status.TRANSFERRED]
    assert sum(named) > 0.8 * len(LOCATED)
    assert len(went) >= 10


@pytest.mark.parametrize("text", LOCATED[:3], ids=str)
def test_a_located_text_is_routed_as_the_route_is_told(text):
    point = inside(ward_named(text.ward))
    asked = {"lat": point.y, "lon": point.x, "category": text.category}

    told = Client().get("/api/v1/route", asked).json()
    filed = file(text, lat=point.y, lon=point.x, place_source="tap")

    assert told["organisation"] == filed["organisation"]
    assert told["explanation"] == filed["explanation"]


@pytest.mark.parametrize("text", OTHERS, ids=str)
def test_every_other_text_comes_to_the_end_that_is_meant_for_it(text, desk):
    said = MEANT[text.branch](text, desk)

    send_all()
    assert_no_contact(said)
    assert text.words not in str(said)
    assert (
        not Report.objects.public()
        .filter(public_title="")
        .exclude(status=Status.TRANSFERRED)
    )


def unsorted(text):
    """File a text that is under no category yet, without a place."""
    plain = Text(text.words, UNSORTED, "")
    code = file(plain, kind="suggestion", place_source="none")["code"]
    report = Report.objects.get(code=code)
    if report.status != Status.RECEIVED:
        Category.objects.filter(code=UNSORTED).update(routes_itself_on=[])
        report.delete()
        return unsorted(text)
    return report


def be_refused(text, desk):
    reason = RefusalReason.objects.get(code=REFUSED[text.category])
    report = unsorted(text)

    handover.refuse(
        report, by=desk, at=timezone.now(), reason=reason, text=reason.guidance
    )

    said = look_up(report.code)
    assert (said["status"], said["status_group"]) == ("refused", "refused")
    assert said["refusal"] == {"code": reason.code, "name": reason.name}
    assert said["timeline"][-1]["text"] == reason.guidance
    return said


def be_asked(text, desk):
    report = unsorted(text)

    handover.ask_for_information(
        report, by=desk, at=timezone.now(), text="Chỗ ngập ở đường nào, gần số nhà nào?"
    )

    said = look_up(report.code)
    assert (said["status"], said["status_group"]) == ("info_requested", "waiting")
    assert "đường nào" in said["timeline"][-1]["text"]
    return said


def be_pointed_to_help(text, desk):
    report = unsorted(text)

    handover.point_to_emergency(report, by=desk, at=timezone.now())

    said = look_up(report.code)
    assert said["status"] == "emergency"
    send_all()
    message = mail.outbox[-1].body
    for number in ("113", "114", "115"):
        assert number in message
    return said


def be_thanked(text, desk):
    report = unsorted(text)

    handover.thank(report, by=desk, at=timezone.now())

    said = look_up(report.code)
    assert (said["status"], said["status_group"]) == ("thanked", "done")
    assert (said["working_days_left"], said["overdue"]) == (None, False)
    return said


def reach_the_leaders(text, desk):
    filed = file(text, kind="suggestion", place_source="none")
    report = Report.objects.get()

    if report.status == Status.RECEIVED:
        office = Organisation.objects.get(code=filed["organisation"]["code"])
        handover.accept_and_transfer(report, to=office, by=desk, at=timezone.now())

    said = look_up(filed["code"])
    assert said["status"] == "transferred"
    assert said["organisation"]["code"] == "vp-ubnd-tphcm"
    return said


def reach_the_ward_named(text, desk):
    ward = ward_named(text.ward)

    filed = file(text, place_source="ward", ward=ward.code)
    report = Report.objects.get()

    if report.status == Status.RECEIVED:
        committee = Organisation.objects.get(code=filed["organisation"]["code"])
        handover.accept_and_transfer(report, to=committee, by=desk, at=timezone.now())
    said = look_up(filed["code"])
    assert said["status"] == "transferred"
    assert said["organisation"]["code"] == f"ubnd-{ward.code}"
    assert report.events.filter(code=Event.Code.TRANSFERRED).exists()
    return said


MEANT = {
    "TUCHOI": be_refused,
    ASKED: be_asked,
    EMERGENCY: be_pointed_to_help,
    THANKED: be_thanked,
    "LD": reach_the_leaders,
    "MR": reach_the_ward_named,
}
