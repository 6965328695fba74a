"""Each byte of an answer counts."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from freesport_sync.errors import ImportFailed, SyncError
from freesport_sync.exchange.replies import MAX_REASON, Reply, failure, one_line, progress, success, unauthorized
from freesport_sync.exchange.sayings import Sayings
from freesport_sync.texts import Language, Texts


@given(st.text() | st.text(st.sampled_from("a \r\n\t\x00я\u2028")))
def test_a_reason_is_one_line(text: str) -> None:
    for reply in (failure(text), progress(text), unauthorized(text)):
        word, line = reply.body.split("\n")
        assert word in ("failure", "progress")
        assert line.isprintable()
        assert len(line) <= MAX_REASON
        assert reply.text == line


def test_a_reason_that_is_too_long_shows_that_it_is_cut() -> None:
    assert one_line("я" * MAX_REASON) == "я" * MAX_REASON
    assert one_line("я" * (MAX_REASON + 1)) == "я" * (MAX_REASON - 1) + "…"


def test_what_to_do_is_told_however_much_is_wrong() -> None:
    missing = "\n".join(f"right: table_{number} SELECT" for number in range(100))
    reply = Sayings(Texts(Language.RUSSIAN)).refusal(SyncError("shop_incomplete", missing=missing))
    assert reply.text.startswith("shop_incomplete: ")
    assert reply.text.endswith("попросите администратора базы дать права.")


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
    assert Reply("<?xml?>", media_type="application/xml; charset=utf-8").word == "xml"


@pytest.mark.parametrize(
    "path", ["/srv/sync/exchange/runs/1/import.xml", "C:\\Мои файлы\\runs\\import.xml", "\\\\host\\share\\import.xml"]
)
def test_a_refusal_names_files_without_their_folders(path: str) -> None:
    text = Sayings(Texts(Language.RUSSIAN)).reason(ImportFailed("disk_full", path=path))
    assert "import.xml" in text
    assert not {"srv", "runs", "файлы", "share"} & set(text.replace("/", " ").replace("\\", " ").split())
