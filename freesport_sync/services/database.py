"""The database that everything works on: the shop's, or a private one."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from freesport_sync.core.tasks import Lock
from freesport_sync.database.own.lock import wait_ahead
from freesport_sync.database.server.embedded import EmbeddedPostgres
from freesport_sync.database.server.engine import (
    Connection,
    DatabaseError,
    Url,
    connect,
    login_of,
    parse_url,
    translated_errors,
)
from freesport_sync.database.shop.verify import TableCreation
from freesport_sync.errors import ConfigError, SyncError
from freesport_sync.runs.context import Target
from freesport_sync.settings.loading import RawSettings, read_raw_settings
from freesport_sync.settings.model import Settings
from freesport_sync.settings.paths import Paths
from freesport_sync.settings.secrets import database_password

log = logging.getLogger(__name__)
USUAL = "freesport"
DEMO = "freesport_demo"
"""A database of its own, so that the demo never touches real imports."""


class Database:
    """Opens the database.

    Args:
        url: of the shop's database; None: the private server.
        settings: those in force.
        paths: of this installation.
        creation: whether to create shop tables that are missing; the private server always gets them.
        is_demo: use the private server's database for the demo.
    """

    def __init__(
        self, url: Url | None, settings: Settings, paths: Paths, creation: TableCreation, is_demo: bool = False
    ) -> None:
        self.creation = creation
        self._url = url
        self._settings = settings.database
        self._postgres_folder = paths.postgres
        self.private_name = DEMO if is_demo else USUAL

    @property
    def is_demo(self) -> bool:
        """Whether it is the database of the demonstration."""
        return self._url is None and self.private_name == DEMO

    @property
    def login(self) -> str:
        """See `settings.secrets`; empty: the private server."""
        return "" if self._url is None else login_of(self._url)

    @contextmanager
    def target(self) -> Iterator[Target]:
        """The address of the database; the private server runs at least until the end of the block.

        Raises:
            ConfigError: the password cannot be read.
            ConnectionFailed: the private server does not start.
        """
        if self._url is not None:
            login = login_of(self._url)
            password = database_password(login, self._settings.password_file)
            with translated_errors():
                yield Target(self._url.set(password=password), login, self.creation)
            return
        with EmbeddedPostgres(self._postgres_folder, self._settings.postgres_bin) as server:
            server.ensure_database(self.private_name)
            with translated_errors():
                yield Target(server.url(self.private_name), self.private_name, TableCreation.MISSING)

    @contextmanager
    def connection(self) -> Iterator[Connection]:
        """Connect for as long as the block lasts, in autocommit."""
        with self.target() as target:
            connection = connect(target.url, "freesport_sync")
            try:
                yield connection
            finally:
                connection.close()

    @contextmanager
    def ahead_of_queue(self, lock: Lock) -> Iterator[None]:
        """Have workers leave a lock to us while the block lasts; it runs in any case.

        Whoever waits for the lock meanwhile hears of a database that does not answer by itself.
        """
        with ExitStack() as stack:
            try:
                wait_ahead(stack.enter_context(self.connection()), lock)
            except (SyncError, DatabaseError) as error:
                log.debug("the queue may come first: %s", error)
            yield


def shop_url(argument: str | None, settings: Settings, settings_file: Path) -> Url | None:
    """The address of the shop's database; None where none is configured.

    Args:
        argument: `--database-url`, which overrides the setting.
        settings: those in force.
        settings_file: where they were read.

    Raises:
        ConfigError: the address is wrong or contains a password; the error names the place to fix.
    """
    url = settings.database.url if argument is None else argument
    try:
        return None if url is None else parse_url(url)
    except ConfigError as error:
        place: dict[str, object] = {"setting_place": "argument", "argument": "--database-url"}
        if argument is None:
            place = read_raw_settings(settings_file).place_of(("database", "url"))
        raise ConfigError(error.code, **error.params, **place) from error


def refuse_unusable_url(raw: RawSettings, settings: Settings) -> None:
    """Refuse settings whose address of the shop's database is wrong or contains a password.

    Args:
        raw: the same settings as they were written.
        settings: to look at.

    Raises:
        ConfigError: the error names the place to fix.
    """
    try:
        if settings.database.url is not None:
            parse_url(settings.database.url)
    except ConfigError as error:
        raise ConfigError(error.code, **error.params, **raw.place_of(("database", "url"))) from error
