"""The errors that end a command, by what the operator can do about them.

An error carries a code and parameters, never a sentence: `i18n.texts` turns them into what happened, what is affected
and what to do, in the operator's language. A single bad row is not an error but a `RowIssue`.
"""

from __future__ import annotations

from enum import IntEnum


class ExitCode(IntEnum):
    """Exit codes, for scripts and schedulers."""

    DONE = 0
    ROW_ERRORS = 1
    USAGE = 2
    UNREACHABLE = 3
    BUSY = 4
    IMPORT_FAILED = 5
    INTERNAL = 70
    CANCELLED = 130


class SyncError(Exception):
    """Base of every expected failure.

    Args:
        code: a key of the section `errors` in the text files.
        params: values for the text: a path, a table, a host. Plain values only: they are stored with the run.
    """

    exit_code = ExitCode.INTERNAL

    def __init__(self, code: str, **params: object) -> None:
        super().__init__(code)
        self.code = code
        self.params = params

    def __str__(self) -> str:
        details = ", ".join(f"{name}={value!r}" for name, value in self.params.items())
        return f"{self.code}({details})"

    def __reduce__(self) -> tuple[object, ...]:
        # Workers send their errors to the runner's process; keyword arguments need help to survive pickling.
        return (_rebuild, (type(self), self.code, self.params))


def _rebuild(error_class: type[SyncError], code: str, params: dict[str, object]) -> SyncError:
    return error_class(code, **params)


def reason_of(error: OSError) -> str:
    """The message of the operating system, without error number and path."""
    return error.strerror or str(error)


class ConfigError(SyncError):
    """An argument or a setting is wrong: correct it and start again."""

    exit_code = ExitCode.USAGE


class SchemaMismatch(SyncError):
    """The database lacks tables, columns or rights, or its schema is newer than the program."""

    exit_code = ExitCode.USAGE


class ConnectionFailed(SyncError):
    """A server cannot be reached, refuses the password, or was lost."""

    exit_code = ExitCode.UNREACHABLE


class HostKeyUnknown(ConnectionFailed):
    """The key of the SSH host is not on record yet.

    `params` has `fingerprint`, `key_type`, `host` and `port`, so that the operator can be asked.
    """


class HostKeyChanged(ConnectionFailed):
    """The SSH host shows another key than the one on record: never accepted."""


class LoginRefused(ConnectionFailed):
    """The SSH host refuses the user; trying again would only lock the account."""


class ConnectionLost(ConnectionFailed):
    """The connection to the SSH host broke or stalled; trying again may help."""


class LockHeld(SyncError):
    """Another run holds the lock of the database."""

    exit_code = ExitCode.BUSY


class ImportFailed(SyncError):
    """The run failed or a guard refused it; nothing was written to the shop."""

    exit_code = ExitCode.IMPORT_FAILED


class SourceMissing(ImportFailed):
    """There is nothing to import."""


class NothingNew(SyncError):
    """Every file of the SSH host is imported and archived: there is nothing to do."""

    exit_code = ExitCode.DONE


class SourceMalformed(ImportFailed):
    """A file of the export cannot be read."""


class BackupUnusable(ImportFailed):
    """A backup is damaged, of another database, or of a newer program; nothing was restored."""


class ExchangeRefused(SyncError):
    """The exchange cannot do what 1C asks for; 1C gets an error, and the exchange goes on."""


class Cancelled(SyncError):
    """The operator stopped the run; nothing was written to the shop."""

    exit_code = ExitCode.CANCELLED
