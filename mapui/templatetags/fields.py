"""Fields of a form with dots in their names: what was typed, and what is wrong."""

from __future__ import annotations

from typing import Protocol

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

register = template.Library()


class Field(Protocol):
    """A field as a page shows it."""

    @property
    def id(self) -> str: ...
    @property
    def errors(self) -> list[str]: ...


class Form(Protocol):
    """Whatever knows its fields by their dotted names."""

    def field(self, name: str) -> Field: ...


@register.filter
def field(form: Form, name: str) -> Field:
    """Return a field by its name, which may have a dot."""
    return form.field(name)


@register.simple_tag
def field_says(field: Field, hint: bool = True) -> SafeString:
    """Tell those who do not see it which hint and which error belong to a field."""
    said = [f"{field.id}-hint"] if hint else []
    if not field.errors:
        described = format_html('aria-describedby="{}"', said[0]) if said else ""
        return SafeString(described)
    said = [f"{field.id}-error", *said]
    return format_html('aria-invalid="true" aria-describedby="{}"', " ".join(said))
