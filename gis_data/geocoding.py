"""Asked outside: where another service says an address is, when the city allows it.

Off unless the city names a service. Somebody asks on purpose, the worker carries the
question, and what leaves the site is the address alone. The answer is a suggestion: no
report is filed on it, and a point that the service gives for want of a better one is
doubted.
"""

from __future__ import annotations

import hashlib
import hmac
import inspect
import re
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.gis.geos import Point
from django.db import IntegrityError, transaction
from django.utils.timezone import localdate
from django.utils.translation import gettext as _
from geopy.exc import GeocoderServiceError, GeopyError
from geopy.geocoders import get_geocoder_for_service
from procrastinate.contrib.django import app

from .errors import NotAskedOutside
from .fallbacks import DEFAULT_POINT_M, default_points
from .geometry import metres_a_degree
from .models import OutsideLookup, tidy

TASK = "gis_data.look_up_outside"
#: Questions stand in one line, so that the pause between two is kept by all workers.
LINE = "outside-geocoder"
#: What is no address and must not leave the site: a mailbox, a telephone number.
NO_ADDRESS = re.compile(r"\S+@\S+|\+?\d(?:[\s.-]?\d){7,}")
LONGEST = 200
#: A question that was not answered for so long is lost: its worker was killed.
SILENT_FOR = timedelta(minutes=2)


class Doubt:
    """Why what an outside service says is not to be trusted."""

    DEFAULT_POINT = "default_point"  #: It says so of whatever it does not find.
    ELSEWHERE = "elsewhere"  #: Outside the city.


@dataclass(frozen=True, slots=True, kw_only=True)
class OutsideGeocoder:
    """An outside service that may be asked where an address is.

    It is the table `[geocoder]` of `city.toml`; without one none is asked.
    """

    service: str = ""  #: As geopy calls it: nominatim, photon, pelias…
    domain: str = ""  #: Where it answers, for a service that is run in several places.
    scheme: str = "https"
    user_agent: str = ""  #: Who asks; public services refuse those who do not say.
    timeout_s: float = 5
    pause_s: float = 1  #: At least so long between two questions, whoever asks.
    keeps_days: int = 30  #: How long an answer is kept.
    #: Said after every address, so that it is looked for in this city.
    suffix: str = ""
    #: What it answers for want of a better point: longitude and latitude.
    default_points: Sequence[tuple[float, float]] = field(default_factory=tuple)

    @property
    def is_on(self) -> bool:
        return bool(self.service)


def geocoder_of_city() -> OutsideGeocoder:
    """Return the service this city allows to be asked; one that is off if none."""
    return OutsideGeocoder(**settings.CITY.geocoder)


def ask_outside(typed: str, *, at: datetime) -> OutsideLookup:
    """Ask for an address, or find what was answered to it lately.

    The job that carries the question stands or falls with the caller's transaction.
    Raises NotAskedOutside where no service is allowed, or nothing is left to ask.
    """
    service = geocoder_of_city()
    address = address_alone(typed)
    if not (service.is_on and address):
        said = _("The city has no outside service for addresses switched on.")
        raise NotAskedOutside(said)
    digest = _digest(service, address)
    kept_since = at - timedelta(days=service.keeps_days)
    OutsideLookup.objects.filter(asked_at__lt=kept_since).delete()
    known = OutsideLookup.objects.filter(digest=digest)
    try:
        with transaction.atomic():
            found = known.exclude(failure__gt="").first()
            if found is not None and (
                found.answered_at or found.asked_at > at - SILENT_FOR
            ):
                return found
            known.delete()  # What failed, or was lost on the way, is asked again.
            asked = OutsideLookup.objects.create(
                digest=digest, address=address, asked_at=at
            )
            app.configure_task(TASK, lock=LINE).defer(lookup_id=asked.pk)
            return asked
    except IntegrityError:  # Two asked the same at one moment.
        return known.get()


def answer(
    lookup_id: int, *, at: datetime, wait: Callable[[float], object] = time.sleep
) -> None:
    """Carry a question out and keep what is said; for the worker alone.

    A service that fails or takes too long leaves its failure, and no point.
    """
    lookup = OutsideLookup.objects.filter(pk=lookup_id, answered_at=None).first()
    service = geocoder_of_city()
    if lookup is None or not service.is_on:
        return
    at += _keep_pause(service, at=at, wait=wait)
    said = ", ".join(part for part in (lookup.address, service.suffix) if part)
    try:
        place = _geocoder(service).geocode(said, exactly_one=True)
    except (GeopyError, ValueError) as error:
        kind = GeocoderServiceError if isinstance(error, ValueError) else type(error)
        lookup.failure = kind.__name__
    else:
        if place is not None:
            lookup.point = Point(place.longitude, place.latitude, srid=4326)
            lookup.label = tidy(str(place.address or ""))[:300]
            lookup.doubt = _doubt(lookup.point, service, at=at)
    lookup.address, lookup.answered_at = "", at
    lookup.save()


def address_alone(typed: str) -> str:
    """Return what of a text may leave the site: no mailbox and no telephone number."""
    return tidy(NO_ADDRESS.sub(" ", tidy(typed)))[:LONGEST].strip(" ,;.-")


def _geocoder(service: OutsideGeocoder) -> Any:
    """Make geopy's own client, with what of our settings this service knows."""
    kind = get_geocoder_for_service(service.service)
    settings_of_ours = {
        "domain": service.domain,
        "scheme": service.scheme,
        "user_agent": service.user_agent,
        "timeout": service.timeout_s,
    }
    known = inspect.signature(kind.__init__).parameters
    return kind(
        **{
            name: value
            for name, value in settings_of_ours.items()
            if value and name in known
        }
    )


def _keep_pause(
    service: OutsideGeocoder, *, at: datetime, wait: Callable[[float], object]
) -> timedelta:
    """Wait until the next question may be asked, and return how long that was."""
    last = (
        OutsideLookup.objects.filter(answered_at__isnull=False)
        .order_by("-answered_at")
        .values_list("answered_at", flat=True)
        .first()
    )
    if last is not None:
        left = service.pause_s - (at - last).total_seconds()
        if left > 0:
            wait(min(left, service.pause_s))
            return timedelta(seconds=min(left, service.pause_s))
    return timedelta()


def _doubt(point: Point, service: OutsideGeocoder, *, at: datetime) -> str:
    west, south, east, north = settings.CITY.bounds
    if not (west <= point.x <= east and south <= point.y <= north):
        return Doubt.ELSEWHERE
    known = [*service.default_points, *default_points(on=localdate(at))]
    wide, high = metres_a_degree(point.y)
    for lon, lat in known:
        apart = ((lon - point.x) * wide) ** 2 + ((lat - point.y) * high) ** 2
        if apart <= DEFAULT_POINT_M**2:
            return Doubt.DEFAULT_POINT
    return ""


def _digest(service: OutsideGeocoder, address: str) -> str:
    """Find an answer again without the address; who reads the table cannot guess it."""
    said = f"{service.service} {service.domain} {address.casefold()}"
    key = settings.BLIND_INDEX_KEY.encode()
    return hmac.new(key, said.encode(), hashlib.sha256).hexdigest()
