"""Recognises error messages of other programs: libpq, the operating system, SSH, zip."""

from __future__ import annotations

import re

_MEANINGS = {
    "login": r"password authentication failed|no password supplied|authentication failed",
    "not_allowed_from_here": r"no pg_hba\.conf entry|pg_hba\.conf rejects",
    "no_right": r"permission denied for (?:table|relation|sequence|schema|view|function|database)"
    r" \"?(?P<name>[^\"\s]+)",
    "read_only_database": r"cannot execute .+ in a read-only transaction",
    "no_tls": r"does not support SSL|no encryption",
    "certificate": r"certificate verify failed|self.signed certificate|certificate has expired",
    "starting": r"database system is (?:starting up|shutting down|in recovery|not yet accepting)",
    "ended_by_administrator": r"due to administrator command",
    "ended_for_silence": r"due to idle[- ]",
    "too_many_connections": r"too many (?:clients|connections)|remaining connection slots",
    "out_of_memory": r"out of memory|could not resize shared memory|cannot allocate memory",
    "lock_timeout": r"due to lock timeout",
    "statement_timeout": r"due to statement timeout",
    "asked_to_stop": r"due to user request",
    "deadlock": r"deadlock detected",
    "serialization": r"could not serialize access",
    "refused": r"connection refused|actively refused",
    "host_unknown": r"could not translate host name|name or service not known|getaddrinfo|nodename nor servname"
    r"|no address associated|name resolution|host not found",
    "unreachable": r"no route to host|network is unreachable|host is down|host is unreachable",
    "timeout": r"timed? ?out|timeout expired",
    "broken": r"server closed the connection|connection (?:was |already )?(?:reset|aborted|lost|closed)"
    r"|broken pipe|forcibly closed|terminating connection|unexpected eof|EOFError|eof detected|could not receive data"
    r"|socket is closed|^closed$",
    "no_ssh": r"SSH protocol banner|not an SSH server",
    "address_in_use": r"address (?:is )?already in use|only one usage of each socket address",
    "address_elsewhere": r"cannot assign requested address|requested address is not valid",
    "port_forbidden": r"WinError 10013",
    "in_use": r"being used by another process|text file busy|device or resource busy",
    "forbidden": r"permission denied|access is denied|operation not permitted",
    "missing": r"no such file|cannot find the (?:file|path)|no such path",
    "disk_full": r"no space left|not enough space|disk quota exceeded|disk is full",
    "read_only": r"read-only file system",
    "is_folder": r"is a directory",
    "no_folder": r"not a directory",
    "name_too_long": r"file ?name too long|path too long",
    "too_many_files": r"too many open files",
    "broken_disk": r"input/output error",
    "no_zip": r"not a zip file|bad magic number|bad zipfile|file is truncated|end-of-central",
    "damaged": r"bad crc|error -\d+ while decompressing|invalid (?:block|stored|distance|literal)"
    r"|incomplete or truncated",
}
"""Meaning -> pattern of the message; the first match counts."""
_PATTERNS = {meaning: re.compile(words, re.IGNORECASE) for meaning, words in _MEANINGS.items()}
_LATIN, _CYRILLIC = re.compile("[A-Za-z]"), re.compile("[А-Яа-яЁё]")


def meaning_of(message: str) -> tuple[str, dict[str, str]] | None:
    """A key of the section `foreign` of the texts and its parameters; None: an unknown message."""
    for meaning, pattern in _PATTERNS.items():
        if found := pattern.search(message):
            return meaning, found.groupdict()
    return None


def is_russian(message: str) -> bool:
    """Whether a message needs no translation for Russians: operating systems and databases speak Russian, too."""
    return len(_CYRILLIC.findall(message)) >= len(_LATIN.findall(message))
