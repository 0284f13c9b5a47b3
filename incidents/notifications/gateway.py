"""Gateway: one text message handed to a provider, and what came of it, as a code.

No answer is believed, kept or logged but for its id and its error code; addresses and
texts are in neither. The worker alone comes here.
"""

from __future__ import annotations

import json
import logging
import re
import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from socket import SHUT_RDWR
from threading import Timer
from typing import Any
from urllib.parse import urlencode, urlsplit

from django.conf import settings

#: No honest answer is longer; what is, is not read.
ANSWER_BYTES = 64 * 1024
#: What another try may mend; a proxy that says so may have passed the message on.
UNSURE = frozenset(
    {
        HTTPStatus.REQUEST_TIMEOUT,
        HTTPStatus.BAD_GATEWAY,
        HTTPStatus.GATEWAY_TIMEOUT,
    }
)
CODE = re.compile(r"[^A-Za-z0-9_.:-]+")
#: Gateways repeat telephone numbers in their errors, and those must not stay.
NUMBER = re.compile(r"\d{7}")
#: No code of an error is longer.
WORD = 24
#: So many of a number's last digits make it somebody's.
SUBSCRIBER = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What came of one try."""

    accepted: bool = False
    id: str = ""  #: By which the provider knows it.
    failure: str = ""  #: A code that holds nobody's words.
    is_final: bool = False  #: No other try helps.
    may_have_gone: bool = False  #: It failed, and yet it may have been taken.
    wait: int = 0  #: So many seconds the provider wants to be left alone.


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A text for a telephone in E.164, and what every try of it is named by."""

    to: str
    text: str
    key: str


def hand_over(message: Message) -> Outcome:
    """Hand a text message to whoever sends them for this site. Never raises."""
    sms = settings.SMS
    if not sms.is_on:
        return Outcome(failure="off")
    return _by_apprise(message) if sms.apprise_url else _by_http(message)


def _by_http(message: Message) -> Outcome:
    sms = settings.SMS
    address = urlsplit(sms.url)
    target = f"{address.path or '/'}{'?' + address.query if address.query else ''}"
    body, headers = _written(message)
    if sms.form == "query":
        target += ("&" if address.query else "?") + str(body)
        body = None
    line = _line()
    try:
        line.connect()
    except OSError as error:
        return Outcome(failure=f"connect.{type(error).__name__}"[:40])
    try:
        with _ending(line, after=sms.timeout):
            line.request(sms.method, target, body, headers)
            answer = line.getresponse()
            said = answer.read(ANSWER_BYTES + 1)
        return _understood(answer, said, to=message.to)
    except (OSError, HTTPException, ValueError) as error:
        return Outcome(failure=f"cut.{type(error).__name__}"[:40], may_have_gone=True)
    finally:
        line.close()


def _line() -> HTTPConnection:
    """Open no connection yet, and none but to the address that is set."""
    address, seconds = urlsplit(settings.SMS.url), settings.SMS.timeout
    host, port = address.hostname or "", address.port
    if address.scheme == "https":
        secure = ssl.create_default_context()
        return HTTPSConnection(host, port, timeout=seconds, context=secure)
    return HTTPConnection(host, port, timeout=seconds)


def _written(message: Message) -> tuple[str | None, dict[str, str]]:
    """Fill the template with the message: as JSON, or as the fields of a form."""
    sms = settings.SMS
    told = {
        "to": message.to,
        "digits": message.to.removeprefix("+"),
        "text": message.text,
        "key": message.key,
    }
    headers = {sms.key_header: message.key} if sms.key_header else {}
    headers |= {"Accept": "application/json", **sms.headers}
    filled = _filled(sms.body, told)
    if sms.form == "json":
        return json.dumps(filled), {"Content-Type": "application/json", **headers}
    if sms.form == "form":
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        return urlencode(filled), kind | headers
    return urlencode(filled), headers


def _filled(template: Any, told: Mapping[str, str]) -> Any:
    if isinstance(template, dict):
        return {name: _filled(each, told) for name, each in template.items()}
    if isinstance(template, list):
        return [_filled(each, told) for each in template]
    if isinstance(template, str):
        gap = re.compile(r"\{(to|digits|text|key)\}")
        return gap.sub(lambda found: told[found[1]], template)
    return template


@contextmanager
def _ending(line: HTTPConnection, *, after: int) -> Iterator[None]:
    """Hang up in the end, also on who sends a sign now and then."""
    connected = line.sock  # The line lets go of it before an answer is read.

    def hang_up() -> None:
        # Shutting down wakes who reads; closing alone does not.
        with suppress(OSError):
            connected.shutdown(SHUT_RDWR)

    watch = Timer(after, hang_up)
    watch.daemon = True
    watch.start()
    try:
        yield
    finally:
        watch.cancel()


def _understood(answer: HTTPResponse, said: bytes, *, to: str) -> Outcome:
    """Conclude from an answer. Only one that names an id has taken the message."""
    sms, status = settings.SMS, answer.status
    told = _read(said)
    error = _error(field(told, sms.error_field)) if sms.error_field else ""
    if not HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
        failure = f"http.{status}" + (f".{error}" if error else "")
        return Outcome(
            failure=failure[:40],
            is_final=error in sms.final_errors or str(status) in sms.final_errors,
            may_have_gone=status in UNSURE,
            wait=_seconds(answer.getheader("Retry-After")),
        )
    if error:
        final = error in sms.final_errors
        return Outcome(failure=f"error.{error}"[:40], is_final=final)
    known_as = _code(field(told, sms.id_field))
    if not known_as:
        return Outcome(failure="unintelligible", may_have_gone=True)
    # An id that is made of the number is kept by nobody.
    is_number = to[-SUBSCRIBER:] in known_as
    return Outcome(accepted=True, id="" if is_number else known_as)


def _read(said: bytes) -> Any:
    if len(said) > ANSWER_BYTES:
        return None
    try:
        return json.loads(said)
    except (ValueError, RecursionError):
        return None


def field(told: Any, name: str) -> Any:
    """Follow a dotted name into what JSON told; nothing where it leads nowhere."""
    for step in name.split(".") if name else []:
        if isinstance(told, list) and step.isdecimal() and int(step) < len(told):
            told = told[int(step)]
        elif isinstance(told, dict):
            told = told.get(step)
        else:
            return None
    return told if name else None


def _error(told: Any) -> str:
    """Keep the code of an error; what may be somebody's number is none."""
    code = _code(told)
    return "other" if len(code) > WORD or NUMBER.search(code) else code


def _code(told: Any) -> str:
    """Keep a number or short word of an answer; zero and false say nothing."""
    if not told or isinstance(told, (dict, list)):
        return ""
    code = CODE.sub("_", str(told))
    return "" if code == "0" else code[:100]


def _seconds(said: str | None) -> int:
    return min(int(said), 3600) if said and said.isdecimal() else 0


def _by_apprise(message: Message) -> Outcome:
    """Send by whatever service an Apprise address names; it tells no id."""
    import apprise  # Takes a second, and most sites do not use it.

    logging.getLogger("apprise").setLevel(logging.CRITICAL + 1)
    service = apprise.Apprise()
    address = settings.SMS.apprise_url.replace("{to}", message.to)
    if not service.add(address.replace("{digits}", message.to.removeprefix("+"))):
        return Outcome(failure="apprise.address")
    try:
        is_sent = bool(service.notify(body=message.text))
    except Exception:  # noqa: BLE001 - whatever a service's own code raises
        is_sent = False
    if not is_sent:
        return Outcome(failure="apprise", may_have_gone=True)
    return Outcome(accepted=True)
