"""Where a case stands, and the word that citizens see for it."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class StatusGroup(models.TextChoices):
    """The four words that citizens see."""

    WAITING = "waiting", _("Waiting to be accepted")
    IN_PROGRESS = "in_progress", _("In progress")
    DONE = "done", _("Done")
    REFUSED = "refused", _("Not accepted")


class Status(models.TextChoices):
    """Every state of a case; which may follow which is `workflow.STEPS`."""

    RECEIVED = "received", _("Received, waiting")
    INFO_REQUESTED = "info_requested", _("Waiting for more information")
    ACCEPTED = "accepted", _("Accepted")
    REFUSED = "refused", _("Refused")
    ANSWERED = "answered", _("Question answered")
    THANKED = "thanked", _("Thanks noted")
    EMERGENCY = "emergency", _("Emergency, pointed to the emergency numbers")
    WITHDRAWN = "withdrawn", _("Withdrawn")
    TRANSFERRED = "transferred", _("Transferred")
    ACKNOWLEDGED = "acknowledged", _("Taken by the unit")
    RETURNED = "returned", _("Returned by the unit")
    VERIFYING = "verifying", _("Being verified")
    IN_PROGRESS = "in_progress", _("Being handled")
    PAUSED = "paused", _("Paused")
    AWAITING = "awaiting", _("Result awaits approval")
    RESOLVED = "resolved", _("Resolved")
    REOPENED = "reopened", _("Reopened")
    DUPLICATE = "duplicate", _("Duplicate")
    CLOSED = "closed", _("Closed")

    @property
    def group(self) -> StatusGroup:
        """The one of the four words that this state is told as."""
        for group, members in GROUPS.items():
            if self in members:
                return group
        return StatusGroup.IN_PROGRESS


#: What is in none of these is in progress.
GROUPS: dict[StatusGroup, frozenset[Status]] = {
    StatusGroup.WAITING: frozenset({Status.RECEIVED, Status.INFO_REQUESTED}),
    StatusGroup.REFUSED: frozenset(
        {Status.REFUSED, Status.WITHDRAWN, Status.EMERGENCY}
    ),
    StatusGroup.DONE: frozenset(
        {
            Status.ANSWERED,
            Status.THANKED,
            Status.RESOLVED,
            Status.CLOSED,
            Status.DUPLICATE,
        }
    ),
}
GROUPS[StatusGroup.IN_PROGRESS] = frozenset(Status) - frozenset().union(
    *GROUPS.values()
)
#: Nobody has work to do on these.
ENDED = GROUPS[StatusGroup.REFUSED] | GROUPS[StatusGroup.DONE]
#: These never went through acceptance, or need not have.
BEFORE_ACCEPTANCE = GROUPS[StatusGroup.WAITING] | {
    Status.REFUSED,
    Status.WITHDRAWN,
    Status.EMERGENCY,
    Status.THANKED,
    Status.ANSWERED,
    Status.DUPLICATE,
}
#: An operator has it, and no unit yet or any more.
AT_DESK = frozenset({Status.ACCEPTED, Status.RETURNED})
#: A unit holds the case in these.
IN_HAND = frozenset(
    {
        Status.TRANSFERRED,
        Status.ACKNOWLEDGED,
        Status.VERIFYING,
        Status.IN_PROGRESS,
        Status.PAUSED,
        Status.AWAITING,
        Status.REOPENED,
    }
)
