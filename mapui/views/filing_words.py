"""What the filing form says by itself, in the browser, in the reader's language."""

from __future__ import annotations

from django.utils.translation import gettext as _


def filing_words() -> dict[str, str]:
    """Return the sentences by their names; what stands in braces is filled in there."""
    return {
        # Between the screens.
        "step": _("Step {now} of {all}"),
        "start": _("No, continue"),
        "next": _("Continue"),
        "check": _("Check and send"),
        "sending": _("Sending…"),
        "unsent": _(
            "Nothing was sent: the network does not answer. All of it is still here; "
            "send it again when you are connected."
        ),
        # What is missing.
        "error": _("Error:"),
        "need_place": _(
            "Say where it is: use your position, the map, or a ward. Or say that it "
            "has no place."
        ),
        "need_category": _("Choose what it is about."),
        "need_words": _("Write what you see."),
        "need_name": _("Give your name, so that we know whom we answer."),
        "need_contact": _("Give a telephone number or an e-mail address."),
        "bad_phone": _("Write the number like this: 0912 345 678"),
        "bad_email": _("Write the e-mail like this: name@example.com"),
        "bad_number": _("Give a number, such as 20."),
        "placed_category": _("“{category}” needs a place, and you have given none."),
        "give_place": _("Give the place"),
        # The place.
        "seeking": _("Asking your device where it is…"),
        "better": _("± {metres} m, looking for better…"),
        "found": _("Your position: {ward}, ± {metres} m"),
        "chosen": _("Chosen on the map: {ward}"),
        "outside": _("This point is outside the city. Choose another."),
        "no_gps": _(
            "Your device does not say where it is. Use the map, or choose the ward."
        ),
        "unnamed": _("the chosen point"),
        "disc": _("Your position is not precise: it may lie in {wards}."),
        "wards_found": _("{count} wards found"),
        "none_found": _("Nothing found"),
        "ward_cleared": _("No place chosen yet."),
        # The category.
        "categories_found": _("{count} kinds found"),
        "no_category": _("Nothing found. Try another word, or open a group below."),
        # The files.
        "waiting": _("Waiting"),
        "percent": _("Sent: {percent} %"),
        "sent": _("Has arrived"),
        "failed": _("Not sent"),
        "shrinking": _("Being made smaller"),
        "retry": _("Try again"),
        "retry_file": _("Try again: {name}"),
        "remove": _("Remove"),
        "remove_file": _("Remove {name}"),
        "file_sent": _("{name} is sent."),
        "file_failed": _("{name} could not be sent. It is tried again by itself."),
        "file_refused": _("{name}: {why}"),
        "large": _("“{name}” is larger than {megabytes} MB and will not be sent."),
        "kind": _("“{name}” is not a photo, video or recording and will not be sent."),
        "many": _("“{name}” is one too many and will not be sent."),
        "gone": _("no longer here: choose it again"),
        "preview": _("Preview of {name}"),
        # The review.
        "looking": _("Looking for the unit that answers for it…"),
        "no_place": _("No place"),
        "nothing": _("None"),
        "anonymous": _("(hidden from the unit)"),
    }
