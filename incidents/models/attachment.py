from __future__ import annotations

import secrets
from typing import Self

from django.db import models
from django.db.models import F, Q
from django.db.models.expressions import CombinedExpression
from django.utils.translation import gettext_lazy as _

#: In so many parts a look is compared; each has 16 of its 64 signs.
BANDS = 4


def band(turn: int) -> CombinedExpression:
    """Return one part of what a photo looks like."""
    return F("look").bitrightshift(16 * turn).bitand(0xFFFF)


def new_public_id() -> str:
    """Make an address of a file that nobody can guess."""
    return secrets.token_urlsafe(16)


class AttachmentQuerySet(models.QuerySet["Attachment"]):
    """Questions on files by who sent them."""

    def told(self) -> Self:
        """Keep what the reporter sent: with no result, and as no evidence of staff."""
        return self.filter(result=None, event=None)

    def public(self) -> Self:
        """Keep the photos that were let be seen, for as long as their case stands.

        What was refused, or taken back by its reporter, shows none any more.
        """
        shown = self.filter(approved_at__isnull=False, kind=Attachment.Kind.PHOTO)
        return shown.exclude(report__status__in=["refused", "withdrawn"])


class Attachment(models.Model):
    """A photo, video or recording: the original is private, the derivatives are shown.

    The worker makes the derivatives; nothing is public before an operator approved it.
    """

    class Kind(models.TextChoices):
        PHOTO = "photo", _("Photo")
        VIDEO = "video", _("Video")
        AUDIO = "audio", _("Recording")

    class State(models.TextChoices):
        WAITING = "waiting", _("Being prepared")
        READY = "ready", _("Ready")
        BROKEN = "broken", _("Could not be read")

    report = models.ForeignKey("Report", models.CASCADE, related_name="attachments")
    result = models.ForeignKey(
        "Result",
        models.CASCADE,
        null=True,
        blank=True,
        related_name="attachments",
        help_text="Empty for what was sent with no result.",
    )
    event = models.ForeignKey(
        "Event",
        models.CASCADE,
        null=True,
        blank=True,
        related_name="attachments",
        help_text="What staff sent it with as evidence; no stranger ever sees it.",
    )
    public_id = models.CharField(
        max_length=22, unique=True, editable=False, default=new_public_id
    )
    kind = models.CharField(max_length=8, choices=Kind.choices)
    media_type = models.CharField(max_length=64, help_text="Read off the content.")
    original = models.FileField(upload_to="originals/%Y/%m", max_length=200)
    bytes = models.PositiveIntegerField()
    checksum = models.CharField(max_length=64, help_text="SHA-256 of the original.")
    look = models.BigIntegerField(
        null=True, blank=True, help_text="What a photo looks like, in 64 signs."
    )
    state = models.CharField(max_length=8, choices=State.choices, default=State.WAITING)
    shown = models.FileField(upload_to="shown/%Y/%m", max_length=200, blank=True)
    thumbnail = models.FileField(upload_to="thumbs/%Y/%m", max_length=200, blank=True)
    is_call = models.BooleanField(
        default=False, help_text="A call as it was recorded: never shown to strangers."
    )
    received_at = models.DateTimeField()
    taken_at = models.DateTimeField(
        null=True, blank=True, help_text="By the camera's own word, of a result."
    )
    metres_off = models.PositiveIntegerField(
        null=True, blank=True, help_text="From the case, by the camera's own word."
    )
    approved_at = models.DateTimeField(
        null=True, blank=True, help_text="When an operator let it be public."
    )

    objects = AttachmentQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="attachment_is_shown_only_when_ready",
                condition=Q(approved_at__isnull=True) | Q(state="ready"),
            ),
            models.CheckConstraint(
                name="attachment_that_is_evidence_is_never_shown",
                condition=Q(event__isnull=True) | Q(approved_at__isnull=True),
            ),
            models.CheckConstraint(
                name="recorded_call_is_audio_and_never_public",
                condition=Q(is_call=False) | Q(kind="audio", approved_at__isnull=True),
            ),
        ]
        # Photos that look alike nearly always share one of the four parts whole.
        indexes = [
            models.Index(
                band(turn),
                name=f"attachment_looks_like_{turn}",
                condition=Q(look__isnull=False),
            )
            for turn in range(BANDS)
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.public_id}"

    @property
    def is_told(self) -> bool:
        """Whether the reporter sent it."""
        return self.result_id is None and self.event_id is None

    @property
    def is_of_staff(self) -> bool:
        """Whether staff made it: no call, and nothing a reporter sent with a step."""
        if self.is_call or self.is_told:
            return False
        return self.event is None or self.event.by_id is not None
