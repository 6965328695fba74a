"""Sends what waits in the outbox: at least once, and never again what was confirmed (NOTIFY-1)."""

from __future__ import annotations

import logging
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass
from uuid import uuid4

from freesport_sync.core.cancel import CancelToken
from freesport_sync.core.history import EntryKey, EntrySource
from freesport_sync.core.log_entries import log_entry
from freesport_sync.core.notifications import MAIL, NotificationTarget, OutboxEntry
from freesport_sync.core.run import Counts, Done
from freesport_sync.core.task_list import Task
from freesport_sync.database.own import outbox
from freesport_sync.database.own.history_list import read_entry
from freesport_sync.database.own.task_list import read_task
from freesport_sync.database.server.engine import Connection, transaction, translated_errors
from freesport_sync.errors import ConfigError, SyncError
from freesport_sync.i18n.texts import Language, Texts
from freesport_sync.rules.notifications import DIGEST
from freesport_sync.rules.retries import next_try
from freesport_sync.runs.context import RunContext
from freesport_sync.runs.record import connected
from freesport_sync.settings.model import NotificationSettings, Settings
from freesport_sync.settings.secrets import mail_password, messenger_address
from freesport_sync.tasks.notify import composing
from freesport_sync.tasks.notify.calling import call_sender
from freesport_sync.tasks.notify.composing import Letter, TaskStory
from freesport_sync.tasks.notify.mail import MESSAGE_S, MailServer, send_mail
from freesport_sync.tasks.notify.messengers import send_to_messenger

AGAIN_AFTER_S = 3600
"""What the task `notify` could not send with all its tries is tried again after this time."""
MOST_MESSAGES = 100
"""Of one task: a flood is sent in parts."""
ABOUT_RECIPIENT = "mail_recipient_refused"
"""Code of the only error that says nothing of the server."""
_BUSY_POLL_S = 0.5

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Sent:
    """What has become of the messages that were due.

    Args:
        count: sent.
        error: why the first of those that were not sent was not.
    """

    count: int
    error: SyncError | None


class Channels:
    """The ways out; a message goes by one of them.

    Args:
        rules: of the settings.
        limit_s: seconds for a message.
        password: of the mail server's user; None: the one that is kept.
    """

    def __init__(self, rules: NotificationSettings, limit_s: float = MESSAGE_S, password: str | None = None) -> None:
        self._rules = rules
        self._password = password
        self._limit_s = limit_s

    def send(self, target: NotificationTarget, message: Letter, message_id: str) -> None:
        """Send a message; returns when it is confirmed.

        Raises:
            SyncError: it is not.
        """
        if target.way == MAIL:
            send_mail(self._mail_server(), target.name, message, message_id, self._limit_s)
        else:
            send_to_messenger(target.name, messenger_address(self._rules, target.name), message)

    def _mail_server(self) -> MailServer:
        rules = self._rules
        if rules.mail_host is None or rules.sender is None:
            raise ConfigError("mail_not_configured")
        password = None if rules.mail_user is None else self._password or mail_password(rules)
        if rules.mail_user is not None and password is None:
            raise ConfigError("mail_password_missing", user=rules.mail_user, host=rules.mail_host)
        security, user = rules.mail_security, rules.mail_user
        return MailServer(rules.mail_host, rules.port, security, user, password, rules.sender, rules.mail_ca_file)


