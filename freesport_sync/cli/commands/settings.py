"""`--settings`: every setting with its value and origin."""

from __future__ import annotations

from freesport_sync.cli.invocation import Invocation
from freesport_sync.cli.results import SettingList
from freesport_sync.errors import ExitCode
from freesport_sync.settings.listing import list_settings


def show_settings(invocation: Invocation) -> int:
    """List the settings."""
    application = invocation.open_application()
    file = application.paths.settings_file
    invocation.output.show(SettingList(list_settings(application.settings, file), file))
    return ExitCode.DONE
