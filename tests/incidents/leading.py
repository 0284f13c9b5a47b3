"""A month in which everything happens that makes figures lie, by the verbs."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta

from django.conf import settings
from django.contrib.gis.geos import MultiPolygon

from incidents import announcing, duplicates, handover, resolution, work
from incidents.intake import receive
from incidents.models import Incident, Report
from incidents.permissions import Side
from incidents.ratings import Scores, rate
from tests.factories import (
    CaseFactory,
    OrganisationFactory,
    RefusalReasonFactory,
    ReturnReasonFactory,
    focal_point,
    operator,
    square,
)


def local(said: str) -> datetime:
    return datetime.fromisoformat(f"{said}+07:00")


#: The period of July 2025, and its end.
SINCE, UNTIL = local("2025-06-25T12:00"), local("2025-07-25T12:00")
MONDAY = local("2025-07-07T09:10")
DAY, HOUR = timedelta(days=1), timedelta(hours=1)


class Month:
    """Files cases of one category with the committee of ward a, and works on them."""

    def __init__(self, telling):
        self.telling = telling
        self.desk = operator()
        self.cases: dict[str, Report] = {}
        first = self.file("on_time", at=MONDAY)
        self.unit = focal_point(first.organisation)

    def file(self, name, *, at, **changed):
        telling = replace(self.telling, client_id=name, **changed)
        report = receive(telling, channel="portal", at=at).report
        self.cases[name] = report
        return report

    def end(self, name, *, at, outcome="fixed", why="Trời tối", unit=None):
        report = self.cases[name]
        resolution.file_result(
            report,
            by=unit or self.unit,
            at=at - HOUR,
            outcome=outcome,
            text="Đã xong",
            no_photo_because=why,
        )
        return resolution.publish_result(report, by=self.desk, at=at)

    def rate(self, name, score, *, at):
        rate(self.cases[name], scores=Scores(handling=score), comment="", at=at)


def a_month(telling) -> Month:
    """Fill the period, and some moments before and after it."""
    month = Month(telling)
    unit, desk, cases = month.unit, month.desk, month.cases
    work.acknowledge(cases["on_time"], by=unit, at=MONDAY + 2 * HOUR)
    work.write_to_reporter(
        cases["on_time"], by=unit, at=MONDAY + 5 * HOUR, text="Sẽ đến chiều nay"
    )
    month.end("on_time", at=MONDAY + 2 * DAY)
    month.rate("on_time", 5, at=MONDAY + 3 * DAY)

    month.file("late_end", at=MONDAY - 6 * DAY)
    month.end("late_end", at=MONDAY + 10 * DAY, outcome="temporary")
    month.rate("late_end", 2, at=MONDAY + 11 * DAY)

    month.file("again", at=MONDAY - 3 * DAY)
    month.end("again", at=MONDAY)
    resolution.reopen(cases["again"], at=MONDAY + DAY, text="Vẫn vậy")
    month.end("again", at=MONDAY + 3 * DAY, outcome="other_owner")

    month.file("again_in_hand", at=MONDAY - 2 * DAY)
    month.end("again_in_hand", at=MONDAY)
    resolution.reopen(cases["again_in_hand"], at=MONDAY + DAY, text="Vẫn vậy")

    month.file("from_june", at=SINCE - 2 * DAY)
    month.end("from_june", at=SINCE + DAY)

    month.file("ended_in_june", at=SINCE - 9 * DAY)
    month.end("ended_in_june", at=SINCE - DAY)

    month.file("still_open", at=SINCE - 4 * DAY)
    month.file("twin", at=MONDAY + HOUR)
    duplicates.merge(
        cases["twin"], into=cases["still_open"], by=desk, at=MONDAY + 3 * HOUR
    )

    month.file("young", at=UNTIL - HOUR)
    for days in (5, 10, 100):
        month.file(f"of_{days}_days", at=UNTIL - days * DAY)
    month.file("refused", at=MONDAY, by_hand=True)
    reason = RefusalReasonFactory.create()
    handover.refuse(
        cases["refused"], by=desk, at=MONDAY + HOUR, reason=reason, text="Không rõ"
    )
    month.file("denunciation", at=MONDAY, by_hand=True)
    secret = RefusalReasonFactory.create(code=settings.CITY.quarantined_reasons[0])
    handover.refuse(
        cases["denunciation"], by=desk, at=MONDAY, reason=secret, text="Gửi đơn"
    )
    for name in ("asked_refused", "asked_withdrawn"):
        month.file(name, at=SINCE - 5 * DAY, by_hand=True)
        handover.ask_for_information(
            cases[name], by=desk, at=SINCE - 4 * DAY, text="Ở đâu ạ?"
        )
    handover.refuse(
        cases["asked_refused"], by=desk, at=SINCE + DAY, reason=reason, text="Không rõ"
    )
    resolution.withdraw(cases["asked_withdrawn"], at=SINCE + DAY)
    month.file("withdrawn", at=MONDAY, by_hand=True)
    resolution.withdraw(cases["withdrawn"], at=MONDAY + HOUR)

    month.file("paused", at=MONDAY - 4 * DAY)
    work.start(cases["paused"], by=unit, at=MONDAY - 3 * DAY)
    work.pause(
        cases["paused"],
        by=unit,
        at=MONDAY,
        until=date(2025, 7, 14),
        text="Chờ vật tư",
    )
    work.resume(cases["paused"], by=Side.SYSTEM, at=local("2025-07-14T00:00"))
    month.end("paused", at=local("2025-07-16T15:00"))

    month.file("rerouted", at=MONDAY)
    handover.send_back(
        cases["rerouted"],
        by=unit,
        at=MONDAY + DAY,
        reason=ReturnReasonFactory.create(),
        text="Không phải của phường",
    )
    other = OrganisationFactory.create(code="other-unit")
    handover.transfer(
        cases["rerouted"], to=other, by=desk, at=MONDAY + 2 * DAY, reason="Đúng chỗ"
    )
    month.end("rerouted", at=MONDAY + 4 * DAY, unit=focal_point(other))

    month.file("twice_back", at=MONDAY)
    back = {"reason": ReturnReasonFactory.create(), "text": "Không phải của mình"}
    handover.send_back(cases["twice_back"], by=unit, at=MONDAY + DAY, **back)
    handover.transfer(
        cases["twice_back"], to=other, by=desk, at=MONDAY + 2 * DAY, reason="Đúng chỗ"
    )
    handover.send_back(
        cases["twice_back"], by=focal_point(other), at=MONDAY + 3 * DAY, **back
    )

    for name in ("flooded", "flooded_too"):
        month.file(name, at=MONDAY)
    incident, _added = announcing.group(
        Report.objects.filter(pk__in=[cases["flooded"].pk, cases["flooded_too"].pk]),
        words=announcing.Words(title="Ngập"),
        category=telling.category,
        to=other,
        by=desk,
        at=MONDAY + HOUR,
    )
    cases["flood"] = incident.head
    month.end("flood", at=MONDAY + DAY, unit=focal_point(other))
    resolution.reopen(cases["flooded"], at=MONDAY + 2 * DAY, text="Vẫn vậy")

    question = month.file(
        "question", at=MONDAY, kind=Report.Kind.QUESTION, by_hand=True
    )
    handover.answer(question, by=desk, at=MONDAY + 6 * HOUR, text="Có ạ")

    placeless = CaseFactory.create(
        place=None, point=None, status="in_progress", organisation=other
    )
    Report.objects.filter(pk=placeless.pk).update(received_at=MONDAY)
    month.cases["placeless"] = placeless

    planned = CaseFactory.create(status="in_progress", organisation=other)
    Incident.objects.create(
        head=planned,
        kind=Incident.Kind.PLANNED,
        title="Cúp điện",
        area=MultiPolygon(square(106.65, 10.749)[0], srid=4326),
        starts_at=MONDAY,
        ends_at=MONDAY + DAY,
        opened_at=MONDAY,
        opened_by=desk.user,
    )
    month.cases["planned"] = planned
    return month
