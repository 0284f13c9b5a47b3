from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("incidents", "0043_what_is_looked_at_is_logged_with_its_case")]

    operations = [
        migrations.RemoveIndex(model_name="clockpause", name="pause_not_ended"),
        migrations.AddIndex(
            model_name="report",
            index=models.Index(
                fields=["paused_until"],
                name="report_goes_on_by_itself",
                condition=models.Q(status="paused"),
            ),
        ),
    ]
