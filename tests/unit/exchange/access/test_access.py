"""Who may use the exchange, and how long those who guess passwords have to wait."""

from __future__ import annotations

import asyncio
import base64
from pathlib import Path

import pytest

from freesport_sync.errors import ConfigError
from freesport_sync.exchange.access import throttle
from freesport_sync.exchange.access.control import (
    AccessControl,
    WrongPassword,
    credentials_of,
    same_letters,
)
from freesport_sync.exchange.access.login_sessions import MAX_SESSIONS, LoginSession, LoginSessions
from freesport_sync.exchange.access.passwords import (
    MAX_LENGTH,
    MIN_LENGTH,
    Credentials,
    Digests,
    PasswordFile,
)
from freesport_sync.exchange.access.throttle import (
    MAX_KNOWN,
    PER_ADDRESS,
    PER_USER,
    KnownNetworks,
    Throttle,
)
from freesport_sync.os_support import is_private
from tests.exchange_client import PASSWORD, USER, basic

GOOD = Credentials(USER, PASSWORD)


# --- attempts ---


def tried(times: int, address: str = "192.0.2.1", user: str = "1c") -> Throttle:
    throttle = Throttle(KnownNetworks(Path("/nonexistent/known")))
    for _ in range(times):
        throttle.take(address, user, 0.0)
    return throttle


def test_some_attempts_are_heard_at_once_and_then_one_now_and_again() -> None:
    throttle = tried(PER_ADDRESS.attempts - 1)
    assert throttle.take("192.0.2.1", "1c", 0.0) == 0
    assert throttle.take("192.0.2.1", "1c", 0.0) == PER_ADDRESS.refill_s
    assert throttle.take("192.0.2.1", "1c", 0.9) == 2
    assert throttle.take("192.0.2.1", "1c", PER_ADDRESS.refill_s) == 0
    assert throttle.take("192.0.2.1", "1c", PER_ADDRESS.refill_s) > 0


def test_who_is_refused_need_not_wait_longer_for_having_asked() -> None:
    throttle = tried(1000)
    assert throttle.wait_s("192.0.2.1", "1c", 0.0) == PER_ADDRESS.refill_s


def test_attempts_count_for_the_address_and_for_the_user() -> None:
    throttle = tried(PER_ADDRESS.attempts)
    assert throttle.wait_s("192.0.2.1", "other", 0.0) > 0
    assert throttle.wait_s("192.0.2.2", "1c", 0.0) == 0
    for number in range(PER_USER.attempts):
        throttle.take(f"198.51.100.{number}", "1c", 0.0)
    assert throttle.wait_s("198.51.100.7", "1c", 0.0) == 1
    assert throttle.wait_s("198.51.100.7", "other", 0.0) == 0
    assert throttle.wait_s("192.0.2.2", "1c", 0.0) == 1, "an address that has not tried yet is no way round"


def test_guessing_from_many_addresses_is_as_slow_as_from_one() -> None:
    throttle, seconds = tried(0), 600
    heard = sum(
        not throttle.take(f"198.51.{number // 100}.{number % 100}", "1c", now)
        for now in range(seconds)
        for number in range(200)
    )
    assert heard <= PER_USER.attempts + seconds / PER_USER.refill_s + 1


def test_clients_of_known_networks_are_not_slowed_by_others(tmp_path: Path) -> None:
    throttle = Throttle(KnownNetworks(tmp_path / "known"))
    throttle.give_back("192.0.2.2", "1c", 0.0)
    throttle = Throttle(KnownNetworks(tmp_path / "known"))  # also after a restart
    for number in range(2 * PER_USER.attempts):
        throttle.take(f"198.51.100.{number}", "1c", 0.0)
    assert throttle.wait_s("192.0.2.3", "1c", 0.0) > 0
    assert throttle.wait_s("192.0.2.2", "1c", 0.0) == 0
    for _ in range(PER_ADDRESS.attempts):
        throttle.take("192.0.2.2", "1c", 0.0)
    assert throttle.wait_s("192.0.2.2", "1c", 0.0) > 0, "but for itself"


def test_the_newest_networks_are_remembered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(throttle, "MAX_LOGGED_IN", 3)
    known = KnownNetworks(tmp_path / "known")
    for number in range(5):
        known.add(f"192.0.2.{number}")
    known.add("2001:db8::1")
    again = KnownNetworks(tmp_path / "known")
    assert [f"192.0.2.{number}" in again for number in range(5)] == [False, False, False, True, True]
    assert "2001:db8::2" in again
    assert is_private(tmp_path / "known")


def test_a_network_of_ipv6_is_one_client() -> None:
    throttle = tried(PER_ADDRESS.attempts, "2001:db8::1", "a")
    assert throttle.wait_s("2001:db8::ffff:2", "b", 0.0) > 0
    assert throttle.wait_s("2001:db8:0:1::1", "b", 0.0) == 0


