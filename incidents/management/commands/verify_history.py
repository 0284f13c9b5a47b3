from __future__ import annotations

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db.models import Count, Max

from incidents.models import DailyRoot
from incidents.verifying import check_cases, check_file, check_roots

STEP = 1000


class Command(BaseCommand):
    help = (
        "Check that no case's history was rewritten, and that all stand under the "
        "published daily roots; exits with an error if one was."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--file",
            type=Path,
            help="Check the file of one case instead, against the root of its day.",
        )
        parser.add_argument(
            "--root",
            help="With --file: the root of that day as it was published, as its hash.",
        )

    def handle(self, *, file: Path | None, root: str | None, **_: Any) -> None:
        if file is not None:
            self._check_file(file, root)
            return
        wrong = self._check_cases() + self._check_roots()
        if wrong:
            raise CommandError(f"The first thing wrong: {wrong[0]}")

    def _check_cases(self) -> list[str]:
        wrong, seen = [], 0
        for seen, case in enumerate(check_cases(), start=1):
            if case.broken_at is not None:
                said = f"{case.public_id}: broken at event {case.broken_at}."
                self.stdout.write(said)
                wrong.append(said)
            if seen % STEP == 0:
                self.stderr.write(f"{seen} cases …")
        self.stdout.write(f"{seen} cases, {len(wrong)} broken.")
        return wrong

    def _check_roots(self) -> list[str]:
        wrong = []
        for said in check_roots():
            self.stdout.write(said)
            wrong.append(said)
        told = DailyRoot.objects.aggregate(days=Count("pk"), last=Max("on"))
        last = f", the last of {told['last']}" if told["last"] else ""
        self.stdout.write(f"{told['days']} daily roots{last}; {len(wrong)} faults.")
        return wrong

    def _check_file(self, file: Path, root: str | None) -> None:
        try:
            told = json.loads(file.read_text(encoding="utf8"))
            published = root or self._published(told)
            wrong = check_file(told, published=published)
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise CommandError(f"This is not the file of a case: {error}") from error
        if wrong:
            raise CommandError(wrong)
        days = told["root"]
        under = f"under the root of {days['on']}" if days else "under no root yet"
        count = len(told["events"])
        self.stdout.write(f"{told['public_id']}: {count} events fit, {under}.")

    def _published(self, told: dict[str, Any]) -> str | None:
        if not told["root"]:
            return None
        on = told["root"]["on"]
        made = DailyRoot.objects.filter(on=on).first()
        if made is None:
            raise CommandError(f"There is no root of {on} here: give it with --root.")
        return bytes(made.root).hex()
