"""The server that 1C exports to, through the window: set up, tested, trusted or not, fetched from, cancelled."""

from __future__ import annotations

import asyncio
import os
import shutil
import socket
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import keyring
import keyring.backends.fail
import pytest

from freesport_sync.core.shop import Stage
from freesport_sync.os_support import is_private
from freesport_sync.services.connections import host_choice
from freesport_sync.settings.model import SshSettings
from freesport_sync.settings.profiles import Profile, load_profiles, save_profiles
from freesport_sync.ui.dialogs.host_key import HostKeyDialog, HostKeyQuestion
from freesport_sync.ui.run_feed import StageState
from freesport_sync.ui.run_lane import RunEnd
from tests.program import address
from tests.shop import Shop
from tests.ssh_server import PASSWORD, SftpServer, SshServer, asyncssh_server, make_key
from tests.ui.conftest import OpenDesk
from tests.ui.desk import Desk, process_events, texts_in

PRICE = "SELECT retail_price::int FROM product_variants"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SshServer]:
    with asyncssh_server(tmp_path_factory.mktemp("server")) as server:
        yield server


@dataclass
class Site:
    """An installation that fetches the export `dearer` from a server."""

    home: Path
    remote: Path
    open: Callable[[], Desk]

    @property
    def known_hosts(self) -> Path:
        return self.home / "known_hosts"

    def configure(self, server: SshServer, **more: object) -> None:
        """Write the settings file."""
        self.home.mkdir(exist_ok=True)
        values = {"host": server.host, "port": server.port, "user": server.user, "key_file": str(server.key_file)}
        fixed = {"folder": str(self.remote), "quiet_s": 0, "use_agent": False, "known_hosts": []}
        lines = (f"{name} = {_toml(value)}" for name, value in (values | fixed | more).items())
        (self.home / "settings.toml").write_text("[ssh]\n" + "\n".join(lines) + "\n", "utf-8")

    def trust(self, server: SshServer, host_key: str = "") -> None:
        """Put a key on record, by default that of the server."""
        self.known_hosts.write_text(f"[{server.host}]:{server.port} {host_key or server.host_key}")


