"""The time zones that schedules can be meant in."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from zoneinfo import ZoneInfo

import tzdata

from freesport_sync.errors import ConfigError


@cache
def zone_names() -> frozenset[str]:
    """The IANA names that every computer with this program knows, whatever its system has."""
    return frozenset((files(tzdata) / "zones").read_text(encoding="utf-8").split())


def find_zone(name: str) -> ZoneInfo:
    """The time zone with this IANA name.

    Raises:
        ConfigError: there is none.
    """
    if name not in zone_names():
        raise ConfigError("zone_unknown", zone=name)
    return ZoneInfo(name)
