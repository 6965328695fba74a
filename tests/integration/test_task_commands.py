"""Tasks on the command line: submitted, listed, shown, cancelled, repeated; `test_tasks` is about their rows."""

from __future__ import annotations

import re
import socket
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from freesport_sync.core.history import Page
from freesport_sync.core.task_list import AwaitedHolder, Claim, Task, TaskQuery, TaskStatus
from freesport_sync.core.tasks import Header, Submission
from freesport_sync.database.own import tasks, workers
from freesport_sync.database.own.recovery import recover_dead_tasks
from freesport_sync.database.own.task_list import read_tasks
from freesport_sync.database.server.engine import transaction
from freesport_sync.errors import ConnectionFailed, ExitCode
from freesport_sync.tasks.registry import TASKS
from freesport_sync.tasks.shop_import.request import ShopImport
from freesport_sync.tasks.waiting import new_task
from tests.program import Command
from tests.shop import Shop
from tests.watching import background, wait_until

QUEUE = f"shop_import/1@{socket.gethostname()}"


@pytest.fixture
def number(command: Command, stocked_shop: Shop, dearer: Path) -> int:
    """A task that waits."""
    outcome = command("--submit", "prices", "--data-dir", str(dearer), "--json")
    assert (outcome.code, outcome.stderr) == (0, "")
    return int(outcome.lines[0]["task_id"])


def tasks_in(shop: Shop) -> Page[Task]:
    return read_tasks(shop.connection, TaskQuery(), 0, 100)


def claim(shop: Shop) -> Claim:
    """What a worker does with the newest task."""
    worker_id = workers.register(shop.connection, [QUEUE], 1)
    taken = tasks.claim(shop.connection, tasks_in(shop).rows[0].uid, worker_id)
    assert taken is not None
    return taken.claim


def flat(text: str) -> str:
    return " ".join(text.split())


def test_a_submitted_task_has_a_number_at_once(command: Command, stocked_shop: Shop, dearer: Path) -> None:
    arguments = ("--submit", "prices", "--data-dir", str(dearer), "--skip-images", "--chunk-size", "7")
    first = command(*arguments)
    assert (first.code, first.stderr) == (0, "")
    task = tasks_in(stocked_shop).rows[0]
    assert f"Задание № {task.id} поставлено в очередь: цены." in first.stdout
    assert re.search(rf"\n  freesport-sync .* --task {task.id}\n", first.stdout)
    assert (task.status, task.host, task.trigger) == (TaskStatus.PENDING, socket.gethostname(), "command_line")
    options = {"kind": "prices", "data_dir": str(dearer), "skip_images": True, "chunk_size": 7}
    assert {name: task.request[name] for name in options} == options

    again = command(*arguments, "--operator", "another@there", "--json")
    assert again.code == 0
    (line,) = again.lines
    assert (line["event"], line["task_id"], line["is_new"]) == ("task_submitted", task.id, False)
    assert f"Такое же задание уже ждёт, второе не нужно: № {task.id}" in command(*arguments).stdout


def test_who_is_to_run_a_task_is_said(command: Command, stocked_shop: Shop, dearer: Path) -> None:
    submitted = command("--submit", "prices", "--data-dir", str(dearer))
    assert f"Файлы лежат на этом компьютере ({socket.gethostname()}), поэтому исполнитель нужен здесь:" in flat(
        submitted.stdout
    )
    assert re.search(r"\n  freesport-sync .* --work\n", submitted.stdout)
    anywhere = command("--submit", "backup", "--json").lines[0]
    assert (anywhere["host"], anywhere["has_worker"]) == ("", False)
    assert "--work" in anywhere["text"]
    nobody = command("--workers")
    assert "Ни один исполнитель не работает" in nobody.stdout

    workers.register(stocked_shop.connection, [QUEUE], 2)
    served = command("--submit", "prices", "--data-dir", str(dearer))
    assert "--work" not in served.stdout
    listed = command("--workers", "--json").lines
    assert [(one["host"], one["queues"], one["is_alive"]) for one in listed] == [(socket.gethostname(), [QUEUE], True)]
    assert "работает, заданий сразу: 2" in command("--workers").stdout


