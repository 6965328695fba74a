"""Where 1C's files are taken from."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QWidget

from freesport_sync.core.connections import EMBEDDED, SavedConnection
from freesport_sync.errors import SyncError
from freesport_sync.ui.widgets.fixed import why_ssh_host_is_fixed
from freesport_sync.ui.widgets.notice import Notice
from freesport_sync.ui.widgets.parts import Tools
from freesport_sync.ui.widgets.source_picker import SourcePicker
from freesport_sync.ui.widgets.ssh_host_pane import EditedSshHost, SshHostPane, kept
from freesport_sync.ui.wizard.step import WizardStep

if TYPE_CHECKING:
    from freesport_sync.application import Application


class FilesStep(WizardStep):
    """A folder or archive of this computer, or an SSH host, which is tested before it is saved.

    Args:
        tools: of the window.
    """

    def __init__(self, tools: Tools) -> None:
        super().__init__(tools, "files")
        self.pane = SshHostPane(tools)
        self.pane.save.hide()
        self.picker = SourcePicker(tools, self.pane)
        self.notice = Notice(tools)
        self.notice.hide()
        self.content.addWidget(self.picker)
        self.content.addWidget(self.notice)
        self.content.addStretch(1)
        self._is_filled = False
        self._tested: EditedSshHost | None = None
        self._is_good = self._goes_on = False
        self.summary: tuple[bool, str] = (False, tools.texts("wizard.end_no_files"))
        """Whether there is something to import, and from where."""
        self.is_chosen = False
        """Whether this step has saved where the files are."""
        self.picker.changed.connect(self.changed)
        self.pane.tested.connect(self._on_tested)
        self.pane.result_shown.connect(self._on_result_shown)
        for edit in (self.pane.host, self.pane.user):
            edit.textChanged.connect(self._on_edited)

    @property
    def next_text(self) -> str:
        if not self._has_entered:
            return self.tools.texts("wizard.skip")
        is_refused = self.picker.is_remote and self._is_tested and not self._is_good
        return self.tools.texts("wizard.anyway" if is_refused else "wizard.next")

    @property
    def may_go_on(self) -> bool:
        is_looking = not self.picker.is_remote and self.picker.found is None and bool(self.picker.text)
        return not (self._goes_on or is_looking)

    @property
    def first_field(self) -> QWidget:
        return self.pane.host if self.picker.is_remote else self.picker.path

    @property
    def _has_entered(self) -> bool:
        """Whether there is something to save."""
        if self.picker.is_remote:
            return bool(self.pane.host.text().strip() and self.pane.user.text().strip()) and not self.pane.is_fixed
        found = self.picker.found
        return found is not None and found.what in ("folder", "zip")

    @property
    def _is_tested(self) -> bool:
        return self._tested is not None and self._tested == self.pane.edited()

    def enter(self) -> None:
        """Show what the settings say, the first time."""
        application = self.tools.backend.application
        self._goes_on = False
        if application is None or self._is_filled:
            return
        self._is_filled = True
        ssh = application.connections.ssh_host
        self.pane.show_ssh_host(ssh)
        self.pane.set_fixed(why_ssh_host_is_fixed(self.tools))
        self.picker.from_ssh_host.setChecked(ssh is not None)
        sources = self.tools.state.sources()
        folder = Path(sources[0]) if sources else application.installation.data_dir
        self.picker.path.setEditText(str(folder) if sources or folder.exists() else "")

    def leave(self) -> None:
        self._goes_on = False

    def submit(self) -> None:
        """Save where the files are; an SSH host that was not tested is tested first."""
        if not self._has_entered:
            self.summary, self.is_chosen = (False, self.tools.texts("wizard.end_no_files")), False
            self.passed.emit()
            return
        self._goes_on = True
        if not self.picker.is_remote:
            self._save_folder(Path(self.picker.text))
        elif self._is_tested:
            self._save_ssh_host()
        else:
            self.pane.test.click()
        self.changed.emit()

    def _on_result_shown(self) -> None:
        self.shown.emit(self.pane.checks)
        self.shown.emit(self.pane.notice)

    def _on_edited(self) -> None:
        self.changed.emit()

    def _on_tested(self, is_good: bool) -> None:
        self._tested, self._is_good = self.pane.tested_host, is_good
        goes_on, self._goes_on = self._goes_on, False
        if goes_on and is_good and self._is_tested and self.picker.is_remote:  # and not edited meanwhile
            self._goes_on = True
            self._save_ssh_host()
        self.changed.emit()

    def _save_folder(self, path: Path) -> None:
        texts = self.tools.texts
        is_full = self.picker.found is not None and bool(self.picker.found.kinds)
        self.summary = is_full, texts("wizard.end_folder", path=path, found=self.picker.description)
        self.tools.backend.do(
            lambda application: application.connections.choose_export(path), self._on_saved, self._on_refused
        )

    def _save_ssh_host(self) -> None:
        edited = self.pane.edited()
        assert edited.ssh is not None
        key = "wizard.end_server" if self._is_good else "wizard.end_server_untested"
        self.summary = self._is_good, self.tools.texts(key, host=edited.ssh.host)

        def save(application: Application) -> None:
            connections = application.connections
            ssh, _ = kept(application, edited)
            connections.choose_ssh_host(ssh)
            address = connections.database_url or EMBEDDED
            saved = next((one for one in connections.saved() if one.database_url == address), None)
            name = self.tools.texts("connections.embedded") if saved is None else saved.name
            connections.keep(SavedConnection(name, address, ssh))

        self.tools.backend.do(save, self._on_saved, self._on_refused)

    def _on_saved(self, _: object) -> None:
        backend = self.tools.backend
        self.is_chosen = True
        self.notice.hide()
        self.picker.remember()
        backend.reopen(backend.options)
        if self._goes_on:
            self.passed.emit()

    def _on_refused(self, error: SyncError) -> None:
        self._goes_on = False
        if self.picker.is_remote:
            self.pane.say_error(error)
        else:
            self.notice.say_error(error)
            self.notice.show()
        self.changed.emit()
