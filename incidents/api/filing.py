"""What a person sends us when they file, and what they get back."""

from __future__ import annotations

import re
from typing import Any
from unicodedata import normalize

from django.conf import settings
from django.contrib.gis.geos import Point
from django.db.models import F, Subquery
from django.http import HttpRequest
from django.utils.timezone import localdate
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from rest_framework import serializers

from gis_data.api.fields import Measure, YesNo
from gis_data.models import Boundary, Place, PlaceKind
from incidents.decisions import Explanation, Reason
from incidents.entering import actor_in
from incidents.intake import Filing, Telling
from incidents.located import Whereabouts
from incidents.media import look_into
from incidents.models import Channel, Report
from incidents.privacy import Reporter
from incidents.questions import WrongAnswer, check_answers

from .fields import CategoryCode, Choice, Phone, Text, is_writable

#: Some thirty kilometres: longer than any street in a city.
STRETCH_DEGREES = 0.3
POINTED = {"gps", "tap", "address"}
Source = Report.PlaceSource


class NewReporter(serializers.Serializer[Reporter]):
    """Who tells us, and at least one way to answer."""

    name = Text(max_length=200)
    phone = Phone(max_length=32, required=False, allow_blank=True)
    email = serializers.EmailField(max_length=254, required=False, allow_blank=True)
    type = Choice(Report.ReporterType.choices, default=Report.ReporterType.CITIZEN)
    hide_name = YesNo(default=False)

    def validate(self, sent: dict[str, Any]) -> dict[str, Any]:
        reachable = sent.get("phone") or sent.get("email")
        if settings.CITY.contact_required and not reachable:
            said = _("Give a telephone number or an e-mail address.")
            raise serializers.ValidationError({"phone": [said]})
        return sent


class Spot(serializers.Serializer[Point]):
    """A point in degrees."""

    lat = Measure(min_value=-90, max_value=90)
    lon = Measure(min_value=-180, max_value=180)


class NewPlace(serializers.Serializer[Telling]):
    """Where somebody says it is: a point, or a ward, and an address in words."""

    lat = Measure(min_value=-90, max_value=90, required=False, allow_null=True)
    lon = Measure(min_value=-180, max_value=180, required=False, allow_null=True)
    accuracy = Measure(min_value=0, max_value=100_000, required=False, allow_null=True)
    place_source = Choice(Source.choices, required=False)
    ward = Text(max_length=32, required=False, allow_blank=True, allow_null=True)
    address = Text(max_length=300, required=False, allow_blank=True, default="")

    def validate_ward(self, code: str | None) -> Place | None:
        """Read the declared ward by its code: the most local kind, in force today."""
        if not code:
            return None
        ranks = PlaceKind.objects.order_by(F("rank").desc(nulls_last=True))
        local = Place.objects.filter(kind=Subquery(ranks.values("pk")[:1]), code=code)
        there = Boundary.objects.known().in_force(on=localdate())
        ward = local.filter(pk__in=there.values("place")).first()
        if ward is None:
            raise serializers.ValidationError(_("There is no such ward."))
        return ward

    def _likely_source(self, sent: dict[str, Any]) -> str:
        if sent.get("lat") is not None:
            return Source.TAP
        return Source.WARD if sent.get("ward") else Source.NONE


class ShownPlace(NewPlace):
    """Where a caller shows it afterwards: no place is none."""

    def validate(self, sent: dict[str, Any]) -> dict[str, Any]:
        has_point = sent.get("lat") is not None and sent.get("lon") is not None
        if not (has_point or sent.get("ward")):
            said = _("Show the place on the map, or choose the ward.")
            raise serializers.ValidationError({"lat": [said]})
        named = sent.get("place_source")
        source = named if named in POINTED else Source.TAP
        return sent | {"place_source": Source(source) if has_point else Source.WARD}

    def to_whereabouts(self) -> Whereabouts:
        """Return the place, checked."""
        sent = self.validated_data
        has_point = sent["place_source"] in POINTED
        return Whereabouts(
            source=sent["place_source"],
            point=Point(sent["lon"], sent["lat"], srid=4326) if has_point else None,
            accuracy=sent.get("accuracy") if has_point else None,
            ward=sent.get("ward"),
            address=sent["address"],
        )


