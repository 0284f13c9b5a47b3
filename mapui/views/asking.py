"""What each step of a case asks of the person who takes it, as a form.

A form reads; whether enough was said is for the step itself to judge.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from unicodedata import normalize

from django import forms
from django.conf import settings
from django.core.files.base import File
from django.db.models import Q
from django.utils.timezone import localdate
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import User
from incidents.models import Organisation, RefusalReason, Report, Result
from incidents.permissions import officers_of
from incidents.work import COMMITS_WITHIN

LONG, SHORT = 4000, 300


class Words(forms.CharField):
    """What somebody writes, in one form of Unicode and with plain line ends."""

    def __init__(self, *, rows: int = 0, most: int = SHORT, **options: Any) -> None:
        shape: dict[str, Any] = {"class": "control"}
        widget = forms.Textarea(attrs=shape | {"rows": rows}) if rows else None
        options.setdefault("widget", widget or forms.TextInput(attrs=shape))
        super().__init__(required=False, max_length=most, **options)

    def to_python(self, value: Any) -> str:
        said = super().to_python(value) or ""
        return normalize("NFC", said.replace("\r\n", "\n"))


class UnitField(Words):
    """A unit there is today, chosen by its name or code from a list that searches."""

    def __init__(self, **options: Any) -> None:
        search = {"class": "control", "list": "units", "autocomplete": "off"}
        super().__init__(widget=forms.TextInput(attrs=search), **options)

    def clean(self, value: Any) -> Organisation | None:
        said = " ".join(super().clean(value).split())
        if not said:
            return None
        named = Q(code=said) | Q(name__iexact=said) | Q(name_en__iexact=said)
        found = Organisation.objects.in_being(on=localdate()).filter(named).first()
        if found is None:
            raise forms.ValidationError(_("Choose a unit from the list."))
        return found


class Files(forms.FileField):
    """Several files at once."""

    def __init__(self, **options: Any) -> None:
        attrs = {"accept": "image/*,video/*,audio/*", "multiple": True}
        attrs |= {"aria-label": options["label"]}
        super().__init__(required=False, widget=ManyFiles(attrs=attrs), **options)

    def clean(
        self, data: list[File[bytes]] | None, initial: Any = None
    ) -> list[File[bytes]]:
        return [super(Files, self).clean(each, initial) for each in data or []]


class ManyFiles(forms.ClearableFileInput):
    """The browser's own chooser, for more than one."""

    allow_multiple_selected = True


class Asked(forms.Form):
    """What a step asks for; nothing more than the press of its button."""

    def __init__(self, *args: Any, report: Report, **options: Any) -> None:
        self.report = report
        super().__init__(*args, **options)


class TransferForm(Asked):
    """Which unit, and why where it is not the proposed one."""

    organisation = UnitField(label=gettext_lazy("Unit"))
    reason = Words(
        label=gettext_lazy("Why this unit"),
        help_text=gettext_lazy("Needed where it is not the proposed one. It is kept."),
        rows=2,
        most=LONG,
    )


class RefuseForm(Asked):
    """By which of the city's reasons, and the words the reporter gets."""

    refusal_reason = forms.ModelChoiceField(
        RefusalReason.objects.filter(is_active=True).order_by("pk"),
        label=gettext_lazy("Reason"),
        to_field_name="code",
        required=False,
        empty_label=gettext_lazy("Choose…"),
        widget=forms.Select(attrs={"class": "control", "data-guides": ""}),
    )
    refusal_text = Words(
        label=gettext_lazy("What the reporter is told"),
        help_text=gettext_lazy("The reason offers its words; say what to do instead."),
        rows=5,
        most=LONG,
    )

    def clean(self) -> dict[str, Any]:
        """Offer the reason's own words where none were written, to be read first."""
        said = self.cleaned_data
        reason: RefusalReason | None = said.get("refusal_reason")
        if reason and not said.get("refusal_text", "").strip():
            offered = guidance(reason, self.report)
            typed = {name: self.data.get(name) for name in self.data}
            self.data = typed | {"refusal_text": offered}
            self.add_error("refusal_text", _("Read these words, then send again."))
        return said


class TextForm(Asked):
    """A few words."""

    text = Words(label=gettext_lazy("Text"), rows=4, most=LONG)


class AskForm(TextForm):
    """What is missing."""

    text = Words(
        label=gettext_lazy("What do we need to know?"),
        help_text=gettext_lazy(
            "The reporter reads these words by the code, and answers by phone."
        ),
        rows=4,
        most=LONG,
    )


