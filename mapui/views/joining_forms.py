"""What joining two cases asks of an operator, as forms."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from incidents.models import Report
from incidents.models.lookup_code import read_code

from .asking import Asked, Words


class CaseField(Words):
    """Another case, by the code that a reporter reads out, or by its public id."""

    def clean(self, value: Any) -> Report | None:
        said = super().clean(value).strip()
        if not said:
            return None
        asked = Q(public_id=said)
        if code := read_code(said):
            asked |= Q(code=code)
        found = Report.objects.filter(asked).first()
        if found is None:
            raise forms.ValidationError(_("No case has this code or id."))
        return found


class MergeForm(Asked):
    """Which case it belongs to, and how one sees that."""

    into = CaseField(
        label=gettext_lazy("The case that it belongs to"),
        help_text=gettext_lazy("Its code or id. Its result goes to both reporters."),
        most=64,
    )
    reason = Words(
        label=gettext_lazy("How one sees that (optional)"),
        help_text=gettext_lazy("The reporter reads it by the code."),
        rows=2,
    )


class UnmergeForm(Asked):
    """Why they are two things after all."""

    reason = Words(
        label=gettext_lazy("Why they are two things (optional)"),
        help_text=gettext_lazy("The reporter reads it by the code."),
        rows=2,
    )
