"""Sent once: what a phone without a line sends again is done the first time only."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from django.core.files.base import File
from django.db import IntegrityError, transaction

from .errors import NotNow, SentOtherwise
from .models import Report, Sending
from .privacy import blind

#: A name that a phone drew at random, and that nobody guesses.
CLIENT_ID = re.compile(r"[\w-]{16,64}", re.ASCII)
ONCE = "sending_is_done_once_a_sender"
#: Longer than anybody's phone stays out of reach.
KEPT = timedelta(days=60)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """What a phone sent: under which name, whose it is, and all that it says."""

    client_id: str
    sender: str
    step: str
    fields: tuple[tuple[str, str], ...]
    files: tuple[tuple[str, str], ...] = ()  #: Field and checksum.

    @property
    def digest(self) -> bytes:
        """The same for the same body; keyed, for what people wrote may be personal."""
        said = [self.step, sorted(self.fields), sorted(self.files)]
        return bytes.fromhex(blind(json.dumps(said)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """The answer to a sending, and whether it is the first."""

    answer: dict[str, Any]
    is_new: bool


def is_drawn(client_id: str) -> bool:
    """Tell whether a sending is named so that only its own phone knows the name."""
    return CLIENT_ID.fullmatch(client_id) is not None


def checksums(files: Iterable[tuple[str, File[Any]]]) -> tuple[tuple[str, str], ...]:
    """Return what tells files apart by their content, whatever they are called."""
    told = []
    for name, file in files:
        file.seek(0)
        digest = sha256()
        for chunk in file.chunks():
            digest.update(chunk)
        file.seek(0)
        told.append((name, digest.hexdigest()))
    return tuple(told)


def do_once(
    sent: Sent, act: Callable[[], dict[str, Any]], *, report: Report, at: datetime
) -> Done:
    """Act on a sending unless that was done, and keep the answer with what was done.

    Both stand or fall in one transaction, and the constraint decides who came first:
    of two that come at one moment the second waits, and finds the answer to the first.
    What is refused leaves nothing behind, so it may come again, mended.
    """
    try:
        with transaction.atomic():
            held = Sending.objects.create(
                sender=sent.sender,
                client_id=sent.client_id,
                report=report,
                step=sent.step,
                body_digest=sent.digest,
                at=at,
            )
            held.answer = act()
            held.save(update_fields=["answer"])
            return Done(answer=held.answer, is_new=True)
    except IntegrityError as error:
        if ONCE not in str(error):
            raise
    found = answer_to(sent)
    if found is None:  # It was refused at that moment, and is tried no more than once.
        raise NotNow
    return found[1]


def answer_to(sent: Sent) -> tuple[Report, Done] | None:
    """Find the first answer to what came again; the case may have gone on since."""
    held = (
        Sending.objects.filter(sender=sent.sender, client_id=sent.client_id)
        .select_related("report")
        .first()
    )
    if held is None:
        return None
    if bytes(held.body_digest) != sent.digest:
        raise SentOtherwise
    return held.report, Done(answer=held.answer, is_new=False)


def sweep(*, at: datetime) -> int:
    """Forget what was sent long ago; return how many."""
    return Sending.objects.filter(at__lt=at - KEPT).delete()[0]
