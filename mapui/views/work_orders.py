"""A work order: what one visit of a crew could settle at a hot spot, to hand over."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.timezone import localdate
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from incidents.deadlines import read_calendar
from incidents.errors import IncidentError
from incidents.hotspots import cases_in
from incidents.models import Category, Organisation
from incidents.permissions import Actor, parts_of
from incidents.printing import print_page
from incidents.rounds import Stop, in_good_order
from incidents.work_orders import HandedOver, give_to_crew, give_to_part
from incidents.worklist import to_visit

from .asking import LONG, Words
from .crews import lasting, lasting_said
from .doors import for_staff
from .hot_spots import Row, Search, Told, read_way, rows_of, search, told_of

#: What a crew does in a day; of more, the most pressing.
JOBS_AT_MOST = 30
#: Among so many cases of a spot its jobs are looked for.
LOOKED_AT = 500


class OrderForm(forms.Form):
    """To whom it is handed: a crew by links, or a part of the unit with accounts."""

    crew = Words(
        label=gettext_lazy("Crew"),
        help_text=gettext_lazy("As colleagues call it. History keeps a number only."),
        most=80,
    )
    job = Words(
        label=gettext_lazy("What is to be done"),
        help_text=gettext_lazy(
            "The same words for every job; left empty, each is called by its category. "
            "Name nobody."
        ),
        rows=2,
        most=LONG,
    )
    hours = forms.TypedChoiceField(
        label=gettext_lazy("The links hold for"), coerce=int, required=False
    )
    part = forms.ModelChoiceField(
        Organisation.objects.none(),
        label=gettext_lazy("Part of the unit, or contractor"),
        required=False,
        empty_label=gettext_lazy("Choose…"),
        widget=forms.Select(attrs={"class": "control"}),
    )

    def __init__(self, *args: Any, units: Iterable[int], **options: Any) -> None:
        super().__init__(*args, **options)
        hours: Any = self.fields["hours"]
        hours.choices = [(each, lasting_said(each)) for each in lasting()]
        hours.widget.attrs["class"] = "control"
        on = localdate()
        parts: Any = self.fields["part"]
        unit = min(units, default=None)
        parts.queryset = parts_of(unit, on=on)


@dataclass(frozen=True, slots=True, kw_only=True)
class Trade:
    """The cases of a spot that one kind of crew could settle, by their branch."""

    branch: Category
    rows: tuple[Row, ...]
    way: str
    is_on: bool

    @property
    def points(self) -> float:
        return sum(row.case.score for row in self.rows)


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """A work order: one spot, one trade, and its jobs in the order to go to them."""

    told: Told
    trades: tuple[Trade, ...]
    rows: tuple[Row, ...]
    left_out: int
    branch: Category | None


@for_staff
@require_http_methods(["GET", "HEAD", "POST"])
def work_order(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Show what one visit could settle; hand the chosen jobs to a crew or a part."""
    if not actor.units:
        return redirect("mapui:workbench")
    now, way = timezone.now(), read_way(request.GET)
    done = search(actor, way, at=now)
    order = _order(request, actor, done, at=now) if done else None
    if done is None or order is None:
        messages.warning(request, _("This hot spot is not there any more."))
        return redirect(f"{reverse('mapui:hot-spots')}?{way.address(o='')}")
    units = {row.report.organisation_id for row in order.rows}
    form = OrderForm(
        request.POST or None,
        units=[u for u in units if u is not None],
        auto_id="order-%s",
    )
    handed: HandedOver | None = None
    status: int = HTTPStatus.OK
    if request.method == "POST" and form.is_valid():
        try:
            handed = _hand_over(request, form.cleaned_data, order, actor, at=now)
        except IncidentError as error:
            form.add_error(error.field or None, str(error))
    if form.is_bound and handed is None:
        status = HTTPStatus.UNPROCESSABLE_ENTITY
    context = _context(request, actor, done, order, at=now) | {
        "form": form,
        "has_parts": form.fields["part"].queryset.exists(),  # type: ignore[attr-defined]
        "handed": handed,
        "links": _links(handed),
    }
    return render(request, "mapui/staff/work_order.html", context, status=status)


