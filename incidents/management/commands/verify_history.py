from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from incidents.history import broken_at
from incidents.models import Report

STEP = 1000


class Command(BaseCommand):
    help = "Check that no case's history was rewritten; exits with an error if one was."

    def handle(self, **_: Any) -> None:
        broken = seen = 0
        for report in Report.objects.order_by("pk").iterator(chunk_size=STEP):
            seen += 1
            turn = broken_at(report)
            if turn is not None:
                broken += 1
                self.stdout.write(f"{report.public_id}: broken at event {turn}.")
            if seen % STEP == 0:
                self.stderr.write(f"{seen} cases …")
        self.stdout.write(f"{seen} cases, {broken} broken.")
        if broken:
            raise CommandError("A history does not fit its seals.")
