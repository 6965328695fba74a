"""`python -m freesport_sync` and the command `freesport-sync`."""

from __future__ import annotations

import gc
import signal
import sys


def main() -> int:
    """Start the program; returns its exit code."""
    # Must come first: it does not return in a process that multiprocessing has started.
    from multiprocessing import freeze_support

    freeze_support()
    # Loading makes a hundred thousand objects of which none is garbage: to look every 700 takes a tenth of the time.
    gc.set_threshold(50_000)
    if getattr(sys, "frozen", False):
        _use_worker_program()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        from freesport_sync.cli import run_command_line

        return run_command_line(sys.argv[1:])
    except KeyboardInterrupt:  # before the command line was ready for it
        return 130
    finally:
        for number in (signal.SIGINT, signal.SIGTERM):  # what is done is done, and has its exit code
            signal.signal(number, signal.SIG_IGN)


def _use_worker_program() -> None:
    """Make multiprocessing start `worker_main` instead of this program again."""
    from multiprocessing import set_executable

    from freesport_sync.os_support import sibling_program

    set_executable(sibling_program("freesport-sync-worker"))
    # Except on Windows, a child runs the script named here before anything else; that program does not contain it.
    sys.modules["__main__"].__file__ = None


if __name__ == "__main__":
    sys.exit(main())
