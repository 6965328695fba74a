"""The daily import and the worker, with a program in place of schtasks that keeps its tasks in a folder."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from datetime import datetime, time
from pathlib import Path

import pytest

from freesport_sync.errors import ConfigError
from freesport_sync.os_support import own_command
from freesport_sync.services.import_schedule import ImportSchedule, first_start
from freesport_sync.services.worker_task import WorkerTask
from tests.platforms import posix_only

pytestmark = posix_only("no script can stand in for a program")

SCHTASKS = """#!{python}
import pathlib, shutil, sys
command, *rest = sys.argv[1:]
rest = [word for word in rest if word != "/F"]
options = dict(zip(rest[::2], rest[1::2]))
task = pathlib.Path({folder!r}, options["/TN"])
if pathlib.Path({folder!r}, "refuse").exists() and command != "/Query":
    sys.exit("ОШИБКА: Отказано в доступе.")
if command == "/Create":
    shutil.copy(options["/XML"], task)
elif not task.exists():
    sys.exit("ОШИБКА: Не удается найти указанный файл.")
elif command == "/Query":
    print(task.read_text(encoding="utf-16"))
elif command == "/Delete":
    task.unlink()
else:
    with task.with_suffix(".log").open("a") as log:
        log.write(command)
"""


@pytest.fixture
def tasks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of the tasks."""
    folder = tmp_path / "tasks"
    folder.mkdir()
    program = tmp_path / "schtasks"
    program.write_text(SCHTASKS.format(python=sys.executable, folder=str(folder)), encoding="utf-8")
    program.chmod(0o755)
    monkeypatch.setenv("USERNAME", "иванов")
    monkeypatch.setenv("USERDOMAIN", "FIRMA")
    return folder


@pytest.fixture
def schedule(tasks: Path) -> Callable[..., ImportSchedule]:
    program = str(tasks.with_name("schtasks"))
    return lambda home=None: ImportSchedule(home, "об импорте", program, is_available=True)


def test_it_is_switched_on_changed_and_off(schedule: Callable[..., ImportSchedule], tasks: Path) -> None:
    one = schedule()
    assert one.read() is None
    one.switch_on(time(3, 30))
    assert one.read() == time(3, 30)
    one.switch_on(time(23, 5))
    assert one.read() == time(23, 5)
    assert [file.name for file in tasks.iterdir()] == ["FREESPORT Sync import (иванов)"]
    text = next(tasks.iterdir()).read_text(encoding="utf-16")
    assert f"<Command>{own_command(has_console=False)[0]}</Command>" in text
    assert "--run --scheduled</Arguments>" in text
    assert r"<UserId>FIRMA\иванов</UserId>" in text
    one.switch_off()
    assert one.read() is None
    one.switch_off()  # twice is no error


def test_another_home_has_another_task(schedule: Callable[..., ImportSchedule], tasks: Path, tmp_path: Path) -> None:
    schedule().switch_on(time(1, 0))
    other = schedule(tmp_path / "мой дом")
    assert other.read() is None
    other.switch_on(time(2, 0))
    assert schedule().read() == time(1, 0)
    assert len(list(tasks.iterdir())) == 2
    assert f'--home "{tmp_path / "мой дом"}"' in (tasks / other.task).read_text(encoding="utf-16")


def test_a_refusal_is_passed_on(schedule: Callable[..., ImportSchedule], tasks: Path) -> None:
    one = schedule()
    one.switch_on(time(3, 30))
    (tasks / "refuse").touch()
    switches: list[Callable[[], None]] = [lambda: one.switch_on(time(4, 0)), one.switch_off]
    for switch in switches:
        with pytest.raises(ConfigError) as caught:
            switch()
        assert caught.value.code == "schedule_refused"
        assert caught.value.params["said"] == "ОШИБКА: Отказано в доступе."
    assert one.read() == time(3, 30)


def test_a_worker_is_kept_running_until_it_is_switched_off(tasks: Path, tmp_path: Path) -> None:
    one = WorkerTask(tmp_path / "дом", "о заданиях", str(tasks.with_name("schtasks")), is_available=True)
    assert not one.is_on()
    one.switch(True)
    assert one.is_on()
    text = (tasks / one.task).read_text(encoding="utf-16")
    assert f"--work --home {tmp_path / 'дом'}</Arguments>" in text
    assert text.count(r"<UserId>FIRMA\иванов</UserId>") == 2, "in whose session, and at whose logon"
    assert "<Interval>PT5M</Interval>" in text
    one.switch(False)
    assert not one.is_on()
    one.switch(False)  # twice is no error
    assert (tasks / one.task).with_suffix(".log").read_text() == "/Run/End"
    (tasks / "refuse").touch()
    with pytest.raises(ConfigError, match="worker_task_refused"):
        one.switch(True)


def test_no_scheduler_is_no_crash(tmp_path: Path) -> None:
    one = ImportSchedule(None, "", os.fspath(tmp_path / "none"), is_available=True)
    with pytest.raises(ConfigError, match="schedule_refused"):
        one.read()
    with pytest.raises(ConfigError, match="schedule_elsewhere"):
        ImportSchedule(None, "", is_available=False).switch_on(time(3, 30))


def test_the_first_time_is_ahead() -> None:
    noon = datetime(2026, 11, 30, 12, 0)
    assert first_start(time(12, 1), noon) == datetime(2026, 11, 30, 12, 1)
    assert first_start(time(12, 0), noon) == datetime(2026, 12, 1, 12, 0)
    assert first_start(time(3, 30), datetime(2026, 12, 31, 12, 0)) == datetime(2027, 1, 1, 3, 30)
