"""What the forms offer: categories by branch, the wards and units of today."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.db.models import QuerySet

from gis_data.models import Edition, Place
from incidents.models import Category, Organisation

#: The level of government that people know their place by.
WARD = "ward"


@dataclass(frozen=True, slots=True, kw_only=True)
class Branch:
    """A branch with what may be chosen of it; none for one that only gathers others."""

    code: str
    label: str
    leaves: tuple[Category, ...]


def branches(*, on: date) -> list[Branch]:
    """Return the branches of that day in their order, each with its own leaves."""
    used = list(Category.objects.in_force(on=on).order_by("pk"))
    leaves: dict[int | None, list[Category]] = {}
    for each in used:
        if "." in each.code:
            leaves.setdefault(each.branch_id, []).append(each)
    return [
        Branch(code=each.code, label=each.label, leaves=tuple(leaves.get(each.pk, ())))
        for each in sorted(used, key=lambda each: (each.branch_id or each.pk, each.pk))
        if "." not in each.code
    ]


def wards(*, on: date) -> list[Place]:
    """Return the wards that are in force that day, by name."""
    return list(_there(on).order_by("name", "code"))


def ward(code: str, *, on: date) -> Place | None:
    """Return the ward of a code that is in force that day."""
    return _there(on).filter(code=code).first()


def _there(on: date) -> QuerySet[Place]:
    return Place.objects.filter(
        kind__code=WARD,
        boundaries__validity__contains=on,
        boundaries__recorded__upper_inf=True,
    )


def organisations(*, on: date) -> list[Organisation]:
    """Return the units there are that day, by name."""
    return list(Organisation.objects.in_being(on=on).order_by("name", "code"))


def is_approximate(*, on: date) -> bool:
    """Tell whether the wards in force that day are a sketch."""
    drawn = Edition.objects.published().filter(kind__code=WARD)
    latest = drawn.filter(starts_on__lte=on).order_by("-starts_on").first()
    return latest is not None and latest.is_approximate
