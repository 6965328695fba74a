"""The progress of a run: a row for each stage."""

from __future__ import annotations

from collections.abc import Iterator

from PySide6.QtWidgets import QGridLayout, QLabel, QProgressBar, QVBoxLayout, QWidget

from freesport_sync.core.shop import STAGES_IN_BYTES
from freesport_sync.ui.icons import pixmap
from freesport_sync.ui.run_feed import RunSnapshot, StageLine, StageState
from freesport_sync.ui.theme import tone_of
from freesport_sync.ui.widgets.parts import (
    SPACE,
    Tools,
    clear,
    label,
    set_role,
)

SCALE = 1000
_ICONS = {
    StageState.WAITING: "waiting",
    StageState.RUNNING: "running",
    StageState.DONE: "completed",
    StageState.STOPPED: "failed",
    StageState.CANCELLED: "cancelled",
}
_ENDED_EARLY = (StageState.STOPPED, StageState.CANCELLED)


class Bar(QProgressBar):
    """A thin bar without a text, with a name for screen readers.

    Args:
        name: of what it shows.
    """

    def __init__(self, name: str) -> None:
        super().__init__()
        self._name = name
        self.setTextVisible(False)
        self.setRange(0, SCALE)
        self.setAccessibleName(name)

    def show_fraction(self, fraction: float, tone: str = "busy") -> None:
        """Show how much is done."""
        self.setRange(0, SCALE)
        self.setValue(round(fraction * SCALE))
        set_role(self, "tone", tone)


class StageTable(QWidget):
    """A row for each stage: state and name, done of total, rate, time to go; below them the bar.

    Args:
        tools: of the page.
    """

    def __init__(self, tools: Tools, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._tools = tools
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.setSpacing(12)
        self._kind: str | None = None
        self._rows: dict[str, _StageRow] = {}

    def show_stages(self, snapshot: RunSnapshot) -> None:
        """Show the state of the stages."""
        wanted = [line.stage for line in snapshot.stages]
        if list(self._rows) != wanted or snapshot.kind != self._kind:
            clear(self._layout)
            self._kind = snapshot.kind
            self._rows = {
                stage: _StageRow(self._tools.texts.stage(stage, snapshot.kind), self._tools) for stage in wanted
            }
            for one in self._rows.values():
                self._layout.addWidget(one)
        for line in snapshot.stages:
            self._rows[line.stage].show_line(line)


class _StageRow(QWidget):
    """One stage; only its texts change."""

    def __init__(self, name: str, tools: Tools) -> None:
        super().__init__()
        self._tools = tools
        self._picture = QLabel()
        self._picture.setFixedWidth(20)
        self._name = label(name, is_wrapped=True)
        self._bar = Bar(name)
        self._numbers = label("", "muted")
        layout = QGridLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setHorizontalSpacing(SPACE)
        layout.setVerticalSpacing(4)
        layout.setColumnStretch(1, 1)
        layout.addWidget(self._picture, 0, 0)
        layout.addWidget(self._name, 0, 1)
        layout.addWidget(self._numbers, 0, 2)
        layout.addWidget(self._bar, 1, 1, 1, 2)

    def show_line(self, line: StageLine) -> None:
        """Show how far it is."""
        texts = self._tools.texts
        tone = tone_of(line.state)
        self._picture.setPixmap(pixmap(_ICONS[line.state], self._tools.theme.color(tone), 18, self.devicePixelRatioF()))
        self._picture.setToolTip(texts(f"stage_state.{line.state.value}"))
        set_role(self._name, "role", "muted" if line.state is StageState.WAITING else "")
        if line.state is StageState.RUNNING and not line.total:
            self._bar.setRange(0, 0)  # honest: nobody knows how much there is
        else:
            self._bar.show_fraction(line.fraction, tone if line.state in _ENDED_EARLY else "busy")
        self._bar.setAccessibleDescription(f"{texts(f'stage_state.{line.state.value}')}, {line.fraction:.0%}")
        self._numbers.setText(" · ".join(self._parts(line)))

    def _parts(self, line: StageLine) -> Iterator[str]:
        if line.total <= 1 or line.state is StageState.WAITING:
            return
        yield self._amount(line)
        if line.state is StageState.RUNNING and line.rate:
            yield self._speed(line)
            if line.eta_s is not None and line.eta_s >= 1:
                texts = self._tools.texts
                yield texts("window.left", time=texts.duration(round(line.eta_s)))

    def _amount(self, line: StageLine) -> str:
        texts = self._tools.texts
        if line.stage in STAGES_IN_BYTES:
            if line.state is StageState.DONE:
                return texts.size(line.total)
            return texts.size_of(line.done, line.total)
        if line.state is StageState.DONE:
            return texts.count("window.rows", line.total)
        return texts("window.of_rows", done=texts.number(line.done), total=texts.number(line.total))

    def _speed(self, line: StageLine) -> str:
        texts = self._tools.texts
        if line.stage in STAGES_IN_BYTES:
            return texts("window.per_second", amount=texts.size(line.rate))
        return texts("window.per_second", amount=texts.number(round(line.rate)))
