"""Received: a publisher's file is looked into, checked, and only then kept.

Each step is one call of the worker; a step that is begun again does the same again, and
what comes of it counts only if nobody asked for something else meanwhile. What stands
against a file is said in words and kept beside what was asked.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime, timedelta
from pathlib import Path
from shutil import rmtree
from typing import Any
from unicodedata import normalize

from django.conf import settings
from django.core.files.base import File
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import override
from procrastinate.contrib.django import app

from accounts.models import User

from .drafting import keep_draft
from .errors import MapError, NothingToKeep, TooLargeAFile
from .importing import Fields, Sheet
from .journal import sign
from .models import MapChange, MapFile
from .publishing import kind_named
from .reporting import drawn_on_map, report_of_assets, report_of_sheet
from .sandbox import read_in_own_process
from .surveying import AssetFields, Surveyed, keep_assets

Step, What = MapFile.Step, MapFile.What
#: A file that nobody came back to is thrown away.
KEPT_FOR = timedelta(days=30)
#: The shapes of a file as its map shows them, beside the file itself.
DRAWN = "on-the-map.json"
TASK = "gis_data.work_on_file"


class _Overtaken(Exception):
    """A file was thrown away or asked for otherwise while a step was worked on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """How a file is to be read, and from which day it is to count."""

    kind: str
    on: date
    until: date | None = None
    layer: str = ""
    code: str = "code"
    name: str = "name"
    name_en: str = ""
    area: str = ""
    asset_class: str = ""
    source: str = ""
    note: str = ""
    is_approximate: bool = False
    is_complete: bool = False

    @classmethod
    def of(cls, said: Mapping[str, Any]) -> Asked:
        """Read what was kept as JSON."""
        days = {
            name: date.fromisoformat(said[name]) if said.get(name) else None
            for name in ("on", "until")
        }
        return cls(**{**said, **days})

    def as_json(self) -> dict[str, Any]:
        """Write it as it is kept."""
        days = {"on": self.on.isoformat()}
        days["until"] = self.until.isoformat() if self.until else ""
        return asdict(self) | days


