"""Which options a service can have, the arguments that it is started with, and how long it may take to stop."""

from __future__ import annotations

import argparse

ROLES = {"work": "worker", "serve": "exchange"}
"""Options that do something until they are stopped -> what such a service is called; one process can do all of it."""
SERVICE_OPTIONS = (
    *ROLES,
    *("jobs", "dry_run", "home", "database_url", "create_shop_tables", "operator", "language", "verbose"),
)
"""All that a service can be started with."""

DRAIN_S, CHILD_DRAIN_S = 60.0, 3.0
"""How long a worker that has to end lets its tasks run; less for a parent that waits, such as a window that closes."""
_SPARE_S = 20.0
"""For the time after that: tasks go back to the queue, the private database stops."""


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


def drain_s(options: argparse.Namespace) -> float:
    """How long a worker with these options lets its tasks run when it has to end, in seconds."""
    return CHILD_DRAIN_S if options.stop_with_stdin else DRAIN_S


def stop_patience_s(options: argparse.Namespace) -> float:
    """How much longer than a command the program may take to end, in seconds."""
    is_worker = options.work and not options.print_service
    return drain_s(options) + _SPARE_S if is_worker else 0