class OutboxSender:
    """Sends the due messages of this computer.

    Args:
        connection: any, in autocommit.
        settings: whom to tell, and how.
        place: the database, for people.
        cancel: stops between two messages.
        limit_s: seconds for a message.
    """

    def __init__(
        self, connection: Connection, settings: Settings, place: str, cancel: CancelToken, limit_s: float = MESSAGE_S
    ) -> None:
        self._connection = connection
        self._channels = Channels(settings.notifications, limit_s)
        self._texts = Texts(settings.language or Language.RUSSIAN)
        self._place = place
        self._cancel = cancel
        self._host = socket.gethostname()
        self._tried: list[int] = []
        self._broken: set[str] = set()
        """Ways out that do not work at the moment, whatever the message."""
        self._count = 0
        self._error: SyncError | None = None

    def send(self, wait_s: float = MESSAGE_S) -> Sent:
        """Send what is due.

        Args:
            wait_s: so long for other processes that are sending to the same targets.
        """
        deadline = time.monotonic() + wait_s
        while self._send_once() and time.monotonic() < deadline:
            self._cancel.check()
            time.sleep(_BUSY_POLL_S)
        return Sent(self._count, self._error)

    def _send_once(self) -> bool:
        """Returns whether another process is just sending to a target."""
        is_busy = False
        for target in outbox.due_targets(self._connection, self._host):
            while target.way not in self._broken and self._count < MOST_MESSAGES:
                self._cancel.check()
                with transaction(self._connection):
                    entries = outbox.take(self._connection, self._host, target, self._tried)
                    if entries:
                        self._tell(target, entries)
                is_busy = is_busy or entries is None
                if not entries:
                    break
        return is_busy

    def _tell(self, target: NotificationTarget, entries: tuple[OutboxEntry, ...]) -> None:
        """Send a message and note what became of it; in the transaction that holds its entries."""
        ids, message_id = [entry.id for entry in entries], message_id_of(entries[0])
        try:
            self._channels.send(target, self._message(target, entries), message_id)
        except SyncError as error:
            self._tried += ids
            is_about_target = error.code == ABOUT_RECIPIENT
            if target.way == MAIL and not is_about_target:
                self._broken.add(target.way)
            self._error = self._error or error
            outbox.mark_failed(self._connection, ids, error, is_final=is_about_target)
            log_entry(log, logging.WARNING, "notification_failed", cause=error, target=str(target))
            return
        outbox.mark_sent(self._connection, ids, message_id)
        self._count += 1
        log_entry(log, logging.INFO, "notification_sent", target=str(target), entries=len(ids))

    def _message(self, target: NotificationTarget, entries: tuple[OutboxEntry, ...]) -> Letter:
        last = entries[-1]
        if last.message is not None:
            return composing.about_watch(self._texts, self._place, last.message, entries)
        if last.group_key == DIGEST:
            stories = [self._story(entry, issues=0) for entry in entries]
            failures = outbox.urgent_since(self._connection, target, entries[0].created_at)
            return composing.digest(self._texts, self._place, stories, entries, failures)
        story = self._story(last, composing.SHOWN_ISSUES)
        return composing.about_task(self._texts, self._place, story, entries)

    def _story(self, entry: OutboxEntry, issues: int) -> TaskStory:
        task: Task | None = None if entry.task_id is None else read_task(self._connection, entry.task_id)
        if task is None:
            raise AssertionError("an entry goes with its task")
        if task.run_id is None or not issues:
            return TaskStory(task)
        run = read_entry(self._connection, EntryKey(EntrySource.RUN, task.run_id))
        totals = () if run is None else run.issue_totals
        return TaskStory(task, totals, outbox.first_issues(self._connection, task.run_id, issues))


def message_id_of(first: OutboxEntry) -> str:
    """The same for a message that is sent again, so that mail programs show it once."""
    return f"{first.uid}@freesport-sync"


def run_notify(context: RunContext) -> Done:
    """Send what is due, and see to it that the rest is sent in its time.

    Raises:
        SyncError: a message could not be sent.
    """
    with (
        context.open_target() as target,
        translated_errors(),
        connected(target, "freesport_sync notify") as connection,
    ):
        outbox.forget_old(connection, context.settings.history.retention_days)
        sent = OutboxSender(connection, context.settings, target.label, context.cancel).send()
        is_last_try = sent.error is None or context.claim is None or next_try(context.claim, sent.error, 0) is None
        if is_last_try:
            with transaction(connection):
                call_sender(connection, 0 if sent.error is None else AGAIN_AFTER_S)
        if sent.error is not None:
            raise sent.error
        return Done({"notification": Counts(created=sent.count)})


def send_test(
    settings: Settings, password: str | None, place: str, report: Callable[[NotificationTarget, SyncError | None], None]
) -> None:
    """Send a message to each target; nothing is kept.

    Args:
        settings: whom to tell, and how.
        password: of the mail server's user; None: the one that is kept.
        place: the database, for people.
        report: told of each target, and why it could not be reached.
    """
    texts, channels = Texts(settings.language or Language.RUSSIAN), Channels(settings.notifications, password=password)
    message = composing.test_message(texts, place, socket.gethostname())
    is_mail_broken = False
    for target in settings.notifications.targets:
        if target.way == MAIL and is_mail_broken:
            continue  # another recipient would hear the same
        try:
            channels.send(target, message, f"{uuid4()}@freesport-sync")
        except SyncError as error:
            is_mail_broken = is_mail_broken or (target.way == MAIL and error.code != ABOUT_RECIPIENT)
            report(target, error)
        else:
            report(target, None)
