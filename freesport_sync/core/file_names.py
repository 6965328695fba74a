"""Which names a file may have on every system; a name that only Linux accepts is refused on Linux too."""

from __future__ import annotations

_FORBIDDEN = frozenset('<>:"/\\|?*') | {chr(code) for code in range(32)}
_DEVICES = frozenset({"CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$"}) | {
    f"{port}{number}" for port in ("COM", "LPT") for number in "123456789¹²³"
}


def is_portable(name: str) -> bool:
    """Whether a folder or file can have this name on Windows too.

    Windows cuts trailing dots and blanks off, and takes `nul`, `NUL.xml` and `nul .xml` for a device in any folder.

    Args:
        name: one part of a path.
    """
    return (
        not name.endswith((".", " "))
        and _FORBIDDEN.isdisjoint(name)
        and name.partition(".")[0].rstrip(" ").upper() not in _DEVICES
    )
