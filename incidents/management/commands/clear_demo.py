from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.db import transaction

from incidents.demo import clear


class Command(BaseCommand):
    help = "Remove the demo reports with all their rows and files, and its accounts."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--commit", action="store_true", help="Keep the changes.")

    @transaction.atomic
    def handle(self, *, commit: bool, **options: Any) -> None:
        done = clear()
        for name, count in done.rows.items():
            self.stdout.write(f"{count:8}  {name}")
        self.stdout.write(f"{done.files:8}  files")
        self.stdout.write(f"{done.accounts:8}  accounts")
        for username in done.shut:
            said = "acted on a real case, so it is shut and its name stays"
            self.stdout.write(f"{username} {said}.")
        if not commit:
            transaction.set_rollback(True)
            self.stdout.write("Nothing was removed: give --commit to remove it.")
