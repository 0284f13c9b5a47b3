from __future__ import annotations

import re
from typing import Self
from unicodedata import normalize

from django.db import models
from django.utils.translation import get_language
from django.utils.translation import gettext as _

TONES = "\u0300\u0301\u0303\u0309\u0323"
WORD = re.compile(r"[^\W_]+[\w\u0300-\u036f]*")


def tidy(text: str) -> str:
    """Return a text as we keep it: composed letters, single spaces."""
    return " ".join(normalize("NFC", text).split())


def search_key(name: str) -> str:
    """Return what two spellings of one name share: “Hoà” and “Hòa” have one key.

    A syllable has one tone, so where in it the mark stands says nothing: it is moved
    to the end. Tones themselves are kept, for “Hoa” is another name.
    """
    apart = normalize("NFD", tidy(name).casefold())
    return normalize("NFC", WORD.sub(_tone_last, apart))


def _tone_last(word: re.Match[str]) -> str:
    said = word.group()
    tones = [mark for mark in said if mark in TONES]
    return "".join([mark for mark in said if mark not in TONES] + tones)


class SearchKeyField(models.CharField):  # type: ignore[type-arg]
    """The search key of the name beside it, written with every save."""

    def pre_save(self, model_instance: models.Model, add: bool) -> str:
        key = search_key(model_instance.name)  # type: ignore[attr-defined]
        setattr(model_instance, self.attname, key)
        return key


class PlaceQuerySet(models.QuerySet["Place"]):
    """Questions one may ask of places, whatever their boundaries."""

    def named(self, name: str) -> Self:
        """Keep the places of that name, wherever its tone marks stand."""
        return self.filter(search_key=search_key(name))


class Place(models.Model):
    """A ward as a legal person, a territory, a city: what stays when borders move."""

    kind = models.ForeignKey("PlaceKind", models.PROTECT, related_name="places")
    code = models.CharField(max_length=32, help_text="The publisher's own identifier.")
    name = models.CharField(
        max_length=200, db_collation="vi-x-icu", help_text="With its type."
    )
    name_en = models.CharField(max_length=200, blank=True)
    search_key = SearchKeyField(max_length=200, editable=False)
    part_of = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="parts",
        help_text="As a former ward was of its district; names alone do not tell them.",
    )
    official_area_km2 = models.FloatField(
        null=True, blank=True, help_text="As the law says it, for checking the map."
    )

    objects = PlaceQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="place_has_its_code_alone", fields=["kind", "code"]
            )
        ]
        indexes = [models.Index(name="place_by_search_key", fields=["search_key"])]

    def __str__(self) -> str:
        return f"{self.name} ({self.code})"

    @property
    def label(self) -> str:
        """The name in the reader's language."""
        english = self.name_en and get_language() == "en"
        return self.name_en if english else self.name

    @property
    def former_label(self) -> str:
        """The name of a place of before, with what it was part of: many share one."""
        if self.part_of is None:
            return _("former %(place)s") % {"place": self.label}
        about = {"place": self.label, "whole": self.part_of.label}
        return _("%(place)s (former %(whole)s)") % about
