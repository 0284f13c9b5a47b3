from __future__ import annotations

from argparse import ArgumentParser
from datetime import date
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils import timezone

from gis_data.errors import MapError
from gis_data.importing import Fields, Sheet
from gis_data.models import Place
from gis_data.publishing import Changes, kind_named, publish
from gis_data.sandbox import read_in_own_process


class Command(BaseCommand):
    help = "Put a file of boundaries in force from a day; unchanged ones stay."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "path",
            type=Path,
            help="Any file of areas that GDAL reads, in any reference system; "
            "a shapefile may be zipped.",
        )
        parser.add_argument("--kind", required=True, help="ward, district, city…")
        parser.add_argument("--code-field", default="code")
        parser.add_argument("--name-field", default="name", help="With its type.")
        parser.add_argument("--name-en-field", default="")
        parser.add_argument("--area-field", default="", help="Official area, km².")
        parser.add_argument("--layer", default="", help="Where there are several.")
        parser.add_argument(
            "--from",
            dest="on",
            type=date.fromisoformat,
            required=True,
            help="The first day in force.",
        )
        parser.add_argument(
            "--until", type=date.fromisoformat, help="The last day in force."
        )
        parser.add_argument(
            "--approximate",
            action="store_true",
            help="A sketch: every decision made on it says so.",
        )
        parser.add_argument(
            "--mend",
            action="store_true",
            help="Keep shapes that cross themselves as they were mended.",
        )
        parser.add_argument("--commit", action="store_true", help="Keep the changes.")

    @transaction.atomic
    def handle(
        self,
        *,
        path: Path,
        kind: str,
        on: date,
        until: date | None,
        approximate: bool,
        commit: bool,
        **options: Any,
    ) -> None:
        fields = Fields(
            code=options["code_field"],
            name=options["name_field"],
            name_en=options["name_en_field"],
            area=options["area_field"],
        )
        try:
            named = kind_named(kind)
            sheet = read_in_own_process(
                path,
                what="boundaries",
                fields=fields,
                layer=options["layer"],
                is_approximate=approximate,
            )
            done = publish(sheet, kind=named, on=on, until=until, at=timezone.now())
        except MapError as error:
            raise CommandError(str(error)) from error
        self._say(sheet, done, named.pk, on=on, until=until)
        if commit and sheet.repairs and not options["mend"]:
            raise CommandError(
                f"{path.name}: {sheet.repairs[0]}. Look at what was mended, then give "
                "--mend to keep it so, or have the file drawn anew."
            )
        if not commit:
            transaction.set_rollback(True)
            self.stdout.write("Nothing was kept: give --commit to keep it.")

    def _say(
        self,
        sheet: Sheet,
        done: Changes,
        kind_id: int,
        *,
        on: date,
        until: date | None,
    ) -> None:
        for repair in sheet.repairs:
            self.stdout.write(f"repaired {repair}")
        names = dict(Place.objects.filter(kind=kind_id).values_list("code", "name"))
        for what, codes in (
            ("opens", done.opened),
            ("closes", done.closed),
            ("changes", done.changed),
        ):
            for code in codes:
                self.stdout.write(f"{what} {code} {names[code]}")
        days = f"from {on}" + (f" until {until}, that day included" if until else "")
        self.stdout.write(
            f"{len(done.opened)} opened, {len(done.closed)} closed, "
            f"{len(done.changed)} changed, {len(done.kept)} kept {days}."
        )