@for_staff
@require_safe
def work_order_file(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Print a work order: the jobs, what each needs known, and lines to sign."""
    now, way = timezone.now(), read_way(request.GET)
    done = search(actor, way, at=now) if actor.units else None
    order = _order(request, actor, done, at=now) if done else None
    if done is None or order is None:
        raise Http404
    page = render_to_string(
        "mapui/staff/work_order_file.html",
        _context(request, actor, done, order, at=now),
    )
    answer = HttpResponse(print_page(page, {}), content_type="application/pdf")
    name = f"work-order-{localdate(now):%Y-%m-%d}.pdf"
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


def _context(
    request: HttpRequest, actor: Actor, done: Search, order: Order, *, at: datetime
) -> dict[str, Any]:
    units = {row.report.organisation for row in order.rows}
    return {
        "actor": actor,
        "way": done.way,
        "order": order,
        "query": request.GET.urlencode(),
        "units": sorted(unit.label for unit in units if unit),
        "late": sum(row.case.days_late > 0 for row in order.rows),
        "late_days": sum(row.case.days_late for row in order.rows),
        "at_most": JOBS_AT_MOST,
        "now": at,
    }


def _order(
    request: HttpRequest, actor: Actor, done: Search, *, at: datetime
) -> Order | None:
    """Put together what one kind of crew could do at a spot."""
    spot = done.chosen
    if spot is None:
        return None
    cases = cases_in(done.asked, done.zone.grid, spot.cells, at_most=LOOKED_AT)
    ids = [case.report for case in cases if case.is_open]
    # What is filed already, or rests for now, needs nobody on site.
    going = set(to_visit(actor, at=at).filter(pk__in=ids).values_list("pk", flat=True))
    rows = rows_of(
        [case for case in cases if case.report in going],
        done.asked.weights,
        read_calendar(),
        at=at,
    )
    branches = Category.objects.in_bulk(
        {
            row.report.category.branch_id or row.report.category_id
            for row in rows.values()
        }
    )
    wards = {w.pk: w for row in rows.values() if (w := row.report.lies_in)}
    categories = {row.report.category_id: row.report.category for row in rows.values()}
    told = told_of(spot, done.found, done.way, wards, categories, is_on=True)
    trades = _trades(list(rows.values()), branches, request, done)
    chosen = next((each for each in trades if each.is_on), None)
    jobs = chosen.rows[:JOBS_AT_MOST] if chosen else ()
    return Order(
        told=told,
        trades=trades,
        rows=_in_order(jobs),
        left_out=len(chosen.rows) - len(jobs) if chosen else 0,
        branch=chosen.branch if chosen else None,
    )


def _trades(
    rows: list[Row],
    branches: dict[int, Category],
    request: HttpRequest,
    done: Search,
) -> tuple[Trade, ...]:
    """Part the jobs by branch, the most pressing first; one of them is asked for."""
    parted: dict[int, list[Row]] = {}
    for row in rows:
        category = row.report.category
        parted.setdefault(category.branch_id or category.pk, []).append(row)
    by_points = sorted(
        parted.items(), key=lambda each: -sum(row.case.score for row in each[1])
    )
    codes = [branches[pk].code for pk, _rows in by_points]
    asked = request.GET.get("trade", "")
    asked = asked if asked in codes else next(iter(codes), "")
    return tuple(
        Trade(
            branch=branches[pk],
            rows=tuple(sorted(each, key=lambda row: (-row.case.score, row.report.pk))),
            way=f"?{done.way.address(trade=branches[pk].code)}",
            is_on=branches[pk].code == asked,
        )
        for pk, each in by_points
    )


def _in_order(rows: Iterable[Row]) -> tuple[Row, ...]:
    """Put jobs into the order one goes to them: the urgent first, then a short way."""
    known = {row.report.pk: row for row in rows}
    stops = [
        Stop(
            key=pk,
            lon=row.report.point.x,
            lat=row.report.point.y,
            rank=0 if row.report.category.urgency == Category.Urgency.URGENT else 1,
        )
        for pk, row in known.items()
        if row.report.point
    ]
    return tuple(known[leg.stop.key] for leg in in_good_order(stops))


def _hand_over(
    request: HttpRequest,
    said: dict[str, Any],
    order: Order,
    actor: Actor,
    *,
    at: datetime,
) -> HandedOver:
    wanted = set(request.POST.getlist("chosen"))
    reports = [row.report for row in order.rows if row.report.public_id in wanted]
    if request.POST.get("to") == "part":
        return give_to_part(reports, to=said["part"], by=actor, at=at)
    hours = said["hours"] or lasting()[0]
    return give_to_crew(
        reports, crew=said["crew"], job=said["job"], hours=hours, by=actor, at=at
    )


def _links(handed: HandedOver | None) -> list[tuple[Any, str]]:
    """Return the address of each link, which nobody can show again."""
    if handed is None:
        return []
    return [
        (report, settings.SITE_URL + reverse("mapui:crew-job", args=[token]))
        for report, token in handed.done
        if token
    ]
