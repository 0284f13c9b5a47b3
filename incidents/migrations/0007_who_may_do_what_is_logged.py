import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


GUARD = """
CREATE TRIGGER only_grows BEFORE UPDATE ON incidents_rolechange FOR EACH ROW
EXECUTE FUNCTION incidents_only_grows();
CREATE TRIGGER never_shrinks BEFORE DELETE ON incidents_rolechange FOR EACH ROW
EXECUTE FUNCTION incidents_only_grows();
"""
UNGUARD = """
DROP TRIGGER only_grows ON incidents_rolechange;
DROP TRIGGER never_shrinks ON incidents_rolechange;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("incidents", "0006_followers_proofs_ratings_and_duties"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="RoleChange",
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
                    "code",
                    models.CharField(
                        choices=[
                            ("invited", "Invited"),
                            ("invited_again", "Invitation sent again"),
                            ("granted", "Role given"),
                            ("changed", "Role changed"),
                            ("ended", "Role ended"),
                            ("deputised", "Named to stand in"),
                            ("handed_over", "Work handed over"),
                            ("switched_off", "Account switched off"),
                            ("switched_on", "Account switched on again"),
                        ],
                        max_length=16,
                    ),
                ),
                ("at", models.DateTimeField()),
                ("role", models.CharField(blank=True, max_length=16)),
                (
                    "arguments",
                    models.JSONField(
                        default=dict,
                        help_text="Days, the role before, how much was handed over.",
                    ),
                ),
                (
                    "by",
                    models.ForeignKey(
                        help_text="Who did it.",
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "organisation",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="incidents.organisation",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="role_changes",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
        ),
        migrations.RunSQL(GUARD, UNGUARD),
    ]