def test_a_right_password_costs_nothing() -> None:
    throttle = tried(0)
    for _ in range(1000):
        assert throttle.take("192.0.2.1", "1c", 0.0) == 0
        throttle.give_back("192.0.2.1", "1c", 0.0)


def test_addresses_are_not_remembered_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(throttle, "MAX_KNOWN", 10)
    assert MAX_KNOWN > 10
    known = tried(0)
    for number in range(100):
        known.take(f"192.0.2.{number}", f"user {number}", 0.0)
    assert len(known._buckets) == 10


# --- sessions ---


def opened(sessions: LoginSessions, now: float = 0.0) -> LoginSession:
    return sessions.open("1c", b"digest", 1000.5, now)


def test_every_login_is_a_new_session_and_no_two_have_one_time() -> None:
    sessions = LoginSessions(60)
    first, second = opened(sessions), opened(sessions)
    assert (first.timestamp, second.timestamp) == (1000, 1001)
    assert len({first.cookie, second.cookie, first.sessid, second.sessid}) == 4
    assert all(len(word) == 32 for word in (first.cookie, first.sessid)), "128 bits"
    assert sessions.find(first.cookie, b"digest", 1.0) is first


def test_a_session_needs_its_cookie_and_its_credentials() -> None:
    sessions = LoginSessions(60)
    session = opened(sessions)
    assert sessions.find(session.cookie, b"other", 1.0) is None
    assert sessions.find(session.sessid, b"digest", 1.0) is None
    assert sessions.find("", b"digest", 1.0) is None


def test_a_silent_session_ends_and_a_used_one_stays() -> None:
    sessions = LoginSessions(60)
    silent, used = opened(sessions), opened(sessions)
    assert sessions.find(used.cookie, b"digest", 50.0) is used
    assert sessions.find(silent.cookie, b"digest", 61.0) is None
    assert sessions.find(used.cookie, b"digest", 110.0) is used


def test_the_session_that_has_been_silent_for_longest_makes_room() -> None:
    sessions = LoginSessions(60)
    first, second = opened(sessions), opened(sessions)
    sessions.find(first.cookie, b"digest", 1.0)
    for _ in range(MAX_SESSIONS):
        opened(sessions, 2.0)
    assert sessions.find(second.cookie, b"digest", 2.0) is None
    assert len(sessions) <= MAX_SESSIONS


# --- credentials ---


@pytest.mark.parametrize("scheme", ["Basic", "basic", "BASIC"])
def test_the_header_of_1c(scheme: str) -> None:
    assert credentials_of(basic().replace("Basic", scheme)) == GOOD


def test_old_platforms_write_names_in_cp1251() -> None:
    encoded = base64.b64encode("имя:пароль:с:двоеточием".encode("cp1251")).decode()
    assert credentials_of(f"Basic {encoded}") == Credentials("имя", "пароль:с:двоеточием")


@pytest.mark.parametrize("header", ["", "Basic", "Basic !!!", "Basic YQ==", "Bearer YTpi", "Basic " + "YTpi" * 1000])
def test_what_are_no_credentials(header: str) -> None:
    with pytest.raises(WrongPassword):
        credentials_of(header)


def test_fingerprints_do_not_mix_name_and_password() -> None:
    digests = Digests()
    assert digests.of(Credentials("a", "bc")) != digests.of(Credentials("ab", "c"))
    assert digests.of(Credentials("a", "bc")) == digests.of(Credentials("a", "bc"))
    assert Digests().of(GOOD) != digests.of(GOOD), "the key is new with each server"


# --- the access ---


@pytest.fixture
def passwords(tmp_path: Path) -> PasswordFile:
    file = PasswordFile(tmp_path / "exchange.password")
    file.set(PASSWORD)
    return file


def access(passwords: PasswordFile, *allowed: str) -> AccessControl:
    return AccessControl(USER, passwords, allowed, 60, KnownNetworks(Path("/nonexistent/known")))


def test_only_the_hash_is_kept_and_only_its_owner_reads_it(passwords: PasswordFile, tmp_path: Path) -> None:
    file = tmp_path / "exchange.password"
    assert file.read_text().startswith("$argon2id$v=19$m=16384,")
    assert is_private(file)


@pytest.mark.parametrize("password", ["x" * (MIN_LENGTH - 1), "x" * (MAX_LENGTH + 1)])
def test_passwords_too_short_or_too_long(passwords: PasswordFile, password: str) -> None:
    with pytest.raises(ConfigError, match="exchange_password_length"):
        passwords.set(password)


def test_a_server_without_a_password_does_not_start(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="exchange_password_missing"):
        access(PasswordFile(tmp_path / "nothing"))


@pytest.mark.parametrize("content", [b"", b"\xff\xfe", b"password"])
def test_a_file_that_holds_no_hash(passwords: PasswordFile, tmp_path: Path, content: bytes) -> None:
    """No client learns that its password is wrong."""
    door = access(passwords)
    (tmp_path / "exchange.password").write_bytes(content)
    with pytest.raises(ConfigError, match="exchange_password_unreadable"):
        asyncio.run(door.log_in(GOOD, "192.0.2.1"))


