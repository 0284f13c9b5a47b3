import django.contrib.gis.db.models.fields
import django.db.models.deletion
from django.db import migrations, models

import gis_data.models.place


class Migration(migrations.Migration):
    dependencies = [
        ("gis_data", "0008_places_may_be_part_of_another"),
    ]

    operations = [
        migrations.CreateModel(
            name="OutsideLookup",
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
                    "digest",
                    models.CharField(
                        help_text="Of the service's name and the address.",
                        max_length=64,
                        unique=True,
                    ),
                ),
                (
                    "address",
                    models.CharField(
                        blank=True,
                        help_text="Empty once it is answered.",
                        max_length=300,
                    ),
                ),
                ("asked_at", models.DateTimeField(db_index=True)),
                ("answered_at", models.DateTimeField(blank=True, null=True)),
                (
                    "point",
                    django.contrib.gis.db.models.fields.PointField(
                        blank=True, null=True, spatial_index=False, srid=4326
                    ),
                ),
                (
                    "label",
                    models.CharField(
                        blank=True, help_text="In its own words.", max_length=300
                    ),
                ),
                (
                    "doubt",
                    models.CharField(
                        blank=True,
                        help_text="Why the point is not to be trusted.",
                        max_length=32,
                    ),
                ),
                ("failure", models.CharField(blank=True, max_length=64)),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("answered_at__isnull", True),
                            ("address", ""),
                            _connector="OR",
                        ),
                        name="outside_lookup_forgets_the_address_once_answered",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Street",
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
                ("name", models.CharField(db_collation="vi-x-icu", max_length=200)),
                (
                    "search_key",
                    gis_data.models.place.SearchKeyField(
                        editable=False, max_length=200
                    ),
                ),
                (
                    "shape",
                    django.contrib.gis.db.models.fields.MultiLineStringField(
                        blank=True,
                        help_text="Its line within the place, where one is known.",
                        null=True,
                        spatial_index=False,
                        srid=4326,
                    ),
                ),
                ("source", models.CharField(blank=True, max_length=200)),
                (
                    "place",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="streets",
                        to="gis_data.place",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("place", "search_key"),
                        name="street_is_listed_once_in_a_place",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("name", ""), _negated=True),
                        name="street_has_a_name",
                    ),
                ],
            },
        ),
    ]
