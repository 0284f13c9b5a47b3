from __future__ import annotations

from typing import TYPE_CHECKING

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise


class GisDataConfig(AppConfig):
    """Where things are: places, their boundaries and their days."""

    name = "gis_data"
    verbose_name = _("The map")
    #: What one and many of each model are called before people.
    called: dict[str, tuple[_StrPromise, _StrPromise]] = {
        "placekind": (_("kind of place"), _("kinds of place")),
        "place": (_("place"), _("places")),
        "edition": (_("edition of the map"), _("editions of the map")),
        "boundary": (_("boundary"), _("boundaries")),
    }

    def ready(self) -> None:
        name_models(self, self.called)


def name_models(
    app: AppConfig, called: dict[str, tuple[_StrPromise, _StrPromise]]
) -> None:
    """Call models by names that are translated; no table changes, so no migration."""
    for name, (one, many) in called.items():
        names = app.get_model(name)._meta
        names.verbose_name, names.verbose_name_plural = one, many
