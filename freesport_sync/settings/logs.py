"""Log files for the support, messages on the terminal with `--verbose`."""

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
    """Logs name servers, files and accounts; one of an earlier version is closed to others, too."""

    def _open(self) -> TextIOWrapper:
        with suppress(OSError):  # it is somebody else's
            os.close(os.open(self.baseFilename, os.O_CREAT | os.O_WRONLY, 0o600))
            if os.path.isfile(self.baseFilename):
                os.chmod(self.baseFilename, 0o600)
        return super()._open()


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
