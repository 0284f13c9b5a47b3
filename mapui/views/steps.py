"""The buttons of a case: each step's name, what it asks for, what comes next."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.utils.translation import gettext_lazy as _

from incidents import (
    candidates,
    correcting,
    directives,
    duplicates,
    handover,
    located,
    publishing,
    recordings,
    resolution,
    unanswered,
    work,
)
from incidents.media import look_into
from incidents.models import ReplyTemplate, Report
from incidents.permissions import Actor

from .action import Action
from .agreed_steps import AGREED, AT_WORK
from .asking import (
    AnswerForm,
    AskForm,
    AssignForm,
    CommitForm,
    DeclineForm,
    MessageForm,
    PauseForm,
    RecordingForm,
    RefuseForm,
    SendResultBackForm,
    TitleForm,
    TransferForm,
)
from .clock_forms import (
    AnswerDirectiveForm,
    DirectForm,
    ExtendForm,
    OfDirective,
    SafeForm,
)
from .correcting_forms import MoveForm, ReclassifyForm
from .joining_forms import MergeForm, UnmergeForm

Purpose = ReplyTemplate.Purpose

ALL = (
    *AGREED,
    Action(
        name="publish_result",
        label=_("Publish the result"),
        verb=resolution.publish_result,
        done=_("Published. The reporter is told."),
        is_press=True,
        is_main=True,
    ),
    Action(
        name="send_result_back",
        label=_("Send the result back"),
        verb=resolution.send_result_back,
        done=_("Sent back. The unit works on and files another result."),
        form=SendResultBackForm,
    ),
    Action(
        name="accept_and_transfer",
        step="accept",
        label=_("Accept and transfer to another unit"),
        key="u",
        verb=handover.accept_and_transfer,
        done=_("Accepted and transferred. The reporter is told; the unit confirms."),
        form=TransferForm,
    ),
    Action(
        name="transfer",
        label=_("Transfer to another unit"),
        key="u",
        verb=handover.transfer,
        done=_("Transferred. The reporter is told; the unit confirms next."),
        form=TransferForm,
    ),
    Action(
        name="accept_and_ask",
        step="accept",
        label=_("Accept and ask every unit it may belong to"),
        verb=candidates.accept_and_ask,
        done=_("Accepted, and asked. The first unit to take the case up has it."),
        is_press=True,
        is_main=True,
    ),
    Action(
        name="ask_units",
        label=_("Ask every unit it may belong to"),
        verb=candidates.ask_units,
        done=_("Asked. The first unit to take the case up has it; you see who."),
        is_press=True,
    ),
    Action(
        name="take_up",
        label=_("It is ours: take it up"),
        verb=candidates.take_up,
        done=_("The case is your unit's. Next: check on site or begin the work."),
        is_press=True,
        is_main=True,
    ),
    Action(
        name="decline",
        label=_("It is not ours"),
        verb=candidates.decline,
        done=_("Noted. The other units that were asked may still take it up."),
        form=DeclineForm,
    ),
    Action(
        name="accept",
        label=_("Accept only"),
        verb=handover.accept,
        done=_("Accepted. Next it must be transferred to a unit."),
        is_press=True,
    ),
    Action(
        name="ask",
        label=_("Ask for more information"),
        verb=handover.ask_for_information,
        done=_("Asked. The case waits for the reporter's answer."),
        form=AskForm,
    ),
    Action(
        name="refuse_unanswered",
        step="refuse",
        label=_("Refuse: no answer came"),
        verb=unanswered.refuse_unanswered,
        done=_("Refused. The reporter is told the reason and what to do instead."),
        is_press=True,
    ),
    Action(
        name="add_recording",
        label=_("Add a recording of the call"),
        verb=recordings.add_recording,
        done=_("Kept. Only who may know the reporter can hear it."),
        form=RecordingForm,
    ),
    Action(
        name="ask_location",
        label=_("Send a link that asks where it is"),
        verb=located.ask_location,
        done=_("Sent. When the place is shown it stands in the timeline."),
        is_press=True,
    ),
    Action(
        name="answer",
        label=_("Answer"),
        verb=handover.answer,
        done=_("Answered. The reporter is told and the case has ended."),
        form=AnswerForm,
        is_final=True,
    ),
    Action(
        name="thank",
        label=_("Note thanks"),
        verb=handover.thank,
        done=_("Thanks noted. The reporter is told and the case has ended."),
        hint=_("For praise and thanks: nothing is to be handled, and the case ends."),
        is_final=True,
    ),
    Action(
        name="point_to_emergency",
        label=_("Point to the emergency numbers"),
        verb=handover.point_to_emergency,
        done=_("The reporter is told to call the emergency numbers; the case ended."),
        hint=_("Only where police, fire or ambulance must come. The case ends here."),
        is_final=True,
    ),
    Action(
        name="refuse",
        label=_("Refuse"),
        verb=handover.refuse,
        done=_("Refused. The reporter is told the reason and what to do instead."),
        form=RefuseForm,
        is_final=True,
    ),
    Action(
        name="commit",
        label=_("Say why it is late and by when it will be done"),
        verb=work.commit_to,
        done=_("The reporter is told the reason and the day."),
        form=CommitForm,
        words=Purpose.PROGRESS,
        is_main=True,
    ),
    Action(
        name="acknowledge",
        label=_("Acknowledge"),
        verb=work.acknowledge,
        done=_("Acknowledged. Next: check on site or begin the work."),
        is_press=True,
    ),
    Action(
        name="make_safe",
        label=_("The danger is over"),
        verb=work.make_safe,
        done=_("Noted that nobody is in danger. Next: finish the work."),
        form=SafeForm,
        words=Purpose.PROGRESS,
    ),
    Action(
        name="resume",
        label=_("Resume the work"),
        verb=work.resume,
        done=_("Work resumed. Next: file the result."),
        is_press=True,
    ),
    Action(
        name="verify",
        label=_("Check on site"),
        verb=work.verify,
        done=_("Noted that somebody is checking. Next: begin the work."),
        is_press=True,
    ),
    Action(
        name="start",
        label=_("Begin the work"),
        verb=work.start,
        done=_("Noted that work has begun. Next: file the result."),
        is_press=True,
    ),
    Action(
        name="write",
        label=_("Write to the reporter"),
        verb=work.write_to_reporter,
        done=_("Sent. The reporter reads it by the code and may answer."),
        form=MessageForm,
        words=Purpose.MESSAGE,
    ),
    Action(
        name="approve_title",
        label=_("Approve the title"),
        key="d",
        verb=publishing.approve_title,
        done=_("Approved. Strangers now read this title on the map."),
        form=TitleForm,
    ),
    *AT_WORK,
    Action(
        name="assign",
        label=_("Give to an officer"),
        verb=work.assign,
        done=_("Given. It stands in that officer's list."),
        form=AssignForm,
    ),
    Action(
        name="pause",
        label=_("Pause until a day"),
        verb=work.pause,
        done=_("Paused. On that day the work goes on by itself."),
        form=PauseForm,
    ),
    Action(
        name="extend",
        label=_("Give the unit more time"),
        verb=work.extend,
        done=_("More time is given. The reporter reads of it in the timeline."),
        form=ExtendForm,
        hint=_("Once only, before the date. The citizen's date does not move."),
    ),
    Action(
        name="direct",
        label=_("Direct or urge the unit"),
        verb=directives.direct,
        done=_("The unit is told, and answers on this case."),
        form=DirectForm,
    ),
    Action(
        name="answer_directive",
        label=_("Answer the directive"),
        verb=directives.answer_directive,
        done=_("Answered. The leader is told."),
        form=AnswerDirectiveForm,
    ),
    Action(
        name="close_directive",
        label=_("Close the directive"),
        verb=directives.close_directive,
        done=_("Closed. Nothing more is asked of the unit by it."),
        form=OfDirective,
    ),
    Action(
        name="merge",
        label=_("Join to a case of the same thing"),
        verb=duplicates.merge,
        done=_("Joined. The reporter is told, and hears the result of the other case."),
        form=MergeForm,
        hint=_(
            "This report ends as a duplicate; it can be taken apart again until the "
            "result is told."
        ),
    ),
    Action(
        name="unmerge",
        label=_("Take apart again"),
        verb=duplicates.unmerge,
        done=_("Taken apart. The case stands as before, with its unit and its dates."),
        form=UnmergeForm,
    ),
    Action(
        name="move",
        label=_("Correct the pin"),
        verb=correcting.move,
        done=_(
            "The pin is moved and it was decided anew who answers. Nobody was given "
            "the case by it: see the proposal."
        ),
        form=MoveForm,
        hint=_("Nothing is transferred by it. The reporter reads that it was moved."),
    ),
    Action(
        name="reclassify",
        label=_("Change the category"),
        verb=correcting.reclassify,
        done=_(
            "The category is changed and it was decided anew who answers. Nobody was "
            "given the case by it: see the proposal."
        ),
        form=ReclassifyForm,
        hint=_("Nothing is transferred by it. The reporter reads that it was changed."),
    ),
    Action(
        name="claim",
        label=_("Claim"),
        key="c",
        verb=handover.claim,
        done=_("The case is yours for the next quarter of an hour."),
        is_press=True,
    ),
    Action(
        name="release",
        step="claim",
        label=_("Release"),
        verb=handover.release,
        done=_("Released. Any operator may take it now."),
        is_press=True,
    ),
)
ACTIONS = {action.name: action for action in ALL}
#: What a form's field is called by the verb that takes it.
RENAMED = {
    "assignee": "to",
    "committed_on": "until",
    "organisation": "to",
    "paused_until": "until",
    "point": "to",
    "public_title": "title",
    "refusal_reason": "reason",
    "refusal_text": "text",
    "return_reason": "reason",
    "subunit": "to",
    "verification": "outcome",
}


def perform(
    action: Action,
    report: Report,
    *,
    by: Actor,
    at: datetime,
    version: int,
    said: dict[str, Any],
) -> Report:
    """Take the step with what was said, on the case as it was seen."""
    given = {RENAMED.get(name, name): value for name, value in said.items()}
    if "attachments" in given:
        given["uploads"] = look_into(given.pop("attachments"))
    return action.verb(report, by=by, at=at, version=version, **given)
