"""`--settings`: every setting with its value and origin."""

from __future__ import annotations

from freesport_sync.cli.invocation import Invocation
from freesport_sync.cli.results import SettingList
from freesport_sync.errors import ExitCode


def show_settings(invocation: Invocation) -> int:
    """List the settings."""
    application = invocation.open_application()
    invocation.output.show(SettingList(application.list_settings(), application.paths.settings_file))
    return ExitCode.DONE
