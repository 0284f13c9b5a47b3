"""Links for screens in rooms: made, listed and taken back by who leads."""

from __future__ import annotations

from datetime import datetime
from http import HTTPStatus
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language, gettext_lazy, ngettext, pgettext
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from incidents import walls
from incidents.errors import IncidentError, NoSuchLink
from incidents.models import Organisation, WallLink
from incidents.permissions import Actor

from .asking import Words
from .doors import for_staff
from .leading import may_read

#: How the form says the whole city.
CITY = ""


class WallForm(forms.Form):
    """Which room, whose figures, for how long, and in which language."""

    name = Words(
        label=gettext_lazy("Room"),
        help_text=gettext_lazy("As colleagues call it; the screen does not show it."),
        most=80,
    )
    unit = forms.ChoiceField(label=gettext_lazy("Whose figures"), required=False)
    days = forms.TypedChoiceField(
        label=gettext_lazy("The link holds for"), coerce=int, initial=30
    )
    language = forms.ChoiceField(
        label=gettext_lazy("Language of the screen"), choices=settings.LANGUAGES
    )

    def __init__(
        self, *args: Any, actor: Actor, units: list[Organisation], **options: Any
    ) -> None:
        super().__init__(*args, **options)
        whose = [(each.code, each.label) for each in units]
        if walls.leads_city(actor):
            whose.insert(0, (CITY, _("The whole city")))
        self.units = {each.code: each for each in units}
        self.fields["unit"].choices = whose  # type: ignore[attr-defined]
        self.fields["days"].choices = [  # type: ignore[attr-defined]
            (days, days_said(days)) for days in walls.DAYS
        ]
        for name in ("unit", "days", "language"):
            self.fields[name].widget.attrs["class"] = "control"

    def clean_unit(self) -> Organisation | None:
        """Find the unit; none is the city."""
        return self.units.get(self.cleaned_data["unit"])


def days_said(days: int) -> str:
    """Say for how long a link holds."""
    return ngettext("%(n)s day", "%(n)s days", days) % {"n": days}


@for_staff
@require_http_methods(["GET", "HEAD", "POST"])
def screens(request: HttpRequest, actor: Actor) -> HttpResponse:
    """List the links one sees to, and make one; its secret is shown this once."""
    if not walls.may_hang(actor):
        return _back(actor)
    units = _units(actor)
    told: dict[str, Any] = {"actor": actor, "units": units, "auto_id": "wall-%s"}
    initial = {"language": get_language()}
    if request.method != "POST":
        return _show(request, actor, WallForm(initial=initial, **told))
    form = WallForm(request.POST, **told)
    status: int = HTTPStatus.UNPROCESSABLE_ENTITY
    token = ""
    if form.is_valid():
        try:
            _link, token = walls.make_wall(
                by=actor, at=timezone.now(), **form.cleaned_data
            )
        except IncidentError as error:
            status = error.status
            field = error.field if error.field in form.fields else None
            form.add_error(field, str(error))
        else:
            form = WallForm(initial=initial, **told)
            status = HTTPStatus.OK
    return _show(request, actor, form, token=token, status=status)


@for_staff
@require_POST
def take_down(request: HttpRequest, actor: Actor, number: int) -> HttpResponse:
    """Take a link back; of one that is not theirs nobody is told anything."""
    if not walls.may_hang(actor):
        return _back(actor)
    try:
        walls.revoke_wall(number, by=actor, at=timezone.now())
    except NoSuchLink as error:
        messages.error(request, str(error))
    else:
        said = _("Taken back: within a minute the screen shows no figures any more.")
        messages.success(request, said)
    return redirect("mapui:walls")


def _back(actor: Actor) -> HttpResponse:
    return redirect("mapui:leading" if may_read(actor) else "mapui:workbench")


def _units(actor: Actor) -> list[Organisation]:
    led = Organisation.objects.filter(pk__in=walls.led_units(actor))
    return list(led.order_by("name", "pk"))


def _show(
    request: HttpRequest,
    actor: Actor,
    form: WallForm,
    *,
    token: str = "",
    status: int = HTTPStatus.OK,
) -> HttpResponse:
    now = timezone.now()
    made = walls.walls_of(actor).select_related("organisation", "made_by", "revoked_by")
    known = list(made[: 4 * walls.LIT_AT_MOST])
    address = settings.SITE_URL + reverse("mapui:wall", args=[token or "x"])
    context: dict[str, Any] = {
        "form": form,
        "address": address if token else "",
        "links": [(each, _state(each, now)) for each in known if each.is_alive(at=now)],
        "over": [
            (each, _state(each, now)) for each in known if not each.is_alive(at=now)
        ],
    }
    return render(request, "mapui/staff/walls.html", context, status=status)


def _state(link: WallLink, now: datetime) -> str:
    if link.revoked_at:
        return _("Taken back")
    return pgettext("a link", "Open") if link.is_alive(at=now) else _("Expired")
