"""The connections that an operator can choose from: tried before they are chosen, written down when they are."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from freesport_sync.core.checks import CheckItem
from freesport_sync.database.preflight import check_database
from freesport_sync.database.server.engine import login_of, parse_url, translated_errors
from freesport_sync.database.shop.verify import TableCreation
from freesport_sync.services.remote_export import RemoteExport
from freesport_sync.settings.connection_choice import (
    Chosen,
    PasswordPlace,
    choose_database,
    choose_server,
    database_password_file,
    keep_ssh_secrets,
)
from freesport_sync.settings.listing import Origin, list_settings
from freesport_sync.settings.model import Settings, SshSettings
from freesport_sync.settings.paths import Paths
from freesport_sync.settings.profiles import Profile, load_profiles, save_profiles
from freesport_sync.settings.secrets import database_password, ssh_passphrase, ssh_password


class Connections:
    """Databases and servers; an application that is opened later uses what was chosen here.

    Args:
        settings: those in force.
        paths: of this installation.
        remote_export: of the ssh host in the settings.
        creation: whether an import would create shop tables that are missing.
    """

    def __init__(self, settings: Settings, paths: Paths, remote_export: RemoteExport, creation: TableCreation) -> None:
        self._settings = settings
        self._paths = paths
        self._remote_export = remote_export
        self._creation = creation

    def check(self, url: str, password: str | None) -> tuple[CheckItem, ...]:
        """As `Application.check`, of a database that nothing is set to yet.

        Args:
            url: without a password.
            password: None: the one that is kept.

        Raises:
            SyncError: the database cannot be reached; the code names the step that fails.
        """
        parsed = parse_url(url)
        login = login_of(parsed)
        file = database_password_file(self._paths.settings_file, login, self._chosen)
        known = password or database_password(login, file)
        with translated_errors():
            return check_database(parsed.set(password=known), login, self._creation)

    def has_password(self, url: str) -> bool:
        """Whether a password of a database is kept.

        Args:
            url: without a password.

        Raises:
            ConfigError: the address is wrong, or the file with the password cannot be read.
        """
        login = login_of(parse_url(url))
        return (
            database_password(login, database_password_file(self._paths.settings_file, login, self._chosen)) is not None
        )

    def has_secrets(self, ssh: SshSettings) -> tuple[bool, bool]:
        """Whether the password of a server's user is kept, and the passphrase of the key file.

        Raises:
            ConfigError: a file with one of them cannot be read.
        """
        has_passphrase = ssh.key_file is not None and ssh_passphrase(ssh.key_file, ssh.passphrase_file) is not None
        return ssh_password(ssh.login, ssh.password_file) is not None, has_passphrase

    def choose_database(self, url: str | None, password: str | None) -> PasswordPlace:
        """Write into the settings which database is meant from now on; an application opened after this uses it.

        Args:
            url: without a password; None: the private server.
            password: to be kept; None: leave what is kept.

        Raises:
            ConfigError: the address is wrong, or a file cannot be written.
        """
        login = "" if url is None else login_of(parse_url(url))
        return choose_database(self._paths.settings_file, self._chosen, url, login, password)

    def server_of(self, ssh: SshSettings, password: str | None, passphrase: str | None) -> RemoteExport:
        """A server that nothing is set to yet, to be tried.

        Args:
            ssh: how to reach it.
            password: None: the one that is kept.
            passphrase: of the key file; likewise.
        """
        return self._remote_export.of(ssh, password, passphrase)

    def keep_server(
        self, ssh: SshSettings, password: str | None, passphrase: str | None
    ) -> tuple[SshSettings, PasswordPlace]:
        """Keep the secrets of a server; see `settings.connection_choice.keep_ssh_secrets`."""
        return keep_ssh_secrets(self._paths.settings_file, ssh, password, passphrase)

    def choose_server(self, ssh: SshSettings | None) -> None:
        """Write into the settings which server is meant from now on; an application opened after this uses it."""
        choose_server(self._paths.settings_file, ssh)

    def set_by_environment(self) -> frozenset[str]:
        """The settings that environment variables override, which no choice can change."""
        listed = list_settings(self._settings, self._paths.settings_file)
        return frozenset(one.key for one in listed if one.origin is Origin.ENVIRONMENT)

    def profiles(self) -> tuple[Profile, ...]:
        """The saved connections."""
        return load_profiles(self._profiles_file)

    def save_profiles(self, profiles: Sequence[Profile]) -> None:
        """Replace the saved connections."""
        save_profiles(self._profiles_file, profiles)

    @property
    def _chosen(self) -> Chosen:
        database = self._settings.database
        return Chosen("" if database.url is None else login_of(parse_url(database.url)), database.password_file)

    @property
    def _profiles_file(self) -> Path:
        return self._paths.settings_file.with_name("profiles.toml")
