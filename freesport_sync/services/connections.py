"""The connections that an operator can choose from: tested first, and written into the settings when chosen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path
from types import MappingProxyType

from freesport_sync.core.checks import CheckItem
from freesport_sync.core.connections import PasswordPlace, SavedConnection, SshHostChoice, in_place
from freesport_sync.database.preflight import check_database
from freesport_sync.database.server.engine import login_of, parse_url, translated_errors
from freesport_sync.database.shop.verify import TableCreation
from freesport_sync.services.remote_export import RemoteExport
from freesport_sync.settings.connection_choice import (
    ChosenDatabase,
    choose_database,
    choose_ssh_host,
    database_password_file,
    keep_ssh_secrets,
)
from freesport_sync.settings.edit import change_settings
from freesport_sync.settings.loading import keys_in_environment
from freesport_sync.settings.model import Settings, SshSettings
from freesport_sync.settings.paths import Paths
from freesport_sync.settings.profiles import Profile, load_profiles, save_profiles
from freesport_sync.settings.secrets import database_password, ssh_passphrase, ssh_password


class Connections:
    """Databases and SSH hosts; an application that is opened later uses what was chosen here.

    Args:
        settings: those in force.
        paths: of this installation.
        remote_export: of the SSH host in the settings.
        creation: whether an import would create shop tables that are missing.
    """

    def __init__(self, settings: Settings, paths: Paths, remote_export: RemoteExport, creation: TableCreation) -> None:
        self._settings = settings
        self._paths = paths
        self._remote_export = remote_export
        self._creation = creation

    def check(self, url: str, password: str | None) -> tuple[CheckItem, ...]:
        """As `Checks.database`, of a database that is not chosen yet.

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

    def has_secrets(self, ssh: SshHostChoice) -> tuple[bool, bool]:
        """Whether the password of the user of an SSH host is kept, and the passphrase of the key file.

        Raises:
            ConfigError: a file with one of them cannot be read.
        """
        settings = settings_of(ssh)
        key_file, passphrase_file = settings.key_file, settings.passphrase_file
        has_passphrase = key_file is not None and ssh_passphrase(key_file, passphrase_file) is not None
        return ssh_password(settings.login, settings.password_file) is not None, has_passphrase

    def choose_database(self, url: str | None, password: str | None) -> PasswordPlace:
        """Write a database into the settings; an application opened after this uses it.

        Args:
            url: without a password; None: the private server.
            password: to be kept; None: leave what is kept.

        Raises:
            ConfigError: the address is wrong, or a file cannot be written.
        """
        login = "" if url is None else login_of(parse_url(url))
        return choose_database(self._paths.settings_file, self._chosen, url, login, password)

    def remote_export(self, ssh: SshHostChoice, password: str | None, passphrase: str | None) -> RemoteExport:
        """The export on an SSH host that is not chosen yet, to be tested.

        Args:
            ssh: how to reach it.
            password: None: the one that is kept.
            passphrase: of the key file; None: the one that is kept.
        """
        return self._remote_export.of(settings_of(ssh), password, passphrase)

    def keep_secrets(
        self, ssh: SshHostChoice, password: str | None, passphrase: str | None
    ) -> tuple[SshHostChoice, PasswordPlace]:
        """Keep the secrets of an SSH host; see `settings.connection_choice.keep_ssh_secrets`."""
        settings, place = keep_ssh_secrets(self._paths.settings_file, settings_of(ssh), password, passphrase)
        return host_choice(settings), place

    def choose_ssh_host(self, ssh: SshHostChoice | None) -> None:
        """Write an SSH host into the settings; an application opened after this uses it."""
        choose_ssh_host(self._paths.settings_file, None if ssh is None else settings_of(ssh))

    @property
    def database_url(self) -> str | None:
        """The database in the settings; None: the private one."""
        return self._settings.database.url

    @property
    def ssh_host(self) -> SshHostChoice | None:
        """The SSH host in the settings."""
        return host_choice(self._settings.ssh) if self._settings.ssh.host else None

    def set_by_environment(self) -> frozenset[str]:
        """The settings that environment variables override, which no choice can change."""
        return keys_in_environment()

    def saved(self) -> tuple[SavedConnection, ...]:
        """The saved connections."""
        return read_connections(self._profiles_file)

    def save(self, connections: Sequence[SavedConnection]) -> None:
        """Replace the saved connections."""
        save_profiles(self._profiles_file, [_profile(one) for one in connections])

    def keep(self, connection: SavedConnection) -> None:
        """Save a connection, in place of the one with the same database."""
        self.save(in_place(self.saved(), connection.database_url, connection))

    def choose_export(self, path: Path) -> None:
        """Write into the settings the folder or archive from which 1C's files are taken.

        Raises:
            ConfigError: the file cannot be written.
        """
        change_settings(self._paths.settings_file, {"source.data_dir": str(path)})

    @property
    def _chosen(self) -> ChosenDatabase:
        database = self._settings.database
        return ChosenDatabase("" if database.url is None else login_of(parse_url(database.url)), database.password_file)

    @property
    def _profiles_file(self) -> Path:
        return self._paths.settings_file.with_name("profiles.toml")


def read_connections(file: Path) -> tuple[SavedConnection, ...]:
    """The connections in a file; none if it is missing.

    Raises:
        ConfigError: the file has other content, or contains a password.
    """
    return tuple(
        SavedConnection(one.name, one.database_url, None if one.ssh is None else host_choice(one.ssh))
        for one in load_profiles(file)
    )


def export_connection(file: Path, connection: SavedConnection) -> None:
    """Write a connection into a file for other people, without its secrets.

    Raises:
        ConfigError: it cannot be written.
    """
    save_profiles(file, [_profile(connection)], is_for_others=True)


def host_choice(ssh: SshSettings) -> SshHostChoice:
    """Settings as a form shows them."""
    values = {name: getattr(ssh, name) for name in SshSettings.model_fields}
    shown = {one.name: values.pop(one.name) for one in fields(SshHostChoice) if one.name in values}
    others = {name: value for name, value in values.items() if value != SshSettings.model_fields[name].default}
    return SshHostChoice(**shown | {"host": ssh.host or ""}, others=MappingProxyType(others))


def settings_of(ssh: SshHostChoice) -> SshSettings:
    """What a form shows as settings."""
    shown = {one.name: getattr(ssh, one.name) for one in fields(SshHostChoice) if one.name != "others"}
    return SshSettings().model_copy(update={**ssh.others, **shown})


def _profile(connection: SavedConnection) -> Profile:
    ssh = None if connection.ssh is None else settings_of(connection.ssh)
    return Profile(connection.name, connection.database_url, ssh)
