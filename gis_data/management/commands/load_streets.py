from __future__ import annotations

from argparse import ArgumentParser
from datetime import date
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils.timezone import localdate

from gis_data.errors import MapError
from gis_data.streets import (
    StreetFields,
    keep_streets,
    read_streets,
    streets_of_roads,
)

#: So many refused rows are named; the others are counted.
NAMED = 20


class Command(BaseCommand):
    help = "List streets by ward: from a CSV of names, or from the roads on the map."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("path", type=Path, nargs="?", help="A CSV, one row each.")
        parser.add_argument("--name-field", default="name")
        parser.add_argument("--place-field", default="place")
        parser.add_argument(
            "--by-code", action="store_true", help="The place is given by its code."
        )
        parser.add_argument("--place-kind", default="ward")
        parser.add_argument(
            "--roads",
            metavar="KIND",
            default="",
            help="Take the named assets of this kind instead of a file.",
        )
        parser.add_argument(
            "--on", type=date.fromisoformat, help="By the map of this day; today."
        )
        parser.add_argument(
            "--complete",
            action="store_true",
            help="What the same source listed before and does not now goes.",
        )
        parser.add_argument("--commit", action="store_true", help="Keep the changes.")

    @transaction.atomic
    def handle(
        self, *, path: Path | None, roads: str, commit: bool, **options: Any
    ) -> None:
        if (path is None) == (not roads):
            raise CommandError("Give a file, or --roads KIND.")
        kind, on = options["place_kind"], options["on"] or localdate()
        fields = StreetFields(
            name=options["name_field"],
            place=options["place_field"],
            by_code=options["by_code"],
        )
        try:
            if path is None:
                streets = streets_of_roads(asset_kind=roads, kind=kind, on=on)
            else:
                listed = read_streets(path, kind=kind, on=on, fields=fields)
                streets = listed.streets
                self._tell(listed.refused)
        except MapError as error:
            raise CommandError(str(error)) from error
        done = keep_streets(
            streets,
            source=path.name if path else f"assets:{roads}",
            is_complete=options["complete"],
        )
        self.stdout.write(
            f"{done.new} new, {done.changed} changed, {done.gone} gone, "
            f"{done.kept} kept."
        )
        if not commit:
            transaction.set_rollback(True)
            self.stdout.write("Nothing was kept: give --commit to keep it.")

    def _tell(self, refused: tuple[str, ...]) -> None:
        for each in refused[:NAMED]:
            self.stderr.write(each)
        if len(refused) > NAMED:
            self.stderr.write(f"and {len(refused) - NAMED} more.")
