"""Renders every page in its main states: `python -m tests.ui.pictures FOLDER`.

Real pages over the private server with real imports of the demo export; only what is hard to catch (a run in the
middle, another operator) is told to the pages as the engine would. Each variant is a process of its own, because Qt
takes its scale when it starts.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import QSize
from PySide6.QtGui import QFontDatabase
from PySide6.QtWidgets import QWidget

from freesport_sync.core.database_status import DatabaseStatus, LockHolder
from freesport_sync.core.events import ExportFound
from freesport_sync.core.history import EntryKey, EntrySource
from freesport_sync.core.permissions import Refusal, Rights
from freesport_sync.core.shop import Stage
from freesport_sync.core.worker_events import TaskTaken
from freesport_sync.errors import (
    ConnectionFailed,
    ImportFailed,
    LockHeld,
    SchemaMismatch,
    SyncError,
)
from freesport_sync.i18n.texts import Language
from freesport_sync.tasks.restore.request import RestoreBackup
from freesport_sync.tasks.shop_import.request import ShopImport
from freesport_sync.ui.app import make_application
from freesport_sync.ui.dialogs.about import AboutDialog
from freesport_sync.ui.dialogs.undo import UndoDialog
from freesport_sync.ui.options import WindowOptions
from freesport_sync.ui.run_feed import StageLine, StageState
from freesport_sync.ui.run_lane import RunEnd
from freesport_sync.ui.service_process import ServiceState
from freesport_sync.ui.theme import DARK, LIGHT, Theme
from tests.ui.desk import Desk, process_events
from tests.ui.pictures_exchange import take_onec
from tests.ui.pictures_schedules import take_schedules
from tests.ui.pictures_server import take_server
from tests.ui.pictures_tasks import take_tasks
from tests.ui.pictures_wizard import take_wizard
from tests.ui.scenery import add_other_sessions
from tests.ui.snapshots import first_of_import

VARIANTS = {
    "light": ("ru", "light", "1", QSize(1240, 860)),
    "dark": ("ru", "dark", "1", QSize(1240, 860)),
    "english": ("en", "light", "1", QSize(1240, 860)),
    "large": ("ru", "light", "1.5", QSize(1240, 860)),
    "small": ("ru", "light", "1", QSize(1000, 640)),
    "720": ("ru", "light", "1", QSize(1280, 672)),
    "laptop": ("ru", "light", "1", QSize(1366, 720)),
}


def main(arguments: list[str]) -> int:
    """Render all variants, or the one that is named."""
    folder = Path(arguments[0])
    if len(arguments) == 2:
        with tempfile.TemporaryDirectory(prefix="freesport-pictures-") as home:
            os.chmod(home, 0o755)  # PostgreSQL does not run as root
            Photographer(folder / arguments[1], Path(home), arguments[1]).run()
        return 0
    codes = []
    for name, (_, _, scale, _) in VARIANTS.items():
        environment = os.environ | {"QT_SCALE_FACTOR": scale}
        command = [sys.executable, "-m", "tests.ui.pictures", str(folder), name]
        codes.append(subprocess.run(command, env=environment).returncode)
    return max(codes)


class Photographer:
    """Takes the pictures of one variant."""

    def __init__(self, folder: Path, home: Path, variant: str) -> None:
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        for old in folder.glob("*.png"):
            old.unlink()
        language, colours, _, size = VARIANTS[variant]
        self._number = 0
        application = make_application()
        assert QFontDatabase.families(QFontDatabase.WritingSystem.Cyrillic), "install fonts-dejavu-core"
        theme = Theme(application, DARK if colours == "dark" else LIGHT)
        options = WindowOptions(Language(language), home, is_demo=True, operator="ivanov@PC-7")
        self._desk = Desk(options, theme)
        self._window = self._desk.window
        self._window.resize(size)

    def run(self) -> None:
        """Everything in turn."""
        desk, window = self._desk, self._window
        self.take("import-loading")
        desk.ready()
        desk.until(window.import_page.form.start.isEnabled)
        self._page("history", "history-empty")
        window.history_page.list._on_failed(
            SchemaMismatch("own_schema_unreadable", sql="GRANT USAGE ON SCHEMA freesport_sync …")
        )
        self.take("history-forbidden")
        self._page("entry", "entry-none")
        self._page("import", "import-empty")
        self._import(is_dry_run=True)
        self.take("import-checked")
        self._import(is_dry_run=False)
        self.take("import-finished")
        self._exchange()
        application = desk.backend.application
        assert application is not None
        add_other_sessions(application)
        self._history()
        take_tasks(self, desk)
        self._sessions()
        self._undo()
        self._page("log", "log")
        self._connections()
        self._page("computer", "computer")
        self._worker()
        self._notifications()
        take_schedules(self, desk)
        take_tasks(self, desk)
        take_server(self, desk)
        take_onec(self, desk)
        self._rest()
        take_wizard(self, desk)
        desk.close()

    def take(self, name: str, what: QWidget | None = None) -> None:
        """Save a picture once everything has settled."""
        self.settle()
        self._number += 1
        assert (what or self._window).grab().save(str(self._folder / f"{self._number:02}-{name}.png"))

    def settle(self, seconds: float = 0.4) -> None:
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            process_events()
            time.sleep(0.005)

    def _page(self, page: str, name: str) -> None:
        self._window.show_page(page)
        self.take(name)

    def _worker(self) -> None:
        process = self._desk.backend.worker_process
        process._set(ServiceState.RUNNING)
        process._take(TaskTaken(12, "prices", "ivanov@PC-7", 1))
        self.take("worker-busy")
        process.error = SyncError("worker_process_died", exit_code=-9, said="-")
        process._settle()
        self.take("worker-died")
        process.error = None
        process._settle()

    def _notifications(self) -> None:
        card = self._window.computer_page.notifications
        card.open()
        assert card.dialog is not None
        card.dialog.host.setText("smtp.example.ru")
        card.dialog.recipients.setText("admin@shop.example.ru")
        self.take("notifications", card.dialog)
        card.dialog.reject()

    def _import(self, is_dry_run: bool) -> None:
        form = self._window.import_page.form
        self._window.import_page.show_form()
        self._desk.click(form.dry_run if is_dry_run else form.start)
        self._desk.end_of_run()

    def _exchange(self) -> None:
        page, backend = self._window.import_page, self._desk.backend
        request = ShopImport(data_dir=Path(r"\\server1c\exchange\export"))
        submission = backend.submission(request)
        page.progress.begin(submission)
        first = first_of_import(request, has_pictures=True)
        lines: dict[str, StageLine] = {
            Stage.PLAN: StageLine(Stage.PLAN, StageState.DONE, 1, 1),
            Stage.STAGE: StageLine(Stage.STAGE, StageState.RUNNING, 81_400_000, 126_900_000, 9_300_000.0, 5.0),
        }
        found = ExportFound(41, 126_900_000, datetime.now() - timedelta(minutes=25), 1500.0, ())
        running = replace(
            first,
            run_id=3,
            stages=tuple(lines.get(line.stage, line) for line in first.stages),
            export=found,
            errors=2,
            warnings=17,
            notes=1204,
        )
        page.progress.show_snapshot(running)
        self.take("import-running")
        page.progress.show_cancelling()
        self.take("import-cancelling")
        error = ImportFailed(
            "large_change",
            percent=20,
            products_deactivated="11240/12480",
            products_moved="0/12480",
            products_unlisted="310/12480",
            variants_deactivated="30120/35411",
            prices_zeroed="12/35411",
            stocks_zeroed="4011/35411",
        )
        stopped = replace(running, stages=tuple(_stopped(line) for line in running.stages))
        backend.shop.submission = submission
        backend.shop.snapshot = stopped
        page.progress.show_snapshot(stopped)
        backend.run_ended.emit(RunEnd(submission, stopped, None, error))
        backend.shop.submission = None
        self.take("import-guard", page.guard)
        page.guard.reject()
        self.take("import-failed")
        held = LockHeld(
            "lock_held",
            operator="petrov@SKLAD-2",
            host="SKLAD-2",
            run_id=17,
            stage="apply",
            since="2026-11-21T09:41:07+00:00",
            heartbeat="2026-11-21T09:44:52+00:00",
        )
        backend.run_ended.emit(RunEnd(submission, replace(first, run_id=None), None, held))
        self.take("import-refused")
        page.show_form()
        holder = LockHolder(17, "petrov@SKLAD-2", "SKLAD-2", "apply", datetime.now(UTC) - timedelta(minutes=4))
        backend.database_status_changed.emit(DatabaseStatus("sync@db.example.ru:5432/freesport", holder, ()))
        self.take("import-held-by-other")
        with self._only_looking():
            self.take("import-forbidden")
        self.take("import-form")

    @contextmanager
    def _only_looking(self) -> Iterator[None]:
        """As if the login had no more rights than to read."""
        backend = self._desk.backend
        backend._stop_watching.set()  # it would tell the truth
        usual = backend.database_status
        assert usual is not None
        sql = "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA freesport_sync TO ivanov;"
        refusal = Refusal("own_schema_read_only", {"sql": sql})
        backend._watched.emit(replace(usual, rights=Rights(goods=refusal, runs=refusal)))
        self.settle()
        yield
        backend._watched.emit(usual)
        self.settle()

    def _history(self) -> None:
        page = self._window.history_page
        self._window.show_page("history")
        page.reload()
        self.take("history")
        next(iter(page.statuses.buttons.values())).click()
        page.text.setText("нет такого")
        self.settle(0.5)
        self.take("history-nothing-found")
        page.reset()

    def _sessions(self) -> None:
        page = self._window.entry_page
        self._window.open_entry(EntryKey(EntrySource.RUN, 2))
        self._desk.until(lambda: page.stack.currentIndex() == 1)
        self.take("session-totals")
        with self._only_looking():
            self.take("session-forbidden")
        page.tabs.setCurrentWidget(page.issues)
        self.settle()
        page.issues.table.selectRow(1)
        self.take("session-issues")
        page.tabs.setCurrentWidget(page.files)
        self.take("session-files")
        page.tabs.setCurrentWidget(page.log)
        self.take("session-log")
        with self._other_session(EntryKey(EntrySource.RUN, 1)):
            page.tabs.setCurrentWidget(page.changes)
            self.take("session-changes")
        with self._other_session(EntryKey(EntrySource.SHOP, 3)):
            self.take("session-of-the-shop")
        with self._other_session(EntryKey(EntrySource.RUN, 9)):
            self.take("session-failed")
        dialog = UndoDialog(self._desk.tools, 2, RestoreBackup("20261121-094107-2"), self._window)
        dialog.show()
        self.take("undo", dialog)
        dialog.close()

    def _undo(self) -> None:
        page, card = self._window.entry_page, self._window.import_page.progress
        for name in ("look", "undo"):
            self._window.open_entry(EntryKey(EntrySource.RUN, 2))
            self._desk.until(page.undo.isVisible)
            page._ask_undo()
            self._desk.until(lambda: hasattr(page, "undo_dialog") and page.undo_dialog.isVisible())
            self._desk.click(getattr(page.undo_dialog, name))
            self._desk.end_of_run()
            self.take(f"undo-{name}-card")
            self._desk.click(card.open)
            self.settle(1)
            self.take(f"undo-{name}-session")
            page.tabs.setCurrentWidget(page.changes if name == "look" else page.issues)
            self.take(f"undo-{name}-list")
        self._window.open_entry(EntryKey(EntrySource.RUN, 2))
        self.settle(1)
        self.take("session-undone")
        self._window.history_page.reload()  # nobody watches the database any more, see `_only_looking`
        self._page("history", "history-undone")

    @contextmanager
    def _other_session(self, key: EntryKey) -> Iterator[None]:
        self._window.open_entry(key)
        self._desk.until(lambda: self._window.entry_page.stack.currentIndex() == 1)
        self.settle()
        yield

    def _connections(self) -> None:
        page, desk = self._window.connections_page, self._desk
        self._page("connections", "connections-demo")
        count = page.list.count()
        desk.click(page.add)
        desk.until(lambda: page.list.count() == count + 1)
        page.database.form.host.setText("127.0.0.1")
        page.database.form.port.setValue(1)
        desk.click(page.database.test)
        desk.until(page.database.test.isEnabled)
        self.take("connections-unreachable")
        page.list.setCurrentRow(1)
        desk.click(page.database.test)
        desk.until(page.database.test.isEnabled)
        self.take("connections-tested")

    def _rest(self) -> None:
        desk = self._desk
        desk.backend.lost.emit(ConnectionFailed("connection_lost", reason="server closed the connection"))
        self._page("import", "offline")
        assert desk.backend.database_status is not None
        desk.backend.database_status_changed.emit(desk.backend.database_status)
        self._window.show_crash(ValueError("something that nobody has foreseen"))
        assert self._window.crash is not None
        self.take("crash", self._window.crash)
        self._window.crash.accept()
        about = AboutDialog(desk.tools, self._window)
        about.show()
        desk.until(about.list.count)
        self.take("about", about)
        about.close()
        desk.backend.shop.submission = desk.backend.submission(ShopImport())
        self._window.close()
        self.take("close-question", self._window.question)
        self._window.question.reject()
        desk.backend.shop.submission = None


def _stopped(line: StageLine) -> StageLine:
    return replace(line, state=StageState.STOPPED) if line.state is StageState.RUNNING else line


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
