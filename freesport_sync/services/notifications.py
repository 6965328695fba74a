"""Notifications as people ask for them: sent by this process, tried, set up."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import fields

from pydantic import ValidationError

from freesport_sync.core.cancel import CancelToken
from freesport_sync.core.checks import CheckItem
from freesport_sync.core.connections import PasswordPlace
from freesport_sync.core.log_entries import log_entry
from freesport_sync.core.notifications import NotificationChoice, NotificationTarget, WatchMessage
from freesport_sync.database.own import outbox
from freesport_sync.database.server.engine import Connection, transaction
from freesport_sync.errors import ConfigError, SyncError
from freesport_sync.observers.announcer import Announcer
from freesport_sync.services.database import Database
from freesport_sync.settings.connection_choice import choose_notifications
from freesport_sync.settings.model import NotificationSettings, Settings
from freesport_sync.settings.paths import Paths
from freesport_sync.settings.secrets import mail_password

SEND_S = 15.0
"""So long the end of a program waits for its messages; what is late is sent by the next one."""
MESSAGE_S = 12.0

log = logging.getLogger(__name__)


class Notifications:
    """The notifications of this computer.

    Args:
        database: with the outbox.
        settings: whom to tell, and how.
        paths: of this installation.
        password: of the mail server's user; None: the one that is kept.
    """

    def __init__(self, database: Database, settings: Settings, paths: Paths, password: str | None = None) -> None:
        self._database = database
        self._settings = settings
        self._paths = paths
        self._password = password
        self._sending: threading.Thread | None = None
        self._cancel = CancelToken()
        self.announcer = Announcer(settings.notifications, is_silent=database.is_demo)

    @property
    def targets(self) -> tuple[NotificationTarget, ...]:
        """Who is told."""
        return self._settings.notifications.targets

    @property
    def choice(self) -> NotificationChoice:
        """What the settings say."""
        rules = self._settings.notifications
        return NotificationChoice(
            events=rules.events,
            digest_at=rules.digest_at,
            mail_to=rules.mail_to,
            mail_from=rules.mail_from,
            mail_host=rules.mail_host,
            mail_port=rules.mail_port,
            mail_security=rules.mail_security,
            mail_user=rules.mail_user,
        )

    def say(self, message: WatchMessage) -> None:
        """Tell what no task says; see `Announcer.say`.

        Raises:
            SyncError: the database cannot be reached.
        """
        if self.targets:
            with self._database.connection() as connection, transaction(connection):
                self.announcer.say(connection, message)

    def observe(self, look: Callable[[Connection], None]) -> None:
        """Let an observer look, where no worker does, and send what it has to say.

        Args:
            look: says it within a transaction.

        Raises:
            SyncError: the database cannot be reached, or its history not be read.
        """
        if self.announcer.has_targets:
            with self._database.connection() as connection, transaction(connection):
                look(connection)
            self.send_own()

    def send_own(self) -> None:
        """Send what this computer has put into the outbox, beside whatever goes on; workers do it where there are any.

        A failure is only logged: whoever needs the message has a run whose outcome must not change by it.
        """
        if not self.announcer.has_targets:
            return
        before = self._sending

        def send() -> None:
            if before is not None:
                before.join()
            self._send()

        self._sending = threading.Thread(target=send, name="notifications", daemon=True)
        self._sending.start()

    def wait(self, limit_s: float = SEND_S) -> None:
        """Let `send_own` come to its end, for so many seconds at most."""
        if self._sending is not None:
            self._sending.join(limit_s)
            self._cancel.cancel()

    def _send(self) -> None:
        from freesport_sync.tasks.notify.calling import has_worker
        from freesport_sync.tasks.notify.sending import OutboxSender

        try:
            with self._database.target() as target, self._database.connection() as connection:
                if not outbox.exists(connection) or has_worker(connection):
                    return
                OutboxSender(connection, self._settings, target.label, self._cancel, MESSAGE_S).send(SEND_S)
        except SyncError as error:
            log_entry(log, logging.WARNING, "notifications_not_sent", cause=error)
        except Exception as error:  # the thread must not end with a traceback on the operator's terminal
            log_entry(log, logging.ERROR, "notifications_not_sent", cause=error)

    def resume(self) -> None:
        """Submit the task that sends what was left behind, for a worker that begins; its next task does so too."""
        from freesport_sync.tasks.notify.calling import submit_sender

        if not self.targets:
            return
        try:
            with self._database.connection() as connection, transaction(connection):
                if outbox.exists(connection):
                    submit_sender(connection)
        except SyncError as error:  # the worker waits for the database, and says so
            log.debug("outbox not looked at: %s", error.code)

    def test(self, report: Callable[[CheckItem], None]) -> tuple[CheckItem, ...]:
        """Send a message to each target.

        Args:
            report: told of each target as soon as it is known.

        Raises:
            ConfigError: there is no target.
        """
        from freesport_sync.tasks.notify.sending import send_test

        if not self.targets:
            raise ConfigError("notifications_off")
        items: list[CheckItem] = []

        def note(target: NotificationTarget, error: SyncError | None) -> None:
            params: dict[str, object] = {"target": target.name} if error is None else {**error.params}
            items.append(CheckItem("notification_sent" if error is None else error.code, error is None, params))
            report(items[-1])

        send_test(self._settings, self._password, self._place, note)
        return tuple(items)

    @property
    def _place(self) -> str:
        return self._database.login or self._database.private_name

    def trying(self, choice: NotificationChoice, password: str | None) -> Notifications:
        """The same with another choice, which is not kept, to be tested.

        Args:
            choice: of the operator.
            password: None: the one that is kept.

        Raises:
            ConfigError: it cannot be like that.
        """
        settings = self._settings.model_copy(update={"notifications": self._chosen(choice)})
        return Notifications(self._database, settings, self._paths, password)

    def choose(self, choice: NotificationChoice, password: str | None) -> PasswordPlace:
        """Write a choice into the settings; an application that is opened later uses it.

        Args:
            choice: of the operator.
            password: to be kept; None: leave what is kept.

        Raises:
            ConfigError: it cannot be like that, or a file cannot be written.
        """
        return choose_notifications(self._paths.settings_file, self._chosen(choice), password)

    def has_password(self, choice: NotificationChoice) -> bool:
        """Whether the password of the mail server's user is kept.

        Raises:
            ConfigError: the choice cannot be like that, or the file with the password cannot be read.
        """
        return mail_password(self._chosen(choice)) is not None

    def _chosen(self, choice: NotificationChoice) -> NotificationSettings:
        chosen = {one.name: getattr(choice, one.name) for one in fields(choice)}
        try:
            return NotificationSettings.model_validate(self._settings.notifications.model_dump() | chosen)
        except ValidationError as error:
            field = str(error.errors()[0]["loc"][0])
            raise ConfigError("notifications_invalid", notification_field=field) from error
