from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Self

from django.contrib.gis.db import models
from django.contrib.gis.db.models.functions import Distance
from django.contrib.gis.geos import Point, Polygon
from django.contrib.gis.measure import D
from django.db.models import OuterRef, Q, Subquery
from django.db.models.functions import Cast, Coalesce, JSONObject

from gis_data.geometry import metres_a_degree

from .afterwards import AskedFollower
from .attachment import Attachment
from .category import Category
from .clock import Clock
from .event import Event
from .following import Following
from .likeness import Reach, kindred, likeness, reach_of
from .result import Result
from .status import ENDED

if TYPE_CHECKING:
    from .report import Report

OVER_GROUND = models.PointField(geography=True)
#: From acceptance on; not what was refused after it, nor what was taken back. What goes
#: along with another is told by that one alone: one thing is one pin, and counts once.
PUBLIC = Q(is_public=True, accepted_at__isnull=False) & ~Q(
    status__in=["refused", "withdrawn", "duplicate"]
)


class ReportQuerySet(models.QuerySet["Report"]):
    """The ways reports are looked for. Each answer chains into the next."""

    def public(self) -> Self:
        """Keep what anyone may see: from acceptance on, where nothing forbids it."""
        return self.filter(PUBLIC)

    def sent_as(self, client_id: str | None, *, channel: str) -> Self:
        """Keep the one filed under this client_id; none where none was given."""
        given = self.filter(channel=channel, client_id__isnull=False)
        return given.filter(client_id=client_id)

    def unquarantined(self) -> Self:
        """Keep what may teach and be searched: no denunciation, and no complaint."""
        return self.filter(is_quarantined=False)

    def open(self) -> Self:
        return self.exclude(status__in=ENDED)

    def shown_in(self, box: Polygon) -> Self:
        """Keep what strangers see in `box`: by the snapped point, as on the tiles."""
        return self.filter(public_point__intersects=box)

    def with_what_is_shown(self) -> Self:
        """Bring along what a public list tells of each, in the same statement."""
        return self.with_its_ward().with_how_many_met_it()

    def with_how_many_met_it(self) -> Self:
        """Tell of each how many more told of it or follow it (`followers`)."""
        cases = self.model.objects.order_by()
        joined = cases.filter(master=OuterRef("pk")).values("master")
        members = cases.filter(incident__head=OuterRef("pk")).values("incident")
        following = Following.objects.filter(report=OuterRef("pk"), ended_at=None)
        counts = [
            Coalesce(Subquery(rows.annotate(n=models.Count("pk")).values("n")), 0)
            for rows in (joined, members, following.values("report"))
        ]
        return self.annotate(followers=counts[0] + counts[1] + counts[2])

    def with_confirmations(self) -> Self:
        """Tell how many followers say of the last result that it is really done."""
        last = (
            Result.objects.filter(
                report=OuterRef(OuterRef("pk")), published_at__isnull=False
            )
            .order_by("-round")
            .values("round")[:1]
        )
        said = AskedFollower.objects.filter(
            following__report=OuterRef("pk"), answer="yes", round=Subquery(last)
        ).values("following__report")
        counted = said.annotate(n=models.Count("pk")).values("n")
        return self.annotate(confirmed=Coalesce(Subquery(counted), 0))

    def with_its_ward(self) -> Self:
        """Bring along what a row of a list says: of what, where, in whose hands."""
        return self.select_related("category", "place", "current_place", "organisation")

    def with_seen(self) -> Self:
        """Tell which event was the last when somebody looked (`seen`)."""
        events = Event.objects.filter(report=OuterRef("pk")).order_by("-sequence")
        return self.annotate(seen=Subquery(events.values("sequence")[:1]))

    def with_first_photo(self) -> Self:
        """Tell by which public id the first photo that was sent is seen, if one was."""
        photos = Attachment.objects.filter(
            report=OuterRef("pk"),
            result=None,
            event=None,
            kind=Attachment.Kind.PHOTO,
            state=Attachment.State.READY,
        )
        first = photos.order_by("pk").values("public_id")[:1]
        return self.annotate(first_photo=Subquery(first))

    def near(self, point: Point, *, metres: float) -> Self:
        """Keep what lies within `metres` over the ground, nearest first. For staff."""
        return (
            self.annotate(ground=Cast("point", OVER_GROUND))
            .filter(ground__dwithin=(point, D(m=metres)))
            .annotate(distance=Distance("ground", point))
            .order_by("distance", "pk")
        )

    def shown_near(self, point: Point, *, metres: float) -> Self:
        """Keep what strangers see within `metres` of a point, nearest first."""
        wide, high = metres_a_degree(point.y)
        east, north = metres / wide, metres / high
        box = Polygon.from_bbox(
            (point.x - east, point.y - north, point.x + east, point.y + north)
        )
        box.srid = point.srid
        return (
            self.shown_in(box)
            .annotate(distance=Distance(Cast("public_point", OVER_GROUND), point))
            .filter(distance__lte=D(m=metres))
            .order_by("distance", "pk")
        )

    def likest_first(
        self,
        category: Category,
        *,
        at: datetime,
        reach: Reach,
        is_placed: bool = True,
        words: str = "",
    ) -> Self:
        """Put first what is most likely of the same thing, as `likeness` scores it.

        What has a place has its `distance` by then. Words are compared with what people
        wrote to us: never give any where strangers look.
        """
        score = likeness(category, at=at, reach=reach, is_placed=is_placed, words=words)
        nearest = ["distance"] if is_placed else []
        return self.annotate(likeness=score).order_by(
            "-likeness", *nearest, "-received_at", "pk"
        )

    def with_due_date(self) -> Self:
        """Tell by when each is due: by its unit's clock, else by the citizen's."""
        clocks = Clock.objects.filter(report=OuterRef("pk"))
        unit = clocks.filter(party=Clock.Party.UNIT, stopped_at__isnull=True)
        citizen = clocks.filter(party=Clock.Party.CITIZEN)
        return self.annotate(
            due_at=Coalesce(
                Subquery(unit.values("due_at")[:1]),
                Subquery(citizen.values("due_at")[:1]),
            )
        )

    def with_next_target(self) -> Self:
        """Tell of each which internal target runs out first, and since when it runs."""
        running = Clock.objects.running().filter(
            report=OuterRef("pk"), party=Clock.Party.TARGET
        )
        first = running.order_by("due_at").values(
            told=JSONObject(step="step", since="started_at", due="due_at")
        )
        return self.annotate(next_target=Subquery(first[:1]))

    def urgent_first(self) -> Self:
        """Put what is urgent before the rest, and what waits longest before the new."""
        rank = models.Case(
            models.When(category__urgency=Category.Urgency.URGENT, then=0),
            models.When(category__urgency=Category.Urgency.HIGH, then=1),
            default=2,
        )
        return self.order_by(rank, "received_at", "pk")

    def likely_duplicates_of(self, report: Report) -> Self:
        """Open reports of the same branch, close by and not long apart, likest first.

        Only a person may merge two reports; this is the list put before them.
        """
        category, reach = report.category, reach_of(report.category)
        if report.point is None or not reach.metres:
            return self.none()
        days = timedelta(days=reach.days)
        span = (report.received_at - days, report.received_at + days)
        return (
            self.open()
            .filter(kindred(category), kind=report.kind, received_at__range=span)
            .near(report.point, metres=reach.metres)
            .exclude(pk=report.pk)
            .likest_first(
                category, at=report.received_at, reach=reach, words=report.description
            )
        )
