"""Which options a service can have, and the arguments that it is started with."""

from __future__ import annotations

import argparse

ROLES = {"work": "worker", "serve": "exchange"}
"""Options that do something until they are stopped -> what such a service is called; one process can do all of it."""
SERVICE_OPTIONS = (
    *ROLES,
    *("jobs", "dry_run", "home", "database_url", "create_shop_tables", "operator", "language", "verbose"),
)
"""All that a service can be started with."""


def service_roles(options: argparse.Namespace) -> tuple[str, ...]:
    """What the service does, in short names."""
    return tuple(role for name, role in ROLES.items() if getattr(options, name, False))


def service_arguments(options: argparse.Namespace) -> tuple[str, ...]:
    """The arguments that the service is started with."""
    words = list[str]()
    for name in SERVICE_OPTIONS:
        value = getattr(options, name, None)
        if value:
            words.append(f"--{name.replace('_', '-')}")
            words += [] if value is True else [str(value)]
    return tuple(words)
