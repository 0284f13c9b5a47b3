"""Who answers for what on a day, to read, to filter, to take away and edit."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db.models import F, Q, QuerySet
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.utils.timezone import localdate
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from gis_data.models.asset import kind_named
from incidents.city.drafting import as_table, written
from incidents.models import Category, Organisation, Responsibility
from incidents.permissions import Actor

from .doors import for_map_keepers
from .listing import listed

ON_A_PAGE = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedFor:
    """Which rules somebody wants to read."""

    on: date
    category: str = ""
    unit: str = ""
    assumed: bool = False

    @classmethod
    def of(cls, sent: QueryDict) -> AskedFor:
        """Read what the address says; a day that is none is today."""
        try:
            on = date.fromisoformat(sent.get("on", ""))
        except ValueError:
            on = localdate()
        return cls(
            on=on,
            category=sent.get("category", "")[:64],
            unit=sent.get("unit", "")[:64],
            assumed=sent.get("assumed") == "1",
        )

    @property
    def way(self) -> str:
        """The address that asks for the same."""
        said = QueryDict(mutable=True)
        said["on"] = self.on.isoformat()
        for name in ("category", "unit"):
            if value := getattr(self, name):
                said[name] = value
        if self.assumed:
            said["assumed"] = "1"
        return said.urlencode()

    def rules(self) -> QuerySet[Responsibility]:
        """Return the rules that are asked for, a category's strongest first."""
        found = Responsibility.objects.filter(validity__contains=self.on)
        if self.category:
            found = found.filter(
                Q(category__code=self.category)
                | Q(category__branch__code=self.category)
            )
        if self.unit:
            found = found.filter(organisation__code=self.unit)
        if self.assumed:
            found = found.filter(is_confirmed=False)
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleTold:
    """A rule as the table tells it."""

    rule: Responsibility
    over: str
    conditions: str
    last_day: date | None


@for_map_keepers
@require_safe
def rules(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Show who answers for what on a day, by category, the strongest rule first."""
    asked = AskedFor.of(request.GET)
    found = (
        asked.rules()
        .select_related(
            "category",
            "organisation",
            "place__kind",
            "territory__kind",
        )
        .order_by(
            "category__code",
            "-precedence",
            Coalesce(F("place__name"), F("territory__name"), F("asset_kind")),
            "pk",
        )
    )
    page = listed(found, page=request.GET.get("page"), on_a_page=ON_A_PAGE)
    context: dict[str, Any] = {
        "asked": asked,
        "count": asked.rules().count(),
        "page": page,
        "rows": [_told(each) for each in page.rows],
        "categories": Category.objects.order_by("code"),
        "units": Organisation.objects.filter(responsibilities__isnull=False)
        .distinct()
        .order_by("name", "code"),
    }
    return render(request, "mapui/staff/workshop_rules.html", context)


@for_map_keepers
@require_safe
def rules_table(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Give all rules, of every day, as the table that a rehearsal reads again."""
    table = written(as_table(Responsibility.objects.all()))
    answer = HttpResponse(table, content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = 'attachment; filename="responsibilities.csv"'
    return answer


def _condition(name: str, value: Any) -> str:
    """Say when a rule applies, as one would."""
    if name == "alley":
        return _("in an alley") if value else _("not in an alley")
    if name == "junction":
        return _("where roads meet") if value else _("not where roads meet")
    if name == "spans":
        across = value == "several"
        return _("lying in several wards") if across else _("lying in one ward")
    if name == "road":
        return _("by a road of class %(classes)s") % {"classes": ", ".join(value)}
    return f"{name}: {value}"


def _told(rule: Responsibility) -> RuleTold:
    place = rule.place or rule.territory
    thing = kind_named(rule.asset_kind)
    over = place.label if place else f"{thing} {rule.asset_class}".strip()
    if rule.asset_code:
        over = f"{thing} {rule.asset_code}"
    said = ", ".join(
        _condition(name, value) for name, value in sorted(rule.conditions.items())
    )
    days = rule.validity
    return RuleTold(
        rule=rule,
        over=over,
        conditions=said,
        last_day=days.upper - timedelta(days=1) if days.upper else None,
    )
