from __future__ import annotations

from argparse import ArgumentParser
from datetime import date
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from gis_data.errors import MapError
from gis_data.sandbox import read_in_own_process
from gis_data.surveying import AssetFields, keep_assets


def _pair(said: str) -> tuple[str, str]:
    theirs, equals, ours = said.partition("=")
    if not equals:
        raise ValueError(said)
    return theirs, ours


class Command(BaseCommand):
    help = "Let roads, canals, lamps or covers stand as a file describes them."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("path", type=Path, help="Any file of shapes GDAL reads.")
        parser.add_argument("--kind", required=True, help="road, canal, lamp…")
        parser.add_argument("--code-field", default="code")
        parser.add_argument("--name-field", default="name")
        parser.add_argument("--class-field", default="")
        parser.add_argument(
            "--class",
            dest="classes",
            type=_pair,
            action="append",
            default=[],
            metavar="THEIRS=OURS",
            help="What a word of the class field means; others mean no class.",
        )
        parser.add_argument("--layer", default="", help="Where there are several.")
        parser.add_argument(
            "--from",
            dest="on",
            type=date.fromisoformat,
            required=True,
            help="The first day they stand so.",
        )
        parser.add_argument(
            "--complete",
            action="store_true",
            help="What the file does not name stands no longer.",
        )
        parser.add_argument("--commit", action="store_true", help="Keep the changes.")

    @transaction.atomic
    def handle(
        self, *, path: Path, kind: str, on: date, commit: bool, **options: Any
    ) -> None:
        fields = AssetFields(
            code=options["code_field"],
            name=options["name_field"],
            asset_class=options["class_field"],
            classes=dict(options["classes"]),
        )
        try:
            done = keep_assets(
                read_in_own_process(
                    path, what="assets", fields=fields, layer=options["layer"]
                ),
                kind=kind,
                on=on,
                source=path.name,
                is_complete=options["complete"],
            )
        except MapError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(
            f"{done.new} new, {done.changed} changed, {done.gone} gone, "
            f"{done.kept} kept from {on}."
        )
        if not commit:
            transaction.set_rollback(True)
            self.stdout.write("Nothing was kept: give --commit to keep it.")
