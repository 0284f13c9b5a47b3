"""The city as it was until the end of June 2025, from the real files, with its cases.

22 districts and 322 wards, a committee and rules for each, and reports spread over all
of them in every state; and the reform that made 168 wards of them.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import cycle
from pathlib import Path

import numpy
from django.contrib.gis.geos import Point
from django.db import connection
from django.db.backends.postgresql.psycopg_any import DateRange

from gis_data.atlas import Atlas
from gis_data.crosswalk import measure
from gis_data.importing import Fields, read_sheet
from gis_data.models import Place, PlaceKind
from gis_data.publishing import publish
from gis_data.succession import keep_measured
from incidents.history import Happening, chain, naming
from incidents.models import (
    Category,
    Clock,
    Contact,
    DeadlineRule,
    DecisionRecord,
    Event,
    Organisation,
    OrganisationSuccession,
    RefusalReason,
    Report,
    Responsibility,
    Result,
    Status,
    Transfer,
)
from incidents.models.lookup_code import new_code
from incidents.models.status import BEFORE_ACCEPTANCE, ENDED, IN_HAND
from incidents.privacy import keep_contact, snap

from .incidents import (
    LAN,
    CategoryFactory,
    DeadlineRuleFactory,
    LeafFactory,
    RefusalReasonFactory,
)

REFORM = date(2025, 7, 1)
FIRST, LAST = date(2021, 1, 1), date(2025, 6, 30)
PUBLISHED = datetime(2025, 6, 20, 3, tzinfo=UTC)
FILED = datetime(2025, 6, 26, 3, tzinfo=UTC)
#: In whose hands a case is, a few times as often as at the desk or at its end.
STATES = [
    *sorted(IN_HAND),
    *sorted(IN_HAND),
    Status.RECEIVED,
    Status.INFO_REQUESTED,
    Status.ACCEPTED,
    Status.RETURNED,
    Status.RESOLVED,
    Status.REFUSED,
    Status.CLOSED,
    Status.WITHDRAWN,
]
#: So often a report has a ward and no point, or no place at all.
NO_POINT, NO_PLACE = 11, 97
SPOTS = """
SELECT p.id, ST_X(spot.geom), ST_Y(spot.geom)
FROM gis_data_boundary b JOIN gis_data_place p ON p.id = b.place_id
JOIN gis_data_placekind k ON k.id = p.kind_id,
ST_Dump(ST_GeneratePoints(b.shape, %s, p.id::int)) spot
WHERE k.code = 'former_ward' AND upper_inf(b.recorded)
ORDER BY spot.path, p.id
"""


def reform_the_map(folder: Path) -> None:
    """Publish the map of before and that of after, each on its day."""
    for code, rank in (("district", 2), ("former_ward", 3), ("ward", 4)):
        PlaceKind.objects.create(code=code, rank=rank, name=code)
    for kind, name, fields, on, until in (
        ("district", "districts_2024_osm", Fields(code="name"), FIRST, LAST),
        ("former_ward", "wards_2019", Fields(name="name_en"), FIRST, LAST),
        ("ward", "wards_2025", Fields(name="full_name"), REFORM, None),
    ):
        publish(
            read_sheet(folder / f"{name}.geojson", fields=fields),
            kind=PlaceKind.objects.get(code=kind),
            on=on,
            until=until,
            at=PUBLISHED,
        )
    after = PlaceKind.objects.get(code="ward")
    for before in PlaceKind.objects.exclude(pk=after.pk):
        ground = measure(kind_before=before, kind_after=after, on=REFORM)
        keep_measured(ground, on=REFORM, source="the map")


def reform_the_units() -> None:
    """Give every place its committee and rules, and every committee its heirs."""
    leaf = LeafFactory.create()
    noise = CategoryFactory.create(code="TT", name="Noise")
    units = {}
    for place in Place.objects.select_related("kind"):
        is_new = place.kind.code == "ward"
        units[place.pk] = Organisation(
            code=f"ubnd-{place.kind.code}-{place.pk}",
            name=f"UBND {place.name}",
            type="district" if place.kind.code == "district" else "ward",
            place=place,
            validity=DateRange(REFORM, None) if is_new else DateRange(None, REFORM),
        )
    Organisation.objects.bulk_create(units.values())
    Responsibility.objects.bulk_create(
        Responsibility(
            category=leaf if unit.type == "district" else noise,
            place_id=place,
            organisation=unit,
            precedence=10,
            validity=unit.validity,
            legal_basis="Decision 1",
        )
        for place, unit in units.items()
    )
    pairs = Place.objects.filter(place_successions__isnull=False).values_list(
        "pk", "place_successions__successor"
    )
    OrganisationSuccession.objects.bulk_create(
        OrganisationSuccession(
            predecessor=units[before],
            successor=units[after],
            on=REFORM,
            legal_basis="Nghị quyết 1685/NQ-UBTVQH15",
        )
        for before, after in pairs
    )


def file_cases(count: int, *, states: list[Status] = STATES) -> None:
    """Leave that many reports in their units' hands, each with all that hangs on it."""
    spots = _spots(count)
    districts = Atlas.read(on=LAST).places(
        numpy.array([spot[1:] for spot in spots]), kind="district"
    )
    units = {unit.place_id: unit for unit in Organisation.objects.all()}
    rule = DeadlineRuleFactory.create()
    reason = RefusalReasonFactory.create()
    categories = {each.code: each for each in Category.objects.all()}
    leaf = next(each for code, each in categories.items() if "." in code)
    turns = zip(spots, districts.tolist(), cycle(states), strict=False)
    holders, reports = [], []
    for turn, ((ward, lon, lat), district, status) in enumerate(turns):
        by_district = turn // len(states) % 2 == 1 and district
        holders.append(units[district if by_district else ward])
        reports.append(
            _report(
                turn,
                status,
                ward=ward,
                point=Point(lon, lat, srid=4326),
                holder=holders[-1],
                category=leaf if by_district else categories["TT"],
                reason=reason,
            )
        )
    Report.objects.bulk_create(reports, batch_size=1000)
    _hang(reports, holders, rule)


