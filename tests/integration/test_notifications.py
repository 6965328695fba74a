"""How tasks have ended is told: written with their end, sent at least once, never again what was confirmed."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from dataclasses import replace
from email import message_from_bytes
from email.policy import default
from pathlib import Path

import pytest

from freesport_sync.core.cancel import CancelToken
from freesport_sync.core.freshness import DataKind
from freesport_sync.core.notifications import Chosen, WatchMessage
from freesport_sync.core.run import Done
from freesport_sync.core.task_list import Claim, TaskQuery, TaskStatus
from freesport_sync.core.tasks import Header
from freesport_sync.database.own import outbox, tasks, workers
from freesport_sync.database.own.task_list import read_tasks
from freesport_sync.database.server.engine import connect, transaction
from freesport_sync.errors import ConfigError, ConnectionFailed, ImportFailed, SyncError
from freesport_sync.i18n.texts import Language, Texts
from freesport_sync.observers.announcer import Announcer
from freesport_sync.observers.freshness_observer import FreshnessObserver
from freesport_sync.rules.retries import next_try
from freesport_sync.settings.model import NotificationSettings
from freesport_sync.settings.secrets import MAIL_PASSWORD_VARIABLE
from freesport_sync.tasks.notify import composing
from freesport_sync.tasks.notify.mail import _mail as as_mail
from freesport_sync.tasks.notify.request import KIND, SendNotifications
from freesport_sync.tasks.notify.sending import OutboxSender, Sent
from freesport_sync.tasks.notify.task import NOTIFY
from tests.mail_server import BOSS, PASSWORD, MailServer
from tests.shop import Shop

OUTBOX = "SELECT target, occasion, sent_at IS NOT NULL FROM freesport_sync.notifications ORDER BY id"


@pytest.fixture
def mail(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[MailServer]:
    monkeypatch.setenv(MAIL_PASSWORD_VARIABLE, PASSWORD)
    with MailServer(tmp_path) as server:
        yield server


def tell(shop: Shop, mail: MailServer, **rules: object) -> None:
    """Let runs of the shop be told by a server."""
    shop.settings = shop.settings.model_copy(update={"notifications": mail.rules(**rules)})


def fail(shop: Shop, folder: Path) -> None:
    with pytest.raises(ImportFailed):
        shop.run(folder / "nothing")


def send(shop: Shop) -> Sent:
    return OutboxSender(shop.connection, shop.settings, "shop", CancelToken()).send(0)


def test_a_failure_is_told_once_in_words(shop: Shop, mail: MailServer, tmp_path: Path) -> None:
    tell(shop, mail)
    fail(shop, tmp_path)
    assert shop.rows(OUTBOX) == [(f"mail:{BOSS}", "failure", False)]
    assert (send(shop).count, send(shop).count) == (1, 0)
    (message,) = mail.messages
    text = message.get_content()
    assert message["Subject"] == "Не выполнено: каталог и клиенты · shop"
    assert "[data_dir_missing]" not in text
    for words in ("Нет папки", "tester@here", socket.gethostname(), "Что делать:", "Код: data_dir_missing", "№ 1"):
        assert words in text, text
    assert shop.rows(OUTBOX) == [(f"mail:{BOSS}", "failure", True)]


def test_what_went_well_is_told_by_choice(shop: Shop, mail: MailServer, dearer: Path) -> None:
    tell(shop, mail)
    shop.run(dearer)
    assert shop.rows(OUTBOX) == []
    tell(shop, mail, events=frozenset(Chosen))
    shop.run(dearer, is_dry_run=True)
    assert shop.rows(OUTBOX) == [], "a dry run has done nothing"
    shop.run(dearer)
    assert send(shop).count == 1
    assert "без изменений" in mail.messages[0].get_content()


def test_the_entry_is_written_with_the_end_of_the_task_or_not_at_all(
    shop: Shop, mail: MailServer, dearer: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A failure to note it undoes nothing of the import."""
    tell(shop, mail, events=frozenset(Chosen))
    shop.execute("ALTER TABLE freesport_sync.notifications ADD CHECK (occasion <> 'success')")
    assert shop.run(dearer).run_id
    assert shop.rows(OUTBOX) == []
    assert shop.value("SELECT status FROM freesport_sync.tasks") == "completed"


def test_the_same_failure_again_within_an_hour_is_counted(shop: Shop, mail: MailServer, tmp_path: Path) -> None:
    tell(shop, mail)
    for _ in range(3):
        fail(shop, tmp_path)
        send(shop)
    assert len(mail.messages) == 1
    shop.execute("UPDATE freesport_sync.notifications SET sent_at = sent_at - interval '61 minutes'")
    assert send(shop).count == 1
    assert "2 раз" in mail.messages[1].get_content()
    assert all(is_sent for _, _, is_sent in shop.rows(OUTBOX))


