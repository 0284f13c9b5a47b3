from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils import timezone

from gis_data.errors import MapError
from gis_data.first_map import read_plan, set_up


class Command(BaseCommand):
    help = (
        "Put the city's first map in force: from GIS_DATA_DIR, else the public "
        "download, else a sketch. What is in force already stays."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--fetch",
            action="store_true",
            help="Try the download again where a sketch is in force.",
        )
        parser.add_argument("--commit", action="store_true", help="Keep the changes.")

    @transaction.atomic
    def handle(self, *, fetch: bool, commit: bool, **_: Any) -> None:
        folder = Path(settings.GIS_DATA_DIR) if settings.GIS_DATA_DIR else None
        if folder is not None and not folder.is_dir():
            raise CommandError(f"GIS_DATA_DIR: {folder} is not a folder.")
        try:
            set_up(
                read_plan(settings.CITY_DIR / "map.toml"),
                folder=folder,
                fetch=fetch,
                at=timezone.now(),
                say=self.stdout.write,
            )
        except MapError as error:
            raise CommandError(str(error)) from error
        if not commit:
            transaction.set_rollback(True)
            self.stdout.write("Nothing was kept: give --commit to keep it.")