class NewReport(NewPlace):
    """What a person sends us. `context` holds the files, and whether staff sends."""

    kind = Choice(Report.Kind.choices, default=Report.Kind.REPORT)
    category = CategoryCode()
    stretch_to = Spot(required=False, allow_null=True)
    asset = Text(
        max_length=64, required=False, allow_blank=True, allow_null=True, default=""
    )
    answers = serializers.DictField(
        child=Text(max_length=500, allow_blank=True), required=False, default=dict
    )
    description = Text(max_length=4000)
    language = Choice(settings.LANGUAGES, required=False)
    reporter = NewReporter(required=settings.CITY.contact_required)
    public = YesNo(default=True)
    client_id = serializers.CharField(
        max_length=64, required=False, allow_blank=True, allow_null=True
    )

    def validate_category(self, category: Any) -> Any:
        if "." not in category.code or localdate() not in category.validity:
            raise serializers.ValidationError(_("Choose one of the categories."))
        return category

    def validate_answers(self, answers: dict[str, str]) -> dict[str, str]:
        if len(answers) > 40 or any(
            len(key) > 64 or not is_writable(key) for key in answers
        ):
            raise serializers.ValidationError(_("These are not answers we asked for."))
        return answers

    def validate(self, sent: dict[str, Any]) -> dict[str, Any]:
        lat, lon = sent.get("lat"), sent.get("lon")
        if (lat is None) != (lon is None):
            missing = "lat" if lat is None else "lon"
            said = _("A point has a latitude and a longitude.")
            raise serializers.ValidationError({missing: [said]})
        has_point = lat is not None
        source = sent.get("place_source") or self._likely_source(sent)
        self._check_source(source, sent, has_point=has_point)
        self._check_answers(sent)
        self._check_stretch(sent)
        return sent | {"place_source": Source(source)}

    def to_telling(self) -> Telling:
        """Return what was sent, checked; files are looked into here."""
        sent = dict(self.validated_data)
        person = sent.pop("reporter", None) or {}
        lat, lon = sent.pop("lat", None), sent.pop("lon", None)
        stretch = sent.pop("stretch_to", None)
        has_point = sent["place_source"] in POINTED
        staged = tuple(self.context.get("staged", ()))
        return Telling(
            category=sent["category"],
            place_source=sent["place_source"],
            description=_tidy(sent["description"]),
            reporter=_reporter(person),
            point=Point(lon, lat, srid=4326) if has_point else None,
            accuracy=sent.get("accuracy") if has_point else None,
            declared_ward=sent.get("ward"),
            stretch_to=Point(stretch["lon"], stretch["lat"], srid=4326)
            if stretch
            else None,
            address=sent["address"],
            asset=sent["asset"] or "",
            answers=sent["answers"],
            kind=Report.Kind(sent["kind"]),
            reporter_type=Report.ReporterType(person.get("type", "citizen")),
            hides_name=person.get("hide_name", False),
            language=sent.get("language") or get_language() or settings.LANGUAGE_CODE,
            asked_language=sent.get("language", ""),
            public=sent["public"],
            client_id=sent.get("client_id") or None,
            uploads=look_into(self.context.get("files", ()), beside=len(staged)),
            staged=staged,
        )

    def _check_answers(self, sent: dict[str, Any]) -> None:
        """Let what answers a question of the category be an answer to it."""
        try:
            sent["answers"] = check_answers(sent["category"], sent["answers"])
        except WrongAnswer as error:
            said = {error.code: [str(error)]}
            raise serializers.ValidationError({"answers": said}) from error

    def _check_stretch(self, sent: dict[str, Any]) -> None:
        """Let a stretch begin at the pin and end where one could still walk to."""
        if not (end := sent.get("stretch_to")):
            return
        lat, lon = sent.get("lat"), sent.get("lon")
        if (
            lat is None
            or lon is None
            or max(abs(end["lat"] - lat), abs(end["lon"] - lon)) > STRETCH_DEGREES
        ):
            said = _("A stretch begins at the pin and ends near it.")
            raise serializers.ValidationError({"stretch_to": [said]})

    def _check_source(
        self, source: str, sent: dict[str, Any], *, has_point: bool
    ) -> None:
        """Let the source agree with what was given, and the category have its place."""
        if source in POINTED and not has_point:
            said = _("Choose the place on the map.")
            raise serializers.ValidationError({"lat": [said]})
        if source == Source.WARD and not sent.get("ward"):
            raise serializers.ValidationError({"ward": [_("Choose a ward.")]})
        later = source == Source.LATER and self.context.get("is_staff")
        placeless = source in {Source.NONE, Source.LATER} and not later
        located = sent["kind"] == Report.Kind.REPORT and sent["category"].needs_place
        if placeless and located:
            said = _("A report of this kind needs a place.")
            raise serializers.ValidationError({"place_source": [said]})


