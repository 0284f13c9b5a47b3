from django.db import migrations

#: What is measured otherwise now: the cases made for incidents, what ended at the
#: operators' desk or went along with another, and what was reopened.
MARK = """
INSERT INTO incidents_casemark (report_id)
SELECT report_id FROM incidents_handling
WHERE ending IN ('answered', 'refused', 'withdrawn', 'joined') OR round > 1
UNION SELECT head_id FROM incidents_incident
ORDER BY 1
"""


class Migration(migrations.Migration):
    dependencies = [("incidents", "0050_rankings_are_published_and_objected_to")]

    operations = [migrations.RunSQL(MARK, migrations.RunSQL.noop)]
