"""Mail over real sockets: encrypted, bounded in time, and safe from what people and servers put into it (NOTIFY-3)."""

from __future__ import annotations

import time
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path

import pytest

from freesport_sync.core.notifications import MailSecurity
from freesport_sync.errors import ConfigError, ConnectionFailed, SyncError
from freesport_sync.tasks.notify.composing import Letter
from freesport_sync.tasks.notify.mail import MailServer as Address
from freesport_sync.tasks.notify.mail import refuse_open_password, send_mail
from tests.mail_server import BOSS, PASSWORD, USER, MailServer, rude_server
from tests.tls import certificate

TOLD = Letter("Импорт не выполнен", "Первая строка\n.\nПоследняя строка\n")


def address_of(server: MailServer) -> Address:
    return Address("localhost", server.port, server.security, USER, PASSWORD, USER, server.certificate)


def refused(address: Address, limit_s: float = 30) -> SyncError:
    with pytest.raises(SyncError) as caught:
        send_mail(address, BOSS, TOLD, "1@test", limit_s)
    assert PASSWORD not in str(caught.value.params)
    return caught.value


@pytest.mark.parametrize("security", [MailSecurity.TLS, MailSecurity.STARTTLS])
def test_mail_goes_encrypted_and_arrives_as_written(security: MailSecurity, tmp_path: Path) -> None:
    with MailServer(tmp_path, security) as server:
        send_mail(address_of(server), BOSS, TOLD, "7@test")
        (mail,) = server.messages
    assert (mail["Subject"], mail["From"], mail["To"]) == (TOLD.subject, USER, BOSS)
    assert (mail["Message-ID"], mail["Auto-Submitted"]) == ("<7@test>", "auto-generated")
    assert mail.get_content().replace("\r\n", "\n") == TOLD.body


def test_a_server_in_the_own_network_may_be_used_without_login(tmp_path: Path) -> None:
    with MailServer(tmp_path, MailSecurity.NONE) as server:
        send_mail(replace(address_of(server), user=None, password=None), BOSS, TOLD, "7@test")
        assert server.recipients == [BOSS]


def test_a_certificate_that_nobody_vouches_for_is_refused(tmp_path: Path) -> None:
    other = certificate(tmp_path / "other.pem")
    with MailServer(tmp_path) as server:
        assert refused(replace(address_of(server), ca_file=other)).code == "mail_certificate"
        assert refused(replace(address_of(server), host="127.0.0.1")).code == "mail_certificate", "another name"
        assert server.messages == []


def test_without_encryption_nothing_is_sent(tmp_path: Path) -> None:
    with MailServer(tmp_path, MailSecurity.NONE) as server:
        assert refused(replace(address_of(server), security=MailSecurity.STARTTLS)).code == "mail_no_tls"
        assert refused(replace(address_of(server), security=MailSecurity.TLS)).code == "mail_tls_failed"
        assert server.messages == []


@pytest.mark.parametrize(("host", "is_refused"), [("mail.example.ru", True), ("10.0.0.7", True), ("::1", False)])
def test_a_password_never_goes_unencrypted(host: str, is_refused: bool) -> None:
    with pytest.raises(ConfigError, match="mail_password_open") if is_refused else nullcontext():
        refuse_open_password(Address(host, 25, MailSecurity.NONE, USER, PASSWORD, USER))


def test_what_the_server_says_decides_whether_trying_again_may_help(tmp_path: Path) -> None:
    with MailServer(tmp_path) as server:
        address = address_of(server)
        assert refused(replace(address, password="wrong")).code == "mail_login_refused"
        server.answers = {BOSS: "550 no such user"}
        assert refused(address).code == "mail_recipient_refused"
        server.answers = {BOSS: "451 grey"}
        assert refused(address).code == "mail_refused_for_now"
        server.answers = {"DATA": "554 spam\x1b[31m"}
        error = refused(address)
        assert (error.code, "\x1b" in str(error.params)) == ("mail_refused", False)


@pytest.mark.parametrize(
    "said", [(), (b"220 hi\r\n",), (b"220 hi\r\n", b"250-hi\r\n250 8BITMIME\r\n"), (b"220 hi\r\n", b"250 hi\r\n" * 3)]
)
@pytest.mark.parametrize("is_closing", [True, False])
def test_a_server_that_hangs_or_hangs_up_costs_a_bounded_time(said: tuple[bytes, ...], is_closing: bool) -> None:
    begun = time.monotonic()
    with rude_server(*said, is_closing=is_closing) as port:
        error = refused(Address("localhost", port, MailSecurity.NONE, None, None, USER), limit_s=0.5)
    assert isinstance(error, ConnectionFailed)
    assert error.code == "mail_broken_off"
    assert time.monotonic() - begun < 20


def test_a_server_that_does_not_exist_is_named() -> None:
    error = refused(Address("localhost", 1, MailSecurity.NONE, None, None, USER))
    assert (error.code, error.params["host"], error.params["port"]) == ("mail_unreachable", "localhost", 1)


def test_a_password_that_no_protocol_can_carry_is_no_crash(tmp_path: Path) -> None:
    with MailServer(tmp_path) as server:
        assert isinstance(refused(replace(address_of(server), password="пароль")), ConfigError)
