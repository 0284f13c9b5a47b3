"""The database made ready: its tables, the city, the map, the demo, the static files.

Runs inside the virtual environment, in one process, since starting Django costs more
than finding that there is nothing to do.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import django
from django.apps import apps
from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from script.local.environment import ROOT
from script.local.steps import Steps, fingerprint, made_from


def prepare(steps: Steps, *, done: Path | None) -> None:
    """Do what is not done yet; a database that is ours alone has it noted in `done`."""
    _migrate(steps)
    boundaries = fingerprint(
        settings.CITY_DIR, ROOT / "gis_data", words=_boundary_files()
    )
    _once(steps, "Map", boundaries, done, "setup_map", commit=True)
    # After the map: who answers for a place can only be said of places it has.
    city = fingerprint(settings.CITY_DIR, ROOT / "incidents", words=[boundaries])
    _once(steps, "City", city, done, "load_city", commit=True)
    if settings.DEMO:
        _once(steps, "Demo", "1", done, "seed_demo", commit=True)
    else:
        steps.unchanged("Demo")
    static = fingerprint(*(Path(app.path) / "static" for app in apps.get_app_configs()))
    _once(
        steps,
        "Static files",
        static,
        settings.STATIC_ROOT,
        "collectstatic",
        interactive=False,
        verbosity=0,
    )


def _migrate(steps: Steps) -> None:
    executor = MigrationExecutor(connection)
    if not executor.migration_plan(executor.loader.graph.leaf_nodes()):
        steps.unchanged("Tables")
        return
    with steps.step("Tables"):
        call_command("migrate", interactive=False, verbosity=0)


def _once(
    steps: Steps,
    name: str,
    wanted: str,
    done: Path | None,
    command: str,
    **options: object,
) -> None:
    """Run the command unless it was run for the same before; note it once it ended."""
    stamp = done / f".{name.lower().replace(' ', '-')}.made-from" if done else None
    if stamp and made_from(stamp) == wanted:
        steps.unchanged(name)
        return
    with steps.step(name):
        call_command(command, **options)
        if stamp:
            stamp.parent.mkdir(parents=True, exist_ok=True)
            stamp.write_text(wanted)


def _boundary_files() -> list[str]:
    """Name the files that the boundaries come from; to read them would take long."""
    if not settings.GIS_DATA_DIR:
        return []
    files = sorted(Path(settings.GIS_DATA_DIR).glob("*"))
    return [f"{file} {file.stat().st_size} {file.stat().st_mtime_ns}" for file in files]


def main() -> None:
    """Take the number of the first step, of all, and the folder of what is done."""
    first, total, done = sys.argv[1:]
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    prepare(Steps(int(total), first=int(first)), done=Path(done) if done else None)


if __name__ == "__main__":
    main()
