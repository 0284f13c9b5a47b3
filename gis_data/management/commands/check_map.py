from __future__ import annotations

import csv
from argparse import ArgumentParser
from datetime import date
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.timezone import localdate

from gis_data.checking import Findings, check
from gis_data.errors import MapError
from gis_data.publishing import kind_named


class Command(BaseCommand):
    help = (
        "Check the map of a day: gaps, overlaps, slivers, missing codes, areas that "
        "differ from the official figure. Changes nothing."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--kind", default="ward")
        parser.add_argument(
            "--on", type=date.fromisoformat, help="Today, if not given."
        )
        parser.add_argument(
            "--codes", type=Path, help="A CSV whose column `code` lists all there are."
        )

    def handle(
        self, *, kind: str, on: date | None, codes: Path | None, **_: Any
    ) -> None:
        day = on or localdate()
        try:
            found = check(kind_named(kind), on=day, expected=_listed(codes))
        except (MapError, OSError, KeyError) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"{kind}, {day}: {found.places} in force.")
        self._say(found)

    def _say(self, found: Findings) -> None:
        total = sum(each.area_m2 for each in found.overlaps)
        self.stdout.write(
            f"{len(found.overlaps)} overlapping pairs over 0.01 m² "
            f"({total:.1f} m² in all)"
        )
        for overlap in found.overlaps:
            pair = " and ".join(overlap.codes)
            self.stdout.write(f"  {pair}: {overlap.area_m2:.2f} m² {_at(overlap.at)}")
        total = sum(gap.area_m2 for gap in found.gaps)
        self.stdout.write(f"{len(found.gaps)} gaps ({total:.1f} m² in all)")
        for gap in found.gaps:
            among = ", ".join(gap.codes)
            self.stdout.write(f"  among {among}: {gap.area_m2:.2f} m² {_at(gap.at)}")
        self.stdout.write(f"{len(found.slivers)} slivers")
        for sliver in found.slivers:
            self.stdout.write(
                f"  {sliver.code}: {sliver.area_m2:.2f} m² {_at(sliver.at)}"
            )
        self.stdout.write(f"{len(found.missing)} codes without a boundary")
        for code in found.missing:
            self.stdout.write(f"  {code}")
        self.stdout.write(f"{len(found.differences)} areas off the official figure")
        for each in found.differences:
            self.stdout.write(
                f"  {each.code} {each.name}: {each.area_km2:.2f} km², "
                f"officially {each.official_km2:.2f} km²"
            )


def _at(point: tuple[float, float]) -> str:
    return f"at {point[1]:.6f}, {point[0]:.6f}"


def _listed(path: Path | None) -> list[str] | None:
    if path is None:
        return None
    with path.open(encoding="utf-8-sig", newline="") as file:
        return [row["code"].strip() for row in csv.DictReader(file)]
