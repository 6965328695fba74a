"""Each byte of an answer counts."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from freesport_sync.core.printable import printable
from freesport_sync.errors import (
    ConfigError,
    ConnectionFailed,
    ExchangeRefused,
    ImportFailed,
    LockHeld,
    SchemaMismatch,
    SyncError,
)
from freesport_sync.exchange.http.messages import Messages
from freesport_sync.exchange.http.replies import (
    MAX_REASON,
    ExchangeReply,
    failure,
    progress,
    success,
    unauthorized,
)
from freesport_sync.exchange.imports.exchange_import import ExchangeImport
from freesport_sync.i18n.texts import Language, Texts

MESSAGES = Messages(Texts(Language.RUSSIAN))


@given(st.text(), st.integers(2, 50) | st.none())
@example("\x1b[2J\x9b1m\r\n\u202egpj", None)
def test_what_comes_from_outside_is_one_harmless_line(text: str, most: int | None) -> None:
    shown = printable(text, most)
    assert shown.isprintable()
    assert most is None or len(shown) <= most
    assert printable(shown, most) == shown
    if text.isprintable() and " ".join(text.split()) == text and len(text) <= (most or len(text)):
        assert shown == text


@given(st.text() | st.text(st.sampled_from("a \r\n\t\x00я\u2028")))
def test_a_reason_is_one_line(text: str) -> None:
    for reply in (failure(text), progress(text), unauthorized(text)):
        word, line = reply.body.split("\n")
        assert word in ("failure", "progress")
        assert line.isprintable()
        assert len(line) <= MAX_REASON
        assert reply.text == line


def test_a_reason_that_is_too_long_shows_that_it_is_cut() -> None:
    assert failure("я" * MAX_REASON).text == "я" * MAX_REASON
    assert failure("я" * (MAX_REASON + 1)).text == "я" * (MAX_REASON - 1) + "…"


def test_what_to_do_is_shown_however_much_is_wrong() -> None:
    files = ", ".join(f"import_{number}.xml" for number in range(100))
    reply = MESSAGES.refusal(ExchangeRefused("exchange_export_incomplete", files=files))
    assert reply.text.startswith("exchange_export_incomplete: ")
    assert reply.text.endswith("она должна пройти без ошибок.")


@pytest.mark.parametrize(
    "error",
    [
        ConnectionFailed("database_unreachable", server="db.shop:5433", reason='at "10.1.2.3", port 5433 failed'),
        ConnectionFailed("connection_lost", reason='connection to server at "10.1.2.3", port 5433 failed'),
        ConnectionFailed("sftp_missing", server="10.1.2.3:5433"),
        ConfigError("server_media_unusable", server="db.shop:5433", path="/srv/pics", reason="denied"),
        SchemaMismatch("right_missing", reason="permission denied for table db.shop"),
        SyncError("internal_error", reason="OperationalError: db.shop"),
    ],
)
def test_1c_never_learns_where_the_shop_is(error: SyncError) -> None:
    reply = MESSAGES.refusal(error)
    assert reply.text.startswith(f"{error.code}: ")
    assert "администратор" in reply.text
    assert not [secret for secret in ("db.shop", "10.1.2.3", "5433", "pics") if secret in reply.text]
    assert reply.log_text == MESSAGES.reason(error), "the administrator is told everything"


def test_1c_never_learns_which_computer_imports() -> None:
    one = ExchangeImport("a.xml")
    one.holder = LockHeld("lock_held_unknown_run", process=7, address="10.1.2.3", since="12:00")
    assert MESSAGES.working(one, None).text == "Ожидание. Другая программа только что начала импорт в эту базу."


def test_the_charset_is_the_last_thing_said_of_the_type() -> None:
    assert success().media_type == "text/plain; charset=utf-8"
    assert success().body == "success"


def test_only_credentials_change_the_status() -> None:
    assert failure("x").status == success().status == 200
    reply = unauthorized("x", 3)
    assert (reply.status, reply.closes, dict(reply.headers)["Retry-After"]) == (401, True, "3")
    assert dict(reply.headers)["WWW-Authenticate"].startswith("Basic ")
    assert "Retry-After" not in dict(unauthorized("x").headers)


def test_a_document_has_no_word_of_its_own() -> None:
    assert ExchangeReply("<?xml?>", media_type="application/xml; charset=utf-8").outcome == "xml"


@pytest.mark.parametrize(
    "path", ["/srv/sync/exchange/runs/1/import.xml", "C:\\Мои файлы\\runs\\import.xml", "\\\\host\\share\\import.xml"]
)
def test_a_refusal_names_files_without_their_folders(path: str) -> None:
    text = MESSAGES.reason(ImportFailed("disk_full", path=path))
    assert "import.xml" in text
    assert not {"srv", "runs", "файлы", "share"} & set(text.replace("/", " ").replace("\\", " ").split())
