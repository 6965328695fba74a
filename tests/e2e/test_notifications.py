"""Whole programs tell how their tasks have ended, and neither outcome nor exit code depends on it (NOTIFY-4)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from freesport_sync.core.notifications import MailSecurity
from freesport_sync.core.tasks import Header, Submission
from freesport_sync.database.own import tasks
from freesport_sync.database.own.schema import prepare_own_schema
from freesport_sync.database.server.engine import transaction
from freesport_sync.errors import ExitCode
from freesport_sync.settings.secrets import MAIL_PASSWORD_VARIABLE
from freesport_sync.tasks.registry import TASKS
from freesport_sync.tasks.shop_import.request import ShopImport
from freesport_sync.tasks.waiting import new_task
from tests.mail_server import BOSS, PASSWORD, USER, MailServer, rude_server
from tests.program import Installation
from tests.shop import Shop
from tests.watching import wait_until

WITH_PASSWORD = {MAIL_PASSWORD_VARIABLE: PASSWORD}
SENT = "SELECT sent_at IS NOT NULL FROM freesport_sync.notifications"


@pytest.fixture
def mail(tmp_path: Path) -> Iterator[MailServer]:
    with MailServer(tmp_path) as server:
        yield server


def set_up(installed: Installation, port: int, security: MailSecurity, more: str = "") -> None:
    installed.home.mkdir(exist_ok=True)
    (installed.home / "settings.toml").write_text(
        "[freshness]\nprices_h = 0\nstocks_h = 0\n"
        f'[notifications]\nmail_host = "localhost"\nmail_port = {port}\nmail_security = "{security.value}"\n'
        f'mail_to = ["{BOSS}"]\nmail_from = "{USER}"\n{more}',
        encoding="utf-8",
    )


def with_login(installed: Installation, mail: MailServer) -> None:
    set_up(installed, mail.port, mail.security, f'mail_user = "{USER}"\nmail_ca_file = "{mail.certificate.as_posix()}"')


def test_the_command_line_tells_of_its_failure_before_it_ends(
    stocked_shop: Shop, installed: Installation, mail: MailServer, tmp_path: Path
) -> None:
    with_login(installed, mail)
    outcome = installed.run("--run", "all", "--data-dir", tmp_path / "nothing", "--json", environment=WITH_PASSWORD)
    assert (outcome.code, outcome.error["code"]) == (ExitCode.IMPORT_FAILED, "data_dir_missing")
    assert [str(one["To"]) for one in mail.messages] == [BOSS]
    assert stocked_shop.value(SENT) is True
    assert PASSWORD not in outcome.stdout + outcome.stderr + installed.logs


def test_a_mail_server_that_hangs_changes_nothing_and_is_not_waited_for_long(
    stocked_shop: Shop, installed: Installation, tmp_path: Path
) -> None:
    with rude_server(b"220 hi\r\n") as port:
        set_up(installed, port, MailSecurity.NONE)
        outcome = installed.run("--run", "all", "--data-dir", tmp_path / "nothing", "--json")
    assert (outcome.code, outcome.stderr) == (ExitCode.IMPORT_FAILED, "")
    assert stocked_shop.value(SENT) is False


def test_a_worker_sends_what_its_tasks_have_to_tell(
    stocked_shop: Shop, installed: Installation, mail: MailServer, tmp_path: Path
) -> None:
    shop = stocked_shop
    with_login(installed, mail)
    prepare_own_schema(shop.connection)
    with transaction(shop.connection):
        wanted = Submission(ShopImport(data_dir=tmp_path / "nothing"), Header("tester@here"))
        tasks.submit(shop.connection, new_task(TASKS, wanted))
    with installed.start("--work", "--json", environment=WITH_PASSWORD) as worker:
        worker.event("worker_ready")
        wait_until(lambda: mail.messages)
        done = "SELECT count(*) FROM freesport_sync.tasks WHERE type = 'notify' AND status = 'completed'"
        wait_until(lambda: shop.value(done) == 1)
        worker.interrupt()
        assert worker.ended().code == 0
    assert len(mail.messages) == 1
    assert "tester@here" in mail.messages[0].get_content()


def test_trying_it_names_what_is_wrong(stocked_shop: Shop, installed: Installation, mail: MailServer) -> None:
    nobody = installed.run("--test-notification", "--json")
    assert (nobody.code, nobody.error["code"]) == (ExitCode.USAGE, "notifications_off")
    with_login(installed, mail)
    good = installed.run("--test-notification", "--json", environment=WITH_PASSWORD)
    assert (good.code, [one["is_ok"] for one in good.events("check")]) == (ExitCode.DONE, [True])
    wrong = installed.run("--test-notification", "--json", environment={MAIL_PASSWORD_VARIABLE: "other"})
    (item,) = wrong.events("check")
    assert (wrong.code, item["code"], "other" in str(item)) == (ExitCode.USAGE, "mail_login_refused", False)
    assert len(mail.messages) == 1
