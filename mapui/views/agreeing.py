"""What is asked of who finds, shares, returns or decides, as forms."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.timezone import localdate
from django.utils.translation import gettext_lazy

from incidents.models import Organisation, ReturnReason, Verification
from incidents.permissions import parts_of

from .asking import LONG, Asked, Files, TextForm, UnitField, Words

CONTROL = {"class": "control"}


class VerificationForm(TextForm):
    """What was found on site, and what shows it."""

    verification = forms.ChoiceField(
        label=gettext_lazy("What was found?"),
        choices=Verification.Outcome.choices,
        required=False,
        widget=forms.RadioSelect,
        help_text=gettext_lazy(
            "Not as reported, or reported before: an operator approves that the case "
            "ends, and the reporter is told."
        ),
    )
    master = Words(
        label=gettext_lazy("Number of the case that was there before"),
        help_text=gettext_lazy(
            "Where it was reported before: the number or the address of its page."
        ),
        most=200,
        widget=forms.TextInput(attrs=CONTROL | {"list": "alike"}),
    )
    text = Words(
        label=gettext_lazy("What was seen"),
        help_text=gettext_lazy(
            "Needed unless it is as reported. Where the case ends, the reporter reads "
            "it: name nobody."
        ),
        rows=3,
        most=LONG,
    )
    attachments = Files(label=gettext_lazy("Photos of it"))
    field_order = ("verification", "master", "text", "attachments")


class PartField(forms.ModelChoiceField):  # type: ignore[type-arg]
    """One of the parts of a unit, or its contractors."""

    def label_from_instance(self, obj: Organisation) -> str:
        return obj.label


class ShareForm(Asked):
    """Which part of the unit, or which contractor of that day, works on it."""

    subunit = PartField(
        Organisation.objects.none(),
        label=gettext_lazy("Who works on it"),
        help_text=gettext_lazy(
            "Parts of your unit and contractors of today. To any other unit the "
            "operators transfer it: return it to them."
        ),
        to_field_name="code",
        required=False,
        empty_label=gettext_lazy("Choose…"),
        widget=forms.Select(attrs=CONTROL),
        error_messages={
            "invalid_choice": gettext_lazy(
                "This is no part of your unit today, and has no contract with it in "
                "force. Return the case to the operators; they transfer it."
            )
        },
    )

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        parts = parts_of(self.report.organisation_id, on=localdate())
        self.fields["subunit"].queryset = parts  # type: ignore[attr-defined]


class EndShareForm(TextForm):
    """Why the part works on it no longer."""

    text = Words(
        label=gettext_lazy("Why?"),
        help_text=gettext_lazy("Only staff read this."),
        rows=3,
        most=LONG,
    )


class NoteForm(TextForm):
    """How it goes, and for whom that is written."""

    text = Words(label=gettext_lazy("How does it go?"), rows=3, most=LONG)
    inside = forms.ChoiceField(
        label=gettext_lazy("Who reads it?"),
        choices=[
            ("", gettext_lazy("The reporter too, in the timeline")),
            ("staff", gettext_lazy("Staff only")),
        ],
        required=False,
        initial="",
        widget=forms.RadioSelect,
    )

    def clean_inside(self) -> bool:
        return bool(self.cleaned_data["inside"] == "staff")


class ReturnForm(TextForm):
    """By which of the city's reasons, and what shows it."""

    return_reason = forms.ModelChoiceField(
        ReturnReason.objects.filter(is_active=True).order_by("pk"),
        label=gettext_lazy("Reason"),
        to_field_name="code",
        required=False,
        empty_label=gettext_lazy("Choose…"),
        widget=forms.Select(attrs=CONTROL),
    )
    text = Words(
        label=gettext_lazy("What shows it, and whose is it?"),
        help_text=gettext_lazy(
            "Words, photos or both. The operators choose another unit. The citizen's "
            "date does not move."
        ),
        rows=3,
        most=LONG,
    )
    attachments = Files(label=gettext_lazy("Photos that show it (staff only)"))
    field_order = ("return_reason", "text", "attachments")


class NotEndedForm(TextForm):
    """Why the case does not end."""

    text = Words(
        label=gettext_lazy("Why does it not end?"),
        help_text=gettext_lazy("Only the unit reads this."),
        rows=3,
        most=LONG,
    )


class ArbiterForm(TextForm):
    """What the shift lead should know."""

    text = Words(
        label=gettext_lazy("What should the shift lead know?"),
        help_text=gettext_lazy("Only staff read this."),
        rows=3,
        most=LONG,
    )


class AppealForm(ArbiterForm):
    """Why the unit that was named thinks otherwise."""


class ArbitrateForm(TextForm):
    """Which unit answers, for good, and why."""

    organisation = UnitField(label=gettext_lazy("Unit"))
    text = Words(
        label=gettext_lazy("Why this unit"),
        help_text=gettext_lazy("It is kept, and the rules are mended by it."),
        rows=3,
        most=LONG,
    )
    field_order = ("organisation", "text")
