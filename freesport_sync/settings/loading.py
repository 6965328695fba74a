"""Loads the settings from environment and file, and tells where each value comes from."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails
from pydantic_settings import EnvSettingsSource, SettingsError

from freesport_sync.errors import ConfigError
from freesport_sync.settings.environment import nearest
from freesport_sync.settings.model import ENVIRONMENT_PREFIX, FORMER_KEYS, Settings, setting_keys
from freesport_sync.settings.paths import located
from freesport_sync.settings.toml_file import (
    contains,
    line_of,
    parse_toml,
    read_toml,
)

_LARGEST_FILE = 20_000
"""Characters; in larger files the line of a value is not searched."""

# Prefix of pydantic's error type -> our problem; the first match counts.
_PROBLEMS = {
    "int_": "whole_number",
    "decimal_": "number",
    "finite_number": "number",
    "bool_": "true_or_false",
    "greater_than": "too_small",
    "less_than": "too_large",
    "string_type": "text",
    "string_too_short": "empty",
    "too_short": "empty",
    "string_too_long": "too_long",
    "string_pattern": "characters",
    "path_type": "path",
    "enum": "choice",
    "tuple_type": "list",
    "frozen_set_type": "list",
    "set_type": "list",
    "model_": "section",
    "missing": "missing",
    "network": "network",
    "address": "address",
    "ssh_host": "ssh_host",
    "mail_address": "mail_address",
    "time_of_day": "time_of_day",
}


@dataclass(frozen=True, slots=True)
class RawSettings:
    """Unvalidated settings, with absolute paths.

    Args:
        file: the settings file; may be missing.
        content: of the file.
        in_file: values of the file.
        in_environment: values of variables, which take precedence.
    """

    file: Path
    content: str
    in_file: Mapping[str, Any]
    in_environment: Mapping[str, Any]

    def place_of(self, path: tuple[str | int, ...]) -> dict[str, object]:
        """Return the text parameters for the origin of a value, `setting_place`."""
        key = tuple(part for part in path[:2] if isinstance(part, str))
        if contains(self.in_environment, key):
            return {"setting_place": "variable", "variable": _variable_of(key)}
        line = _line_of(self.content, path) if len(self.content) <= _LARGEST_FILE else None
        if line is None:
            return {"setting_place": "file", "file": str(self.file)}
        return {"setting_place": "line", "file": str(self.file), "line": line}


def load_settings(file: Path) -> Settings:
    """Read the settings.

    Args:
        file: TOML file; may be missing. Relative paths in it start from its folder, those in environment variables
            from the current one.

    Raises:
        ConfigError: the file is not TOML, or a key or value is invalid; names the key and its origin.
    """
    return validated(read_raw_settings(file))


def validated(raw: RawSettings) -> Settings:
    """Validate settings.

    Raises:
        ConfigError: a key or value is invalid; names the key and its origin.
    """
    in_file, in_environment = raw.in_file, raw.in_environment
    sections = {
        name: in_file[name] | in_environment[name]
        for name in in_file.keys() & in_environment.keys()
        if isinstance(in_file[name], dict) and isinstance(in_environment[name], dict)
    }
    try:
        return Settings(**{**in_file, **in_environment, **sections})
    except ValidationError as error:
        raise _problem(error.errors()[0], raw) from error


def read_raw_settings(file: Path) -> RawSettings:
    """Read the settings without validating them.

    Raises:
        ConfigError: the file is not TOML, or a list in a variable is not JSON.
    """
    content = read_toml(file)
    in_environment = _with_paths(Settings, _with_current_names(_in_environment()), Path())
    return raw_settings_of(file, content, in_environment)


def raw_settings_of(file: Path, content: str, in_environment: Mapping[str, Any]) -> RawSettings:
    """The unvalidated settings of a file that was read.

    Raises:
        ConfigError: it is not TOML.
    """
    in_file = _with_paths(Settings, _with_current_names(parse_toml(file, content)), file.parent)
    return RawSettings(file, content, in_file, in_environment)


def keys_in_environment() -> frozenset[str]:
    """The settings that environment variables set, as `section.name`.

    Raises:
        ConfigError: a list in a variable is not JSON.
    """
    values = _with_current_names(_in_environment())
    return frozenset(".".join(path) for path in setting_keys() if contains(values, path))


def _in_environment() -> dict[str, Any]:
    source = EnvSettingsSource(Settings)
    variables = source.env_vars
    try:
        return source()
    except SettingsError as error:  # the error does not name the variable
        for name, value in variables.items():
            source.env_vars = {name: value}
            try:
                source()
            except SettingsError:
                key = tuple(name.removeprefix(ENVIRONMENT_PREFIX.lower()).split("__"))
                place = {"setting_place": "variable", "variable": _variable_of(key)}
                raise ConfigError("setting_invalid", key=".".join(key), setting_problem="json", **place) from error
        raise


def _with_current_names(values: dict[str, Any]) -> dict[str, Any]:
    """Rename former keys; if a setting has both names, the current one counts."""
    renamed = dict(values)
    for (section, former), (_, current) in FORMER_KEYS.items():
        found = renamed.get(section)
        if isinstance(found, dict) and former in found:
            others = {name: value for name, value in found.items() if name != former}
            renamed[section] = {current: found[former]} | others
    return renamed


def _spellings(path: tuple[Any, ...]) -> list[tuple[Any, ...]]:
    """Return the current and former spellings of a setting."""
    return [path, *(former for former, current in FORMER_KEYS.items() if current == path)]


def _line_of(content: str, path: tuple[str | int, ...]) -> int | None:
    spelled = (one for one in _spellings(path) if contains(tomllib.loads(content), one))
    return line_of(content, next(spelled, path))


def _with_paths(section: type[BaseModel], values: Any, folder: Path) -> Any:
    """Resolve the relative paths in a section against `folder`."""
    if not isinstance(values, dict):
        return values

    def of(name: str, value: Any) -> Any:
        field = section.model_fields.get(name)
        if field is None:
            return value
        if isinstance(field.default, BaseModel):
            return _with_paths(type(field.default), value, folder)
        if not _is_path(field.annotation):
            return value
        return [_located(one, folder) for one in value] if isinstance(value, list) else _located(value, folder)

    return {name: of(name, value) for name, value in values.items()}


def _is_path(annotation: Any) -> bool:
    return annotation is Path or any(_is_path(part) for part in get_args(annotation))


def _located(value: Any, folder: Path) -> Any:
    return str(located(value, folder)) if isinstance(value, str) and value else value


def _variable_of(key: tuple[str, ...]) -> str:
    """Return the variable that sets a key or its whole section, in the spelling of the environment."""
    named = {name.lower(): name for name in os.environ}
    keys = [*_spellings(key), *(key[:depth] for depth in range(len(key) - 1, 0, -1))]
    names = [ENVIRONMENT_PREFIX + "__".join(one) for one in keys]
    return next((named[name.lower()] for name in names if name.lower() in named), names[0].upper())


def _problem(error: ErrorDetails, raw: RawSettings) -> ConfigError:
    path = error["loc"]
    params = {"key": ".".join(str(part) for part in path), "file": str(raw.file), **raw.place_of(path)}
    if error["type"] == "extra_forbidden":
        known = [".".join(one) for one in setting_keys()]
        return ConfigError("setting_unknown", **params, nearest=nearest(str(params["key"]), known))
    if error["type"] == "empty_path":
        return ConfigError("setting_path_empty", **params)
    limits = {name: str(value).replace(" or ", ", ") for name, value in error.get("ctx", {}).items()}
    problem = next((ours for theirs, ours in _PROBLEMS.items() if error["type"].startswith(theirs)), "other")
    limit = limits.get("ge") or limits.get("gt") or limits.get("le") or limits.get("lt") or limits.get("max_length")
    choices = limits.get("expected", "")
    return ConfigError("setting_invalid", **params, setting_problem=problem, limit=limit, choices=choices)
