"""Areas followed: who wishes to hears of a ward, daily at most and when there is news.

Anybody can type anybody's e-mail, so the first letter only asks; without a yes there is
no other, and after two days nothing is left of it. What a letter tells is what any
stranger sees on the map.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.timezone import localdate, localtime, make_aware
from django.utils.translation import gettext as _
from django.utils.translation import override

from gis_data.models import Place

from .errors import FollowsTooMany, NoSuchFollowing
from .following import one_at_a_time
from .letters import Letter, written
from .models import AreaFollowing, AreaLetter, Category, Report, StatusGroup
from .models.status import GROUPS
from .notifications import Mailing, Ready, ask_again, attempt, defer, drop
from .privacy import blind, seal, unseal

Kind, State = AreaLetter.Kind, AreaLetter.State
#: Until when a letter looked that told a following of a case, and what of it.
Told = dict[tuple[int, str, int], datetime]
#: So many areas one e-mail follows, and so many of them may wait for its yes.
AT_MOST, UNANSWERED = 10, 3
#: News goes out in the evening, when the day's work is done; later it waits a day.
FROM, UNTIL = time(17, 30), time(21)
#: What was told so short before may still be on its way into the database.
SETTLED = timedelta(minutes=1)
#: What comes to light later than it happened is told within these days; see KEPT.
LOOKS_BACK = timedelta(days=7)
#: So many cases a letter names; the rest is a number and a link.
NAMED = 10
#: A question waits so long for its yes; of what ended it is known so long that it did.
WAITS, KEPT = timedelta(days=2), timedelta(days=30)
#: A letter is tried so long; then it is no news.
TRIED = timedelta(hours=20)
DONE = sorted(GROUPS[StatusGroup.DONE])


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """What happened in a ward since the last letter, as strangers still see it."""

    accepted: Sequence[Report] = ()
    resolved: Sequence[Report] = ()

    def __bool__(self) -> bool:
        return bool(self.accepted or self.resolved)


@transaction.atomic
def follow_area(
    place: Place,
    category: Category | None,
    *,
    email: str,
    language: str,
    at: datetime,
) -> AreaFollowing:
    """Ask the owner of an e-mail whether they wish to follow a ward.

    What is followed already is left as it is. Who has not answered is asked once a day.
    What this raises tells what an e-mail follows, so nobody who typed it may learn
    whether it was raised: only the owner reads the mailbox.
    """
    index = blind(email.lower())
    one_at_a_time(index)
    followed = AreaFollowing.objects.filter(email_index=index, ended_at=None)
    following = followed.filter(place=place, category=category).first()
    if following is None:
        _refuse_too_many(followed)
        following = AreaFollowing.objects.create(
            place=place,
            category=category,
            sealed=seal({"email": email}),
            email_index=index,
            language=language,
            at=at,
            told_until=at,
        )
    if following.confirmed_at is None:
        letter, is_new = AreaLetter.objects.get_or_create(
            following=following,
            kind=Kind.QUESTION,
            on=localdate(at),
            defaults={"asked_at": at, "next_try_at": at},
        )
        if is_new:
            _defer([letter])
    return following


@transaction.atomic
def say_yes(token: str, *, at: datetime) -> AreaFollowing:
    """Begin to tell: from now on, and not of what was before."""
    held = _held(token)
    if held.ended_at is None and held.confirmed_at is None:
        held.confirmed_at = held.told_until = at
        held.save(update_fields=["confirmed_at", "told_until"])
    return held


@transaction.atomic
def stop(token: str, *, at: datetime) -> AreaFollowing:
    """End a following, and erase whose it was. What is owed still is dropped."""
    held = _held(token)
    if held.ended_at is None:
        held.ended_at, held.sealed, held.email_index = at, b"", ""
        held.save(update_fields=["ended_at", "sealed", "email_index"])
        owed = AreaLetter.objects.unsettled().filter(following=held)
        owed.update(state=State.DROPPED)
    return held


@transaction.atomic
def owe_news(*, at: datetime) -> int:
    """Owe this evening's letters, each once; return how many.

    That something was told is written down with the letter that tells it, so whoever is
    killed, and whoever comes second, neither forgets nor repeats it. Where nothing
    happened no letter is owed.
    """
    on = localdate(at)
    if not FROM <= localtime(at).time() < UNTIL:
        return 0
    one_at_a_time("the evening's letters")
    waiting = list(_waiting(on))
    if not waiting:
        return 0
    until = at - SETTLED
    happened, told = _happened(waiting, until=until), _told(waiting, on=on)
    letters = [
        AreaLetter(
            following=each,
            kind=Kind.NEWS,
            on=on,
            accepted=[row.pk for row in seen if row.is_news("accepted", each, told)],
            resolved=[row.pk for row in seen if row.is_news("resolved", each, told)],
            asked_at=at,
            next_try_at=at,
        )
        for each in waiting
        for seen in [happened[each.place_id]]
    ]
    owed = AreaLetter.objects.bulk_create(
        each for each in letters if each.accepted or each.resolved
    )
    looked_at = AreaFollowing.objects.filter(pk__in=[each.pk for each in waiting])
    looked_at.update(told_until=until)
    _defer(owed)
    return len(owed)


def send(letter_id: int, *, at: datetime) -> None:
    """Send one letter, if it is still owed. For the worker only."""
    attempt(LETTERS, letter_id, at=at)


def ask_for_forgotten(*, at: datetime) -> int:
    """Ask anew for the letters that are due and in no queue; return how many."""
    return ask_again(LETTERS, at=at)


@transaction.atomic
def sweep(*, at: datetime) -> None:
    """Forget who never said yes, what ended long ago, and who follows a ward of before.

    Letters go after a month.
    """
    there = Place.objects.filter(
        boundaries__validity__contains=localdate(at),
        boundaries__recorded__upper_inf=True,
    )
    followed = AreaFollowing.objects.filter(ended_at=None)
    for following in followed.exclude(place__in=there):
        stop(following.token, at=at)
    unsaid = Q(confirmed_at=None, ended_at=None, at__lt=at - WAITS)
    AreaFollowing.objects.filter(unsaid | Q(ended_at__lt=at - KEPT)).delete()
    AreaLetter.objects.filter(asked_at__lt=at - KEPT).delete()


def news_of(letter: AreaLetter) -> News:
    """Return what a letter tells, as far as strangers still see it."""
    seen = Report.objects.public().select_related("category")
    seen = seen.filter(current_place=letter.following.place_id)
    return News(
        accepted=list(seen.filter(pk__in=letter.accepted).order_by("accepted_at")),
        resolved=list(
            seen.filter(pk__in=letter.resolved, status__in=DONE).order_by("resolved_at")
        ),
    )


def ask_in_words(following: AreaFollowing) -> Letter:
    """Write the letter that asks, in its reader's language."""
    with override(following.language):
        place = following.place.label
        subject = _("Do you wish to follow %(place)s?") % {"place": place}
        return written("area_question", subject=subject, **_named(following))


