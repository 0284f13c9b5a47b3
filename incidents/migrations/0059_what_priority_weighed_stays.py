from django.db import migrations

TABLE = "incidents_priorityweights"
#: What once counted, and who set it why, is neither changed nor taken away.
GUARD = f"""
CREATE TRIGGER only_grows BEFORE UPDATE ON {TABLE}
    FOR EACH ROW EXECUTE FUNCTION incidents_only_grows();
CREATE TRIGGER never_shrinks BEFORE DELETE ON {TABLE}
    FOR EACH ROW EXECUTE FUNCTION incidents_stays();
CREATE TRIGGER never_emptied BEFORE TRUNCATE ON {TABLE}
    EXECUTE FUNCTION incidents_only_grows();
"""
UNGUARD = f"""
DROP TRIGGER never_emptied ON {TABLE};
DROP TRIGGER never_shrinks ON {TABLE};
DROP TRIGGER only_grows ON {TABLE};
"""


class Migration(migrations.Migration):
    dependencies = [("incidents", "0058_wards_are_followed_by_who_said_yes")]

    operations = [migrations.RunSQL(GUARD, UNGUARD)]
