"""What the worker runs for the map: one call each."""

from __future__ import annotations

from django.utils import timezone
from django.utils.timezone import localdate
from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

from . import geocoding, naming, receiving

PATIENT = RetryStrategy(max_attempts=8, exponential_wait=4)


@app.task(name=receiving.TASK, retry=PATIENT)
def work_on_file(file_id: int) -> None:
    """Look into, check or keep a publisher's file, whichever it waits for."""
    receiving.work_on(file_id, at=timezone.now())


@app.task(name=geocoding.TASK)
def look_up_outside(lookup_id: int) -> None:
    """Ask an outside service where an address is, as somebody of staff wished."""
    geocoding.answer(lookup_id, at=timezone.now())


@app.periodic(cron="29 3 * * *")
@app.task(name="gis_data.sweep_files")
def sweep_files(timestamp: int) -> None:
    """Throw away the files of long ago."""
    receiving.sweep(at=timezone.now())


@app.periodic(cron="*/15 * * * *")
@app.task(name="gis_data.call_places_anew")
def call_places_anew(timestamp: int) -> None:
    """Let places bear the names of the map that begins today."""
    naming.call_anew(on=localdate())
