"""What is asked about a publisher's file: how to read it, and when it counts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from django import forms
from django.core.validators import validate_slug
from django.utils.translation import gettext_lazy as _

from gis_data.models import MapFile, PlaceKind, tidy
from gis_data.models.place import search_key
from gis_data.receiving import Asked as Reading

from .people_forms import Asked

#: How publishers call the columns we ask for, the likeliest first.
LIKELY = {
    "code": (
        "code ma ma_xa maxa ma_phuong ward_code ma_so mã id fid objectid osm_id ref"
    ),
    "name": "full_name ten_day_du name ten ten_xa tenxa ten_phuong tên name_vi",
    "name_en": "full_name_en name_en ten_en english",
    "area": "area_km2_official area_km2 official_area dientich dien_tich area",
    "asset_class": "class asset_class highway loai cap cap_duong type",
}
WIDE = {"class": "control"}


class SendForm(Asked):
    """Which file, and what is in it."""

    what = forms.ChoiceField(
        label=_("What is in it?"),
        choices=[
            (
                MapFile.What.BOUNDARIES,
                _("Boundaries: wards, districts, territories of companies"),
            ),
            (MapFile.What.ASSETS, _("Assets: roads, canals, lamps, manhole covers")),
        ],
        initial=MapFile.What.BOUNDARIES,
        widget=forms.RadioSelect,
    )
    file = forms.FileField(
        label=_("The file"),
        error_messages={
            "required": _("Choose the file."),
            "empty": _("The file is empty."),
        },
    )


class ReadingForm(Asked):
    """Which columns say what, and from which day it counts."""

    kind = forms.CharField(label=_("Kind"), max_length=50)
    on = forms.DateField(
        label=_("First day in force"),
        widget=forms.DateInput(
            format="%Y-%m-%d", attrs={"class": "control control-short", "type": "date"}
        ),
        error_messages={"required": _("Give the first day.")},
    )
    until = forms.DateField(
        label=_("Last day in force, if one is known"),
        required=False,
        widget=forms.DateInput(
            format="%Y-%m-%d", attrs={"class": "control control-short", "type": "date"}
        ),
    )
    code = forms.ChoiceField(
        label=_("Column of the code"),
        widget=forms.Select(attrs=WIDE),
        error_messages={"required": _("Say which column holds the code.")},
    )
    name = forms.ChoiceField(
        label=_("Column of the name"),
        widget=forms.Select(attrs=WIDE),
        error_messages={"required": _("Say which column holds the name.")},
    )
    name_en = forms.ChoiceField(
        label=_("Column of the English name"),
        required=False,
        widget=forms.Select(attrs=WIDE),
    )
    area = forms.ChoiceField(
        label=_("Column of the official area in km²"),
        help_text=_("Each drawing is then compared with it."),
        required=False,
        widget=forms.Select(attrs=WIDE),
    )
    asset_class = forms.ChoiceField(
        label=_("Column of the class"),
        help_text=_("Such as the level of a road; rules may speak of it."),
        required=False,
        widget=forms.Select(attrs=WIDE),
    )
    source = forms.CharField(
        label=_("Who drew it"),
        help_text=_("As it is to be named: an office and the day of its map."),
        max_length=200,
        required=False,
        widget=forms.TextInput(attrs=WIDE),
    )
    note = forms.CharField(
        label=_("By what law, or why"),
        max_length=300,
        required=False,
        widget=forms.TextInput(attrs=WIDE),
    )
    is_approximate = forms.BooleanField(
        label=_("It is only a sketch"),
        help_text=_("What is decided by it says so, and waits for a person."),
        required=False,
    )
    is_complete = forms.BooleanField(
        label=_("The file is complete"),
        help_text=_("What it does not name stands no longer from the first day."),
        required=False,
    )

    def __init__(
        self,
        *args: Any,
        sent: MapFile,
        layer: str,
        columns: Sequence[str],
        kinds: Iterable[PlaceKind],
        known: Iterable[str],
        **options: Any,
    ) -> None:
        super().__init__(*args, **options)
        self.sent, self.layer = sent, layer
        self.known = sorted(known)
        is_areas = sent.what == MapFile.What.BOUNDARIES
        for name in ("until", "name_en", "area", "note", "is_approximate"):
            if not is_areas:
                del self.fields[name]
        for name in ("asset_class", "is_complete"):
            if is_areas:
                del self.fields[name]
        self._offer(columns)
        if is_areas:
            choices = [(each.code, each.label) for each in kinds]
            self.fields["kind"] = forms.ChoiceField(
                label=_("Kind of place"),
                choices=choices,
                widget=forms.Select(attrs={"class": "control control-short"}),
            )
        else:
            self.fields["kind"] = forms.CharField(
                label=_("Kind of asset"),
                help_text=_("One word, such as road, canal, lamp; as rules call it."),
                max_length=16,
                validators=[validate_slug],
                widget=forms.TextInput(
                    attrs={
                        "class": "control control-short",
                        "list": "asset-kinds",
                        "autocomplete": "off",
                        "autocapitalize": "none",
                        "spellcheck": "false",
                    }
                ),
                error_messages={"required": _("Say of which kind they are.")},
            )
            self.fields["name"].required = False
        self.order_fields(
            ["kind", "on", "until", "code", "name", "name_en", "area", "asset_class"]
        )

    def _offer(self, columns: Sequence[str]) -> None:
        """Offer the file's own columns, the likeliest chosen already."""
        for name, words in LIKELY.items():
            field = self.fields.get(name)
            if not isinstance(field, forms.ChoiceField):
                continue
            none = _("(none)") if not field.required else _("Choose…")
            field.choices = [("", none), *((each, each) for each in columns)]
            field.initial = likely(words.split(), columns)

    def clean_source(self) -> str:
        return tidy(self.cleaned_data["source"])

    def clean_note(self) -> str:
        return tidy(self.cleaned_data["note"])

    def clean(self) -> dict[str, Any]:
        said: dict[str, Any] = super().clean() or {}
        on, until = said.get("on"), said.get("until")
        if isinstance(on, date) and isinstance(until, date) and until < on:
            self.add_error("until", _("The last day comes before the first."))
        return said

    def reading(self) -> Reading:
        """Return how the file is to be read."""
        return Reading(layer=self.layer, **self.cleaned_data)


def likely(words: Sequence[str], columns: Sequence[str]) -> str:
    """Return the column that is most likely meant, by what publishers call it."""
    by_key: Mapping[str, str] = {search_key(each): each for each in columns}
    return next((by_key[word] for word in words if word in by_key), "")
