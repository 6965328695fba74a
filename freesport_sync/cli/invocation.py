"""What a command of the command line works with."""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from typing import TYPE_CHECKING

from freesport_sync.core.cancel import CancelToken
from freesport_sync.core.printable import replace_surrogates
from freesport_sync.i18n.texts import Language, Texts

if TYPE_CHECKING:
    from freesport_sync.application import Application
    from freesport_sync.cli.output import Output


@dataclass(frozen=True, slots=True)
class Invocation:
    """One call of the program.

    Args:
        options: the parsed arguments.
        texts: in the operator's language.
        output: where results go.
        cancel: set by Ctrl-C.
    """

    options: argparse.Namespace
    texts: Texts
    output: Output
    cancel: CancelToken

    @property
    def operator(self) -> str:
        """Name for the history: `--operator`, else user and computer."""
        from freesport_sync.os_support import user_and_host

        return replace_surrogates(self.options.operator or user_and_host())

    @property
    def shop_texts(self) -> Texts:
        """The shop's administrators read Russian, whatever the operator's terminal speaks."""
        return Texts(Language.RUSSIAN)

    def open_application(self) -> Application:
        """Load the settings and start logging.

        Raises:
            ConfigError: a setting is wrong.
        """
        from freesport_sync.application import Application
        from freesport_sync.settings.logs import configure_logs

        options = self.options
        application = Application(options.home, options.database_url, options.demo, options.create_shop_tables)
        configure_logs(application.paths.logs, is_verbose=options.verbose)
        return application
