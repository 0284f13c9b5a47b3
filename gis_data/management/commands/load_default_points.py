from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils import timezone

from gis_data.errors import MapError
from gis_data.fallbacks import keep_told, read_told
from gis_data.models import DefaultPoint


class Command(BaseCommand):
    help = (
        "Let the points of a file be doubted, as those that maps answer when they know "
        "no better: the offices of wards, say. What the source told before and tells "
        "no more is forgotten."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "path", type=Path, help="A CSV with the columns lon, lat and name."
        )
        parser.add_argument("--source", required=True, help="Who says so.")
        parser.add_argument(
            "--kind",
            choices=[DefaultPoint.Kind.OFFICE, DefaultPoint.Kind.GEOCODER],
            default=DefaultPoint.Kind.OFFICE,
        )
        parser.add_argument("--commit", action="store_true", help="Keep the changes.")

    @transaction.atomic
    def handle(
        self, *, path: Path, source: str, kind: str, commit: bool, **_: Any
    ) -> None:
        try:
            told = read_told(path, kind=DefaultPoint.Kind(kind))
        except (MapError, OSError, UnicodeDecodeError) as error:
            raise CommandError(str(error)) from error
        come, gone = keep_told(told, source=source, at=timezone.now())
        self.stdout.write(f"{len(told)} points: {come} new, {gone} forgotten.")
        if not commit:
            transaction.set_rollback(True)
            self.stdout.write("Nothing was kept: give --commit to keep it.")
