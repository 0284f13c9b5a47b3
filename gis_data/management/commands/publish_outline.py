from __future__ import annotations

from argparse import ArgumentParser
from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils import timezone

from gis_data.errors import MapError
from gis_data.publishing import kind_named, outline_of, publish


class Command(BaseCommand):
    help = "Draw one place round all boundaries of a kind, as a city round its wards."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--of", required=True, help="The kind it is drawn round.")
        parser.add_argument("--kind", required=True, help="The kind of the new place.")
        parser.add_argument("--code", required=True)
        parser.add_argument("--name", required=True)
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
        parser.add_argument("--commit", action="store_true", help="Keep the changes.")

    @transaction.atomic
    def handle(
        self,
        *,
        kind: str,
        code: str,
        name: str,
        on: date,
        until: date | None,
        commit: bool,
        **options: Any,
    ) -> None:
        try:
            drawn_round = kind_named(options["of"])
            sheet = outline_of(drawn_round, on=on, code=code, name=name)
            done = publish(
                sheet, kind=kind_named(kind), on=on, until=until, at=timezone.now()
            )
        except MapError as error:
            raise CommandError(str(error)) from error
        what = "opened" if done.opened else "changed" if done.changed else "kept"
        self.stdout.write(f"{kind} {code} {name}: {what} from {on}.")
        if not commit:
            transaction.set_rollback(True)
            self.stdout.write("Nothing was kept: give --commit to keep it.")
