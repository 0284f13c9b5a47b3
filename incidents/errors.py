"""Everything incidents can refuse to do, and how a refusal reads over HTTP."""

from datetime import datetime
from http import HTTPStatus

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import override


class IncidentError(Exception):
    """The request is understood and refused; the message is fit to show."""

    code = "refused"
    status = HTTPStatus.CONFLICT
    message = _("This cannot be done.")
    field = ""  #: The field of a form that the message belongs to, if one does.

    def __str__(self) -> str:
        return str(self.args[0]) if self.args else str(self.message)


class OutsideTheMap(IncidentError):
    """No area in force covers this point."""

    code = "outside_the_map"
    status = HTTPStatus.UNPROCESSABLE_ENTITY
    message = _("This point is off the map. Choose a place inside the city.")
    field = "lat"


class NotJoinable(IncidentError):
    """Two cases cannot go along together; the message says why."""

    code = "not_joinable"
    field = "into"


class AnsweredAlready(IncidentError):
    """The shared result was told, so it is not taken from its reporters again."""

    code = "answered_already"
    message = _(
        "The result was told to its reporter already. If it is not done there, the "
        "reporter reports it again."
    )


class SentBefore(IncidentError):
    """The client_id came before, with another body."""

    code = "sent_before"
    message = _("Another report was sent under this client_id.")


class SentOtherwise(SentBefore):
    """A phone sent something else under a name that it has used."""

    code = "sent_otherwise"
    message = _("Something else was sent from this phone under the same name before.")


class NotAllowed(IncidentError):
    """The person may not do that to this case."""

    code = "not_allowed"
    status = HTTPStatus.FORBIDDEN
    message = _("Your role does not allow this.")


class CommitFirst(IncidentError):
    """The case is late: a reason and a day to be done by come before all else."""

    code = "commit_first"
    message = _(
        "The case is late. First say how it goes and commit to a day; then go on."
    )


class ExtendedAlready(IncidentError):
    """A unit's clock is given more time once."""

    code = "extended_already"
    message = _("The unit was given more time already; it is given once.")


class OwnRole(NotAllowed):
    """Nobody gives a role to themselves, or takes one of their own away."""

    code = "own_role"
    message = _("Your own roles are seen to by somebody else who manages them.")


class OwnExport(NotAllowed):
    """Nobody lets out what they asked for themselves."""

    code = "own_export"
    message = _("Somebody else answers what you asked for.")


class HeldAlready(IncidentError):
    """The person holds this role there in these days."""

    code = "held_already"
    message = _("This person holds this role there already in these days.")
    field = "role"


class LastAdministrator(IncidentError):
    """Nobody else could manage the organisation's people afterwards."""

    code = "last_administrator"
    message = _(
        "This is the last administrator who can sign in. Make somebody else an "
        "administrator first."
    )


class HandOverFirst(IncidentError):
    """The person has open cases that nobody would look after."""

    code = "hand_over_first"
    message = _("This person still has open cases. Hand the work over first.")


class AccountShut(IncidentError):
    """The account was switched off by who runs the site, and only they open it."""

    code = "account_shut"
    message = _(
        "The account with this e-mail was switched off by those who run the site. "
        "Ask them to open it again."
    )
    field = "email"


class NotNow(IncidentError):
    """The case is not in a state from which this may be done."""

    code = "not_now"
    message = _("The case has moved on; this can no longer be done.")


class NotFollowable(NotNow):
    """The case has ended, or is not one that strangers see."""

    code = "not_followable"
    message = _("This case has ended, so it can no longer be followed.")


class FollowsTooMany(IncidentError):
    """An e-mail would follow more cases than one person does, or too many at once."""

    code = "follows_too_many"
    status = HTTPStatus.TOO_MANY_REQUESTS
    field = "email"


class NoSuchFollowing(IncidentError):
    """Nobody follows a case under this token."""

    code = "no_such_following"
    status = HTTPStatus.NOT_FOUND
    message = _("This link ends nothing: nobody follows a case under it.")


class NoSuchLink(IncidentError):
    """Nobody made a link with this secret, or of this number; or it is over."""

    code = "no_such_link"
    status = HTTPStatus.NOT_FOUND
    message = _("This link opens nothing.")


class CrewLinkSpent(IncidentError):
    """The link is over: too old, taken back, used, or the case has gone on."""

    code = "crew_link_spent"
    status = HTTPStatus.GONE
    message = _("This link is over. Ask the unit for a new one.")


class AskedTooOften(IncidentError):
    """One contact asks for more one-time codes than anybody needs."""

    code = "asked_too_often"
    status = HTTPStatus.TOO_MANY_REQUESTS
    message = _("Too many codes were asked for with this contact.")
    field = "contact"

    def __init__(self, *, again_at: datetime) -> None:
        super().__init__()
        self.again_at = again_at  #: When one may be asked for again.


class WrongCode(IncidentError):
    """The digits that were typed are not the ones that were sent."""

    code = "wrong_code"
    status = HTTPStatus.UNPROCESSABLE_ENTITY
    field = "digits"


class SpentCode(IncidentError):
    """The one-time code was used, tried too often, or is too old."""

    code = "spent_code"
    message = _("This code is no longer good. Ask for a new one.")
    field = "digits"


