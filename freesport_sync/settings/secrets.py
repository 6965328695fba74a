"""Passwords: from the environment, a private file, or the system's key store; never from the command line."""

from __future__ import annotations

import logging
import os
import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

from freesport_sync.errors import ConfigError
from freesport_sync.os_support import is_private
from freesport_sync.settings.model import ENVIRONMENT_PREFIX, NotificationSettings, Settings

log = logging.getLogger(__name__)

PASSWORD_VARIABLE = f"{ENVIRONMENT_PREFIX}DB_PASSWORD"
SSH_PASSWORD_VARIABLE = f"{ENVIRONMENT_PREFIX}SSH_PASSWORD"
SSH_PASSPHRASE_VARIABLE = f"{ENVIRONMENT_PREFIX}SSH_PASSPHRASE"
MAIL_PASSWORD_VARIABLE = f"{ENVIRONMENT_PREFIX}MAIL_PASSWORD"
KEYRING_SERVICE = "freesport_sync"


def database_password(login: str, password_file: Path | None) -> str | None:
    """Return the password of the shop's database, if any is stored.

    Args:
        login: `user@host/database`, the key store's user name for it.
        password_file: setting `database.password_file`.

    Raises:
        ConfigError: the file cannot be read, or others may read it.
    """
    return _secret(PASSWORD_VARIABLE, "database.password_file", password_file, login)


def ssh_password(login: str, password_file: Path | None) -> str | None:
    """Return the password of the SSH host, if any is stored.

    Args:
        login: `user@host:port`; the key store's user name for it is `ssh user@host:port`.
        password_file: setting `ssh.password_file`.

    Raises:
        ConfigError: the file cannot be read, or others may read it.
    """
    return _secret(SSH_PASSWORD_VARIABLE, "ssh.password_file", password_file, ssh_password_name(login))


def ssh_passphrase(key_file: Path, passphrase_file: Path | None) -> str | None:
    """Return the passphrase of a private key, if any is stored.

    Args:
        key_file: the key; the key store's user name for it is `ssh-key` and this path.
        passphrase_file: setting `ssh.passphrase_file`.

    Raises:
        ConfigError: the file cannot be read, or others may read it.
    """
    return _secret(SSH_PASSPHRASE_VARIABLE, "ssh.passphrase_file", passphrase_file, ssh_passphrase_name(key_file))


def mail_password(settings: NotificationSettings) -> str | None:
    """Return the password of the mail server's user, if any is stored.

    Raises:
        ConfigError: the file cannot be read, or others may read it.
    """
    name = mail_password_name(settings.login)
    return _secret(MAIL_PASSWORD_VARIABLE, "notifications.mail_password_file", settings.mail_password_file, name)


def messenger_address(settings: NotificationSettings, name: str) -> str | None:
    """Return the URL of a messenger, which has its token, if it is stored.

    Args:
        settings: may name a file with a line `NAME=URL` for each.
        name: of the messenger in the settings.

    Raises:
        ConfigError: the file cannot be read, or others may read it.
    """
    if settings.messengers_file is not None:
        lines = _read_private("notifications.messengers_file", settings.messengers_file.expanduser()).splitlines()
        known = {key.strip(): url.strip() for key, is_pair, url in (line.partition("=") for line in lines) if is_pair}
        if name in known:
            return known[name]
    return _from_keyring(messenger_name(name))


def mail_password_name(login: str) -> str:
    """Return the key store's user name for the password of a mail server's user."""
    return f"mail {login}"


def messenger_name(name: str) -> str:
    """Return the key store's user name for the URL of a messenger."""
    return f"messenger {name}"


def ssh_password_name(login: str) -> str:
    """Return the key store's user name for the password of an SSH host."""
    return f"ssh {login}"


def ssh_passphrase_name(key_file: Path) -> str:
    """Return the key store's user name for the passphrase of a key."""
    return f"ssh-key {key_file}"


def known_secrets(settings: Settings | None, folders: Iterable[Path], login: str) -> frozenset[str]:
    """Return every secret of this installation that can be found, to be masked; never fails.

    Args:
        settings: those in force; None if they cannot be read.
        folders: where files with passwords lie.
        login: of the database in use, see `database_password`; empty: unknown.
    """
    files = [file for folder in folders for pattern in ("*.password", "password") for file in folder.glob(pattern)]
    found = [value for name, value in os.environ.items() if any(word in name.upper() for word in _SECRET_WORDS)]
    if settings is not None:
        ssh, database = settings.ssh, settings.database
        told = settings.notifications
        named = (database.password_file, ssh.password_file, ssh.passphrase_file, told.mail_password_file)
        files += [file for file in named if file is not None]
        found += _messenger_secrets(told)
        users = (*filter(None, [login]), *_key_store_users(settings))
        found += [one for one in map(_from_keyring, users) if one is not None]
    for file in files:
        with suppress(OSError, UnicodeError):
            found += [one.strip() for one in (file.expanduser().read_text("utf-8-sig"),) if len(one) < _LONGEST_SECRET]
    return frozenset(one for one in found if one)


_SHORTEST_TOKEN = 12
_SECRET_WORDS, _LONGEST_SECRET = ("PASS", "SECRET", "TOKEN"), 4096


def _key_store_users(settings: Settings) -> Iterator[str]:
    with suppress(ConfigError):
        yield ssh_password_name(settings.ssh.login)
    if settings.ssh.key_file is not None:
        yield ssh_passphrase_name(settings.ssh.key_file)
    if settings.notifications.mail_host is not None:
        yield mail_password_name(settings.notifications.login)


def _messenger_secrets(settings: NotificationSettings) -> Iterator[str]:
    """The URLs, and their parts, because a message of a library may name only some of them."""
    for name in settings.messengers:
        with suppress(ConfigError):
            url = messenger_address(settings, name) or ""
            yield url
            yield from (part for part in re.split(r"[/@:?&=]", url) if len(part) >= _SHORTEST_TOKEN)


def _secret(variable: str, setting: str, file: Path | None, key_store_user: str) -> str | None:
    if variable in os.environ:
        return os.environ[variable]
    if file is not None:
        return _read_private(setting, file.expanduser())
    return _from_keyring(key_store_user)


def keep_secret(name: str, secret: str) -> bool:
    """Store a secret in the key store; returns whether this computer has one.

    Args:
        name: the key store's user name for it: the login of a database, or see above.
        secret: replaces a stored one.
    """
    import keyring
    from keyring.errors import KeyringError

    try:
        keyring.set_password(KEYRING_SERVICE, name, secret)
    except (KeyringError, RuntimeError, OSError) as error:
        log.debug("no key store: %s", type(error).__name__)
        return False
    return True


def _read_private(setting: str, file: Path) -> str:
    try:
        if not is_private(file):
            raise ConfigError("password_file_open", setting=setting, file=str(file))
        return file.read_text(encoding="utf-8-sig").strip()  # Notepad writes a byte order mark
    except (OSError, UnicodeError) as error:
        raise ConfigError("password_file_unreadable", setting=setting, file=str(file)) from error


def _from_keyring(login: str) -> str | None:
    # Without a desktop there is no key store; that is no error, since the password may not be needed.
    import keyring
    from keyring.errors import KeyringError

    try:
        return keyring.get_password(KEYRING_SERVICE, login)
    except (KeyringError, RuntimeError, OSError) as error:
        log.debug("no key store: %s", type(error).__name__)
        return None
