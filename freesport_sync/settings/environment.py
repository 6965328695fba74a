"""The variables of the environment that the program reads; others with its prefix are typing errors (SETTING-1)."""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterator, Mapping

from freesport_sync.errors import ConfigError
from freesport_sync.i18n.texts import LANGUAGE_VARIABLE
from freesport_sync.settings.model import ENVIRONMENT_PREFIX, FORMER_KEYS, setting_keys
from freesport_sync.settings.secrets import PASSWORD_VARIABLE, SSH_PASSPHRASE_VARIABLE, SSH_PASSWORD_VARIABLE

_ALIKE = re.compile(
    r"FREE?[_-]*SPORTS?[_-]*S[YI]N[CK](?P<gap>[_.-]*)(?P<name>.*)",
    re.IGNORECASE | re.DOTALL,
)
"""What people write for the prefix, also with too many or too few of its underscores."""

_NEAR = 0.8
"""How much the rest of a name must look like one of ours where nothing parts it from the prefix: not `SYNCOPE`."""


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
    known = exact | settings
    unknown = sorted(
        name
        for name in environment
        # The settings may be written in any case, as pydantic reads them.
        if name not in exact and name.upper() not in settings and _is_meant_for_us(name, known)
    )
    if unknown:
        raise ConfigError(
            "variables_unknown", variables=", ".join(f"{name} -> {_nearest_variable(name, known)}" for name in unknown)
        )


def _variables_of_settings() -> Iterator[str]:
    """Of each setting, also by its former name, and of each section, which may be given as JSON."""
    for path in (*setting_keys(), *FORMER_KEYS):
        for depth in range(1, len(path) + 1):
            yield ENVIRONMENT_PREFIX + "__".join(path[:depth]).upper()


def nearest(name: str, known: Collection[str]) -> str:
    """The known name that looks most like a mistyped one."""
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
    """Without the prefix, which would make all of them look alike."""
    found = _ALIKE.fullmatch(name)
    return found["name"].upper() if found else name
