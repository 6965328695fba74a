"""Log files for support, and messages on the terminal with `--verbose`."""

from __future__ import annotations

import logging
import os
import sys
from contextlib import suppress
from io import TextIOWrapper
from logging.handlers import RotatingFileHandler
from pathlib import Path

from freesport_sync.os_support import make_private

_FORMAT = "%(asctime)s %(levelname)s %(name)s %(message)s"


class _PrivateFile(RotatingFileHandler):
    """Restricts log files to their owner, also those of earlier versions: they name hosts, files and accounts."""

    def _open(self) -> TextIOWrapper:
        with suppress(OSError):  # the file belongs to another user
            os.close(os.open(self.baseFilename, os.O_CREAT | os.O_WRONLY, 0o600))
            if os.path.isfile(self.baseFilename):
                os.chmod(self.baseFilename, 0o600)
        return super()._open()


def configure_logs(folder: Path, is_verbose: bool) -> None:
    """Configure logging: five files of 5 MB, or none if the folder cannot be written.

    Args:
        folder: of the log files; created.
        is_verbose: also write everything to stderr.
    """
    logger = logging.getLogger("freesport_sync")
    logger.setLevel(logging.DEBUG)
    logger.propagate = False
    logging.raiseExceptions = False  # no tracebacks of the logging module on a full disk
    for handler in list(logger.handlers):
        logger.removeHandler(handler)
        handler.close()
    try:
        make_private(folder)
        file = _PrivateFile(folder / "freesport_sync.log", maxBytes=5_000_000, backupCount=5, encoding="utf-8")
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
