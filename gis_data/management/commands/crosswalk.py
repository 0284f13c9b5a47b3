from __future__ import annotations

import csv
from argparse import ArgumentParser
from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path
from typing import Any

from django.contrib.gis.geos import MultiPolygon
from django.core.management.base import BaseCommand, CommandError

from gis_data.crosswalk import (
    TELLING_SHARE,
    Agreement,
    Heirloom,
    agreement,
    ground_m2,
    in_force,
    overlay,
)
from gis_data.errors import MapError
from gis_data.importing import Fields
from gis_data.models import Place, PlaceKind, PlaceSuccession
from gis_data.publishing import kind_named
from gis_data.sandbox import read_in_own_process
from gis_data.succession import codes_on, law_of


class Command(BaseCommand):
    help = (
        "Lay the places of before over those of after and hold what each became "
        "against the law. Changes nothing."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--before", default="former_ward", help="A kind of place.")
        parser.add_argument("--after", default="ward", help="A kind of place.")
        parser.add_argument(
            "--on",
            type=date.fromisoformat,
            required=True,
            help="The first day of the new order.",
        )
        parser.add_argument(
            "--file",
            type=Path,
            help="Boundaries of before; without it, those in force the day before.",
        )
        parser.add_argument("--code-field", default="code")
        parser.add_argument("--name-field", default="name")
        parser.add_argument(
            "--drawn",
            type=date.fromisoformat,
            help="The day the file is of: a code that passed to an heir since then "
            "means the place that had it.",
        )
        parser.add_argument("--csv", type=Path, help="Write every pair there.")

    def handle(
        self,
        *,
        before: str,
        after: str,
        on: date,
        file: Path | None,
        drawn: date | None,
        **options: Any,
    ) -> None:
        fields = Fields(code=options["code_field"], name=options["name_field"])
        try:
            old, new = kind_named(before), kind_named(after)
            if file is None:
                ground = in_force(old, until=on)
            else:
                codes = codes_on(old, on=drawn or on)
                ground = {
                    codes.get(each.code, each.code): each.shape
                    for each in read_in_own_process(
                        file, what="boundaries", fields=fields
                    ).drawings
                }
        except MapError as error:
            raise CommandError(str(error)) from error
        self._tell(old, new, ground, on=on, path=options["csv"])

    def _tell(
        self,
        old: PlaceKind,
        new: PlaceKind,
        ground: Mapping[str, MultiPolygon],
        *,
        on: date,
        path: Path | None,
    ) -> None:
        heirs = law_of(before=old, after=new, on=on)
        pairs = {(code, heir) for code, after in heirs.items() for heir in after}
        measured = overlay(ground, in_force(new, on=on))
        found = agreement(measured, pairs)
        names = {kind.code: dict(_named(kind)) for kind in (old, new)}
        earlier = PlaceSuccession.objects.filter(
            predecessor__kind=old, successor__kind=old, on__lt=on, is_official=True
        )
        merged = ground.keys() & set(
            earlier.values_list("predecessor__code", flat=True)
        )
        outside = ground_m2(ground.values()) - found.area_m2
        self._say(
            found,
            heirs,
            names[old.code],
            names[new.code],
            places=len(ground),
            merged=len(merged),
            outside_m2=max(outside, 0.0),
        )
        if path is not None:
            _write(path, measured, pairs, names[old.code], names[new.code])
            self.stdout.write(f"{len(measured)} pairs written to {path}.")

    def _say(
        self,
        found: Agreement[str],
        heirs: Mapping[str, frozenset[str]],
        old: Mapping[str, str],
        new: Mapping[str, str],
        *,
        places: int,
        merged: int,
        outside_m2: float,
    ) -> None:
        say = self.stdout.write
        say(
            f"{places} places of before; the law names no heir of {len(found.strange)}."
        )
        for code in found.strange:
            say(f"  {code} {old.get(code, 'is not known here')}")
        say(f"{merged} of them had become others before that day.")
        say(
            f"{found.of_area:.2%} of the {found.area_m2 / 1e6:.2f} km² of before that "
            f"lie in places of after lie in a pair the law names; "
            f"{outside_m2 / 1e6:.2f} km² of before lie in none and are left out."
        )
        say(
            f"{found.of_pairs:.2%} of the {found.telling} pairs of "
            f"{TELLING_SHARE:.0%} or more are pairs the law names; the other "
            f"{len(found.unnamed)}:"
        )
        for each in found.unnamed:
            law = ", ".join(
                f"{code} {new[code]}" for code in sorted(heirs.get(each.before, ()))
            )
            say(
                f"  {each.before} {old.get(each.before, '?')} lies with "
                f"{each.share:.1%} ({each.area_m2 / 1e6:.3f} km²) in {each.after} "
                f"{new[each.after]}; by law: {law or 'nothing known'}"
            )
        say(f"{len(found.unseen)} pairs of the law share no ground on the map.")
        for before, after in found.unseen:
            say(f"  {before} {old[before]} and {after} {new[after]}")


def _named(kind: PlaceKind) -> Iterable[tuple[str, str]]:
    for place in Place.objects.filter(kind=kind).select_related("part_of"):
        within = f" ({place.part_of.name})" if place.part_of else ""
        yield place.code, f"{place.name}{within}"


def _write(
    path: Path,
    measured: Iterable[Heirloom[str]],
    pairs: set[tuple[str, str]],
    old: Mapping[str, str],
    new: Mapping[str, str],
) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow(
            ["before", "before_name", "after", "after_name", "area_m2", "share", "law"]
        )
        rows.writerows(
            [
                each.before,
                old.get(each.before, ""),
                each.after,
                new[each.after],
                round(each.area_m2),
                round(each.share, 4),
                "yes" if (each.before, each.after) in pairs else "no",
            ]
            for each in measured
        )
