"""The priority formula: how it reads, what it counts, who set that, and setting it."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from incidents.errors import IncidentError
from incidents.models import PriorityWeights
from incidents.models.priority import WEIGHTS
from incidents.permissions import Actor
from incidents.priority import read_weights, set_weights

from .asking import Words
from .doors import for_staff

CHANGES = 20


class Points(forms.FloatField):
    """So many points, as people here write them."""

    def __init__(self, **options: Any) -> None:
        shape = {"class": "control control-short", "inputmode": "decimal"}
        super().__init__(
            required=False,
            localize=True,
            widget=forms.TextInput(attrs=shape),
            **options,
        )


class WeightsForm(forms.Form):
    """What each part counts from now on, and why."""

    urgent = Points(label=gettext_lazy("An urgent case"))
    high = Points(label=gettext_lazy("A case of high urgency"))
    normal = Points(label=gettext_lazy("Any other case"))
    late_day = Points(label=gettext_lazy("Each day late"))
    follower = Points(label=gettext_lazy("Each who follows it"))
    repeat = Points(label=gettext_lazy("Each time it was handled there before"))
    why = Words(
        label=gettext_lazy("Why"),
        help_text=gettext_lazy("Stays with the weights, with your name and the day."),
        rows=2,
    )


@for_staff
@require_http_methods(["GET", "HEAD", "POST"])
def priorities(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Show the formula to everybody at work; let an administrator set its weights."""
    weights = read_weights()
    offered = {name: getattr(weights, name) for name in WEIGHTS}
    form = WeightsForm(initial=offered, auto_id="weights-%s")
    status: int = HTTPStatus.OK
    if request.method == "POST":
        form = WeightsForm(request.POST, auto_id="weights-%s")
        if form.is_valid():
            said = form.cleaned_data
            try:
                set_weights(
                    weights={name: said[name] for name in WEIGHTS},
                    why=said["why"],
                    by=actor,
                    at=timezone.now(),
                )
            except IncidentError as error:
                status = error.status
                form.add_error(error.field or None, str(error))
            else:
                messages.success(request, _("These weights count from now on."))
                return redirect("mapui:priorities")
        else:
            status = HTTPStatus.UNPROCESSABLE_ENTITY
    history = PriorityWeights.objects.select_related("set_by").order_by("-pk")
    context: dict[str, Any] = {
        "form": form,
        "weights": weights,
        "rule": settings.CITY.priority,
        "may_set": actor.administers,
        "changes": history[:CHANGES],
    }
    return render(request, "mapui/staff/priorities.html", context, status=status)
