from django.db import migrations, models

import accounts.models


class Migration(migrations.Migration):
    """Which languages there are, and which comes first, is said by the city."""

    dependencies = [("accounts", "0003_an_email_leads_to_one_account")]

    operations = [
        migrations.AlterField(
            model_name="user",
            name="language",
            field=models.CharField(
                choices=accounts.models.languages,
                default=accounts.models.own_language,
                help_text="What letters to them are written in.",
                max_length=8,
                verbose_name="language",
            ),
        ),
    ]
