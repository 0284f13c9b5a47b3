"""Drafted: a map that is not in force yet, put in force on its day, or taken back."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime

from django.db import transaction
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.db.models import Exists, ForeignObjectRel, OuterRef
from django.utils.translation import gettext as _

from accounts.models import User

from .comparing import (
    SAID,
    BoundaryChange,
    Change,
    compare,
    drafted,
    drawing,
    sheet_of,
)
from .errors import DrawnMeanwhile, EditionOutOfOrder, NoDraft, NotToBeRolledBack
from .importing import Sheet
from .models import Boundary, Edition, Place, PlaceKind
from .naming import call_as_before, keep_places, place_of, spoken
from .publishing import (
    Changes,
    begin,
    close,
    cut,
    days,
    draw,
    moment,
    outline_of,
    outline_source,
    publish,
    record_again,
)
from .succession import let_succeed, undo_successions

__all__ = [
    "BoundaryChange",
    "Change",
    "activate",
    "compare",
    "discard",
    "forget_places",
    "keep_draft",
    "roll_back",
    "sheet_of",
]


@transaction.atomic
def keep_draft(
    sheet: Sheet,
    *,
    kind: PlaceKind,
    on: date,
    until: date | None = None,
    by: User | None = None,
    note: str = "",
) -> Edition:
    """Keep a set of boundaries that is to be in force from `on`, without effect yet.

    It can be drawn, compared and rehearsed; nobody is located by it. There may be
    several of one kind and one day. A place it names for the first time is kept too.
    """
    if until and until < on:
        said = _("%(until)s, the last day in force, is before the first, %(on)s.")
        raise EditionOutOfOrder(said % {"until": until, "on": on})
    rows = [place_of(kind, each) for each in sheet.drawings]
    edition = Edition.objects.create(
        kind=kind,
        starts_on=on,
        ends_on=until,
        source=sheet.source,
        checksum=sheet.checksum,
        is_approximate=sheet.is_approximate,
        note=note,
        names={row.code: {"now": spoken(row, SAID)} for row in rows},
        made_by=by,
    )
    Place.objects.bulk_create(rows, ignore_conflicts=True)
    places = {place.code: place for place in kind.places.all()}
    drawn = Boundary.objects.bulk_create(
        Boundary(
            place=places[each.code],
            edition=edition,
            shape=each.shape,
            validity=days(edition),
        )
        for each in sheet.drawings
    )
    draw(drawn)
    return edition


@transaction.atomic
def activate(edition: Edition, *, at: datetime, version: int | None = None) -> Changes:
    """Put a draft in force from its first day, which may be a day to come.

    What publishing refuses is refused here too. Places are called as it calls them from
    that day on. A place that ends is succeeded by what lies there now. Where a place
    was drawn round all of its kind, as the city is round its wards, it is drawn anew
    from that day. `version` is the draft's as it was looked at: one that was changed
    since is refused.
    """
    kind = PlaceKind.objects.select_for_update(no_key=True).get(pk=edition.kind_id)
    held = _draft(edition, version=version)
    at = moment(kind, at=at)
    rows = {each.place.code: each for each in drafted(held)}
    if not rows:
        raise NoDraft(_("There is nothing on this draft yet."))
    turn = begin(held, {code: row.shape for code, row in rows.items()}, at=at)
    keep_places(held, [drawing(row, held) for row in rows.values()], at=at)
    begun = [rows[code] for code in sorted(turn.begun)]
    for row in begun:
        row.validity, row.recorded = days(held), DateTimeTZRange(at, None)
    left = [row.pk for code, row in rows.items() if code not in turn.begun]
    Boundary.objects.filter(pk__in=left).delete()
    Boundary.objects.bulk_update(begun, ["validity", "recorded"])
    cut(begun)
    drawn = set(
        Boundary.objects.filter(edition=held, drawings__isnull=False).values_list(
            "pk", flat=True
        )
    )
    draw([row for row in begun if row.pk not in drawn])
    let_succeed(kind, ended=turn.changes.closed, on=held.starts_on)
    _draw_round(held, at=at)
    edition.refresh_from_db()
    return turn.changes


@transaction.atomic
def roll_back(edition: Edition, *, at: datetime) -> Changes:
    """Take the newest edition of its kind back, as if it had not been put in force.

    What we believed meanwhile stays on record: what the edition drew is believed no
    longer, and what it ended is recorded anew as it was before. What was drawn round
    it goes back with it. Whether cases were handed over meanwhile is the caller's to
    ask: nothing here knows of them.
    """
    PlaceKind.objects.select_for_update(no_key=True).get(pk=edition.kind_id)
    held = Edition.objects.select_for_update().select_related("kind").get(pk=edition.pk)
    if held.published_at is None or held.withdrawn_at is not None:
        raise NotToBeRolledBack(_("This edition is not in force, so it stays."))
    newer = Edition.objects.published().filter(
        kind=held.kind, starts_on__gt=held.starts_on
    )
    if later := newer.order_by("starts_on").first():
        said = _(
            "The edition of %(kind)s that starts on %(later)s came after it: "
            "roll that back first."
        )
        raise NotToBeRolledBack(said % {"kind": held.kind, "later": later.starts_on})
    for outline in Edition.objects.published().filter(
        source=outline_source(held.kind),
        starts_on=held.starts_on,
        published_at__gte=held.published_at,
    ):
        roll_back(outline, at=at)
    changes = _undo(held, at=moment(held.kind, at=at))
    undo_successions(held.kind, on=held.starts_on)
    edition.refresh_from_db()
    return changes


@transaction.atomic
def discard(edition: Edition, *, version: int | None = None) -> None:
    """Throw a draft away, with the places that nothing else knows."""
    held = _draft(edition, version=version)
    drawn = Boundary.objects.filter(edition=held)
    places = set(drawn.values_list("place_id", flat=True))
    drawn.delete()
    held.delete()
    forget_places(places)


def _draft(edition: Edition, *, version: int | None) -> Edition:
    """Lock a draft, or say that it is none, or no longer what was looked at."""
    asked = Edition.objects.select_for_update(of=("self",)).select_related("kind")
    held = asked.filter(pk=edition.pk).first()
    if held is None:
        raise NoDraft(_("This draft was thrown away."))
    if held.published_at is not None:
        raise NoDraft(_("This map is in force already, or was; it is no draft."))
    if version is not None and held.version != version:
        raise DrawnMeanwhile(_("Somebody else has changed this draft since."))
    return held


def _draw_round(edition: Edition, *, at: datetime) -> None:
    """Let what is drawn round a kind follow it, from the edition's first day."""
    on, source = edition.starts_on, outline_source(edition.kind)
    rows = Boundary.objects.known().in_force(on=on).filter(edition__source=source)
    for held in rows.select_related("place__kind", "edition").defer(None):
        place = held.place
        sheet = outline_of(
            edition.kind, on=on, code=place.code, name=place.name, name_en=place.name_en
        )
        (drawn,) = sheet.drawings
        is_same = drawn.shape.equals(held.shape)
        if not is_same or sheet.is_approximate != held.edition.is_approximate:
            publish(sheet, kind=place.kind, on=on, until=edition.ends_on, at=at)


