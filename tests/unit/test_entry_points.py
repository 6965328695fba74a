"""What pip makes programs of."""

from __future__ import annotations

import tomllib
from pathlib import Path
from pkgutil import resolve_name

from freesport_sync.__main__ import main

PROJECT = Path(__file__).parents[2] / "pyproject.toml"


def test_a_window_without_a_console_beside_it_is_a_program_of_its_own() -> None:
    project = tomllib.loads(PROJECT.read_text(encoding="utf-8"))["project"]
    for group, name in (("scripts", "freesport-sync"), ("gui-scripts", "freesport-sync-window")):
        assert resolve_name(project[group][name]) is main
