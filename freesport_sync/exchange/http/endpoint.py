"""The exchange as an ASGI application: requests in, answers out; what they mean is in `protocol`."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from datetime import datetime
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from freesport_sync.core.exchange import PATHS, SELF_TEST_AGENT, ExchangeEvent, RequestHandled
from freesport_sync.core.log_entries import log_entry
from freesport_sync.core.printable import printable
from freesport_sync.errors import ExchangeRefused, SyncError
from freesport_sync.exchange.access.control import AccessControl, WrongPassword, credentials_of
from freesport_sync.exchange.http import protocol
from freesport_sync.exchange.http.bodies import ReceivedBytes
from freesport_sync.exchange.http.dispatch import Dispatcher
from freesport_sync.exchange.http.messages import Messages
from freesport_sync.exchange.http.replies import ExchangeReply, failure, unauthorized
from freesport_sync.exchange.http.requests import ExchangeRequest, parse_request
from freesport_sync.exchange.uploads.disk import MB
from freesport_sync.settings.model import ExchangeSettings

log = logging.getLogger(__name__)

HEALTH = "/healthz"
MAX_ADDRESS = 45
"""Characters of the longest IPv6 address."""


class Endpoint:
    """Answers 1C.

    Args:
        access: decides who may use the exchange.
        dispatcher: does what clients ask for.
        watch: runs as long as the server.
        rules: of the settings.
        messages: for answers that are sentences.
        report: receives what happens.
    """

    def __init__(
        self,
        access: AccessControl,
        dispatcher: Dispatcher,
        watch: Callable[[], Coroutine[Any, Any, None]],
        rules: ExchangeSettings,
        messages: Messages,
        report: Callable[[ExchangeEvent], None],
    ) -> None:
        self._access = access
        self._dispatcher = dispatcher
        self._watch = watch
        self._rules = rules
        self._messages = messages
        self._report = report

    def application(self) -> Starlette:
        """The ASGI application."""
        route = Route("/{path:path}", self._serve, methods=["GET", "POST"])
        (route.methods or set()).discard("HEAD")  # Starlette adds it, but an import changes something
        return Starlette(routes=[route], exception_handlers={HTTPException: self._not_found}, lifespan=self._lifespan)

    def refuse(self, address: str, code: str) -> ExchangeReply:
        """The answer to something that is not a request, or that we do not accept; reported if 1C may have sent it.

        Args:
            address: of the client.
            code: of an `ExchangeRefused`.
        """
        reply = self._messages.refusal(ExchangeRefused(code))
        if code != "exchange_address_unescaped":  # 1C sends such requests, and has to read the answer
            reply = replace(reply, status=400)
        if code != "exchange_request_invalid":  # what is not HTTP is not reported: anybody could fill the disk with it
            where = printable(address, MAX_ADDRESS)
            self._report(RequestHandled(where, "", "", "", "", 0, reply.outcome, reply.text, reply.status, 0))
        return reply

    @asynccontextmanager
    async def _lifespan(self, app: Starlette) -> AsyncIterator[None]:
        watch = asyncio.create_task(self._watch())
        yield
        watch.cancel()
        with suppress(asyncio.CancelledError):
            await watch

    async def _serve(self, request: Request) -> Response:
        # People enter the address in 1C with too many slashes or in another case. It is never redirected: 1C would not
        # send the body again.
        path = "/" + "/".join(filter(None, request.url.path.lower().split("/")))
        if path in PATHS:
            return await self._exchange(request)
        if request.url.path != HEALTH:
            raise HTTPException(404)
        return PlainTextResponse("ok")

    async def _exchange(self, request: Request) -> Response:
        started, received = time.monotonic(), ReceivedBytes()
        asked = parse_request(request.scope["query_string"])
        reply = await self._reply(request, asked, received)
        self._report(
            RequestHandled(
                address=_address(request),
                client=_client(request, asked),
                type=printable(asked.type, 40),
                mode=printable(asked.mode, 40),
                file=printable(asked.filename, 200),
                size_bytes=received.count,
                answer=reply.outcome,
                text=reply.log_text or (reply.text if reply.outcome in ("failure", "progress") else ""),
                status=reply.status,
                duration_s=time.monotonic() - started,
            )
        )
        return _response(reply)

    async def _reply(self, request: Request, asked: ExchangeRequest, received: ReceivedBytes) -> ExchangeReply:
        """The answer to a request, whatever happens."""
        try:
            return await self._answer(request, asked, received)
        except WrongPassword as error:
            return self._wrong_password(error)
        except ExchangeRefused as error:
            return self._messages.refusal(error)
        except ClientDisconnect:
            return self._messages.refusal(ExchangeRefused("exchange_body_stalled"))
        except SyncError as error:
            log_entry(log, logging.WARNING, "exchange_refused", cause=error)
            return self._messages.refusal(error)
        except Exception as error:
            log_entry(log, logging.ERROR, "unexpected_error", cause=error)
            return self._messages.refusal(SyncError("internal_error", reason=type(error).__name__))

    async def _answer(self, request: Request, asked: ExchangeRequest, received: ReceivedBytes) -> ExchangeReply:
        address = _address(request)
        if not self._access.allows(address):
            return ExchangeReply(failure(self._messages.not_allowed()).body, status=403, closes=True)
        credentials = credentials_of(request.headers.get("authorization", ""))
        session = self._access.find(credentials, request.cookies.get(protocol.COOKIE, ""))
        sessid, rules = "" if session is None else session.sessid, self._rules
        try:
            step = protocol.next_step(asked, sessid, rules.file_limit_mb * MB, rules.zip, datetime.now())
        except ExchangeRefused:
            if session is not None:
                await self._dispatcher.refused(request, asked, session)
            raise
        if isinstance(step, protocol.LogIn):
            return self._dispatcher.logged_in(await self._access.log_in(credentials, address), asked)
        assert session is not None, "next_step requires a session for every other step"
        return await self._dispatcher.take(step, request, asked, session, session.sender(address), received)

    def _wrong_password(self, error: WrongPassword) -> ExchangeReply:
        if not error.is_throttled:
            return unauthorized(self._messages.wrong_password(), error.retry_after_s)
        retry = ("Retry-After", str(error.retry_after_s))
        return ExchangeReply(failure(self._messages.too_often()).body, status=429, headers=(retry,), closes=True)

    async def _not_found(self, request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        return _response(ExchangeReply(failure(self._messages.not_found()).body, status=error.status_code, closes=True))


def _response(reply: ExchangeReply) -> Response:
    response = Response(reply.body.encode("utf-8", "replace"), status_code=reply.status, media_type=reply.media_type)
    for name, value in (*reply.headers, *((("Connection", "close"),) if reply.closes else ())):
        response.headers[name] = value
    return response


def _address(request: Request) -> str:
    """Of the client; behind a proxy it comes from a header, which may contain anything (SECURITY-7)."""
    return printable(request.client.host, MAX_ADDRESS) if request.client else ""


def _client(request: Request, asked: ExchangeRequest) -> str:
    """The kind of client: `bitrix` sends its version, `standard` is 1C without one; else its user agent."""
    agent = request.headers.get("user-agent", "")
    if agent == SELF_TEST_AGENT:
        return "probe"
    if asked.version or asked.mode in ("deactivate", "complete"):
        return "bitrix"
    return "standard" if agent.startswith("1C+Enterprise") else printable(agent, 100)
