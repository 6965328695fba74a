"""Runs the tools that packages are made with."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence


class ToolFailed(Exception):
    """A tool is missing, took too long or refused; says what it said."""


def run_tool(command: Sequence[str], limit_s: float, pass_fds: Sequence[int] = ()) -> None:
    """Run a tool, whose output counts only if it fails.

    Args:
        command: the tool and its arguments.
        limit_s: how long it may take, in seconds.
        pass_fds: file descriptors that it inherits.

    Raises:
        ToolFailed: see there.
    """
    try:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            timeout=limit_s,
            pass_fds=pass_fds,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise ToolFailed(f"{command[0]}: {error}") from error
    if done.returncode != 0:
        raise ToolFailed(f"{command[0]} ended with {done.returncode}:\n{done.stdout.strip()}")
