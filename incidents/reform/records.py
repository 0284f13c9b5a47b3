"""What a hand-over leaves in writing: why this unit, or why none."""

from __future__ import annotations

from datetime import date, datetime

from django.utils.translation import gettext as _

from incidents.decisions import Basis, Reason
from incidents.models import DecisionRecord
from incidents.routing import ENGINE

from .choosing import Choice, Why
from .heirs import Unit


def record_of(choice: Choice, *, on: date, at: datetime) -> DecisionRecord:
    """Write down who takes a case over and on what ground, as routing does."""
    heir, report = choice.heir, choice.report
    named = (heir,) if heir else choice.among
    lies_there = heir if choice.why in {Why.GROUND, Why.WARD} else None
    return DecisionRecord(
        report=report,
        at=at,
        engine=ENGINE,
        inputs={
            "on": on.isoformat(),
            "predecessor": choice.gone.code,
            "lon": report.point.x if report.point else None,
            "lat": report.point.y if report.point else None,
            "ward": report.declared_ward_id,
            "why": choice.why.value,
        },
        boundaries=_boundary(lies_there),
        responsibilities=[],
        areas=_area(lies_there),
        organisation_id=heir.id if heir else None,
        reason=_reason(choice),
        arguments={
            "organisations": ", ".join(unit.name for unit in named),
            "organisations_en": ", ".join(unit.name_en or unit.name for unit in named),
            "predecessor": choice.gone.name,
            "predecessor_en": choice.gone.name_en or choice.gone.name,
            "area": lies_there.place if lies_there else "",
            "basis": Basis.SUCCESSION.value,
            "legal_basis": heir.legal_basis if heir else "",
        },
        doubts=[],
        is_approximate=bool(lies_there and lies_there.is_approximate),
    )


def said_of(choice: Choice) -> str:
    """Say in a sentence for staff why a case changes hands, or lies at the desk."""
    said = {"unit": choice.gone.label, "heir": choice.heir.label if choice.heir else ""}
    if choice.heir is not None:
        law = choice.heir.legal_basis
        because = _("%(unit)s has ended; %(heir)s carries on for it.") % said
        return f"{because} {law}".strip()
    if choice.why is Why.NOBODY:
        return _("%(unit)s has ended, and no law names who carries on for it.") % said
    if choice.report.point is None:
        return (
            _(
                "%(unit)s has ended. Several units carry on for it, and without a point"
                " nothing tells which of them here."
            )
            % said
        )
    return (
        _("%(unit)s has ended. The point lies with none of those who carry on for it.")
        % said
    )


def _reason(choice: Choice) -> Reason:
    if choice.heir is not None:
        return Reason.SETTLED
    return Reason.UNRULED if choice.why is Why.NOBODY else Reason.CONTESTED


def _area(unit: Unit | None) -> list[dict[str, str]]:
    if unit is None:
        return []
    return [{"kind": unit.kind, "code": unit.place_code, "name": unit.place}]


def _boundary(unit: Unit | None) -> list[dict[str, object]]:
    if unit is None or unit.boundary_id is None:
        return []
    return [{"id": unit.boundary_id, "edition": unit.edition_id, "share": 1.0}]
