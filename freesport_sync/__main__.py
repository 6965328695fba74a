"""`python -m freesport_sync` and the command `freesport-sync`."""

from __future__ import annotations

import gc
import signal
import sys
from argparse import Namespace
from collections.abc import Callable
from importlib.util import find_spec
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from freesport_sync.crash_reports import ProcessKind
    from freesport_sync.i18n.texts import Language


def main(has_window: bool = not getattr(sys, "frozen", False), is_window_expected: bool = False) -> int:
    """Start the program; returns its exit code.

    Args:
        has_window: open the window if there are no arguments. Only one of the frozen programs has Qt.
        is_window_expected: if there can be no window, say why rather than print the help.
    """
    if sys.argv[1:] == ["--version"] and _has_said_version():
        return 0
    # Must come before everything else: it does not return in a process that multiprocessing has started.
    from multiprocessing import freeze_support

    freeze_support()
    # Loading makes 100,000 objects and no garbage; collecting after every 700 would take a tenth of the time.
    gc.set_threshold(50_000)
    if getattr(sys, "frozen", False):
        _use_worker_program()
    for number in ending_signals():
        signal.signal(number, signal.default_int_handler)
    try:
        from freesport_sync.cli.main import run_command_line

        opener = _window_opener(is_window_expected) if has_window else None
        return run_command_line(sys.argv[1:], opener, watch_crashes=_watch_crashes)
    except KeyboardInterrupt:  # before the command line was ready for it
        return 130
    finally:
        for number in ending_signals():  # the work is done and has its exit code
            signal.signal(number, signal.SIG_IGN)


def _has_said_version() -> bool:
    """Print the version without loading the command line; False: it could not be printed, which that one reports."""
    from freesport_sync import __version__

    try:
        print(__version__, flush=True)
    except (OSError, ValueError):  # the disk is full, the reader is gone, stdout is closed
        return False
    return sys.stdout is not None


def ending_signals() -> list[signal.Signals]:
    """What ends the program: Ctrl-C, a service that is stopped, a terminal that is closed (unless `nohup` says no)."""
    names = ("SIGINT", "SIGTERM", "SIGHUP")
    found = [number for name in names if (number := getattr(signal, name, None)) is not None]
    return [one for one in found if one.name != "SIGHUP" or signal.getsignal(one) != signal.SIG_IGN]


def _watch_crashes(home: Path | None, process_kind: ProcessKind) -> None:
    """Have native crashes of this process reported among the logs."""
    from freesport_sync.crash_reports import keep_report
    from freesport_sync.settings.paths import find_paths

    keep_report(find_paths(home).logs, process_kind)


def _window_opener(is_expected: bool) -> Callable[[Namespace, Language], int] | None:
    """Opens the window; None where there is no screen or no Qt, unless the window is expected."""
    from freesport_sync.ui.start import has_screen, open_window

    return open_window if is_expected or (has_screen() and find_spec("PySide6") is not None) else None


def _use_worker_program() -> None:
    """Make multiprocessing start `worker_main` instead of this program again."""
    from multiprocessing import set_executable

    from freesport_sync.os_support import sibling_program

    set_executable(sibling_program("freesport-sync-worker"))
    # Except on Windows, a child runs the script named here before anything else; that program does not contain it.
    sys.modules["__main__"].__file__ = None


if __name__ == "__main__":
    sys.exit(main())
