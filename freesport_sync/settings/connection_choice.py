"""Saves the choice of a database or SSH host in the settings, and their secrets elsewhere."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from freesport_sync.core.connections import PasswordPlace
from freesport_sync.errors import ConfigError, reason_of
from freesport_sync.os_support import make_private, write_private_file
from freesport_sync.settings.edit import change_settings
from freesport_sync.settings.paths import located
from freesport_sync.settings.secrets import keep_secret, mail_password_name, ssh_passphrase_name, ssh_password_name

if TYPE_CHECKING:
    from freesport_sync.settings.model import NotificationSettings, SshSettings


@dataclass(frozen=True, slots=True)
class ChosenDatabase:
    """The database of the settings.

    Args:
        login: see `settings.secrets`; an empty text is the private server.
        password_file: with its password.
    """

    login: str
    password_file: Path | None


def database_password_file(settings_file: Path, login: str, chosen: ChosenDatabase) -> Path | None:
    """Return the file with the password of a database; None if there is none, then it may be in the key store.

    Args:
        settings_file: in whose folder the files are created.
        login: of the database; see `settings.secrets`.
        chosen: the current choice, which has a file of its own.
    """
    own_file = _own_file(settings_file, "database", login)
    if own_file.exists():
        return own_file
    return chosen.password_file if chosen.login == login else None


def choose_database(
    settings_file: Path, chosen: ChosenDatabase, url: str | None, login: str, password: str | None
) -> PasswordPlace:
    """Save the choice of a database.

    Args:
        settings_file: to change.
        chosen: the current choice.
        url: without a password; None for the private server.
        login: see `settings.secrets`.
        password: to store; None keeps the stored one.

    Raises:
        ConfigError: a file cannot be written.
    """
    place, file = PasswordPlace.UNCHANGED, None
    if url is not None:
        if password:
            place = _keep(_own_file(settings_file, "database", login), login, password)
        is_in_key_store = place is PasswordPlace.KEY_STORE
        file = None if is_in_key_store else database_password_file(settings_file, login, chosen)
    change_settings(settings_file, {"database.url": url, "database.password_file": None if file is None else str(file)})
    return place


def keep_ssh_secrets(
    settings_file: Path, ssh: SshSettings, password: str | None, passphrase: str | None
) -> tuple[SshSettings, PasswordPlace]:
    """Store the secrets of an SSH host; returns its settings with the files that hold them, if any.

    Args:
        settings_file: in whose folder the files are created.
        ssh: settings of the host.
        password: of the user; None keeps the stored one.
        passphrase: of the key file; likewise.

    Raises:
        ConfigError: a file cannot be written.
    """
    place = PasswordPlace.UNCHANGED
    files: dict[str, Path | None] = {}
    key = None if ssh.key_file is None else ssh_passphrase_name(located(ssh.key_file, settings_file.parent))
    secrets = {
        "password_file": (ssh_password_name(ssh.login), password, ssh.password_file),
        "passphrase_file": (key, passphrase, ssh.passphrase_file),
    }
    for name, (user, secret, known) in secrets.items():
        own_file = None if user is None else _own_file(settings_file, "ssh", user)
        if user is not None and own_file is not None and secret:
            place = _keep(own_file, user, secret)
        if own_file is not None and own_file.exists():
            files[name] = own_file
        elif secret or (known is not None and _is_own(settings_file, known)):  # the file of another host, or of none
            files[name] = None
    return ssh.model_copy(update=files), place


def choose_ssh_host(settings_file: Path, ssh: SshSettings | None) -> None:
    """Save the choice of an SSH host.

    Args:
        settings_file: to change.
        ssh: settings of the host, or None.

    Raises:
        ConfigError: the file cannot be written.
    """
    from freesport_sync.settings.model import SshSettings

    values = {} if ssh is None else ssh.model_dump(mode="json", exclude_defaults=True)
    change_settings(settings_file, {f"ssh.{name}": values.get(name) for name in SshSettings.model_fields})


def choose_notifications(settings_file: Path, rules: NotificationSettings, password: str | None) -> PasswordPlace:
    """Save whom to tell, and by which mail server.

    Args:
        settings_file: to change.
        rules: the choice.
        password: of the server's user, to store; None keeps the stored one.

    Raises:
        ConfigError: a file cannot be written.
    """
    place, name, file = PasswordPlace.UNCHANGED, mail_password_name(rules.login), rules.mail_password_file
    own_file = _own_file(settings_file, "mail", name)
    if password and rules.mail_user is not None:
        place = _keep(own_file, name, password)
    if own_file.exists():
        file = own_file
    elif password or (file is not None and _is_own(settings_file, file)):  # the file of another server
        file = None
    values = rules.model_copy(update={"mail_password_file": file}).model_dump(mode="json", exclude_defaults=True)
    change_settings(settings_file, {f"notifications.{one}": values.get(one) for one in type(rules).model_fields})
    return place


def _keep(own_file: Path, name: str, secret: str) -> PasswordPlace:
    try:
        if keep_secret(name, secret):
            own_file.unlink(missing_ok=True)
            return PasswordPlace.KEY_STORE
        make_private(own_file.parent)
        write_private_file(own_file, secret)
    except OSError as error:
        raise ConfigError("settings_not_writable", file=str(own_file), reason=reason_of(error)) from error
    return PasswordPlace.FILE


def _own_file(settings_file: Path, kind: str, name: str) -> Path:
    """Return the secret file of a login; each has its own, so that no secret is sent to another host."""
    return settings_file.with_name(f"{kind}-{hashlib.sha256(name.encode()).hexdigest()[:12]}.password")


def _is_own(settings_file: Path, file: Path) -> bool:
    return file.parent == settings_file.parent and file.match("*-????????????.password")
