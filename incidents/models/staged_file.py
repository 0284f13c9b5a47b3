from __future__ import annotations

from django.db import models

from .attachment import Attachment, new_public_id


class StagedFile(models.Model):
    """A file sent ahead of its report, on a line that may break; swept if none comes.

    It belongs to the sending (`client_id`) of one browser, and becomes an attachment
    when that report is filed.
    """

    public_id = models.CharField(
        max_length=22, unique=True, editable=False, default=new_public_id
    )
    client_id = models.CharField(max_length=64, db_index=True)
    name = models.CharField(max_length=200, help_text="As its sender called it.")
    kind = models.CharField(max_length=8, choices=Attachment.Kind.choices)
    media_type = models.CharField(max_length=64, help_text="Read off the content.")
    original = models.FileField(upload_to="staged/%Y/%m", max_length=200)
    bytes = models.PositiveIntegerField()
    checksum = models.CharField(max_length=64, help_text="SHA-256 of the original.")
    crew_result = models.ForeignKey(
        "CrewResult",
        models.CASCADE,
        null=True,
        blank=True,
        related_name="files",
        help_text="What a crew sent, until an officer confirms it; it is not swept.",
    )
    at = models.DateTimeField(db_index=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="file_is_staged_once_a_sending", fields=["client_id", "checksum"]
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.public_id}, waiting for its report"
