"""The variables of the environment that the program reads; others with its prefix are typing errors."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator, Mapping

from freesport_sync.errors import ConfigError
from freesport_sync.settings.model import ENVIRONMENT_PREFIX, setting_keys
from freesport_sync.settings.secrets import PASSWORD_VARIABLE, SSH_PASSPHRASE_VARIABLE, SSH_PASSWORD_VARIABLE
from freesport_sync.texts import LANGUAGE_VARIABLE


def refuse_unknown_variables(others: Collection[str], environment: Mapping[str, str] = os.environ) -> None:
    """Refuse what nobody would read: a mistyped address of the database must not import into another one.

    Args:
        others: variables that the parts below read.
        environment: of the process.

    Raises:
        ConfigError: with each unknown name and the nearest right one.
    """
    exact = {*others, PASSWORD_VARIABLE, SSH_PASSWORD_VARIABLE, SSH_PASSPHRASE_VARIABLE, LANGUAGE_VARIABLE}
    settings = frozenset(_variables_of_settings())
    unknown = sorted(
        name
        for name in environment
        # The settings may be written in any case, as pydantic reads them.
        if name.upper().startswith(ENVIRONMENT_PREFIX) and name not in exact and name.upper() not in settings
    )
    if unknown:
        known = exact | settings
        raise ConfigError(
            "variables_unknown", variables=", ".join(f"{name} -> {_nearest_variable(name, known)}" for name in unknown)
        )


def _variables_of_settings() -> Iterator[str]:
    """Of each setting, and of each section, which may be given as JSON."""
    for path in setting_keys():
        for depth in range(1, len(path) + 1):
            yield ENVIRONMENT_PREFIX + "__".join(path[:depth]).upper()


def nearest(name: str, known: Collection[str]) -> str:
    """The known name that looks most like a mistyped one."""
    from difflib import SequenceMatcher

    return max(sorted(known), key=lambda one: SequenceMatcher(None, name, one).ratio())


def _nearest_variable(name: str, known: Collection[str]) -> str:
    # Without the prefix, which would make all of them look alike.
    bare = {one.removeprefix(ENVIRONMENT_PREFIX) for one in known}
    return ENVIRONMENT_PREFIX + nearest(name.upper().removeprefix(ENVIRONMENT_PREFIX), bare)
