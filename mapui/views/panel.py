"""What may be done to a case now, by this person: the buttons and forms of its page."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from incidents.deadlines import read_calendar
from incidents.finding import DECLINES
from incidents.handover import cut_off
from incidents.models import Category, ReplyTemplate, Report, Status
from incidents.permissions import Actor, Side
from incidents.replies import words_for
from incidents.sharing import WORTH_WORK
from incidents.workflow import STEPS, open_steps
from mapui.forms import Complaint

from .action import Action
from .asking import Asked
from .casework import Casework
from .desk import holds
from .steps import ALL

#: What another operator's claim keeps one from.
GUARDED = frozenset(
    {
        "move",
        "reclassify",
        "accept_and_transfer",
        "accept_and_ask",
        "ask_units",
        "transfer",
        "accept",
        "ask",
        "answer",
        "thank",
        "point_to_emergency",
        "refuse",
        "merge",
    }
)
TRANSFERS = ("accept_and_transfer", "transfer")
#: They have forms of their own, beside each directive.
OF_DIRECTIVES = frozenset({"answer_directive", "close_directive"})
ASKS = frozenset({"accept_and_ask", "ask_units"})
#: From these a unit may file a result, in one or by taking the case first.
FILED_FROM = frozenset({"propose_result", "acknowledge"})
AT_DESK = frozenset({Status.RECEIVED, Status.ACCEPTED, Status.RETURNED})


#: What hangs on who works on the case, and on who was there before.
OF_PARTS = frozenset({"share", "end_share", "ask_arbiter"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """A step that was tried and refused: what was typed, and what was wrong."""

    name: str
    form: Asked
    had_files: bool = False

    @property
    def errors(self) -> bool:
        return bool(self.form.errors)

    @property
    def summary(self) -> list[Complaint]:
        """What is wrong, each with where to mend it."""
        return [
            Complaint(anchor=self._anchor(name), message=self._said(name, message))
            for name, messages in self.form.errors.items()
            for message in messages
        ]

    @property
    def typed(self) -> list[tuple[str, str]]:
        """What was written, to be copied where its form is no longer there."""
        read = getattr(self.form, "cleaned_data", {})
        return [
            (str(bound.label), str(read.get(bound.name) or value))
            for bound in self.form
            if (value := bound.value()) and not bound.field.widget.needs_multipart_form
        ]

    def _said(self, name: str, message: object) -> str:
        """Name the field: away from it, "this is needed" says nothing."""
        named = name in self.form.fields
        return f"{self.form[name].label}: {message}" if named else str(message)

    def _anchor(self, name: str) -> str:
        return self.form[name].id_for_label if name in self.form.fields else "panel"


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """One thing this person may do now."""

    action: Action
    form: Asked
    is_open: bool = False
    words: tuple[ReplyTemplate, ...] = ()  #: Ready ones, to begin with.


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """All that this person may do now, the likeliest first."""

    offers: tuple[Offer, ...]
    is_claimed_by_other: bool
    failure: Failure | None
    may_file: bool = False  #: Whether a result may be filed, on its own page.
    must_commit: bool = False  #: Whether a commitment opens the other steps.
    may_answer: bool = False  #: Whether what a leader asked is this person's to answer.

    @property
    def presses(self) -> list[Offer]:
        return [each for each in self.offers if each.action.is_press]

    @property
    def commitment(self) -> Offer | None:
        """What a unit that is late is asked before all else."""
        return self._offered("commit")

    @property
    def folded(self) -> list[Offer]:
        apart = {"commit", "move", "reclassify"}
        offers = [each for each in self.offers if not each.action.is_press]
        return [each for each in offers if each.action.name not in apart]

    @property
    def move(self) -> Offer | None:
        """How the pin is put elsewhere; it stands beside the map."""
        return self._offered("move")

    @property
    def reclassify(self) -> Offer | None:
        """How it is called otherwise; it stands beside the reasons."""
        return self._offered("reclassify")

    @property
    def merge(self) -> Offer | None:
        """How it is joined to another; its likely twins have a button for it each."""
        return self._offered("merge")

    def _offered(self, name: str) -> Offer | None:
        return next((each for each in self.offers if each.action.name == name), None)

    @property
    def transfer(self) -> Offer | None:
        """By which of the two ways a case goes to a unit now."""
        return next((o for o in self.offers if o.action.name in TRANSFERS), None)

    @property
    def leftover(self) -> list[tuple[str, str]]:
        """What was typed into a form that the case has no more."""
        if self.failure is None:
            return []
        offered = {each.action.name for each in self.offers}
        return [] if self.failure.name in offered else self.failure.typed

    @property
    def has_choices(self) -> bool:
        return bool(self.offers) or self.may_file


def panel_of(
    case: Casework, actor: Actor, *, at: datetime, failure: Failure | None = None
) -> Panel:
    """Choose what to offer, and fold away what is not likely to be needed."""
    held = holds(case.report, at=at)
    mine = case.report.claimed_by_id == actor.user.pk
    kept_out = held and not mine
    sides = actor.sides(case.report)
    if case.asked_of(actor):
        sides |= {Side.CANDIDATE}
    if case.may_direct:
        sides |= {Side.ABOVE}
    must_commit = case.must_commit and Side.DESK not in sides
    actions = [
        each
        for each in _open(case.report, sides, kept_out=kept_out, is_mine=held and mine)
        if _fits(each, case, must_commit=must_commit, at=at)
    ]
    steps = set(open_steps(case.report, sides))
    ready = _ready(case.report, actions)
    offers = tuple(_offer(each, case, failure, ready) for each in actions)
    return Panel(
        offers=offers,
        may_file=bool(steps & FILED_FROM),
        must_commit=must_commit and "commit" in steps,
        may_answer="answer_directive" in steps,
        is_claimed_by_other=kept_out and actor.is_desk,
        failure=failure,
    )


def _fits(action: Action, case: Casework, *, must_commit: bool, at: datetime) -> bool:
    """Tell whether a step that is open is asked for by how the clocks stand."""
    if action.name == "commit":
        is_complex = case.report.category.urgency == Category.Urgency.COMPLEX
        return case.is_late or is_complex
    if action.name in ASKS:
        return case.may_be_asked
    if action.name == "ask_location":
        return case.may_ask_location
    if action.name in OF_DIRECTIVES:
        return False
    if action.name == "refuse_unanswered":
        asked_at = case.asked_at
        return asked_at is not None and asked_at < cut_off(read_calendar(), at=at)
    if action.name == "make_safe":
        return case.in_danger
    if action.name == "extend":
        return case.may_extend
    return not (must_commit and STEPS[action.opens_with].after_commitment)


def _open(
    report: Report, sides: frozenset[Side], *, kept_out: bool, is_mine: bool
) -> Iterator[Action]:
    steps = set(open_steps(report, sides))
    is_waiting = bool(steps & GUARDED) and not kept_out
    if "accept" in steps:  # Then either goes with accepting, in one.
        steps -= {"transfer", "ask_units"}
    for action in ALL:
        name = action.name
        if action.opens_with not in steps or (kept_out and name in GUARDED):
            continue
        if name == "approve_title" and not report.is_public:
            continue
        if name == "claim" and (is_mine or not is_waiting):
            continue
        if name == "release" and not is_mine:
            continue
        if name == "send_result_back" and report.approval in DECLINES:
            continue  # Declining is its own step, and says so.
        if name == "answer" and report.kind == Report.Kind.REPORT:
            continue  # What is wrong somewhere is handled, or called a question first.
        if name in OF_PARTS and not is_offered(name, report):
            continue
        yield action


def is_offered(name: str, report: Report) -> bool:
    """Tell whether a step makes sense that the state of the case would allow."""
    if name == "share":
        return report.subunit_id is None and report.verification in WORTH_WORK
    if name == "end_share":
        return report.subunit_id is not None
    return report.is_arbitrated or report.status == Status.RETURNED


def _ready(report: Report, actions: list[Action]) -> tuple[ReplyTemplate, ...]:
    """Read the ready words for what is on offer, in one statement or none."""
    purposes = {each.words for each in actions if each.words}
    return tuple(words_for(report, *purposes)) if purposes else ()


def _offer(
    action: Action,
    case: Casework,
    failure: Failure | None,
    ready: tuple[ReplyTemplate, ...],
) -> Offer:
    words = tuple(each for each in ready if each.purpose == action.words)
    if failure is not None and failure.name == action.name:
        return Offer(action=action, form=failure.form, is_open=True, words=words)
    title = case.report.public_title or case.suggested_title
    form = action.form(
        report=case.report,
        auto_id=f"{action.name}-%s",
        initial={"public_title": title},
    )
    is_open = _is_likely(action, case)
    return Offer(action=action, form=form, is_open=is_open, words=words)


def _is_likely(action: Action, case: Casework) -> bool:
    """Tell whether this is what the case most probably needs next."""
    report = case.report
    if action.name in TRANSFERS:
        return case.proposed is None and report.status in AT_DESK
    return action.name == "answer" and report.kind == Report.Kind.QUESTION
