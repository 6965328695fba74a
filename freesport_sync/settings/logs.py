"""Log files for support, and messages on the terminal with `--verbose`."""

from __future__ import annotations

import logging
import platform
import sys
from pathlib import Path

from freesport_sync import __version__
from freesport_sync.core.log_entries import entry_text, log_entry
from freesport_sync.crash_reports import ProcessKind
from freesport_sync.os_support import make_private
from freesport_sync.settings.shared_log import KEPT, SharedLog

NAME = "freesport_sync.log"
_FORMAT = "%(asctime)s %(levelname)s %(process)d %(name)s %(message)s"

log = logging.getLogger(__name__)


def log_files(folder: Path) -> tuple[Path, ...]:
    """The log files that there are, the current one first.

    Args:
        folder: of the log files; may be missing.
    """
    named = (folder / NAME, *(folder / f"{NAME}.{number}" for number in range(1, KEPT + 1)))
    return tuple(file for file in named if file.is_file())


def configure_logs(folder: Path, is_verbose: bool, process_kind: ProcessKind) -> None:
    """Configure logging: six files of 5 MB, or none if the folder cannot be written.

    Args:
        folder: of the log files; created.
        is_verbose: also write everything to stderr.
        process_kind: what this process does; the log says so, with the program's version.
    """
    logger = logging.getLogger("freesport_sync")
    logger.setLevel(logging.DEBUG)
    logger.propagate = False
    logging.raiseExceptions = False  # no tracebacks of the logging module
    for handler in list(logger.handlers):
        logger.removeHandler(handler)
        handler.close()
    try:
        make_private(folder)
    except OSError:
        logger.addHandler(logging.NullHandler())
    else:
        file = SharedLog(folder / NAME, _first_line)
        file.setLevel(logging.INFO)
        file.setFormatter(logging.Formatter(_FORMAT))
        logger.addHandler(file)
    if is_verbose and sys.stderr is not None:
        terminal = logging.StreamHandler()
        terminal.setFormatter(logging.Formatter(_FORMAT))
        logger.addHandler(terminal)
    log_entry(
        log,
        logging.INFO,
        "program_started",
        process_kind=process_kind,
        version=__version__,
        python=platform.python_version(),
        system=platform.platform(),
    )


def _first_line() -> logging.LogRecord:
    """Names the program's version: what was written before is in another file, or deleted."""
    words = entry_text("log_file_begun", version=__version__)
    return logging.LogRecord(log.name, logging.INFO, __file__, 0, words, None, None)
