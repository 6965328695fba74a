"""The exchange as an ASGI application: requests in, answers out; what they mean is in `protocol`."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import PurePosixPath

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from freesport_sync.core.exchange import (
    PATHS,
    SELF_TEST_AGENT,
    ExchangeEvent,
    RequestHandled,
)
from freesport_sync.core.logged import note
from freesport_sync.core.printable import printable
from freesport_sync.errors import ExchangeRefused, SyncError
from freesport_sync.exchange.access.control import AccessControl, WrongPassword, credentials_of
from freesport_sync.exchange.access.login_sessions import LoginSession
from freesport_sync.exchange.http import protocol
from freesport_sync.exchange.http.messages import Messages
from freesport_sync.exchange.http.replies import (
    Reply,
    failure,
    success,
    unauthorized,
)
from freesport_sync.exchange.http.requests import ExchangeRequest, Mode, parse_request
from freesport_sync.exchange.imports.idle_watch import Custody
from freesport_sync.exchange.imports.queue import ExchangeImport, ImportQueue, Sender
from freesport_sync.exchange.uploads.fragment import MB, Fragment
from freesport_sync.settings.model import ExchangeSettings

log = logging.getLogger(__name__)

HEALTH = "/healthz"
BLOCK_BYTES = 512 * 1024
"""What is written to the disk at once."""
HOLD_DEACTIVATE_S = 100.0
"""1C gives up after 180 s, and its module may not know `progress` as an answer to this."""
STALL_S = 60.0
"""How long the body of a request may stand still."""
MAX_ADDRESS = 45
"""Characters of the longest address of IPv6."""


@dataclass(slots=True)
class _Received:
    """What a request has brought; known to the journal also where it was refused."""

    bytes: int = 0


class Endpoint:
    """Answers 1C.

    Args:
        access: knows who may come in.
        custody: of what is uploaded.
        imports: imports it.
        rules: of the settings.
        is_dry_run: nothing is written to the shop.
        messages: for answers that are sentences.
        report: receives what happens.
    """

    def __init__(
        self,
        access: AccessControl,
        custody: Custody,
        imports: ImportQueue,
        rules: ExchangeSettings,
        is_dry_run: bool,
        messages: Messages,
        report: Callable[[ExchangeEvent], None],
    ) -> None:
        self._access = access
        self._custody = custody
        self._imports = imports
        self._rules = rules
        self._is_dry_run = is_dry_run
        self._messages = messages
        self._report = report

    def application(self) -> Starlette:
        """The ASGI application."""
        route = Route("/{path:path}", self._serve, methods=["GET", "POST"])
        (route.methods or set()).discard("HEAD")  # Starlette adds it, and an import is no question
        return Starlette(routes=[route], exception_handlers={HTTPException: self._not_found}, lifespan=self._lifespan)

    def refuse(self, address: str, code: str) -> Reply:
        """What to answer to what is no request, or none that we take; goes into the journal where it may be 1C's.

        Args:
            address: of the client.
            code: of an `ExchangeRefused`.
        """
        reply = self._messages.refusal(ExchangeRefused(code))
        if code != "exchange_address_unescaped":  # which 1C sends, so it has to read the answer
            reply = replace(reply, status=400)
        if code != "exchange_request_invalid":  # what is no HTTP is no news, and anybody could fill a disk with it
            where = printable(address, MAX_ADDRESS)
            self._report(RequestHandled(where, "", "", "", "", 0, reply.word, reply.text, reply.status, 0))
        return reply

    @asynccontextmanager
    async def _lifespan(self, app: Starlette) -> AsyncIterator[None]:
        watch = asyncio.create_task(self._custody.watch())
        yield
        watch.cancel()
        with suppress(asyncio.CancelledError):
            await watch

    async def _serve(self, request: Request) -> Response:
        # As people enter it in 1C: with too many slashes, in another case. Never redirected: 1C does not send the body
        # again.
        path = "/" + "/".join(filter(None, request.url.path.lower().split("/")))
        if path in PATHS:
            return await self._exchange(request)
        if request.url.path != HEALTH:
            raise HTTPException(404)
        return PlainTextResponse("ok")

    async def _exchange(self, request: Request) -> Response:
        started, received = time.monotonic(), _Received()
        call = parse_request(request.scope["query_string"])
        try:
            reply = await self._answer(request, call, received)
        except WrongPassword as error:
            reply = self._turned_away(error)
        except ExchangeRefused as error:
            reply = self._messages.refusal(error)
        except ClientDisconnect:
            reply = self._messages.refusal(ExchangeRefused("exchange_body_stalled"))
        except SyncError as error:
            note(log, logging.WARNING, "exchange_refused", cause=error)
            reply = self._messages.refusal(error)
        except Exception as error:
            note(log, logging.ERROR, "unexpected_error", cause=error)
            reply = self._messages.refusal(SyncError("internal_error", reason=type(error).__name__))
        self._report(
            RequestHandled(
                address=_address(request),
                client=_client(request, call),
                type=printable(call.type, 40),
                mode=printable(call.mode, 40),
                file=printable(call.filename, 200),
                size_bytes=received.bytes,
                answer=reply.word,
                text=reply.journal or (reply.text if reply.word in ("failure", "progress") else ""),
                status=reply.status,
                duration_s=time.monotonic() - started,
            )
        )
        return _response(reply)

    async def _answer(self, request: Request, call: ExchangeRequest, received: _Received) -> Reply:
        address = _address(request)
        if not self._access.lets_in(address):
            return Reply(failure(self._messages.not_allowed()).body, status=403, closes=True)
        credentials = credentials_of(request.headers.get("authorization", ""))
        session = self._access.find(credentials, request.cookies.get(protocol.COOKIE, ""))
        sessid, rules = "" if session is None else session.sessid, self._rules
        try:
            step = protocol.next_step(call, sessid, rules.file_limit_mb * MB, rules.zip, datetime.now())
        except ExchangeRefused:
            if session is not None:
                self._note_lost(session, call)
                await self._drain(request)
            raise
        if isinstance(step, protocol.LogIn):
            opened = await self._access.log_in(credentials, address)
            if call.type == protocol.CATALOG:
                self._imports.ledger.log_in(opened.user, opened.timestamp)
            return protocol.logged_in(opened.cookie, opened.sessid, opened.timestamp)
        assert session is not None, "next_step lets nobody else through"
        sender = Sender(session.user, address, session.timestamp)
        if call.mode not in (Mode.INIT, Mode.FILE):
            self._imports.ledger.has_acted(session.user, session.timestamp)
        try:
            return await self._take(step, request, session, sender, received)
        except BaseException as error:
            if not isinstance(error, SyncError) or error.code != "exchange_busy":  # 1C asks for the same file again
                self._note_lost(session, call)
            raise

    async def _take(
        self, step: protocol.InSession, request: Request, session: LoginSession, sender: Sender, received: _Received
    ) -> Reply:
        match step:
            case protocol.Begin():
                await self._begin(session, sender)
                return step.reply
            case protocol.Receive():
                await self._receive(request, session, sender, step.path, received)
                return success()
            case protocol.LeaveOut():
                await self._drain(request)
                return replace(success(), journal=self._messages.left_out())
            case protocol.ImportFile():
                return await self._import(session, sender, step.path)
            case protocol.Deactivate():
                return await self._deactivate(session, sender, step.timestamp)
            case protocol.Respond():
                return step.reply

    def _note_lost(self, session: LoginSession, call: ExchangeRequest) -> None:
        """A part of an export has not come: nobody can say any more what that export does not contain."""
        if call.type == protocol.CATALOG and (call.mode == Mode.INIT or call.brings_export):
            self._imports.ledger.abandon(session.user, session.timestamp, [call.filename[:100] or call.mode])

    async def _begin(self, session: LoginSession, sender: Sender) -> None:
        """Files that come now belong to a new portion; those of other sessions stay as they are."""
        async with session.turn:
            session.imports.clear()
            if session.portion is not None:
                self._imports.ledger.abandon(sender.user, sender.login, map(str, session.portion.waiting))
            await self._custody.new_portion(session, sender)

    async def _receive(
        self, request: Request, session: LoginSession, sender: Sender, path: PurePosixPath, received: _Received
    ) -> None:
        if request.method != "POST":  # somebody between 1C and us has made another request of it
            raise ExchangeRefused("exchange_body_missing", file=path.name)
        async with session.turn:
            session.imports.clear()  # they are about what was there before, and nobody has waited for their end
            portion = session.portion or await self._custody.new_portion(session, sender)
            portion.is_busy = True
            try:
                incoming = portion.incoming(path, _content_length(request))
                try:
                    await self._write(request, incoming, received)
                except BaseException:
                    incoming.roll_back()
                    raise
            except ExchangeRefused:
                await self._drain(request)
                raise
            finally:
                portion.is_busy = False
        self._imports.ledger.has_acted(sender.user, sender.login)

    async def _write(self, request: Request, incoming: Fragment, received: _Received) -> None:
        block = bytearray()
        async for chunk in self._chunks(request):
            if len(block) >= BLOCK_BYTES:  # not before more comes, or the last block would take two trips
                await _to_its_end(incoming.write, block)
                block = bytearray()
            received.bytes += len(chunk)
            block += chunk
        await _to_its_end(incoming.finish, block)

    async def _chunks(self, request: Request) -> AsyncIterator[bytes]:
        """The body, as long as it keeps coming."""
        clock = asyncio.get_running_loop().time
        try:
            async with asyncio.timeout(STALL_S) as patience:
                async for chunk in request.stream():
                    patience.reschedule(None)  # whoever takes the chunk has time: else the timeout would hit him
                    yield chunk
                    patience.reschedule(clock() + STALL_S)
        except TimeoutError as error:
            raise ClientDisconnect from error

    async def _drain(self, request: Request) -> None:
        """Read a body that nobody wants: 1C reads the answer only when it has sent everything."""
        room = self._rules.file_limit_mb * MB
        with suppress(ClientDisconnect, RuntimeError):  # RuntimeError: it has been read
            async for chunk in self._chunks(request):
                room -= len(chunk)
                if room < 0:
                    return

    async def _import(self, session: LoginSession, sender: Sender, path: PurePosixPath) -> Reply:
        key = str(path)
        one = session.imports.get(key)
        if one is None:
            if session.portion is None:
                raise ExchangeRefused("exchange_file_missing", file=path.name)
            one = self._custody.imported_ahead(session.portion, path)
            if one is None:
                await self._custody.import_older(session.portion)
                one = self._imports.submit(sender, session.portion, path)
            session.imports[key] = one
        return await self._outcome(session, key, one, self._rules.hold_s)

    async def _deactivate(self, session: LoginSession, sender: Sender, timestamp: int) -> Reply:
        key = f"deactivate {timestamp}"
        one = session.imports.get(key)
        if one is None:
            if unasked := self._custody.unasked(sender.user, timestamp):
                raise ExchangeRefused("exchange_export_incomplete", files=", ".join(map(str, unasked)))
            one = session.imports[key] = self._imports.deactivate(sender, timestamp)
        return await self._outcome(session, key, one, HOLD_DEACTIVATE_S)

    async def _outcome(self, session: LoginSession, key: str, one: ExchangeImport, hold_s: float) -> Reply:
        """The end of an import, once it has come; else how far it is."""
        patience_s = self._rules.patience_s - one.waited_s
        has_ended = await one.wait(hold_s if one.is_working else max(0.0, min(hold_s, patience_s)))
        if not has_ended and one.waited_s >= self._rules.patience_s and self._imports.give_up(one):
            session.imports.pop(key, None)
            raise ExchangeRefused("exchange_busy")
        if not has_ended:
            return self._messages.working(one, self._imports.current)
        session.imports.pop(key, None)
        result = one.result.result()
        if isinstance(result, SyncError):
            raise result
        return self._messages.checked(result) if self._is_dry_run and result is not None else success()

    def _turned_away(self, error: WrongPassword) -> Reply:
        if not error.is_unheard:
            return unauthorized(self._messages.wrong_password(), error.retry_after_s)
        retry = ("Retry-After", str(error.retry_after_s))
        return Reply(failure(self._messages.too_often()).body, status=429, headers=(retry,), closes=True)

    async def _not_found(self, request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        return _response(Reply(failure(self._messages.not_found()).body, status=error.status_code, closes=True))


async def _to_its_end(write: Callable[[bytearray], None], block: bytearray) -> None:
    """Write on a thread; a request that is cancelled waits, or the file would be rolled back under the writer."""
    writing = asyncio.ensure_future(asyncio.to_thread(write, block))
    try:
        await asyncio.shield(writing)
    except asyncio.CancelledError:
        await asyncio.wait([writing])
        raise


def _response(reply: Reply) -> Response:
    response = Response(reply.body.encode("utf-8", "replace"), status_code=reply.status, media_type=reply.media_type)
    for name, value in (*reply.headers, *((("Connection", "close"),) if reply.closes else ())):
        response.headers[name] = value
    return response


def _address(request: Request) -> str:
    """Of the client: behind a proxy it is what a header says, which may be anything."""
    return printable(request.client.host, MAX_ADDRESS) if request.client else ""


def _content_length(request: Request) -> int | None:
    text = request.headers.get("content-length", "")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 20 else None


def _client(request: Request, call: ExchangeRequest) -> str:
    """The kind of client: `bitrix` says its version, `standard` is 1C without it; else what it says of itself."""
    agent = request.headers.get("user-agent", "")
    if agent == SELF_TEST_AGENT:
        return "probe"
    if call.version or call.mode in ("deactivate", "complete"):
        return "bitrix"
    return "standard" if agent.startswith("1C+Enterprise") else printable(agent, 100)