def _toml(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else f'"{value}"' if isinstance(value, str) else str(value)


@pytest.fixture
def site(stocked_shop: Shop, dearer: Path, open_desk: OpenDesk, tmp_path: Path) -> Site:
    def open_one() -> Desk:
        desk = open_desk(stocked_shop.url)
        desk.ready()
        return desk

    return Site(tmp_path / "home", dearer, open_one)


def start(desk: Desk, is_dry_run: bool = False) -> RunEnd:
    """Run with the files of the server."""
    form = desk.window.import_page.form
    form.source.from_ssh_host.click()
    desk.click(form.dry_run if is_dry_run else form.start)
    return desk.end_of_run()


def dialog_of(desk: Desk, question: HostKeyQuestion) -> HostKeyDialog:
    """Wait for the question."""
    desk.until(lambda: question.dialog is not None and question.dialog.isVisible())
    assert question.dialog is not None
    return question.dialog


def test_a_server_is_set_up_tested_saved_and_imported_from(
    site: Site, server: SshServer, stocked_shop: Shop, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(keyring, "set_password", keyring.backends.fail.Keyring().set_password)  # type: ignore[no-untyped-call]
    desk = site.open()
    source = desk.window.import_page.form.source
    source.from_ssh_host.click()
    assert not desk.window.import_page.form.start.isEnabled()
    desk.click(source.setup)
    page = desk.window.connections_page
    pane = page.ssh_host
    desk.until(pane.isEnabled)
    for edit, text in ((pane.host, server.host), (pane.user, server.user), (pane.folder, "нет такой")):
        edit.setText(text)
    pane.port.setValue(server.port)
    pane.use_agent.setChecked(False)
    pane.password.setText("не тот")

    desk.click(pane.test)
    dialog = dialog_of(desk, pane.host_key)
    for part in (server.host, str(server.port), "ssh-ed25519", server.fingerprint, "ssh_host_ed25519_key.pub"):
        assert part in texts_in(dialog)
    dialog.expected.setText("SHA256:" + "A" * 43)
    assert desk.texts("host_key.other") == dialog.verdict.text()
    assert {dialog.remember.isEnabled(), dialog.once.isEnabled()} == {False}
    dialog.expected.setText("MD5:11:22")
    assert desk.texts("host_key.no_fingerprint") == dialog.verdict.text()
    dialog.expected.setText(f"256 {server.fingerprint} root@shop (ED25519)")
    assert desk.texts("host_key.same") == dialog.verdict.text()
    desk.click(dialog.remember)  # and the test goes on by itself
    desk.until(lambda: "шаг «Вход»" in texts_in(pane.notice))
    assert "испробовано: пароль" in texts_in(pane.checks)
    assert server.host_key.split()[1] in site.known_hosts.read_text()

    pane.password.setText(PASSWORD)
    desk.click(pane.test)
    desk.until(lambda: "шаг «Папка выгрузки»" in texts_in(pane.notice))
    pane.folder.setText(str(site.remote))
    desk.click(pane.test)
    desk.until(lambda: desk.texts("connections.ssh_good") in texts_in(pane.notice))
    assert "Файлы читаются" in texts_in(pane.checks)

    desk.click(pane.save)
    desk.until(source.from_ssh_host.isEnabled)
    desk.until(
        lambda: (
            desk.texts("connections.ssh_saved") in texts_in(pane.notice) and desk.backend.database_status is not None
        )
    )
    assert desk.texts("connections.password_file") in texts_in(pane.notice)  # this computer has no key store
    (secret,) = site.home.glob("ssh-*.password")
    assert (secret.read_text("utf-8"), is_private(secret)) == (PASSWORD, True)
    page.export_to(tmp_path / "colleague.toml")
    desk.until(lambda: desk.texts("connections.exported") in texts_in(pane.notice))
    (exported,) = load_profiles(tmp_path / "colleague.toml")
    told = SshSettings(host=server.host, port=server.port, user=server.user, folder=str(site.remote), use_agent=False)
    assert exported.ssh == told

    desk.window.show_page("import")
    desk.until(lambda: server.user in source.ssh_host.text())
    assert PASSWORD not in (site.home / "settings.toml").read_text("utf-8")
    assert start(desk).error is not None  # 1C has written to the files just now
    assert "ssh.quiet_s" in texts_in(desk.window.import_page.progress)
    for file in site.remote.rglob("*.xml"):
        os.utime(file, (1_700_000_000, 1_700_000_000))
    desk.click(desk.window.import_page.progress.again)
    assert desk.end_of_run().error is None
    assert stocked_shop.value(PRICE) == 200


def test_received_files_are_listed_kept_and_imported_again(site: Site, server: SshServer, stocked_shop: Shop) -> None:
    site.configure(server, archive_folder=str(site.remote.with_name("архив")))
    site.trust(server)
    desk = site.open()
    progress = desk.window.import_page.progress
    end = start(desk)
    assert end.error is None
    assert end.report is not None
    assert end.snapshot.pulled is not None
    count = end.snapshot.pulled.fetched
    pull = end.snapshot.stages[0]
    assert (pull.stage, pull.state, pull.total) == (Stage.PULL, StageState.DONE, end.snapshot.pulled.fetched_bytes)
    told = texts_in(progress)
    assert f"Получено {count} файлов" in told
    assert f"С сервера {server.user}@{server.host}:{server.port}, {site.remote}" in told
    assert f"перемещено файлов в {site.remote.with_name('архив')}" in told

    shutil.rmtree(site.remote)
    stocked_shop.execute("UPDATE product_variants SET retail_price = 5")
    desk.click(progress.open)
    page = desk.window.entry_page
    desk.until(lambda: page.stack.currentIndex() == 1)
    page.tabs.setCurrentWidget(page.files)
    assert page.files.model.rowCount() == len(end.report.files)
    assert "received" in page.files.folder.text()
    desk.click(page.repeat)
    again = desk.end_of_run()
    assert again.error is None
    assert stocked_shop.value(PRICE) == 200

    shutil.rmtree(site.home / "received/runs")
    desk.click(progress.open)
    desk.until(page.repeat.isVisible)
    desk.click(page.repeat)
    desk.until(lambda: "уже нет" in texts_in(page.trouble))
    assert len(desk.ends) == 2


def test_an_unknown_key_stops_the_run_until_it_is_accepted(site: Site, server: SshServer, stocked_shop: Shop) -> None:
    site.configure(server)
    desk = site.open()
    page = desk.window.import_page
    assert start(desk).error is not None
    dialog_of(desk, page.host_key).leave.click()
    process_events()
    assert (len(desk.ends), stocked_shop.value(PRICE)) == (1, 100)
    assert server.fingerprint in texts_in(page.progress)

    desk.click(page.progress.again)
    desk.end_of_run()
    desk.click(dialog_of(desk, page.host_key).once)
    assert desk.end_of_run().error is None
    assert stocked_shop.value(PRICE) == 200
    desk.click(page.progress.again)
    assert desk.end_of_run().error is None  # as long as the window is open
    assert not site.known_hosts.exists()

    second = site.open()
    start(second)
    second.click(dialog_of(second, second.window.import_page.host_key).remember)
    assert second.end_of_run().error is None
    assert server.host_key.split()[1] in site.known_hosts.read_text()


def test_a_changed_key_is_shown_with_both_fingerprints_and_can_be_forgotten(
    site: Site, server: SshServer, stocked_shop: Shop, tmp_path: Path
) -> None:
    site.configure(server)
    other = Path(f"{make_key(tmp_path / 'other')}.pub").read_text()
    site.trust(server, other)
    desk = site.open()
    page = desk.window.import_page
    error = start(desk).error
    assert error is not None
    assert error.code == "host_key_changed"
    assert f"{site.known_hosts}:1" in texts_in(page.progress)
    dialog = dialog_of(desk, page.host_key)
    shown = texts_in(dialog)
    assert {"Прежний отпечаток", "Новый отпечаток"} <= set(shown.splitlines())
    for text in (desk.texts("host_key.changed_why"), server.fingerprint, str(error.params["old_fingerprint"])):
        assert text in shown
    assert not dialog.once.isVisible(), "nobody takes a changed key for once"
    assert not dialog.remember.isEnabled(), "not before somebody has asked the administrator"
    dialog.confirmed.click()
    assert dialog.remember.isEnabled()
    dialog.expected.setText("SHA256:" + "A" * 43)
    assert not dialog.remember.isEnabled(), "whatever was ticked"
    dialog.leave.click()
    process_events()
    assert other in site.known_hosts.read_text()
    assert stocked_shop.value(PRICE) == 100

    desk.click(page.progress.again)
    desk.end_of_run()
    dialog = dialog_of(desk, page.host_key)
    dialog.expected.setText(server.fingerprint)
    desk.click(dialog.remember)
    assert desk.end_of_run().error is None
    assert stocked_shop.value(PRICE) == 200
    assert other.split()[1] not in site.known_hosts.read_text()


def test_a_changed_key_of_another_file_is_only_shown(site: Site, server: SshServer, tmp_path: Path) -> None:
    foreign = tmp_path / "known_hosts_of_openssh"
    record = f"[{server.host}]:{server.port} {Path(f'{make_key(tmp_path / chr(111))}.pub').read_text()}"
    foreign.write_text(record)
    site.configure(server, known_hosts=[str(foreign)])
    desk = site.open()
    pane = desk.window.connections_page.ssh_host
    desk.window.import_page.form.source.setup.clicked.emit()
    desk.until(pane.test.isEnabled)
    desk.click(pane.test)
    dialog = dialog_of(desk, pane.host_key)
    assert f"{foreign}:1" in texts_in(dialog)
    assert not dialog.remember.isVisible()
    desk.until(lambda: "шаг «Ключ сервера»" in texts_in(pane.notice))
    dialog.leave.click()
    assert foreign.read_text() == record


def test_a_connection_of_a_colleague_brings_its_server(site: Site, stocked_shop: Shop, tmp_path: Path) -> None:
    desk = site.open()
    page, file = desk.window.connections_page, tmp_path / "colleague.toml"
    desk.until(page.ssh_host.isEnabled)
    ssh = SshSettings(host="shop.example.ru", port=2222, user="onec", folder="/srv/1c", quiet_s=5)
    save_profiles(file, (Profile("Магазин", address(stocked_shop.url), ssh),), is_for_others=True)
    page.import_from(file)
    desk.until(lambda: page.ssh_host.host.text() == "shop.example.ru")
    assert page.ssh_host.edited().ssh == host_choice(ssh)
    assert desk.texts("connections.imported") in texts_in(page.ssh_host.notice)


def test_the_window_closes_although_a_server_is_silent(site: Site) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        site.configure(SshServer(silent.getsockname()[1], "onec", site.home / "id", ""))
        desk = site.open()
        desk.window.import_page.ssh_host_wanted.emit()
        desk.until(desk.window.connections_page.ssh_host.test.isEnabled)
        desk.click(desk.window.connections_page.ssh_host.test)
        connection, _ = silent.accept()
        began = time.monotonic()
        desk.close()
        assert time.monotonic() - began < 5
        connection.close()


class Stuck(SftpServer):
    """Does not go on with what it has begun."""

    async def read(self, file_obj: object, offset: int, size: int) -> bytes:
        await asyncio.sleep(3600)
        return b""


def test_cancel_ends_a_pull_at_once(site: Site, stocked_shop: Shop, tmp_path: Path) -> None:
    with asyncssh_server(tmp_path / "keys", sftp=Stuck) as server:
        site.configure(server)
        site.trust(server)
        desk = site.open()
        progress = desk.window.import_page.progress
        desk.window.import_page.form.source.from_ssh_host.click()
        desk.click(desk.window.import_page.form.start)
        desk.until((site.home / "received/parts").exists)
        asked = time.monotonic()
        desk.click(progress.cancel)
        end = desk.end_of_run()
        assert time.monotonic() - asked < 5  # the server does not answer for an hour
        assert end.error is not None
        assert end.error.code == "cancelled"
        assert end.snapshot.stages[0].state is StageState.CANCELLED
        assert progress.stages.isVisible()
        desk.close()
    assert stocked_shop.value(PRICE) == 100
