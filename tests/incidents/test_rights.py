"""The permission matrix: every role, every state, every address there is.

What is expected stands in `rights`, written by hand; addresses come from the URL
configuration, so that a new one fails until somebody has said whom it lets in.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from datetime import timedelta

import pytest
from django.db.backends.postgresql.psycopg_any import DateRange
from django.test import Client
from django.utils import timezone

from incidents.models import Contact, Membership, Organisation, Report, Status, Transfer
from incidents.models.status import IN_HAND
from incidents.permissions import Actor, Side, actor_of, visible_to
from incidents.privacy import Reporter
from incidents.workflow import STEPS, open_steps
from tests.factories import (
    ALWAYS,
    JULY,
    AttachmentFactory,
    CaseFactory,
    LeafFactory,
    MembershipFactory,
    OrganisationFactory,
    RefusalReasonFactory,
    UserFactory,
    north_of,
    picture,
)
from tests.factories.places import HERE

from . import rights
from .test_nothing_personal import CLOSED, OPEN, patterns

pytestmark = pytest.mark.django_db
Role, Type = Membership.Role, Organisation.Type
#: Those whom every address is asked for each day; `script/verify rights` asks for all.
WHOLE = bool(os.environ.get("WHOLE_MATRIX"))
ASKING = list(rights.ROLES) if WHOLE else list("VOFPW")
#: What leads to whoever reported in the other ward, or is in their words.
SECRETS = ["Ngọcxyz", "0977666555", "977666555", "ngocxyz@", "chữ-kín-b", "ngõ-kín-b"]
THEIRS = Reporter(name="Ngọcxyz", phone="+84977666555", email="ngocxyz@b.example")
POST = {"version": "1", "text": "Thử", "why": "Thử", "do": "ask", "answer": "granted"}
#: How an address says which case, and which file of it.
ITS_ID = r"<str:public_id>|\(\?P<public_id>[^)]*\)"
ITS_FORM, FORMS = r"\(\?P<form>[^)]*\)", ("original", "shown", "thumbnail")
WITH_A_UNIT = {*IN_HAND, Status.RESOLVED}


@dataclass
class Town:
    """Two wards alike, everybody at work, and a case in every state in each."""

    actors: dict[str, Actor | None]
    clients: dict[str, Client]
    mine: dict[Status, Report]
    theirs: dict[Status, Report]
    kept_apart: list[Report]


@pytest.fixture
def town(wards, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    leaf, reason = LeafFactory.create(), RefusalReasonFactory.create()
    department = OrganisationFactory.create(code="so", type=Type.DEPARTMENT)
    unit, other = (
        OrganisationFactory.create(code=f"ubnd-{code}", parent=department, place=ward)
        for code, ward in wards.items()
    )
    crew = OrganisationFactory.create(code="doi-a", parent=unit)
    portal = OrganisationFactory.create(type=Type.OPERATOR)
    leader = UserFactory.create(username="lanh-dao")
    held = {
        "O": {"role": Role.OPERATOR, "organisation": portal},
        "S": {"role": Role.SHIFT_LEAD, "organisation": portal},
        "F": {"role": Role.FOCAL_POINT, "organisation": unit},
        "E": {"role": Role.FIELD_OFFICER, "organisation": crew},
        "L": {"role": Role.LEADER, "organisation": unit, "user": leader},
        "D": {"role": Role.LEADER, "organisation": unit, "deputy_for": leader},
        "P": {
            "role": Role.FOCAL_POINT,
            "organisation": department,
            "place": wards["a"],
        },
        "C": {"role": Role.CITY_LEADER},
        "A": {"role": Role.ADMINISTRATOR, "organisation": portal},
        "W": {"role": Role.ADMINISTRATOR, "organisation": unit},
        "U": {"role": Role.AUDITOR},
    }
    users = {each: MembershipFactory.create(**said).user for each, said in held.items()}
    today = timezone.localdate()
    actors = {each: actor_of(user, on=today) for each, user in users.items()}
    clients = {each: Client(raise_request_exception=True) for each in rights.ROLES}
    for each, user in users.items():
        clients[each].force_login(user)
    common = {"category": leaf, "received_at": JULY}
    mine, theirs = (
        {
            status: _case(
                status,
                holder,
                place=place,
                point=north_of(HERE, metres=30 * turn),
                **common | told,
            )
            for turn, status in enumerate(Status)
        }
        for holder, place, told in (
            (unit, wards["a"], {}),
            (
                other,
                wards["b"],
                {
                    "reporter": THEIRS,
                    "description": "chữ-kín-b",
                    "address": "5 ngõ-kín-b",
                },
            ),
        )
    )
    Report.objects.filter(pk=mine[Status.IN_PROGRESS].pk).update(assignee=users["E"])
    kept_apart = [
        _case(
            Status.REFUSED,
            unit,
            place=place,
            is_quarantined=True,
            refusal_reason=reason,
            **common,
        )
        for place in wards.values()
    ]
    session = clients["R"].session
    index = Contact.objects.get(report=mine[Status.IN_PROGRESS]).phone_index
    until = (timezone.now() + timedelta(minutes=20)).isoformat()
    session["proven"] = {"index": index, "until": until}
    session.save()
    return Town(
        actors={"V": None, "R": None} | actors,
        clients=clients,
        mine=mine,
        theirs=theirs,
        kept_apart=kept_apart,
    )


def _case(status, holder, **told):
    if status in WITH_A_UNIT:
        told["organisation"] = holder
    case = CaseFactory.create(status=status, **told)
    if status == Status.RETURNED:
        Transfer.objects.create(
            report=case, sender=holder, reason="Không phải", at=JULY
        )
    AttachmentFactory.create(report=case, state="ready", thumbnail=picture())
    return case


def letters(said):
    return set(said.split())


def answer_to(town, letter, address, **posted):
    """Ask as somebody; return the status, where it leads and all that is said."""
    client = town.clients[letter]
    answer = client.post(address, posted) if posted else client.get(address)
    said = b"".join(answer.streaming_content) if answer.streaming else answer.content
    heads = " ".join(f"{name}: {value}" for name, value in answer.headers.items())
    return (
        answer.status_code,
        answer.get("Location", ""),
        heads + said.decode("utf8", "replace"),
    )


def staff_addresses():
    """Every address of staff: the pattern, and how it is asked without a case."""
    for pattern, asked in CLOSED.items():
        if pattern.startswith(("lam-viec", "staff/", "^staff/")):
            yield pattern, "/" + asked[0]


def of_a_case(pattern):
    return "<str:public_id>" in pattern or pattern.startswith("^staff/files")


def addresses_of(case):
    """Every address of staff about one case, filled in."""
    photo = case.attachments.get().public_id
    for pattern, _asked in staff_addresses():
        if of_a_case(pattern):
            is_file = pattern.startswith(("^staff/files", "lam-viec/tep/"))
            about = photo if is_file else case.public_id
            filled = re.sub(ITS_ID, about, pattern)
            filled = filled.replace("<slug:variant>", "internal")
            filled = re.sub(r"<slug:\w+>", "note", filled)
            for form in FORMS if "form" in pattern else ("",):
                yield "/" + re.sub(ITS_FORM, form, filled).strip("^$")


def test_each_role_sees_the_cases_of_its_table_and_no_other(town):
    assert rights.SEEN.keys() == set(Status)

    for letter, actor in town.actors.items():
        if actor is None:
            continue
        seen = set(
            Report.objects.filter(visible_to(actor)).values_list("pk", flat=True)
        )
        for status, allowed in rights.SEEN.items():
            is_seen = town.mine[status].pk in seen
            assert is_seen is (letter in letters(allowed)), (letter, status)
            is_seen = town.theirs[status].pk in seen
            assert is_seen is (letter in letters(rights.ELSEWHERE)), (letter, status)
        for case in town.kept_apart:
            assert (case.pk in seen) is (letter in letters(rights.QUARANTINED)), letter


def test_pages_files_and_posts_of_a_case_are_for_who_may_see_it_alone(town):
    before = dict(Report.objects.values_list("pk", "version"))
    for letter in ASKING:
        for case in hidden_from(letter, town):
            for address in addresses_of(case):
                assert_shut(town, letter, address, case)
            assert_shut(
                town, letter, f"/lam-viec/phan-anh/{case.public_id}/note", case, **POST
            )
            assert_shut(
                town,
                letter,
                f"/lam-viec/phan-anh/{case.public_id}/lien-he",
                case,
                **POST,
            )
        if letter in letters(rights.SEEN[Status.IN_PROGRESS]):
            case = town.mine[Status.IN_PROGRESS]
            photo = case.attachments.get().public_id
            for address in (
                f"/lam-viec/phan-anh/{case.public_id}",
                f"/staff/files/{photo}/thumbnail",
            ):
                assert answer_to(town, letter, address)[0] == 200, (letter, address)

    assert dict(Report.objects.values_list("pk", "version")) == before


def hidden_from(letter, town):
    """Cases that somebody may not see: of the states asked for, and kept apart."""
    for status in list(Status) if WHOLE else [Status.RECEIVED]:
        if letter not in letters(rights.SEEN[status]):
            yield town.mine[status]
    for status in list(Status) if WHOLE else [Status.IN_PROGRESS]:
        if letter not in letters(rights.ELSEWHERE):
            yield town.theirs[status]
    if letter not in letters(rights.QUARANTINED):
        yield town.kept_apart[0]


def assert_shut(town, letter, address, case, **posted):
    status, way, said = answer_to(town, letter, address, **posted)
    assert status in {302, 403, 404, 405}, (letter, address, status)
    assert case.public_id not in way.partition("?")[0], (letter, address)
    for secret in SECRETS:
        assert secret not in said, (letter, address, secret)


def test_every_address_of_staff_is_in_the_table():
    asked = {pattern for pattern, _ in staff_addresses() if not of_a_case(pattern)}

    assert asked == rights.ADDRESSES.keys()
    assert set(patterns()) == OPEN.keys() | CLOSED.keys()


def test_each_address_lets_in_the_roles_of_its_table_and_tells_of_no_other_ward(town):
    for pattern, address in staff_addresses():
        if of_a_case(pattern):
            continue
        allowed = letters(rights.ADDRESSES[pattern])
        for letter in ASKING:
            status, way, said = answer_to(town, letter, address)
            leads_on = pattern in rights.LEADS_ON and not way.startswith(
                ("/accounts/", "/lam-viec?")
            )
            is_in = status == 200 or (leads_on and way != "/lam-viec")
            if letter not in allowed or is_exact(pattern):
                assert is_in is (letter in allowed), (letter, address, status, way)
            if letter not in letters(rights.ELSEWHERE):
                for secret in SECRETS:
                    assert secret not in said, (letter, address, secret)


def is_exact(pattern):
    """Tell whether asking shows at once who is let in: no number, and no post."""
    return "<" not in pattern and pattern not in rights.POSTED


def test_lists_maps_search_and_files_tell_a_ward_of_its_own_cases_alone(town):
    hidden = [*town.theirs.values(), *town.kept_apart]
    days = "since=2025-07-01&until=2025-07-31"
    for letter in "FELDP" if WHOLE else "FP":
        for address in (
            "/lam-viec/don-vi",
            "/lam-viec/don-vi/vi-tri.json",
            "/lam-viec/don-vi/lo-trinh",
            "/staff/round.gpx",
            "/lam-viec/don-vi/ban-do-nhiet",
            f"/lam-viec/phan-anh.csv?{days}",
            "/lam-viec/so-lieu.csv?from=2025-07-01&to=2025-07-31",
        ):
            _status, _way, said = answer_to(town, letter, address)
            assert not any(case.public_id in said for case in hidden), (letter, address)
        for case in hidden if WHOLE else (town.theirs[Status.IN_PROGRESS], hidden[-1]):
            for typed in (case.public_id, case.code, THEIRS.phone, THEIRS.email):
                _s, way, said = answer_to(town, letter, "/lam-viec/tim", code=typed)
                assert case.public_id not in way


def test_each_step_is_taken_by_the_sides_of_its_table(town):
    assert rights.STEPS.keys() == STEPS.keys()
    reachable: dict[str, set[str]] = {}
    for letter, actor in town.actors.items():
        for case in town.mine.values():
            case.refresh_from_db()
            sides = actor.sides(case) if actor else frozenset()
            if letter == "R":
                sides = frozenset({Side.REPORTER})
            for step in open_steps(case, sides):
                reachable.setdefault(step, set()).add(letter)
        for case in town.theirs.values():
            if letter not in letters(rights.ELSEWHERE) and actor is not None:
                assert actor.sides(case) == frozenset(), (letter, case.status)

    told = {name: reachable.get(name, set()) for name in STEPS}
    assert told == {name: letters(said) for name, said in rights.STEPS.items()}


def test_a_role_that_ended_or_has_not_begun_opens_nothing(town):
    member = Membership.objects.get(role=Role.FOCAL_POINT, place=None)
    today = timezone.localdate()
    case = town.mine[Status.IN_PROGRESS]
    for days in (DateRange(None, today), DateRange(today + timedelta(days=1), None)):
        member.validity = days
        member.save()
        for address in addresses_of(case):
            assert answer_to(town, "F", address)[0] in {302, 404, 405}, address
    member.validity = ALWAYS
    member.save()
    assert answer_to(town, "F", f"/lam-viec/phan-anh/{case.public_id}")[0] == 200


def test_the_page_about_rights_says_what_the_tables_say():
    assert rights.PAGE.read_text() == rights.page(), rights.HOW
