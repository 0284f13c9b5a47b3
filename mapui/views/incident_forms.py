"""What opening an incident asks of an operator or a unit, as forms."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

from django import forms
from django.utils.timezone import localdate, localtime
from django.utils.translation import gettext_lazy as _

from gis_data.models import Place
from incidents.announcing import Words as IncidentWords
from incidents.models import Category, Organisation
from mapui.forms import Summed

from .asking import LONG, UnitField, Words
from .choices import wards

NOW = "%Y-%m-%dT%H:%M"


class Moment(forms.DateTimeField):
    """A day and an hour, picked or typed, as the city's clocks show it."""

    def __init__(self, **options: Any) -> None:
        shape = {"class": "control control-short", "type": "datetime-local"}
        widget = forms.DateTimeInput(attrs=shape, format=NOW)
        super().__init__(required=False, widget=widget, **options)


class CategoryField(forms.ModelChoiceField):  # type: ignore[type-arg]
    """A branch, or one category of it."""

    def __init__(self, **options: Any) -> None:
        used = Category.objects.in_force(on=localdate()).order_by("pk")
        shape = forms.Select(attrs={"class": "control"})
        super().__init__(
            used,
            to_field_name="code",
            empty_label=_("Choose…"),
            widget=shape,
            **options,
        )

    def label_from_instance(self, obj: Category) -> str:
        return f"· {obj.label}" if "." in obj.code else obj.label


class WordsForm(Summed):
    """What anyone will read, in both languages."""

    title = Words(
        label=_("What it is, in the city's language"),
        help_text=_("Anyone reads this, so name nobody. “No water until 17:00”."),
        most=200,
    )
    title_en = Words(label=_("The same in English (optional)"), most=200)
    text = Words(label=_("More about it (optional)"), rows=3, most=LONG)
    text_en = Words(label=_("More in English (optional)"), rows=2, most=LONG)

    def words(self, *, where: str = "") -> IncidentWords:
        """Return what was written as it is kept."""
        said = self.cleaned_data
        return IncidentWords(
            title=said["title"],
            title_en=said["title_en"],
            text=said["text"],
            text_en=said["text_en"],
            where=where,
        )


class GroupForm(WordsForm):
    """What reports are about that are put together, and who works on it."""

    category = CategoryField(label=_("Field, category"))
    organisation = UnitField(label=_("Unit that works on it"))
    reason = Words(
        label=_("Why this unit"),
        help_text=_("Needed where it is not the proposed one. It is kept."),
    )


class AnnounceForm(WordsForm):
    """What a unit announces: what, where, and from when until when."""

    whole = "id_shape"
    unit = forms.ModelChoiceField(
        Organisation.objects.none(),
        label=_("Unit"),
        to_field_name="code",
        empty_label=None,
        widget=forms.Select(attrs={"class": "control"}),
    )
    category = CategoryField(label=_("Field, category"))
    starts_at = Moment(label=_("Begins"))
    ends_at = Moment(label=_("Expected to end"))
    wards = forms.ModelMultipleChoiceField(
        Place.objects.none(),
        label=_("Wards"),
        to_field_name="code",
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    streets = Words(
        label=_("Only these streets of the wards (optional)"),
        help_text=_("One on a line. Left empty, it is the whole of each ward."),
        rows=2,
        most=LONG,
    )
    shape = forms.CharField(
        label=_("Corners, as GeoJSON"),
        required=False,
        widget=forms.Textarea(
            attrs={"class": "control drawing-words", "rows": 4, "spellcheck": "false"}
        ),
    )

    def __init__(self, *args: Any, units: Any, at: datetime, **options: Any) -> None:
        options.setdefault("initial", {"starts_at": localtime(at).strftime(NOW)})
        super().__init__(*args, **options)
        there = [each.pk for each in wards(on=localdate(at))]
        self.fields["wards"].queryset = Place.objects.filter(  # type: ignore[attr-defined]
            pk__in=there
        ).order_by("name", "code")
        self.fields["unit"].queryset = units  # type: ignore[attr-defined]

    def street_names(self) -> list[str]:
        """Return the streets that were named, each once."""
        said = re.split(r"[\n;]", self.cleaned_data["streets"])
        return list(dict.fromkeys(each.strip() for each in said if each.strip()))


class EndForm(forms.Form):
    """Until when it is expected to last now, and why."""

    until = Moment(label=_("Now expected to end"))
    text = Words(
        label=_("Why"),
        rows=2,
        most=LONG,
        help_text=_("Who waits for it reads this. Name nobody."),
    )


class OverForm(forms.Form):
    """That it is over, in words that everybody who waited reads."""

    text = Words(
        label=_("What followers and reporters are told"),
        help_text=_("“Water is back since 16:30.” Name nobody."),
        rows=2,
        most=LONG,
    )
