from django.conf import settings
from django.db import migrations, models

#: What of a report is on the public map, and where: as `PUBLIC` of the model says.
SHOWN = """{row}.world_cell IS NOT NULL AND {row}.accepted_at IS NOT NULL
    AND {row}.is_public AND {row}.status NOT IN ('refused', 'withdrawn', 'duplicate')"""
ACROSS = "floor((ST_X({row}.public_point) + 180) / 360 * 1048576)::bigint"
DOWN = """floor((1 - asinh(tan(radians(ST_Y({row}.public_point)))) / pi()) / 2
            * 1048576)::bigint"""
NOTED = f"""INSERT INTO incidents_tilechange
        (report, sign, category, status, received_at, ended_week, current_place,
        organisation, world_cell, across, down)
    SELECT {{row}}.id, {{sign}}, {{row}}.category_id, {{row}}.status,
        {{row}}.received_at, {{row}}.ended_week, {{row}}.current_place_id,
        {{row}}.organisation_id, {{row}}.world_cell, {ACROSS}, {DOWN}"""
NOTED_BEFORE = f"""INSERT INTO incidents_tilechange
        (report, sign, category, status, received_at, world_cell, across, down)
    SELECT {{row}}.id, {{sign}}, {{row}}.category_id, {{row}}.status,
        {{row}}.received_at, {{row}}.world_cell, {ACROSS}, {DOWN}"""
NOTE = """
CREATE OR REPLACE FUNCTION incidents_note_for_tiles() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'INSERT' AND {old} THEN
        {left};
    END IF;
    IF TG_OP <> 'DELETE' AND {new} THEN
        {came};
    END IF;
    RETURN NULL;
END $$;
"""
GROUP = """CASE
        WHEN status IN ('received', 'info_requested') THEN 'waiting'
        WHEN status IN ('refused', 'withdrawn', 'emergency') THEN 'refused'
        WHEN status IN ('answered', 'thanked', 'resolved', 'closed', 'duplicate')
            THEN 'done'
        ELSE 'in_progress' END"""
#: Nobody's report changes until all is counted, and nothing is folded; tiles are read.
HELD = """
LOCK TABLE incidents_report IN SHARE ROW EXCLUSIVE MODE;
LOCK TABLE incidents_tilechange IN SHARE ROW EXCLUSIVE MODE;
"""
#: What was noted before says no week.
FOLDED = f"""
WITH gone AS (
    DELETE FROM incidents_tilechange RETURNING *
), noted AS (
    INSERT INTO incidents_tilefold (cell, changes)
    SELECT world_cell >> 16, count(*) FROM gone GROUP BY 1
    ON CONFLICT (cell) DO UPDATE
    SET changes = incidents_tilefold.changes + excluded.changes
)
INSERT INTO incidents_tilecount AS kept
    (zoom, cell, category, "group", month, count, across, down, reports)
SELECT zoom, world_cell >> 2 * (20 - zoom), category, {GROUP},
    date_trunc('month', received_at AT TIME ZONE {{zone}})::date,
    sum(sign), sum(sign * across), sum(sign * down), sum(sign * report)
FROM gone CROSS JOIN unnest(ARRAY[10, 13, 15]::smallint[]) AS zoom
GROUP BY 1, 2, 3, 4, 5
HAVING sum(sign) <> 0 OR sum(sign * across) <> 0 OR sum(sign * down) <> 0
    OR sum(sign * report) <> 0
ON CONFLICT (zoom, cell, category, "group", month) DO UPDATE
SET count = kept.count + excluded.count, across = kept.across + excluded.across,
    down = kept.down + excluded.down, reports = kept.reports + excluded.reports;
DELETE FROM incidents_tilecount WHERE count = 0;
"""
COUNTED = f"""
INSERT INTO incidents_tileweekcount
    (zoom, by, key, week, cell, "group", count, across, down, reports)
SELECT zoom, by, key, ended_week, world_cell >> 2 * (20 - zoom), {GROUP},
    count(*), sum(across), sum(down), sum(id)
FROM (
    SELECT id, category_id, current_place_id, organisation_id, ended_week, world_cell,
        status, {ACROSS.format(row="r")} AS across, {DOWN.format(row="r")} AS down
    FROM incidents_report r WHERE {SHOWN.format(row="r")}
) AS shown
CROSS JOIN unnest(ARRAY[10, 13]::smallint[]) AS zoom
CROSS JOIN LATERAL (VALUES (0, 0), (1, category_id), (2, current_place_id),
    (3, organisation_id)) AS subject (by, key)
WHERE key IS NOT NULL
GROUP BY 1, 2, 3, 4, 5, 6 ORDER BY 1, 2, 3, 4, 5, 6;
ANALYZE incidents_tileweekcount;
"""


def noting(insert: str) -> str:
    return NOTE.format(
        old=SHOWN.format(row="OLD"),
        new=SHOWN.format(row="NEW"),
        left=insert.format(row="OLD", sign=-1),
        came=insert.format(row="NEW", sign=1),
    )


def fold_what_says_no_week(apps, editor):
    with editor.connection.cursor() as cursor:
        cursor.execute(FOLDED.format(zone=f"'{settings.TIME_ZONE}'"))


class Migration(migrations.Migration):
    dependencies = [("incidents", "0055_walls_read_by_a_link_and_stay_in_history")]

    operations = [
        migrations.RunSQL(HELD, HELD),
        migrations.CreateModel(
            name="TileWeekCount",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "zoom",
                        "by",
                        "key",
                        "week",
                        "cell",
                        "group",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("zoom", models.SmallIntegerField()),
                (
                    "by",
                    models.SmallIntegerField(
                        choices=[
                            (0, "All"),
                            (1, "Category"),
                            (2, "Place"),
                            (3, "Organisation"),
                        ]
                    ),
                ),
                ("key", models.BigIntegerField()),
                (
                    "week",
                    models.SmallIntegerField(help_text="As `Report.ended_week` says."),
                ),
                (
                    "cell",
                    models.BigIntegerField(
                        help_text="Its z-order number at that zoom."
                    ),
                ),
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
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("count", 0)),
                        fields=["zoom"],
                        name="tile_week_count_of_nothing",
                    )
                ],
            },
        ),
        migrations.RunSQL(COUNTED, migrations.RunSQL.noop),
        # From here on tiles wait, for what takes no time.
        migrations.RunPython(fold_what_says_no_week, fold_what_says_no_week),
        migrations.AddField(
            model_name="tilechange",
            name="current_place",
            field=models.BigIntegerField(null=True),
        ),
        migrations.AddField(
            model_name="tilechange",
            name="organisation",
            field=models.BigIntegerField(null=True),
        ),
        migrations.AddField(
            model_name="tilechange",
            name="ended_week",
            # There is none: all were folded.
            field=models.SmallIntegerField(default=0),
            preserve_default=False,
        ),
        migrations.RunSQL(noting(NOTED), noting(NOTED_BEFORE)),
    ]
