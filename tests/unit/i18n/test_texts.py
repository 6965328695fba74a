"""Every code has its texts, in both languages, with the same placeholders."""

from __future__ import annotations

import re
import tomllib
from datetime import datetime
from pathlib import Path
from string import Formatter
from typing import Any

import pytest

from freesport_sync.cli.arguments import build_parser
from freesport_sync.core.issues import RowIssue, Severity
from freesport_sync.core.run import RunStatus
from freesport_sync.core.shop import Entity, ImportKind, Stage
from freesport_sync.errors import Cancelled, SyncError
from freesport_sync.i18n.resources import resource
from freesport_sync.i18n.texts import ErrorText, Language, Texts
from freesport_sync.sources.commerceml.export import FileKind
from freesport_sync.tasks.registry import TASKS

PACKAGE = Path(__file__).parents[3] / "freesport_sync"


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
        known = {"stage": Stage, "status": RunStatus, "entity": Entity, "entity_one": Entity}
        for section, words in known.items():
            assert all(texts(f"{section}.{word.value}") for word in words)
        assert all(texts(f"kind.{word}") for word in TASKS.kinds)


def test_an_error_says_what_happened_and_names_its_parameters() -> None:
    error = SyncError("lock_held", operator="иванов", host="PC-7", run_id=12, stage="apply", since="2026-11-21T10:00")
    text = Texts(Language.RUSSIAN).error(error)
    assert "иванов (PC-7), этап «Запись изменений»" in text.what
    assert text.sentence.endswith("[lock_held]")


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("code", ["cancelled", "cancelled_by", "interrupted"])
def test_cancelling_another_kind_of_run_is_worded_for_it(code: str, language: Language) -> None:
    """`Импорт отменён` for a cancelled undo would say the contrary of what has happened."""
    texts = Texts(language)
    told = {}
    for kind in TASKS.kinds:
        for is_dry_run in (False, True):
            error = texts.of_run(Cancelled(code, by="петров"), kind, is_dry_run)
            assert isinstance(error, Cancelled)
            told[kind, is_dry_run] = texts.error(error).what
    usual = texts.error(Cancelled(code, by="петров")).what
    assert {kind for (kind, is_dry_run), what in told.items() if what == usual} == set(ImportKind)
    assert all(("петров" in what) is (code == "cancelled_by") for what in told.values())
    if language is Language.RUSSIAN:
        assert "мпорт отменён" not in "".join(what for what in told.values() if what != usual)


def test_an_error_without_a_text_is_still_shown() -> None:
    assert Texts(Language.RUSSIAN).error(SyncError("no_such_code", file="x")).what == "no_such_code(file='x')"


def test_an_issue_says_what_to_fix() -> None:
    issue = RowIssue(Severity.NOTE, "name_kept", value="Мяч", params={"kept": "Мячик"})
    what, hint = Texts(Language.RUSSIAN).issue(issue)
    assert what == "В 1С товар называется «Мяч», в магазине осталось «Мячик»."
    assert "catalog.owned_fields" in hint


@pytest.mark.parametrize("language", Language)
def test_help_explains_every_flag(language: Language) -> None:
    parser = build_parser(Texts(language))
    help_text = parser.format_help()
    for action in parser._actions:
        assert action.help, action.option_strings
        assert all(option in help_text for option in action.option_strings)


def test_the_page_of_commands_explains_every_flag() -> None:
    page = (PACKAGE.parent / "docs" / "commands.md").read_text(encoding="utf-8")
    flags = [option for action in build_parser(Texts(Language.RUSSIAN))._actions for option in action.option_strings]
    assert [flag for flag in flags if flag.startswith("--") and flag not in page] == []


def test_the_window_says_only_what_has_a_text() -> None:
    files = sorted((PACKAGE / "ui").rglob("*.py"))
    code = "\n".join(file.read_text(encoding="utf-8") for file in files)
    used = set(re.findall(r'(?:texts|count|has)\(\s*"([a-z_]+\.[a-z_]+)"', code))
    assert len(used) > 60
    assert used - leaves(sections(Language.RUSSIAN)).keys() == set()


