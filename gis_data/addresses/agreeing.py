"""Places that are named together: “P.17” and “Gò Vấp” are one place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from .gazetteer import Spot
from .names import Span


@dataclass(frozen=True, slots=True)
class Where:
    """In which places of today the named places lie, and which was named."""

    wards: dict[int, float]
    named: Spot | None = None
    agrees: bool = True


def places_of(groups: Sequence[Sequence[Span]]) -> list[Where]:
    """Bring the named places together: “P.17” and “Gò Vấp” are one place."""
    if not groups:
        return []
    choices = [[each for span in group for each in _choices(span)] for group in groups]
    wheres: list[Where] = []
    for spot, wards in choices[0]:
        wheres.append(Where(wards, spot))
    for more in choices[1:]:
        joined: list[Where] = []
        for where in wheres:
            for spot, wards in more:
                both = _both(where, spot, wards)
                if both:
                    joined.append(both)
        if joined:
            best = [where for where in joined if where.agrees]
            wheres = best or joined
        else:
            wheres = [replace(where, agrees=False) for where in wheres]
    if len(groups) > 1:
        return wheres
    return sorted(wheres, key=lambda where: not (where.named and where.named.is_now))


def _choices(span: Span) -> list[tuple[Spot | None, dict[int, float]]]:
    found: list[tuple[Spot | None, dict[int, float]]] = [
        (spot, {spot.pk: 1.0} if spot.is_now else spot.heirs) for spot in span.hit.spots
    ]
    if span.hit.area:
        found.append((None, span.hit.area))
    return found


def _both(where: Where, spot: Spot | None, wards: dict[int, float]) -> Where | None:
    """Return what two named places have in common, the smaller one named."""
    for one, other in ((where.named, spot), (spot, where.named)):
        if one and other and one.part_of == other.pk:
            return Where(one.heirs, one, True)
    is_part = where.named is not None and where.named.part_of is not None
    if is_part and spot and not spot.is_now and spot.part_of is None:
        return None  # Of another district.
    shared = {pk: share * wards[pk] for pk, share in where.wards.items() if pk in wards}
    if not shared:
        return None
    small = min(
        (each for each in (where.named, spot) if each),
        key=lambda each: (len(each.heirs) if not each.is_now else 0, each.pk),
        default=None,
    )
    return Where(shared, small, not (where.named and spot))
