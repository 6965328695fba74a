"""Wrong arguments are refused and explained, without touching a database."""

from __future__ import annotations

import json

import pytest

from freesport_sync.cli.main import run_command_line


def refused(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    with pytest.raises(SystemExit) as caught:
        run_command_line(list(arguments))
    assert caught.value.code == 2
    return capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "answer"),
    [
        (("--data-dir",), "после --data-dir нужно значение"),
        (("--run", "остатки"), "--run не может быть «остатки», допустимы: "),
        (("--check", "--history"), "--history нельзя указать вместе с --check"),
        (("--rum",), "неизвестно, что такое --rum"),
        (("--run", "--chunk-size", "0"), "--chunk-size: "),
        (("--run", "--data-dir", ""), "--data-dir: путь пуст"),
        (("--run", "--media-root", ""), "--media-root: путь пуст"),
        (("--issues",), "--issues нужен вместе с --show RUN_ID"),
        (("--history", "--csv", "x.csv"), "--csv нужен вместе с --show RUN_ID"),
        (("--show", "1", "--issues", "--csv"), "после --csv нужно значение"),
        (("--schedule-import", "24:00"), "--schedule-import: нужно время вида 03:30, а не 24:00"),
        (("--schedule-import", "3"), "--schedule-import: нужно время вида 03:30, а не 3"),
        (("--schedule-import", "3:30", "--dry-run"), "--schedule-import нельзя указать вместе с --dry-run"),
        (("--scheduled",), "--scheduled нужен вместе с --run"),
        (("--tray", "--check"), "--tray нельзя указать вместе с --check"),
        (("--submit", "запасы"), "--submit не может быть «запасы», допустимы: "),
        (("--run", "--submit", "all"), "--submit нельзя указать вместе с --run"),
        (("--submit", "backup", "--full"), "--submit backup нельзя указать вместе с --full"),
        (("--submit", "all", "--create-shop-tables"), "--submit нельзя указать вместе с --create-shop-tables"),
        (("--submit", "all", "--at", "завтра"), "--at: нужно время вида 03:30 или 2026-12-01T03:30, а не завтра"),
        (("--submit", "all", "--at", "2020-01-01T00:00"), "--at: 2020-01-01T00:00 уже прошло или наступит больше чем"),
        (("--submit", "all", "--at", "9999-12-31T23:59"), "--at: 9999-12-31T23:59 уже прошло или наступит больше чем"),
        (("--submit", "all", "--priority", "101"), "--priority: нужно целое число от 1 до 100, а не 101"),
        (("--run", "--at", "3:30"), "--at нужен вместе с --submit"),
        (("--tasks", "--priority", "3"), "--priority нужен вместе с --submit"),
        (("--tasks", "--status", "done"), "--status: не может быть «done», допустимы: pending, running, completed, "),
        (("--run", "--wait"), "--wait нужен вместе с --submit"),
        (("--search", "x"), "--search нужен вместе с --tasks"),
        (("--cancel-task", "1", "--dry-run"), "--cancel-task нельзя указать вместе с --dry-run"),
        (("--cleanup-tasks", "-1"), "--cleanup-tasks: нужно целое число от 0 до 87600, а не -1"),
        (("--add-schedule", "all"), "с --add-schedule нужен и --cron"),
        (("--submit", "all", "--cron", "0 3 * * *"), "--cron нужен вместе с --add-schedule"),
        (("--add-schedule", "backup", "--cron", "0 3 * * *", "--full"), "--add-schedule backup нельзя указать вместе"),
        (("--add-schedule", "запасы", "--cron", "0 3 * * *"), "--add-schedule не может быть «запасы», допустимы: "),
        (("--switch-schedule", "3"), "--switch-schedule: нужно НОМЕР=on или НОМЕР=off, а не 3"),
        (("--switch-schedule", "x=on"), "--switch-schedule: нужно целое число от 1 до"),
        (("--remove-schedule", "3", "--dry-run"), "--remove-schedule нельзя указать вместе с --dry-run"),
        (("--settings", "--check"), "--settings нельзя указать вместе с --check"),
    ],
)
def test_wrong_arguments_are_explained_in_russian(
    arguments: tuple[str, ...], answer: str, capsys: pytest.CaptureFixture[str]
) -> None:
    error = refused(capsys, *arguments)
    assert f"Неверные параметры: {answer}" in error
    assert error.endswith("Справка: freesport-sync --help\n")


def test_wrong_arguments_are_explained_in_english(capsys: pytest.CaptureFixture[str]) -> None:
    assert "Wrong arguments: --data-dir needs a value\n" in refused(capsys, "--language", "en", "--data-dir")


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["--json", "--rum"], "неизвестно, что такое --rum"),
        (["--json", "--run", "rum"], "--run не может быть «rum», допустимы: all, catalog, "),
        (["--show", "1", "--csv", "-", "--json"], "--json нельзя указать вместе с --csv -"),
    ],
)
def test_wrong_arguments_are_explained_in_json(
    arguments: list[str], reason: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as caught:
        run_command_line(arguments)
    assert caught.value.code == 2
    out, err = capsys.readouterr()
    (line,) = out.splitlines()
    told = json.loads(line)
    assert (told["event"], told["code"], told["exit_code"]) == ("error", "usage", 2)
    assert reason in told["what"]
    assert err == ""


@pytest.mark.parametrize("action", [("--undo", "1"), ("--restore", "x"), ("--repair-created-at",), ("--backup",)])
@pytest.mark.parametrize(
    "option",
    [("--full",), ("--skip-backup",), ("--file-type", "goods"), ("--data-dir", "x"), ("--chunk-size", "5")],
)
def test_backup_actions_refuse_options_of_imports(
    action: tuple[str, ...], option: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    told = refused(capsys, *action, *option)
    assert f"{option[0]} нельзя указать вместе с {action[0]}" in told or (
        f"{action[0]} нельзя указать вместе с {option[0]}" in told
    )


@pytest.mark.parametrize(
    "action",
    [("--cancel", "1"), ("--unlock-stale",), ("--pin-host-key", "SHA256:x"), ("--set-exchange-password",)],
)
def test_immediate_actions_refuse_a_dry_run(action: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    assert f"{action[0]} нельзя указать вместе с --dry-run" in refused(capsys, *action, "--dry-run")
    assert f"{action[0]} нельзя указать вместе с --full" in refused(capsys, *action, "--full")


def test_no_action_shows_the_help(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command_line([]) == 2
    assert capsys.readouterr().out.startswith("Вызов: freesport-sync --run")
