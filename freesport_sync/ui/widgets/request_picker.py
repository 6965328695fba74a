"""What is to be done by a task that waits: a kind of import with its source, or upkeep."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from freesport_sync.core.tasks import Request, Submission
from freesport_sync.tasks.shop_import.request import ShopImport
from freesport_sync.ui.widgets.long_list import choice
from freesport_sync.ui.widgets.parts import SPACE, Tools, check_box, form
from freesport_sync.ui.widgets.source_picker import SourcePicker


class RequestPicker(QWidget):
    """Makes a submission of what can be named by a word.

    Args:
        tools: of the dialog.
    """

    changed = Signal()

    def __init__(self, tools: Tools) -> None:
        super().__init__()
        self._tools = tools
        texts = tools.texts
        self._requests = tools.backend.tasks.submissions
        kinds = [(_title(texts.kind(str(request.kind))), word) for word, request in self._requests.items()]
        self.kind = choice(texts("submit.what"), kinds, self._on_chosen)
        self.source = SourcePicker(tools)
        self.source.setup.hide()
        self.source.prepare()
        self.source.changed.connect(self.changed)
        self.dry_run = check_box(texts("submit.dry_run"))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(SPACE)
        layout.addLayout(form((texts("submit.what"), self.kind)))
        layout.addWidget(self.source)
        layout.addWidget(self.dry_run)
        self._on_chosen()

    @property
    def is_ready(self) -> bool:
        """Whether it can be done, as far as can be seen here."""
        return self.source.is_ready or not isinstance(self._chosen, ShopImport)

    def submission(self) -> Submission[Request]:
        """What was chosen."""
        chosen = self._chosen
        request = self.source.placed(chosen) if isinstance(chosen, ShopImport) else chosen
        return self._tools.backend.submission(request, self.dry_run.isChecked())

    def choose(self, submission: Submission[Any]) -> None:
        """Show what is wanted so far; what cannot be chosen here is kept as it is.

        Args:
            submission: of a kind that can be chosen.
        """
        request = submission.request
        word = next((word for word, one in self._requests.items() if str(one.kind) == str(request.kind)), None)
        if word is None:
            return
        self._requests = {**self._tools.backend.tasks.submissions, word: request}
        self.kind.setCurrentIndex(self.kind.findData(word))
        self.dry_run.setChecked(submission.header.is_dry_run)
        if isinstance(request, ShopImport):
            if request.is_pull:
                self.source.from_ssh_host.setChecked(True)
            else:
                self.source.choose_path(str(request.source))
        self._on_chosen()

    @property
    def _chosen(self) -> Request:
        return self._requests[self.kind.currentData()]

    def _on_chosen(self, _: int = 0) -> None:
        self.source.setVisible(isinstance(self._chosen, ShopImport))
        self.changed.emit()


def _title(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}"
