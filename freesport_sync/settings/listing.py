"""Lists all settings for display: key, environment variable, current value, default."""

from __future__ import annotations

import json
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from freesport_sync.i18n.texts import Texts
from freesport_sync.settings.loading import read_raw_settings
from freesport_sync.settings.model import ENVIRONMENT_PREFIX, Settings, setting_keys
from freesport_sync.settings.toml_file import contains


class Origin(StrEnum):
    """Where a value comes from."""

    DEFAULT = "default"
    FILE = "file"
    ENVIRONMENT = "environment"


@dataclass(frozen=True, slots=True)
class ListedSetting:
    """One setting.

    Args:
        key: in the settings file, for example `catalog.root_category`.
        variable: of the environment.
        value: in force, in TOML; None if unset.
        default: likewise.
        origin: where the value comes from.
    """

    key: str
    variable: str
    value: str | None
    default: str | None
    origin: Origin


def list_settings(settings: Settings, file: Path) -> tuple[ListedSetting, ...]:
    """List all settings in the order of the model.

    Args:
        settings: in force.
        file: they were loaded from; may be missing.
    """
    raw = read_raw_settings(file)

    def origin(path: tuple[str, ...]) -> Origin:
        in_file = Origin.FILE if contains(raw.in_file, path) else Origin.DEFAULT
        return Origin.ENVIRONMENT if contains(raw.in_environment, path) else in_file

    return tuple(_listed(path, _value_of(settings, path), origin(path)) for path in setting_keys())


def list_defaults() -> tuple[ListedSetting, ...]:
    """List all settings with their defaults, whatever file and environment say."""
    return tuple(_listed(path, _field_of(path).default, Origin.DEFAULT) for path in setting_keys())


def as_markdown(settings: tuple[ListedSetting, ...], texts: Texts) -> str:
    """Return the table of docs/settings.md, without current values."""
    names = ("key", "variable", "default", "meaning")
    lines = [
        f"| {' | '.join(texts(f'cli.column_{name}') for name in names)} |",
        "|---|---|---|---|",
        *(
            f"| `{one.key}` | `{one.variable}` | {f'`{one.default}`' if one.default else texts('cli.not_set')} |"
            f" {texts(f'settings.{one.key}')} |"
            for one in settings
        ),
    ]
    return "\n".join(lines)


def as_toml(value: object) -> str | None:
    """Return a value in TOML; None for None."""
    match value:
        case None:
            return None
        case bool():
            return str(value).lower()
        case str():
            return json.dumps(str(value), ensure_ascii=False)
        case Path():
            return json.dumps(value.as_posix(), ensure_ascii=False)
        case frozenset():
            return f"[{', '.join(sorted(map(str, map(as_toml, value))))}]"
        case tuple():
            return f"[{', '.join(map(str, map(as_toml, value)))}]"
        case BaseModel():
            pairs = (f"{name} = {as_toml(part)}" for name, part in value if part is not None)
            return f"{{{', '.join(pairs)}}}"
        case _:
            return str(value)


def _listed(path: tuple[str, ...], value: object, origin: Origin) -> ListedSetting:
    return ListedSetting(
        key=".".join(path),
        variable=ENVIRONMENT_PREFIX + "__".join(path).upper(),
        value=as_toml(value),
        default=as_toml(_field_of(path).default),
        origin=origin,
    )


def _field_of(path: tuple[str, ...]) -> FieldInfo:
    field = Settings.model_fields[path[0]]
    return field if len(path) == 1 else type(field.default).model_fields[path[1]]


def _value_of(settings: Settings, path: tuple[str, ...]) -> object:
    value: object = settings
    for name in path:
        value = getattr(value, name)
    return value
