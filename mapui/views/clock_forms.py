"""What the steps ask for that have to do with time: safe, more days, directives."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.utils.timezone import localdate
from django.utils.translation import gettext_lazy, pgettext_lazy

from incidents.directives import ANSWERED_WITHIN
from incidents.models import Directive

from .asking import LONG, Asked, DayField, TextForm, Words


class SafeForm(TextForm):
    """What keeps people from harm there now."""

    text = Words(
        label=gettext_lazy("What makes the place safe now?"),
        help_text=gettext_lazy("The reporter reads it in the timeline."),
        rows=3,
        most=LONG,
    )


class ExtendForm(TextForm):
    """How much longer, and why."""

    working_days = forms.IntegerField(
        label=gettext_lazy("Working days more"),
        required=False,
        widget=forms.NumberInput(attrs={"class": "control control-short", "min": 1}),
    )
    text = Words(
        label=gettext_lazy("Why"),
        help_text=gettext_lazy(
            "The reporter reads it in the timeline. It is given once."
        ),
        rows=3,
        most=LONG,
    )
    field_order = ("working_days", "text")

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        most = settings.CITY.clocks.extension_days
        self.fields["working_days"].widget.attrs["max"] = most


class DirectForm(TextForm):
    """What a leader asks of the unit, and by when it answers."""

    kind = forms.ChoiceField(
        label=pgettext_lazy("a directive", "What it is"),
        choices=Directive.Kind.choices,
        required=False,
        initial=Directive.Kind.REMIND,
        widget=forms.Select(attrs={"class": "control control-short"}),
    )
    text = Words(
        label=gettext_lazy("What the unit is asked to do"),
        help_text=gettext_lazy("Only staff read this. Name no reporter."),
        rows=3,
        most=LONG,
    )
    due_on = DayField(label=gettext_lazy("Answer by"))
    field_order = ("kind", "text", "due_on")

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        today = localdate()
        bounds = {"min": today, "max": today + ANSWERED_WITHIN}
        shown = self.fields["due_on"].widget.attrs
        shown |= {name: day.isoformat() for name, day in bounds.items()}


class OfDirective(Asked):
    """Which directive of the case is meant."""

    directive = forms.ModelChoiceField(
        Directive.objects.none(), required=False, widget=forms.HiddenInput
    )

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        asked = Directive.objects.filter(report=self.report)
        self.fields["directive"].queryset = asked  # type: ignore[attr-defined]


class AnswerDirectiveForm(OfDirective):
    """What was done about it."""

    text = Words(
        label=gettext_lazy("Answer to the leader"),
        help_text=gettext_lazy("Only staff read this. Name no reporter."),
        rows=3,
        most=LONG,
    )
