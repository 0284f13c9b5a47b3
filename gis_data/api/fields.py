"""Fields that clean what people ask the map, or say what is wrong with it."""

from __future__ import annotations

from math import isfinite
from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers
from rest_framework.throttling import AnonRateThrottle


class Reads(AnonRateThrottle):
    """Reading, for each address, counted together with all other reading."""

    scope = "reads"


class Measure(serializers.FloatField):
    """A number that can be measured: neither infinite nor none."""

    default_error_messages = {"invalid": _("Give a number.")}

    def to_internal_value(self, data: Any) -> float:
        number = super().to_internal_value(data)
        if isinstance(data, bool) or not isfinite(number):
            self.fail("invalid")
        return number


class YesNo(serializers.BooleanField):
    """Yes or no."""

    default_error_messages = {"invalid": _("Say true or false.")}