def _spots(count: int) -> list[tuple[int, float, float]]:
    each = count // Place.objects.filter(kind__code="former_ward").count() + 1
    with connection.cursor() as cursor:
        cursor.execute(SPOTS, [each])
        return list(cursor.fetchall()[:count])


def _report(
    turn: int,
    status: Status,
    *,
    ward: int,
    point: Point,
    holder: Organisation,
    category: Category,
    reason: RefusalReason,
) -> Report:
    source = Report.PlaceSource.TAP
    if turn % NO_PLACE == 5:
        source = Report.PlaceSource.NONE
    elif turn % NO_POINT == 3:
        source = Report.PlaceSource.WARD
    is_pinned = source == Report.PlaceSource.TAP
    place = None if source == Report.PlaceSource.NONE else ward
    shown, cell = snap(point) if is_pinned else (None, None)
    held = status in IN_HAND or status in {Status.RESOLVED, Status.CLOSED}
    return Report(
        code=new_code(FILED.date()),
        public_id=f"case-{turn}",
        channel="portal",
        client_id=f"case-{turn}",
        body_digest=b"",
        category=category,
        description="Ổ gà",
        is_public=True,
        status=status,
        received_at=FILED,
        updated_at=FILED,
        accepted_at=None if status in BEFORE_ACCEPTANCE else FILED,
        resolved_at=FILED if status == Status.RESOLVED else None,
        paused_until=date(2025, 7, 20) if status == Status.PAUSED else None,
        refusal_reason=reason if status == Status.REFUSED else None,
        refusal_text="No" if status == Status.REFUSED else "",
        organisation=holder if held else None,
        point=point if is_pinned else None,
        public_point=shown,
        world_cell=cell,
        place_source=source,
        declared_ward_id=ward if source == Report.PlaceSource.WARD else None,
        place_id=place,
        current_place_id=place,
    )


def _hang(
    reports: list[Report], holders: list[Organisation], rule: DeadlineRule
) -> None:
    """Add decision, transfer, clocks, history, contact and result, as people leave."""
    sample = keep_contact(reports[0], LAN, language="vi")
    contacts = [
        Contact(
            report=report,
            sealed=sample.sealed,
            phone_index=sample.phone_index,
            email_index=sample.email_index,
            language="vi",
        )
        for report in reports[1:]
    ]
    Contact.objects.bulk_create(contacts, batch_size=2000)
    events, results, clocks = [], [], []
    decided = [
        DecisionRecord(
            report=report,
            at=FILED,
            engine=2,
            inputs={},
            boundaries=[],
            responsibilities=[],
            areas=[],
            organisation=holder,
            reason="settled",
            arguments={},
            doubts=[],
            is_approximate=False,
        )
        for report, holder in zip(reports, holders, strict=True)
    ]
    records = DecisionRecord.objects.bulk_create(decided, batch_size=2000)
    for report in reports:
        happened = [Happening(code=Event.Code.RECEIVED)]
        runs = None if report.status not in ENDED else FILED
        common = {
            "report": report,
            "rule": rule,
            "started_at": FILED,
            # One in five is late by the day of the reform.
            "due_at": FILED + timedelta(days=2 if report.pk % 5 == 0 else 9),
            "calendar_version": "test",
            "stopped_at": runs,
        }
        unit = report.organisation
        clocks.append(Clock(party="citizen", is_firm=unit is not None, **common))
        if unit is not None:
            happened += [
                Happening(code=Event.Code.ACCEPTED),
                Happening(code=Event.Code.TRANSFERRED, arguments=naming(unit)),
            ]
            clocks.append(
                Clock(party="unit", organisation=unit, is_firm=True, **common)
            )
        if report.status == Status.AWAITING:
            results.append(
                Result(
                    report=report,
                    round=1,
                    organisation=unit,
                    outcome="fixed",
                    text="Done",
                    at=FILED,
                )
            )
        events += chain(report, happened, at=FILED)[0]
    Event.objects.bulk_create(events, batch_size=2000)
    Clock.objects.bulk_create(clocks, batch_size=2000)
    Result.objects.bulk_create(results, batch_size=2000)
    transfers = [
        Transfer(
            report=report, organisation=report.organisation, decision=decision, at=FILED
        )
        for report, decision in zip(reports, records, strict=True)
        if report.organisation_id
    ]
    Transfer.objects.bulk_create(transfers, batch_size=2000)
