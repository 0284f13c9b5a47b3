"""Entering: who asks, once they came in as their role has to, and for what they may."""

from __future__ import annotations

from datetime import date

from django.http import HttpRequest
from django.utils.timezone import localdate

from accounts.second_factor import came_by_it, rule_of_city

from .permissions import Actor, actor_of


def actor_in(request: HttpRequest) -> Actor | None:
    """Return who asks; a stranger, while they owe a second factor."""
    actor = actor_of(request.user, on=localdate())
    is_in = actor is not None and not owes_second_factor(request, actor)
    return actor if is_in else None


def second_factor_due(request: HttpRequest, actor: Actor) -> date | None:
    """Return from which day this person must come in by a second factor, if ever.

    It is nobody's who came in by one.
    """
    if came_by_it(request):
        return None
    rule = rule_of_city()
    held = [actor.roles[role] for role in actor.roles.keys() & rule.roles]
    if not held:
        return None
    return rule.due(actor.user, actor.roles, held_since=min(held))


def owes_second_factor(request: HttpRequest, actor: Actor) -> bool:
    """Tell whether the grace is over in which somebody may come in without."""
    due = second_factor_due(request, actor)
    return due is not None and due <= localdate()
