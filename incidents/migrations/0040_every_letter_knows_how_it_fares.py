import uuid

import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("incidents", "0039_a_duplicate_takes_the_place_of_what_is_withdrawn")
    ]

    operations = [
        migrations.AddField(
            model_name="staffnotice",
            name="attempts",
            field=models.PositiveIntegerField(default=0),
        ),
        migrations.AddField(
            model_name="staffnotice",
            name="failure",
            field=models.CharField(
                blank=True, help_text="A code, no words.", max_length=40
            ),
        ),
        migrations.AddField(
            model_name="staffnotice",
            name="key",
            field=models.UUIDField(
                db_default=models.Func(function="gen_random_uuid"),
                default=uuid.uuid4,
                editable=False,
                help_text="Names it to a provider, the same at every try.",
                unique=True,
            ),
        ),
        migrations.AddField(
            model_name="staffnotice",
            name="may_be_doubled",
            field=models.BooleanField(
                default=False, help_text="It may have been sent twice."
            ),
        ),
        migrations.AddField(
            model_name="staffnotice",
            name="may_have_gone",
            field=models.BooleanField(
                default=False,
                help_text="A try that failed may have reached the provider.",
            ),
        ),
        migrations.AddField(
            model_name="staffnotice",
            name="next_try_at",
            field=models.DateTimeField(
                default=django.utils.timezone.now,
                help_text="While being sent: when it is stuck.",
            ),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="staffnotice",
            name="provider_id",
            field=models.CharField(blank=True, max_length=100),
        ),
        migrations.AddField(
            model_name="staffnotice",
            name="state",
            field=models.CharField(
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
        migrations.AddField(
            model_name="staffnotice",
            name="tried_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="digest",
            name="attempts",
            field=models.PositiveIntegerField(default=0),
        ),
        migrations.AddField(
            model_name="digest",
            name="failure",
            field=models.CharField(
                blank=True, help_text="A code, no words.", max_length=40
            ),
        ),
        migrations.AddField(
            model_name="digest",
            name="key",
            field=models.UUIDField(
                db_default=models.Func(function="gen_random_uuid"),
                default=uuid.uuid4,
                editable=False,
                help_text="Names it to a provider, the same at every try.",
                unique=True,
            ),
        ),
        migrations.AddField(
            model_name="digest",
            name="may_be_doubled",
            field=models.BooleanField(
                default=False, help_text="It may have been sent twice."
            ),
        ),
        migrations.AddField(
            model_name="digest",
            name="may_have_gone",
            field=models.BooleanField(
                default=False,
                help_text="A try that failed may have reached the provider.",
            ),
        ),
        migrations.AddField(
            model_name="digest",
            name="next_try_at",
            field=models.DateTimeField(
                default=django.utils.timezone.now,
                help_text="While being sent: when it is stuck.",
            ),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="digest",
            name="provider_id",
            field=models.CharField(blank=True, max_length=100),
        ),
        migrations.AddField(
            model_name="digest",
            name="state",
            field=models.CharField(
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
        migrations.AddField(
            model_name="digest",
            name="tried_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="onetimecode",
            name="attempts",
            field=models.PositiveIntegerField(default=0),
        ),
        migrations.AddField(
            model_name="onetimecode",
            name="failure",
            field=models.CharField(
                blank=True, help_text="A code, no words.", max_length=40
            ),
        ),
        migrations.AddField(
            model_name="onetimecode",
            name="key",
            field=models.UUIDField(
                db_default=models.Func(function="gen_random_uuid"),
                default=uuid.uuid4,
                editable=False,
                help_text="Names it to a provider, the same at every try.",
                unique=True,
            ),
        ),
        migrations.AddField(
            model_name="onetimecode",
            name="may_be_doubled",
            field=models.BooleanField(
                default=False, help_text="It may have been sent twice."
            ),
        ),
        migrations.AddField(
            model_name="onetimecode",
            name="may_have_gone",
            field=models.BooleanField(
                default=False,
                help_text="A try that failed may have reached the provider.",
            ),
        ),
        migrations.AddField(
            model_name="onetimecode",
            name="next_try_at",
            field=models.DateTimeField(
                default=django.utils.timezone.now,
                help_text="While being sent: when it is stuck.",
            ),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="onetimecode",
            name="provider_id",
            field=models.CharField(blank=True, max_length=100),
        ),
        migrations.AddField(
            model_name="onetimecode",
            name="state",
            field=models.CharField(
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
        migrations.AddField(
            model_name="onetimecode",
            name="tried_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="onetimecode",
            name="channel",
            field=models.CharField(
                choices=[
                    ("email", "E-mail"),
                    ("sms", "SMS"),
                    ("call", "Telephone call"),
                ],
                default="email",
                max_length=8,
            ),
        ),
    ]
