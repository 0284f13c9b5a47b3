"""Fields that clean what people send, or say what is wrong with it."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from unicodedata import normalize

import phonenumbers
from django.conf import settings
from django.contrib.gis.geos import Polygon
from django.utils.timezone import localdate
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from gis_data.succession import resolve_all
from incidents.models import Category, Organisation, StatusGroup

#: Years for which working days can be counted with some sense.
COUNTED = range(1900, 2200)
#: Kinds of number that nobody can be called back on.
NO_CONTACT = {
    phonenumbers.PhoneNumberType.TOLL_FREE,
    phonenumbers.PhoneNumberType.PREMIUM_RATE,
    phonenumbers.PhoneNumberType.SHARED_COST,
}


class Text(serializers.CharField):
    """Words in NFC, so that equal words are equal strings."""

    def to_internal_value(self, data: Any) -> str:
        return normalize("NFC", super().to_internal_value(data))


class Choice(serializers.ChoiceField):
    """One of the words on offer; what was sent instead is not repeated."""

    default_error_messages = {"invalid_choice": _("Choose one of those on offer.")}


class Moment(serializers.DateTimeField):
    """A moment in a year whose working days can be counted with some sense."""

    default_error_messages = {"far": _("No calendar reaches that far.")}

    def to_internal_value(self, data: Any) -> datetime:
        try:
            moment = super().to_internal_value(data)
            year = localdate(moment).year
        except OverflowError:
            self.fail("far")
        if year not in COUNTED:
            self.fail("far")
        return moment


class Day(serializers.DateField):
    """A day as machines write it."""

    default_error_messages = {
        "invalid": _("Write the day as year-month-day, such as 2026-11-23.")
    }


class Phone(serializers.CharField):
    """A number on which a person can be called back, kept in E.164."""

    default_error_messages = {
        "no_phone": _("Give a phone number on which you can be called back.")
    }

    def to_internal_value(self, data: Any) -> str:
        said = super().to_internal_value(data)
        if not said:
            return said
        try:
            number = phonenumbers.parse(said, settings.CITY.phone_region)
        except phonenumbers.NumberParseException:
            self.fail("no_phone")
        if (
            not phonenumbers.is_valid_number(number)
            or phonenumbers.number_type(number) in NO_CONTACT
        ):
            self.fail("no_phone")
        return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


class CategoryCode(serializers.SlugRelatedField[Category]):
    """A category by its code, which has a dot in a leaf."""

    default_error_messages = {"does_not_exist": _("There is no such category.")}

    def __init__(self, **options: Any) -> None:
        every = Category.objects.all()
        super().__init__(slug_field="code", queryset=every, **options)

    def to_internal_value(self, data: object) -> Category:
        if not isinstance(data, str) or not is_writable(data):
            self.fail("invalid")
        return super().to_internal_value(data)


def is_writable(text: str) -> bool:
    """Tell whether PostgreSQL can hold a text: no NUL, no half of a character."""
    return "\0" not in text and not any("\ud800" <= sign <= "\udfff" for sign in text)


class Codes(serializers.CharField):
    """One code or several with commas, each of them known; read as a set of ids."""

    default_error_messages = {"unknown": _("There is none with the code “{code}”.")}

    def to_internal_value(self, data: Any) -> Any:
        said = super().to_internal_value(data)
        if not is_writable(said):
            self.fail("invalid")
        codes = {code for each in said.split(",") if (code := each.strip())}
        known = self.known(codes) if codes else {}
        for code in sorted(codes - known.keys()):
            self.fail("unknown", code=code)
        return frozenset().union(*known.values()) if codes else None

    def known(self, codes: set[str]) -> dict[str, frozenset[Any]]:
        """Return what each known code stands for, in one statement."""
        raise NotImplementedError


class CategoryCodes(Codes):
    """Categories; a branch stands for all that is under it."""

    def known(self, codes: set[str]) -> dict[str, frozenset[Any]]:
        under: dict[str, set[int]] = {code: set() for code in codes}
        rows = Category.objects.values_list(
            "pk", "code", "branch__code", "branch__branch__code"
        )
        for pk, *lineage in rows:
            for code in codes.intersection(lineage):
                under[code].add(pk)
        return {code: frozenset(ids) for code, ids in under.items() if ids}


class PlaceCodes(Codes):
    """Places of any kind and any time, each with what is there today."""

    def known(self, codes: set[str]) -> dict[str, frozenset[Any]]:
        """Return what each code means today; one statement more if one is of before."""
        meant = resolve_all(sorted(codes), on=localdate())
        return {code: frozenset({each}) for code, each in meant.items()}


class OrganisationCodes(Codes):
    """Organisations of any time."""

    def known(self, codes: set[str]) -> dict[str, frozenset[Any]]:
        named = Organisation.objects.filter(code__in=codes)
        return {code: frozenset({pk}) for pk, code in named.values_list("pk", "code")}


class Groups(Codes):
    """Words for where a case stands, of the four that citizens see."""

    def known(self, codes: set[str]) -> dict[str, frozenset[Any]]:
        groups = codes & set(StatusGroup.values)
        return {code: frozenset({StatusGroup(code)}) for code in groups}


class Box(serializers.CharField):
    """west,south,east,north in degrees, read as a polygon."""

    default_error_messages = {
        "no_box": _("Give four numbers: west,south,east,north, in degrees.")
    }

    def to_internal_value(self, data: Any) -> Any:
        try:
            west, south, east, north = map(
                float, super().to_internal_value(data).split(",")
            )
        except ValueError:
            self.fail("no_box")
        if not (-180 <= west < east <= 180 and -90 <= south < north <= 90):
            self.fail("no_box")
        box = Polygon.from_bbox((west, south, east, north))
        box.srid = 4326
        return box