class Receipt(serializers.Serializer[Filing]):
    """What the reporter gets, once or again."""

    code = serializers.CharField(source="report.code")
    public_id = serializers.CharField(source="report.public_id")
    status = serializers.CharField(source="report.status")
    status_label = serializers.CharField(source="report.get_status_display")
    status_group = serializers.CharField(source="report.status_group")
    received_at = serializers.DateTimeField(source="report.received_at")
    organisation = serializers.SerializerMethodField()
    explanation = serializers.SerializerMethodField()
    areas = serializers.JSONField(source="decision.areas")
    due_at = serializers.DateTimeField(source="clock.due_at")
    due_is = serializers.SerializerMethodField()
    doubts = serializers.ListField(
        child=serializers.CharField(), source="decision.doubts"
    )
    approximate = YesNo(source="decision.is_approximate")
    lookup_url = serializers.CharField(source="report.get_absolute_url")

    def get_organisation(self, filing: Filing) -> dict[str, str] | None:
        return unit_of(filing.decision.arguments)

    def get_explanation(self, filing: Filing) -> str:
        return said_of(filing.decision.reason, filing.decision.arguments)

    def get_due_is(self, filing: Filing) -> str:
        return "firm" if filing.clock.is_firm else "expected"


def unit_of(arguments: dict[str, str]) -> dict[str, str] | None:
    """Name the one unit that a decision or an event names, in the reader's language."""
    code = arguments.get("organisation_code")
    if not code:
        return None
    named = "organisation_en" if get_language() == "en" else "organisation"
    return {"code": code, "name": arguments[named]}


def channel_of(
    request: HttpRequest, *, said: str | None = None
) -> tuple[Channel, bool]:
    """Tell the channel from who is signed in, and whether an operator writes it down.

    What a stranger says of it is ignored.
    """
    actor = actor_in(request)
    if actor is None or not actor.is_staff:
        return Channel.PORTAL, False
    if not actor.is_desk:
        return Channel.INTERNAL, False
    return (Channel(said) if said in Channel.values else Channel.HOTLINE), True


def said_of(reason: str, arguments: dict[str, str]) -> str:
    """Say why a decision came out as it did, in the reader's language."""
    return str(Explanation(reason=Reason(reason), arguments=arguments))


def _reporter(person: dict[str, Any]) -> Reporter | None:
    if not person:
        return None
    return Reporter(
        name=" ".join(normalize("NFC", person["name"]).split()),
        phone=person.get("phone", ""),
        email=person.get("email", ""),
    )


def _tidy(text: str) -> str:
    """Keep the reporter's lines, without trailing space or heaps of empty ones."""
    return re.sub(r"\n{3,}", "\n\n", text.replace("\r\n", "\n")).strip()
