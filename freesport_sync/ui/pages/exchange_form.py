"""What to import, where from, and how: the form of the start page."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QMimeData, Qt, QTimer, Signal
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import (
    QButtonGroup,
    QCheckBox,
    QComboBox,
    QFileDialog,
    QGridLayout,
    QLineEdit,
    QRadioButton,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from freesport_sync.core.run import RunKind, RunRequest, Trigger, storable
from freesport_sync.errors import SyncError
from freesport_sync.resources import resource
from freesport_sync.ui.widgets.parts import GAP, SPACE, Card, Tools, button, label, line, row, set_role

KINDS = (
    RunKind.CATALOG,
    RunKind.STOCKS,
    RunKind.PRICES,
    RunKind.CUSTOMERS,
    RunKind.ALL,
    RunKind.IMAGES,
    RunKind.ATTRIBUTES,
)
LARGEST_CHUNK = 100_000
LOOK_AFTER_MS = 250
"""After the last key, before the disk is asked whether there is such a folder."""


@dataclass(frozen=True, slots=True)
class FoundSource:
    """What lies at a path.

    Args:
        path: that was looked at.
        what: folder, zip, xml, other or missing.
    """

    path: str
    what: str


class ExchangeForm(Card):
    """Makes a `RunRequest`.

    Args:
        tools: of the page.
    """

    submitted = Signal(object)
    """`RunRequest`."""

    def __init__(self, tools: Tools, parent: QWidget | None = None) -> None:
        super().__init__(tools.texts("exchange.what"), parent)
        self._tools = tools
        self.setAcceptDrops(True)
        self._found: FoundSource | None = None
        self._typing = QTimer(self)
        self._typing.setSingleShot(True)
        self._typing.setInterval(LOOK_AFTER_MS)
        self._typing.timeout.connect(self._look)
        self.content.addLayout(self._make_kinds())
        self.content.addSpacing(SPACE)
        self.content.addWidget(line())
        self.content.addSpacing(SPACE // 2)
        self._make_source()
        self.content.addSpacing(SPACE)
        self.content.addWidget(line())
        self.content.addSpacing(SPACE // 2)
        self._make_options()
        self.content.addSpacing(SPACE)
        self._make_buttons()

    @property
    def kind(self) -> RunKind:
        """The chosen kind of import."""
        return KINDS[self._kinds.checkedId()]

    def set_kind(self, kind: RunKind) -> None:
        """Choose a kind of import."""
        self._kinds.button(KINDS.index(kind)).setChecked(True)

    def set_source(self, source: str) -> None:
        """Choose a folder or archive."""
        self.source.setEditText(source)
        self._look()

    def prepare(self) -> None:
        """The application is there: fill in where the export usually lies."""
        backend, state = self._tools.backend, self._tools.state
        application = backend.application
        demo = str(resource("demo"))
        is_kept = self.source.currentText() and self.source.currentText() != demo and not backend.options.is_demo
        if application is None or is_kept:
            return
        self.source.clear()
        self.source.addItems(state.sources())
        usual = str(backend.options.data_dir or application.settings.source.data_dir)
        if backend.options.is_demo:
            usual = demo
        elif backend.options.data_dir is None and state.sources():
            usual = state.sources()[0]
        if kind := state.text("exchange/kind"):
            self.set_kind(RunKind(kind))
        self.set_source(usual)

    def request(self, is_dry_run: bool) -> RunRequest:
        """What the form asks for."""
        path = Path(self.source.currentText().strip())
        is_file = path.suffix.lower() == ".xml"
        return RunRequest(
            kind=self.kind,
            data_dir=path,
            file=path if is_file else None,
            operator=storable(self._tools.backend.operator),
            chunk_size=self.chunk.value(),
            is_dry_run=is_dry_run,
            is_full=self.full.isChecked(),
            skip_backup=self.skip_backup.isChecked() and self.skip_backup.isEnabled(),
            skip_images=self.skip_images.isChecked() and self.skip_images.isEnabled(),
            trigger=Trigger.WINDOW,
        )

    def set_enabled(self, is_enabled: bool, reason: str = "") -> None:
        """Whether an import can be started now, and why not."""
        self._reason = reason
        self._can_start = is_enabled
        self._show_readiness()

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if _dropped(event.mimeData()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        self.set_source(_dropped(event.mimeData()))

    def _make_kinds(self) -> QGridLayout:
        texts = self._tools.texts
        self._kinds = QButtonGroup(self)
        grid = QGridLayout()
        grid.setHorizontalSpacing(GAP)
        grid.setVerticalSpacing(SPACE + 2)
        for number, kind in enumerate(KINDS):
            choice = QRadioButton(texts(f"exchange.kind_{kind.value}"))
            choice.setAccessibleName(texts(f"exchange.kind_{kind.value}").replace("&", ""))
            choice.setAccessibleDescription(texts(f"exchange.kind_{kind.value}_help"))
            self._kinds.addButton(choice, number)
            cell = QVBoxLayout()
            cell.setSpacing(0)
            cell.addWidget(choice)
            cell.addWidget(_help(texts(f"exchange.kind_{kind.value}_help")))
            cell.addStretch(1)
            grid.addLayout(cell, number // 2, number % 2)
        grid.setColumnStretch(0, 1)
        grid.setColumnStretch(1, 1)
        self._kinds.button(0).setChecked(True)
        self._kinds.idToggled.connect(self._kind_changed)
        return grid

    def _make_source(self) -> None:
        texts = self._tools.texts
        self.source = QComboBox()
        self.source.setEditable(True)
        self.source.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
        self.source.setAccessibleName(texts("exchange.source").replace("&", ""))
        edit = QLineEdit()
        edit.setAccessibleName(texts("exchange.source").replace("&", ""))
        edit.setPlaceholderText(texts("exchange.source_hint"))
        self.source.setLineEdit(edit)
        self.source.setMinimumContentsLength(20)
        self.source.editTextChanged.connect(self._source_edited)
        title = label(texts("exchange.source"), "heading")
        title.setBuddy(self.source)
        self.source_state = label("", "muted", is_wrapped=True)
        self.content.addWidget(title)
        picks = row(
            self.source,
            button(texts("exchange.folder"), self._pick_folder, self._tools, "folder"),
            button(texts("exchange.archive"), self._pick_archive, self._tools, "archive"),
        )
        picks.setStretch(0, 1)
        self.content.addLayout(picks)
        self.content.addWidget(self.source_state)

    def _make_options(self) -> None:
        texts = self._tools.texts
        self.content.addWidget(label(texts("exchange.options"), "heading"))
        self.full = self._option("full")
        self.skip_images = self._option("skip_images")
        self.skip_backup = self._option("skip_backup")
        self.chunk = QSpinBox()
        self.chunk.setRange(1, LARGEST_CHUNK)
        self.chunk.setSingleStep(100)
        self.chunk.setGroupSeparatorShown(True)
        self.chunk.setAccessibleName(texts("exchange.chunk").replace("&", ""))
        self.chunk.setValue(self.kind.usual_chunk_size)
        title = label(texts("exchange.chunk"))
        title.setBuddy(self.chunk)
        self.chunk.setAccessibleDescription(texts("exchange.chunk_help"))
        chunk_help = label(texts("exchange.chunk_help"), "muted", is_wrapped=True)
        chunk = row(title, self.chunk, chunk_help)
        chunk.setStretch(2, 1)
        self.content.addLayout(chunk)

    def _option(self, name: str) -> QCheckBox:
        texts = self._tools.texts
        box = QCheckBox(texts(f"exchange.{name}"))
        box.setAccessibleName(texts(f"exchange.{name}").replace("&", ""))
        box.setAccessibleDescription(texts(f"exchange.{name}_help"))
        cell = QVBoxLayout()
        cell.setSpacing(0)
        cell.addWidget(box)
        cell.addWidget(_help(texts(f"exchange.{name}_help")))
        self.content.addLayout(cell)
        return box

    def _make_buttons(self) -> None:
        texts = self._tools.texts
        self.start = button(
            texts("exchange.start"),
            self._start,
            self._tools,
            "play",
            "primary",
            "Ctrl+Return",
            texts("exchange.start_tip"),
        )
        self.dry_run = button(
            texts("exchange.dry_run"), self._start_dry, self._tools, "eye", "", "Ctrl+D", texts("exchange.dry_run_tip")
        )
        self.reason = label("", "muted", is_wrapped=True)
        buttons = row(self.start, self.dry_run, self.reason, spacing=SPACE + 4)
        buttons.setStretch(2, 1)
        self.content.addLayout(buttons)
        self._reason, self._can_start = texts("window.loading"), False
        self._show_readiness()

    def _start(self) -> None:
        self._submit(is_dry_run=False)

    def _start_dry(self) -> None:
        self._submit(is_dry_run=True)

    def _submit(self, is_dry_run: bool) -> None:
        request = self.request(is_dry_run)
        if not self._tools.backend.options.is_demo:
            self._tools.state.add_source(str(request.source))
        self._tools.state.keep("exchange/kind", request.kind.value)
        self.submitted.emit(request)

    def _kind_changed(self, _: int, is_chosen: bool) -> None:
        if is_chosen:
            self.chunk.setValue(self.kind.usual_chunk_size)
            has_pictures = self.kind in (RunKind.ALL, RunKind.CATALOG)
            self.skip_images.setEnabled(has_pictures)
            self.skip_backup.setEnabled(self.request(is_dry_run=False).is_undoable)
            self.full.setEnabled(self.kind in (RunKind.ALL, RunKind.CATALOG))
            if not self.full.isEnabled():
                self.full.setChecked(False)

    def _pick_folder(self) -> None:
        folder = QFileDialog.getExistingDirectory(self, self._tools.texts("exchange.pick_folder"), self._near())
        if folder:
            self.set_source(str(Path(folder)))

    def _pick_archive(self) -> None:
        texts = self._tools.texts
        file, _ = QFileDialog.getOpenFileName(
            self, texts("exchange.pick_archive"), self._near(), texts("exchange.archive_filter")
        )
        if file:
            self.set_source(str(Path(file)))

    def _near(self) -> str:
        return self.source.currentText().strip()

    def _source_edited(self, _: str) -> None:
        self._found = None
        self._show_readiness()
        self._typing.start()

    def _look(self) -> None:
        """Ask the disk, which may be on the other end of a slow network."""
        self._typing.stop()
        text = self.source.currentText().strip()
        self._tools.backend.work(lambda: look_at(text), self._looked, self._not_looked)

    def _looked(self, found: FoundSource) -> None:
        if found.path == self.source.currentText().strip():
            self._found = found
            self._show_readiness()

    def _not_looked(self, error: SyncError) -> None:
        self.source_state.setText(self._tools.texts.error(error).what)

    def _show_readiness(self) -> None:
        texts, found = self._tools.texts, self._found
        has_source = found is not None and found.what in ("folder", "zip", "xml")
        if found is None:
            self.source_state.setText(texts("exchange.source_looking") if self.source.currentText() else "")
            set_role(self.source_state, "role", "muted")
        else:
            self.source_state.setText(texts(f"exchange.source_{found.what}"))
            set_role(self.source_state, "role", "muted" if has_source else "warn")
        for one in (self.start, self.dry_run):
            one.setEnabled(self._can_start and has_source)
        self.reason.setText("" if self._can_start else self._reason)


def look_at(text: str) -> FoundSource:
    """What lies at a path; on another thread."""
    path = Path(text)
    try:
        if not text or not path.exists():
            return FoundSource(text, "missing" if text else "none")
        if path.is_dir():
            return FoundSource(text, "folder")
    except (OSError, ValueError):  # a path that the system does not understand
        return FoundSource(text, "missing")
    suffix = path.suffix.lower()
    return FoundSource(text, {".zip": "zip", ".xml": "xml"}.get(suffix, "other"))


def _help(text: str) -> QWidget:
    result = label(text, "muted", is_wrapped=True)
    result.setContentsMargins(25, 0, 0, 0)
    result.setAlignment(Qt.AlignmentFlag.AlignTop)
    return result


def _dropped(data: QMimeData) -> str:
    urls = data.urls()
    return urls[0].toLocalFile() if urls and urls[0].isLocalFile() else ""
