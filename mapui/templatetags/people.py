"""What people are called by what they do."""

from __future__ import annotations

from django import template

from incidents.models import Membership

register = template.Library()


@register.filter
def role_label(role: str) -> str:
    """Return what a role is called."""
    return str(Membership.Role(role).label)
