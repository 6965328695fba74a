"""How often something starts: the usual ways to choose from, or a cron expression."""

from __future__ import annotations

import re

from PySide6.QtCore import QTime, Signal
from PySide6.QtWidgets import QComboBox, QLineEdit, QSpinBox, QTimeEdit, QWidget

from freesport_sync.ui.widgets.long_list import choice
from freesport_sync.ui.widgets.parts import Tools, label, row

STEPS = (5, 10, 15, 20, 30)
"""Minutes that an hour can be divided into."""
_DAILY = re.compile(r"(\d+) (\d+) \* \* \*")
_WEEKLY = re.compile(r"(\d+) (\d+) \* \* ([1-7])")
_HOURLY = re.compile(r"(\d+) \* \* \* \*")
_STEPS = re.compile(r"\*/(5|10|15|20|30) \* \* \* \*")
_USUAL_TIME = QTime(3, 0)


class CronField(QWidget):
    """Five fields of cron, which most people never see.

    Args:
        tools: of the dialog.
    """

    changed = Signal()

    def __init__(self, tools: Tools) -> None:
        super().__init__()
        texts = tools.texts
        ways = ("daily", "weekly", "hourly", "steps", "own")
        self.way = choice(texts("cron_field.way"), [(texts(f"cron_field.{one}"), one) for one in ways], self._on_way)
        days = [(texts.locale.standaloneDayName(number), str(number)) for number in range(1, 8)]
        self.day = choice(texts("cron_field.day"), days, self._on_changed)
        self.at = label(texts("cron_field.at"))
        self.time = QTimeEdit(_USUAL_TIME)
        self.time.setDisplayFormat("HH:mm")
        self.time.setAccessibleName(texts("cron_field.time"))
        self.time.timeChanged.connect(self._on_changed)
        self.minute = QSpinBox()
        self.minute.setRange(0, 59)
        self.minute.setPrefix(texts("cron_field.minute_before"))
        self.minute.setSuffix(texts("cron_field.minute_after"))
        self.minute.setAccessibleName(texts("cron_field.minute"))
        self.minute.valueChanged.connect(self._on_changed)
        steps = [(texts("cron_field.step", minutes=one), str(one)) for one in STEPS]
        self.step = choice(texts("cron_field.steps"), steps, self._on_changed)
        self.step.setCurrentIndex(STEPS.index(15))
        self.own = QLineEdit()
        self.own.setPlaceholderText("0 3 * * *")
        self.own.setToolTip(texts("cron_field.own_hint"))
        self.own.setAccessibleName(texts("cron_field.own"))
        self.own.textChanged.connect(self._on_changed)
        parts = row(self.way, self.day, self.at, self.time, self.minute, self.step, self.own, None)
        parts.setStretchFactor(self.own, 3)
        self.setLayout(parts)
        self._show_parts()

    @property
    def cron(self) -> str:
        """The five fields."""
        time = self.time.time()
        match self.way.currentData():
            case "daily":
                return f"{time.minute()} {time.hour()} * * *"
            case "weekly":
                return f"{time.minute()} {time.hour()} * * {self.day.currentData()}"
            case "hourly":
                return f"{self.minute.value()} * * * *"
            case "steps":
                return f"*/{self.step.currentData()} * * * *"
            case _:
                return self.own.text().strip()

    def show_cron(self, cron: str) -> None:
        """Show a cron expression, in the usual way if it is one."""
        self.own.setText(cron)
        way = "own"
        if found := _DAILY.fullmatch(cron) or _WEEKLY.fullmatch(cron):
            time = QTime(int(found[2]), int(found[1]))
            if time.isValid():
                way = "daily" if found.re is _DAILY else "weekly"
                self.time.setTime(time)
                _choose(self.day, found[3] if way == "weekly" else "1")
        elif (found := _HOURLY.fullmatch(cron)) and int(found[1]) <= self.minute.maximum():
            way = "hourly"
            self.minute.setValue(int(found[1]))
        elif found := _STEPS.fullmatch(cron):
            way = "steps"
            _choose(self.step, found[1])
        _choose(self.way, way)
        self._show_parts()

    def _on_way(self, _: int = 0) -> None:
        if self.way.currentData() == "own" and not self.own.text():
            self.own.setText("0 3 * * *")
        self._show_parts()
        self._on_changed()

    def _on_changed(self, _: object = None) -> None:
        self.changed.emit()

    def _show_parts(self) -> None:
        way = self.way.currentData()
        for part, ways in (
            (self.day, ("weekly",)),
            (self.at, ("daily", "weekly")),
            (self.time, ("daily", "weekly")),
            (self.minute, ("hourly",)),
            (self.step, ("steps",)),
            (self.own, ("own",)),
        ):
            part.setVisible(way in ways)


def _choose(box: QComboBox, value: str) -> None:
    box.setCurrentIndex(box.findData(value))
