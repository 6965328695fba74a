"""The card with the age of each kind of data in the shop."""

from __future__ import annotations

from PySide6.QtWidgets import QGridLayout, QWidget

from freesport_sync.core.freshness import DataFreshness
from freesport_sync.ui.widgets.parts import GAP, Card, Tools, clear, label


class DataAges(Card):
    """How old the goods, prices, stocks and customers are; what is too old stands out.

    Args:
        tools: of the page.
    """

    def __init__(self, tools: Tools, parent: QWidget | None = None) -> None:
        super().__init__(tools.texts("import_page.ages"), parent)
        self._tools = tools
        self._shown: tuple[tuple[str, ...], ...] = ()
        self._grid = QGridLayout()
        self._grid.setHorizontalSpacing(GAP)
        self._grid.setColumnStretch(1, 1)
        self.content.addLayout(self._grid)
        tools.backend.freshness.changed.connect(self._show)
        self._show()

    def _show(self) -> None:
        watch = self._tools.backend.freshness
        data = () if watch.freshness is None else watch.freshness.data
        lines = tuple(map(self._line, data)) or (("", self._tools.texts("window.loading"), "muted", ""),)
        if lines == self._shown:  # a tooltip that is being read stays
            return
        self._shown = lines
        clear(self._grid)
        for number, (name, age, role, tip) in enumerate(lines):
            shown = label(age, role)
            shown.setToolTip(tip)
            self._grid.addWidget(label(name), number, 0)
            self._grid.addWidget(shown, number, 1)

    def _line(self, data: DataFreshness) -> tuple[str, str, str, str]:
        """Name, age, role of the age, tool tip."""
        texts, watch = self._tools.texts, self._tools.backend.freshness
        complaint = watch.overdue.get(data.kind)
        tips = [] if complaint is None else [texts.error(complaint).what]
        if data.last is None:
            age = texts("import_page.never")
        else:
            age = texts.age(max(0.0, data.age_s(watch.now) or 0.0))
            made, imported = texts.moment(data.last.made_at), texts.moment(data.last.imported_at)
            tips.append(texts("import_page.age_tip", created=made, imported=imported))
        name = texts.word("data_kind", data.kind.value)
        return name, age, "muted" if complaint is None else "warn", "\n".join(tips)
