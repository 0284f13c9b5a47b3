import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("gis_data", "0005_editions_are_drafts_first_and_places_have_heirs"),
        ("incidents", "0011_what_a_call_was_joined_to_is_found_by_its_name"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Reform",
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
                    "on",
                    models.DateField(
                        help_text="First day of the new order.", unique=True
                    ),
                ),
                ("started_at", models.DateTimeField()),
                ("finished_at", models.DateTimeField(blank=True, null=True)),
                (
                    "found",
                    models.PositiveIntegerField(
                        default=0,
                        help_text="Open cases of units that were no more, at its beginning.",
                    ),
                ),
                (
                    "moved",
                    models.PositiveIntegerField(default=0, help_text="To a successor."),
                ),
                (
                    "to_desk",
                    models.PositiveIntegerField(
                        default=0,
                        help_text="To the operators, as no successor follows from the place.",
                    ),
                ),
                (
                    "relocated",
                    models.PositiveIntegerField(
                        default=0,
                        help_text="Reports, open or ended, whose place of today changed.",
                    ),
                ),
            ],
        ),
        migrations.AddField(
            model_name="report",
            name="current_place",
            field=models.ForeignKey(
                blank=True,
                help_text="Where it lies by the boundaries of today.",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="gis_data.place",
            ),
        ),
        migrations.AlterField(
            model_name="event",
            name="code",
            field=models.CharField(
                choices=[
                    ("received", "Report received"),
                    ("claimed", "Taken up by an operator"),
                    ("info_requested", "More information asked for"),
                    ("info_given", "More information given"),
                    ("accepted", "Report accepted"),
                    ("refused", "Report not accepted"),
                    ("answered", "Question answered"),
                    ("thanked", "Thanks passed on"),
                    ("emergency", "Pointed to the emergency numbers"),
                    ("withdrawn", "Withdrawn by the reporter"),
                    ("transferred", "Transferred to %(organisation)s"),
                    ("acknowledged", "%(organisation)s has taken the case"),
                    ("returned", "%(organisation)s returned the case to the operators"),
                    ("verifying", "%(organisation)s is checking on site"),
                    ("started", "%(organisation)s is at work"),
                    ("progress", "Progress reported"),
                    ("paused", "Paused until %(until)s"),
                    ("resumed", "Work resumed"),
                    ("result_proposed", "Result awaits approval"),
                    ("result_sent_back", "Result sent back to the unit"),
                    ("resolved", "Resolved by %(organisation)s"),
                    ("reopened", "Reopened by the reporter"),
                    ("closed", "Case closed"),
                    ("merged", "Joined to a report of the same incident"),
                    ("titled", "Public title approved"),
                    ("photo_shown", "Photo approved for the public"),
                    ("rerouted", "Decided anew"),
                    ("moved", "Place on the map corrected"),
                    ("reclassified", "Category corrected"),
                    ("handed_over", "Taken over by %(organisation)s by law"),
                    ("contact_opened", "Contact opened by staff"),
                    ("reminded", "The reporter reminded %(organisation)s"),
                    ("committed", "%(organisation)s commits to be done by %(until)s"),
                    ("message", "Message to the reporter"),
                    ("replied", "The reporter wrote"),
                    ("assigned", "Given to an officer of the unit"),
                    ("rated", "Rated by the reporter"),
                ],
                max_length=16,
            ),
        ),
        migrations.AlterField(
            model_name="report",
            name="place",
            field=models.ForeignKey(
                blank=True,
                help_text="Where it lay when it came, by the boundaries of that day.",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="gis_data.place",
            ),
        ),
        migrations.CreateModel(
            name="Rehearsal",
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
                    "rules",
                    models.TextField(
                        blank=True,
                        help_text="A draft of the city's table of responsibilities.",
                    ),
                ),
                (
                    "since",
                    models.DateField(help_text="Reports received from this day on."),
                ),
                (
                    "on",
                    models.DateField(
                        blank=True,
                        help_text="Weigh all on this day; empty: each on its own.",
                        null=True,
                    ),
                ),
                ("asked_at", models.DateTimeField()),
                (
                    "count",
                    models.PositiveIntegerField(
                        default=0, help_text="Reports to be weighed."
                    ),
                ),
                (
                    "done",
                    models.PositiveIntegerField(default=0, help_text="Weighed so far."),
                ),
                (
                    "told",
                    models.JSONField(
                        blank=True, help_text="What came out of it.", null=True
                    ),
                ),
                (
                    "failure",
                    models.TextField(blank=True, help_text="Why it could not be told."),
                ),
                ("finished_at", models.DateTimeField(blank=True, null=True)),
                (
                    "asked_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "edition",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="gis_data.edition",
                    ),
                ),
            ],
        ),
    ]
