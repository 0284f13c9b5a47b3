from __future__ import annotations

from django.conf import settings
from django.contrib.gis.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts.models import own_language
from gis_data.models import Boundary, Place

from .category import Category, Channel
from .organisation import Organisation
from .report_indexes import INDEXES
from .report_queries import ReportQuerySet
from .status import BEFORE_ACCEPTANCE, ENDED, IN_HAND, Status
from .verification import Verification
from .weeks import WEEK_IT_ENDED


class Approval(models.TextChoices):
    """What is awaited of whom, before what a unit says of a case may count."""

    LEADER = "leader", _("The unit's leader approves its result")
    NOT_TRUE = "not_true", _("An operator approves that it is not as reported")
    NOT_FOUND = "not_found", _("An operator approves that nothing was established")
    DUPLICATE = "duplicate", _("An operator approves that it was reported before")


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
    is_quarantined = models.BooleanField(
        default=False,
        db_default=False,
        help_text="A denunciation or complaint: for the shift lead and auditors alone.",
    )
    master = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="duplicates",
        help_text="The report of the same incident whose result this one shares.",
    )
    incident = models.ForeignKey(
        "Incident",
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="reports",
        help_text="The matter of many that it is part of.",
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

    verification = models.CharField(
        max_length=12,
        choices=Verification.Outcome.choices,
        blank=True,
        default="",
        db_default="",
        help_text="What its unit found, the last time it checked.",
    )
    subunit = models.ForeignKey(
        Organisation,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="sub_assigned_reports",
        help_text="The part or contractor that works on it; the unit answers for it.",
    )
    sub_assigned_on = models.DateField(null=True, blank=True)
    approval = models.CharField(
        max_length=12,
        choices=Approval.choices,
        blank=True,
        default="",
        db_default="",
        help_text="Whose approval is awaited; empty: an operator's of a result.",
    )
    awaits_arbiter = models.BooleanField(
        default=False,
        db_default=False,
        help_text="No unit kept it: the shift lead decides.",
    )
    is_arbitrated = models.BooleanField(
        default=False,
        db_default=False,
        help_text="The shift lead named the unit, which cannot return it.",
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
    ended_week = models.GeneratedField(
        expression=WEEK_IT_ENDED,
        output_field=models.SmallIntegerField(),
        db_persist=True,
        help_text="Weeks since 1970, so that what is open lies after all that ended.",
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
                name="quarantined_report_is_refused",
                condition=Q(is_quarantined=False) | Q(status="refused"),
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
            models.CheckConstraint(
                name="only_a_duplicate_has_a_master",
                condition=Q(status="duplicate") | Q(master__isnull=True),
            ),
            models.CheckConstraint(
                name="report_is_not_its_own_master",
                condition=Q(master__isnull=True) | ~Q(master=models.F("pk")),
            ),
            models.CheckConstraint(
                name="report_is_sub_assigned_on_a_day_after_it_was_verified",
                condition=Q(subunit__isnull=True, sub_assigned_on__isnull=True)
                | Q(
                    subunit__isnull=False,
                    sub_assigned_on__isnull=False,
                    verification__in=["true", "unclear"],
                ),
            ),
            models.CheckConstraint(
                name="report_awaits_approval_of_something_it_was_given",
                condition=Q(approval="") | Q(status="awaiting"),
            ),
            models.CheckConstraint(
                name="report_that_ended_awaits_no_arbiter",
                condition=Q(awaits_arbiter=False) | ~Q(status__in=sorted(ENDED)),
            ),
        ]
        indexes = INDEXES

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

    def get_short_url(self) -> str:
        """Lead to the same in as few signs as a text message has room for."""
        signs = self.code.replace("-", "")
        return settings.SITE_URL + reverse("mapui:short", args=[signs])

    def get_public_url(self) -> str:
        """Where anyone sees what is public of the case."""
        return settings.SITE_URL + reverse("mapui:report", args=[self.public_id])
