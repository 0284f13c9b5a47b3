from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.urls import reverse

from .attachment import new_public_id
from .outgoing import Outgoing, OutgoingQuerySet


class AreaFollowing(models.Model):
    """Somebody who wishes to hear what happens in a ward, by e-mail, daily at most.

    Whose it is stays sealed, and is erased when it ends. Nothing is sent but one letter
    until the owner of the address has said yes.
    """

    place = models.ForeignKey(
        "gis_data.Place", models.PROTECT, related_name="area_followings"
    )
    category = models.ForeignKey(
        "Category",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="area_followings",
        help_text="Only what is of this branch; all of it where none is named.",
    )
    token = models.CharField(
        max_length=22,
        unique=True,
        editable=False,
        default=new_public_id,
        help_text="Leads the follower, and nobody else, to where it is ended.",
    )
    sealed = models.BinaryField(help_text="The e-mail, encrypted; erased at the end.")
    email_index = models.CharField(max_length=64, blank=True)
    language = models.CharField(max_length=8, help_text="What letters are written in.")
    at = models.DateTimeField()
    confirmed_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    told_until = models.DateTimeField(
        help_text="What happened before this moment was told, or is in a letter owed."
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="area_is_followed_once_by_an_address",
                fields=["email_index", "place", "category"],
                condition=Q(ended_at__isnull=True),
                nulls_distinct=False,
            ),
            models.CheckConstraint(
                name="area_following_that_ended_knows_no_address",
                condition=Q(ended_at__isnull=True) | Q(email_index="", sealed=b""),
            ),
        ]

    def __str__(self) -> str:
        return f"Following {self.pk} of place {self.place_id}"

    def get_absolute_url(self) -> str:
        """Where the follower says yes, sees what is followed, and ends it."""
        return settings.SITE_URL + reverse("mapui:area-followed", args=[self.token])


class AreaLetter(Outgoing):
    """One letter to who follows a ward: the question whether they do, or a day's news.

    News are the cases that strangers saw come or end, by number; what is no longer to
    be seen when the letter is written stays out of it.
    """

    class Kind(models.TextChoices):
        QUESTION = "question"
        NEWS = "news"

    following = models.ForeignKey(AreaFollowing, models.CASCADE, related_name="letters")
    kind = models.CharField(max_length=8, choices=Kind.choices)
    on = models.DateField()
    accepted = ArrayField(models.BigIntegerField(), default=list)
    resolved = ArrayField(models.BigIntegerField(), default=list)

    objects = OutgoingQuerySet["AreaLetter"].as_manager()

    class Meta(Outgoing.Meta):
        constraints = [
            models.UniqueConstraint(
                name="area_letter_comes_once_a_day", fields=["following", "on", "kind"]
            ),
            *Outgoing.Meta.constraints,
        ]

    def __str__(self) -> str:
        return f"{self.kind} of {self.on} to following {self.following_id}"
