import django.db.models.functions.text
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0002_people_are_written_to_in_their_language"),
        ("auth", "0012_alter_user_first_name_max_length"),
    ]

    operations = [
        migrations.CreateModel(
            name="Attempt",
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
                    "kind",
                    models.CharField(
                        choices=[
                            ("sign_in", "Signing in"),
                            ("reset", "Asking for a new password"),
                        ],
                        max_length=8,
                    ),
                ),
                (
                    "name",
                    models.CharField(
                        help_text="A digest of what was typed.", max_length=64
                    ),
                ),
                (
                    "address",
                    models.CharField(
                        help_text="A digest of where from.", max_length=64
                    ),
                ),
                ("at", models.DateTimeField(db_index=True)),
            ],
        ),
        migrations.AlterField(
            model_name="user",
            name="invited_at",
            field=models.DateTimeField(
                blank=True,
                help_text="When the latest invitation was asked for.",
                null=True,
                verbose_name="invited at",
            ),
        ),
        migrations.AlterField(
            model_name="user",
            name="language",
            field=models.CharField(
                choices=[("vi", "Tiếng Việt"), ("en", "English")],
                default="vi",
                help_text="What letters to them are written in.",
                max_length=8,
                verbose_name="language",
            ),
        ),
        migrations.AddConstraint(
            model_name="user",
            constraint=models.UniqueConstraint(
                django.db.models.functions.text.Lower("email"),
                condition=models.Q(("email", ""), _negated=True),
                name="email_leads_to_one_account",
            ),
        ),
        migrations.AddIndex(
            model_name="attempt",
            index=models.Index(fields=["name", "kind", "at"], name="attempt_by_name"),
        ),
        migrations.AddIndex(
            model_name="attempt",
            index=models.Index(
                fields=["address", "kind", "at"], name="attempt_by_address"
            ),
        ),
    ]
