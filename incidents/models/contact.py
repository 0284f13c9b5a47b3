from __future__ import annotations

from django.db import models
from django.db.models import Q


class Contact(models.Model):
    """Who told us or follows, as they were that day: sealed, in a table of its own."""

    report = models.OneToOneField(
        "Report", models.CASCADE, null=True, blank=True, related_name="contact"
    )
    following = models.OneToOneField(
        "Following", models.CASCADE, null=True, blank=True, related_name="contact"
    )
    sealed = models.BinaryField(help_text="Name, phone and e-mail, encrypted.")
    phone_index = models.CharField(max_length=64, blank=True, db_index=True)
    email_index = models.CharField(max_length=64, blank=True, db_index=True)
    language = models.CharField(max_length=8, help_text="What notices are written in.")

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="contact_is_a_reporter_or_a_follower",
                condition=Q(report__isnull=True) ^ Q(following__isnull=True),
            )
        ]

    def __str__(self) -> str:
        return f"Contact {self.pk}"


class ContactReading(models.Model):
    """Who opened a contact, when and why."""

    contact = models.ForeignKey(Contact, models.CASCADE, related_name="readings")
    reader = models.CharField(max_length=150)
    reason = models.CharField(max_length=200)
    at = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(
                fields=["-at"],
                name="contact_read_by_staff",
                condition=~Q(reader="worker"),
            )
        ]

    def __str__(self) -> str:
        return f"{self.reader} read contact {self.contact_id}"
