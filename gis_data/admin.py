"""The map as the administrator reads it; it is changed by publishing an edition."""

from __future__ import annotations

from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest

from .models import Boundary, Edition, Place, PlaceKind


class ReadOnly(admin.ModelAdmin):  # type: ignore[type-arg]
    """What has been published is on record: looked at, never edited."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(
        self, request: HttpRequest, obj: Model | None = None
    ) -> bool:
        return False

    def has_delete_permission(
        self, request: HttpRequest, obj: Model | None = None
    ) -> bool:
        return False


@admin.register(PlaceKind)
class PlaceKindAdmin(ReadOnly):
    """The levels, and the territories that follow none."""

    list_display = ("code", "rank", "name", "name_en")
    ordering = ("-rank", "code")


@admin.register(Place)
class PlaceAdmin(ReadOnly):
    """Wards, districts, territories, the city."""

    list_display = ("code", "name", "kind")
    list_filter = ("kind",)
    search_fields = ("code", "name", "name_en")


@admin.register(Edition)
class EditionAdmin(ReadOnly):
    """Whose drawing, from which day."""

    list_display = ("kind", "starts_on", "source", "is_approximate", "withdrawn_at")
    list_filter = ("kind",)


@admin.register(Boundary)
class BoundaryAdmin(ReadOnly):
    """Which drawing of a place was in force when; shapes are on the map."""

    list_display = ("place", "edition", "validity", "recorded")
    list_filter = ("place__kind",)
    list_select_related = ("place", "edition__kind")
    search_fields = ("place__code", "place__name")
    exclude = ("shape",)
