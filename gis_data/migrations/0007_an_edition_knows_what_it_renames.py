from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("gis_data", "0006_files_wait_and_changes_are_signed")]

    operations = [
        migrations.AddField(
            model_name="edition",
            name="names",
            field=models.JSONField(
                blank=True,
                default=dict,
                help_text="By code, what it calls a place now and what that was called before.",
            ),
        )
    ]
