"""Does what a logged-in client asks for: receives files, queues imports, reports their progress."""

from __future__ import annotations

from dataclasses import replace
from pathlib import PurePosixPath

from starlette.requests import Request

from freesport_sync.errors import ExchangeRefused, SyncError
from freesport_sync.exchange.access.login_sessions import LoginSession
from freesport_sync.exchange.http import protocol
from freesport_sync.exchange.http.bodies import ReceivedBytes, content_length, drain, receive
from freesport_sync.exchange.http.messages import Messages
from freesport_sync.exchange.http.replies import ExchangeReply, success
from freesport_sync.exchange.http.requests import ExchangeRequest, Mode
from freesport_sync.exchange.imports.exchange_import import ExchangeImport
from freesport_sync.exchange.imports.full_exports import FullExportTracker
from freesport_sync.exchange.imports.idle_watch import IdleWatch
from freesport_sync.exchange.imports.queue import ImportQueue
from freesport_sync.exchange.imports.shop_imports import ShopImports
from freesport_sync.exchange.uploads.batch import Sender, UploadBatch
from freesport_sync.exchange.uploads.disk import MB
from freesport_sync.exchange.uploads.fragment import Fragment
from freesport_sync.exchange.uploads.store import UploadStore
from freesport_sync.settings.model import ExchangeSettings

HOLD_DEACTIVATE_S = 100.0
"""1C gives up after 180 s, and the 1C-Bitrix module may not understand `progress` as an answer to `deactivate`."""