@pytest.mark.parametrize("wrong", [Credentials(USER, "wrong-password"), Credentials("other", PASSWORD)])
def test_wrong_credentials(passwords: PasswordFile, wrong: Credentials) -> None:
    with pytest.raises(WrongPassword) as caught:
        asyncio.run(access(passwords).log_in(wrong, "192.0.2.1"))
    assert caught.value.retry_after_s == 0


def test_too_many_wrong_passwords_are_not_heard_and_the_right_one_is_a_moment_later(
    passwords: PasswordFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def guess() -> list[WrongPassword]:
        refusals = []
        for _ in range(PER_ADDRESS.attempts + 1):
            with pytest.raises(WrongPassword) as caught:
                await keeper.log_in(Credentials(USER, "wrong-password"), "192.0.2.1")
            refusals.append(caught.value)
        return refusals

    now = 1000.0
    monkeypatch.setattr("time.monotonic", lambda: now)
    keeper = access(passwords)
    *heard, last = asyncio.run(guess())
    assert [refusal.is_throttled for refusal in heard] == [False] * PER_ADDRESS.attempts
    assert heard[-1].retry_after_s == PER_ADDRESS.refill_s
    assert (last.is_throttled, last.retry_after_s) == (True, PER_ADDRESS.refill_s)
    now += last.retry_after_s
    assert asyncio.run(keeper.log_in(GOOD, "192.0.2.1")).user == USER


def test_a_client_that_has_logged_in_is_never_slowed(passwords: PasswordFile, monkeypatch: pytest.MonkeyPatch) -> None:
    keeper = access(passwords)
    first = asyncio.run(keeper.log_in(GOOD, "192.0.2.1"))
    monkeypatch.setattr(passwords, "is_right", lambda *_: pytest.fail("no hash is computed"))
    keeper._throttle = tried(100)
    second = asyncio.run(keeper.log_in(GOOD, "192.0.2.1"))
    assert second.cookie != first.cookie
    assert keeper.find(GOOD, first.cookie) is first
    assert keeper.find(Credentials(USER, "other"), first.cookie) is None


def test_a_new_password_ends_all_sessions(passwords: PasswordFile) -> None:
    keeper = access(passwords)
    session = asyncio.run(keeper.log_in(GOOD, "192.0.2.1"))
    passwords.set("another password")
    assert keeper.find(GOOD, session.cookie) is None
    with pytest.raises(WrongPassword):
        asyncio.run(keeper.log_in(GOOD, "192.0.2.1"))
    assert asyncio.run(keeper.log_in(Credentials(USER, "another password"), "192.0.2.1")).user == USER


def test_a_password_that_changes_during_its_check_is_refused(
    passwords: PasswordFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    def is_right(kept: str, password: str) -> bool:
        found = really_right(kept, password)
        passwords.set("another password")
        keeper.find(GOOD, "")  # a request of somebody else, who notices it first
        return found

    keeper, really_right = access(passwords), passwords.is_right
    with monkeypatch.context() as patch:
        patch.setattr(passwords, "is_right", is_right)
        with pytest.raises(WrongPassword):
            asyncio.run(keeper.log_in(GOOD, "192.0.2.1"))
    with pytest.raises(WrongPassword):
        asyncio.run(keeper.log_in(GOOD, "192.0.2.1"))


@pytest.mark.parametrize(
    ("allowed", "address", "is_allowed"),
    [
        ((), "203.0.113.7", True),
        (("192.0.2.0/24",), "192.0.2.77", True),
        (("192.0.2.0/24",), "203.0.113.7", False),
        (("192.0.2.0/24",), "::ffff:192.0.2.77", True),
        (("192.0.2.0/24",), "2001:db8::1", False),
        (("2001:db8::/32", "192.0.2.1"), "2001:db8::1", True),
        (("192.0.2.0/24",), "no address", False),
    ],
)
def test_addresses(passwords: PasswordFile, allowed: tuple[str, ...], address: str, is_allowed: bool) -> None:
    assert access(passwords, *allowed).allows(address) is is_allowed


@pytest.mark.parametrize("user", ["1c", "1с", "1C", "1С", " 1с "])
def test_the_user_may_be_typed_in_either_alphabet(passwords: PasswordFile, user: str) -> None:
    door = access(passwords)
    session = asyncio.run(door.log_in(Credentials(user, PASSWORD), "192.0.2.1"))
    assert door.find(Credentials(user, PASSWORD), session.cookie) is session
    assert door.find(Credentials("1c", PASSWORD), session.cookie) is session


def test_other_names_are_other_users(passwords: PasswordFile) -> None:
    assert same_letters("Обмен") != same_letters("Обман")
    for wrong in ("1", "1d", "1cc", "1э", ""):
        with pytest.raises(WrongPassword):
            asyncio.run(access(passwords).log_in(Credentials(wrong, PASSWORD), "192.0.2.1"))
