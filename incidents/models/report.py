from __future__ import annotations

from datetime import timedelta
from typing import Self

from django.conf import settings
from django.contrib.gis.db import models
from django.contrib.gis.db.models.functions import Distance
from django.contrib.gis.geos import Point, Polygon
from django.contrib.gis.measure import D
from django.contrib.postgres.indexes import GistIndex
from django.db.models import OuterRef, Q, Subquery
from django.db.models.functions import Cast, Coalesce
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts.models import own_language
from gis_data.geometry import metres_a_degree
from gis_data.models import Boundary, Place

from .category import Category, Channel
from .clock import Clock
from .following import Following
from .organisation import Organisation
from .status import BEFORE_ACCEPTANCE, ENDED, IN_HAND, Status

OVER_GROUND = models.PointField(geography=True)
NUMBER = models.FloatField()
#: From acceptance on; not what was refused after it, nor what was taken back.
PUBLIC = Q(is_public=True, accepted_at__isnull=False) & ~Q(
    status__in=["refused", "withdrawn"]
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

    def open(self) -> Self:
        return self.exclude(status__in=ENDED)

    def shown_in(self, box: Polygon) -> Self:
        """Keep what strangers see in `box`: by the snapped point, as on the tiles."""
        return self.filter(public_point__intersects=box)

    def with_what_is_shown(self) -> Self:
        """Bring along what a public list tells of each, in the same statement."""
        joined = Report.objects.filter(master=OuterRef("pk")).values("master")
        following = Following.objects.filter(report=OuterRef("pk"), ended_at=None)
        counts = [
            Coalesce(Subquery(rows.annotate(n=models.Count("pk")).values("n")), 0)
            for rows in (joined, following.values("report"))
        ]
        return self.with_its_ward().annotate(followers=counts[0] + counts[1])

    def with_its_ward(self) -> Self:
        """Bring along what a row of a list says: of what, where, in whose hands."""
        return self.select_related("category", "place", "current_place", "organisation")

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

    def like_first(self, category: Category) -> Self:
        """Put the same category first, then its branch, then the rest, by distance."""
        likeness = models.Case(
            models.When(category=category, then=0),
            models.When(category__branch=category.branch_id, then=1),
            default=2,
        )
        return self.order_by(likeness, "distance", "pk")

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

    def urgent_first(self) -> Self:
        """Put what is urgent before the rest, and what waits longest before the new."""
        rank = models.Case(
            models.When(category__urgency=Category.Urgency.URGENT, then=0),
            models.When(category__urgency=Category.Urgency.HIGH, then=1),
            default=2,
        )
        return self.order_by(rank, "received_at", "pk")

    def likely_duplicates_of(self, report: Report) -> Self:
        """Open reports of the same category, close by, from the fortnight before.

        Only a person may merge two reports; this is the list put before them.
        """
        if report.point is None:
            return self.none()
        fortnight = (report.received_at - timedelta(days=14), report.received_at)
        return (
            self.open()
            .filter(category=report.category_id, received_at__range=fortnight)
            .near(report.point, metres=50)
            .exclude(pk=report.pk)
        )


class Report(models.Model):
    """One problem as someone told it, where they told it."""

    class Kind(models.TextChoices):
        REPORT = "report", _("Report")
        SUGGESTION = "suggestion", _("Suggestion")
        QUESTION = "question", _("Question")

    class ReporterType(models.TextChoices):
        CITIZEN = "citizen", _("Citizen")
        BUSINESS = "business", _("Business")
        ORGANISATION = "organisation", _("Organisation")

    class PlaceSource(models.TextChoices):
        GPS = "gps", _("The device's own position")
        TAP = "tap", _("A tap on the map")
        ADDRESS = "address", _("An address")
        WARD = "ward", _("A ward, no point")
        LATER = "later", _("To be given later")
        NONE = "none", _("No place")

    code = models.CharField(max_length=32, unique=True, editable=False)
    public_id = models.CharField(max_length=22, unique=True, editable=False)
    channel = models.CharField(max_length=8, choices=Channel.choices)
    client_id = models.CharField(max_length=64, null=True, blank=True)
    body_digest = models.BinaryField(max_length=32)
    version = models.PositiveIntegerField(
        default=1, help_text="Counts changes, so that two people cannot overwrite one."
    )

    kind = models.CharField(max_length=10, choices=Kind.choices, default=Kind.REPORT)
    category = models.ForeignKey(Category, models.PROTECT, related_name="reports")
    description = models.TextField()
    answers = models.JSONField(default=dict, help_text="To the category's questions.")
    language = models.CharField(max_length=8, default=own_language)
    reporter_type = models.CharField(
        max_length=12, choices=ReporterType.choices, default=ReporterType.CITIZEN
    )
    hides_name = models.BooleanField(
        default=False, help_text="The unit must not learn who reported."
    )
    public_title = models.CharField(
        max_length=200, blank=True, help_text="Empty until an operator approves one."
    )
    is_public = models.BooleanField(help_text="Neither category nor person forbids it.")
    status = models.CharField(max_length=16, choices=Status.choices)
    received_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True, blank=True)
    resolved_at = models.DateTimeField(null=True, blank=True)
    paused_until = models.DateField(null=True, blank=True)
    committed_on = models.DateField(
        null=True,
        blank=True,
        help_text="By when a unit that is late commits to be done.",
    )
    reminded_at = models.DateTimeField(
        null=True, blank=True, help_text="When the reporter last reminded the unit."
    )
    updated_at = models.DateTimeField()
    refusal_reason = models.ForeignKey(
        "RefusalReason", models.PROTECT, null=True, blank=True, related_name="+"
    )
    refusal_text = models.TextField(blank=True)
    master = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="duplicates",
        help_text="The report of the same incident whose result this one shares.",
    )
    organisation = models.ForeignKey(
        Organisation,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="reports",
        help_text="The unit of the last transfer, kept here for lists.",
    )
    claimed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        help_text="The operator who has it on the screen.",
    )
    claimed_at = models.DateTimeField(null=True, blank=True)
    assignee = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="assigned_reports",
        help_text="The officer of the unit who works on it.",
    )

    point = models.PointField(srid=4326, null=True, blank=True)
    public_point = models.PointField(srid=4326, null=True, blank=True)
    world_cell = models.BigIntegerField(null=True, blank=True)
    place_source = models.CharField(max_length=8, choices=PlaceSource.choices)
    accuracy = models.FloatField(null=True, blank=True, help_text="Metres.")
    stretch_to = models.PointField(
        srid=4326, null=True, blank=True, help_text="The other end of a stretch."
    )
    address = models.CharField(max_length=300, blank=True)
    asset = models.CharField(max_length=64, blank=True, help_text="Its plate's code.")
    declared_ward = models.ForeignKey(
        Place, models.PROTECT, null=True, blank=True, related_name="+"
    )
    boundary = models.ForeignKey(
        Boundary, models.PROTECT, null=True, blank=True, related_name="+"
    )
    place = models.ForeignKey(
        Place,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        help_text="Where it lay when it came, by the boundaries of that day.",
    )
    current_place = models.ForeignKey(
        Place,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        help_text="Where it lies by the boundaries of today.",
    )
    is_demo = models.BooleanField(default=False, editable=False)

    objects = ReportQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="report_is_sent_once_a_channel", fields=["channel", "client_id"]
            ),
            models.CheckConstraint(
                name="report_point_agrees_with_its_source",
                condition=Q(
                    place_source__in=["gps", "tap", "address"], point__isnull=False
                )
                | Q(
                    place_source="ward", point__isnull=True, declared_ward__isnull=False
                )
                | Q(place_source__in=["later", "none"], point__isnull=True),
            ),
            models.CheckConstraint(
                name="report_public_point_stands_beside_the_point",
                condition=Q(
                    point__isnull=True,
                    public_point__isnull=True,
                    world_cell__isnull=True,
                )
                | Q(
                    point__isnull=False,
                    public_point__isnull=False,
                    world_cell__isnull=False,
                ),
            ),
            models.CheckConstraint(
                name="report_status_is_one_of_the_machine",
                condition=Q(status__in=sorted(Status)),
            ),
            models.CheckConstraint(
                name="report_waits_or_has_been_accepted",
                condition=Q(status__in=sorted(BEFORE_ACCEPTANCE))
                | Q(accepted_at__isnull=False),
            ),
            models.CheckConstraint(
                name="report_in_hand_has_a_unit",
                condition=~Q(status__in=sorted(IN_HAND))
                | Q(organisation__isnull=False),
            ),
            models.CheckConstraint(
                name="report_is_refused_with_reason_and_text",
                condition=~Q(status="refused")
                | (Q(refusal_reason__isnull=False) & ~Q(refusal_text="")),
            ),
            models.CheckConstraint(
                name="report_is_resolved_at_a_moment",
                condition=~Q(status="resolved") | Q(resolved_at__isnull=False),
            ),
            models.CheckConstraint(
                name="report_is_paused_until_a_day",
                condition=~Q(status="paused") | Q(paused_until__isnull=False),
            ),
            models.CheckConstraint(
                name="duplicate_report_names_its_master",
                condition=~Q(status="duplicate") | Q(master__isnull=False),
            ),
        ]
        indexes = [
            GistIndex(Cast("point", OVER_GROUND), name="report_point_over_ground"),
            GistIndex("public_point", name="report_shown_at", condition=PUBLIC),
            models.Index(
                fields=["world_cell"],
                include=["category", "status", "received_at"],
                name="report_by_world_cell",
                condition=PUBLIC,
            ),
            models.Index(
                fields=["-received_at", "-id"],
                name="report_newest_first",
                condition=PUBLIC,
            ),
            models.Index(
                models.Func(models.F("point"), function="ST_X", output_field=NUMBER),
                models.Func(models.F("point"), function="ST_Y", output_field=NUMBER),
                "received_at",
                name="report_told_at_the_very_point",
                condition=Q(point__isnull=False),
            ),
            models.Index(
                fields=["organisation"],
                name="report_in_hand_of_unit",
                condition=Q(status__in=sorted(IN_HAND)),
            ),
            models.Index(
                fields=["status", "received_at"],
                name="report_awaiting_an_operator",
                condition=Q(
                    status__in=[
                        "accepted",
                        "awaiting",
                        "info_requested",
                        "received",
                        "returned",
                    ]
                ),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.category} {self.public_id}"

    @property
    def lies_in(self) -> Place | None:
        """The ward it lies in today; that of its own day where none follows from it."""
        return self.current_place or self.place

    @property
    def status_group(self) -> str:
        return Status(self.status).group

    def get_absolute_url(self) -> str:
        """Where the reporter looks the case up; the code in it is their secret."""
        return settings.SITE_URL + reverse("mapui:case", args=[self.code])

    def get_public_url(self) -> str:
        """Where anyone sees what is public of the case."""
        return settings.SITE_URL + reverse("mapui:report", args=[self.public_id])