def test_the_window_does_not_send_people_to_the_command_line() -> None:
    """Its texts for errors and issues name buttons, not options."""
    for language in Language:
        found = sections(language)
        for section, hints in (("errors", "hints"), ("issues", "issue_hints")):
            flag = re.compile(r"--[a-z]|freesport-sync")
            speaking = {code for code, text in found[section].items() if flag.search(text["hint"])}
            assert speaking - found[hints].keys() == set()
            assert not [text for text in found[hints].values() if re.search(r"--[a-z]", text)]


def hints_of_the_window(language: Language) -> dict[str, str]:
    found = sections(language)
    said = {code: found["hints"].get(code, text["hint"]) for code, text in found["errors"].items()}
    return said | {code: found["issue_hints"].get(code, text["hint"]) for code, text in found["issues"].items()}


@pytest.mark.parametrize("language", Language)
def test_the_window_names_its_fields_rather_than_settings_and_variables(language: Language) -> None:
    """A setting that has a field in the window is called by the name of that field."""
    of_fields = "host|port|user|key_file|use_agent|passphrase_file|password_file|folder|archive_folder|media_root"
    raw = re.compile(rf"FREESPORT_SYNC|\bssh\.({of_fields})\b|\bdatabase\.(url|password_file)\b|\bsource\.data_dir\b")
    own = leaves({name: text for name, text in sections(language).items() if name not in Texts(language)._sections})
    spoken = own | hints_of_the_window(language)
    assert {key: text for key, text in spoken.items() if raw.search(text)} == {}


@pytest.mark.parametrize("language", Language)
def test_a_dash_is_a_dash_and_a_level_has_one_word(language: Language) -> None:
    texts = leaves(sections(language))
    assert [text for text in texts.values() if re.search(r"\S - \S", text)] == []
    words = {
        severity: (texts[f"severity.{severity}"], texts[f"window.{severity}s"])
        for severity in ("note", "warning", "error")
    }
    for word, counted in words.values():
        assert word.casefold()[:4] in counted
    assert texts["log.level_warning"] == texts["severity.warning"]
    assert texts["log.level_error"] == texts["severity.error"]


LIBPQ = 'connection to server at "db" (10.0.0.5), port 5432 failed: Connection refused'


@pytest.mark.parametrize(
    ("error", "what", "said"),
    [
        (
            SyncError("database_unreachable", server="db:5432", reason=LIBPQ),
            "База db:5432 недоступна: в соединении отказано",
            LIBPQ,
        ),
        (
            SyncError("connection_lost", reason="server closed the connection unexpectedly"),
            "Соединение с базой потеряно: соединение оборвалось",
            "server closed the connection unexpectedly",
        ),
        (
            SyncError("right_missing", reason="permission denied for table products"),
            "Не хватает прав в базе: нет прав на products",
            "permission denied for table products",
        ),
        (
            SyncError("xml_malformed", file="goods.xml", line=3, reason="Extra content at the end"),
            "Файл goods.xml повреждён или обрезан (строка 3)",
            "Extra content at the end",
        ),
        (
            SyncError("embedded_start_failed", folder="/x", log="pg_ctl: could not start server\nExamine the log"),
            "Встроенная база в /x не запустилась",
            "pg_ctl: could not start server\nExamine the log",
        ),
        (
            SyncError("csv_not_writable", file="a.csv", reason="Permission denied"),
            "Файл с замечаниями a.csv не записывается: нет прав",
            "Permission denied",
        ),
        (
            SyncError("csv_not_writable", file="a.csv", reason="Отказано в доступе"),
            "Файл с замечаниями a.csv не записывается: Отказано в доступе",
            "",
        ),
        (
            SyncError("archive_unsafe", file="a.zip", entry="../x", reason="outside"),
            "Архив a.zip содержит недопустимое имя: ../x (ведёт за пределы архива).",
            "",
        ),
        (SyncError("internal_error", reason="ValueError: x"), "Внутренняя ошибка", "ValueError: x"),
    ],
)
def test_foreign_messages_stay_out_of_the_headline(error: SyncError, what: str, said: str) -> None:
    text = Texts(Language.RUSSIAN).error(error)
    assert (text.what, text.said) == (what, said)


