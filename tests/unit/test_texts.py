"""Every code has its sentences, in both languages, with the same gaps."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from string import Formatter
from typing import Any

import pytest

from freesport_sync.cli.arguments import build_parser
from freesport_sync.core.issues import RowIssue, Severity
from freesport_sync.core.run import Entity, RunKind, RunStatus, Stage
from freesport_sync.errors import SyncError
from freesport_sync.resources import resource
from freesport_sync.texts import Language, Texts, preferred_language

PACKAGE = Path(__file__).parents[2] / "freesport_sync"


def kinds_of_errors(kind: type[SyncError] = SyncError) -> list[str]:
    return [kind.__name__, *(name for below in kind.__subclasses__() for name in kinds_of_errors(below))]


ERROR_CLASSES = "|".join(kinds_of_errors())


def sections(language: Language) -> dict[str, Any]:
    """Those of the command line and those of the window, which must not clash."""
    own, window = (
        tomllib.loads(resource("i18n", f"{prefix}{language.value}.toml").read_text(encoding="utf-8"))
        for prefix in ("", "window.")
    )
    assert own.keys().isdisjoint(window.keys())
    return own | window


def leaves(section: dict[str, Any], prefix: str = "") -> dict[str, str]:
    found: dict[str, str] = {}
    for key, value in section.items():
        if isinstance(value, dict):
            found |= leaves(value, f"{prefix}{key}.")
        elif isinstance(value, list):  # forms for different numbers, of which languages have more or fewer
            found |= {f"{prefix}{key}": value[-1]}
        else:
            found |= {f"{prefix}{key}": value}
    return found


def gaps(template: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(template) if name}


def source() -> str:
    return "\n".join(file.read_text(encoding="utf-8") for file in sorted(PACKAGE.rglob("*.py")))


def test_both_languages_have_the_same_keys_and_gaps() -> None:
    russian, english = leaves(sections(Language.RUSSIAN)), leaves(sections(Language.ENGLISH))
    assert russian.keys() == english.keys()
    assert {key: gaps(text) for key, text in russian.items()} == {key: gaps(text) for key, text in english.items()}


def test_english_is_translated() -> None:
    words = {text for key, text in leaves(sections(Language.ENGLISH)).items() if not key.startswith("issues.")}
    allowed = re.compile(r"Бренд|Опт 1|Тренерская|РРЦ")
    assert [text for text in words if re.search("[А-Яа-яЁё]", allowed.sub("", text))] == []


def test_every_error_code_of_the_program_has_a_text() -> None:
    codes = set(re.findall(rf'(?:{ERROR_CLASSES})\(\s*"([a-z_]+)"', source()))
    assert len(codes) > 50
    assert codes - sections(Language.RUSSIAN)["errors"].keys() == set()


@pytest.mark.parametrize("severity", Severity)
def test_every_issue_code_of_the_program_has_a_text(severity: Severity) -> None:
    pattern = rf'Severity\.{severity.name},\s*"([a-z_]+)"|"([a-z_]+)": Severity\.{severity.name}'
    codes = {first or second for first, second in re.findall(pattern, source())}
    assert codes
    assert codes - sections(Language.RUSSIAN)["issues"].keys() == set()


def test_every_word_of_the_vocabulary_has_a_text() -> None:
    for language in Language:
        texts = Texts(language)
        for section, words in {"stage": Stage, "status": RunStatus, "entity": Entity, "kind": RunKind}.items():
            assert all(texts(f"{section}.{word.value}") for word in words)


def test_an_error_says_what_happened_and_names_its_parameters() -> None:
    error = SyncError("lock_held", operator="иванов", host="PC-7", run_id=12, stage="apply", since="2026-11-21T10:00")
    text = Texts(Language.RUSSIAN).error(error)
    assert "иванов (PC-7), шаг «Запись изменений»" in text.what
    assert text.sentence.endswith("[lock_held]")


def test_an_error_without_a_text_is_still_told() -> None:
    assert Texts(Language.RUSSIAN).error(SyncError("no_such_code", file="x")).what == "no_such_code(file='x')"


def test_an_issue_says_what_to_mend() -> None:
    issue = RowIssue(Severity.NOTE, "name_kept", value="Мяч", params={"kept": "Мячик"})
    what, hint = Texts(Language.RUSSIAN).issue(issue)
    assert what == "В 1С товар называется «Мяч», в магазине осталось «Мячик»."
    assert "catalog.owned_fields" in hint


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
def test_language(arguments: list[str], environment: str, language: Language, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FREESPORT_SYNC_LANGUAGE", environment)
    assert preferred_language(arguments) is language


@pytest.mark.parametrize("language", Language)
def test_help_explains_every_flag(language: Language) -> None:
    parser = build_parser(Texts(language))
    help_text = parser.format_help()
    for action in parser._actions:
        assert action.help, action.option_strings
        assert all(option in help_text for option in action.option_strings)


def test_readme_explains_every_flag() -> None:
    readme = (PACKAGE.parent / "README.md").read_text(encoding="utf-8")
    flags = [option for action in build_parser(Texts(Language.RUSSIAN))._actions for option in action.option_strings]
    assert [flag for flag in flags if flag.startswith("--") and flag not in readme] == []


def test_the_window_says_only_what_has_a_text() -> None:
    files = sorted((PACKAGE / "ui").rglob("*.py"))
    code = "\n".join(file.read_text(encoding="utf-8") for file in files)
    used = set(re.findall(r'(?:texts|count|has)\(\s*"([a-z_]+\.[a-z_]+)"', code))
    assert len(used) > 60
    assert used - leaves(sections(Language.RUSSIAN)).keys() == set()


def test_the_window_does_not_send_people_to_the_command_line() -> None:
    """What it says of an error or an issue names buttons, not flags."""
    for language in Language:
        found = sections(language)
        for section, hints in (("errors", "hints"), ("issues", "issue_hints")):
            flag = re.compile(r"--[a-z]|freesport-sync")
            speaking = {code for code, text in found[section].items() if flag.search(text["hint"])}
            assert speaking - found[hints].keys() == set()
            assert not [text for text in found[hints].values() if re.search(r"--[a-z]", text)]
