"""What a reporter answered to the category's own questions, in words."""

from __future__ import annotations

from django import template

from incidents.models import Report
from incidents.questions import Answered, tell

register = template.Library()


@register.filter
def answered(report: Report) -> list[Answered]:
    """Return questions and answers; asks nothing where nothing was answered."""
    return tell(report.category_id, report.answers)
