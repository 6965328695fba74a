"""The CSV of row issues: what Excel opens, and what must not happen to the file of yesterday."""

from __future__ import annotations

import csv
import errno
import io
import os
import stat
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from freesport_sync.core.issues import RowIssue, Severity
from freesport_sync.errors import Cancelled, ConfigError
from freesport_sync.i18n.texts import Language, Texts
from freesport_sync.services.issue_export import save_csv, write_csv
from tests.platforms import needs_symlinks

RUSSIAN = Texts(Language.RUSSIAN)
PRICE = RowIssue(
    Severity.ERROR,
    "price_not_number",
    "prices/prices.xml",
    14,
    "p1#c1",
    'Мяч "Чемпион"; №5',
    "ЦенаЗаЕдиницу",
    "по запросу",
    article="ART-1",
)


def lines(file: Path) -> list[list[str]]:
    """The file as Excel reads it."""
    content = file.read_bytes()
    assert content.startswith(b"\xef\xbb\xbf")
    assert content.endswith(b"\r\n")
    with file.open(encoding="utf-8-sig", newline="") as stream:
        return list(csv.reader(stream, delimiter=";"))


def test_an_issue_is_a_line_under_a_header(tmp_path: Path) -> None:
    file = tmp_path / "замечания.csv"
    assert save_csv([PRICE], RUSSIAN, file) == 1
    header, line = lines(file)
    assert dict(zip(header, line, strict=True)) == {
        "Важность": "ошибка",
        "Название": 'Мяч "Чемпион"; №5',
        "Артикул": "ART-1",
        "Ид в 1С": "p1#c1",
        "Поле": "ЦенаЗаЕдиницу",
        "Значение": "по запросу",
        "Файл": "prices/prices.xml",
        "Строка": "14",
        "Что не так": "Цена «по запросу» — не число и не записана.",
        "Что исправить в 1С": "Исправьте цену в 1С.",
        "Код": "price_not_number",
    }
    assert [path.name for path in tmp_path.iterdir()] == [file.name]


def test_english_header(tmp_path: Path) -> None:
    save_csv([], Texts(Language.ENGLISH), tmp_path / "issues.csv")
    ((first, *_),) = lines(tmp_path / "issues.csv")
    assert first == "Severity"


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
@pytest.mark.parametrize("field", ["name", "article", "onec_id", "value", "file"])
def test_nothing_becomes_a_formula(field: str, start: str, tmp_path: Path) -> None:
    evil = f'{start}HYPERLINK("http://x")'
    changes: dict[str, Any] = {field: evil}
    issue = replace(PRICE, **changes)
    save_csv([issue], RUSSIAN, tmp_path / "x.csv")
    _, line = lines(tmp_path / "x.csv")
    assert f"'{evil}" in line
    assert evil not in line


def test_line_breaks_stay_inside_of_their_cell(tmp_path: Path) -> None:
    save_csv([RowIssue(Severity.NOTE, "name_kept", name="Мяч\nкрасный")], RUSSIAN, tmp_path / "x.csv")
    header, line = lines(tmp_path / "x.csv")
    assert line[header.index("Название")] == "Мяч\nкрасный"


def test_issues_are_written_as_they_come() -> None:
    stream = io.StringIO()

    def issues() -> Iterator[RowIssue]:
        for number in range(3):
            assert stream.getvalue().count("\r\n") == number + 1
            yield PRICE

    assert write_csv(issues(), RUSSIAN, stream) == 3


def test_an_existing_file_is_replaced_only_by_a_whole_one(tmp_path: Path) -> None:
    file = tmp_path / "x.csv"
    file.write_text("вчера", encoding="utf-8")

    def interrupted() -> Iterator[RowIssue]:
        yield PRICE
        raise Cancelled("cancelled")

    with pytest.raises(Cancelled):
        save_csv(interrupted(), RUSSIAN, file)
    assert file.read_text(encoding="utf-8") == "вчера"
    assert list(tmp_path.iterdir()) == [file]
    save_csv([PRICE], RUSSIAN, file)
    assert len(lines(file)) == 2


@needs_symlinks
def test_a_link_stays_one_and_rights_are_the_usual(tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    link, target = tmp_path / "link.csv", tmp_path / "there" / "x.csv"
    link.symlink_to(target)
    save_csv([PRICE], RUSSIAN, link)
    assert link.is_symlink()
    usual = tmp_path / "usual"
    usual.touch()
    assert stat.S_IMODE(target.stat().st_mode) == stat.S_IMODE(usual.stat().st_mode)


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="csv_folder_missing") as caught:
        save_csv([PRICE], RUSSIAN, tmp_path / "нет" / "x.csv")
    assert caught.value.params == {"folder": str(tmp_path / "нет")}


@pytest.mark.parametrize("name", [os.devnull, "."])
def test_what_is_no_file_is_not_replaced(name: str, tmp_path: Path) -> None:
    before = Path(name).stat().st_mode
    with pytest.raises(ConfigError, match="csv_not_a_file"):
        save_csv([PRICE], RUSSIAN, Path(name))
    assert Path(name).stat().st_mode == before


def test_a_folder_that_takes_no_files(tmp_path: Path) -> None:
    too_long = tmp_path / f"{'x' * 300}.csv"  # rights do not stop root
    with pytest.raises(ConfigError) as caught:
        save_csv([PRICE], RUSSIAN, too_long)
    assert caught.value.code == "csv_not_writable"
    text = RUSSIAN.error(caught.value)
    assert str(too_long) in text.what
    assert "Excel" in text.hint


def test_a_full_disk(tmp_path: Path) -> None:
    def until_the_disk_is_full() -> Iterator[RowIssue]:
        yield PRICE
        raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(ConfigError, match="csv_not_writable") as caught:
        save_csv(until_the_disk_is_full(), RUSSIAN, tmp_path / "x.csv")
    assert caught.value.params["reason"] == "No space left on device"
    assert list(tmp_path.iterdir()) == []