@transaction.atomic
def send(file: File[Any], *, what: str, by: User, at: datetime) -> MapFile:
    """Take a file in, and let the worker look what columns it has."""
    size = file.size or 0
    if size > settings.MAP_FILE_BYTES_AT_MOST:
        said = _("The file has %(size)s MB; at most %(most)s MB are taken.")
        most = settings.MAP_FILE_BYTES_AT_MOST // 2**20
        raise TooLargeAFile(said % {"size": -(-size // 2**20), "most": most})
    if not size:
        raise TooLargeAFile(_("The file is empty."))
    name = normalize("NFC", Path(file.name or "").name)[-200:]
    sent = MapFile(what=what, name=name, bytes=size, sent_by=by, sent_at=at, since=at)
    sent.original.save(name, file, save=False)
    try:
        sent.save(force_insert=True)
        sign(MapChange.Code.FILE_SENT, by=by, at=at, source=name)
        _hand_on(sent)
    except BaseException:
        sent.original.delete(save=False)
        raise
    return sent


@transaction.atomic
def check_as(sent: MapFile, asked: Asked, *, at: datetime) -> None:
    """Have a file read as somebody says it is to be read, and reported on."""
    held = _held(sent)
    if held.step == Step.KEPT:
        raise NothingToKeep(_("This file has been kept already."))
    held.asked, held.report = asked.as_json(), None
    _begin(held, Step.CHECK, at=at)


@transaction.atomic
def keep(sent: MapFile, *, at: datetime) -> None:
    """Have a file that was checked become a draft, or the assets of its day."""
    held = _held(sent)
    if held.step != Step.REPORT or not held.report:
        raise NothingToKeep(_("Read its report first, then keep it."))
    _begin(held, Step.KEEP, at=at)


@transaction.atomic
def drop(sent: MapFile, *, by: User, at: datetime) -> None:
    """Throw a file away; what it became already stays."""
    held = _held(sent)
    sign(MapChange.Code.FILE_DROPPED, by=by, at=at, source=held.name)
    _forget(held)


@transaction.atomic
def sweep(*, at: datetime) -> int:
    """Throw away the files of long ago; return how many."""
    old = list(
        MapFile.objects.filter(sent_at__lt=at - KEPT_FOR).select_for_update(
            skip_locked=True
        )
    )
    for each in old:
        _forget(each)
    return len(old)


def work_on(number: int, *, at: datetime) -> None:
    """Do the step that a file waits for. Only the worker may call it."""
    sent = MapFile.objects.filter(pk=number).select_related("sent_by").first()
    if sent is None or not sent.is_worked_on:
        return
    work = {Step.LOOK: _look, Step.CHECK: _check, Step.KEEP: _keep}[Step(sent.step)]
    language = sent.sent_by.language if sent.sent_by else settings.LANGUAGE_CODE
    with override(language), suppress(_Overtaken):
        try:
            work(sent, at)
        except MapError as refused:
            with transaction.atomic():
                _hold(sent)
                sent.failure = str(refused)
                sent.save()


def map_of(sent: MapFile) -> str:
    """Return the shapes of a file as GeoJSON; nothing before it was checked."""
    drawn = Path(sent.original.path).with_name(DRAWN)
    return drawn.read_text("utf8") if drawn.is_file() else ""


def _look(sent: MapFile, at: datetime) -> None:
    layers = read_in_own_process(Path(sent.original.path), what="layers")
    with transaction.atomic():
        _hold(sent)
        sent.layers = [asdict(each) for each in layers]
        _rest(sent, Step.ASK, at=at)


def _check(sent: MapFile, at: datetime) -> None:
    asked = Asked.of(sent.asked)
    path = Path(sent.original.path)
    _tell(sent, 10)
    if sent.what == What.BOUNDARIES:
        sheet = _sheet(path, asked)
        _tell(sent, 60)
        sent.report = report_of_sheet(sheet, kind=kind_named(asked.kind), on=asked.on)
        drawn = drawn_on_map(sheet.drawings)
    else:
        surveyed = _surveyed(path, asked)
        _tell(sent, 60)
        sent.report = report_of_assets(
            surveyed, kind=asked.kind, on=asked.on, is_complete=asked.is_complete
        )
        drawn = drawn_on_map(surveyed)
    with transaction.atomic():
        _hold(sent)
        path.with_name(DRAWN).write_text(drawn, "utf8")
        _rest(sent, Step.REPORT, at=at)


def _keep(sent: MapFile, at: datetime) -> None:
    asked, by = Asked.of(sent.asked), sent.sent_by
    path = Path(sent.original.path)
    if by is None:
        raise NothingToKeep(_("Who sent this file has no account any more."))
    _tell(sent, 10)
    if sent.what == What.BOUNDARIES:
        sheet = _sheet(path, asked)
        _tell(sent, 60)
        with transaction.atomic():
            _hold(sent)
            sent.edition = keep_draft(
                sheet,
                kind=kind_named(asked.kind),
                on=asked.on,
                until=asked.until,
                by=by,
                note=asked.note,
            )
            sign(
                MapChange.Code.DRAFT_KEPT,
                by=by,
                at=at,
                edition=sent.edition,
                kind=asked.kind,
                on=asked.on.isoformat(),
                source=sheet.source,
                count=len(sheet.drawings),
            )
            _rest(sent, Step.KEPT, at=at)
        return
    surveyed = _surveyed(path, asked)
    _tell(sent, 60)
    with transaction.atomic():
        _hold(sent)
        done = keep_assets(
            surveyed,
            kind=asked.kind,
            on=asked.on,
            source=asked.source or sent.name,
            is_complete=asked.is_complete,
        )
        sign(
            MapChange.Code.ASSETS_KEPT,
            by=by,
            at=at,
            kind=asked.kind,
            on=asked.on.isoformat(),
            source=asked.source or sent.name,
            **asdict(done),
        )
        sent.report = (sent.report or {}) | asdict(done)
        _rest(sent, Step.KEPT, at=at)


def _sheet(path: Path, asked: Asked) -> Sheet:
    fields = Fields(
        code=asked.code, name=asked.name, name_en=asked.name_en, area=asked.area
    )
    sheet = read_in_own_process(
        path,
        what="boundaries",
        fields=fields,
        layer=asked.layer,
        is_approximate=asked.is_approximate,
    )
    return replace(sheet, source=asked.source or sheet.source)


def _surveyed(path: Path, asked: Asked) -> tuple[Surveyed, ...]:
    fields = AssetFields(
        code=asked.code, name=asked.name, asset_class=asked.asset_class
    )
    return read_in_own_process(path, what="assets", fields=fields, layer=asked.layer)


def _held(sent: MapFile) -> MapFile:
    """Lock a file that somebody wants to go on with, wherever the worker is."""
    held = MapFile.objects.select_for_update().filter(pk=sent.pk).first()
    if held is None:
        raise NothingToKeep(_("This file has been thrown away meanwhile."))
    return held


def _hold(sent: MapFile) -> None:
    """Lock a file for the end of a step, if it still waits for that very step."""
    same = MapFile.objects.filter(pk=sent.pk, step=sent.step, since=sent.since)
    if same.filter(failure="").select_for_update().first() is None:
        raise _Overtaken


def _begin(held: MapFile, step: MapFile.Step, *, at: datetime) -> None:
    held.step, held.since, held.done, held.failure = step, at, 0, ""
    held.save()
    _hand_on(held)


def _hand_on(sent: MapFile) -> None:
    """Ask for the work in the transaction that makes it due, by its name alone."""
    app.configure_task(TASK).defer(file_id=sent.pk)


def _rest(sent: MapFile, step: MapFile.Step, *, at: datetime) -> None:
    """Leave it to a person; it is locked by now."""
    sent.step, sent.since, sent.done, sent.failure = step, at, 100, ""
    sent.save()


def _tell(sent: MapFile, done: int) -> None:
    """Let the page know how far the work is, in per cent."""
    MapFile.objects.filter(pk=sent.pk).update(done=done)


def _forget(held: MapFile) -> None:
    storage, name = held.original.storage, str(held.original.name)
    folder = Path(held.original.path).parent
    held.delete()

    def clear() -> None:
        storage.delete(name)
        rmtree(folder, ignore_errors=True)

    transaction.on_commit(clear)
