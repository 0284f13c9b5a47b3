"""The buttons by which what a unit found, shares or will not keep is agreed on."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from incidents import arbitrating, finding, handover, resolution, sharing, work
from incidents.models import ReplyTemplate

from .action import Action
from .agreeing import (
    AppealForm,
    ArbiterForm,
    ArbitrateForm,
    EndShareForm,
    NoteForm,
    NotEndedForm,
    ReturnForm,
    ShareForm,
    VerificationForm,
)

Purpose = ReplyTemplate.Purpose

#: What waits for somebody's word comes before all else.
AGREED = (
    Action(
        name="arbitrate",
        label=_("Decide whose it is"),
        verb=arbitrating.arbitrate,
        done=_("Decided. The unit cannot return the case; the reporter is told."),
        form=ArbitrateForm,
        is_main=True,
    ),
    Action(
        name="approve_result",
        label=_("Approve the result"),
        verb=resolution.approve_result,
        done=_("Approved. It goes to who publishes it."),
        is_press=True,
        is_main=True,
    ),
    *(
        Action(
            name=name,
            step=step,
            label=label,
            verb=finding.approve_ending,
            done=_("The case has ended. The reporter is told how, and why."),
            is_press=True,
            is_main=True,
        )
        for name, step, label in (
            ("end_untrue", "end_untrue", _("Approve: it is not as reported")),
            ("end_unfound", "end_unfound", _("Approve: nothing was established")),
            (
                "agree_duplicate",
                "agree_duplicate",
                _("Approve: it was reported before"),
            ),
        )
    ),
    *(
        Action(
            name=f"decline_{what}",
            label=_("Do not end it: back to the unit"),
            verb=finding.decline_ending,
            done=_("Given back. The unit reads why and checks again."),
            form=NotEndedForm,
        )
        for what in ("untrue", "unfound", "duplicate")
    ),
)
#: What people of a unit, or of its parts, do and say while they are at work.
AT_WORK = (
    Action(
        name="record_verification",
        step="confirm",
        label=_("Record what was found"),
        verb=finding.record_verification,
        done=_("Recorded, with its moment."),
        form=VerificationForm,
    ),
    Action(
        name="share",
        label=_("Give to a part or contractor"),
        verb=sharing.share,
        done=_("Given. Your unit answers for the case as before."),
        form=ShareForm,
    ),
    Action(
        name="end_share",
        label=_("Work on it no longer by a part"),
        verb=sharing.end_share,
        done=_("The unit works on the case by itself again."),
        form=EndShareForm,
    ),
    Action(
        name="note",
        label=_("Report progress"),
        verb=work.note_progress,
        done=_("Progress is noted in the timeline."),
        form=NoteForm,
        words=Purpose.PROGRESS,
    ),
    Action(
        name="send_back",
        label=_("Return to the operators"),
        verb=handover.send_back,
        done=_("Returned. The operators choose another unit."),
        form=ReturnForm,
        words=Purpose.RETURN,
        is_final=True,
    ),
    Action(
        name="appeal",
        label=_("Ask the shift lead again"),
        verb=arbitrating.ask_arbiter,
        done=_("The shift lead decides within the hour."),
        form=AppealForm,
    ),
    Action(
        name="ask_arbiter",
        label=_("Put before the shift lead"),
        verb=arbitrating.ask_arbiter,
        done=_("The shift lead decides within the hour."),
        form=ArbiterForm,
    ),
)