class NotLate(NotNow):
    """The unit still has time; there is nothing to remind it of."""

    code = "not_late"
    message = _("The case is not overdue, so there is nothing to remind of yet.")


class SpentLink(IncidentError):
    """A link for the place of a report was used, is too old, or never was."""

    code = "spent_link"
    status = HTTPStatus.GONE
    message = _("This link is no longer good. Call us, and we send another one.")


class RemindedAlready(NotNow):
    """The unit was reminded a short while ago."""

    code = "reminded_already"


class AlreadyOnDuty(IncidentError):
    """One person would stand twice on a unit's roster at one time."""

    code = "already_on_duty"
    message = _("This person is on duty already at that time.")
    field = "user"


class ChangedMeanwhile(IncidentError):
    """Someone else changed the case after it was read."""

    code = "changed_meanwhile"
    message = _("Someone else changed this case in the meantime. Look at it again.")


class ClaimedByAnother(IncidentError):
    """Another operator has the case on the screen."""

    code = "claimed"
    message = _("Another operator is working on this report.")


class Missing(IncidentError):
    """Something that must be given with this step was not."""

    code = "missing"
    status = HTTPStatus.UNPROCESSABLE_ENTITY
    message = _("Something that is needed is missing.")

    def __init__(self, message: str, *, field: str) -> None:
        super().__init__(message)
        self.field = field


class UnacceptableFile(IncidentError):
    """The file is too large, one too many, or not a medium we take."""

    code = "unacceptable_file"
    status = HTTPStatus.UNSUPPORTED_MEDIA_TYPE
    message = _("Send photos, videos or recordings only.")
    field = "attachments"


class StagedFileGone(IncidentError):
    """A file that was sent ahead of its report has been swept or taken back."""

    code = "staged_file_gone"
    message = _("A file you had sent is no longer here. Choose it again.")
    field = "attachments"


class FileTooLarge(UnacceptableFile):
    """The file is larger than we take, or there are too many."""

    code = "too_large"
    status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    message = _("The file is too large.")


class NoRoomForFiles(FileTooLarge):
    """More is being sent ahead of reports than there is room for."""

    code = "no_room_for_files"
    message = _(
        "There is no room for more files just now. Send the report without this one, "
        "or try again in an hour."
    )


class NotSent(IncidentError):
    """A message could not be handed over; the worker tries again."""

    code = "not_sent"
    status = HTTPStatus.SERVICE_UNAVAILABLE
    message = _("The message could not be sent.")

    def __init__(
        self,
        *told: object,
        failure: str = "",
        is_final: bool = False,
        may_have_gone: bool = False,
    ) -> None:
        super().__init__(*told)
        self.failure = failure
        self.is_final = is_final  #: No other try helps.
        self.may_have_gone = may_have_gone


class NoDeadlineRule(IncidentError):
    """No rule says how long a unit has; the city's data are not loaded."""

    code = "no_deadline_rule"
    status = HTTPStatus.SERVICE_UNAVAILABLE
    message = _("The city's deadlines are not loaded yet.")


class UnknownCondition(IncidentError):
    """A rule asks for something that nobody could weigh."""

    code = "unknown_condition"
    status = HTTPStatus.UNPROCESSABLE_ENTITY
    field = "conditions"


class BrokenCityFile(IncidentError):
    """A file of the city's folder cannot be loaded; nothing of the folder is."""

    code = "broken_city_file"
    status = HTTPStatus.UNPROCESSABLE_ENTITY

    def __init__(
        self, file: str, where: str, column: str, cause: str | Promise
    ) -> None:
        self.where, self.column, self.cause = where, column, cause
        said = ", ".join(part for part in (file, where, column) if part)
        with override("en"):  # As commands speak; a page asks `told` for its own words.
            super().__init__(f"{said}: {cause}")

    @property
    def told(self) -> str:
        """The row, the column and the cause, in the reader's language."""
        line = self.where.removeprefix("line ")
        where = _("line %(number)s") % {"number": line} if line.isdecimal() else line
        parts = (where, f"“{self.column}”" if self.column else "")
        said = ", ".join(str(part) for part in parts if part)
        return f"{said}: {self.cause}" if said else str(self.cause)


class NothingToSeedOn(IncidentError):
    """There is no map in force all the while, or no unit, or no category."""

    code = "nothing_to_seed_on"
    message = _("Load a map and the city first; the map must cover all the days.")


class TooLateToRollBack(IncidentError):
    """Cases have gone over by this edition, so taking it back would strand them."""

    code = "too_late_to_roll_back"
    message = _(
        "Cases have been handed over by this map already, so it is not rolled back. "
        "Make a draft of the map as it should be, and put that in force."
    )


class NotYet(IncidentError):
    """The day has not come."""

    code = "not_yet"
    message = _("That day has not come yet.")


class HandedOverAlready(IncidentError):
    """Cases have gone over by the law of a later day."""

    code = "handed_over_already"
    message = _("Cases have been handed over by the law of a later day already.")


class UnusableFile(IncidentError):
    """A file of reports cannot be imported; the message says where and why."""

    code = "unusable_file"
    status = HTTPStatus.UNPROCESSABLE_ENTITY
