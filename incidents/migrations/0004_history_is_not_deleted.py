from django.db import migrations

GUARDED = ["incidents_event", "incidents_decisionrecord", "incidents_transfer"]
READINGS = "incidents_contactreading"
#: Only who clears the demo away says so, in its own transaction.
GUARD = (
    """
CREATE OR REPLACE FUNCTION incidents_only_grows() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' AND current_setting('incidents.clearing', true) = 'on' THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME
        USING ERRCODE = 'integrity_constraint_violation';
END $$;
"""
    + "".join(
        f"CREATE TRIGGER never_shrinks BEFORE DELETE ON {table} FOR EACH ROW "
        "EXECUTE FUNCTION incidents_only_grows();\n"
        for table in [*GUARDED, READINGS]
    )
    + (
        f"CREATE TRIGGER only_grows BEFORE UPDATE ON {READINGS} FOR EACH ROW "
        "EXECUTE FUNCTION incidents_only_grows();"
    )
)
UNGUARD = f"DROP TRIGGER only_grows ON {READINGS};\n" + "".join(
    f"DROP TRIGGER never_shrinks ON {table};\n" for table in [*GUARDED, READINGS]
)


class Migration(migrations.Migration):
    dependencies = [("incidents", "0003_refused_is_not_public")]

    operations = [migrations.RunSQL(GUARD, UNGUARD)]
