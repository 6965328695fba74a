"""Log files for the support, messages on the terminal with `--verbose`."""

from __future__ import annotations

import logging
import sys
from logging.handlers import RotatingFileHandler
from pathlib import Path

_FORMAT = "%(asctime)s %(levelname)s %(name)s %(message)s"


def configure_logs(folder: Path, is_verbose: bool) -> None:
    """Write the log of this process: five files of 5 MB; a folder that cannot be written is done without.

    Args:
        folder: of the log files; created.
        is_verbose: also write everything to stderr.
    """
    logger = logging.getLogger("freesport_sync")
    logger.setLevel(logging.DEBUG)
    logger.propagate = False
    logging.raiseExceptions = False  # a disk that is full must not fill the terminal with tracebacks of the log
    for handler in list(logger.handlers):
        logger.removeHandler(handler)
        handler.close()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        file = RotatingFileHandler(folder / "freesport_sync.log", maxBytes=5_000_000, backupCount=5, encoding="utf-8")
    except OSError:
        logger.addHandler(logging.NullHandler())
    else:
        file.setLevel(logging.INFO)
        file.setFormatter(logging.Formatter(_FORMAT))
        logger.addHandler(file)
    if is_verbose and sys.stderr is not None:
        terminal = logging.StreamHandler()
        terminal.setFormatter(logging.Formatter(_FORMAT))
        logger.addHandler(terminal)
