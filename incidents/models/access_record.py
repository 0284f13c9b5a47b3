from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class AccessRecord(models.Model):
    """One thing done with personal data besides opening one contact; only added to.

    Each contact that was opened stands in `ContactReading`; here stands what was asked
    for, granted, looked at and taken out, and who read the log itself. It names nobody
    but staff.
    """

    class Kind(models.TextChoices):
        EXPORT_ASKED = "export_asked", _("Export with contacts asked for")
        EXPORT_APPROVED = "export_approved", _("Export with contacts approved")
        EXPORT_DENIED = "export_denied", _("Export with contacts not approved")
        EXPORT_MADE = "export_made", _("Export with contacts made")
        EXPORT_TAKEN = "export_taken", _("Export with contacts downloaded")
        LOG_TAKEN = "log_taken", _("Access log downloaded")
        FILE_OPENED = "file_opened", _("File as its reporter sent it opened")
        CALL_HEARD = "call_heard", _("Recording of a call played")
        CASE_TAKEN = "case_taken", _("Case downloaded as a file")
        LINE_TAKEN = "line_taken", _("Number of a broken line opened")

    kind = models.CharField(max_length=16, choices=Kind.choices)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        help_text="Empty for the worker.",
    )
    at = models.DateTimeField()
    export = models.ForeignKey(
        "CaseExport", models.PROTECT, null=True, blank=True, related_name="accesses"
    )
    report = models.ForeignKey(
        "Report",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="accesses",
        help_text="Empty where it is about many cases, or none.",
    )
    reason = models.CharField(max_length=300, blank=True)
    count = models.PositiveIntegerField(default=1, help_text="Of how many cases.")

    class Meta:
        indexes = [models.Index(fields=["-at"], name="access_latest_first")]

    def __str__(self) -> str:
        return f"{self.kind} by {self.by_id} at {self.at}"