def tell_in_words(letter: AreaLetter, news: News) -> Letter:
    """Write a day's news in their reader's language: ten titles at most."""
    following = letter.following
    done = min(len(news.resolved), max(NAMED // 2, NAMED - len(news.accepted)))
    with override(following.language):
        subject = _("%(place)s: %(new)s new, %(done)s done") % {
            "place": following.place.label,
            "new": len(news.accepted),
            "done": len(news.resolved),
        }
        lists = [
            (_("New reports"), news.accepted, NAMED - done),
            (_("Results given"), news.resolved, done),
        ]
        asked = {"ward": following.place.code}
        if following.category is not None:
            asked["category"] = following.category.code
        return written(
            "area_news",
            subject=subject,
            day=letter.on,
            lists=[
                (heading, len(found), [_row(each) for each in found[:most]])
                for heading, found, most in lists
                if found
            ],
            all=f"{settings.SITE_URL}{reverse('mapui:home')}?{urlencode(asked)}",
            **_named(following),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Seen:
    """A public case that came or ended lately, and what it is of."""

    pk: int
    of: frozenset[int | None]
    moments: dict[str, datetime | None]
    until: datetime

    def is_news(self, what: str, following: AreaFollowing, told: Told) -> bool:
        """Whether its acceptance or its result is news to somebody."""
        moment = self.moments[what]
        if following.category_id is not None and following.category_id not in self.of:
            return False
        since = told.get((following.pk, what, self.pk), _since(following, self.until))
        return moment is not None and since <= moment < self.until


def _waiting(on: date) -> QuerySet[AreaFollowing]:
    """Keep who has not been looked at this evening, and was sent nothing today."""
    midnight, evening = (make_aware(datetime.combine(on, t)) for t in (time(), FROM))
    news = AreaLetter.objects.filter(following=OuterRef("pk"), kind=Kind.NEWS)
    owed = Q(state__in=[State.OWED, State.SENDING])
    lately = news.filter(owed | Q(on=on) | Q(sent_at__gte=midnight))
    confirmed = AreaFollowing.objects.filter(confirmed_at__isnull=False, ended_at=None)
    return confirmed.filter(~Exists(lately), told_until__lt=evening - SETTLED)


def _happened(
    waiting: Sequence[AreaFollowing], *, until: datetime
) -> defaultdict[int | None, list[_Seen]]:
    """Read by ward what came or ended in all these wards, in one statement."""
    span = (min(_since(each, until) for each in waiting), until)
    rows = (
        Report.objects.public()
        .filter(
            Q(accepted_at__range=span) | Q(resolved_at__range=span, status__in=DONE),
            current_place__in={each.place_id for each in waiting},
        )
        .order_by("pk")
        .values_list(
            "current_place",
            "pk",
            "accepted_at",
            "resolved_at",
            "status",
            "category",
            "category__branch",
            "category__branch__branch",
        )
    )
    found: defaultdict[int | None, list[_Seen]] = defaultdict(list)
    for place, pk, accepted_at, resolved_at, status, *of in rows:
        seen = _Seen(
            pk=pk,
            of=frozenset(of),
            moments={
                "accepted": accepted_at,
                "resolved": resolved_at if status in DONE else None,
            },
            until=until,
        )
        found[place].append(seen)
    return found


def _since(following: AreaFollowing, until: datetime) -> datetime:
    """Return from when on something may be news: some days back, after the yes."""
    begun = following.confirmed_at or until
    return max(begun, min(following.told_until, until - LOOKS_BACK))


def _told(waiting: Sequence[AreaFollowing], *, on: date) -> Told:
    """Read which cases the letters of these days told, and until when they looked."""
    letters = AreaLetter.objects.filter(kind=Kind.NEWS, on__gte=on - LOOKS_BACK)
    letters = letters.filter(following__in=[each.pk for each in waiting])
    rows = letters.order_by("asked_at").values_list(
        "following", "asked_at", "accepted", "resolved"
    )
    return {
        (following, what, pk): asked_at - SETTLED
        for following, asked_at, accepted, resolved in rows
        for what, cases in (("accepted", accepted), ("resolved", resolved))
        for pk in cases
    }


def _write(letter: AreaLetter, _at: datetime) -> Ready | None:
    """Write a letter; or drop it where nobody waits for it, or nothing is to tell."""
    following = letter.following
    said: Letter | None = None
    if following.ended_at is None and letter.kind == Kind.NEWS:
        news = news_of(letter)
        said = tell_in_words(letter, news) if news else None
    elif following.ended_at is None and following.confirmed_at is None:
        said = ask_in_words(following)
    if said is None:
        drop(letter)
        return None
    return Ready(to=unseal(following.sealed)["email"], letter=said)


def _ended(letter: AreaLetter, at: datetime) -> None:
    """Forget an address that no letter reaches."""
    if letter.state == State.FAILED:
        stop(letter.following.token, at=at)


def _named(following: AreaFollowing) -> dict[str, Any]:
    branch = following.category
    return {
        "place": following.place.label,
        "branch": branch.label if branch else "",
        "link": following.get_absolute_url(),
    }


def _row(report: Report) -> tuple[str, str]:
    """Say what strangers call a case, and where they see it."""
    return report.public_title or report.category.label, report.get_public_url()


def _defer(letters: Iterable[AreaLetter]) -> None:
    task, argument = LETTERS.job
    defer((task, {argument: each.pk}) for each in letters)


def _held(token: str) -> AreaFollowing:
    held = AreaFollowing.objects.select_for_update().filter(token=token).first()
    if held is None:
        raise NoSuchFollowing
    return held


def _refuse_too_many(followed: QuerySet[AreaFollowing]) -> None:
    """Refuse an e-mail that would follow too much, or is asked enough for now."""
    answers = list(followed.values_list("confirmed_at", flat=True))
    if len(answers) >= AT_MOST or answers.count(None) >= UNANSWERED:
        raise FollowsTooMany


LETTERS: Mailing[AreaLetter] = Mailing(
    name="Area letter",
    rows=lambda: AreaLetter.objects.select_related(
        "following__place", "following__category"
    ),
    write=_write,
    ends_at=lambda letter: letter.asked_at + TRIED,
    job=("incidents.send_area_letter", "letter_id"),
    ended=_ended,
)
