"""What is asked for when people are invited, given roles and let go.

A form reads; whether it may be done is for the verb itself to judge.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from typing import Any
from unicodedata import normalize

from django import forms
from django.conf import settings
from django.db.models import QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from incidents.errors import IncidentError
from incidents.models import Membership, Organisation
from mapui.forms import Summed

Role = Membership.Role
#: What one does in a role, for who chooses it.
MEANS: dict[str, Promise] = {
    Role.FOCAL_POINT: _(
        "Takes the unit's cases, gives them to officers, files results."
    ),
    Role.FIELD_OFFICER: _(
        "Works on cases on site, sends photos and results; also on the phone."
    ),
    Role.LEADER: _("Approves results, and chooses who works on cases."),
    Role.ADMINISTRATOR: _(
        "Invites people and chooses who does what; works on no case."
    ),
    Role.OPERATOR: _("Takes calls and reports, passes them to units."),
    Role.SHIFT_LEAD: _("Does what an operator does, and watches over the shift."),
    Role.CITY_LEADER: _("Reads every case of the city."),
    Role.AUDITOR: _("Reads every case of the city, to check the work."),
}


class Asked(Summed):
    """A form that says at its top all that is wrong with it."""

    had_files = False

    def refuse(self, error: IncidentError) -> None:
        """Say why it was not done, beside the field that it is about."""
        known = error.field in self.fields
        self.add_error(error.field if known else None, str(error))


class Person(forms.ModelChoiceField):  # type: ignore[type-arg]
    """A colleague, by the name they go by."""

    def label_from_instance(self, obj: Any) -> str:
        return str(obj.label)


class Unit(forms.ModelChoiceField):  # type: ignore[type-arg]
    """An organisation, by its name in the reader's language."""

    def label_from_instance(self, obj: Any) -> str:
        return str(obj.label)


class RoleForm(Asked):
    """Which role; each says what one does in it."""

    role = forms.ChoiceField(
        label=_("Role"),
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose the role.")},
    )

    def __init__(self, *args: Any, roles: Iterable[str], **options: Any) -> None:
        super().__init__(*args, **options)
        wanted = set(roles)
        self.offered = [(each.value, each.label) for each in Role if each in wanted]
        field = self.fields["role"]
        if isinstance(field, forms.ChoiceField):
            field.choices = self.offered

    def choices(self) -> list[tuple[str, str | Promise, str | Promise, bool]]:
        """Return each role with its name, what it means and whether it is chosen."""
        chosen = self["role"].value()
        return [
            (value, label, MEANS[value], value == chosen)
            for value, label in self.offered
        ]


class PlacedRoleForm(RoleForm):
    """Which role, and in which organisation."""

    organisation = Unit(
        label=_("Organisation"),
        queryset=Organisation.objects.none(),
        empty_label=_("Choose…"),
        to_field_name="code",
        widget=forms.Select(attrs={"class": "control"}),
        error_messages={
            "required": _("Choose the organisation."),
            "invalid_choice": _("Choose an organisation from the list."),
        },
    )

    def __init__(
        self, *args: Any, organisations: QuerySet[Organisation], **options: Any
    ) -> None:
        super().__init__(*args, **options)
        field = self.fields["organisation"]
        if isinstance(field, Unit):
            field.queryset = organisations
            only = list(organisations[:2])
            if len(only) == 1:
                field.initial, field.empty_label = only[0].code, None

    field_order: Sequence[str] = ("organisation", "role")


class InviteForm(PlacedRoleForm):
    """Whom, where, in which role, and in which language the letter is."""

    name = forms.CharField(
        label=_("Full name"),
        max_length=150,
        widget=forms.TextInput(attrs={"class": "control", "autocomplete": "off"}),
        error_messages={"required": _("Write what this person is called.")},
    )
    email = forms.EmailField(
        label=_("E-mail at work"),
        help_text=_("The invitation goes there; later they sign in with it."),
        max_length=254,
        widget=forms.EmailInput(
            attrs={
                "class": "control",
                "autocomplete": "off",
                "autocapitalize": "none",
                "spellcheck": "false",
            }
        ),
        error_messages={
            "required": _("Give the e-mail that the invitation goes to."),
            "invalid": _("Write the e-mail whole, like ten@example.org."),
        },
    )
    language = forms.ChoiceField(
        label=_("Language of the letter"),
        choices=settings.LANGUAGES,
        initial=settings.LANGUAGE_CODE,
        widget=forms.Select(attrs={"class": "control control-short"}),
    )
    field_order = ("name", "email", "organisation", "role", "language")

    def clean_name(self) -> str:
        return " ".join(normalize("NFC", self.cleaned_data["name"]).split())


class EndForm(Asked):
    """From which day on a role is held no longer."""

    when = forms.ChoiceField(
        label=_("When does it end?"),
        choices=[("now", _("Now")), ("later", _("At the end of a day"))],
        initial="now",
        widget=forms.RadioSelect,
    )
    last_day = forms.DateField(
        label=_("Last day"),
        help_text=_("Only where it ends at the end of a day."),
        required=False,
        widget=forms.DateInput(
            format="%Y-%m-%d",
            attrs={"class": "control control-short", "type": "date"},
        ),
    )

    def on(self, today: date) -> date | None:
        """Return the first day the role is held no longer."""
        if self.cleaned_data["when"] == "now":
            return today
        last: date | None = self.cleaned_data["last_day"]
        return last + timedelta(days=1) if last and last < date.max else None

    def refuse(self, error: IncidentError) -> None:
        self.add_error("last_day" if error.field == "on" else None, str(error))


class DeputyForm(Asked):
    """Who stands in, from which day to which."""

    deputy = Person(
        label=_("Who stands in?"),
        queryset=User.objects.none(),
        required=False,
        empty_label=_("Choose a colleague"),
        widget=forms.Select(attrs={"class": "control"}),
    )
    since = forms.DateField(
        label=_("First day"),
        required=False,
        widget=forms.DateInput(
            format="%Y-%m-%d", attrs={"class": "control", "type": "date"}
        ),
    )
    until = forms.DateField(
        label=_("Last day"),
        required=False,
        widget=forms.DateInput(
            format="%Y-%m-%d", attrs={"class": "control", "type": "date"}
        ),
    )

    def __init__(self, *args: Any, people: QuerySet[User], **options: Any) -> None:
        super().__init__(*args, **options)
        field = self.fields["deputy"]
        if isinstance(field, Person):
            field.queryset = people


class HandOverForm(Asked):
    """Who takes over; nobody means that the unit gives the cases out anew."""

    to = Person(
        label=_("Who takes over?"),
        help_text=_("They find the cases in their own list at once."),
        queryset=User.objects.none(),
        required=False,
        empty_label=_("Nobody: back to the unit, for the focal point to give out"),
        widget=forms.Select(attrs={"class": "control"}),
        error_messages={"invalid_choice": _("Choose a colleague from the list.")},
    )

    def __init__(self, *args: Any, people: QuerySet[User], **options: Any) -> None:
        super().__init__(*args, **options)
        field = self.fields["to"]
        if isinstance(field, Person):
            field.queryset = people
