"""What the city calls itself and its service, in the reader's language."""

from __future__ import annotations

from django import template
from django.conf import settings
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language

from incidents.models import Report

register = template.Library()


@register.simple_tag
def service_name() -> str:
    """Return what this site is called."""
    return _in_language(settings.CITY.service_name)


@register.simple_tag
def city_name() -> str:
    """Return the city this site serves."""
    return _in_language(settings.CITY.name)


@register.simple_tag
def other_languages() -> list[tuple[str, str]]:
    """Return the languages that the reader may change to, by code and own name."""
    return [each for each in settings.LANGUAGES if each[0] != get_language()]


@register.simple_tag
def emergency_numbers() -> list[dict[str, str]]:
    """Return whom to call where somebody is in danger: number and name."""
    return [
        {"number": each["number"], "name": _in_language(each)}
        for each in settings.CITY.emergency
    ]


@register.simple_tag
def may_stay_unknown() -> bool:
    """Tell whether whoever reports here may leave their name and contact out."""
    return not settings.CITY.contact_required


@register.simple_tag
def code_example() -> str:
    """Return what a lookup code of this city looks like."""
    return f"{settings.CODE_PREFIX}-250701-AB12CD-E"


@register.simple_tag
def call_times() -> dict[str, int]:
    """Return after how long an operator is warned, and how long a call may take."""
    warned, most = settings.CITY.call_warned_minutes, settings.CITY.call_minutes
    return {
        "warned": warned,
        "warned_seconds": warned * 60,
        "most": most,
        "most_seconds": most * 60,
        "left": most - warned,
    }


@register.simple_tag
def spoken_notice() -> str:
    """Return what a caller is told before all else; the city may have no such words."""
    said = settings.CITY.spoken_notice
    return _in_language(said) if said else ""


@register.simple_tag
def city_bounds() -> str:
    """Return west, south, east and north, as the elements read them."""
    return ",".join(str(each) for each in settings.CITY.bounds)


@register.simple_tag
def city_language() -> SafeString | str:
    """Say of what staff wrote that it is in the language of the city, where need be."""
    if get_language() == settings.LANGUAGE_CODE:
        return ""
    return format_html('lang="{}"', settings.LANGUAGE_CODE)


@register.filter
def called(report: Report) -> SafeString | str:
    """Return what strangers call a report: its approved title, or else its kind."""
    if not report.public_title:
        return report.category.label
    if not (said := city_language()):
        return report.public_title
    return format_html("<span {}>{}</span>", said, report.public_title)


def _in_language(said: dict[str, str]) -> str:
    return said.get(get_language() or "", said[settings.LANGUAGE_CODE])
