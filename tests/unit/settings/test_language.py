"""The language is known before anything else, even with a broken settings file."""

from __future__ import annotations

from pathlib import Path

import pytest

from freesport_sync.i18n.texts import Language
from freesport_sync.settings.language import preferred_language


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path


@pytest.mark.parametrize(
    ("arguments", "environment", "language"),
    [
        ([], "", Language.RUSSIAN),
        ([], "en", Language.ENGLISH),
        (["--language", "ru"], "en", Language.RUSSIAN),
        (["--run", "--language=en"], "", Language.ENGLISH),
        (["--language", "xx"], "", Language.RUSSIAN),
    ],
)
def test_arguments_go_before_the_environment(
    arguments: list[str], environment: str, language: Language, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FREESPORT_SYNC_LANGUAGE", environment)
    assert preferred_language([*arguments, "--home", str(home)]) is language


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ('language = "en"\n', Language.ENGLISH),
        ('\ufefflanguage = "en"\n', Language.ENGLISH),
        ('language = "xx"\n', Language.RUSSIAN),
        ("language = 5\n", Language.RUSSIAN),
        ('language = "en"\n[', Language.RUSSIAN),
        (f"language = {'[' * 5000}", Language.RUSSIAN),
    ],
)
def test_settings_name_the_language(text: str, language: Language, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (home / "settings.toml").write_text(text, "utf-8")
    assert preferred_language([f"--home={home}"]) is language
    monkeypatch.setenv("FREESPORT_SYNC_LANGUAGE", "ru")
    assert preferred_language([f"--home={home}"]) is Language.RUSSIAN


def test_the_bootstrap_file_names_it_before_there_are_settings(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = home / "bootstrap.toml"
    file.write_text('language = "en"\n', "utf-8")
    monkeypatch.setenv("FREESPORT_SYNC_BOOTSTRAP", str(file))
    assert preferred_language(["--home", str(home)]) is Language.ENGLISH
    (home / "settings.toml").write_text("", "utf-8")
    assert preferred_language(["--home", str(home)]) is Language.RUSSIAN