@pytest.mark.parametrize("language", Language)
def test_no_headline_contains_a_foreign_message(language: Language) -> None:
    """Whatever message a library has for whatever error: it stands beside our texts, never in them."""
    texts = Texts(language)
    for code, text in sections(language)["errors"].items():
        for name in re.findall(r"\{(reason|log)\}", text["what"]):
            told = texts.error(SyncError(code, **{name: "Some library is unhappy"}))
            assert told.said == ("Some library is unhappy" if language is Language.RUSSIAN else ""), code
            assert ("unhappy" in told.what) is (language is Language.ENGLISH), code
            known = texts.error(SyncError(code, **{name: "[Errno 28] No space left on device"}))
            assert "Errno" not in known.what
            assert known.said.startswith("[Errno 28]"), code


def test_files_that_are_wanted_are_named_in_words() -> None:
    for language in Language:
        assert sections(language)["kinds"].keys() == {kind.value for kind in FileKind}
    told = Texts(Language.RUSSIAN).error(SyncError("no_files", path="/x", kinds="goods, priceLists"))
    assert told.what == "В /x нет файлов для этого импорта (товары, типы цен)."


def test_unknown_parameters_are_left_out() -> None:
    texts = Texts(Language.RUSSIAN)
    somebody = {"process": 17216, "address": "", "since": ""}
    told = texts.error(SyncError("lock_held_unknown_run", **somebody)).what
    assert told == "В эту базу импортирует другая программа: процесс базы 17216."
    issue = RowIssue(Severity.ERROR, "price_not_number", value="нет", params={"price_type": "Опт 1"})
    assert texts.issue(issue)[0] == "Цена «нет» (тип цен «Опт 1») — не число и не записана."


def test_a_headline_ends_before_what_follows_it() -> None:
    params: dict[str, object] = {"file": "bootstrap.toml", "reason": "no such file or directory"}
    told = Texts(Language.ENGLISH).check("settings_unreadable", params)
    assert told.startswith("The file bootstrap.toml cannot be read: there is no such file or folder. ")
    closed = ErrorText("It is away.", "", "Look.", "away", "gone")
    assert closed.followed_by(closed.hint) == "It is away. Look. (gone)"
    assert ErrorText("Away", "", "", "away").followed_by("") == "Away"


def test_times_are_shown_in_local_time() -> None:
    moment = "2026-11-21T09:41:07+00:00"
    local = f"{datetime.fromisoformat(moment).astimezone():%d.%m.%Y %H:%M}"
    texts = Texts(Language.RUSSIAN)
    assert texts.check("lock_held", {"since": moment}).endswith(f"с {local}")
    error = SyncError("export_older", created_at="2025-09-11 10:00:00", imported="2025-09-12 10:00:00")
    assert "от 11.09.2025 10:00, загружено от 12.09.2025 10:00" in texts.error(error).what
    issue = RowIssue(Severity.WARNING, "file_date_in_future", value="2031-01-02")
    assert "02.01.2031" in texts.issue(issue)[0]


def test_every_log_entry_has_a_text() -> None:
    codes = set(re.findall(r'log_entry\([^)]*?logging\.[A-Z]+,\s*"([a-z_]+)"', source())) | set(
        re.findall(r'_note\("([a-z_]+)"|else "(run_[a-z]+)"', source())[0]
    )
    assert len(codes) > 15
    assert codes - {""} - sections(Language.RUSSIAN)["logged"].keys() == set()
    assert not re.search(r"\b_?log\.(info|warning|error)\(", source()), "the window could not say it"
