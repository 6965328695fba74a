"""The worker: a real spawned process, and what happens when it or its parent dies."""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from multiprocessing.connection import Connection, Listener
from multiprocessing.process import BaseProcess
from pathlib import Path

import pytest

from freesport_sync.errors import ImportFailed, SourceMalformed
from freesport_sync.sources.commerceml import worker
from freesport_sync.sources.commerceml.discovery import discover
from freesport_sync.sources.commerceml.export import SourceFile
from freesport_sync.sources.commerceml.parse_messages import (
    Block,
    FileDone,
    FileFailed,
    Message,
    ParseTask,
)
from freesport_sync.sources.commerceml.property_values import PropertyValues
from freesport_sync.sources.commerceml.worker import answers, work
from tests.builders import ExportBuilder, product
from tests.platforms import posix_only
from tests.unit.sources.commerceml.support import CONTEXT

WAIT_S = 30
SECRET = b"test"

# The runner of a test: starts a worker on a pipe that the test holds too, gives it a file and never reads.
RUNNER = """
import multiprocessing, sys, time
from multiprocessing.connection import Client
from pathlib import Path
from freesport_sync.sources.commerceml.worker import work

if __name__ == "__main__":
    connection = Client(("127.0.0.1", int(sys.argv[1])), authkey=b"test")
    process = multiprocessing.get_context("spawn").Process(target=work, args=(connection, 0))
    process.start()
    connection.close()
    time.sleep(60)
"""


@pytest.fixture
def export(tmp_path: Path) -> ExportBuilder:
    return ExportBuilder(tmp_path / "export")


@pytest.fixture
def spawned() -> Iterator[tuple[BaseProcess, Connection]]:
    """A worker process and our end of its pipe."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=work, args=(theirs, 0))
    process.start()
    theirs.close()
    yield process, ours
    ours.close()
    process.join(WAIT_S)
    process.kill()
    process.join()


def found(export: ExportBuilder) -> SourceFile:
    return discover(export.folder).files[0]


def receive(connection: Connection) -> list[Message]:
    """The answer to one task."""
    messages: list[Message] = []
    while not messages or not isinstance(messages[-1], FileDone | FileFailed):
        assert connection.poll(WAIT_S)
        messages.append(connection.recv())
    return messages


def is_at_end(connection: Connection) -> bool:
    """Whether the other end is closed, once everything that was sent has been read."""
    try:
        while connection.poll(WAIT_S):
            connection.recv()
    except (EOFError, OSError):
        return True
    return False


def test_a_worker_answers_task_after_task(export: ExportBuilder, spawned: tuple[BaseProcess, Connection]) -> None:
    process, connection = spawned
    export.goods(product("p1"))
    good = found(export)
    export.goods(product("p1"), product("p2"))
    for _ in range(2):
        connection.send(ParseTask(found(export), CONTEXT))
        block, done = receive(connection)
        assert isinstance(block, Block)
        assert isinstance(block, Block)
        assert isinstance(done, FileDone)
        assert (block.rows, done.records, done.failed) == (2, 2, 0)
    connection.send(ParseTask(good, CONTEXT))
    (failed,) = receive(connection)
    assert isinstance(failed, FileFailed)
    assert isinstance(failed.error, ImportFailed)
    assert failed.error.code == "file_changed"
    connection.close()
    process.join(WAIT_S)
    assert process.exitcode == 0


def test_a_worker_ends_when_nobody_reads_any_more(
    export: ExportBuilder, spawned: tuple[BaseProcess, Connection]
) -> None:
    process, connection = spawned
    export.goods(*[product("p1", description="о" * 5000)] * 300)
    connection.send(ParseTask(found(export), CONTEXT))
    assert connection.poll(WAIT_S)
    connection.close()
    process.join(WAIT_S)
    assert process.exitcode == 0


def test_a_worker_that_cannot_go_on_says_nothing(
    spawned: tuple[BaseProcess, Connection], capfd: pytest.CaptureFixture[str]
) -> None:
    process, connection = spawned
    connection.send_bytes(b"no task")
    process.join(WAIT_S)
    assert process.exitcode == 70
    assert capfd.readouterr() == ("", "")


@posix_only("no way to send one process a Ctrl-C")
def test_a_worker_ignores_ctrl_c(export: ExportBuilder, spawned: tuple[BaseProcess, Connection]) -> None:
    process, connection = spawned
    export.goods(product("p1"))
    task = ParseTask(found(export), CONTEXT)
    connection.send(task)
    receive(connection)
    assert process.pid
    os.kill(process.pid, signal.SIGINT)
    connection.send(task)
    done = receive(connection)[-1]
    assert isinstance(done, FileDone)
    assert done.records == 1


@pytest.mark.parametrize("is_busy", [False, True])
def test_a_worker_dies_with_the_runner_and_says_nothing(export: ExportBuilder, tmp_path: Path, is_busy: bool) -> None:
    """The pipe leads to the test, not to the runner: only the runner's death can end the worker."""
    script = tmp_path / "runner.py"
    script.write_text(RUNNER, encoding="utf-8")
    export.goods(*[product("p1", description="о" * 5000)] * 1000)
    with Listener(("127.0.0.1", 0), authkey=SECRET) as listener:
        runner = subprocess.Popen(
            [sys.executable, str(script), str(listener.address[1])],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
        )
        with runner, listener.accept() as connection:
            connection.send(ParseTask(found(export), CONTEXT))
            assert connection.poll(WAIT_S)
            if not is_busy:
                receive(connection)
            runner.kill()
            output, _ = runner.communicate(timeout=WAIT_S)  # waits for the worker too, which has the same stdout
            assert output == b""
            assert is_at_end(connection)


def test_failures_are_messages(export: ExportBuilder) -> None:
    path = export.goods(product("p1"))
    file = found(export)
    path.unlink()
    (failed,) = answers(ParseTask(file, CONTEXT), PropertyValues(0))
    assert isinstance(failed, FileFailed)
    assert isinstance(failed.error, SourceMalformed)
    assert (failed.file_no, failed.error.code) == (1, "file_unreadable")


@pytest.mark.parametrize(
    ("error", "code", "params"),
    [
        (MemoryError(), "out_of_memory", {"file": "goods/goods.xml"}),
        (KeyError("x"), "internal_error", {"file": "goods/goods.xml", "reason": "KeyError: 'x'"}),
        (RecursionError("deep"), "internal_error", {"file": "goods/goods.xml", "reason": "RecursionError: deep"}),
    ],
)
def test_unexpected_failures_are_messages_too(
    export: ExportBuilder, monkeypatch: pytest.MonkeyPatch, error: Exception, code: str, params: dict[str, str]
) -> None:
    def fail(_task: ParseTask, _values: PropertyValues) -> Iterator[Message]:
        raise error

    monkeypatch.setattr(worker, "parse_file", fail)
    export.goods(product("p1"))
    (failed,) = answers(ParseTask(found(export), CONTEXT), PropertyValues(0))
    assert isinstance(failed, FileFailed)
    traceback = failed.error.params.pop("traceback", "in fail")
    assert (failed.error.code, failed.error.params) == (code, params)
    assert "in fail" in str(traceback)


def test_a_worker_starts_with_little() -> None:
    """Every worker is a new process that imports this module first."""
    program = "import sys, freesport_sync.sources.commerceml.worker; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout.split()
    packages = {name.partition(".")[0] for name in loaded}
    assert packages.isdisjoint({"sqlalchemy", "psycopg2", "PySide6", "paramiko", "pydantic", "asyncio", "alembic"})
