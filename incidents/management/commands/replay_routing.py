from __future__ import annotations

from argparse import ArgumentParser
from datetime import date as day
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils import timezone

from incidents.city import load_city
from incidents.errors import BrokenCityFile
from incidents.models import Report
from incidents.replaying import Replay, proposals, replay

SHOWN = 40


class Command(BaseCommand):
    help = "Tell which reports other rules would have sent elsewhere; keeps nothing."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--days", type=int, default=90, help="How far back to look; 90 by default."
        )
        parser.add_argument(
            "--folder",
            type=Path,
            help="A draft of the city's folder, weighed in place of what is in force.",
        )
        parser.add_argument(
            "--on",
            type=day.fromisoformat,
            help="Weigh all by the rules and map of this day, not each by its own.",
        )

    @transaction.atomic
    def handle(
        self, *, days: int, folder: Path | None, on: day | None, **options: Any
    ) -> None:
        since = timezone.now() - timedelta(days=days)
        reports = Report.objects.filter(received_at__gte=since).order_by("pk")
        beside = None
        if folder is not None:
            # What the law changed by itself is none of the draft's doing.
            beside = proposals(reports, on=on, told=self._told)
            try:
                load_city(folder)
            except BrokenCityFile as error:
                raise CommandError(str(error)) from error
        self._say(replay(reports, on=on, beside=beside, told=self._told), on=on)
        transaction.set_rollback(True)

    def _say(self, told: Replay, *, on: day | None) -> None:
        moved = sum(told.moved.values())
        self.stdout.write(f"{told.count} reports replayed, {moved} would go elsewhere.")
        for (before, after), count in told.moved.most_common(SHOWN):
            self.stdout.write(f"{count:>8} {before or 'nobody'} → {after or 'nobody'}")
        for (category, reason), count in sorted(told.reasons.items()):
            if reason != "settled":
                self.stdout.write(f"{count:>8} {category}: {reason}")
        for found, spot in told.contradictions.items():
            units = ", ".join(found.units)
            self.stdout.write(f"{spot.count:>8} {found.category}: {units} contest it")
        if not told.count:
            return
        idle = told.idle(on=on or timezone.localdate())
        names = list(dict.fromkeys(idle.values_list("legal_basis", flat=True)))
        self.stdout.write(f"{idle.count()} rules in force decided nothing:")
        for name in names[:SHOWN]:
            self.stdout.write(f"         {name}")

    def _told(self, done: int) -> None:
        self.stderr.write(f"{done:>12,} replayed", style_func=str)
