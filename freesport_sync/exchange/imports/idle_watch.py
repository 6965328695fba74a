"""What becomes of portions that are uploaded, from the first piece until somebody imports or removes them."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePosixPath

from freesport_sync.core.exchange import ExchangeEvent, ImportNotRequested
from freesport_sync.core.logged import note
from freesport_sync.errors import ExchangeRefused, SyncError
from freesport_sync.exchange.access.login_sessions import LoginSession, LoginSessions
from freesport_sync.exchange.imports.queue import ExchangeImport, ImportQueue, Sender
from freesport_sync.exchange.uploads.batch import UploadBatch
from freesport_sync.exchange.uploads.store import Inbox
from freesport_sync.settings.model import ExchangeSettings

log = logging.getLogger(__name__)


@dataclass(slots=True)
class _Held:
    portion: UploadBatch
    sender: Sender
    is_told: bool = False
    ahead: ExchangeImport | None = None
    """The import of what nobody had asked for; whoever asks later is told how it has ended."""


class Custody:
    """The portions of a server.

    Args:
        inbox: keeps what is received.
        imports: imports it.
        sessions: those that upload.
        rules: of the settings.
        report: receives what happens.
    """

    def __init__(
        self,
        inbox: Inbox,
        imports: ImportQueue,
        sessions: LoginSessions,
        rules: ExchangeSettings,
        report: Callable[[ExchangeEvent], None],
    ) -> None:
        self._inbox = inbox
        self._imports = imports
        self._sessions = sessions
        self._rules = rules
        self._report = report
        self._held = [_Held(portion, Sender("", "", 0)) for portion in inbox.left_over()]
        """First what an earlier server has left."""

    def unasked(self, user: str, login: int) -> tuple[PurePosixPath, ...]:
        """The files of a user that have come since a login, and that nobody has asked to import."""
        mine = (held for held in self._held if held.sender.user == user and held.sender.login >= login)
        return tuple(path for held in mine for path in held.portion.waiting)

    async def new_portion(self, session: LoginSession, sender: Sender) -> UploadBatch:
        """Room for what a session uploads.

        Raises:
            ExchangeRefused: the disk is full of what is in use, or cannot be written.
        """
        await self._tidy_up()
        while True:
            try:
                portion = await asyncio.to_thread(self._inbox.new_portion)
                break
            except ExchangeRefused as error:
                # Better the oldest is lost, which 1C sends again, than all that are still to come.
                unused = await asyncio.to_thread(self._inbox.unused, self._in_use())
                if error.code != "exchange_disk_full" or not unused:
                    raise
                await self._let_go(unused[0])
        session.portion = portion
        self._held.append(_Held(portion, sender))
        return portion

    async def _tidy_up(self) -> None:
        """Remove old portions and the oldest of too many, also those that wait: 1C may never ask for them."""
        for folder in await asyncio.to_thread(self._inbox.superfluous, self._rules.keep_days, self._in_use()):
            await self._let_go(folder)

    def _in_use(self) -> set[Path]:
        """The folders of portions in which something happens."""
        return {held.portion.folder for held in self._held if self._is_in_use(held.portion)}

    def _is_in_use(self, portion: UploadBatch) -> bool:
        is_fresh = time.monotonic() - portion.used_at < self._rules.idle_s
        return is_fresh or portion.is_busy or self._imports.has_work_with(portion)

    async def _let_go(self, folder: Path) -> None:
        """Remove a portion, unless somebody has begun to use it again."""
        held = next((one for one in self._held if one.portion.folder == folder), None)
        if held is not None:
            if self._is_in_use(held.portion):
                return
            self._imports.ledger.abandon(held.sender.user, held.sender.login, map(str, held.portion.waiting))
            self._forget(held)
        note(log, logging.WARNING, "received_removed", folder=folder.name)
        await asyncio.to_thread(self._inbox.remove, folder)

    def _forget(self, held: _Held) -> None:
        self._held.remove(held)
        for session in self._sessions:
            if session.portion is held.portion:  # what it sends now begins a new one
                session.portion = None

    def imported_ahead(self, portion: UploadBatch, path: PurePosixPath) -> ExchangeImport | None:
        """The import of a file that was done before anybody has asked; one that failed is tried again."""
        ahead = next((held.ahead for held in self._held if held.portion is portion), None)
        if ahead is None or not portion.covers(path):
            return None
        has_failed = ahead.result.done() and isinstance(ahead.result.result(), SyncError)
        return None if has_failed else ahead

    async def import_older(self, portion: UploadBatch) -> None:
        """Where files are imported that nobody asks for, those that came before a portion are imported before it."""
        if not self._rules.import_when_idle:
            return
        for held in self._by_arrival():
            older = held.portion
            if older is portion or older.arrived_at > portion.arrived_at or older.is_busy or not older.waiting:
                continue
            if not self._imports.has_work_with(older) and await asyncio.to_thread(older.is_whole):
                self._tell_idle(held, time.monotonic() - older.used_at)

    def _by_arrival(self) -> list[_Held]:
        return sorted(self._held, key=lambda held: held.portion.arrived_at)

    async def watch(self) -> None:
        """Tell of files that nobody asks to import, and forget those that were."""
        pause_s = min(5.0, self._rules.idle_s / 4)
        while True:
            works: list[Callable[[], Awaitable[None]]] = [self._tidy_up]
            works += [partial(self._look_after, held) for held in self._by_arrival()]
            for work in works:
                try:
                    await work()
                except Exception as error:  # nobody else would look after the others
                    note(log, logging.ERROR, "unexpected_error", cause=error)
            await asyncio.sleep(pause_s)

    async def _look_after(self, held: _Held) -> None:
        portion = held.portion
        if held not in self._held or self._is_in_use(portion):
            return
        has_records = await asyncio.to_thread(portion.has_records)
        if has_records:
            if not held.is_told:
                self._tell_idle(held, time.monotonic() - portion.used_at)
        elif (portion.waiting or portion.has_new_pictures) and not portion.has_failed:
            self._imports.submit(held.sender, portion, None)  # 1C does not ask for pictures
        else:
            self._forget(held)
            if not portion.has_failed:
                await asyncio.to_thread(portion.remove)

    def _tell_idle(self, held: _Held, idle_s: float) -> None:
        held.is_told = True
        files = tuple(map(str, held.portion.waiting))
        is_overtaken = self._rules.import_when_idle and held.portion.is_overtaken
        is_imported = self._rules.import_when_idle and not is_overtaken
        if is_imported:
            held.ahead = self._imports.submit(held.sender, held.portion, None)
        self._report(ImportNotRequested(str(held.portion.folder), files, idle_s, is_imported, is_overtaken))
