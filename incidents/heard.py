"""Heard: which events staff are told of by letter, who of them, and in what words."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from .models import Event, Membership

Role = Membership.Role


@dataclass(frozen=True, slots=True, kw_only=True)
class Telling:
    """Which of a unit hear of an event, and what they are told it is."""

    subject: str | Promise
    why: str | Promise
    roles: frozenset[Role]
    to_assignee: bool = False  #: Also who has the case; alone, where somebody has it.
    assignee_alone: bool = False
    only_urgent: bool = False
    by_rank: bool = False  #: These by their rank, beside who is on duty.
    rank_alone: bool = False  #: These by their rank, whoever is on duty.
    to_duty: bool = False  #: Who is on duty alone, where anybody is, urgent or not.
    above: bool = False  #: Not of the unit, but of what stands above it.
    anywhere: bool = False  #: Whoever holds such a role, of whatever organisation.


FOCAL = frozenset({Role.FOCAL_POINT})
LEADING = FOCAL | {Role.LEADER}
#: Who answers for what is late: at the desk it is who leads the shift.
RANK = frozenset({Role.LEADER, Role.SHIFT_LEAD})
ABOVE = frozenset({Role.LEADER, Role.CITY_LEADER})
CITY = frozenset({Role.CITY_LEADER})
#: What staff hear of without looking. Everything else they find in their lists.
HEARD: dict[str, Telling] = {
    Event.Code.TRANSFERRED: Telling(
        subject=gettext_lazy("New case: %(what)s"),
        why=gettext_lazy("A case was transferred to your unit."),
        roles=FOCAL,
    ),
    Event.Code.UNITS_ASKED: Telling(
        subject=gettext_lazy("Is it yours? %(what)s"),
        why=gettext_lazy(
            "Several units may answer for this; the first to say so does."
        ),
        roles=FOCAL,
    ),
    # One letter to a unit about all that it takes over on the day of a reform.
    Event.Code.HANDED_OVER: Telling(
        subject=gettext_lazy("Taken over by law: %(what)s"),
        why=gettext_lazy(
            "Your unit carries on for units that have ended, with their open cases. "
            "Deadlines stay as they were. Take the cases up again, the oldest first."
        ),
        roles=LEADING,
    ),
    Event.Code.REMINDED: Telling(
        subject=gettext_lazy("Reminder: %(what)s"),
        why=gettext_lazy("The reporter asks when it will be done."),
        # Who leads the shift, where it is the desk that is late.
        roles=LEADING | {Role.SHIFT_LEAD},
        to_assignee=True,
    ),
    Event.Code.REOPENED: Telling(
        subject=gettext_lazy("Reopened: %(what)s"),
        why=gettext_lazy("The reporter says that it is not done."),
        roles=LEADING,
        to_assignee=True,
    ),
    # One letter to a unit about all that an operator put together.
    Event.Code.GROUPED: Telling(
        subject=gettext_lazy("Put together: %(what)s"),
        why=gettext_lazy(
            "An operator put reports of one matter together. File one result for the "
            "incident: it answers all of them."
        ),
        roles=FOCAL,
        to_assignee=True,
    ),
    Event.Code.UNMERGED: Telling(
        subject=gettext_lazy("On its own again: %(what)s"),
        why=gettext_lazy(
            "This case had been joined to another by mistake; it is your unit's again."
        ),
        roles=FOCAL,
        to_assignee=True,
    ),
    Event.Code.CONCERN_RAISED: Telling(
        subject=gettext_lazy("Is it really done? %(what)s"),
        why=gettext_lazy(
            "It was rated badly, or those who follow it say that it is not done. Look "
            "into it, and write down what was done about it."
        ),
        roles=frozenset({Role.LEADER, Role.SHIFT_LEAD}),
    ),
    Event.Code.REPLIED: Telling(
        subject=gettext_lazy("The reporter wrote: %(what)s"),
        why=gettext_lazy("The reporter wrote to your unit about this case."),
        roles=FOCAL,
        to_assignee=True,
        assignee_alone=True,
    ),
    Event.Code.ASSIGNED: Telling(
        subject=gettext_lazy("Given to you: %(what)s"),
        why=gettext_lazy("This case was given to you."),
        roles=frozenset(),
        to_assignee=True,
        assignee_alone=True,
    ),
    Event.Code.RESULT_SENT_BACK: Telling(
        subject=gettext_lazy("Result sent back: %(what)s"),
        why=gettext_lazy("The result was sent back; the case says what is missing."),
        roles=FOCAL,
        to_assignee=True,
        assignee_alone=True,
    ),
    # Who leads the unit that day, or stands in for who does; else who leads it above.
    Event.Code.RESULT_PROPOSED: Telling(
        subject=gettext_lazy("To approve: %(what)s"),
        why=gettext_lazy(
            "Your unit filed a result. Approve it as its leader, or send it back."
        ),
        roles=frozenset({Role.LEADER}),
        rank_alone=True,
    ),
    Event.Code.CREW_DONE: Telling(
        subject=gettext_lazy("To confirm: %(what)s"),
        why=gettext_lazy(
            "A crew reported the job done by its link. Look at it, and confirm it or "
            "set it aside."
        ),
        roles=FOCAL,
        to_assignee=True,
        assignee_alone=True,
    ),
    Event.Code.CONTACT_ASKED: Telling(
        subject=gettext_lazy("To decide: may the unit reach the reporter? %(what)s"),
        why=gettext_lazy(
            "A unit asks to reach who reported this. Grant it, or say why not."
        ),
        roles=frozenset({Role.SHIFT_LEAD, Role.OPERATOR}),
        to_duty=True,
    ),
    Event.Code.SUB_ASSIGNED: Telling(
        subject=gettext_lazy("To work on: %(what)s"),
        why=gettext_lazy("The unit that answers for this case shares it with yours."),
        roles=FOCAL,
    ),
    Event.Code.SUB_ENDED: Telling(
        subject=gettext_lazy("No longer shared: %(what)s"),
        why=gettext_lazy("The unit works on this case by itself again."),
        roles=FOCAL,
    ),
    Event.Code.NOT_ENDED: Telling(
        subject=gettext_lazy("Back to your unit: %(what)s"),
        why=gettext_lazy("The operators did not end this case; it says why."),
        roles=FOCAL,
        to_assignee=True,
    ),
    # It has an hour, by night too, and nobody works on the case meanwhile.
    Event.Code.ARBITER_ASKED: Telling(
        subject=gettext_lazy("Decide within the hour: %(what)s"),
        why=gettext_lazy("Units passed this case around; the shift lead names one."),
        roles=frozenset({Role.SHIFT_LEAD}),
    ),
    # Operators see it in their queue; an urgent one does not wait until they look.
    Event.Code.RETURNED: Telling(
        subject=gettext_lazy("Returned by the unit: %(what)s"),
        why=gettext_lazy("The unit returned this case; it needs another one."),
        roles=frozenset({Role.SHIFT_LEAD}),
        only_urgent=True,
    ),
    Event.Code.DUE_SOON: Telling(
        subject=gettext_lazy("Due soon: %(what)s"),
        why=gettext_lazy("The date of this case comes near."),
        roles=FOCAL | {Role.SHIFT_LEAD},
        to_assignee=True,
    ),
    Event.Code.OVERDUE: Telling(
        subject=gettext_lazy("Overdue: %(what)s"),
        why=gettext_lazy("The date has passed and the case is not done."),
        roles=RANK,
        by_rank=True,
    ),
    Event.Code.URGED: Telling(
        subject=gettext_lazy("Overdue in a unit below: %(what)s"),
        why=gettext_lazy(
            "A unit below yours is late with this case. You may urge it or direct it."
        ),
        roles=ABOVE,
        by_rank=True,
        above=True,
    ),
    Event.Code.RAISED: Telling(
        subject=gettext_lazy("Overdue for long: %(what)s"),
        why=gettext_lazy(
            "A case of the city is long overdue. You may direct its unit."
        ),
        roles=CITY,
        by_rank=True,
        anywhere=True,
    ),
    Event.Code.TARGET_SOON: Telling(
        subject=gettext_lazy("Internal target soon: %(what)s"),
        why=gettext_lazy("An internal target of this case comes near."),
        roles=FOCAL | {Role.SHIFT_LEAD},
        to_assignee=True,
    ),
    Event.Code.TARGET_MISSED: Telling(
        subject=gettext_lazy("Internal target missed: %(what)s"),
        why=gettext_lazy("An internal target of this case was not met."),
        roles=RANK,
        by_rank=True,
    ),
    Event.Code.TARGET_URGED: Telling(
        subject=gettext_lazy("Internal target missed in a unit below: %(what)s"),
        why=gettext_lazy("A unit below yours has missed an internal target."),
        roles=ABOVE,
        by_rank=True,
        above=True,
    ),
    Event.Code.TARGET_RAISED: Telling(
        subject=gettext_lazy("Internal target long missed: %(what)s"),
        why=gettext_lazy("An urgent case of the city still waits."),
        roles=CITY,
        by_rank=True,
        anywhere=True,
    ),
    Event.Code.LAPSED: Telling(
        subject=gettext_lazy("Commitment not kept: %(what)s"),
        why=gettext_lazy(
            "The unit committed to a day, and the case is not done. Commit anew."
        ),
        roles=LEADING,
        by_rank=True,
        to_assignee=True,
    ),
    Event.Code.DIRECTED: Telling(
        subject=gettext_lazy("A leader's directive: %(what)s"),
        why=gettext_lazy(
            "A leader above your unit asks something of it on this case. Answer there."
        ),
        roles=LEADING,
        by_rank=True,
        to_assignee=True,
    ),
    Event.Code.DIRECTIVE_ANSWER: Telling(
        subject=gettext_lazy("Your directive was answered: %(what)s"),
        why=gettext_lazy("The unit has answered your directive. Read it and close it."),
        roles=frozenset(),
    ),
    Event.Code.DIRECTIVE_LAPSED: Telling(
        subject=gettext_lazy("Your directive ended: %(what)s"),
        why=gettext_lazy(
            "The unit you directed has the case no more, and has not answered. Direct "
            "the one that has it now, if need be."
        ),
        roles=frozenset(),
    ),
}
