"""The pictures that need the server of 1C: set up, tested, unknown, fetched from."""

from __future__ import annotations

import os
import shutil
import tempfile
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from freesport_sync.core.events import FilesPulled
from freesport_sync.core.shop import Stage
from freesport_sync.errors import ConnectionLost, HostKeyChanged
from freesport_sync.i18n.resources import resource
from freesport_sync.tasks.shop_import.request import ShopImport
from freesport_sync.ui.run_feed import (
    StageLine,
    StageState,
    stopped,
)
from freesport_sync.ui.run_lane import RunEnd
from tests.ssh_server import PASSWORD, SshServer, asyncssh_server
from tests.ui.desk import Desk
from tests.ui.snapshots import first_of_import

if TYPE_CHECKING:
    from tests.ui.pictures import Photographer

EMBEDDED = 0


def take_server(photographer: Photographer, desk: Desk) -> None:
    """Everything that is about the server, over a real one with the demo export."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="freesport-server-")))
        remote = Path(shutil.copytree(resource("demo"), folder / "webdata"))
        for file in remote.rglob("*.*"):
            os.utime(file, (1_700_000_000, 1_700_000_000))
        server = stack.enter_context(asyncssh_server(folder / "keys"))
        form = desk.window.import_page.form
        desk.window.show_page("import")
        desk.window.import_page.show_form()
        form.source.from_ssh_host.click()
        photographer.take("import-no-server")
        _set_up(photographer, desk, server, remote)
        _fetch(photographer, desk)
        form.source.from_folder.click()
        desk.window.import_page.show_form()


def _set_up(photographer: Photographer, desk: Desk, server: SshServer, remote: Path) -> None:
    page = desk.window.connections_page
    pane = page.ssh_host
    desk.window.show_page("connections")
    page.list.setCurrentRow(EMBEDDED)
    page.tabs.setCurrentIndex(1)
    photographer.take("server-empty")
    pane.host.setText("localhost")
    pane.user.setText(server.user)
    pane.port.setValue(1)
    pane.folder.setText(str(remote))
    pane.password.setText("не тот")
    desk.click(pane.test)
    desk.until(pane.test.isEnabled)
    photographer.take("server-unreachable")
    pane.port.setValue(server.port)
    desk.click(pane.test)
    desk.until(lambda: pane.host_key.dialog is not None)
    dialog = pane.host_key.dialog
    assert dialog is not None
    photographer.take("host-key", dialog)
    dialog.expected.setText("SHA256:" + "A" * 43)
    photographer.take("host-key-other", dialog)
    dialog.expected.setText(server.fingerprint)
    photographer.take("host-key-same", dialog)
    desk.click(dialog.remember)
    desk.until(lambda: not pane.test.isEnabled())
    desk.until(pane.test.isEnabled)
    photographer.take("server-login-failed")
    pane.password.setText(PASSWORD)
    desk.click(pane.test)
    desk.until(pane.test.isEnabled)
    photographer.take("server-tested")
    desk.click(pane.save)
    photographer.take("server-saved")
    application, ssh = desk.backend.application, pane.edited().ssh
    assert application is not None
    assert ssh is not None
    kept, _ = application.connections.keep_secrets(ssh, PASSWORD, None)
    application.connections.choose_ssh_host(
        kept
    )  # the pictures are those of the demonstration, which has no server of its own
    desk.backend.reopen(desk.backend.options)
    desk.ready()


def _fetch(photographer: Photographer, desk: Desk) -> None:
    page, backend = desk.window.import_page, desk.backend
    desk.window.show_page("import")
    desk.until(lambda: page.form.source.ssh_host.text() and backend.database_status)
    page.form.source.from_ssh_host.click()
    photographer.take("import-server")
    desk.click(page.form.start)
    desk.end_of_run()
    photographer.take("import-fetched")
    request = ShopImport(is_pull=True)
    submission = backend.submission(request)
    first = first_of_import(request, has_pictures=True)
    pull = StageLine(Stage.PULL, StageState.RUNNING, 81_400_000, 126_900_000, 9_300_000.0, 5.0)
    running = replace(first, stages=(pull, *first.stages[1:]))
    page.progress.begin(submission)
    page.progress.show_snapshot(running)
    photographer.take("import-fetching")
    lost = ConnectionLost("ssh_lost", host="shop.example.ru", port=22, reason="Connection reset by peer")
    page.progress.show_snapshot(stopped(running))
    backend.run_ended.emit(RunEnd(submission, stopped(running), None, lost))
    photographer.take("import-connection-lost")
    left = (("prices_1_1.xml", "not_quiet"), ("rests_1_1.xml", "changing"))
    pulled = FilesPulled("onec@shop.example.ru:22", "/srv", 41, 126_900_000, 12, left, ())
    page.progress.begin(submission)
    page.progress.show_snapshot(replace(running, pulled=pulled))
    photographer.take("import-files-left")
    changed = HostKeyChanged(
        "host_key_changed",
        host="shop.example.ru",
        port=22,
        key_type="ssh-ed25519",
        fingerprint="SHA256:uNiVztksCsDhcc0u9e8BrSJXvkhVVyyRYuMyS2E5cRo",
        place="C:/Users/ivanov/AppData/Local/freesport_sync/known_hosts:3",
        is_ours=True,
        old_fingerprint="SHA256:p2QAMXNIC1TJYWeIOttrVc98/R1BUFWu3/LiyKgUfQM",
    )
    backend.run_ended.emit(RunEnd(submission, first, None, changed))
    photographer.take("import-key-changed")
    asked = page.host_key.dialog
    assert asked is not None
    photographer.take("host-key-changed", asked)
    asked.reject()
