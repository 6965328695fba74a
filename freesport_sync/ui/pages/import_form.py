"""The form of the import page: what to import, where from, and how."""

from __future__ import annotations

from PySide6.QtCore import QMimeData, Qt, Signal
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import (
    QButtonGroup,
    QCheckBox,
    QGridLayout,
    QRadioButton,
    QSpinBox,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from freesport_sync.core.shop import ImportKind
from freesport_sync.core.tasks import Submission
from freesport_sync.tasks.shop_import.request import ShopImport
from freesport_sync.ui.icons import icon
from freesport_sync.ui.widgets.notice import Notice
from freesport_sync.ui.widgets.parts import (
    GAP,
    SPACE,
    Card,
    Tools,
    Wrapping,
    allow,
    button,
    check_box,
    label,
    line,
    row,
    title_of,
)
from freesport_sync.ui.widgets.source_picker import SourcePicker

KINDS = (
    ImportKind.CATALOG,
    ImportKind.STOCKS,
    ImportKind.PRICES,
    ImportKind.CUSTOMERS,
    ImportKind.ALL,
    ImportKind.IMAGES,
    ImportKind.ATTRIBUTES,
)
LARGEST_CHUNK = 100_000


class ImportForm(Card):
    """Makes the request of an import.

    Args:
        tools: of the page.
    """

    submitted = Signal(object)
    """`Submission`, to be run here and now."""
    postponed = Signal(object)
    """`Submission`, for a worker and perhaps for later."""

    def __init__(self, tools: Tools, parent: QWidget | None = None) -> None:
        super().__init__(tools.texts("import_page.what"), parent)
        self._tools = tools
        self.setAcceptDrops(True)
        self.content.addLayout(self._make_kinds())
        self.content.addSpacing(SPACE)
        self.content.addWidget(line())
        self.content.addSpacing(SPACE // 2)
        self.source = SourcePicker(tools)
        self.source.changed.connect(self._show_readiness)
        self.content.addWidget(self.source)
        self.content.addSpacing(SPACE)
        self.content.addWidget(line())
        self.content.addSpacing(SPACE // 2)
        self._make_options()
        self.content.addSpacing(SPACE)
        self.refusal = Notice(tools)
        self.refusal.hide()
        self.content.addWidget(self.refusal)
        self._make_buttons()

    @property
    def kind(self) -> ImportKind:
        """The chosen kind of import."""
        return KINDS[self._kinds.checkedId()]

    def set_kind(self, kind: ImportKind) -> None:
        """Choose a kind of import."""
        self._kinds.button(KINDS.index(kind)).setChecked(True)

    def set_source(self, source: str) -> None:
        """Choose a folder or archive."""
        self.source.choose_path(source)

    def prepare(self) -> None:
        """Fill in the usual values, once the application is loaded."""
        kind = self._tools.state.text("exchange/kind")
        if kind and not self.source.text:
            self.set_kind(ImportKind(kind))
        self.source.prepare()

    def submission(self, is_dry_run: bool) -> Submission[ShopImport]:
        """The request that the form describes."""
        return self._tools.backend.submission(self._request(), is_dry_run)

    def _request(self) -> ShopImport:
        request = ShopImport(
            kind=self.kind,
            chunk_size=self.chunk.value(),
            is_full=self.full.isChecked(),
            skip_backup=self.skip_backup.isChecked() and self.skip_backup.isEnabled(),
            skip_images=self.skip_images.isChecked() and self.skip_images.isEnabled(),
        )
        return self.source.placed(request)

    def set_enabled(self, is_enabled: bool, reason: str = "") -> None:
        """Set whether an import can be started now, or why not."""
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
            choice = QRadioButton(texts(f"import_page.kind_{kind.value}"))
            choice.setAccessibleName(texts(f"import_page.kind_{kind.value}").replace("&", ""))
            choice.setAccessibleDescription(texts(f"import_page.kind_{kind.value}_help"))
            self._kinds.addButton(choice, number)
            cell = QVBoxLayout()
            cell.setSpacing(0)
            cell.addWidget(choice)
            cell.addWidget(_help(texts(f"import_page.kind_{kind.value}_help")))
            cell.addStretch(1)
            grid.addLayout(cell, number // 2, number % 2)
        grid.setColumnStretch(0, 1)
        grid.setColumnStretch(1, 1)
        self._kinds.button(0).setChecked(True)
        self._kinds.idToggled.connect(self._on_kind_toggled)
        return grid

    def _make_options(self) -> None:
        texts = self._tools.texts
        self.content.addWidget(label(texts("import_page.options"), "heading"))
        self.full = self._option("full")
        self.more = QToolButton()
        self.more.setCheckable(True)
        self.more.setText(texts("import_page.more_options"))
        self.more.setAccessibleName(texts("import_page.more_options").replace("&", ""))
        self.more.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.more.toggled.connect(self._fold)
        self.content.addWidget(self.more)
        self._rare = QWidget()
        self._rare.setLayout(QVBoxLayout())
        self.content.addWidget(self._rare)
        self.skip_images = self._option("skip_images", self._rare)
        self.skip_backup = self._option("skip_backup", self._rare)
        self.chunk = QSpinBox()
        self.chunk.lineEdit().setTextMargins(SPACE, 0, 0, 0)
        self.chunk.setRange(1, LARGEST_CHUNK)
        self.chunk.setSingleStep(100)
        self.chunk.setGroupSeparatorShown(True)
        self.chunk.setValue(self.kind.usual_chunk_size)
        title = title_of(self.chunk, texts("import_page.chunk"))
        self.chunk.setAccessibleDescription(texts("import_page.chunk_help"))
        chunk_help = label(texts("import_page.chunk_help"), "muted", is_wrapped=True)
        chunk = row(title, self.chunk, chunk_help)
        chunk.setStretch(2, 1)
        rare = self._rare.layout()
        assert isinstance(rare, QVBoxLayout)
        rare.setContentsMargins(GAP, 0, 0, 0)
        rare.addLayout(chunk)
        self._fold(False)
        self._tools.theme.changed.connect(self._draw_fold)

    def _fold(self, is_open: bool) -> None:
        """Show or hide rare options; a chosen one stays visible."""
        self._rare.setVisible(is_open or self.skip_images.isChecked() or self.skip_backup.isChecked())
        self._draw_fold()

    def _draw_fold(self) -> None:
        name = "up" if self.more.isChecked() else "down"
        self.more.setIcon(icon(name, self._tools.theme.color("text")))

    def _option(self, name: str, where: QWidget | None = None) -> QCheckBox:
        texts = self._tools.texts
        box = check_box(texts(f"import_page.{name}"))
        box.setAccessibleDescription(texts(f"import_page.{name}_help"))
        cell = QVBoxLayout()
        cell.setSpacing(0)
        cell.addWidget(box)
        cell.addWidget(_help(texts(f"import_page.{name}_help")))
        layout = self.content if where is None else where.layout()
        assert isinstance(layout, QVBoxLayout)
        layout.addLayout(cell)
        return box

    def _make_buttons(self) -> None:
        texts = self._tools.texts
        self.start = button(
            texts("import_page.start"),
            self._start,
            self._tools,
            "play",
            "primary",
            "Ctrl+Return",
            texts("import_page.start_tip"),
        )
        self.dry_run = button(
            texts("import_page.dry_run"),
            self._start_dry,
            self._tools,
            "eye",
            "",
            "Ctrl+D",
            texts("import_page.dry_run_tip"),
        )
        self.later = button(
            texts("import_page.later"), self._postpone, self._tools, "history", tooltip=texts("import_page.later_tip")
        )
        self.reason = label("", "muted", is_wrapped=True)
        self.content.addWidget(Wrapping(row(self.start, self.dry_run, None, spacing=SPACE + 4), row(self.later, None)))
        self.content.addWidget(self.reason)
        self._reason, self._can_start = texts("window.loading"), False
        self._show_readiness()

    def _start(self) -> None:
        self._submit(is_dry_run=False)

    def _start_dry(self) -> None:
        self._submit(is_dry_run=True)

    def _postpone(self) -> None:
        self.postponed.emit(self._remembered(is_dry_run=False))

    def _submit(self, is_dry_run: bool) -> None:
        self.submitted.emit(self._remembered(is_dry_run))

    def _remembered(self, is_dry_run: bool) -> Submission[ShopImport]:
        submission = self.submission(is_dry_run)
        self.source.remember()
        self._tools.state.keep("exchange/kind", submission.request.kind.value)
        return submission

    def _on_kind_toggled(self, _: int, is_chosen: bool) -> None:
        if is_chosen:
            self.chunk.setValue(self.kind.usual_chunk_size)
            has_pictures = self.kind in (ImportKind.ALL, ImportKind.CATALOG)
            self.skip_images.setEnabled(has_pictures)
            self.skip_backup.setEnabled(self._request().is_undoable)
            self.full.setEnabled(self.kind in (ImportKind.ALL, ImportKind.CATALOG))
            if not self.full.isEnabled():
                self.full.setChecked(False)
            self._show_readiness()

    def _show_readiness(self) -> None:
        texts = self._tools.texts
        refusal = self._tools.backend.rights.of_kind(self.kind)
        self.refusal.setVisible(refusal is not None)
        refused = "" if self.source.is_ready else texts("import_page.source_needed")
        if refusal is not None:
            self.refusal.say_error(refusal.error)
            refused = texts.error(refusal.error).what
        for one in (self.start, self.dry_run):
            allow(one, refused if self._can_start else self._reason)
        has_database = self._tools.backend.database_status is not None
        allow(self.later, refused if has_database else texts("import_page.no_database"))  # also while another one runs
        self.reason.setText("" if self._can_start else self._reason)
        self.reason.setVisible(not self._can_start)


def _help(text: str) -> QWidget:
    result = label(text, "muted", is_wrapped=True)
    result.setContentsMargins(25, 0, 0, 0)
    result.setAlignment(Qt.AlignmentFlag.AlignTop)
    return result


def _dropped(data: QMimeData) -> str:
    urls = data.urls()
    return urls[0].toLocalFile() if urls and urls[0].isLocalFile() else ""