def test_relative_paths_are_those_of_the_one_who_submits(
    command: Command, stocked_shop: Shop, dearer: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(dearer.parent)
    assert command("--submit", "prices", "--data-dir", dearer.name).code == 0
    assert tasks_in(stocked_shop).rows[0].request["data_dir"] == str(dearer)


@pytest.mark.parametrize(
    ("arguments", "code", "error"),
    [
        (("prices", "--data-dir", "нет"), ExitCode.IMPORT_FAILED, "data_dir_missing"),
        (("customers", "--file", "нет.xml"), ExitCode.IMPORT_FAILED, "data_dir_missing"),
        (("images", "--data-dir", ".", "--media-root", "нет"), ExitCode.USAGE, "media_root_missing"),
        (("stocks", "--data-dir", ".", "--file-type", "goods"), ExitCode.USAGE, "file_type_contradicts"),
        (("prices",), ExitCode.USAGE, "data_dir_needed"),
        (("prices", "--files-of", "77"), ExitCode.USAGE, "run_not_found"),
    ],
)
def test_what_cannot_work_here_is_refused_at_once(
    arguments: tuple[str, ...],
    code: ExitCode,
    error: str,
    command: Command,
    stocked_shop: Shop,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    before = tasks_in(stocked_shop).total
    monkeypatch.chdir(tmp_path)
    outcome = command("--submit", *arguments, "--json")
    assert (outcome.code, outcome.error["code"]) == (code, error)
    assert tasks_in(stocked_shop).total == before


def test_later_and_urgent(command: Command, stocked_shop: Shop, dearer: Path) -> None:
    at = (datetime.now().astimezone() + timedelta(days=2)).replace(microsecond=0)
    arguments = ("--submit", "prices", "--data-dir", str(dearer), "--at", f"{at:%Y-%m-%dT%H:%M:%S}")
    submitted = command(*arguments, "--priority", "77")
    assert f", не раньше {at:%d.%m.%Y %H:%M}." in flat(submitted.stdout)
    task = tasks_in(stocked_shop).rows[0]
    assert (task.run_after, task.priority) == (at, 77)
    assert f"Состояние: начнётся не раньше {at:%d.%m.%Y %H:%M}" in command("--task", str(task.id)).stdout

    assert command("--prioritise-task", str(task.id), "--priority", "5").code == 0
    assert tasks_in(stocked_shop).rows[0].priority == 5
    assert command("--prioritise-task", str(task.id), "--json").lines == [
        {"event": "task_prioritised", "task_id": task.id, "priority": 30}
    ]
    assert command("--submit", "prices", "--data-dir", str(dearer), "--json").lines[0]["is_new"], "now is not later"


def test_the_list_and_its_filters(command: Command, stocked_shop: Shop, number: int) -> None:
    everything = command("--tasks", "--json").lines
    assert [line["status"] for line in everything[:-1]] == ["pending", "completed"]
    assert everything[-1] == {"event": "tasks", "shown": 2, "total": 2}
    assert command("--tasks", "1", "--json").lines[-1] == {"event": "tasks", "shown": 1, "total": 2}
    assert "Показано 1 из 2" in command("--tasks", "1").stdout
    (waiting, _) = command("--tasks", "--status", "pending", "--status", "running", "--json").lines
    assert (waiting["id"], waiting["kind"], waiting["text"]) == (number, "prices", "ждёт исполнителя")
    assert command("--tasks", "--search", "nobody").stdout == "Таких заданий нет.\n"
    assert re.search(rf"│ {number} .*цены.*ждёт", command("--tasks", "--search", "prices").stdout)


def test_a_task_says_what_it_waits_for(command: Command, stocked_shop: Shop, number: int) -> None:
    taken = claim(stocked_shop)
    tasks.show_progress(stocked_shop.connection, taken, "apply", 1, 2, 60)
    assert "Состояние: выполняется, 60 %, Запись изменений" in command("--task", str(number)).stdout
    with transaction(stocked_shop.connection):
        tasks.wait_for(stocked_shop.connection, taken, AwaitedHolder("boss@there", "there", 7))
    assert "ждёт, пока закончится запуск № 7 (boss@there, there)" in command("--task", str(number)).stdout

    taken = claim(stocked_shop)
    with transaction(stocked_shop.connection):
        tasks.send_back(stocked_shop.connection, taken, 600, ConnectionFailed("connection_lost"), is_counted=True)
    shown = command("--task", str(number))
    assert "Состояние: попытка 1 не удалась: " in shown.stdout
    assert "[connection_lost]; следующая не раньше " in flat(shown.stdout)
    stocked_shop.connection.execute(sa.text("UPDATE freesport_sync.tasks SET run_after = now()"))
    assert "[connection_lost]; ждёт своей очереди" in flat(command("--task", str(number)).stdout)


def test_a_task_that_waits_is_cancelled_and_repeated(command: Command, stocked_shop: Shop, number: int) -> None:
    assert command("--cancel-task", str(number)).stdout == f"Задание № {number} отменено.\n"
    assert "Состояние: отменено, попросил " in command("--task", str(number)).stdout
    twice = command("--cancel-task", str(number), "--json")
    assert (twice.code, twice.error["code"]) == (ExitCode.USAGE, "task_not_open")

    (again,) = command("--retry-task", str(number), "--json").lines
    assert again["is_new"]
    past, repeated = sorted(tasks_in(stocked_shop).rows, key=lambda task: task.id)[-2:]
    assert (again["task_id"], repeated.request) == (repeated.id, past.request)
    (waits,) = command("--retry-task", str(repeated.id), "--json").lines
    assert (waits["task_id"], waits["is_new"]) == (repeated.id, False)


def test_a_running_task_is_asked_to_stop(command: Command, stocked_shop: Shop, number: int) -> None:
    taken = claim(stocked_shop)
    refused = command("--retry-task", str(number), "--json")
    assert (refused.code, refused.error["code"]) == (ExitCode.USAGE, "task_still_open")
    asked = command("--cancel-task", str(number), "--operator", "boss@here")
    assert asked.stdout.startswith(f"Задание № {number} остановится через секунду-две.")
    assert tasks.requested_cancels(stocked_shop.connection, [taken])[taken.token] == "boss@here"
    assert "Состояние: останавливается, об этом попросил boss@here" in command("--task", str(number)).stdout


def test_a_task_whose_program_has_died_cannot_be_cancelled(command: Command, stocked_shop: Shop) -> None:
    stocked_shop.execute(
        "UPDATE freesport_sync.runs SET status = 'running', backend_id = 0, heartbeat_at = '2026-01-01'"
    )
    stocked_shop.execute("UPDATE freesport_sync.tasks SET status = 'running'")
    (task,) = tasks_in(stocked_shop).rows
    assert (task.status, task.error_code) == (TaskStatus.FAILED, "interrupted")
    refused = command("--cancel-task", str(task.id), "--json")
    assert (refused.code, refused.error["code"]) == (ExitCode.USAGE, "task_not_open")


def test_a_task_is_repeated_where_its_files_are(command: Command, stocked_shop: Shop) -> None:
    elsewhere = Submission(ShopImport(data_dir=Path("/somewhere/else")), Header("tester@there"))
    with transaction(stocked_shop.connection):
        task_id = tasks.submit(stocked_shop.connection, new_task(TASKS, elsewhere, host="there")).id
    assert command("--cancel-task", str(task_id)).code == 0
    repeated = command("--retry-task", str(task_id))
    assert (repeated.code, repeated.stderr) == (0, "")
    assert "Файлы лежат на компьютере there: запустите исполнителя там (--work)." in flat(repeated.stdout)
    assert (
        stocked_shop.value("SELECT queue FROM freesport_sync.tasks ORDER BY id DESC LIMIT 1") == "shop_import/1@there"
    )


def test_the_history_names_the_task(command: Command, stocked_shop: Shop) -> None:
    (task,) = tasks_in(stocked_shop).rows
    assert f"Задание № {task.id}: выполнено" in command("--show", str(task.run_id)).stdout
    entry, shown, *_ = command("--show", str(task.run_id), "--json").lines
    assert (entry["task_id"], shown["event"], shown["id"], shown["status"]) == (task.id, "task", task.id, "completed")
    assert command("--history", "--json").lines[0]["task_id"] == task.id
    text = command("--task", str(task.id)).stdout
    assert f"Задание № {task.id}: каталог и клиенты" in text
    assert re.search(rf"\n  freesport-sync .* --show {task.run_id}\n", text)
    (_, run) = command("--task", str(task.id), "--json").lines
    assert (run["event"], run["id"]) == ("run", task.run_id)


def test_old_tasks_are_forgotten(command: Command, stocked_shop: Shop, number: int) -> None:
    assert command("--cleanup-tasks", "24", "--json").lines == [{"event": "tasks_removed", "count": 0, "hours": 24}]
    assert command("--cleanup-tasks", "0").stdout == "Забыто заданий, законченных больше 0 ч назад: 1.\n"
    assert [task.id for task in tasks_in(stocked_shop).rows] == [number]
    assert command("--show", "1").code == 0


def test_before_there_were_tasks(command: Command, stocked_shop: Shop) -> None:
    stocked_shop.execute("DROP SCHEMA freesport_sync CASCADE")
    assert command("--tasks").stdout == "Таких заданий нет.\n"
    assert command("--workers").code == command("--cleanup-tasks", "1").code == 0
    for option in ("--task", "--cancel-task", "--retry-task"):
        assert command(option, "1", "--json").error["code"] == "task_not_found"
    assert command("--prioritise-task", "1", "--json").error["code"] == "task_not_waiting"
    assert stocked_shop.value("SELECT count(*) FROM pg_namespace WHERE nspname = 'freesport_sync'") == 0


# --- waiting for the end --------------------------------------------------------------------------------------------


def ended(shop: Shop, status: TaskStatus) -> Callable[[], None]:
    """A worker that takes the task that comes, and ends it."""

    def work() -> None:
        with Shop(shop.url, shop.folder) as other:
            wait_until(lambda: tasks_in(other).rows[0].status is TaskStatus.PENDING)
            taken = claim(other)
            tasks.show_progress(other.connection, taken, "apply", 1, 2, 60)
            error = ConnectionFailed("connection_lost") if status is TaskStatus.FAILED else None
            with transaction(other.connection):
                tasks.finish(other.connection, taken, status, {}, error)

    return work


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (TaskStatus.COMPLETED, ExitCode.DONE),
        (TaskStatus.FAILED, ExitCode.IMPORT_FAILED),
        (TaskStatus.CANCELLED, ExitCode.CANCELLED),
    ],
)
def test_waiting_for_the_end_tells_how_it_ended(
    status: TaskStatus, code: ExitCode, command: Command, stocked_shop: Shop, dearer: Path
) -> None:
    with background(ended(stocked_shop, status)) as worker:
        outcome = command("--submit", "prices", "--data-dir", str(dearer), "--wait", "--json")
        worker.result()
    assert (outcome.code, outcome.stderr) == (code, "")
    submitted, *changes = outcome.lines
    assert submitted["event"] == "task_submitted"
    assert {line["event"] for line in changes} == {"task"}
    assert [line["status"] for line in changes][-1] == status.value
    assert command("--task", str(submitted["task_id"]), "--wait").code == code, "it has ended already"


