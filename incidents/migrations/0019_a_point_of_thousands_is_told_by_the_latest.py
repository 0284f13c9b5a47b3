"""Read no more than the latest reports of a point that thousands were told of: they
are taken from the index in its order, before anybody asks who told them."""

from importlib import import_module

from django.db import migrations

WEIGHED = import_module(
    "incidents.migrations.0014_tell_an_heir_by_one_function"
).FUNCTION
BEGINS, ENDS = "SELECT r.category_id, coalesce(", "    ) told;"
LATEST = """SELECT latest.category_id, coalesce(
        nullif(c.phone_index, ''), nullif(c.email_index, ''), latest.id::text) AS who
      FROM (
        SELECT r.id, r.category_id FROM incidents_report r
        WHERE ST_X(r.point) = ST_X(here) AND ST_Y(r.point) = ST_Y(here)
          AND r.point IS NOT NULL
          AND r.received_at >= since AND r.received_at < asked_at
        ORDER BY r.received_at DESC FETCH FIRST 100 ROWS WITH TIES
      ) latest LEFT JOIN incidents_contact c ON c.report_id = latest.id
"""
BEFORE, _, REST = WEIGHED.partition(BEGINS)
FUNCTION = f"{BEFORE}{LATEST}{ENDS}{REST.partition(ENDS)[2]}"


class Migration(migrations.Migration):
    dependencies = [("incidents", "0018_reports_of_before_lie_where_they_lay")]

    operations = [migrations.RunSQL(FUNCTION, WEIGHED)]
