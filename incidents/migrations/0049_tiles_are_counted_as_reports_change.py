import django.contrib.postgres.indexes
import django.db.models.expressions
import django.db.models.functions.comparison
import django.db.models.functions.math
import django.db.models.functions.text
from django.conf import settings
from django.db import migrations, models


#: What of a report is on the public map, and where: as `PUBLIC` of the model says.
SHOWN = """{row}.world_cell IS NOT NULL AND {row}.accepted_at IS NOT NULL
    AND {row}.is_public AND {row}.status NOT IN ('refused', 'withdrawn', 'duplicate')"""
NOTED = """INSERT INTO incidents_tilechange
        (report, sign, category, status, received_at, world_cell, across, down)
    SELECT {row}.id, {sign}, {row}.category_id, {row}.status, {row}.received_at,
        {row}.world_cell,
        floor((ST_X({row}.public_point) + 180) / 360 * 1048576)::bigint,
        floor((1 - asinh(tan(radians(ST_Y({row}.public_point)))) / pi()) / 2
            * 1048576)::bigint"""
#: Where one of these changes, some tile does, under some filter.
TOLD = (
    "category_id, {row}.status, {row}.received_at, {row}.world_cell, {row}.is_public, "
    "{row}.accepted_at IS NULL, {row}.organisation_id, {row}.place_id, "
    "{row}.current_place_id, {row}.public_title, {row}.ended_week"
)
OLD, NEW = (SHOWN.format(row=row) for row in ("OLD", "NEW"))
COUNT = f"""
CREATE FUNCTION incidents_note_for_tiles() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'INSERT' AND {OLD} THEN
        {NOTED.format(row="OLD", sign=-1)};
    END IF;
    IF TG_OP <> 'DELETE' AND {NEW} THEN
        {NOTED.format(row="NEW", sign=1)};
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER comes_onto_tiles AFTER INSERT ON incidents_report FOR EACH ROW
    WHEN ({NEW}) EXECUTE FUNCTION incidents_note_for_tiles();
CREATE TRIGGER changes_on_tiles AFTER UPDATE ON incidents_report FOR EACH ROW
    WHEN (({OLD} OR {NEW}) AND (OLD.{TOLD.format(row="OLD")})
        IS DISTINCT FROM (NEW.{TOLD.format(row="NEW")}))
    EXECUTE FUNCTION incidents_note_for_tiles();
CREATE TRIGGER leaves_tiles AFTER DELETE ON incidents_report FOR EACH ROW
    WHEN ({OLD}) EXECUTE FUNCTION incidents_note_for_tiles();
{NOTED.format(row="r", sign=1)} FROM incidents_report r
    WHERE {SHOWN.format(row="r")};
"""
UNCOUNT = """
DROP TRIGGER leaves_tiles ON incidents_report;
DROP TRIGGER changes_on_tiles ON incidents_report;
DROP TRIGGER comes_onto_tiles ON incidents_report;
DROP FUNCTION incidents_note_for_tiles();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("gis_data", "0010_points_that_maps_fall_back_to_are_known"),
        ("incidents", "0048_priority_is_weighed"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="TileChange",
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
                    "report",
                    models.BigIntegerField(help_text="Its id; it may be gone by now."),
                ),
                (
                    "sign",
                    models.SmallIntegerField(
                        help_text="1 where it came, -1 where it left."
                    ),
                ),
                ("category", models.BigIntegerField()),
                ("status", models.CharField(max_length=16)),
                ("received_at", models.DateTimeField()),
                ("world_cell", models.BigIntegerField()),
                (
                    "across",
                    models.BigIntegerField(help_text="Column of its world cell."),
                ),
                ("down", models.BigIntegerField(help_text="Row of its world cell.")),
            ],
        ),
        migrations.CreateModel(
            name="TileCount",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "zoom",
                        "cell",
                        "category",
                        "group",
                        "month",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("zoom", models.SmallIntegerField()),
                (
                    "cell",
                    models.BigIntegerField(
                        help_text="Its z-order number at that zoom."
                    ),
                ),
                ("category", models.BigIntegerField()),
                (
                    "group",
                    models.CharField(
                        choices=[
                            ("waiting", "Waiting to be accepted"),
                            ("in_progress", "In progress"),
                            ("done", "Done"),
                            ("refused", "Not accepted"),
                        ],
                        max_length=12,
                    ),
                ),
                (
                    "month",
                    models.DateField(
                        help_text="The first day of the month of receipt."
                    ),
                ),
                ("count", models.BigIntegerField()),
                (
                    "across",
                    models.BigIntegerField(
                        help_text="Sum of the columns of world cells."
                    ),
                ),
                (
                    "down",
                    models.BigIntegerField(help_text="Sum of the rows of world cells."),
                ),
                (
                    "reports",
                    models.BigIntegerField(help_text="Sum of the ids of the reports."),
                ),
            ],
        ),
        migrations.CreateModel(
            name="TileFold",
            fields=[
                (
                    "cell",
                    models.BigIntegerField(
                        help_text="Its z-order number.",
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("changes", models.BigIntegerField()),
            ],
        ),
        migrations.RemoveIndex(
            model_name="report",
            name="report_by_world_cell",
        ),
        migrations.AddField(
            model_name="report",
            name="ended_week",
            field=models.GeneratedField(
                db_persist=True,
                expression=models.Case(
                    models.When(
                        status__in=[
                            "answered",
                            "closed",
                            "duplicate",
                            "emergency",
                            "refused",
                            "resolved",
                            "thanked",
                            "withdrawn",
                        ],
                        then=django.db.models.functions.comparison.Cast(
                            django.db.models.functions.math.Floor(
                                django.db.models.expressions.CombinedExpression(
                                    models.Func(
                                        django.db.models.functions.comparison.Coalesce(
                                            models.F("resolved_at"),
                                            models.F("updated_at"),
                                        ),
                                        output_field=models.FloatField(),
                                        template="EXTRACT(epoch FROM %(expressions)s AT TIME ZONE 'UTC')",
                                    ),
                                    "/",
                                    models.Value(604800.0),
                                )
                            ),
                            models.SmallIntegerField(),
                        ),
                    ),
                    default=models.Value(32767),
                    output_field=models.SmallIntegerField(),
                ),
                help_text="Weeks since 1970, so that what is open lies after all that ended.",
                output_field=models.SmallIntegerField(),
            ),
        ),
        migrations.AddIndex(
            model_name="report",
            index=models.Index(
                condition=models.Q(
                    ("accepted_at__isnull", False),
                    ("is_public", True),
                    models.Q(
                        ("status__in", ["refused", "withdrawn", "duplicate"]),
                        _negated=True,
                    ),
                    ("world_cell__isnull", False),
                ),
                fields=["world_cell"],
                include=(
                    "id",
                    "category",
                    "status",
                    "received_at",
                    "organisation",
                    "current_place",
                    "place",
                ),
                name="report_by_world_cell",
            ),
        ),
        migrations.AddIndex(
            model_name="report",
            index=models.Index(
                condition=models.Q(
                    ("accepted_at__isnull", False),
                    ("is_public", True),
                    models.Q(
                        ("status__in", ["refused", "withdrawn", "duplicate"]),
                        _negated=True,
                    ),
                    ("world_cell__isnull", False),
                ),
                fields=["ended_week", "world_cell"],
                include=(
                    "id",
                    "category",
                    "status",
                    "received_at",
                    "organisation",
                    "current_place",
                    "place",
                    "public_title",
                ),
                name="report_by_week_and_world_cell",
            ),
        ),
        migrations.AddIndex(
            model_name="report",
            index=django.contrib.postgres.indexes.GinIndex(
                django.contrib.postgres.indexes.OpClass(
                    django.db.models.functions.text.Upper("public_title"),
                    name="gin_trgm_ops",
                ),
                condition=models.Q(
                    ("accepted_at__isnull", False),
                    ("is_public", True),
                    models.Q(
                        ("status__in", ["refused", "withdrawn", "duplicate"]),
                        _negated=True,
                    ),
                    models.Q(("public_title", ""), _negated=True),
                ),
                name="report_by_words_of_its_title",
            ),
        ),
        migrations.AddIndex(
            model_name="tilecount",
            index=models.Index(
                condition=models.Q(("count", 0)),
                fields=["zoom"],
                name="tile_count_of_nothing",
            ),
        ),
        migrations.RunSQL(COUNT, UNCOUNT),
    ]
