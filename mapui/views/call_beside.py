"""What stands beside a call: who would get it, what is alike, what answers it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.utils.timezone import localdate

from incidents import calls
from incidents.articles import answers_to
from incidents.decisions import Decision
from incidents.models import Article, Category, Incident, Report
from incidents.permissions import Actor, visible_to
from incidents.privacy import number_of
from incidents.routing import route

from .call_form import CallForm

#: So many earlier cases, and so many that are alike, stand beside a call.
BESIDE = 5
#: So many articles that may answer a question.
ANSWERS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Beside:
    """What stands beside a call: who would get it, and what is alike nearby."""

    category: Category | None
    decision: Decision | None
    incidents: list[Incident]
    alike: list[Report]
    articles: list[Article]

    @property
    def is_asked(self) -> bool:
        """Whether an answer is likelier to be wanted than somebody who goes there."""
        return self.category is None or not self.category.needs_place

    @property
    def doubts(self) -> tuple[str, ...]:
        return self.decision.doubts if self.decision else ()


def beside_of(form: CallForm, actor: Actor, *, at: datetime) -> Beside:
    """Route what is told so far, and find what is alike and what answers it."""
    category = form.category()
    articles = _articles(form, at=at)
    if category is None:
        return Beside(
            category=None, decision=None, incidents=[], alike=[], articles=articles
        )
    point, ward = form.point, form.ward()
    said = form.typed.get("description", "")
    alike = calls.alike(category, point=point, ward=ward, at=at, words=said)
    seen = alike.filter(visible_to(actor), headed=None).with_its_ward()
    going_on = Incident.objects.public().under_way(at=at).of(category).over(point)
    return Beside(
        category=category,
        decision=route(
            point,
            category,
            at,
            ward_id=ward.pk if ward else None,
            address=form.typed.get("address", ""),
        ),
        incidents=list(going_on.with_what_is_shown().defer("area")[:BESIDE]),
        alike=list(seen.defer("answers", "boundary")[:BESIDE]),
        articles=articles,
    )


def _articles(form: CallForm, *, at: datetime) -> list[Article]:
    """Find what answers the caller's words; nothing once an answer is written."""
    if form.answer:
        return []
    told = form.typed.get("description", "")
    found = answers_to(told, language=form.language, on=localdate(at))
    return list(found[:ANSWERS])


def earlier_of(
    said: Mapping[str, str], actor: Actor, *, at: datetime
) -> list[Report] | None:
    """Return the caller's earlier cases; none where nobody is named yet."""
    typed = said.get("phone", "").strip() or said.get("email", "").strip()
    if not (number_of(typed) or "@" in typed):
        return None
    found = calls.cases_of(typed, by=actor, at=at)
    shown = found.with_its_ward()
    return list(shown.defer("answers", "boundary")[:BESIDE])
