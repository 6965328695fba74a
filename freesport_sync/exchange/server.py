"""The exchange server, put together from the settings."""

from __future__ import annotations

import ipaddress
import logging
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from freesport_sync.core.backup import Backup, is_backed_up
from freesport_sync.core.cancel import CancelToken
from freesport_sync.core.events import Reporter
from freesport_sync.core.exchange import ExchangeEvent, ExchangeStarted, address_for_1c
from freesport_sync.core.log_entries import log_entry
from freesport_sync.errors import ConfigError, SyncError
from freesport_sync.exchange.access.control import AccessControl
from freesport_sync.exchange.access.passwords import PasswordFile
from freesport_sync.exchange.access.throttle import KnownNetworks
from freesport_sync.exchange.http.dispatch import Dispatcher
from freesport_sync.exchange.http.endpoint import Endpoint
from freesport_sync.exchange.http.listener import Listener
from freesport_sync.exchange.http.messages import Messages
from freesport_sync.exchange.imports.full_exports import FullExportTracker
from freesport_sync.exchange.imports.idle_watch import IdleWatch
from freesport_sync.exchange.imports.queue import ImportQueue
from freesport_sync.exchange.imports.runner import ImportRunner, Run
from freesport_sync.exchange.imports.shop_imports import ShopImports
from freesport_sync.exchange.uploads.batch import UploadLimits
from freesport_sync.exchange.uploads.disk import MB
from freesport_sync.exchange.uploads.store import UploadStore
from freesport_sync.i18n.texts import Texts
from freesport_sync.os_support import computer_name, file_lock, make_private
from freesport_sync.settings.model import ExchangeSettings, Settings
from freesport_sync.settings.paths import Paths
from freesport_sync.tasks.shop_import.run_folders import RunFolders

log = logging.getLogger(__name__)

UPLOADS = "portions"
"""Folder of the upload batches, under the name that installations have it."""


@dataclass(frozen=True, slots=True)
class ExchangeParts:
    """The parts of an exchange that its server needs.

    Args:
        endpoint: answers requests.
        store: keeps what is uploaded.
        queue: of the imports; must be stopped.
    """

    endpoint: Endpoint
    store: UploadStore
    queue: ImportQueue


def serve(
    settings: Settings,
    paths: Paths,
    run: Run,
    ahead_of_queue: Callable[[], AbstractContextManager[None]],
    backups: Callable[[], tuple[Backup, ...]],
    texts: Texts,
    is_dry_run: bool,
    report: Callable[[ExchangeEvent], None],
    report_run: Reporter,
    cancel: CancelToken,
) -> None:
    """Serve 1C until `cancel` is set.

    Args:
        settings: those in force.
        paths: of this installation.
        run: imports.
        ahead_of_queue: while it is entered, queued tasks leave the lock to us.
        backups: lists the backups of the database.
        texts: for 1C.
        is_dry_run: receive and check, write nothing to the shop.
        report: receives what the server does.
        report_run: receives the events of its imports.
        cancel: ends it.

    Raises:
        ConfigError: no password is set, the address cannot be used, or another server uses the same folder.
    """
    rules, stop = settings.exchange, threading.Event()
    has_fresh_backup = partial(_has_fresh_backup, backups, rules.backup_hours)
    password = PasswordFile(paths.exchange_password)
    password.hash()  # before anything is opened: without a password there is nothing to serve
    with ExitStack() as stack:
        listener = Listener(rules.host, rules.port, rules.certificate, rules.certificate_key, rules.proxies)
        _own_folder(paths, stack)
        parts = build_exchange(
            rules,
            paths.exchange,
            password,
            run,
            ahead_of_queue,
            has_fresh_backup,
            Messages(texts),
            is_dry_run,
            report,
            report_run,
        )
        started = ExchangeStarted(
            address=address_for_1c(rules.host, listener.port, rules.certificate is not None, computer_name()),
            user=rules.user,
            is_dry_run=is_dry_run,
            is_unprotected=rules.certificate is None and not _is_loopback(rules.host),
        )
        with cancel.interrupting(stop.set):
            cancel.is_winding_up = True  # a run that is being cancelled is worth waiting for
            log_entry(
                log, logging.INFO, "server_started", address=started.address, user=started.user, is_dry_run=is_dry_run
            )
            stack.callback(log_entry, log, logging.INFO, "server_stopped", address=started.address)
            app, refuse = parts.endpoint.application(), parts.endpoint.refuse
            listener.run(app, lambda: report(started), stop, parts.queue.stop, refuse)


def build_exchange(
    rules: ExchangeSettings,
    folder: Path,
    password: PasswordFile,
    run: Run,
    ahead_of_queue: Callable[[], AbstractContextManager[None]],
    has_fresh_backup: Callable[[], bool],
    messages: Messages,
    is_dry_run: bool,
    report: Callable[[ExchangeEvent], None],
    report_run: Reporter,
) -> ExchangeParts:
    """Put an exchange together.

    Args:
        rules: of the settings.
        folder: for everything that it keeps.
        password: of its user.
        run: imports.
        ahead_of_queue: while it is entered, queued tasks leave the lock to us.
        has_fresh_backup: asked before each import.
        messages: for answers that are sentences.
        is_dry_run: receive and check, write nothing to the shop.
        report: receives what it does.
        report_run: receives the events of its imports.

    Raises:
        ConfigError: no password is set.
    """
    known = KnownNetworks(folder / "known_networks")
    access = AccessControl(rules.user, password, rules.allow, rules.session_s, known)
    store = UploadStore(folder / UPLOADS, _limits(rules), rules.keep_days, rules.idle_s)
    folders, queue = RunFolders(folder / "runs"), ImportQueue()
    exports = FullExportTracker(folders)
    runner = ImportRunner(run, ahead_of_queue, queue, folders, rules, is_dry_run, has_fresh_backup, report_run)
    imports = ShopImports(queue, runner, folders, store, exports)
    idle_watch = IdleWatch(store, imports, rules, report)
    dispatcher = Dispatcher(store, imports, queue, exports, idle_watch, rules, is_dry_run, messages)
    return ExchangeParts(Endpoint(access, dispatcher, idle_watch.watch, rules, messages, report), store, queue)


def _own_folder(paths: Paths, stack: ExitStack) -> None:
    try:
        make_private(paths.exchange)
        stack.enter_context(file_lock(paths.exchange / "lock", timeout_s=0))
    except TimeoutError as error:
        raise ConfigError("exchange_runs_already", folder=str(paths.exchange)) from error
    except OSError as error:
        raise ConfigError("exchange_folder_unusable", folder=str(paths.exchange), reason=str(error)) from error


def _limits(rules: ExchangeSettings) -> UploadLimits:
    batch = rules.max_portion_mb * MB
    return UploadLimits(rules.file_limit_mb * MB, rules.max_file_mb * MB, batch, unpacked=batch)


def _has_fresh_backup(backups: Callable[[], tuple[Backup, ...]], hours: int) -> bool:
    with suppress(SyncError):
        return is_backed_up(backups(), datetime.now(UTC), hours)
    return False


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"
