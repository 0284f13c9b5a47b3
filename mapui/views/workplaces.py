"""Where staff work: what a person's roles open, for the first page and for the bar."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from incidents.permissions import Actor

#: Pages that belong to whatever place somebody comes from.
OF_A_CASE = frozenset({"staff-case", "contact", "act", "result"})
#: What operators look up and go through from their desk.
OF_THE_DESK = frozenset(
    {"find", "following", "articles", "article", "article-new", "shift-book"}
)
#: Pages about one person.
OF_PEOPLE = frozenset(
    {
        "people-invite",
        "person",
        "person-role",
        "person-leave",
        "role-change",
        "role-end",
        "role-deputy",
    }
)

#: Pages of the workshop of the map.
OF_THE_MAP = frozenset(
    {
        "workshop-send",
        "workshop-file",
        "workshop-edition",
        "workshop-activate",
        "workshop-roll-back",
        "workshop-discard",
        "workshop-rules",
        "workshop-suggestions",
        "workshop-rehearse",
        "workshop-rehearsal",
        "drawing-start",
        "drawing",
        "drawing-asset",
    }
)


#: Pages that show how well what was done has turned out.
LOOKED_BACK_ON = frozenset({"suggestions", "concerns"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Workplace:
    """A place where somebody works, and what is done there."""

    address: str
    name: str
    short: str  #: What it is called where there is little room.
    about: str
    icon: str
    page: str  #: Which of our pages it is, where it is one of them.
    around: frozenset[str] = frozenset()  #: The pages that are reached from it.
    current: str = ""  #: As `aria-current` says it: "page" here, "true" around.


#: How many places stand in the bar before what has no room goes into a menu: on a
#: phone, and where there is room.
AT_HAND, WITH_ROOM = 4, 5


@dataclass(frozen=True, slots=True)
class Bar:
    """The places of one person, as they stand in the bar: in sight, or in its menu."""

    places: list[Workplace]

    def __bool__(self) -> bool:
        return bool(self.places)

    @property
    def at_hand(self) -> list[Workplace]:
        """What everybody sees, also on a phone."""
        return self.places[:AT_HAND]

    @property
    def with_room(self) -> list[Workplace]:
        """What stands beside it on a wide screen, and in the menu of a phone."""
        return self.places[AT_HAND:WITH_ROOM]

    @property
    def rest(self) -> list[Workplace]:
        """What is in the menu on every screen."""
        return self.places[WITH_ROOM:]

    @property
    def here(self) -> str:
        """Tell which part of the menu one is in, so that the menu can show it."""
        for part in ("with_room", "rest"):
            if any(each.current for each in getattr(self, part)):
                return part
        return ""


def workplaces(actor: Actor, *, here: str = "") -> list[Workplace]:
    """Return every place that a person's roles of that day open, marking where one is.

    A case belongs to the first place: an operator's to the desk, a unit's to its list.
    """
    places = list(_open_to(actor))
    for turn, each in enumerate(places):
        if here and (here == each.page or here in each.around):
            said = "page" if here == each.page else "true"
            places[turn] = replace(each, current=said)
            break
    return places


def _at_the_desk(actor: Actor, queue: str) -> Iterator[Workplace]:
    """Return where calls and reports are taken, and where that is seen to."""
    if actor.is_desk:
        yield Workplace(
            address=queue,
            name=_("Operators' desk"),
            short=pgettext("in the bar", "Desk"),
            about=_("Accept, refuse, transfer; approve results."),
            icon="list",
            page="queue",
            around=OF_A_CASE | OF_THE_DESK,
        )
        yield Workplace(
            address=reverse("mapui:call"),
            name=_("Take a call"),
            short=pgettext("in the bar", "Call"),
            about=_("Write down what a caller says; earlier cases stand beside it."),
            icon="phone",
            page="call-page",
            around=frozenset({"call-done"}),
        )
        yield Workplace(
            address=reverse("mapui:call-backs"),
            name=_("Call back"),
            short=pgettext("in the bar", "Call back"),
            about=_("Tell by telephone whom no message reaches."),
            icon="phone",
            page="call-backs",
            around=frozenset({"call-back"}),
        )
    if actor.leads_shift:
        yield Workplace(
            address=reverse("mapui:shift"),
            name=_("Shift"),
            short=_("Shift"),
            about=_("Who waits and who has what; storms, notes, a second look."),
            icon="people",
            page="shift",
        )


def _open_to(actor: Actor) -> Iterator[Workplace]:
    queue = reverse("mapui:queue")
    yield from _at_the_desk(actor, queue)
    if actor.units:
        yield Workplace(
            address=reverse("mapui:unit"),
            name=_("Unit's list"),
            short=pgettext("in the bar", "Our cases"),
            about=_("What your unit has in hand, by due date."),
            icon="work",
            page="unit",
            around=OF_A_CASE
            | {"take", "give", "replies", "reply", "reply-new", "heat", "roster"}
            | {"hot-spots", "work-order", "priorities"}
            | {"border", "border-case", "round"},
        )
    if actor.is_desk or actor.units & actor.rosters:
        yield Workplace(
            address=reverse("mapui:incidents-at-work"),
            name=_("Incidents and planned works"),
            short=pgettext("in the bar", "Incidents"),
            about=_("Reports of one matter together; outages announced beforehand."),
            icon="layers",
            page="incidents-at-work",
            around=frozenset(
                {"incident-at-work", "incident-act", "incident-group", "announce"}
            ),
        )
    if actor.sees_all and not actor.is_desk:
        yield Workplace(
            address=f"{queue}?tab=all",
            name=_("All reports"),
            short=pgettext("in the bar", "All cases"),
            about=_("Every case of the city, to read."),
            icon="search",
            page="queue",
            around=OF_A_CASE | {"find"},
        )
    if actor.units or actor.sees_all:
        yield Workplace(
            address=reverse("mapui:directives"),
            name=_("Directives and urgings"),
            short=pgettext("in the bar", "Directives"),
            about=_("What leaders ask of units, until it is answered and closed."),
            icon="bell",
            page="directives",
        )
    if actor.reads_city_figures or actor.units - actor.confined.keys():
        yield Workplace(
            address=reverse("mapui:leading"),
            name=_("Figures of the period"),
            short=pgettext("in the bar", "Period"),
            about=_("On time, late, how long, how well: by ward, unit, category."),
            icon="figures",
            page="leading",
            around=frozenset({"leading-list", "ranking-at-work", "monday", "walls"}),
        )
    if actor.is_staff:
        yield Workplace(
            address=reverse("mapui:statistics"),
            name=_("Figures by ward"),
            short=pgettext("in the bar", "Figures"),
            about=_("What came in, is open, late and done, ward by ward."),
            icon="figures",
            page="statistics",
            around=LOOKED_BACK_ON | {"transfers"},
        )
    if actor.is_staff or actor.reads_access_log:
        yield Workplace(
            address=reverse(
                "mapui:contact-requests" if actor.is_desk else "mapui:exports"
            ),
            name=_("Personal data"),
            short=pgettext("in the bar", "Data"),
            about=_("Contact requests, cases as files, who looked at what."),
            icon="lock",
            page="contact-requests" if actor.is_desk else "exports",
            around=frozenset({"contact-requests", "exports", "access-log"}),
        )
    yield from _moving(actor)
    yield from _looked_back_on(actor)
    if actor.gives:
        yield Workplace(
            address=reverse("mapui:people"),
            name=_("People and roles"),
            short=pgettext("in the bar", "People"),
            about=_("Invite colleagues, give roles, name deputies, hand over."),
            icon="people",
            page="people",
            around=OF_PEOPLE,
        )
    yield from _kept_by(actor)


def _kept_by(actor: Actor) -> Iterator[Workplace]:
    """Return the places of who keeps the words, the map or the site itself."""
    if actor.administers:
        yield Workplace(
            address=reverse("mapui:notices"),
            name=_("Notices"),
            short=pgettext("in the bar", "Notices"),
            about=_("How messages fare, and the words they say."),
            icon="mail",
            page="notices",
            around=frozenset({"notice-text"}),
        )
    if actor.keeps_map:
        yield Workplace(
            address=reverse("mapui:calendar"),
            name=_("Working days"),
            short=pgettext("in the bar", "Calendar"),
            about=_("Days off and made up for, and which dates a change moves."),
            icon="clock",
            page="calendar",
            around=frozenset({"calendar-moved"}),
        )
        yield Workplace(
            address=reverse("mapui:workshop"),
            name=_("Map workshop"),
            short=pgettext("in the bar", "Workshop"),
            about=_("Boundaries, assets and rules: draft, rehearse, put in force."),
            icon="layers",
            page="workshop",
            around=OF_THE_MAP,
        )
    if actor.user.is_staff:
        yield Workplace(
            address=reverse("admin:index"),
            name=_("Administration"),
            short=_("Administration"),
            about=_("People, organisations, responsibilities, calendar."),
            icon="person",
            page="",
        )


def _moving(actor: Actor) -> Iterator[Workplace]:
    """Name where one decides whose a case is, and looks how cases were passed on."""
    if actor.leads_shift:
        yield Workplace(
            address=reverse("mapui:disputes"),
            name=_("Whose is it?"),
            short=pgettext("in the bar", "Decide"),
            about=_("Cases that no unit would keep: name one within the hour."),
            icon="people",
            page="disputes",
        )
    # Who sees the figures finds it there.
    if not actor.is_staff and (actor.sees_every_transfer or actor.answers_for):
        yield Workplace(
            address=reverse("mapui:transfers"),
            name=_("From hand to hand"),
            short=pgettext("in the bar", "Transfers"),
            about=_("Who gave cases to whom, and how many came back."),
            icon="figures",
            page="transfers",
        )


def _looked_back_on(actor: Actor) -> Iterator[Workplace]:
    """Return where one sees how well what was done has turned out.

    Who leads a shift has a full bar, and finds it beside the figures.
    """
    if actor.leads:
        yield Workplace(
            address=reverse("mapui:concerns"),
            name=_("After the result"),
            short=pgettext("in the bar", "Ratings"),
            about=_("Bad ratings and doubts of followers; what was done about them."),
            icon="alert",
            page="concerns",
            around=frozenset({"see-to"}),
        )
    if actor.keeps_map:
        yield Workplace(
            address=reverse("mapui:suggestions"),
            name=_("Suggested categories"),
            short=pgettext("in the bar", "Suggestions"),
            about=_("How often they are right, and what they were learnt from."),
            icon="figures",
            page="suggestions",
        )
