from __future__ import annotations

from typing import TYPE_CHECKING

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from gis_data.apps import name_models

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise


class IncidentsConfig(AppConfig):
    """What is wrong and who answers for it."""

    name = "incidents"
    verbose_name = _("Reports and who answers for them")
    #: What one and many of each model are called before people.
    called: dict[str, tuple[_StrPromise, _StrPromise]] = {
        "question": (_("question of a category"), _("questions of categories")),
        "category": (_("category"), _("categories")),
        "organisation": (_("organisation"), _("organisations")),
        "organisationsuccession": (_("succession"), _("who follows whom")),
        "contract": (_("contract"), _("contracts")),
        "responsibility": (_("responsibility"), _("responsibilities")),
        "calendarday": (_("day of the calendar"), _("calendar")),
        "deadlinerule": (_("deadline"), _("deadlines")),
        "refusalreason": (_("reason to refuse"), _("reasons to refuse")),
        "returnreason": (_("reason to return"), _("reasons to return")),
        "membership": (_("role of a person"), _("roles of people")),
        "rolechange": (_("change of a role"), _("changes of roles")),
        "report": (_("report"), _("reports")),
        "decisionrecord": (_("decision"), _("decisions")),
        "event": (_("event"), _("events")),
        "transfer": (_("transfer"), _("transfers")),
    }

    def ready(self) -> None:
        name_models(self, self.called)