class Dispatcher:
    """Carries out the steps of the protocol.

    Args:
        store: keeps what is uploaded.
        imports: brings it into the shop.
        queue: of the imports.
        exports: follows full exports.
        idle_watch: may have imported what 1C asks for.
        rules: of the settings.
        is_dry_run: nothing is written to the shop.
        messages: for answers that are sentences.
    """

    def __init__(
        self,
        store: UploadStore,
        imports: ShopImports,
        queue: ImportQueue,
        exports: FullExportTracker,
        idle_watch: IdleWatch,
        rules: ExchangeSettings,
        is_dry_run: bool,
        messages: Messages,
    ) -> None:
        self._store = store
        self._imports = imports
        self._queue = queue
        self._exports = exports
        self._idle_watch = idle_watch
        self._rules = rules
        self._is_dry_run = is_dry_run
        self._messages = messages

    def logged_in(self, session: LoginSession, asked: ExchangeRequest) -> ExchangeReply:
        """Record that a client has logged in; returns the answer."""
        if asked.type == protocol.CATALOG:
            self._exports.record_login(session.user, session.timestamp)
        return protocol.logged_in(session.cookie, session.sessid, session.timestamp)

    async def refused(self, request: Request, asked: ExchangeRequest, session: LoginSession) -> None:
        """Record a request that was refused before any step; its body is read all the same."""
        self._record_lost(session, asked)
        await drain(request, self._rules.file_limit_mb * MB)

    async def take(
        self,
        step: protocol.InSession,
        request: Request,
        asked: ExchangeRequest,
        session: LoginSession,
        sender: Sender,
        received: ReceivedBytes,
    ) -> ExchangeReply:
        """Carry out a step; returns the answer.

        Args:
            step: what to do.
            request: with the body, if there is one.
            asked: its parameters.
            session: of the client.
            sender: the client.
            received: counts the bytes of the body.

        Raises:
            SyncError: it cannot be done, or an import has failed.
        """
        if asked.mode not in (Mode.INIT, Mode.FILE):
            self._exports.record_activity(session.user, session.timestamp)
        try:
            match step:
                case protocol.Begin():
                    await self._begin(session, sender)
                    return step.reply
                case protocol.Receive():
                    await self._receive(request, session, sender, step.path, received)
                    return success()
                case protocol.LeaveOut():
                    await drain(request, self._rules.file_limit_mb * MB)
                    return replace(success(), log_text=self._messages.left_out())
                case protocol.ImportFile():
                    return await self._import(session, step.path)
                case protocol.Deactivate():
                    return await self._deactivate(session, sender, step.timestamp)
                case protocol.Respond():
                    return step.reply
        except BaseException as error:
            if not isinstance(error, SyncError) or error.code != "exchange_busy":  # 1C asks for the same file again
                self._record_lost(session, asked)
            raise

    def _record_lost(self, session: LoginSession, asked: ExchangeRequest) -> None:
        """Record that part of an export is missing, so nobody knows what the export would not have contained."""
        if asked.type == protocol.CATALOG and (asked.mode == Mode.INIT or asked.brings_export):
            self._exports.record_lost(session.user, session.timestamp, [asked.filename[:100] or asked.mode])

    async def _begin(self, session: LoginSession, sender: Sender) -> None:
        """Begin a new batch; the batches of other sessions stay as they are."""
        async with session.turn:
            session.imports.clear()
            if session.open_batch is not None:
                waiting = [str(file.path) for file in session.open_batch.waiting]
                self._exports.record_lost(sender.user, sender.login, waiting)
            await self._new_batch(session, sender)

    async def _new_batch(self, session: LoginSession, sender: Sender) -> UploadBatch:
        session.batch = await self._store.new_batch(sender)
        self._exports.record_batch(session.batch)
        return session.batch

    async def _receive(
        self, request: Request, session: LoginSession, sender: Sender, path: PurePosixPath, received: ReceivedBytes
    ) -> None:
        if request.method != "POST":  # a proxy has turned it into another request
            raise ExchangeRefused("exchange_body_missing", file=path.name)
        async with session.turn:
            session.imports.clear()  # they are of earlier files, and 1C has not waited for their end
            batch = session.open_batch or await self._new_batch(session, sender)
            with batch.receiving():
                try:
                    with Fragment(batch, path, content_length(request)) as fragment:
                        await receive(request, fragment, received)
                except ExchangeRefused:
                    await drain(request, self._rules.file_limit_mb * MB)
                    raise
        self._exports.record_activity(sender.user, sender.login)

    async def _import(self, session: LoginSession, path: PurePosixPath) -> ExchangeReply:
        key = str(path)
        one = session.imports.get(key)
        if one is None:
            batch = session.open_batch
            if batch is None:
                raise ExchangeRefused("exchange_file_missing", file=path.name)
            one = self._idle_watch.early_import(batch, path)
            if one is None:
                await self._idle_watch.import_older(batch)
                one = self._imports.submit(batch, path)
            session.imports[key] = one
        return await self._outcome(session, key, one, self._rules.long_poll_s)

    async def _deactivate(self, session: LoginSession, sender: Sender, login: int) -> ExchangeReply:
        key = f"deactivate {login}"
        one = session.imports.get(key)
        if one is None:
            one = session.imports[key] = self._imports.deactivate(sender, login)
        return await self._outcome(session, key, one, HOLD_DEACTIVATE_S)

    async def _outcome(self, session: LoginSession, key: str, one: ExchangeImport, hold_s: float) -> ExchangeReply:
        """The outcome of an import, or its progress if it has not ended yet.

        Args:
            session: that asks.
            key: of the import in the session.
            one: the import.
            hold_s: for how many seconds to hold the request.
        """
        left_s = self._rules.queue_timeout_s - one.waited_s
        has_ended = await one.wait(hold_s if one.is_running else max(0.0, min(hold_s, left_s)))
        if not has_ended and one.waited_s >= self._rules.queue_timeout_s and self._queue.give_up(one):
            session.imports.pop(key, None)
            raise ExchangeRefused("exchange_busy")
        if not has_ended:
            return self._messages.working(one, self._queue.current)
        session.imports.pop(key, None)
        result = one.result.result()
        if isinstance(result, SyncError):
            raise result
        return self._messages.checked(result) if self._is_dry_run and result is not None else success()
