"""How the system starts this program again by itself."""

from __future__ import annotations

from pathlib import Path

from freesport_sync.os_support import own_command


def background_command(home: Path | None, *words: str) -> list[str]:
    """A command without a console, for the same installation.

    Args:
        home: of the program's state, as on the command line.
        words: options.
    """
    return [*own_command(has_console=False), *words, *([] if home is None else ["--home", str(home)])]
