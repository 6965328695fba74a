"""The progress of a run: live bars on a terminal, a line for each stage in a pipe."""

from __future__ import annotations

from rich.progress import BarColumn, TaskID, TaskProgressColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bars

from freesport_sync.cli.terminal.screen import Screen
from freesport_sync.core.events import Progress
from freesport_sync.core.shop import Stage
from freesport_sync.i18n.texts import Texts


class StageBars:
    """A bar for each stage."""

    def __init__(self, screen: Screen) -> None:
        self._screen = screen
        self._bars: Bars | None = None
        self._tasks: dict[str, TaskID] = {}

    def start(self) -> None:
        """Show bars from now on; ignored if there is no terminal."""
        if not self._screen.out.is_terminal:
            return
        self._bars = Bars(
            TextColumn("{task.description:<28}"),
            BarColumn(),
            TaskProgressColumn(),
            TimeRemainingColumn(),
            TextColumn("{task.fields[amount]}"),
            console=self._screen.out,
        )
        self._bars.start()

    def stop(self) -> None:
        """Leave the bars as they are; may be repeated."""
        if self._bars is not None:
            self._bars.stop()
            self._bars = None

    def show(self, event: Progress) -> None:
        """Move the bar of a stage."""
        texts = self._screen.texts
        title = texts.word("stage", event.stage)
        if self._bars is None:
            if event.stage not in self._tasks:
                self._tasks[event.stage] = TaskID(0)
                self._screen.line(f"{title}...")
            return
        total = event.total or None
        if event.stage not in self._tasks:
            self._tasks[event.stage] = self._bars.add_task(title, total=total, amount="")
        is_done = total is not None and event.done >= total
        self._bars.update(
            self._tasks[event.stage],
            completed=event.done,
            total=total if not is_done else max(event.done, 1),
            refresh=is_done,
            amount=_amount(event, texts),
        )


def _amount(event: Progress, texts: Texts) -> str:
    """Megabytes and speed of a pull; units of other stages mean nothing to people."""
    if event.stage != Stage.PULL or not event.total:
        return ""
    done, total, rate = (f"{value / 1_000_000:.1f}" for value in (event.done, event.total, event.rate))
    return texts("cli.pull_amount", done=done, total=total, rate=rate)
