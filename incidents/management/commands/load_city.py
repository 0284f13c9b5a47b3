from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from incidents.city import load_city
from incidents.errors import BrokenCityFile


class Command(BaseCommand):
    help = "Load the city's folder: categories, organisations, who answers, by when."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "folder", type=Path, nargs="?", default=settings.CITY_DIR, help="cities/…"
        )
        parser.add_argument("--commit", action="store_true", help="Keep the changes.")

    @transaction.atomic
    def handle(self, *, folder: Path, commit: bool, **_: Any) -> None:
        try:
            loaded = load_city(folder)
        except BrokenCityFile as error:
            raise CommandError(str(error)) from error
        for file, count in loaded.counts.items():
            said = f"{count.created} new, {count.changed} changed, {count.kept} kept"
            self.stdout.write(f"{file}: {said}")
        for kind, places in loaded.missing.items():
            self.stdout.write(f"Not on the map, so left out: {places} of kind {kind}.")
        if not commit:
            transaction.set_rollback(True)
            self.stdout.write("Nothing was kept: give --commit to keep it.")
