"""The bootstrap file, with which an administrator sets up many workstations: where it is, and who may write it."""

from __future__ import annotations

import os
import stat
import sys
from pathlib import Path

from freesport_sync.errors import ConfigError, reason_of
from freesport_sync.os_support import open_to_others
from freesport_sync.settings.paths import located
from freesport_sync.settings.toml_file import read_toml

BOOTSTRAP_VARIABLE = "FREESPORT_SYNC_BOOTSTRAP"
"""Names another bootstrap file; empty: there is none."""
LARGEST_KB = 64
_NAME = "bootstrap.toml"


def bootstrap_places() -> tuple[Path, ...]:
    """Where a bootstrap file is looked for; the first one counts."""
    named = os.environ.get(BOOTSTRAP_VARIABLE)
    if named is not None:
        return (located(named, Path()),) if named else ()
    policies = Path(os.environ.get("PROGRAMDATA", r"C:\ProgramData") if sys.platform == "win32" else "/etc")
    places = [policies / "freesport_sync" / _NAME]
    if getattr(sys, "frozen", False):
        places.append(Path(sys.executable).with_name(_NAME))
    return tuple(places)


def find_bootstrap() -> Path | None:
    """The bootstrap file; None if there is none. One that the environment names is returned even if it is missing."""
    places = bootstrap_places()
    if BOOTSTRAP_VARIABLE in os.environ:
        return places[0] if places else None
    return next((place for place in places if os.path.lexists(place)), None)


def read_bootstrap(file: Path) -> str:
    """Return the text of a bootstrap file.

    Raises:
        ConfigError: it cannot be read, is no file, is too large or not UTF-8, or anybody may change it: then any
            account of this computer could send the imports of all others to a database of its own.
    """
    try:
        status = file.stat()
        if not stat.S_ISREG(status.st_mode):
            raise ConfigError("bootstrap_not_a_file", file=str(file))
        open_place = open_to_others(file)
    except OSError as error:
        raise ConfigError("settings_unreadable", file=str(file), reason=reason_of(error)) from error
    if open_place is not None:
        raise ConfigError("bootstrap_open_to_others", file=str(file), path=str(open_place))
    if status.st_size > LARGEST_KB * 1024:
        raise ConfigError("bootstrap_too_large", file=str(file), limit=LARGEST_KB)
    return read_toml(file)
