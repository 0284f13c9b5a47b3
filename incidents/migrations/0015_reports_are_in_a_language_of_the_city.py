from django.db import migrations, models

import accounts.models


class Migration(migrations.Migration):
    """Who names no language is written to in the city's own."""

    dependencies = [("incidents", "0014_tell_an_heir_by_one_function")]

    operations = [
        migrations.AlterField(
            model_name="report",
            name="language",
            field=models.CharField(default=accounts.models.own_language, max_length=8),
        ),
    ]
