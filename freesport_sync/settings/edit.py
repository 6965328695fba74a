"""Changes single settings in the settings file, preserving the rest including comments."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

import tomlkit
from tomlkit.items import Table

from freesport_sync.errors import ConfigError, reason_of
from freesport_sync.os_support import make_private, replace_fresh
from freesport_sync.settings.toml_file import parse_toml, read_toml

Value = str | int | bool | Sequence[str]


def change_settings(file: Path, values: Mapping[str, Value | None]) -> None:
    """Write settings.

    Args:
        file: created with its folder if missing; replaced atomically.
        values: `section.name` -> value; None removes the setting.

    Raises:
        ConfigError: the file is not TOML, or cannot be written.
    """
    content = read_toml(file)
    parse_toml(file, content)
    document = tomlkit.parse(content)
    for key, value in values.items():
        section, _, name = key.partition(".")
        table = document.get(section)
        if value is not None:
            if not isinstance(table, Table):
                document[section] = tomlkit.table()
            document[section][name] = value
        elif isinstance(table, Table) and name in table:
            del table[name]
    replace_file(file, tomlkit.dumps(document))


def replace_file(file: Path, text: str) -> None:
    """Replace a small file atomically.

    Raises:
        ConfigError: it cannot be written.
    """
    draft = file.with_name(f"{file.name}.{os.getpid()}.tmp")
    try:
        make_private(file.parent)
        draft.write_text(text, encoding="utf-8", newline="\n")
        replace_fresh(draft, file)
    except OSError as error:
        raise ConfigError("settings_not_writable", file=str(file), reason=reason_of(error)) from error
