"""Where the export comes from: a folder or archive of this computer, or the SSH host that 1C exports to."""

from __future__ import annotations

import zipfile
from collections import Counter
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QButtonGroup, QComboBox, QFileDialog, QLineEdit, QRadioButton, QVBoxLayout, QWidget

from freesport_sync.errors import SyncError
from freesport_sync.i18n.resources import resource
from freesport_sync.tasks.shop_import.request import ShopImport
from freesport_sync.ui.widgets.parts import (
    GAP,
    SPACE,
    Tools,
    button,
    label,
    row,
    set_role,
)

LOOK_AFTER_MS = 250
"""Pause after the last key before the disk is asked whether there is such a folder."""
_USUAL = "exchange/from"
_DATA = ("goods", "offers", "prices", "rests", "contragents")
"""Kinds of files that are counted one by one; all others are reference data."""
_SSH_HOST, _FOLDER = "server", "folder"


@dataclass(frozen=True, slots=True)
class FoundSource:
    """What there is at a path.

    Args:
        path: as typed.
        what: folder, zip, xml, other or missing.
        kinds: number of files by kind in a folder or archive; None: they could not be read.
        created_at: of the newest file.
    """

    path: str
    what: str
    kinds: dict[str, int] | None = None
    created_at: datetime | None = None


class SourcePicker(QWidget):
    """Chooses a source, and shows whether it exists.

    Args:
        tools: of the page.
        remote: shown for the SSH host; None: the one in the settings, and a button to set it up.
    """

    changed = Signal()
    """Another source was chosen, or more is known about the chosen one."""
    setup_wanted = Signal()
    """The operator wants to set up the SSH host."""

    def __init__(self, tools: Tools, remote: QWidget | None = None) -> None:
        super().__init__()
        self._tools = tools
        self._found: FoundSource | None = None
        self._has_ssh_host = False
        self._typing = QTimer(self)
        self._typing.setSingleShot(True)
        self._typing.setInterval(LOOK_AFTER_MS)
        self._typing.timeout.connect(self._look)
        texts = tools.texts
        self.from_folder, self.from_ssh_host = (
            QRadioButton(texts(f"import_page.from_{name}")) for name in (_FOLDER, _SSH_HOST)
        )
        choices = QButtonGroup(self)
        for one in (self.from_folder, self.from_ssh_host):
            one.setAccessibleName(one.text().replace("&", ""))
            choices.addButton(one)
        self.from_folder.setChecked(True)
        self.from_ssh_host.toggled.connect(self._on_source_chosen)
        self._local, self._remote = self._make_local(), remote or self._make_remote()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(SPACE)
        head = row(
            label(texts("import_page.source"), "heading"), self.from_folder, self.from_ssh_host, None, spacing=GAP
        )
        layout.addLayout(head)
        layout.addWidget(self._local)
        layout.addWidget(self._remote)
        self._on_source_chosen(False)

    @property
    def is_remote(self) -> bool:
        """Whether the files come from the SSH host."""
        return self.from_ssh_host.isChecked()

    @property
    def is_ready(self) -> bool:
        """Whether there is something to import, as far as can be seen here."""
        if self.is_remote:
            return self._has_ssh_host
        return self._found is not None and self._found.what in ("folder", "zip", "xml")

    @property
    def found(self) -> FoundSource | None:
        """What there is at the path; None: not known yet."""
        return self._found

    @property
    def description(self) -> str:
        """What was found, in words."""
        return "" if self._found is None else self._description(self._found)

    @property
    def text(self) -> str:
        """The path."""
        return self.path.currentText().strip()

    def placed(self, request: ShopImport) -> ShopImport:
        """The request with the chosen source."""
        if self.is_remote:
            return replace(request, is_pull=True)
        path = Path(self.text).absolute()  # a worker has another current folder
        return replace(request, is_pull=False, data_dir=path, file=path if path.suffix.lower() == ".xml" else None)

    def choose_path(self, path: str) -> None:
        """Choose a folder or archive."""
        self.from_folder.setChecked(True)
        self.path.setEditText(path)
        self._look()

    def prepare(self) -> None:
        """Fill in the SSH host and the usual folder of the export, once the application is loaded."""
        application, options = self._tools.backend.application, self._tools.backend.options
        if application is None:
            return
        self._show_ssh_host()
        if not self.text or self.text == str(resource("demo")) or options.is_demo:
            self.choose_usual()

    def choose_usual(self) -> None:
        """Choose the source of the last import, or that of the settings."""
        backend, state = self._tools.backend, self._tools.state
        application, options, demo = backend.application, backend.options, str(resource("demo"))
        if application is None:
            return
        self.path.clear()
        self.path.addItems(state.sources())
        usual = str(options.data_dir or application.installation.data_dir)
        if options.is_demo:
            usual = demo
        elif options.data_dir is None and state.sources():
            usual = state.sources()[0]
        self.choose_path(usual)
        if options.data_dir is None and not options.is_demo and self._has_ssh_host:
            is_usual = state.text(_USUAL) == _SSH_HOST or not (state.text(_USUAL) or state.sources())
            self.from_ssh_host.setChecked(is_usual)

    def remember(self) -> None:
        """Make the chosen source the usual one."""
        state = self._tools.state
        state.keep(_USUAL, _SSH_HOST if self.is_remote else _FOLDER)
        if not self.is_remote and not self._tools.backend.options.is_demo:
            state.add_source(self.text)

    def _make_local(self) -> QWidget:
        texts = self._tools.texts
        self.path = QComboBox()
        self.path.setEditable(True)
        self.path.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
        self.path.setAccessibleName(texts("import_page.source_hint"))
        edit = QLineEdit()
        edit.setAccessibleName(texts("import_page.source_hint"))
        edit.setPlaceholderText(texts("import_page.source_hint"))
        self.path.setLineEdit(edit)
        self.path.setMinimumContentsLength(20)
        self.path.editTextChanged.connect(self._on_edited)
        self.state = label("", "muted", is_wrapped=True)
        picks = row(
            self.path,
            button(texts("import_page.folder"), self._on_pick_folder, self._tools, "folder"),
            button(texts("import_page.archive"), self._on_pick_archive, self._tools, "archive"),
        )
        picks.setStretch(0, 1)
        return _block(picks, self.state)

    def _make_remote(self) -> QWidget:
        texts = self._tools.texts
        self.ssh_host = label("", "", is_wrapped=True)
        self.ssh_host_state = label("", "muted", is_wrapped=True)
        self.setup = button(texts("import_page.server_setup"), self.setup_wanted.emit, self._tools, "connections")
        line = row(self.ssh_host, self.setup)
        line.setStretch(0, 1)
        return _block(line, self.ssh_host_state)

    def _on_source_chosen(self, is_remote: bool) -> None:
        self._local.setVisible(not is_remote)
        self._remote.setVisible(is_remote)
        self.changed.emit()

    def _show_ssh_host(self) -> None:
        application, texts = self._tools.backend.application, self._tools.texts
        assert application is not None
        remote = application.remote_export.folders
        self._has_ssh_host = remote is not None
        if remote is not None:
            self.ssh_host.setText(remote.login)
            folder = remote.folder or texts("import_page.server_home")
            words = [texts("import_page.server_folder", folder=folder), texts("import_page.server_fetches")]
            if remote.archive_folder is not None:
                words.append(texts("import_page.server_archives", folder=remote.archive_folder))
            self.ssh_host_state.setText("\n".join(words))
        else:
            self.ssh_host.setText(texts("import_page.server_none"))
            self.ssh_host_state.setText(texts("import_page.server_none_more"))
        set_role(self.ssh_host, "role", "heading" if self._has_ssh_host else "warn")
        self.changed.emit()

    def _description(self, found: FoundSource) -> str:
        texts = self._tools.texts
        if found.kinds is None:
            return texts(f"import_page.source_{found.what}")
        if not found.kinds:
            return texts("import_page.source_empty")
        counts = Counter({kind: count for kind, count in found.kinds.items() if kind in _DATA})
        counts["reference_data"] = sum(found.kinds.values()) - counts.total()
        kinds = ", ".join(f"{texts.word('file_kind', kind)} {count}" for kind, count in counts.items() if count)
        created = "" if found.created_at is None else texts.moment(found.created_at)
        return texts("import_page.source_files", kinds=kinds, created=created)

    def _on_pick_folder(self) -> None:
        folder = QFileDialog.getExistingDirectory(self, self._tools.texts("import_page.pick_folder"), self.text)
        if folder:
            self.choose_path(str(Path(folder)))

    def _on_pick_archive(self) -> None:
        texts = self._tools.texts
        file, _ = QFileDialog.getOpenFileName(
            self, texts("import_page.pick_archive"), self.text, texts("import_page.archive_filter")
        )
        if file:
            self.choose_path(str(Path(file)))

    def _on_edited(self, _: str) -> None:
        self._found = None
        self._show_found()
        self._typing.start()

    def _look(self) -> None:
        """Ask the disk on another thread: it may be at the other end of a slow network."""
        self._typing.stop()
        text = self.text
        self._tools.backend.work(lambda: look_at(text), self._on_looked, self._on_look_failed)

    def _on_looked(self, found: FoundSource) -> None:
        if found.path == self.text:
            self._found = found
            self._show_found()

    def _on_look_failed(self, error: SyncError) -> None:
        self.state.setText(self._tools.texts.error(error).what)

    def _show_found(self) -> None:
        texts, found = self._tools.texts, self._found
        if found is None:
            self.state.setText(texts("import_page.source_looking") if self.path.currentText() else "")
        else:
            self.state.setText(self._description(found))
        is_good = found is None or (found.what in ("folder", "zip", "xml") and found.kinds != {})
        set_role(self.state, "role", "muted" if is_good else "warn")
        self.changed.emit()


