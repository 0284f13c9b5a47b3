import django.contrib.postgres.fields
import django.db.models.deletion
import incidents.models.attachment
import uuid
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("gis_data", "0010_points_that_maps_fall_back_to_are_known"),
        ("incidents", "0057_who_leads_does_without_the_weekly_letter"),
    ]

    operations = [
        migrations.CreateModel(
            name="AreaFollowing",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True,
                        primary_key=True,
                        serialize=False,
                        verbose_name="ID",
                    ),
                ),
                (
                    "token",
                    models.CharField(
                        default=incidents.models.attachment.new_public_id,
                        editable=False,
                        help_text=(
                            "Leads the follower, and nobody else, to where it is ended."
                        ),
                        max_length=22,
                        unique=True,
                    ),
                ),
                (
                    "sealed",
                    models.BinaryField(
                        help_text="The e-mail, encrypted; erased at the end."
                    ),
                ),
                ("email_index", models.CharField(blank=True, max_length=64)),
                (
                    "language",
                    models.CharField(
                        help_text="What letters are written in.", max_length=8
                    ),
                ),
                ("at", models.DateTimeField()),
                ("confirmed_at", models.DateTimeField(blank=True, null=True)),
                ("ended_at", models.DateTimeField(blank=True, null=True)),
                (
                    "told_until",
                    models.DateTimeField(
                        help_text=(
                            "What happened before this moment was told, or is in a "
                            "letter owed."
                        )
                    ),
                ),
                (
                    "category",
                    models.ForeignKey(
                        blank=True,
                        help_text=(
                            "Only what is of this branch; all of it where none is "
                            "named."
                        ),
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="area_followings",
                        to="incidents.category",
                    ),
                ),
                (
                    "place",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="area_followings",
                        to="gis_data.place",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("ended_at__isnull", True)),
                        fields=("email_index", "place", "category"),
                        name="area_is_followed_once_by_an_address",
                        nulls_distinct=False,
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("ended_at__isnull", True),
                            models.Q(("email_index", ""), ("sealed", b"")),
                            _connector="OR",
                        ),
                        name="area_following_that_ended_knows_no_address",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="AreaLetter",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True,
                        primary_key=True,
                        serialize=False,
                        verbose_name="ID",
                    ),
                ),
                (
                    "key",
                    models.UUIDField(
                        db_default=models.Func(function="gen_random_uuid"),
                        default=uuid.uuid4,
                        editable=False,
                        help_text="Names it to a provider, the same at every try.",
                        unique=True,
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("owed", "Owed"),
                            ("sending", "Being sent"),
                            ("accepted", "Taken by the provider"),
                            ("delivered", "Delivered"),
                            ("failed", "Undeliverable"),
                            ("given_up", "Given up"),
                            ("dropped", "Not wanted any more"),
                        ],
                        default="owed",
                        max_length=9,
                    ),
                ),
                ("asked_at", models.DateTimeField()),
                (
                    "next_try_at",
                    models.DateTimeField(
                        help_text="While being sent: when it is stuck."
                    ),
                ),
                ("tried_at", models.DateTimeField(blank=True, null=True)),
                ("attempts", models.PositiveIntegerField(default=0)),
                (
                    "failure",
                    models.CharField(
                        blank=True, help_text="A code, no words.", max_length=40
                    ),
                ),
                (
                    "may_have_gone",
                    models.BooleanField(
                        default=False,
                        help_text="A try that failed may have reached the provider.",
                    ),
                ),
                (
                    "may_be_doubled",
                    models.BooleanField(
                        default=False, help_text="It may have been sent twice."
                    ),
                ),
                ("provider_id", models.CharField(blank=True, max_length=100)),
                ("sent_at", models.DateTimeField(blank=True, null=True)),
                (
                    "kind",
                    models.CharField(
                        choices=[("question", "Question"), ("news", "News")],
                        max_length=8,
                    ),
                ),
                ("on", models.DateField()),
                (
                    "accepted",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.BigIntegerField(), default=list, size=None
                    ),
                ),
                (
                    "resolved",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.BigIntegerField(), default=list, size=None
                    ),
                ),
                (
                    "following",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="letters",
                        to="incidents.areafollowing",
                    ),
                ),
            ],
            options={
                "abstract": False,
                "indexes": [
                    models.Index(
                        condition=models.Q(("state__in", ["owed", "sending"])),
                        fields=["next_try_at"],
                        name="arealetter_still_owed",
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("following", "on", "kind"),
                        name="area_letter_comes_once_a_day",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("state__in", ["accepted", "delivered"]), _negated=True
                            ),
                            ("sent_at__isnull", False),
                            _connector="OR",
                        ),
                        name="arealetter_taken_by_a_provider_was_sent_at_a_moment",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state", "sending"), _negated=True),
                            models.Q(("attempts__gt", 0), ("tried_at__isnull", False)),
                            _connector="OR",
                        ),
                        name="arealetter_being_sent_was_tried",
                    ),
                ],
            },
        ),
    ]
