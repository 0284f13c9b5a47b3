from __future__ import annotations

import codecs
from argparse import ArgumentParser, ArgumentTypeError
from datetime import date
from pathlib import Path
from time import monotonic
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError
from django.utils import timezone

from incidents.errors import UnusableFile
from incidents.importing.agreement import share
from incidents.importing.columns import read_categories, read_columns
from incidents.importing.moments import Order
from incidents.importing.running import BATCH, Wish, import_reports
from incidents.importing.telling import Told

EVERY_S = 1.0
CATEGORIES_SHOWN = 20
GOES_ON = "What was kept is whole; the same command goes on where it was."


def _encoding(said: str) -> str:
    try:
        return codecs.lookup(said).name
    except LookupError as error:
        raise ArgumentTypeError(f"{said} is no encoding") from error


def _delimiter(said: str) -> str:
    meant = {"\\t": "\t", "tab": "\t"}.get(said, said)
    if len(meant) != 1 or meant in '"\r\n':
        raise ArgumentTypeError(f"{said!r} is not one sign")
    return meant


class Command(BaseCommand):
    help = "Bring in the reports of another system from a file; --commit keeps them."

    def add_arguments(self, parser: ArgumentParser) -> None:
        say = parser.add_argument
        say("path", type=Path, metavar="FILE", help="CSV, TSV, or shapes GDAL reads.")
        say(
            "--map",
            dest="columns",
            action="append",
            required=True,
            metavar="lat=…,lon=…,category=…,created=…",
            help="Which column tells what; also closed, description, external_id, "
            "address, status.",
        )
        say(
            "--label",
            dest="labels",
            action="append",
            default=[],
            metavar="KIND=COLUMN",
            help="Hold a column that names a ward (or any kind of place), or an "
            "organisation, against what we say.",
        )
        say(
            "--category-map",
            dest="meant",
            action="append",
            default=[],
            metavar="FILE or THEIRS=OURS",
            help="What their words for a category mean; a CSV of theirs,ours.",
        )
        say("--default-category", default="", metavar="CODE", help="For all others.")
        say("--closed", dest="over", action="append", default=[], metavar="WORD")
        say("--dates", type=Order, choices=list(Order), default=Order.DAY)
        say(
            "--on",
            type=date.fromisoformat,
            help="Weigh all by the map and rules of this day, not each by its own.",
        )
        say("--route", dest="routes", action="store_true", help="Give open ones on.")
        say("--source", default="", help="Names the other system; the file's name.")
        say("--encoding", type=_encoding, help="Where it is not found out.")
        say("--delimiter", type=_delimiter, help="Where it is not found out.")
        say("--layer", default="", help="Where a file of shapes has several.")
        say("--rejects", type=Path, help="FILE.rejects.csv, if not said.")
        say("--disagreements", type=Path, help="FILE.disagreements.csv, if not said.")
        say("--batch", type=int, default=BATCH, help="Rows that are kept together.")
        say("--commit", action="store_true", help="Keep them.")

    def handle(self, *, path: Path, **given: Any) -> None:
        self.begun = self.told_at = monotonic()
        try:
            wish = self._wish(path, **given)
            told = import_reports(wish, at=timezone.now(), progress=self._progress)
        except UnusableFile as error:
            raise CommandError(str(error)) from error
        except UnicodeError as error:
            raise CommandError(f"{path.name}: cannot be read: {error}") from error
        except DatabaseError as error:
            said = " ".join(str(error).split())
            raise CommandError(f"The database broke off: {said} {GOES_ON}") from error
        except KeyboardInterrupt as error:
            raise CommandError(f"Stopped. {GOES_ON}") from error
        self._say(told, wish)

    def _wish(self, path: Path, **given: Any) -> Wish:
        return Wish(
            path=path,
            columns=read_columns(given["columns"], given["labels"]),
            rejects=given["rejects"] or path.with_name(f"{path.name}.rejects.csv"),
            disagreements=given["disagreements"]
            or path.with_name(f"{path.name}.disagreements.csv"),
            source=given["source"],
            encoding=given["encoding"] or "",
            delimiter=given["delimiter"] or "",
            layer=given["layer"],
            order=given["dates"],
            meant=read_categories(given["meant"]),
            default_category=given["default_category"],
            over=given["over"],
            on=given["on"],
            routes=given["routes"],
            commit=given["commit"],
            batch=max(given["batch"], 1),
        )

    def _progress(self, told: Told, part: float) -> None:
        now = monotonic()
        if now - self.told_at < EVERY_S:
            return
        self.told_at, passed = now, now - self.begun
        left = passed / part - passed if part else 0
        self.stderr.write(
            f"{told.done:,} rows, {part:.0%}, {told.done / passed:,.0f} rows/s, "
            f"{left // 60:02.0f}:{left % 60:02.0f} left; {told.rejected:,} rejected"
        )

    def _say(self, told: Told, wish: Wish) -> None:
        passed = monotonic() - self.begun
        say = self.stdout.write
        say(f"{wish.path.name}: {told.form}. Its ids are those of “{wish.system}”.")
        rate = told.rows / passed if passed else 0
        say(f"{told.rows:,} rows in {passed:.1f} s, {rate:,.0f} a second.")
        say(f"{told.new:>10,} new")
        for status, count in told.statuses.most_common():
            say(f"{count:>14,} {status}")
        say(f"{told.held:>10,} here already, left as they are")
        if told.repeated:
            say(f"{told.repeated:>10,} in the file before, word for word")
        self._say_rejects(told, wish)
        self._say_decisions(told)
        self._say_agreement(told, wish)
        if not wish.commit:
            say("Nothing was kept: give --commit to keep it.")

    def _say_rejects(self, told: Told, wish: Wish) -> None:
        say = self.stdout.write
        say(f"{told.rejected:>10,} rejected, all in {wish.rejects}")
        for kind, count in told.rejects.most_common():
            say(f"{count:>14,} {kind.value}; such as {told.examples[kind][0]}")
        shown = told.categories.most_common(CATEGORIES_SHOWN)
        if told.categories:
            say(f"Categories that are none of ours, {len(told.categories)} of them:")
        for why, count in shown:
            say(f"{count:>14,} {why}")

    def _say_decisions(self, told: Told) -> None:
        say = self.stdout.write
        say("How the new ones were decided about:")
        for reason, count in told.reasons.most_common():
            say(f"{count:>14,} {share(count, told.new):>9} {reason}")
        say(f"{told.doubted:>14,} {share(told.doubted, told.new):>9} doubted")
        for doubt, count in told.doubts.most_common():
            say(f"{count:>18,} {share(count, told.new):>9} {doubt}")

    def _say_agreement(self, told: Told, wish: Wish) -> None:
        say = self.stdout.write
        for label, tally in told.tallies.items():
            say(
                f"{label}: {tally.compared:,} compared, "
                f"{tally.agreed:,} agree ({share(tally.agreed, tally.compared)}); "
                f"{tally.doubted:,} were doubted "
                f"({share(tally.doubted, tally.compared)}); of the "
                f"{tally.undoubted:,} others {tally.agreed_undoubted:,} agree "
                f"({share(tally.agreed_undoubted, tally.undoubted)})."
            )
            if tally.unknown:
                say(f"{tally.unknown:>14,} name what we do not know")
        if told.tallies:
            say(f"All that differ are in {wish.disagreements}.")
