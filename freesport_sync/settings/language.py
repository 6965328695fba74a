"""The language of the program's texts, chosen before anything else is loaded."""

from __future__ import annotations

import os
import tomllib
from pathlib import Path

from freesport_sync.i18n.texts import LANGUAGE_VARIABLE, Language
from freesport_sync.settings.bootstrap_file import LARGEST_KB, find_bootstrap
from freesport_sync.settings.paths import find_paths


def preferred_language(arguments: list[str]) -> Language:
    """The language of `--language`, else of the environment, else of the settings, else Russian.

    Before there is a settings file, that of the bootstrap file counts, which becomes one.

    Args:
        arguments: of the command line, not parsed yet: even what is wrong with them is said in this language.
    """
    wanted = _option(arguments, "--language") or os.environ.get(LANGUAGE_VARIABLE) or _in_settings(arguments)
    return Language(wanted) if wanted in tuple(Language) else Language.RUSSIAN


def _option(arguments: list[str], name: str) -> str:
    found = ""
    for number, argument in enumerate(arguments):
        if argument == name and number + 1 < len(arguments):
            found = arguments[number + 1]
        elif argument.startswith(f"{name}="):
            found = argument.partition("=")[2]
    return found


def _in_settings(arguments: list[str]) -> str:
    """The setting `language`; what is wrong with the file is said when it is loaded as a whole."""
    home = _option(arguments, "--home")
    try:
        file = find_paths(Path(home) if home else None).settings_file
        found = file if file.exists() else find_bootstrap()
        if found is None or not found.is_file() or found.stat().st_size > LARGEST_KB * 1024:
            return ""
        return str(tomllib.loads(found.read_text("utf-8-sig")).get("language", ""))
    except (OSError, ValueError, RecursionError):
        return ""
