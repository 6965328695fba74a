"""Opens the window from the command line; only here Qt is loaded."""

from __future__ import annotations

import sys
from argparse import Namespace

from freesport_sync.errors import ExitCode
from freesport_sync.i18n.texts import Texts, preferred_language
from freesport_sync.ui.options import WindowOptions


def open_window(options: Namespace) -> int:
    """Show the window until it is closed; returns the exit code.

    Args:
        options: of the command line.
    """
    language = preferred_language(["--language", options.language] if options.language else [])
    try:
        from freesport_sync.ui import app
    except ImportError as error:  # a system library of Qt
        texts = Texts(language)
        if sys.stderr is not None:
            print(texts("cli.no_window", reason=error), file=sys.stderr)
        return ExitCode.USAGE
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
        )
    )
