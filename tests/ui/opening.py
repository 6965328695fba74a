"""How soon long lists are painted: `python -m tests.ui.opening [COUNT]`.

A history of so many sessions, and a run with so many row issues (100,000 unless told): from the click until all rows in
view are painted, on opening, at a place somebody has scrolled to, in another order. Every single figure is printed.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import sqlalchemy as sa
from PySide6.QtCore import QEvent, QObject, Qt, QTimer
from PySide6.QtWidgets import QAbstractScrollArea

from freesport_sync.core.history import EntryKey, EntrySource
from freesport_sync.ui.app import SWITCH_S, make_application
from freesport_sync.ui.models.paged import PagedModel
from freesport_sync.ui.options import WindowOptions
from freesport_sync.ui.theme import LIGHT, Theme
from freesport_sync.ui.widgets.table import Table
from tests.ui.desk import Desk, process_events
from tests.ui.scenery import insert_other_sessions
from tests.ui.starting import print_figures

COUNT = 100_000
TIMES = 7
SETTLE_S = 1.0
DESCENDING = Qt.SortOrder.DescendingOrder

_ISSUES = """
INSERT INTO freesport_sync.row_issues
    (run_id, severity, code, file, line, onec_id, name, field, value, params, article)
SELECT :run_id, CASE WHEN i % 50 = 0 THEN 'error' ELSE 'warning' END,
    (ARRAY['quantity_negative', 'quantity_fractional', 'text_cut', 'parent_not_found'])[1 + i % 4],
    'rests/rests_' || i / 10000 || '.xml', i, gen_random_uuid()::text, 'Мяч баскетбольный ' || i, 'Количество',
    (-i)::text, '{}', 'A' || i
FROM generate_series(1, :count) AS i
"""
_TOTALS = """
UPDATE freesport_sync.runs SET issue_totals = (
    SELECT jsonb_agg(to_jsonb(t)) FROM (SELECT severity, code, count(*) FROM freesport_sync.row_issues
        WHERE run_id = :run_id GROUP BY 1, 2) AS t)
WHERE id = :run_id
"""


class Painted(QObject):
    """Notes when a table has painted with all rows in view."""

    def __init__(self, table: Table) -> None:
        super().__init__()
        self._table = table
        self.at: float | None = None
        table.viewport().installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() is QEvent.Type.Paint and self._is_complete():
            QTimer.singleShot(0, self._note)  # after the event has been handled
        return False

    def _is_complete(self) -> bool:
        table, model = self._table, self._table.model()
        assert isinstance(model, PagedModel)
        last = table.rowAt(table.viewport().height() - 1)
        rows = range(table.first_visible, (last if last >= 0 else model.rowCount() - 1) + 1)
        return bool(rows) and model.is_loaded and all(model.row_at(row) is not None for row in rows)

    def _note(self) -> None:
        if self.at is None:
            self.at = time.perf_counter()


def painted_ms(table: Table, click: Callable[[], None]) -> float:
    """From the click until the rows are painted."""
    watcher = Painted(table)
    began = time.perf_counter()
    click()
    while watcher.at is None:
        process_events()
        time.sleep(0.0005)
        assert time.perf_counter() < began + 60
    table.viewport().removeEventFilter(watcher)
    return round(1000 * (watcher.at - began), 1)


def settle(seconds: float = SETTLE_S) -> None:
    """Let everything that still goes on come to its end."""
    deadline = time.perf_counter() + seconds
    while time.perf_counter() < deadline:
        process_events()
        time.sleep(0.002)


def lists(count: int) -> dict[str, list[float]]:
    """Fill a database and open its lists."""
    sys.setswitchinterval(SWITCH_S)
    theme = Theme(make_application(), LIGHT)
    with tempfile.TemporaryDirectory(prefix="freesport-opening-") as temporary:
        os.chmod(temporary, 0o755)  # PostgreSQL does not run as root
        desk = Desk(WindowOptions(home=Path(temporary), is_demo=True), theme)
        desk.ready()
        desk.click(desk.window.import_page.form.start)
        assert desk.end_of_run().error is None
        application = desk.backend.application
        assert application is not None
        with application.database.connection() as connection:
            insert_other_sessions(connection, count * 3 // 4)
            run_id = connection.scalar(sa.text("SELECT max(id) FROM freesport_sync.runs WHERE status = 'completed'"))
            for statement in (_ISSUES, _TOTALS):
                connection.execute(sa.text(statement), {"run_id": run_id, "count": count})
            connection.exec_driver_sql("VACUUM ANALYZE")
        found = _measure(desk, int(run_id))
        desk.close()
    return found


def _measure(desk: Desk, run_id: int) -> dict[str, list[float]]:
    window = desk.window
    history, issues = window.history_page, window.entry_page.issues
    found: dict[str, list[float]] = {}

    def note(name: str, value: float) -> None:
        found.setdefault(name, []).append(value)

    def open_issues() -> None:
        window.open_entry(EntryKey(EntrySource.RUN, run_id))
        window.entry_page.tabs.setCurrentWidget(issues)

    settle(8.0)
    for _ in range(TIMES):
        window.show_page("import")
        settle()
        note("history_open_ms", painted_ms(history.table, lambda: window.show_page("history")))
        note("history_reload_ms", painted_ms(history.table, history.reload))
        note("history_middle_ms", painted_ms(history.table, lambda: _scroll(history.table, 0.5)))
        note("history_bottom_ms", painted_ms(history.table, lambda: _scroll(history.table, 1.0)))
        note("history_by_duration_ms", painted_ms(history.table, lambda: history.table.sortByColumn(3, DESCENDING)))
        note("history_by_start_ms", painted_ms(history.table, lambda: history.table.sortByColumn(2, DESCENDING)))
        window.open_entry(EntryKey(EntrySource.RUN, run_id - 7))
        settle()
        note("issues_open_ms", painted_ms(issues.table, open_issues))
        note("issues_middle_ms", painted_ms(issues.table, lambda: _scroll(issues.table, 0.5)))
        note("issues_bottom_ms", painted_ms(issues.table, lambda: _scroll(issues.table, 1.0)))
        note("issues_of_a_group_ms", painted_ms(issues.table, lambda: issues.group_table.selectRow(1)))
        issues.all.click()
        settle()
    print(f"in memory: {len(history.model._pages)} and {len(issues.model._pages)} pages of 100", file=sys.stderr)
    return found


def _scroll(area: QAbstractScrollArea, share: float) -> None:
    bar = area.verticalScrollBar()
    bar.setValue(int(bar.maximum() * share))


def main(count: int) -> None:
    """Measure and print."""
    print_figures(lists(count))


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else COUNT)
