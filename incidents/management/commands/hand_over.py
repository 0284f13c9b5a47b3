from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Sequence
from datetime import date as day
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from incidents.errors import IncidentError
from incidents.models import Reform
from incidents.reform import (
    BATCH,
    Moves,
    due,
    hand_over,
    heirs_without_hands,
    plan,
    units_with_past_places,
)

SHOWN = 40


class Command(BaseCommand):
    help = (
        "Give the open cases of units that have ended to who carries on for them. "
        "Tells what it would do; does it with --commit."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--on",
            type=day.fromisoformat,
            help="First day of the new order; by default the one that is due.",
        )
        parser.add_argument(
            "--batch", type=int, default=BATCH, help="Cases in one transaction."
        )
        parser.add_argument(
            "--commit", action="store_true", help="Do it, and tell everybody."
        )

    def handle(
        self, *, on: day | None, batch: int, commit: bool, **options: Any
    ) -> None:
        at = timezone.now()
        on = on or due(at=at)
        if on is None:
            self.stdout.write("Nothing is due.")
            return
        if not commit:
            self._foretell(plan(on=on), on=on)
            return
        try:
            done = hand_over(on=on, at=at, batch=batch, say=self._progress)
        except IncidentError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(
            f"{done.on}: {done.found} cases, {done.moved} to successors, {done.to_desk}"
            f" to the operators; {done.relocated} reports lie in another ward now."
        )
        self._name_the_unready(on)

    def _progress(self, reform: Reform) -> None:
        gone = reform.moved + reform.to_desk
        self.stdout.write(
            f"{reform.relocated} located anew, {gone} of {reform.found} handed over"
        )

    def _foretell(self, told: Moves, *, on: day) -> None:
        count = told.moved.total()
        self.stdout.write(f"{on}: {count} of {told.count} open cases would go over.")
        for (giver, taker), n in told.moved.most_common(SHOWN):
            self.stdout.write(f"{n:>8} {giver} → {taker or 'the operators'}")
        if len(told.moved) > SHOWN:
            self.stdout.write(f"         and {len(told.moved) - SHOWN} ways more")
        self.stdout.write(f"{len(told.loads)} units would have more or fewer:")
        for load in told.loads[:SHOWN]:
            self.stdout.write(f"{load.before:>8} → {load.after:<8} {load.code}")
        self._name_the_unready(on)
        self.stdout.write("Nothing was changed; do it with --commit.")

    def _name_the_unready(self, on: day) -> None:
        """Say which units lack people for that day: these are seen to at their page."""
        self._name(
            heirs_without_hands(on=on),
            "successors have nobody who could take a case",
        )
        self._name(
            units_with_past_places(on=on),
            "units have people for one place alone that is no more, who see nothing",
        )

    def _name(self, units: Sequence[str], said: str) -> None:
        if units:
            names = ", ".join(units[:SHOWN])
            more = f" and {len(units) - SHOWN} more" if len(units) > SHOWN else ""
            self.stdout.write(f"{len(units)} {said}: {names}{more}")