def _undo(edition: Edition, *, at: datetime) -> Changes:
    """Believe again what was believed before an edition that nothing came after."""
    ended = list(
        Boundary.objects.filter(
            place__kind=edition.kind, recorded__endswith=edition.published_at
        )
        .exclude(recorded__isempty=True)
        .select_related("place")
        .defer(None)
    )
    before = {(row.place_id, row.edition_id, row.validity.lower) for row in ended}
    known = Boundary.objects.known().filter(place__kind=edition.kind)
    over = [
        row
        for row in known.select_related("place").defer(None)
        if row.edition_id == edition.pk
        or (row.place_id, row.edition_id, row.validity.lower) in before
    ]
    close(over, at=at)
    record_again(ended, days={row.pk: row.validity for row in ended}, at=at)
    sketches = Edition.objects.filter(
        kind=edition.kind, withdrawn_at=edition.published_at
    )
    edition.withdrawn_at = at
    edition.save(update_fields=["withdrawn_at"])
    sketches.update(withdrawn_at=None)
    call_as_before(edition)
    drawn = {row.place.code for row in over if row.edition_id == edition.pk}
    restored = {row.place.code for row in ended if edition.starts_on in row.validity}
    return Changes(
        opened=tuple(sorted(restored - drawn)),
        closed=tuple(sorted(drawn - restored)),
        changed=tuple(sorted(restored & drawn)),
        kept=(),
    )


def forget_places(places: Iterable[int]) -> None:
    """Delete those of some places that nothing points at, here or in another app."""
    unknown = Place.objects.filter(pk__in=places)
    for relation in Place._meta.get_fields(include_hidden=True):
        if isinstance(relation, ForeignObjectRel):
            pointing = relation.related_model._default_manager
            about = {relation.field.name: OuterRef("pk")}
            unknown = unknown.filter(~Exists(pointing.filter(**about)))
    unknown.delete()
