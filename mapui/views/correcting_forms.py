"""What a correction asks for: where the pin belongs, or what the report is about."""

from __future__ import annotations

import re
from typing import Any

from django import forms
from django.contrib.gis.geos import Point
from django.utils.timezone import localdate
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from incidents.models import Category, Report

from .asking import LONG, Asked, Words
from .choices import branches

DEGREES = re.compile(r"(-?\d{1,3}(?:\.\d+)?)\s*[,;\s]\s*(-?\d{1,3}(?:\.\d+)?)")


class PointField(Words):
    """A point as maps let one copy it: latitude, longitude."""

    def __init__(self, **options: Any) -> None:
        typed = {"class": "control code", "autocomplete": "off", "inputmode": "text"}
        super().__init__(widget=forms.TextInput(attrs=typed), most=60, **options)

    def clean(self, value: Any) -> Point | None:
        said = super().clean(value).strip()
        if not said:
            raise forms.ValidationError(_("Give the latitude and the longitude."))
        read = DEGREES.fullmatch(said)
        if read is None:
            raise forms.ValidationError(
                _("Write it like 10.776389, 106.701139: latitude, then longitude.")
            )
        lat, lon = float(read[1]), float(read[2])
        if abs(lat) > 90 >= abs(lon):
            turned = f"{read[2]}, {read[1]}"
            raise forms.ValidationError(
                _("The latitude comes first: did you mean %(turned)s?")
                % {"turned": turned}
            )
        if abs(lat) > 90 or abs(lon) > 180:
            raise forms.ValidationError(_("There is no such point on earth."))
        return Point(lon, lat, srid=4326)


class CategoryField(forms.Field):
    """A leaf that is in use today, chosen from its branch."""

    def __init__(self, **options: Any) -> None:
        widget = forms.Select(attrs={"class": "control"})
        super().__init__(widget=widget, required=False, **options)

    def clean(self, value: Any) -> Category | None:
        if not value:
            return None
        used = Category.objects.in_force(on=localdate()).filter(code=value)
        found = used.filter(branch__isnull=False).first()
        if found is None:
            raise forms.ValidationError(_("Choose a category from the list."))
        return found


class MoveForm(Asked):
    """Where the pin belongs, and how one knows."""

    point = PointField(
        label=gettext_lazy("Where it belongs: latitude, longitude"),
        help_text=gettext_lazy("Drag the pin, tap the map, or paste the coordinates."),
    )
    reason = Words(
        label=gettext_lazy("Why it is moved"),
        help_text=gettext_lazy("The reporter reads this: name nobody."),
        rows=2,
        most=LONG,
    )

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        point = self.report.point
        if point is not None:
            self.initial.setdefault("point", f"{point.y:.6f}, {point.x:.6f}")


class ReclassifyForm(Asked):
    """What the report is really about, and how one knows."""

    category = CategoryField(label=gettext_lazy("Right category"))
    kind = forms.ChoiceField(
        label=gettext_lazy("Kind"),
        choices=Report.Kind.choices,
        required=False,
        widget=forms.Select(attrs={"class": "control"}),
    )
    reason = Words(
        label=gettext_lazy("Why it is changed"),
        help_text=gettext_lazy("The reporter reads this: name nobody."),
        rows=2,
        most=LONG,
    )

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        offered: list[tuple[str, Any]] = [("", _("Choose…"))]
        offered += [
            (branch.label, [(leaf.code, leaf.label) for leaf in branch.leaves])
            for branch in branches(on=localdate())
            if branch.leaves
        ]
        self.fields["category"].widget.choices = offered
        self.initial.setdefault("kind", self.report.kind)
        self.initial.setdefault("category", self.report.category.code)
