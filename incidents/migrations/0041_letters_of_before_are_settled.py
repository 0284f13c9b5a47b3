from django.db import migrations, models

#: What was sent stays sent; of what was not, only what is of today is still owed.
SETTLE = """
UPDATE {table} SET
    state = CASE WHEN sent_at IS NOT NULL THEN 'accepted'
        WHEN asked_at > now() - interval '1 day' THEN 'owed' ELSE 'dropped' END,
    next_try_at = asked_at
"""
TABLES = ("incidents_staffnotice", "incidents_digest", "incidents_onetimecode")


class Migration(migrations.Migration):
    dependencies = [("incidents", "0040_every_letter_knows_how_it_fares")]

    operations = [
        *(
            migrations.RunSQL(SETTLE.format(table=table), migrations.RunSQL.noop)
            for table in TABLES
        ),
        migrations.AddIndex(
            model_name="staffnotice",
            index=models.Index(
                condition=models.Q(("state__in", ["owed", "sending"])),
                fields=["next_try_at"],
                name="staffnotice_still_owed",
            ),
        ),
        migrations.AddConstraint(
            model_name="staffnotice",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state__in", ["accepted", "delivered"]), _negated=True),
                    ("sent_at__isnull", False),
                    _connector="OR",
                ),
                name="staffnotice_taken_by_a_provider_was_sent_at_a_moment",
            ),
        ),
        migrations.AddConstraint(
            model_name="staffnotice",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state", "sending"), _negated=True),
                    models.Q(("attempts__gt", 0), ("tried_at__isnull", False)),
                    _connector="OR",
                ),
                name="staffnotice_being_sent_was_tried",
            ),
        ),
        migrations.AddIndex(
            model_name="digest",
            index=models.Index(
                condition=models.Q(("state__in", ["owed", "sending"])),
                fields=["next_try_at"],
                name="digest_still_owed",
            ),
        ),
        migrations.AddConstraint(
            model_name="digest",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state__in", ["accepted", "delivered"]), _negated=True),
                    ("sent_at__isnull", False),
                    _connector="OR",
                ),
                name="digest_taken_by_a_provider_was_sent_at_a_moment",
            ),
        ),
        migrations.AddConstraint(
            model_name="digest",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state", "sending"), _negated=True),
                    models.Q(("attempts__gt", 0), ("tried_at__isnull", False)),
                    _connector="OR",
                ),
                name="digest_being_sent_was_tried",
            ),
        ),
        migrations.AddIndex(
            model_name="onetimecode",
            index=models.Index(
                condition=models.Q(("state__in", ["owed", "sending"])),
                fields=["next_try_at"],
                name="onetimecode_still_owed",
            ),
        ),
        migrations.AddConstraint(
            model_name="onetimecode",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state__in", ["accepted", "delivered"]), _negated=True),
                    ("sent_at__isnull", False),
                    _connector="OR",
                ),
                name="onetimecode_taken_by_a_provider_was_sent_at_a_moment",
            ),
        ),
        migrations.AddConstraint(
            model_name="onetimecode",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state", "sending"), _negated=True),
                    models.Q(("attempts__gt", 0), ("tried_at__isnull", False)),
                    _connector="OR",
                ),
                name="onetimecode_being_sent_was_tried",
            ),
        ),
    ]
