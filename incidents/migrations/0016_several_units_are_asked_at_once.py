import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("gis_data", "0009_streets_by_ward_and_outside_answers"),
        ("incidents", "0015_reports_are_in_a_language_of_the_city"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Candidate",
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
                ("asked_at", models.DateTimeField()),
                (
                    "answer",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("took_it_up", "Took it up"),
                            ("not_ours", "Says that it is not theirs"),
                        ],
                        max_length=10,
                    ),
                ),
                ("answered_at", models.DateTimeField(blank=True, null=True)),
            ],
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
                    ("units_asked", "Several units asked; the first to say so has it"),
                    ("not_ours", "%(organisation)s says that it is not theirs"),
                ],
                max_length=16,
            ),
        ),
        migrations.AddField(
            model_name="candidate",
            name="asked_by",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="candidate",
            name="organisation",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="incidents.organisation",
            ),
        ),
        migrations.AddField(
            model_name="candidate",
            name="report",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="candidates",
                to="incidents.report",
            ),
        ),
        migrations.AddIndex(
            model_name="candidate",
            index=models.Index(
                condition=models.Q(("answer", "")),
                fields=["organisation", "report"],
                name="candidate_yet_to_answer",
            ),
        ),
        migrations.AddConstraint(
            model_name="candidate",
            constraint=models.UniqueConstraint(
                condition=models.Q(("answer", "")),
                fields=("report", "organisation"),
                name="candidate_is_asked_once_until_it_answers",
            ),
        ),
    ]
