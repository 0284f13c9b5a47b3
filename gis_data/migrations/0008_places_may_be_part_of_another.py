import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("gis_data", "0007_an_edition_knows_what_it_renames")]

    operations = [
        migrations.AddField(
            model_name="place",
            name="part_of",
            field=models.ForeignKey(
                blank=True,
                help_text="As a former ward was of its district; names alone do not tell them.",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="parts",
                to="gis_data.place",
            ),
        )
    ]
