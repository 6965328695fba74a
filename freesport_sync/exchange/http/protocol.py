"""The protocol between 1C and a site: what each request asks for, and its answer (EXCHANGE-1 to EXCHANGE-25).

The two clients of 1C contradict each other: the standard configurations want exactly two lines in the answer to `init`,
the 1C-Bitrix module wants four. Only the module sends `version=`, which tells them apart. No I/O happens here.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import PurePosixPath

from freesport_sync.errors import ExchangeRefused
from freesport_sync.exchange.http.replies import (
    XML,
    ExchangeReply,
    lines,
    success,
)
from freesport_sync.exchange.http.requests import ExchangeRequest, Mode
from freesport_sync.exchange.uploads.file_names import file_path, is_bad_picture

COOKIE = "freesport_exchange"
SCHEMA_VERSION = "3.1"
"""The newest version of CommerceML that we read."""
CATALOG, SALE = "catalog", "sale"
MAX_TIMESTAMP_DIGITS = 12


@dataclass(frozen=True, slots=True)
class LogIn:
    """Check the password and begin a session."""


@dataclass(frozen=True, slots=True)
class Begin:
    """Begin a batch of files.

    Args:
        reply: the answer.
    """

    reply: ExchangeReply


@dataclass(frozen=True, slots=True)
class Receive:
    """Append the body of the request to a file.

    Args:
        path: relative to the folder of the batch.
    """

    path: PurePosixPath


@dataclass(frozen=True, slots=True)
class LeaveOut:
    """Read the body of the request and drop it: a picture whose name is invalid on Windows or Linux.

    A refusal would stop the whole exchange because of one picture, every time. Its record gets a row issue.
    """


@dataclass(frozen=True, slots=True)
class ImportFile:
    """Import a file of the batch; an archive stands for everything in it.

    Args:
        path: relative to the folder of the batch.
    """

    path: PurePosixPath


@dataclass(frozen=True, slots=True)
class Deactivate:
    """Hide what the full export that began at a login did not contain.

    Args:
        timestamp: of the login, see `logged_in`.
    """

    timestamp: int


@dataclass(frozen=True, slots=True)
class Respond:
    """Answer; there is nothing to do.

    Args:
        reply: the answer.
    """

    reply: ExchangeReply


InSession = Begin | Receive | LeaveOut | ImportFile | Deactivate | Respond
"""Steps that need a login session."""
Step = LogIn | InSession


def next_step(asked: ExchangeRequest, sessid: str, file_limit: int, is_zip: bool, now: datetime) -> Step:
    """What a request asks for.

    Args:
        asked: the request.
        sessid: of the login session; empty: there is none.
        file_limit: size of the largest fragment, in bytes.
        is_zip: whether 1C is to send archives.
        now: date of documents.

    Raises:
        ExchangeRefused: the type or the mode is unknown, a parameter is wrong, or there is no session.
    """
    if asked.type not in (CATALOG, SALE):
        raise ExchangeRefused("exchange_type_unknown", type=asked.type[:40])
    if asked.mode == Mode.CHECKAUTH:
        return LogIn()
    if not sessid:
        raise ExchangeRefused("exchange_session_unknown")
    if asked.mode == Mode.INIT:
        return Begin(_init(asked, sessid, file_limit, is_zip))
    return _sale_step(asked, now) if asked.type == SALE else _catalog_step(asked)


def _catalog_step(asked: ExchangeRequest) -> Step:
    match asked.mode:
        case Mode.FILE:
            return LeaveOut() if is_bad_picture(asked.filename) else Receive(file_path(asked.filename))
        case Mode.IMPORT:
            return ImportFile(file_path(asked.filename))
        case Mode.DEACTIVATE:
            return Deactivate(_timestamp(asked.timestamp))
        case Mode.COMPLETE:
            return Respond(success())
    raise ExchangeRefused("exchange_mode_unknown", type=asked.type, mode=asked.mode[:40])


def _sale_step(asked: ExchangeRequest, now: datetime) -> Step:
    match asked.mode:
        case Mode.QUERY:
            return Respond(ExchangeReply(_no_orders(now), media_type=XML))
        case Mode.SUCCESS:
            return Respond(success())
        case Mode.FILE | Mode.IMPORT:
            # After `success` 1C would never send these statuses again.
            raise ExchangeRefused("exchange_orders_later")
    raise ExchangeRefused("exchange_mode_unknown", type=asked.type, mode=asked.mode[:40])


def logged_in(cookie: str, sessid: str, timestamp: int) -> ExchangeReply:
    """The answer to a login.

    The standard client sends lines 2 and 3 back as a cookie; the 1C-Bitrix module appends lines 4 and 5 to its
    addresses as they are.
    """
    return lines("success", COOKIE, cookie, f"sessid={sessid}", f"timestamp={timestamp}")


def _init(asked: ExchangeRequest, sessid: str, file_limit: int, is_zip: bool) -> ExchangeReply:
    two = (f"zip={'yes' if is_zip else 'no'}", f"file_limit={file_limit}")
    return lines(*two, f"sessid={sessid}", f"version={SCHEMA_VERSION}") if asked.version else lines(*two)


def _timestamp(text: str) -> int:
    if not text.isascii() or not text.isdecimal() or len(text) > MAX_TIMESTAMP_DIGITS or int(text) == 0:
        raise ExchangeRefused("exchange_timestamp_invalid", timestamp=text[:40])
    return int(text)


def _no_orders(now: datetime) -> str:
    """A document without orders: 1C reports "nothing to process" and goes on (EXCHANGE-25)."""
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<КоммерческаяИнформация ВерсияСхемы="2.07" ДатаФормирования="{now:%Y-%m-%dT%H:%M:%S}"/>'
    )
