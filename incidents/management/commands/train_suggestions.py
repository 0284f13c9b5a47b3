from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils import timezone

from incidents.suggesting import train
from incidents.suggesting.examples import BrokenExamples
from incidents.suggesting.training import NothingToLearnFrom

CALLED = {"marked": "with diacritics", "unmarked": "without diacritics"}


class Command(BaseCommand):
    help = (
        "Learn which category a text is about, from the city's examples and operators' "
        "corrections; shows how often it is right, and keeps it with --commit."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--commit", action="store_true", help="Put it in use.")

    @transaction.atomic
    def handle(self, *, commit: bool, **options: Any) -> None:
        try:
            trained = train(settings.CITY_DIR, at=timezone.now())
        except BrokenExamples as error:
            raise CommandError(str(error)) from error
        except NothingToLearnFrom as error:
            said = "There are neither examples.csv nor corrections to learn from."
            raise CommandError(said) from error
        model = trained.model
        told = model.learnt_from
        self.stdout.write(
            f"{told['written']} written examples and {told['corrections']} corrections "
            f"of {told['categories']} categories, {trained.features} features, "
            f"{len(model.arrays) // 1024} KB, version {model.version}."
        )
        self._say("Written examples, held out", model.figures["written"])
        for span in model.figures["corrections"]:
            self._say(f"Corrections of {span['from']} to {span['to']}", span)
        if not commit:
            transaction.set_rollback(True)
            self.stdout.write("Nothing was kept: give --commit to put it in use.")

    def _say(self, heading: str, figures: dict[str, Any]) -> None:
        self.stdout.write(f"{heading}:")
        for way, called in CALLED.items():
            for level in ("branch", "leaf"):
                score = figures[way][level]
                said = "  ".join(
                    f"{name} {_percent(score[key], score['of'])} "
                    f"[{_interval(score[f'{key}_interval'])}]"
                    for name, key in (("top-1", "first"), ("top-3", "three"))
                )
                self.stdout.write(
                    f"  {called:<19} {level:<6} n={score['of']:<5} {said}"
                )


def _percent(hits: int, of: int) -> str:
    return f"{100 * hits / of:.1f} %" if of else "none"


def _interval(bounds: tuple[float, float]) -> str:
    return " to ".join(f"{100 * each:.1f}" for each in bounds)