WAITER = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'freesport_sync' AND query_start > :since"


def test_a_task_that_comes_back_from_a_dead_worker_is_waited_for(
    command: Command, stocked_shop: Shop, number: int
) -> None:
    def die_and_repeat() -> None:
        with Shop(stocked_shop.url, stocked_shop.folder) as victim:
            claim(victim)
        with Shop(stocked_shop.url, stocked_shop.folder) as other:
            other.execute("UPDATE freesport_sync.workers SET heartbeat_at = now() - interval '1 minute'")
            died_at = other.value("SELECT clock_timestamp()")
            wait_until(lambda: tasks_in(other).rows[0].status is TaskStatus.PENDING)
            wait_until(lambda: other.value(WAITER, since=died_at))
            with transaction(other.connection):
                assert recover_dead_tasks(other.connection) == (number,)
        ended(stocked_shop, TaskStatus.COMPLETED)()

    with background(die_and_repeat) as worker:
        outcome = command("--task", str(number), "--wait", "--json")
        worker.result()
    assert outcome.code == 0
    assert {line["status"] for line in outcome.lines} <= {"pending", "running", "completed"}


def test_a_name_of_an_operator_is_one_line_and_gives_the_terminal_no_orders(
    command: Command, stocked_shop: Shop, dearer: Path
) -> None:
    name = "night\nshift \x1b[31m" + "x" * 500
    assert command("--submit", "prices", "--data-dir", str(dearer), "--operator", name).code == ExitCode.DONE
    assert tasks_in(stocked_shop).rows[0].operator == f"night shift \N{REPLACEMENT CHARACTER}[31m{'x' * 182}…"


def test_the_history_gives_the_terminal_no_orders(command: Command, stocked_shop: Shop, dearer: Path) -> None:
    assert command("--run", "prices", "--data-dir", str(dearer), "--dry-run").code == ExitCode.DONE
    # By another program, or another version of this one.
    changed = "UPDATE freesport_sync.runs SET operator = :name RETURNING id"
    run_id = stocked_shop.connection.scalar(sa.text(changed), {"name": "night\nshift \x1b[31m"})
    for shown in (command("--history"), command("--show", str(run_id))):
        assert "night shift" in shown.stdout
        assert "\x1b" not in shown.stdout
