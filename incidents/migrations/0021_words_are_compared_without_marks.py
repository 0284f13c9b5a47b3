"""Let words be compared as one types them in haste: small, and without any marks."""

from django.contrib.postgres.operations import TrigramExtension, UnaccentExtension
from django.db import migrations

#: `unaccent` asks a dictionary that could be changed; ours is not, so it may be said.
FUNCTION = """
CREATE OR REPLACE FUNCTION f_unaccent(text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT
AS $$ SELECT public.unaccent('public.unaccent'::regdictionary, $1) $$
"""


class Migration(migrations.Migration):
    dependencies = [("incidents", "0020_history_is_not_emptied_and_has_daily_roots")]

    operations = [
        TrigramExtension(),
        UnaccentExtension(),
        migrations.RunSQL(FUNCTION, "DROP FUNCTION f_unaccent(text)"),
    ]
