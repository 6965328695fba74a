"""Opens the window from the command line; only here Qt is loaded."""

from __future__ import annotations

import os
import sys
from argparse import Namespace

from freesport_sync.errors import ExitCode
from freesport_sync.i18n.texts import Language, Texts
from freesport_sync.ui.options import WindowOptions


def has_screen() -> bool:
    """Whether a window could be seen; without a screen Qt would end the program."""
    is_desktop = sys.platform in ("win32", "darwin")
    return is_desktop or any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"))


def open_window(options: Namespace, language: Language) -> int:
    """Show the window until it is closed; returns the exit code.

    Args:
        options: of the command line.
        language: of its texts.
    """
    if not has_screen():
        return _refuse(Texts(language)("cli.no_screen"))
    try:
        from freesport_sync.ui import app
    except ImportError as error:  # Qt, or a system library that it needs
        return _refuse(Texts(language)("cli.no_window", reason=error))
    return app.open_window(
        WindowOptions(
            language=language,
            home=options.home,
            database_url=options.database_url,
            is_demo=options.demo,
            create_shop_tables=options.create_shop_tables,
            data_dir=options.data_dir,
            operator=options.operator,
            is_verbose=options.verbose,
            is_in_tray=options.tray,
        )
    )


def _refuse(reason: str) -> ExitCode:
    if sys.stderr is not None:
        print(reason, file=sys.stderr)
    elif sys.platform == "win32":  # without a console the reason would be lost
        import ctypes

        ctypes.windll.user32.MessageBoxW(None, reason, "FREESPORT", 0x10)  # MB_ICONERROR
    return ExitCode.USAGE
