"""Called instead: whom no message reaches is put on the operators' list, once."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Q

from incidents.models import CallBack, Notice

#: As long as one of these may reach somebody, nobody has to call.
HOPEFUL = Q(state__in=["owed", "sending", "accepted", "delivered"])


def call_instead(notice: Notice, reason: CallBack.Reason, *, at: datetime) -> None:
    """Have a reporter called whom a notice did not reach, if no other one may.

    Who follows a case, or left no telephone, is never called.
    """
    contact = notice.contact
    if contact.report_id is None or not contact.phone_index:
        return
    others = Notice.objects.filter(event=notice.event_id, contact=contact)
    if others.filter(HOPEFUL).exclude(pk=notice.pk).exists():
        return
    notice.call_back = _waiting_call(notice, reason, at=at)
    notice.save(update_fields=["call_back"])


def put_on_the_list(notice: Notice, reason: CallBack.Reason, *, at: datetime) -> None:
    """Hand over to the operators what only a call can tell."""
    notice.call_back = _waiting_call(notice, reason, at=at)
    notice.state, notice.sent_at = Notice.State.ACCEPTED, at
    notice.tried_at, notice.attempts = at, notice.attempts + 1
    notice.save(update_fields=["call_back", "state", "sent_at", "tried_at", "attempts"])


def _waiting_call(notice: Notice, reason: CallBack.Reason, *, at: datetime) -> CallBack:
    """Return the one call that waits for somebody; more to say makes it no second.

    It is held, so that nobody ends it before this is among what there is to say.
    """
    waiting = CallBack.objects.unsettled().select_for_update(of=("self",))
    call_back, _is_new = waiting.get_or_create(
        contact=notice.contact,
        defaults={"reason": reason, "asked_at": at, "call_from": at},
    )
    return call_back
