"""`--settings`: every setting with its value and origin."""

from __future__ import annotations

from freesport_sync.cli.invocation import Invocation
from freesport_sync.cli.results import SettingList
from freesport_sync.errors import ExitCode


def show_settings(invocation: Invocation) -> int:
    """List the settings."""
    installation = invocation.open_application(is_diagnosis=True).installation
    invocation.output.show(
        SettingList(
            installation.list_settings(),
            installation.settings_file,
            installation.bootstrap_items(),
            installation.bootstrap_places(),
        )
    )
    return ExitCode.DONE
