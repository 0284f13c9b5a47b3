"""No field is refused in English to who reads Vietnamese."""

from __future__ import annotations

import pytest
from django.utils.translation import override

from gis_data.api.locate import LocateQuery
from gis_data.api.places import PlacesQuery
from incidents.api.catalogue import DeadlineQuery
from incidents.api.filing import NewReport
from incidents.api.filters import ReportQuery
from incidents.api.route import RouteQuery

ASKED = [NewReport, ReportQuery, RouteQuery, DeadlineQuery, LocateQuery, PlacesQuery]


def messages_of(field):
    """Everything a field, and each field within it, may say."""
    yield from field.error_messages.values()
    yield from (each.message for each in field.validators if hasattr(each, "message"))
    for inner in getattr(field, "fields", {}).values():
        yield from messages_of(inner)
    if hasattr(field, "child"):
        yield from messages_of(field.child)


def said_in(language, asked):
    """A field keeps some words once they were said, so it is made anew."""
    with override(language):
        return [str(each) for each in messages_of(asked())]


@pytest.mark.parametrize("asked", ASKED)
def test_whatever_a_field_says_has_its_words_in_vietnamese(asked):
    pairs = zip(said_in("en", asked), said_in("vi", asked), strict=True)

    assert [english for english, said in pairs if english == said] == []
