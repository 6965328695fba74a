"""Takes over the settings of the bootstrap file on the first start, and says what became of it."""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

import tomlkit

from freesport_sync.errors import ConfigError, SyncError, reason_of
from freesport_sync.os_support import make_private, publish_new
from freesport_sync.settings.bootstrap_file import find_bootstrap, read_bootstrap
from freesport_sync.settings.edit import replace_file
from freesport_sync.settings.loading import RawSettings, raw_settings_of, validated
from freesport_sync.settings.model import Settings
from freesport_sync.settings.toml_file import read_toml

_SECRET_KEY = re.compile(r"(.*_)?(password|passphrase|passwd|pwd|secret|token|пароль)", re.IGNORECASE)
_SECRET_VALUE = re.compile(r"://[^/@\s]*:[^/\s]*@|[?&]\w*password=|-----BEGIN [A-Z ]*PRIVATE KEY", re.IGNORECASE)
"""An address with a password, or a private key."""
_REMARK = "Made from the bootstrap file {file}; that file is not read again as long as this one exists."


class BootstrapState(StrEnum):
    """What became of the bootstrap file."""

    NEW = "new"
    """Taken over by this process."""
    APPLIED = "applied"
    """Taken over earlier."""
    CHANGED = "changed"
    """Taken over earlier and changed since, which has no effect."""
    KEPT = "kept"
    """Not taken over: there were settings already."""
    REFUSED = "refused"
    """Not taken over: something is wrong with it."""
    ABSENT = "absent"
    """There is no such file."""


@dataclass(frozen=True, slots=True)
class Bootstrap:
    """The bootstrap file and what became of it.

    Args:
        state: see there.
        file: None: there is none.
        applied_at: with time zone; None: it was not taken over.
        error: what is wrong with it.
    """

    state: BootstrapState
    file: Path | None = None
    applied_at: datetime | None = None
    error: SyncError | None = None


@dataclass(frozen=True, slots=True)
class _Record:
    """That a bootstrap file was taken over."""

    file: Path
    applied_at: datetime
    digest: str


def apply_bootstrap(settings_file: Path, refuse_unusable: Callable[[RawSettings, Settings], None]) -> Bootstrap:
    """Write the settings of the bootstrap file into the settings file if there is none yet; never changes one.

    Args:
        settings_file: of this installation.
        refuse_unusable: raises `ConfigError` if valid settings cannot be used.
    """
    record_file = settings_file.with_name("bootstrap.json")
    if os.path.lexists(settings_file):
        return _earlier(_read_record(record_file), find_bootstrap())
    file = find_bootstrap()
    if file is None:
        return Bootstrap(BootstrapState.ABSENT)
    try:
        content = read_bootstrap(file)
        values = _values_of(file, content, refuse_unusable)
        record = _Record(file, datetime.now().astimezone(), _digest(content))
        # First: if the program is killed between the two, the next start writes both again.
        _write_record(record_file, record)
        if not _write_new(settings_file, file, values):  # another process was faster, with the same file
            return _earlier(_read_record(record_file), file)
    except SyncError as error:
        return Bootstrap(BootstrapState.REFUSED, file, error=error)
    return Bootstrap(BootstrapState.NEW, file, record.applied_at)


def _earlier(record: _Record | None, file: Path | None) -> Bootstrap:
    """What became of a bootstrap file, now that there are settings."""
    if record is None:
        return Bootstrap(BootstrapState.ABSENT if file is None else BootstrapState.KEPT, file)
    is_same = file is None or (file == record.file and _digest_of(file) == record.digest)
    state = BootstrapState.APPLIED if is_same else BootstrapState.CHANGED
    return Bootstrap(state, file or record.file, record.applied_at)


def _values_of(file: Path, content: str, refuse_unusable: Callable[[RawSettings, Settings], None]) -> Mapping[str, Any]:
    raw = raw_settings_of(file, content, {})
    for path in _secrets(raw.in_file):
        raise ConfigError("bootstrap_password", key=".".join(map(str, path)), **raw.place_of(path))
    settings = validated(raw)
    if settings.ssh.host is not None:
        _ = settings.ssh.address  # raises if it contradicts itself
    refuse_unusable(raw, settings)
    return raw.in_file


def _secrets(values: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """The places of passwords and keys in nested values."""
    pairs = enumerate(values) if isinstance(values, list) else values.items() if isinstance(values, dict) else ()
    for name, value in pairs:
        if _is_secret(name, value):
            yield (*path, name)
        else:
            yield from _secrets(value, (*path, name))


def _is_secret(name: str | int, value: Any) -> bool:
    is_named_so = isinstance(name, str) and _SECRET_KEY.fullmatch(name) is not None
    return is_named_so or (isinstance(value, str) and _SECRET_VALUE.search(value) is not None)


def _write_new(settings_file: Path, file: Path, values: Mapping[str, Any]) -> bool:
    """Write the settings file; False: there is one already, which stays as it is."""
    document = tomlkit.document()
    document.add(tomlkit.comment(_REMARK.format(file=file)))
    for name, value in values.items():
        document.add(name, tomlkit.item(value))
    draft = settings_file.with_name(f"{settings_file.name}.{os.getpid()}.new")
    try:
        make_private(settings_file.parent)
        draft.write_text(tomlkit.dumps(document), encoding="utf-8", newline="\n")
        return publish_new(draft, settings_file)
    except OSError as error:
        raise ConfigError("settings_not_writable", file=str(settings_file), reason=reason_of(error)) from error


def _write_record(record_file: Path, record: _Record) -> None:
    values = {"file": str(record.file), "applied_at": record.applied_at.isoformat(), "sha256": record.digest}
    replace_file(record_file, json.dumps(values, ensure_ascii=False, indent=1) + "\n")


def _read_record(record_file: Path) -> _Record | None:
    """What was taken over; None: nothing, as far as can be read."""
    try:
        values = json.loads(record_file.read_text("utf-8"))
        return _Record(Path(values["file"]), datetime.fromisoformat(values["applied_at"]), str(values["sha256"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _digest(content: str) -> str:
    return hashlib.sha256(content.encode()).hexdigest()


def _digest_of(file: Path) -> str:
    try:
        return _digest(read_toml(file))
    except SyncError:
        return ""
