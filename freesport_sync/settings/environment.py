"""Refuses environment variables that look like ours but are unknown: they are typing errors (SETTING-1)."""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterator, Mapping

from freesport_sync.errors import ConfigError
from freesport_sync.i18n.texts import LANGUAGE_VARIABLE
from freesport_sync.settings.bootstrap_file import BOOTSTRAP_VARIABLE
from freesport_sync.settings.model import ENVIRONMENT_PREFIX, FORMER_KEYS, setting_keys
from freesport_sync.settings.secrets import (
    MAIL_PASSWORD_VARIABLE,
    PASSWORD_VARIABLE,
    SSH_PASSPHRASE_VARIABLE,
    SSH_PASSWORD_VARIABLE,
)

_ALIKE = re.compile(
    r"FREE?[_-]*SPORTS?[_-]*S[YI]N[CK](?P<gap>[_.-]*)(?P<name>.*)",
    re.IGNORECASE | re.DOTALL,
)
"""The prefix as people write it, also with underscores missing or doubled."""

_NEAR = 0.8
"""Minimum similarity of the rest of a name if no underscore follows the prefix: excludes `SYNCOPE`."""


def refuse_unknown_variables(others: Collection[str], environment: Mapping[str, str] = os.environ) -> None:
    """Refuse unknown variables: a mistyped database URL must not make an import go elsewhere.

    Args:
        others: variables read outside the settings.
        environment: of the process.

    Raises:
        ConfigError: with each unknown name and the most similar known one.
    """
    exact = {*others, PASSWORD_VARIABLE, MAIL_PASSWORD_VARIABLE, SSH_PASSWORD_VARIABLE, SSH_PASSPHRASE_VARIABLE}
    exact |= {BOOTSTRAP_VARIABLE, LANGUAGE_VARIABLE}
    settings = frozenset(_variables_of_settings())
    known = exact | settings
    unknown = sorted(
        name
        for name in environment
        # pydantic ignores the case of names.
        if name not in exact and name.upper() not in settings and _is_meant_for_us(name, known)
    )
    if unknown:
        raise ConfigError(
            "variables_unknown", variables=", ".join(f"{name} -> {_nearest_variable(name, known)}" for name in unknown)
        )


def _variables_of_settings() -> Iterator[str]:
    """Yield the variables of all settings, including former names, and of all sections, which may be JSON."""
    for path in (*setting_keys(), *FORMER_KEYS):
        for depth in range(1, len(path) + 1):
            yield ENVIRONMENT_PREFIX + "__".join(path[:depth]).upper()


def nearest(name: str, known: Collection[str]) -> str:
    """Return the known name most similar to a mistyped one."""
    return max(sorted(known), key=lambda one: _likeness(name, one))


def _likeness(name: str, one: str) -> float:
    from difflib import SequenceMatcher

    return SequenceMatcher(None, name, one).ratio()


def _is_meant_for_us(name: str, known: Collection[str]) -> bool:
    found = _ALIKE.fullmatch(name)
    if found is None or found["gap"]:
        return found is not None
    return _likeness(_bare(name), _bare(_nearest_variable(name, known))) >= _NEAR


def _nearest_variable(name: str, known: Collection[str]) -> str:
    return ENVIRONMENT_PREFIX + nearest(_bare(name), {_bare(one) for one in known})


def _bare(name: str) -> str:
    """Strip the prefix, which would make all names look alike."""
    found = _ALIKE.fullmatch(name)
    return found["name"].upper() if found else name
