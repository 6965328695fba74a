"""Pictures of the wizard's steps."""

from __future__ import annotations

from typing import TYPE_CHECKING

from freesport_sync.i18n.resources import resource
from freesport_sync.ui.wizard.purpose_step import Purpose
from tests.ui.desk import Desk

if TYPE_CHECKING:
    from tests.ui.pictures import Photographer


def take_wizard(photographer: Photographer, desk: Desk) -> None:
    """Every step; the window works with another database afterwards."""
    entry = desk.window.setup
    entry.open()
    wizard = entry.wizard
    assert wizard is not None
    photographer.take("wizard-purpose", wizard)
    wizard.purpose.choices[Purpose.SHOP].click()
    desk.click(wizard.next)
    photographer.take("wizard-database", wizard)
    form = wizard.database.pane.form
    form.host.setText("127.0.0.1")
    form.port.setValue(1)
    desk.click(wizard.next)
    desk.until(wizard.next.isEnabled)
    photographer.take("wizard-database-unreachable", wizard)
    wizard.database.embedded.click()
    photographer.take("wizard-database-embedded", wizard)
    desk.click(wizard.next)
    desk.until(lambda: wizard.step is wizard.files)
    wizard.files.picker.choose_path(str(resource("demo")))
    desk.until(lambda: wizard.files.picker.found)
    photographer.take("wizard-folder", wizard)
    wizard.files.picker.from_ssh_host.click()
    photographer.take("wizard-server", wizard)
    wizard.files.picker.from_folder.click()
    desk.click(wizard.next)
    desk.until(lambda: wizard.step is wizard.end)
    photographer.take("wizard-end", wizard)
    desk.click(wizard.back)
    desk.click(wizard.back)
    desk.click(wizard.back)
    wizard.purpose.choices[Purpose.EXCHANGE].click()
    desk.click(wizard.next)
    desk.click(wizard.next)
    desk.until(lambda: wizard.step is wizard.exchange)
    photographer.take("wizard-exchange", wizard)
    wizard.reject()
