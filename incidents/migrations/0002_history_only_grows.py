from django.db import migrations

TABLES = ["incidents_event", "incidents_decisionrecord", "incidents_transfer"]
GUARD = """
CREATE FUNCTION incidents_only_grows() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME
        USING ERRCODE = 'integrity_constraint_violation';
END $$;
""" + "".join(
    f"CREATE TRIGGER only_grows BEFORE UPDATE ON {table} FOR EACH ROW "
    "EXECUTE FUNCTION incidents_only_grows();\n"
    for table in TABLES
)
UNGUARD = (
    "".join(f"DROP TRIGGER only_grows ON {table};\n" for table in TABLES)
    + "DROP FUNCTION incidents_only_grows();"
)


class Migration(migrations.Migration):
    dependencies = [("incidents", "0001_initial")]

    operations = [migrations.RunSQL(GUARD, UNGUARD)]
