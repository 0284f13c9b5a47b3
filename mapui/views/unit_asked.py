"""What part of a unit's work an address asks for: of which sort, and whose."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q
from django.http import QueryDict
from django.utils import timezone

from incidents.models import ReportQuerySet
from incidents.permissions import Actor
from incidents.worklist import sorts

#: Asked for in place of an officer: what was given to no one yet.
NOBODY = "nobody"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What part of the unit's work the address asks for."""

    show: str
    mine: bool
    officer: str  #: Whose: an account's number, `NOBODY`, or everybody's.
    on_map: bool

    @property
    def is_narrowed(self) -> bool:
        """Whether it is less than all the unit has in hand."""
        return bool(self.show or self.mine or self.officer)

    def of(self, work: ReportQuerySet, actor: Actor, *, at: datetime) -> ReportQuerySet:
        """Keep what is asked for."""
        kept = work.filter(self.whose(actor))
        return kept.filter(sorts(at=at)[self.show]) if self.show else kept

    def whose(self, actor: Actor) -> Q:
        """Keep what the asked for person has."""
        if self.mine:
            return Q(assignee=actor.user)
        if self.officer == NOBODY:
            return Q(assignee=None)
        return Q(assignee=int(self.officer)) if self.officer else Q()

    def address(self, **changed: str) -> str:
        """Write the query of an address like this one, but for what is changed."""
        said = {
            "show": self.show,
            "mine": "1" if self.mine else "",
            "officer": self.officer,
            "view": "map" if self.on_map else "",
        } | changed
        query = QueryDict(mutable=True)
        query.update({name: value for name, value in said.items() if value})
        return f"?{query.urlencode()}" if query else ""


def read_asked(said: QueryDict) -> Asked:
    """Read what part is asked for; what is no such part is left out."""
    show, officer = said.get("show", ""), said.get("officer", "")
    mine = said.get("mine") == "1"
    is_number = officer.isascii() and officer.isdecimal() and len(officer) < 10
    is_known = not mine and (officer == NOBODY or is_number)
    return Asked(
        show=show if show in sorts(at=timezone.now()) else "",
        mine=mine,
        officer=officer if is_known else "",
        on_map=said.get("view") == "map",
    )
