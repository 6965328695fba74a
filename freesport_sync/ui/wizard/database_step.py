"""The database that imports write to."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QButtonGroup, QRadioButton, QWidget

from freesport_sync.core.connections import PasswordPlace, SavedConnection
from freesport_sync.errors import SyncError
from freesport_sync.ui.widgets.database_pane import NEW_URL, DatabasePane
from freesport_sync.ui.widgets.fixed import why_database_is_fixed
from freesport_sync.ui.widgets.parts import GAP, Tools, row
from freesport_sync.ui.wizard.step import WizardStep

if TYPE_CHECKING:
    from freesport_sync.application import Application


class DatabaseStep(WizardStep):
    """The shop's database, tested before it is saved, or the private one.

    Args:
        tools: of the window.
    """

    def __init__(self, tools: Tools) -> None:
        super().__init__(tools, "database")
        texts = tools.texts
        self.shop, self.embedded = (QRadioButton(texts(f"wizard.database_{name}")) for name in ("shop", "embedded"))
        choices = QButtonGroup(self)
        for one in (self.shop, self.embedded):
            one.setAccessibleName(one.text().replace("&", ""))
            choices.addButton(one)
        self.pane = DatabasePane(tools)
        self.pane.use.hide()
        self.content.addLayout(row(self.shop, self.embedded, None, spacing=GAP))
        self.content.addWidget(self.pane)
        self.content.addStretch(1)
        self._is_filled = False
        self._tested: tuple[str, str] | None = None
        """What was tested last."""
        self._is_good = self._goes_on = False
        self._fixed = ""
        """Why no other database can be chosen."""
        self.shop.toggled.connect(self._show_choice)
        self.pane.tested.connect(self._on_tested)
        form = self.pane.form
        for edit in (form.host, form.database, form.user, form.password):
            edit.textChanged.connect(self._on_edited)
        form.port.valueChanged.connect(self._on_edited)

    @property
    def next_text(self) -> str:
        is_refused = self._needs_test and self._is_tested and not self._is_good
        return self.tools.texts("wizard.anyway" if is_refused else "wizard.next")

    @property
    def may_go_on(self) -> bool:
        form = self.pane.form
        is_complete = bool(form.host.text().strip() and form.database.text().strip())
        return not self._goes_on and (not self._needs_test or is_complete)

    @property
    def first_field(self) -> QWidget:
        return self.pane.form.host if self.shop.isChecked() else self.embedded

    @property
    def summary(self) -> tuple[bool, str]:
        """Whether an import can write, and into which database."""
        if self._fixed or self.embedded.isChecked():
            name = self._url or self.tools.texts("connections.embedded")
            return True, self.tools.texts("wizard.end_database", name=name.partition("@")[2] or name)
        key = "wizard.end_database" if self._is_good else "wizard.end_database_untested"
        return self._is_good, self.tools.texts(key, name=self.pane.form.title())

    @property
    def _url(self) -> str | None:
        """The address in use; None: the private database."""
        application = self.tools.backend.application
        saved = None if application is None else application.connections.database_url
        return self.tools.backend.options.database_url or saved

    @property
    def _needs_test(self) -> bool:
        return self.shop.isChecked() and not self._fixed

    @property
    def _content(self) -> tuple[str, str]:
        return self.pane.form.content()

    @property
    def _is_tested(self) -> bool:
        return self._tested == self._content

    def enter(self) -> None:
        """Show the database in use, the first time."""
        self._goes_on = False
        if not self._is_filled:
            self._is_filled = True
            name = self.tools.texts("wizard.database_name")
            self.pane.show_database(name, self._url or NEW_URL, self.tools.texts("connections.embedded_about"), False)
            self.shop.setChecked(True)
        self._show_choice()

    def leave(self) -> None:
        self._goes_on = False

    def submit(self) -> None:
        """Save the database and use it; one that was not tested is tested first."""
        if self._fixed:
            self.passed.emit()
            return
        self._goes_on = True
        if self._needs_test and not self._is_tested:
            self.pane.test.click()
        else:
            self._save()
        self.changed.emit()

    def _show_choice(self) -> None:
        """Show the form, or what the private database is for."""
        fixed, is_shop = why_database_is_fixed(self.tools), self.shop.isChecked()
        self._goes_on = False
        self._fixed = fixed
        self.pane.set_fixed(fixed)
        for one in (self.shop, self.embedded):
            one.setVisible(not fixed)
        self.pane.form.setVisible(is_shop and not fixed)
        self.pane.about.setVisible(not is_shop and not fixed)
        self.pane.test.setVisible(is_shop and not fixed)
        self.pane.forget_results()
        self._tested = None
        self.changed.emit()

    def _on_edited(self) -> None:
        self.changed.emit()

    def _on_tested(self, is_good: bool) -> None:
        self._tested, self._is_good = self.pane.tested_content, is_good
        goes_on, self._goes_on = self._goes_on, False
        if goes_on and is_good and self._is_tested:  # and not edited meanwhile
            self._goes_on = True
            self._save()
        self.shown.emit(self.pane.checks)
        self.shown.emit(self.pane.notice)
        self.changed.emit()

    def _save(self) -> None:
        backend, form = self.tools.backend, self.pane.form
        is_shop = self.shop.isChecked()
        url, name, password = (form.url(), form.title(), form.password.text() or None) if is_shop else (None, "", None)

        def choose(application: Application) -> PasswordPlace:
            connections = application.connections
            place = connections.choose_database(url, password)  # which refuses a wrong address
            if url is not None:
                connections.keep(SavedConnection(name, url, connections.ssh_host))
            return place

        backend.do(choose, self._on_saved, self._on_refused)

    def _on_saved(self, _: PasswordPlace) -> None:
        backend = self.tools.backend
        backend.reopen(replace(backend.options, is_demo=False))
        if self._goes_on:
            self.passed.emit()

    def _on_refused(self, error: SyncError) -> None:
        self._goes_on = False
        self.pane.say_error(error)
        self.changed.emit()
