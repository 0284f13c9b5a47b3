"""What stands in the way of a step beside the state of the case: somebody's word."""

from http import HTTPStatus

from django.utils.translation import gettext_lazy as _

from .errors import IncidentError, NotNow


class WaitsForArbiter(NotNow):
    """Units passed the case around; who has it is for the shift lead to say."""

    code = "waits_for_arbiter"
    message = _(
        "Two units have given this case up. Now only the shift lead decides whose it "
        "is; it cannot be transferred or returned until then."
    )


class PassedAround(NotNow):
    """It would be one hop too many, or back to a unit that has given the case up."""

    code = "passed_around"
    message = _(
        "Units have passed this case around. Put it before the shift lead, who decides "
        "whose it is."
    )


class ArbiterDecided(NotNow):
    """The shift lead named the unit; neither it nor an operator undoes that."""

    code = "arbiter_decided"
    message = _(
        "The shift lead decided whose case this is. Put it before the shift lead again "
        "if you think otherwise."
    )


class WaitsForApproval(NotNow):
    """Somebody else has to approve it first, or something else is to be approved."""

    code = "waits_for_approval"
    message = _("The case waits for another approval; look at it again.")


class BackToTheDesk(IncidentError):
    """A unit gives a case to its own parts alone; to any other the operators do."""

    code = "back_to_the_desk"
    status = HTTPStatus.UNPROCESSABLE_ENTITY
    message = _(
        "This is no part of your unit today, and has no contract with it in force. "
        "Return the case to the operators; they transfer it."
    )
    field = "subunit"
