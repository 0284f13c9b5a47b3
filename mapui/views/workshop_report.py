"""A quality report in words: what was found, where, and what it means."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.formats import number_format
from django.utils.translation import gettext as _

#: Land shared or missing above this much is no slip of the pen any more.
WORTH_A_LOOK_M2 = 1_000.0
A_SQUARE_KM_M2 = 100_000.0
LEAST_SAID_M2 = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One place where something is odd."""

    codes: str
    size: str
    at: str = ""  #: Longitude and latitude, as the map element reads them.


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """All of one sort that was found, the largest first."""

    name: str
    title: str
    means: str
    count: int
    total: str
    rows: tuple[Row, ...]
    is_worth_a_look: bool


def findings(report: dict[str, Any]) -> list[Finding]:
    """Return what was found of each sort; a sort of which there is none is left out."""
    totals = report["totals"]
    worst = {
        name: max((each["area_m2"] for each in report[name]), default=0.0)
        for name in ("overlaps", "gaps")
    }
    told = [
        Finding(
            name="overlaps",
            title=_("Overlaps"),
            means=_(
                "Land that two places both claim. A case there is weighed by both."
            ),
            count=totals["overlaps"],
            total=square(totals["overlaps_m2"]),
            rows=tuple(
                Row(
                    codes=_named(each["codes"], report),
                    size=square(each["area_m2"]),
                    at=_at(each),
                )
                for each in report["overlaps"]
            ),
            is_worth_a_look=worst["overlaps"] > WORTH_A_LOOK_M2,
        ),
        Finding(
            name="gaps",
            title=_("Gaps"),
            means=_(
                "Land between places that none claims. A case there goes to the "
                "nearest, and is doubted."
            ),
            count=totals["gaps"],
            total=square(totals["gaps_m2"]),
            rows=tuple(
                Row(
                    codes=_named(each["codes"], report),
                    size=square(each["area_m2"]),
                    at=_at(each),
                )
                for each in report["gaps"]
            ),
            is_worth_a_look=worst["gaps"] > WORTH_A_LOOK_M2,
        ),
        Finding(
            name="slivers",
            title=_("Slivers"),
            means=_("Parts of a place too small or too thin to be meant."),
            count=totals["slivers"],
            total="",
            rows=tuple(
                Row(
                    codes=_named([each["code"]], report),
                    size=square(each["area_m2"]),
                    at=_at(each),
                )
                for each in report["slivers"]
            ),
            is_worth_a_look=False,
        ),
        Finding(
            name="differences",
            title=_("Areas unlike the official figure"),
            means=_("The drawing is more than a tenth larger or smaller than the law."),
            count=totals["differences"],
            total="",
            rows=tuple(
                Row(
                    codes=f"{each['name']} ({each['code']})",
                    size=_("%(drawn)s km² drawn, %(official)s km² official")
                    % {
                        "drawn": number_format(each["area_km2"], 2),
                        "official": number_format(each["official_km2"], 2),
                    },
                )
                for each in report["differences"]
            ),
            is_worth_a_look=True,
        ),
        Finding(
            name="repairs",
            title=_("Repairs"),
            means=_("Shapes that crossed themselves, mended while they were read."),
            count=totals["repairs"],
            total="",
            rows=tuple(
                Row(
                    codes=_("row %(number)s (%(code)s)")
                    % {"number": each["feature"], "code": each["code"]},
                    size=each["what"],
                )
                for each in report["repairs"]
            ),
            is_worth_a_look=False,
        ),
    ]
    return [each for each in told if each.count]


def marks(report: dict[str, Any]) -> list[dict[str, Any]]:
    """Return where on the map something is odd, for the map to mark."""
    return [
        {
            "at": row.at,
            "what": each.name,
            "label": f"{each.title}: {row.codes}, {row.size}",
        }
        for each in findings(report)
        for row in each.rows
        if row.at
    ]


def square(metres: float) -> str:
    """Say how large a piece of land is, in the unit that people would."""
    if metres < LEAST_SAID_M2:
        return _("less than %(size)s m²") % {"size": number_format(LEAST_SAID_M2, 1)}
    if metres >= A_SQUARE_KM_M2:
        return f"{number_format(metres / 1e6, 2)} km²"
    return f"{number_format(metres, 0 if metres >= 10 else 1)} m²"


def _at(each: dict[str, Any]) -> str:
    lon, lat = each["at"]
    return f"{lon},{lat}"


def _named(codes: Sequence[str], report: dict[str, Any]) -> str:
    """Name places that a finding is about: by name, and by code where they share it."""
    return ", ".join(report["names"].get(code, code) for code in codes)
