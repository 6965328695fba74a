"""`--help-topic`: the guide in a terminal, in old encodings, and for programs."""

from __future__ import annotations

import io
import json
import sys

import pytest

from freesport_sync.cli.main import run_command_line
from freesport_sync.errors import ExitCode


def said(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    code = run_command_line(["--help-topic", *arguments])
    printed = capsys.readouterr()
    return code, printed.out, printed.err


def test_without_a_name_it_lists_the_chapters(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = said(capsys)
    assert code == ExitCode.DONE
    assert "undo " in out
    assert "Отменить импорт" in out
    assert "freesport-sync --help-topic ГЛАВА" in out


def test_a_chapter_has_no_marks_of_markdown_and_its_commands_whole(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = said(capsys, "undo")
    assert code == ExitCode.DONE
    assert "\n    freesport-sync --undo 12 --dry-run" in out
    for mark in ("**", "```", "](", "<a id"):
        assert mark not in out


def test_paragraphs_are_as_wide_as_the_terminal(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def longest(columns: int) -> int:
        monkeypatch.setenv("COLUMNS", str(columns))
        monkeypatch.setenv("FORCE_COLOR", "1")
        monkeypatch.setenv("NO_COLOR", "1")
        monkeypatch.setenv("TERM", "xterm")  # a dumb one always has 80 columns
        _, out, _ = said(capsys, "support")
        return max(len(line.rstrip()) for line in out.split("\n") if not line.startswith("    "))

    assert longest(60) <= 60
    assert 60 < longest(400) <= 100


def test_a_code_is_explained_with_all_its_cases(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = said(capsys, "lock_held")
    assert code == ExitCode.DONE
    assert out.index("lock_held\n") < out.index("lock_held_other\n")


def test_an_unknown_name_gets_the_nearest_one(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = said(capsys, "undoo")
    assert (code, out) == (ExitCode.USAGE, "")
    assert "undoo" in err
    assert "undo." in err
    assert "freesport-sync --help-topic" in err
    code, _, err = said(capsys, "zzzzzz", "--language", "en")
    assert code == ExitCode.USAGE
    assert "nearest" not in err


def test_programs_get_json(capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = said(capsys, "--json")
    lines = [json.loads(line) for line in out.splitlines()]
    assert {"event": "topic", "name": "undo", "title": "Отменить импорт, вернуть из копии"} in lines
    _, out, _ = said(capsys, "undo", "--json", "--language", "en")
    (line,) = [json.loads(line) for line in out.splitlines()]
    assert line["name"] == "undo"
    assert "--undo 12" in line["text"]


def test_an_old_encoding_gets_quotes_and_dashes_that_it_knows(monkeypatch: pytest.MonkeyPatch) -> None:
    raw = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(raw, encoding="cp866", write_through=True))
    assert run_command_line(["--help-topic", "window-or-scripts"]) == ExitCode.DONE
    out = raw.getvalue().decode("cp866")
    assert 'сравнить "было" и "станет"' in out
    assert "?" not in out