class AnswerForm(TextForm):
    """The answer itself."""

    text = Words(
        label=gettext_lazy("Answer"),
        help_text=gettext_lazy("The reporter is sent these words; the case ends."),
        rows=6,
        most=LONG,
    )


class DeclineForm(TextForm):
    """Why not this unit."""

    text = Words(
        label=gettext_lazy("Why, and whose is it?"),
        help_text=gettext_lazy(
            "The operators choose another unit. The citizen's date does not move."
        ),
        rows=3,
        most=LONG,
    )


class SendResultBackForm(TextForm):
    """What the result lacks."""

    text = Words(
        label=gettext_lazy("What is missing in the result?"),
        help_text=gettext_lazy("Only the unit reads this."),
        rows=3,
        most=LONG,
    )


class MessageForm(TextForm):
    """What the reporter is asked or told."""

    text = Words(
        label=gettext_lazy("Message"),
        help_text=gettext_lazy(
            "The reporter reads it by the code and may answer; you see no name."
        ),
        rows=4,
        most=LONG,
    )


class DayField(forms.DateField):
    """A day to come, picked or typed."""

    def __init__(self, **options: Any) -> None:
        shape = {"class": "control control-short", "type": "date"}
        widget = forms.DateInput(attrs=shape, format="%Y-%m-%d")
        super().__init__(required=False, widget=widget, **options)


class PauseForm(TextForm):
    """Until when, and why."""

    paused_until = DayField(label=gettext_lazy("Until"))
    text = Words(
        label=gettext_lazy("Why"),
        help_text=gettext_lazy("The reporter reads it in the timeline."),
        rows=3,
        most=LONG,
    )
    field_order = ("paused_until", "text")


class CommitForm(TextForm):
    """Why it is late, and by which day it will be done."""

    committed_on = DayField(label=gettext_lazy("Done by"))
    text = Words(
        label=gettext_lazy("Why it is late"),
        help_text=gettext_lazy("The reporter is sent the day and reads the reason."),
        rows=3,
        most=LONG,
    )
    field_order = ("text", "committed_on")

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        today = localdate()
        bounds = {"min": today + timedelta(days=1), "max": today + COMMITS_WITHIN}
        shown = self.fields["committed_on"].widget.attrs
        shown |= {name: day.isoformat() for name, day in bounds.items()}


class OfficerField(forms.ModelChoiceField):  # type: ignore[type-arg]
    """One of the unit's officers, by the name colleagues know."""

    def label_from_instance(self, obj: User) -> str:
        return obj.get_full_name() or obj.get_username()


class AssignForm(Asked):
    """Whose the case is from now on."""

    assignee = OfficerField(
        User.objects.none(),
        label=gettext_lazy("Officer"),
        required=False,
        empty_label=gettext_lazy("Choose…"),
        widget=forms.Select(attrs={"class": "control"}),
    )

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        officers = officers_of(self.report, on=localdate())
        self.fields["assignee"].queryset = officers  # type: ignore[attr-defined]
        self.initial.setdefault("assignee", self.report.assignee_id)


class TitleForm(Asked):
    """What strangers may read."""

    public_title = Words(
        label=gettext_lazy("Public title"),
        help_text=gettext_lazy(
            "What and where, without names, numbers or the reporter's own words."
        ),
        most=200,
    )


class ResultForm(TextForm):
    """What was done, and how one sees it."""

    outcome = forms.ChoiceField(
        label=gettext_lazy("Outcome"),
        choices=Result.Outcome.choices,
        required=False,
        widget=forms.RadioSelect,
    )
    text = Words(
        label=gettext_lazy("What was done"),
        help_text=gettext_lazy("Public once the result is published: name nobody."),
        rows=4,
        most=LONG,
    )
    attachments = Files(label=gettext_lazy("Photos of the work done"))
    no_photo_because = Words(label=gettext_lazy("No photo, because"))
    photo_because = Words(
        label=gettext_lazy("The photo is of another place or day, because")
    )
    field_order = (
        "outcome",
        "attachments",
        "no_photo_because",
        "photo_because",
        "text",
    )


class RecordingForm(Asked):
    """The sound of a call."""

    attachments = Files(label=gettext_lazy("Recording of the call"))


class ContactForm(Asked):
    """Why the reporter must be reached."""

    why = Words(
        label=gettext_lazy("Why do you need to reach the reporter?"),
        help_text=gettext_lazy("Your name, the time and this reason are kept."),
        most=200,
    )


def guidance(reason: RefusalReason, report: Report) -> str:
    """Return the city's words for a reason, in the reporter's language."""
    english = report.language != settings.LANGUAGE_CODE and reason.guidance_en
    return reason.guidance_en if english else reason.guidance
