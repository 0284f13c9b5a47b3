"""Tell of the reports there are where they lie today: where they lay when they came.

Lot by lot, so that none is locked for long and the database is not held up. Where
a reform was carried out already it has told so, and nothing is left to do.
"""

from django.db import migrations

LOT = 10_000
LAST = "SELECT coalesce(max(id), 0) FROM incidents_report"
IS_TOLD = "SELECT EXISTS (SELECT FROM incidents_reform)"
LAID = """
UPDATE incidents_report SET current_place_id = place_id
WHERE id > %s AND id <= %s AND current_place_id IS NULL AND place_id IS NOT NULL
"""


def lay(apps, schema_editor, lot=LOT):
    with schema_editor.connection.cursor() as cursor:
        cursor.execute(IS_TOLD)
        ((is_told,),) = cursor.fetchall()
        cursor.execute(LAST)
        ((last,),) = cursor.fetchall()
        for after in range(0, 0 if is_told else last, lot):
            cursor.execute(LAID, (after, after + lot))


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("incidents", "0017_what_a_unit_has_in_hand_is_found_by_an_index")]

    operations = [migrations.RunPython(lay, migrations.RunPython.noop)]
