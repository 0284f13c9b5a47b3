from __future__ import annotations

from argparse import ArgumentParser
from datetime import datetime
from time import monotonic
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError, transaction
from django.utils import timezone

from incidents.errors import IncidentError
from incidents.generating import Wish, generate
from incidents.models import Status

#: So many are made, and not kept, to show what a run would make.
SAMPLE = 20_000


class Command(BaseCommand):
    help = "Fill a database with any number of invented reports, to measure on."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("reports", type=int, metavar="N")
        parser.add_argument("--days", type=int, default=2000, help="Up to --at.")
        parser.add_argument("--seed", type=int, default=25, help="Draws the same.")
        parser.add_argument(
            "--at", type=datetime.fromisoformat, help="Now, as if it were then."
        )
        parser.add_argument("--commit", action="store_true", help="Keep the changes.")

    def handle(
        self,
        *,
        reports: int,
        days: int,
        seed: int,
        at: datetime | None,
        commit: bool,
        **options: Any,
    ) -> None:
        if not settings.DEMO:
            raise CommandError("This is no demo: DEMO is 0 here, and nothing was done.")
        if reports < 1 or days < 1:
            raise CommandError("At least one report of at least one day is made.")
        at = at or timezone.now()
        if timezone.is_naive(at):
            at = timezone.make_aware(at)
        started = monotonic()

        def say(done: str) -> None:
            self.stdout.write(f"{monotonic() - started:7.1f} s  {done}")

        count = reports if commit else min(reports, SAMPLE)
        wish = Wish(reports=count, days=days, seed=seed, at=at)
        try:
            with transaction.atomic():
                done = generate(wish, say=say)
                transaction.set_rollback(not commit)
        except IncidentError as error:
            raise CommandError(str(error)) from error
        except DatabaseError as error:
            if "session_replication_role" not in str(error):
                raise
            raise CommandError("Only a superuser of PostgreSQL may do this.") from error
        for status, number in sorted(done.by_status.items()):
            self.stdout.write(f"{number:11,}  {Status(status).label}")
        self.stdout.write(f"{done.on_the_map:11,}  on the public map")
        if not commit:
            self.stdout.write(
                f"Nothing was kept of {count:,}: give --commit to keep {reports:,}."
            )
