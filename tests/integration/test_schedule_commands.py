"""Schedules on the command line: added, listed, switched, removed; `test_schedules` is about what they start."""

from __future__ import annotations

import socket
from datetime import UTC, datetime
from pathlib import Path

import pytest

from freesport_sync.errors import ExitCode
from tests.program import Command
from tests.shop import Shop

NIGHT = ("--cron", "0 3 * * *", "--zone", "Europe/Moscow")


def flat(text: str) -> str:
    return " ".join(text.split())


def test_nobody_starts_anything_yet(command: Command, stocked_shop: Shop) -> None:
    shown = command("--schedules")
    assert (shown.code, shown.stderr) == (0, "")
    assert "Расписаний нет. Добавить:" in shown.stdout
    assert command("--schedules", "--json").lines == []


def test_a_schedule_from_its_making_to_its_end(command: Command, stocked_shop: Shop, dearer: Path) -> None:
    options = ("--name", "Ночной", "--data-dir", str(dearer), "--skip-images", "--grace", "90")
    added = command("--add-schedule", "prices", *NIGHT, *options)
    assert (added.code, added.stderr) == (0, "")
    host = socket.gethostname()
    assert f"«Ночной»: цены, {dearer} ({host}). Следующий запуск: " in flat(added.stdout)
    assert "ни один исполнитель не работает" in added.stdout
    (line,) = command("--schedules", "--json").lines
    next_at = datetime.fromisoformat(line["next_at"])
    assert (next_at.hour, next_at.minute) == (0, 0)
    assert next_at > datetime.now(UTC)
    assert {**line, "id": 1} == line | {
        "event": "schedule",
        "id": 1,
        "name": "Ночной",
        "cron": "0 3 * * *",
        "zone": "Europe/Moscow",
        "grace_s": 5400,
        "is_enabled": True,
        "host": host,
        "last_due_at": None,
        "last_task_id": None,
        "note": None,
    }
    options_stored = {"kind": "prices", "data_dir": str(dearer), "skip_images": True, "trigger": "schedule"}
    assert line["request"] == line["request"] | options_stored
    number = line["id"]
    assert "выключено" in command("--switch-schedule", f"{number}=off").stdout
    assert "выключено" in command("--schedules").stdout
    assert "Следующий запуск" in command("--switch-schedule", f"{number}=on").stdout
    assert "Его задания остались" in command("--remove-schedule", str(number)).stdout
    gone = command("--remove-schedule", str(number))
    assert gone.code == ExitCode.USAGE
    assert f"Расписания № {number} нет" in gone.stderr


def test_without_a_name_it_is_called_by_what_it_starts(command: Command, stocked_shop: Shop) -> None:
    (line,) = command("--add-schedule", "backup", *NIGHT, "--json").lines
    assert (line["name"], line["text"], line["host"]) == ("резервная копия", "резервная копия", "")


@pytest.mark.parametrize(
    ("options", "code", "said"),
    [
        (("--cron", "0 3 30 2 *"), "cron_never", "такого дня нет ни в одном году"),
        (("--cron", "0 25 * * *"), "cron_unreadable", "неверно поле «часы»"),
        (("--cron", "0 0 3 * * *"), "cron_fields", "нужно пять полей через пробел, а их 6"),
        (("--cron", "0 3 * * *", "--zone", "MSK"), "zone_unknown", "Часового пояса «MSK» нет"),
        (("--cron", "0 3 * * *", "--grace", "100000"), "schedule_grace_unusable", "можно от 1 до 10080 мин"),
    ],
)
def test_what_is_wrong_is_said(
    command: Command, stocked_shop: Shop, options: tuple[str, ...], code: str, said: str
) -> None:
    refused = command("--add-schedule", "backup", *options)
    assert refused.code == ExitCode.USAGE
    assert said in flat(refused.stderr)
    assert command("--add-schedule", "backup", *options, "--json").lines[0]["code"] == code
    assert command("--schedules", "--json").lines == []


def test_a_name_is_one_line(command: Command, stocked_shop: Shop) -> None:
    name = "\nnight\nimport\x1b[31m"
    (line,) = command("--add-schedule", "backup", *NIGHT, "--name", name, "--json").lines
    assert line["name"] == "night import\N{REPLACEMENT CHARACTER}[31m"
