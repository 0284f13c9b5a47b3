from __future__ import annotations

from django.db import models


class Sending(models.Model):
    """What a phone sent that may have had no line, and the first answer to it.

    A phone that did not hear the answer sends the same again; it is done once.
    """

    sender = models.CharField(
        max_length=40, help_text="Whose it is: a person or a crew's link, by number."
    )
    client_id = models.CharField(max_length=64, help_text="Drawn by the phone.")
    report = models.ForeignKey("Report", models.CASCADE, related_name="+")
    step = models.CharField(max_length=64)
    body_digest = models.BinaryField(max_length=32)
    answer = models.JSONField(default=dict)
    at = models.DateTimeField(db_index=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="sending_is_done_once_a_sender", fields=["sender", "client_id"]
            )
        ]

    def __str__(self) -> str:
        return f"{self.step} of {self.sender}"
