from django.db import migrations, models

#: Who clears the demo away takes what closed with it along, and says so as of history.
TABLES = [
    "incidents_closedperiod",
    "incidents_closedfigures",
    "incidents_correction",
    "incidents_publishedranking",
]


def guarded_by(function: str) -> str:
    return "".join(
        f"DROP TRIGGER never_shrinks ON {table};\n"
        f"CREATE TRIGGER never_shrinks BEFORE DELETE ON {table} FOR EACH ROW "
        f"EXECUTE FUNCTION {function}();\n"
        for table in TABLES
    )


class Migration(migrations.Migration):
    dependencies = [("incidents", "0051_cases_are_measured_by_what_ended_them")]

    operations = [
        migrations.AddIndex(
            model_name="transfer",
            index=models.Index(
                condition=models.Q(("organisation__isnull", True)),
                fields=["at"],
                name="transfer_back_to_the_desk",
            ),
        ),
        migrations.RemoveIndex(model_name="handling", name="handling_given_back"),
        migrations.RemoveField(model_name="handling", name="returned_at"),
        migrations.RemoveField(model_name="handling", name="returned_by"),
        migrations.RunSQL(
            guarded_by("incidents_only_grows"), guarded_by("incidents_stays")
        ),
    ]
