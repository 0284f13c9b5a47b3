"""The rules of a day, held in memory: what `route` reads about one point, for many."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date

from django.db import connection

from .decisions import Claim
from .models import Category
from .routing import Row, claim_of, strongest_first

NONE: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Chapter:
    """The rules of one category and of the branches it belongs to."""

    by_place: dict[int, list[Claim]]
    about_assets: list[Claim]
    codes: frozenset[str]  #: Of the assets that a rule names one by one.


@dataclass(frozen=True, slots=True, kw_only=True)
class Rulebook:
    """Every rule in force on a day, each with who answers by it on that day."""

    rules: dict[int, list[Claim]]  #: By category.
    branches: dict[int, tuple[int, ...]]  #: Of each category: it and those above it.
    chapters: dict[int, _Chapter] = field(default_factory=dict)
    known: dict[tuple[object, ...], tuple[Claim, ...]] = field(default_factory=dict)

    @classmethod
    def read(cls, *, on: date) -> Rulebook:
        """Read the rules of that day, in two statements."""
        rules: defaultdict[int, list[Claim]] = defaultdict(list)
        with connection.cursor() as cursor:
            cursor.execute(IN_FORCE, {"on": on})
            for category, *told in cursor.fetchall():
                rules[category].append(claim_of(Row(*told)))
        rows = Category.objects.values_list("pk", "branch", "branch__branch")
        branches = {row[0]: tuple(each for each in row if each) for row in rows}
        return cls(rules=dict(rules), branches=branches)

    def about(
        self,
        category: int,
        *,
        places: tuple[int, ...],
        kinds: frozenset[str] = NONE,
        codes: Iterable[str] = (),
    ) -> tuple[Claim, ...]:
        """Return the rules about a category at these places, or about what stands near.

        Strongest first, as `route` weighs them. `kinds` and `codes` are those of the
        assets near the point.
        """
        chapter = self._chapter(category)
        named = chapter.codes.intersection(codes) if chapter.codes else NONE
        key = (category, places, kinds, named)
        if key not in self.known:
            found = [
                rule for place in places for rule in chapter.by_place.get(place, ())
            ]
            found += [
                rule
                for rule in chapter.about_assets
                if rule.asset_kind in kinds and rule.asset_code in ("", *named)
            ]
            self.known[key] = strongest_first(found, places=places)
        return self.known[key]

    def _chapter(self, category: int) -> _Chapter:
        if category not in self.chapters:
            by_place: defaultdict[int, list[Claim]] = defaultdict(list)
            about_assets = []
            for branch in self.branches[category]:
                for rule in self.rules.get(branch, ()):
                    if rule.place_id is None:
                        about_assets.append(rule)
                    else:
                        by_place[rule.place_id].append(rule)
            self.chapters[category] = _Chapter(
                by_place=dict(by_place),
                about_assets=about_assets,
                codes=frozenset(rule.asset_code for rule in about_assets) - {""},
            )
        return self.chapters[category]


IN_FORCE = """
SELECT r.category_id, r.id, NULL, r.asset_kind, r.asset_class, r.asset_code, NULL,
  NULL, r.within_m::float, r.role, r.precedence, r.legal_basis, r.is_confirmed,
  r.territory_id IS NOT NULL, coalesce(r.place_id, r.territory_id), r.conditions::text,
  o.id, o.code, o.name, o.name_en
FROM incidents_responsibility r
JOIN incidents_organisation charged ON charged.id = r.organisation_id
JOIN incidents_organisation o ON o.id = CASE
  WHEN upper_inf(charged.validity) OR charged.validity @> %(on)s::date THEN charged.id
  ELSE coalesce(incidents_heir(charged.id, %(on)s::date), charged.id) END
WHERE r.validity @> %(on)s::date
"""