def test_other_failures_are_told_at_once(shop: Shop, mail: MailServer, tmp_path: Path) -> None:
    tell(shop, mail)
    fail(shop, tmp_path)
    send(shop)
    (tmp_path / "empty").mkdir()
    with pytest.raises(ImportFailed):
        shop.run(tmp_path / "empty")
    assert send(shop).count == 1


def test_a_summary_tells_of_the_day(shop: Shop, mail: MailServer, tmp_path: Path, dearer: Path) -> None:
    tell(shop, mail, digest_at="08:00")
    shop.run(dearer)
    shop.run(dearer)
    fail(shop, tmp_path)
    assert send(shop).count == 1, "the failure only"
    shop.execute("UPDATE freesport_sync.notifications SET send_after = now() WHERE occasion <> 'failure'")
    assert send(shop).count == 1
    text = mail.messages[1].get_content()
    assert "Не выполнено: 1" in text
    assert ": выполнено — " in text or "с замечаниями — " in text


def test_what_cannot_be_delivered_waits_and_is_the_same_message(shop: Shop, mail: MailServer, tmp_path: Path) -> None:
    tell(shop, mail)
    fail(shop, tmp_path)
    mail.answers = {"DATA": "451 later"}
    assert isinstance(send(shop).error, ConnectionFailed)
    uid, attempts, code = shop.row("SELECT uid::text, attempts, error_code FROM freesport_sync.notifications")
    assert (attempts, code) == (1, "mail_refused_for_now")
    mail.answers = {}
    assert send(shop).count == 1
    assert uid in mail.messages[0]["Message-ID"]


def test_one_recipient_that_is_refused_keeps_no_other_from_the_news(
    shop: Shop, mail: MailServer, tmp_path: Path
) -> None:
    gone = "gone@shop.example.ru"
    tell(shop, mail, mail_to=(gone, BOSS))
    mail.answers = {gone: "550 unknown"}
    fail(shop, tmp_path)
    sent = send(shop)
    assert (sent.count, sent.error and sent.error.code) == (1, "mail_recipient_refused")
    assert shop.rows("SELECT target FROM freesport_sync.notifications WHERE given_up_at IS NOT NULL") == [
        (f"mail:{gone}",)
    ]


def test_two_processes_never_send_the_same(shop: Shop, mail: MailServer, tmp_path: Path) -> None:
    tell(shop, mail)
    fail(shop, tmp_path)
    other = connect(shop.url, "other")
    try:
        target = outbox.due_targets(shop.connection, socket.gethostname())[0]
        with transaction(other):
            assert outbox.take(other, socket.gethostname(), target, ())
            assert send(shop).count == 0
    finally:
        other.close()
    assert send(shop).count == 1


def test_news_too_old_is_given_up(shop: Shop, mail: MailServer, tmp_path: Path) -> None:
    tell(shop, mail)
    fail(shop, tmp_path)
    shop.execute("UPDATE freesport_sync.notifications SET send_after = send_after - interval '25 hours'")
    mail.answers = {"DATA": "451 later"}
    send(shop)
    mail.answers = {}
    assert send(shop).count == 0
    assert mail.messages == []


# --- the task -------------------------------------------------------------------------------------------------------


def waiting(shop: Shop) -> int:
    found = read_tasks(shop.connection, TaskQuery(types=frozenset((KIND,))), 0, 10).rows
    return sum(task.status is TaskStatus.PENDING for task in found)


def listen(shop: Shop) -> int:
    return workers.register(shop.connection, NOTIFY.queues(socket.gethostname()), 1)


def test_a_worker_is_called_and_only_where_there_is_one(shop: Shop, mail: MailServer, tmp_path: Path) -> None:
    tell(shop, mail)
    fail(shop, tmp_path)
    assert waiting(shop) == 0
    worker_id = listen(shop)
    fail(shop, tmp_path)
    fail(shop, tmp_path)
    assert waiting(shop) == 1, "equal ones wait only once"
    task = read_tasks(shop.connection, TaskQuery(types=frozenset((KIND,))), 0, 10).rows[0]
    assert not task.operator.startswith("tester")
    taken = tasks.claim(shop.connection, task.uid, worker_id)
    assert taken is not None
    context = replace(shop.context(Header(), lambda _: None, NOTIFY), claim=taken.claim)
    assert isinstance(NOTIFY.run(context, SendNotifications()), Done)
    assert len(mail.messages) == 1
    fail(shop, tmp_path)
    (later,) = [one for one in read_tasks(shop.connection, TaskQuery(), 0, 10).rows if one.type == KIND][:1]
    assert later.run_after is not None, "the same failure again is told in an hour"


