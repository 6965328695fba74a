"""The exchange between 1C and a site: what each request means, and what it is answered (EXCHANGE-1 to EXCHANGE-25).

There are two real clients and they contradict each other: the standard configurations of 1C want exactly two lines in
the answer to `init`, the module of 1C-Bitrix four. Only the module says `version=`, so that tells them apart.
Nothing here reads or writes anything.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import PurePosixPath

from freesport_sync.errors import ExchangeRefused
from freesport_sync.exchange.http.replies import (
    XML,
    Reply,
    lines,
    success,
)
from freesport_sync.exchange.http.requests import ExchangeRequest, Mode
from freesport_sync.exchange.uploads.file_names import file_path, is_bad_picture

COOKIE = "freesport_exchange"
SCHEMA_VERSION = "3.1"
"""The newest CommerceML that we read."""
CATALOG, SALE = "catalog", "sale"
MAX_TIMESTAMP_DIGITS = 12


@dataclass(frozen=True, slots=True)
class LogIn:
    """Look at the password and begin a session."""


@dataclass(frozen=True, slots=True)
class Begin:
    """Make room for a portion of files.

    Args:
        reply: the answer.
    """

    reply: Reply


@dataclass(frozen=True, slots=True)
class Receive:
    """Append the body of the request to a file.

    Args:
        path: below the folder of the portion.
    """

    path: PurePosixPath


@dataclass(frozen=True, slots=True)
class LeaveOut:
    """Read the body of the request and forget it: a picture whose name some system cannot have.

    A refusal would end the exchange for the sake of one picture, each time. Its record is told that it is missing.
    """


@dataclass(frozen=True, slots=True)
class ImportFile:
    """Import a file of the portion; an archive stands for all that is in it.

    Args:
        path: below the folder of the portion.
    """

    path: PurePosixPath


@dataclass(frozen=True, slots=True)
class Deactivate:
    """Hide what the full export that began at a login did not contain.

    Args:
        timestamp: of the login, as `logged_in` has told it.
    """

    timestamp: int


@dataclass(frozen=True, slots=True)
class Respond:
    """There is nothing to do."""

    reply: Reply


InSession = Begin | Receive | LeaveOut | ImportFile | Deactivate | Respond
"""What only somebody who has logged in can ask for."""
Step = LogIn | InSession


def next_step(asked: ExchangeRequest, sessid: str, file_limit: int, is_zip: bool, now: datetime) -> Step:
    """What a request asks for.

    Args:
        asked: the request.
        sessid: of the session; an empty text where nobody is logged in.
        file_limit: bytes of the largest fragment.
        is_zip: whether 1C is to pack its files.
        now: for documents.

    Raises:
        ExchangeRefused: it asks for what we do not know, or without what it needs.
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
            return Respond(Reply(_no_orders(now), media_type=XML))
        case Mode.SUCCESS:
            return Respond(success())
        case Mode.FILE | Mode.IMPORT:
            # `success` would make 1C forget the statuses that it has told us of.
            raise ExchangeRefused("exchange_orders_later")
    raise ExchangeRefused("exchange_mode_unknown", type=asked.type, mode=asked.mode[:40])


def logged_in(cookie: str, sessid: str, timestamp: int) -> Reply:
    """The answer to a right password. The standard client sends lines 2 and 3 back as a cookie, the module of
    1C-Bitrix glues lines 4 and 5 on its addresses as they are.
    """
    return lines("success", COOKIE, cookie, f"sessid={sessid}", f"timestamp={timestamp}")


def _init(asked: ExchangeRequest, sessid: str, file_limit: int, is_zip: bool) -> Reply:
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
