"""A database that is migrated once and copied: for each worker, and for the next run.

Migrating takes longer than most tests. What it leads to depends on the migrations and
on the packages alone, so a database named for them is kept beside those of the tests.
"""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

from django.apps import apps
from django.conf import settings
from django.db import connection

KEPT = "migrated_"


def migrated() -> str:
    """Return the name of a database that is migrated, making it where there is none."""
    name = f"{KEPT}{_fingerprint()}"
    given, test = connection.settings_dict["NAME"], connection.settings_dict["TEST"]
    asked = test.get("NAME")
    with connection._nodb_cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(hashtext(%s))", [KEPT])
        cursor.execute("SELECT datname FROM pg_database WHERE datname ^@ %s", [KEPT])
        there = {row[0] for row in cursor.fetchall()}
        if name not in there:
            for old in there:
                cursor.execute(f'DROP DATABASE "{old}" WITH (FORCE)')
            # Under another name until it is whole, so that none is taken for migrated.
            test["NAME"] = f"new_{name}"
            connection.creation.create_test_db(0, autoclobber=True, serialize=False)
            connection.close()
            connection.settings_dict["NAME"], test["NAME"] = given, asked
            cursor.execute(f'ALTER DATABASE "new_{name}" RENAME TO "{name}"')
    return name


def _fingerprint() -> str:
    """Tell apart what migrating may lead to."""
    root = Path(settings.BASE_DIR)
    files = [root / "requirements.txt", root / "constraints.txt"]
    for app in apps.get_app_configs():
        if root in Path(app.path).parents:
            files += sorted(Path(app.path).glob("migrations/*.py"))
    said = sha256()
    for file in files:
        said.update(file.name.encode() + file.read_bytes())
    return said.hexdigest()[:16]
