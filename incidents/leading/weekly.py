"""On a week's first working morning: one letter about the last to each who leads."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import date, datetime, time, timedelta

from django.db import connection, transaction
from django.utils.timezone import localdate, localtime, make_aware
from django.utils.translation import gettext as _
from django.utils.translation import override

from accounts.models import User
from incidents.deadlines import Calendar, read_calendar
from incidents.errors import NotSent
from incidents.letters import File, Letter, written
from incidents.models import Membership, NoWeeklyLetter, Organisation, WeeklyLetter
from incidents.notifications import Mailing, Ready, attempt, drop
from incidents.printing import print_page

from .measuring import measure
from .telling import file_name, page_address, sheet, tell, title_of
from .weeks import Brief, Week, read_briefs
from .wishing import leading_whole

#: From this hour on it is sent, and that day not any more after that one.
FROM, UNTIL = time(7, 30), time(17)
Role = Membership.Role
#: The letter about some briefs, in one language.
Composed = Callable[[Sequence[Brief], str], Letter]
#: Any number will do that nothing else on this database locks.
LOCK = 730_0107


def send_due(*, at: datetime) -> int:
    """Send each person the letter about the last week, once; return how many went out.

    Called again, by another worker or after a restart, it sends what is still owed.
    """
    on = localdate(at)
    is_time = FROM <= localtime(at).time() < UNTIL
    if not is_time or not begins_week(on, read_calendar()):
        return 0
    week = Week.last(at=at)
    known = _owe(week, at=at)
    owed = list(
        WeeklyLetter.objects.due(at=at).filter(week=week.monday).select_related("user")
    )
    briefs = known
    if owed and not known:
        briefs = briefs_of([each.user for each in owed], week=week, on=on)
    composed = _once(at)
    mailing = _mailing(briefs, composed, at=at)
    tries = []
    for letter in owed:
        # Laid out before it is claimed: a slow file holds no row. What cannot be laid
        # out fails once more within the claim, and is put off by it.
        if brief := briefs.get(letter.user_id):
            with suppress(Exception):
                composed(brief, letter.user.language)
        tries.append(attempt(mailing, letter.pk, at=at))
    failed = sum(not each.accepted for each in tries if each is not None)
    if failed:
        raise NotSent(
            f"{failed} of {len(owed)} letters about the week of {week.monday}"
        )
    return sum(each.accepted for each in tries if each is not None)


def begins_week(on: date, calendar: Calendar) -> bool:
    """Tell whether a day is the first of its week on which the city works."""
    earlier = (on - timedelta(days=back) for back in range(1, on.weekday() + 1))
    return calendar.is_worked(on) and not any(map(calendar.is_worked, earlier))


def briefs_of(
    users: Iterable[User] | None, *, week: Week, on: date
) -> dict[int, list[Brief]]:
    """Return what each of these people reads of a week, or all who lead.

    The city comes first, then their units by name; where nothing was, nothing is told.
    """
    held = _led(users, on=on)
    units = {each.pk if each else None: each for led in held.values() for each in led}
    if not units:
        return {}
    briefs = read_briefs(week, units.values())
    told = {
        user: [brief for each in led if (brief := briefs[each.pk if each else None])]
        for user, led in held.items()
    }
    return {user: found for user, found in told.items() if found}


def compose(briefs: Sequence[Brief], *, at: datetime, language: str) -> Letter:
    """Write the letter in its reader's language, with the same as a file to print."""
    with override(language):
        week, told = briefs[0].week, [tell(each) for each in briefs]
        printed = File(
            name=file_name(week),
            kind="application/pdf",
            content=print_page(sheet(told, at=at), {}),
        )
        subject = _("%(week)s: %(received)s received, %(late)s overdue") % {
            "week": title_of(week),
            "received": briefs[0].total["received"],
            "late": briefs[0].total["late"],
        }
        return written(
            "weekly",
            subject=subject,
            files=(printed,),
            week=week,
            told=told,
            link=page_address(),
            switch=f"{page_address()}#letter",
        )


def _owe(week: Week, *, at: datetime) -> dict[int, list[Brief]]:
    """Owe the letters about a week, once; return what was read for it just now."""
    measure(at=at)
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
        if WeeklyLetter.objects.filter(week=week.monday).exists():
            return {}
        # Of the weeks before nobody wants to read any more.
        WeeklyLetter.objects.unsettled().update(state=WeeklyLetter.State.DROPPED)
        briefs = briefs_of(None, week=week, on=localdate(at))
        WeeklyLetter.objects.bulk_create(
            WeeklyLetter(user_id=user, week=week.monday, asked_at=at, next_try_at=at)
            for user in briefs
        )
    return briefs


def _mailing(
    briefs: Mapping[int, Sequence[Brief]], composed: Composed, *, at: datetime
) -> Mailing[WeeklyLetter]:
    """Send what was read for all of them; the next round tries what fails again."""

    def write(letter: WeeklyLetter, _at: datetime) -> Ready | None:
        told, user = briefs.get(letter.user_id), letter.user
        refused = NoWeeklyLetter.objects.filter(user=user).exists()
        if told is None or refused:  # They lead nothing, or want none any more.
            drop(letter)
            return None
        return Ready(to=user.email, letter=composed(told, user.language))

    return Mailing(
        name="Weekly letter",
        rows=lambda: WeeklyLetter.objects.select_related("user"),
        write=write,
        ends_at=lambda _letter: make_aware(datetime.combine(localdate(at), UNTIL)),
    )


def _once(at: datetime) -> Composed:
    """Write, and print, what all who lead the same read in one language only once."""
    kept: dict[tuple[object, ...], Letter] = {}

    def composed(briefs: Sequence[Brief], language: str) -> Letter:
        whose = tuple(each.unit.pk if each.unit else None for each in briefs)
        key = (language, whose)
        if key not in kept:
            kept[key] = compose(briefs, at=at, language=language)
        return kept[key]

    return composed


def _led(
    users: Iterable[User] | None, *, on: date
) -> dict[int, list[Organisation | None]]:
    """Read what each of them leads who wants the letter: None is the whole city."""
    held = (
        leading_whole(on=on)
        .filter(user__no_weekly_letter__isnull=True)
        .select_related("organisation")
        .order_by("role", "organisation__name", "pk")  # Who leads the city: first.
    )
    if users is not None:
        held = held.filter(user__in=list(users))
    led: dict[int, list[Organisation | None]] = {}
    for each in held:
        unit = None if each.role == Role.CITY_LEADER else each.organisation
        mine = led.setdefault(each.user_id, [])
        if unit not in mine:
            mine.append(unit)
    return led
