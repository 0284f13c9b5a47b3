from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils import timezone

from incidents.demo import seed as seed_demo
from incidents.demo import table
from incidents.demo.people import file, write_passwords
from incidents.demo.seeding import PHOTOGRAPHED
from incidents.errors import IncidentError
from incidents.models import Status


class Command(BaseCommand):
    help = "Fill a demo database with accounts for every role and a season of reports."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--reports", type=int, default=3000)
        parser.add_argument("--days", type=int, default=120, help="Up to now.")
        parser.add_argument("--seed", type=int, default=25, help="Draws the same.")
        parser.add_argument("--commit", action="store_true", help="Keep the changes.")

    @transaction.atomic
    def handle(
        self, *, reports: int, days: int, seed: int, commit: bool, **options: Any
    ) -> None:
        if not settings.DEMO:
            raise CommandError("This is no demo: DEMO is 0 here, and nothing was done.")
        try:
            done = seed_demo(
                reports=reports,
                days=days,
                seed=seed,
                at=timezone.now(),
                photographed=PHOTOGRAPHED if commit else 0,
            )
        except IncidentError as error:
            raise CommandError(str(error)) from error
        for status, count in sorted(done.by_status.items()):
            self.stdout.write(f"{count:6}  {Status(status).label}")
        said = f"{done.reports} demo reports" if done.reports else "Seeded before"
        self.stdout.write(f"{said}, {len(done.accounts)} accounts.")
        if not commit:
            transaction.set_rollback(True)
            self.stdout.write("Nothing was kept: give --commit to keep it.")
            return
        write_passwords(done.accounts)
        self.stdout.write(f"\n{table(done.accounts)}\n\nAlso in {file()}")