def _previewed(text: str, what: str, path: Path) -> FoundSource:
    """What there is in a folder or archive; what is wrong with an unreadable export only the run reports."""
    from freesport_sync.services.export_preview import preview_export  # loaded by then

    try:
        seen = preview_export(path)
    except (SyncError, OSError, ValueError, zipfile.BadZipFile):
        return FoundSource(text, what)
    return FoundSource(text, what, seen.kinds, seen.created_at)


def look_at(text: str) -> FoundSource:
    """What there is at a path; called on another thread."""
    path = Path(text)
    try:
        if not text or not path.exists():
            return FoundSource(text, "missing" if text else "none")
        if path.is_dir():
            return _previewed(text, "folder", path)
    except (OSError, ValueError):  # a path that the system does not understand
        return FoundSource(text, "missing")
    suffix = path.suffix.lower()
    if suffix == ".zip":
        return _previewed(text, "zip", path)
    return FoundSource(text, "xml" if suffix == ".xml" else "other")


def _block(*parts: object) -> QWidget:
    result = QWidget()
    layout = QVBoxLayout(result)
    layout.setContentsMargins(0, 0, 0, 0)
    layout.setSpacing(SPACE // 2)
    for part in parts:
        if isinstance(part, QWidget):
            layout.addWidget(part)
        else:
            layout.addLayout(part)  # type: ignore[arg-type]
    return result