def test_a_failed_notification_is_tried_again_and_makes_none_itself(
    shop: Shop, mail: MailServer, tmp_path: Path
) -> None:
    tell(shop, mail)
    listen(shop)
    fail(shop, tmp_path)
    mail.answers = {"DATA": "451 later"}
    (task,) = [one for one in read_tasks(shop.connection, TaskQuery(), 0, 10).rows if one.type == KIND]
    taken = tasks.claim(shop.connection, task.uid, 1)
    assert taken is not None
    context = replace(shop.context(Header(), lambda _: None, NOTIFY), claim=taken.claim)
    with pytest.raises(ConnectionFailed) as caught:
        NOTIFY.run(context, SendNotifications())
    assert next_try(taken.claim, caught.value, 0.5) is not None
    with transaction(shop.connection):
        assert tasks.finish(shop.connection, taken.claim, TaskStatus.FAILED, {}, caught.value)
        Announcer(shop.settings.notifications).announce(shop.connection, taken.claim.task_id)
    assert len(shop.rows(OUTBOX)) == 1
    last = Claim(taken.claim.task_id, taken.claim.token, attempt=5, is_queued=True)
    with pytest.raises(ConnectionFailed):
        NOTIFY.run(replace(context, claim=last), SendNotifications())
    assert waiting(shop) == 1, "in an hour, with its last try"


def test_observers_say_what_no_task_says(shop: Shop, mail: MailServer, dearer: Path) -> None:
    shop.run(dearer)
    tell(shop, mail)
    announcer = Announcer(shop.settings.notifications)
    for _ in range(2):
        with transaction(shop.connection):
            announcer.say(shop.connection, WatchMessage("server_has_nothing_new", {"folder": "/x"}))
        send(shop)
    assert len(mail.messages) == 1, "the same again is counted"
    assert "server_has_nothing_new" in mail.messages[0].get_content()


# --- what is hostile ------------------------------------------------------------------------------------------------


def test_nothing_that_others_have_said_becomes_a_header_or_grows_too_long() -> None:
    evil = WatchMessage("connection_lost", {"reason": "x\r\nBcc: all@example.ru\r\n\r\n<script>" + "я" * 100_000})
    told = composing.about_watch(Texts(Language.ENGLISH), "shop\r\nBcc: a@b.ru", evil, ())
    assert "\n" not in told.subject
    assert len(told.subject) <= composing.LONGEST_SUBJECT
    assert len(told.body) <= composing.LONGEST_BODY + 1
    sent = message_from_bytes(bytes(as_mail(BOSS, BOSS, told, "1@test")), policy=default)
    assert sent["Bcc"] is None
    assert sent["Subject"] == told.subject


@pytest.mark.parametrize("address", ["a@b.ru\r\nBcc: c@d.ru", "a b@c.ru", "a@", "@b", "x" * 250 + "@b.ru", "a@b@c", ""])
def test_addresses_are_addresses(address: str, mail: MailServer) -> None:
    with pytest.raises(ValueError, match="mail_to"):
        mail.rules(mail_to=(address,))


def test_without_a_password_it_is_said(
    shop: Shop, mail: MailServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(MAIL_PASSWORD_VARIABLE)
    monkeypatch.setattr("freesport_sync.settings.secrets._from_keyring", lambda _: None)
    tell(shop, mail)
    fail(shop, tmp_path)
    error: SyncError | None = send(shop).error
    assert isinstance(error, ConfigError)
    assert error.code == "mail_password_missing"


def test_data_that_is_too_old_is_told_once_a_day(stocked_shop: Shop, mail: MailServer) -> None:
    tell(stocked_shop, mail)
    stocked_shop.execute("UPDATE freesport_sync.run_files SET created_at = NULL")
    stocked_shop.execute("UPDATE freesport_sync.runs SET finished_at = now() - interval '27 hours'")
    limits = {DataKind.PRICES: 26, DataKind.STOCKS: 26, DataKind.GOODS: 28}
    observer = FreshnessObserver(limits, Announcer(stocked_shop.settings.notifications))

    def look() -> int:
        with transaction(stocked_shop.connection):
            observer.look(stocked_shop.connection)
        return send(stocked_shop).count

    assert (look(), look()) == (2, 0)
    subjects = {message["Subject"] for message in mail.messages}
    assert subjects == {
        "Цены не обновлялись 27 ч, а допускается 26 ч · shop",
        "Остатки ещё ни разу не загружались · shop",
    }
    stocked_shop.execute("UPDATE freesport_sync.notifications SET created_at = created_at - interval '25 hours'")
    stocked_shop.execute("UPDATE freesport_sync.notifications SET sent_at = sent_at - interval '25 hours'")
    assert look() == 2, "they are still too old"
    nobody = FreshnessObserver(limits, Announcer(NotificationSettings()))
    stocked_shop.execute("DELETE FROM freesport_sync.notifications")
    with transaction(stocked_shop.connection):
        nobody.look(stocked_shop.connection)
    assert stocked_shop.rows(OUTBOX) == []
