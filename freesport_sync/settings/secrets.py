"""Passwords: from the environment, a private file, or the system's key store; never from the command line."""

from __future__ import annotations

import logging
import os
from pathlib import Path

from freesport_sync.errors import ConfigError
from freesport_sync.os_support import is_private
from freesport_sync.settings.model import ENVIRONMENT_PREFIX

log = logging.getLogger(__name__)

PASSWORD_VARIABLE = f"{ENVIRONMENT_PREFIX}DB_PASSWORD"
SSH_PASSWORD_VARIABLE = f"{ENVIRONMENT_PREFIX}SSH_PASSWORD"
SSH_PASSPHRASE_VARIABLE = f"{ENVIRONMENT_PREFIX}SSH_PASSPHRASE"
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


def ssh_password_name(login: str) -> str:
    """Return the key store's user name for the password of an SSH host."""
    return f"ssh {login}"


def ssh_passphrase_name(key_file: Path) -> str:
    """Return the key store's user name for the passphrase of a key."""
    return f"ssh-key {key_file}"


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
