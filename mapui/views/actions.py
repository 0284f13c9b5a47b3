"""What staff do to a case from its page: each a verb of the domain, and its form."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.http import QueryDict
from django.utils.dateparse import parse_date
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from incidents import handover, publishing, resolution, work
from incidents.media import look_into
from incidents.models import Organisation, RefusalReason, Report
from incidents.permissions import Actor


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """What a form of the case page was sent with, by whom and when."""

    fields: QueryDict
    files: list[UploadedFile]
    by: Actor
    at: datetime

    @property
    def common(self) -> dict[str, Any]:
        """Return what every verb is told; the version guards against overwriting."""
        seen = self.fields.get("version", "")
        version = int(seen) if seen.isdecimal() and len(seen) < 10 else None
        return {"by": self.by, "at": self.at, "version": version}

    @property
    def text(self) -> str:
        return self.fields.get("text", "").strip()

    @property
    def organisation(self) -> Organisation | None:
        code = self.fields.get("organisation", "")
        return Organisation.objects.filter(code=code).first()

    @property
    def refusal(self) -> RefusalReason | None:
        active = RefusalReason.objects.filter(is_active=True)
        return active.filter(code=self.fields.get("refusal_reason", "")).first()

    @property
    def until(self) -> date | None:
        try:
            return parse_date(self.fields.get("paused_until", ""))
        except ValueError:
            return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """One thing staff may do: what its button says, its form, and what it does."""

    label: Promise
    done: Promise
    run: Callable[[Report, Sent], Report]
    form: str = ""  #: A template under `staff/forms/`; none for a mere button.
    ask: Promise | str = ""  #: What the text of the form should say.
    tone: str = "quiet"


def _transfer(report: Report, sent: Sent) -> Report:
    """Accept first what was not accepted, so that one press is enough."""
    common = sent.common
    if "accept" in sent.fields:
        report = handover.accept(report, **common)
        common["version"] = report.version
    reason = sent.fields.get("reason", "")
    return handover.transfer(report, to=sent.organisation, reason=reason, **common)


def _propose(report: Report, sent: Sent) -> Report:
    return resolution.propose_result(
        report,
        outcome=sent.fields.get("outcome", ""),
        text=sent.text,
        uploads=look_into(sent.files),
        no_photo_because=sent.fields.get("no_photo_because", ""),
        **sent.common,
    )


ACTIONS: dict[str, Action] = {
    "claim": Action(
        label=_("Take it up"),
        done=_("The report is yours for a quarter of an hour."),
        run=lambda report, sent: handover.claim(report, **sent.common),
    ),
    "transfer": Action(
        label=_("Transfer"),
        done=_("Transferred, and the reporter is told."),
        run=_transfer,
        form="transfer",
        tone="main",
    ),
    "accept": Action(
        label=_("Accept only"),
        done=_("Accepted."),
        run=lambda report, sent: handover.accept(report, **sent.common),
    ),
    "ask": Action(
        label=_("Ask for information"),
        done=_("The reporter is asked."),
        run=lambda report, sent: handover.ask_for_information(
            report, text=sent.text, **sent.common
        ),
        form="text",
        ask=_("What is missing? The reporter reads this."),
    ),
    "answer": Action(
        label=_("Answer at once"),
        done=_("Answered, and the reporter is told."),
        run=lambda report, sent: handover.answer(
            report, text=sent.text, **sent.common
        ),
        form="text",
        ask=_("The answer, as the reporter reads it"),
    ),
    "refuse": Action(
        label=_("Refuse"),
        done=_("Refused, and the reporter is told why."),
        run=lambda report, sent: handover.refuse(
            report, reason=sent.refusal, text=sent.text, **sent.common
        ),
        form="refuse",
        tone="danger",
    ),
    "thank": Action(
        label=_("Thanks noted"),
        done=_("The thanks are noted."),
        run=lambda report, sent: handover.thank(report, **sent.common),
    ),
    "point_to_emergency": Action(
        label=_("Point to the emergency numbers"),
        done=_("The reporter is pointed to the emergency numbers."),
        run=lambda report, sent: handover.point_to_emergency(report, **sent.common),
    ),
    "approve_title": Action(
        label=_("Public title"),
        done=_("The public title is approved."),
        run=lambda report, sent: publishing.approve_title(
            report, title=sent.fields.get("title", ""), **sent.common
        ),
        form="title",
    ),
    "acknowledge": Action(
        label=_("Acknowledge"),
        done=_("Acknowledged."),
        run=lambda report, sent: work.acknowledge(report, **sent.common),
        tone="main",
    ),
    "verify": Action(
        label=_("Check on site"),
        done=_("Noted: somebody checks on site."),
        run=lambda report, sent: work.verify(report, **sent.common),
    ),
    "start": Action(
        label=_("Begin the work"),
        done=_("Noted: the work has begun."),
        run=lambda report, sent: work.start(report, **sent.common),
    ),
    "resume": Action(
        label=_("Resume the work"),
        done=_("Noted: the work goes on."),
        run=lambda report, sent: work.resume(report, **sent.common),
        tone="main",
    ),
    "propose_result": Action(
        label=_("Report the result"),
        done=_("The result is on file."),
        run=_propose,
        form="result",
        tone="main",
    ),
    "note": Action(
        label=_("Report progress"),
        done=_("The progress is in the timeline."),
        run=lambda report, sent: work.note_progress(
            report, text=sent.text, **sent.common
        ),
        form="text",
        ask=_("How it goes; the reporter reads this."),
    ),
    "pause": Action(
        label=_("Pause"),
        done=_("Paused."),
        run=lambda report, sent: work.pause(
            report, until=sent.until, text=sent.text, **sent.common
        ),
        form="pause",
    ),
    "send_back": Action(
        label=_("Return to the operators"),
        done=_("Returned to the operators."),
        run=lambda report, sent: handover.send_back(
            report, text=sent.text, **sent.common
        ),
        form="text",
        ask=_("Why it is not yours, and whose it is"),
        tone="danger",
    ),
    "publish_result": Action(
        label=_("Publish the result"),
        done=_("Published, and the reporter is told."),
        run=lambda report, sent: resolution.publish_result(report, **sent.common),
        tone="main",
    ),
    "send_result_back": Action(
        label=_("Send the result back"),
        done=_("Sent back to the unit."),
        run=lambda report, sent: resolution.send_result_back(
            report, text=sent.text, **sent.common
        ),
        form="text",
        ask=_("What is missing in it"),
    ),
}
