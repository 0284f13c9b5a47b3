"""Codes as words, in the reader's language."""

from __future__ import annotations

from django import template
from django.contrib.gis.geos import Point
from django.utils.translation import gettext as _

from gis_data.models import Edition, Place
from gis_data.models.asset import kind_named
from gis_data.publishing import is_outline
from incidents.models import Category, Status
from incidents.models.status import StatusGroup

register = template.Library()
#: Half a metre, in degrees: less than a square that places are rounded to.
SAME_PLACE = 5e-6


@register.filter
def place_name(place: Place | None) -> str:
    """Return what a place is called in the reader's language."""
    return place.label if place else ""


@register.filter
def about(point: Point) -> str:
    """Return the box round a point as filters take it: what shares it lies within."""
    least, most = -SAME_PLACE, SAME_PLACE
    corners = (point.x + least, point.y + least, point.x + most, point.y + most)
    return ",".join(f"{each:.6f}" for each in corners)


@register.filter
def asset_kind(kind: str) -> str:
    """Return what assets of a kind are called, beside the word that rules use."""
    return kind_named(kind)


@register.filter
def source_of(edition: Edition) -> str:
    """Say where an edition comes from, its file or what it was drawn round."""
    if is_outline(edition):
        return _("the outline of all it is made of")
    return edition.source


@register.filter
def group_label(group: str) -> str:
    """Return one of the four words that citizens see."""
    return str(StatusGroup(group).label)


@register.filter
def status_label(status: str) -> str:
    """Return the state of a case as staff see it."""
    return str(Status(status).label)


@register.filter
def is_urgent(category: Category) -> bool:
    """Tell whether reports of this category jump the queue."""
    return category.urgency == Category.Urgency.URGENT
