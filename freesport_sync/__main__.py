"""`python -m freesport_sync` and the command `freesport-sync`."""

from __future__ import annotations

import sys


def main() -> int:
    """Start the program; returns its exit code."""
    # Must come first: a frozen program is started again as a worker process.
    from multiprocessing import freeze_support

    freeze_support()
    from freesport_sync.cli import run_command_line

    return run_command_line(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
