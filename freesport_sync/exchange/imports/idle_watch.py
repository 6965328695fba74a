"""Watches for batches that 1C uploads but does not ask to import, and closes finished ones (EXCHANGE-13)."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import PurePosixPath
from weakref import WeakKeyDictionary, WeakSet

from freesport_sync.core.exchange import ExchangeEvent, ImportNotRequested
from freesport_sync.core.log_entries import log_entry
from freesport_sync.exchange.imports.exchange_import import ExchangeImport
from freesport_sync.exchange.imports.shop_imports import ShopImports
from freesport_sync.exchange.uploads.archives import has_records
from freesport_sync.exchange.uploads.batch import UploadBatch
from freesport_sync.exchange.uploads.store import UploadStore
from freesport_sync.settings.model import ExchangeSettings

log = logging.getLogger(__name__)

MAX_PAUSE_S = 5.0


class IdleWatch:
    """Reports each batch whose import 1C does not ask for, once, and imports it if the settings say so.

    Args:
        store: of the batches.
        imports: imports them.
        rules: of the settings.
        report: receives what happens.
    """

    def __init__(
        self,
        store: UploadStore,
        imports: ShopImports,
        rules: ExchangeSettings,
        report: Callable[[ExchangeEvent], None],
    ) -> None:
        self._store = store
        self._imports = imports
        self._rules = rules
        self._report = report
        self._reported: WeakSet[UploadBatch] = WeakSet()
        self._early: WeakKeyDictionary[UploadBatch, ExchangeImport] = WeakKeyDictionary()
        """Imports that were started without a request; a later request gets their result."""

    async def watch(self) -> None:
        """Check all batches, again and again, until cancelled."""
        pause_s = min(MAX_PAUSE_S, self._rules.idle_s / 4)
        while True:
            works: list[Callable[[], Awaitable[None]]] = [self._store.tidy_up]
            works += [partial(self._check, batch) for batch in self._store.batches]
            for work in works:
                try:
                    await work()
                except Exception as error:  # the other batches must be checked all the same
                    log_entry(log, logging.ERROR, "unexpected_error", cause=error)
            await asyncio.sleep(pause_s)

    def early_import(self, batch: UploadBatch, path: PurePosixPath) -> ExchangeImport | None:
        """The import of a file that was started without a request; None: there was none, or it has failed."""
        early = self._early.get(batch)
        if early is None or early.has_failed or not batch.is_asked_for(path):
            return None
        return early

    async def import_older(self, batch: UploadBatch) -> None:
        """If the settings allow imports without a request, first import what arrived before a batch."""
        if not self._rules.import_when_idle:
            return
        for older in self._store.batches:
            if older.arrived_at > batch.arrived_at or older is batch or not older.waiting:
                continue
            if not older.is_receiving and not older.is_importing and await asyncio.to_thread(older.is_complete):
                self._report_idle(older)

    async def _check(self, batch: UploadBatch) -> None:
        if not self._is_idle(batch):
            return
        needs_report = await asyncio.to_thread(has_records, batch)
        if not self._is_idle(batch):  # a fragment may have come since
            return
        if needs_report:
            if batch not in self._reported:
                self._report_idle(batch)
        elif (batch.waiting or batch.new_pictures) and not batch.has_failed:
            self._imports.submit(batch, None)  # 1C does not ask for pictures
        else:
            self._store.close(batch)
            if not batch.has_failed:
                await asyncio.to_thread(batch.remove)

    def _is_idle(self, batch: UploadBatch) -> bool:
        return not batch.is_closed and not self._store.is_in_use(batch)

    def _report_idle(self, batch: UploadBatch) -> None:
        self._reported.add(batch)
        files, idle_s = tuple(str(file.path) for file in batch.waiting), time.monotonic() - batch.used_at
        is_overtaken = self._rules.import_when_idle and self._store.is_overtaken(batch)
        is_imported = self._rules.import_when_idle and not is_overtaken
        if is_imported:
            self._early[batch] = self._imports.submit(batch, None)
        self._report(ImportNotRequested(str(batch.folder), files, idle_s, is_imported, is_overtaken))
