from __future__ import annotations

from collections import defaultdict

from django.conf import settings
from django.db import models
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _


class Event(models.Model):
    """One thing that happened to a case, chained to the one before it.

    Nothing personal is written here, so that erasing a person leaves it whole: what
    people wrote stands in `Note`, and the chain holds a salted digest of it.
    """

    class Code(models.TextChoices):
        RECEIVED = "received", _("Report received")
        CLAIMED = "claimed", _("Taken up by an operator")
        INFO_REQUESTED = "info_requested", _("More information asked for")
        INFO_GIVEN = "info_given", _("More information given")
        ACCEPTED = "accepted", _("Report accepted")
        REFUSED = "refused", _("Report not accepted")
        ANSWERED = "answered", _("Question answered")
        THANKED = "thanked", _("Thanks passed on")
        EMERGENCY = "emergency", _("Pointed to the emergency numbers")
        WITHDRAWN = "withdrawn", _("Withdrawn by the reporter")
        TRANSFERRED = "transferred", _("Transferred to %(organisation)s")
        ACKNOWLEDGED = "acknowledged", _("%(organisation)s has taken the case")
        RETURNED = "returned", _("%(organisation)s returned the case to the operators")
        VERIFYING = "verifying", _("%(organisation)s is checking on site")
        STARTED = "started", _("%(organisation)s is at work")
        PROGRESS = "progress", _("Progress reported")
        PAUSED = "paused", _("Paused until %(until)s")
        RESUMED = "resumed", _("Work resumed")
        RESULT_PROPOSED = "result_proposed", _("Result awaits approval")
        RESULT_SENT_BACK = "result_sent_back", _("Result sent back to the unit")
        RESOLVED = "resolved", _("Resolved by %(organisation)s")
        REOPENED = "reopened", _("Reopened by the reporter")
        CLOSED = "closed", _("Case closed")
        MERGED = "merged", _("Joined to a report of the same incident")
        UNMERGED = "unmerged", _("Taken up on its own again")
        JOINED = "joined", _("A report of the same incident was joined to this one")
        PARTED = "parted", _("A report was taken away from this one again")
        SUCCEEDED = (
            "succeeded",
            _("The report it went along with was withdrawn; it takes its place"),
        )
        PASSED_ON = "passed_on", _("A report of the same incident takes its place")
        GROUPED = "grouped", _("Part of a larger incident; they share one result")
        UNGROUPED = "ungrouped", _("No longer part of the larger incident")
        ANNOUNCED = "announced", _("Announced by %(organisation)s")
        END_CHANGED = (
            "end_changed",
            _("%(organisation)s expects it to end by %(until)s"),
        )
        TITLED = "titled", _("Public title approved")
        PHOTO_SHOWN = "photo_shown", _("Photo approved for the public")
        REROUTED = "rerouted", _("Decided anew")
        MOVED = "moved", _("Place on the map corrected")
        RECLASSIFIED = "reclassified", _("Category corrected")
        HANDED_OVER = "handed_over", _("Taken over by %(organisation)s by law")
        CONTACT_OPENED = "contact_opened", _("Contact opened by staff")
        CONTACT_ASKED = "contact_asked", _("%(organisation)s asks for the contact")
        CONTACT_GRANTED = "contact_granted", _("Contact granted to %(organisation)s")
        CONTACT_DENIED = "contact_denied", _("Contact not granted to %(organisation)s")

        REMINDED = "reminded", _("The reporter reminded %(organisation)s")
        COMMITTED = "committed", _("%(organisation)s commits to be done by %(until)s")
        MESSAGE = "message", _("Message to the reporter")
        REPLIED = "replied", _("The reporter wrote")
        ASSIGNED = "assigned", _("Given to an officer of the unit")
        CREW_LINKED = "crew_linked", _("Crew link %(number)s made")
        CREW_NOTE = "crew_note", _("Progress by crew link %(number)s")
        CREW_DONE = "crew_done", _("Reported done by crew link %(number)s")
        CREW_ENDED = "crew_ended", _("Crew link %(number)s ended")
        RATED = "rated", _("Rated by the reporter")
        CONCERN_RAISED = (
            "concern_raised",
            _("Brought to who leads %(organisation)s"),
        )
        CONCERN_ANSWERED = (
            "concern_answered",
            _("Who leads %(organisation)s has seen to it"),
        )
        FOLLOWERS_ASKED = (
            "followers_asked",
            _("Followers asked whether it is done"),
        )
        UNITS_ASKED = (
            "units_asked",
            _("Several units asked; the first to say so has it"),
        )
        CLAIM_GIVEN = "claim_given", _("Given to another operator")
        INFO_REMINDED = "info_reminded", _("Reminded of what was asked")
        LOCATION_ASKED = "location_asked", _("Asked where it is, by a link")
        LOCATED = "located", _("Place shown by the reporter")
        RECORDING_ADDED = "recording_added", _("Recording of the call added")
        NOT_OURS = "not_ours", _("%(organisation)s says that it is not theirs")
        VERIFIED = "verified", _("%(organisation)s found it as reported")
        UNCLEAR = "unclear", _("%(organisation)s could not establish it yet")
        FINDING = "finding", _("%(organisation)s asks to end the case after its check")
        NOT_ENDED = "not_ended", _("The case does not end; it goes back to the unit")
        AGREED = "agreed", _("The operators agree that it was reported before")
        NOT_TRUE = "not_true", _("Ended: checked on site, and not as reported")
        NOT_FOUND = "not_found", _("Ended: checked, and nothing could be established")
        SUB_ASSIGNED = "sub_assigned", _("%(organisation)s works on it for the unit")
        SUB_ENDED = "sub_ended", _("%(organisation)s works on it no more")
        RESULT_APPROVED = "result_approved", _("Result approved by the unit's leader")
        ARBITER_ASKED = "arbiter_asked", _("Put before the shift lead to decide")
        ARBITRATED = "arbitrated", _("The shift lead decided: %(organisation)s")

        MADE_SAFE = "made_safe", _("%(organisation)s has made the place safe")
        EXTENDED = "extended", _("Time given until %(until)s")
        RECOUNTED = "recounted", _("Due on %(until)s, no longer on %(was)s")
        DUE_SOON = "due_soon", _("%(organisation)s was reminded: due at %(due)s")
        OVERDUE = (
            "overdue",
            _("Not done by %(due)s: the leader of %(organisation)s told"),
        )
        URGED = "urged", _("Not done by %(due)s: those above %(organisation)s told")
        RAISED = "raised", _("Not done by %(due)s: the city's leaders told")
        TARGET_SOON = "target_soon", _("Target %(due)s: %(organisation)s was reminded")
        TARGET_MISSED = (
            "target_missed",
            _("Target %(due)s missed: the leader of %(organisation)s told"),
        )
        TARGET_URGED = (
            "target_urged",
            _("Target %(due)s missed: those above %(organisation)s told"),
        )
        TARGET_RAISED = (
            "target_raised",
            _("Target %(due)s missed: the city's leaders told"),
        )
        LAPSED = "lapsed", _("%(organisation)s did not keep its commitment to %(due)s")
        DIRECTED = "directed", _("A leader directs %(organisation)s, by %(until)s")
        DIRECTIVE_ANSWER = "directive_answer", _("%(organisation)s answers its leader")
        DIRECTIVE_CLOSED = "directive_closed", _("The leader has closed the directive")
        DIRECTIVE_LAPSED = (
            "directive_lapsed",
            _("%(organisation)s has the case no more: what its leader asked ends"),
        )

    class Visibility(models.TextChoices):
        REPORTER = "reporter", _("The reporter, by the code")
        STAFF = "staff", _("Staff only")

    report = models.ForeignKey("Report", models.CASCADE, related_name="events")
    sequence = models.PositiveIntegerField()
    at = models.DateTimeField()
    code = models.CharField(max_length=16, choices=Code.choices)
    arguments = models.JSONField(default=dict)
    visibility = models.CharField(
        max_length=8, choices=Visibility.choices, default=Visibility.REPORTER
    )
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        help_text="Empty for the reporter and for what happens by itself.",
    )
    prev_hash = models.BinaryField(max_length=32)
    hash = models.BinaryField(max_length=32)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="event_has_its_turn_in_the_case", fields=["report", "sequence"]
            )
        ]

    def __str__(self) -> str:
        return f"{self.sequence} {self.code}"

    @property
    def label(self) -> str:
        """What happened, in the reader's language; what was not said is left out."""
        said = self.arguments | {"organisation": self.organisation_name}
        return str(str(self.Code(self.code).label) % defaultdict(str, said))

    @property
    def organisation_name(self) -> str:
        """The organisation it names, in the reader's language."""
        return self._named("organisation")

    @property
    def predecessor_name(self) -> str:
        """The organisation that had the case until its end, in the same way."""
        return self._named("predecessor")

    def _named(self, who: str) -> str:
        vietnamese = self.arguments.get(who, "")
        english = self.arguments.get(f"{who}_en", vietnamese)
        return str(english if get_language() == "en" else vietnamese)


class Note(models.Model):
    """What a person wrote with an event; erased, it leaves the chain whole."""

    event = models.OneToOneField(Event, models.CASCADE, related_name="note")
    text = models.TextField()
    salt = models.BinaryField(max_length=16)

    def __str__(self) -> str:
        return f"Note on event {self.event_id}"
