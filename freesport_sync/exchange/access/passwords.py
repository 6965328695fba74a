"""The password of the exchange: kept as an argon2 hash, compared in constant time."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from pathlib import Path

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError

from freesport_sync.errors import ConfigError
from freesport_sync.os_support import make_private, write_private_file

MIN_LENGTH = 8
MAX_LENGTH = 200
_MEMORY_KIB = 16 * 1024


@dataclass(frozen=True, slots=True)
class Credentials:
    """User and password as a client sends them."""

    user: str
    password: str


class PasswordFile:
    """The file with the hash.

    Args:
        file: readable by its owner only.
    """

    def __init__(self, file: Path) -> None:
        self._file = file
        self._hasher = PasswordHasher(time_cost=2, memory_cost=_MEMORY_KIB, parallelism=1)

    def set(self, password: str) -> None:
        """Replace the password.

        Raises:
            ConfigError: it is too short or too long, or the file cannot be written.
        """
        if not MIN_LENGTH <= len(password) <= MAX_LENGTH:
            raise ConfigError("exchange_password_length", least=MIN_LENGTH, most=MAX_LENGTH)
        try:
            make_private(self._file.parent)
            write_private_file(self._file, self._hasher.hash(password))
        except OSError as error:
            raise ConfigError("settings_not_writable", file=str(self._file), reason=str(error)) from error

    def hash(self) -> str:
        """The hash of the current password.

        Raises:
            ConfigError: no password is set, or the file cannot be read.
        """
        try:
            kept = self._file.read_text("ascii").strip()
        except FileNotFoundError as error:
            raise ConfigError("exchange_password_missing") from error
        except (OSError, UnicodeError) as error:
            raise ConfigError("exchange_password_unreadable", file=str(self._file)) from error
        if not kept.startswith("$argon2"):  # else the right password would be refused as wrong
            raise ConfigError("exchange_password_unreadable", file=str(self._file))
        return kept

    def is_right(self, kept: str, password: str) -> bool:
        """Whether a password has this hash; takes some hundredths of a second and 16 MiB."""
        try:
            return self._hasher.verify(kept, password[: MAX_LENGTH + 1])
        except (Argon2Error, InvalidHashError):
            return False


class Digests:
    """Digests of credentials under a random key: equal digests mean equal credentials while the process runs."""

    def __init__(self) -> None:
        self._key = secrets.token_bytes(32)

    def of(self, credentials: Credentials) -> bytes:
        """The digest of credentials."""
        text = f"{len(credentials.user)}:{credentials.user}{credentials.password}"
        return hmac.digest(self._key, text.encode("utf-8", "surrogatepass"), hashlib.sha256)
