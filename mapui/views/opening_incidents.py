"""Opening an incident: out of reports that came, or announced before any has."""

from __future__ import annotations

from http import HTTPStatus

from django.contrib import messages
from django.contrib.gis.geos import Point
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.timezone import localdate
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from incidents import announcing
from incidents.errors import IncidentError
from incidents.gathering import gathered_round
from incidents.models import Category, Organisation, Report, ReportQuerySet
from incidents.outlining import outline
from incidents.permissions import Actor, visible_to

from .choices import organisations
from .city_map import first_view, map_words
from .doors import for_staff
from .incident_forms import AnnounceForm, GroupForm

METHODS = ["GET", "HEAD", "POST"]


@for_staff
@require_http_methods(METHODS)
def group(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Put together what lies round a place, all of it or what is left chosen."""
    if not actor.is_desk:
        raise Http404
    form = GroupForm(
        request.POST or None, initial={"category": _asked_category(request)}
    )
    status = HTTPStatus.OK
    if request.method == "POST":
        status = HTTPStatus.UNPROCESSABLE_ENTITY
        seen = Report.objects.filter(visible_to(actor))
        chosen = seen.filter(public_id__in=request.POST.getlist("report"))
        if form.is_valid():
            said = form.cleaned_data
            try:
                incident, added = announcing.group(
                    chosen,
                    words=form.words(),
                    category=said["category"],
                    to=said["organisation"],
                    reason=said["reason"],
                    by=actor,
                    at=timezone.now(),
                )
            except IncidentError as error:
                status = HTTPStatus(error.status)
                field = error.field if error.field in form.fields else None
                form.add_error(field, str(error))
            else:
                told = ngettext(
                    "%(count)s report is part of it now.",
                    "%(count)s reports are part of it now.",
                    added.count,
                )
                messages.success(request, told % {"count": added.count})
                return redirect(
                    "mapui:incident-at-work", public_id=incident.head.public_id
                )
        listed = chosen
    else:
        listed = _round(request)
    context = {
        "actor": actor,
        "form": form,
        "reports": list(listed.with_its_ward().defer("answers", "boundary")),
        "units": organisations(on=localdate()),
        "now": timezone.now(),
    }
    return render(request, "mapui/staff/incident_group.html", context, status=status)


@for_staff
@require_http_methods(METHODS)
def announce(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Let a unit say what it will do, where, and until when."""
    now = timezone.now()
    units = _units(actor)
    if not units.exists():
        raise Http404
    form = AnnounceForm(request.POST or None, units=units, at=now)
    status = HTTPStatus.OK
    if request.method == "POST":
        status = HTTPStatus.UNPROCESSABLE_ENTITY
        if form.is_valid():
            try:
                return _announced(request, actor, form)
            except IncidentError as error:
                status = HTTPStatus(error.status)
                field = error.field if error.field in form.fields else None
                form.add_error(field, str(error))
    context = {"form": form, "view": first_view(), "map_words": map_words()}
    return render(request, "mapui/staff/incident_announce.html", context, status=status)


def _announced(request: HttpRequest, actor: Actor, form: AnnounceForm) -> HttpResponse:
    now, said = timezone.now(), form.cleaned_data
    place = outline(
        drawn=said["shape"],
        wards=list(said["wards"]),
        streets=form.street_names(),
        on=localdate(now),
    )
    incident = announcing.announce(
        said["unit"],
        category=said["category"],
        area=place.area if place else None,
        words=form.words(where=place.where[:300] if place else ""),
        starts_at=said["starts_at"],
        ends_at=said["ends_at"],
        by=actor,
        at=now,
    )
    if incident.approved_at is None:
        told = _("Announced. Anyone reads it once an operator has approved it.")
    else:
        told = _("Announced. Anyone reads it now.")
    messages.success(request, told)
    return redirect("mapui:incident-at-work", public_id=incident.head.public_id)


def _units(actor: Actor) -> QuerySet[Organisation]:
    """Return for whom this person may announce."""
    there = Organisation.objects.in_being(on=localdate()).order_by("name", "code")
    return there if actor.is_desk else there.filter(pk__in=actor.units & actor.rosters)


def _asked_category(request: HttpRequest) -> Category | None:
    return Category.objects.filter(code=request.GET.get("category", "")).first()


def _round(request: HttpRequest) -> ReportQuerySet:
    """Return the reports of a branch round a place, in the last hours, to be chosen."""
    category = _asked_category(request)
    try:
        spot = Point(
            float(request.GET.get("lon", "")),
            float(request.GET.get("lat", "")),
            srid=4326,
        )
    except ValueError:
        return Report.objects.none()
    if category is None:
        return Report.objects.none()
    return gathered_round(spot, category, at=timezone.now())
