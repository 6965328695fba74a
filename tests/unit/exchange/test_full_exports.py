"""`deactivate` only after a full export of which every file is in the shop."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from freesport_sync.errors import ExchangeRefused
from freesport_sync.exchange.imports.full_exports import LONGEST_EXPORT_S, FullExportTracker
from freesport_sync.tasks.shop_import.run_folders import RunFolders

LOGIN = int(time.time())


class Book:
    """A ledger, and imports to note in it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.runs = RunFolders(folder / "runs")
        self.ledger = FullExportTracker(self.runs)
        self.ledger.log_in("1c", LOGIN)

    def note(
        self,
        name: str = "import.xml",
        *,
        is_whole: bool = False,
        is_done: bool = True,
        user: str = "1c",
        login: int = LOGIN,
        is_again: bool = False,
    ) -> None:
        file = self.folder / name
        if not is_again:
            file.unlink(missing_ok=True)
            file.write_text(name)
        with self.ledger.noting(user, login, name) as note:
            note.folder = self.runs.keep({name: file, "import_files/a.jpg": file})
            note.is_whole, note.is_done = is_whole, is_done

    def refusal(self, login: int = LOGIN, user: str = "1c") -> str:
        with pytest.raises(ExchangeRefused) as caught:
            self.ledger.files_since(user, login)
        return caught.value.code


@pytest.fixture
def book(tmp_path: Path) -> Book:
    return Book(tmp_path)


def test_a_full_export_is_all_files_since_its_login_whatever_their_names(book: Book) -> None:
    book.note("old.xml", is_done=False, login=LOGIN - 1)
    book.note("import.xml", is_whole=True)
    book.note("offers.xml")
    book.note("import.xml", login=LOGIN + 5)
    book.note("foreign.xml", is_done=False, user="other")
    files = book.ledger.files_since("1c", LOGIN)
    assert list(files) == ["00000/import.xml", "00001/offers.xml", "00002/import.xml"]
    assert [file.read_text() for file in files.values()] == ["import.xml", "offers.xml", "import.xml"]


def test_a_file_that_was_imported_twice_is_one(book: Book) -> None:
    book.note(is_whole=True)
    book.note(is_again=True)
    assert list(book.ledger.files_since("1c", LOGIN)) == ["00000/import.xml"]


def test_a_file_that_is_not_in_the_shop_spoils_it(book: Book) -> None:
    book.note(is_whole=True)
    book.note("offers.xml", is_done=False)
    book.note("offers.xml")  # of the next portion, perhaps
    assert book.refusal() == "exchange_export_incomplete"


def test_an_import_that_breaks_is_noted_too(book: Book) -> None:
    book.note(is_whole=True)
    with pytest.raises(ValueError, match="broken"), book.ledger.noting("1c", LOGIN, "offers.xml"):
        raise ValueError("broken")
    assert book.refusal() == "exchange_export_incomplete"


def test_files_that_nobody_has_imported_spoil_it(book: Book) -> None:
    book.note(is_whole=True)
    book.ledger.abandon("1c", LOGIN, ["offers.xml"])
    assert book.refusal() == "exchange_export_incomplete"


@pytest.mark.parametrize(
    ("later", "user", "has_acted", "is_broken"),
    [
        (5, "1c", False, True),
        (5, "1c", True, False),
        (5, "other", False, False),
        (0, "1c", False, False),  # the export has begun after it
    ],
)
def test_a_login_after_which_nothing_came_spoils_it(
    book: Book, later: int, user: str, has_acted: bool, is_broken: bool
) -> None:
    book.note(is_whole=True, login=LOGIN + 1)
    book.ledger.log_in(user, LOGIN + later)
    if has_acted:
        book.ledger.has_acted(user, LOGIN + later)
    if is_broken:
        assert book.refusal() == "exchange_export_broken_off"
    else:
        assert book.ledger.files_since("1c", LOGIN)


def test_changes_alone_are_no_full_export(book: Book) -> None:
    book.note()
    assert book.refusal() == "exchange_export_not_full"


def test_nothing_at_all_is_no_full_export(book: Book) -> None:
    assert book.refusal() == "exchange_export_not_full"


@pytest.mark.parametrize("later", [-1, 1, -LOGIN + 1], ids=["a second before", "a second after", "1970"])
def test_only_the_time_of_a_login_counts(book: Book, later: int) -> None:
    book.note(is_whole=True)
    assert book.refusal(LOGIN + later) == "exchange_timestamp_invalid"


def test_and_only_of_that_user(book: Book) -> None:
    book.note(is_whole=True)
    assert book.refusal(user="other") == "exchange_timestamp_invalid"


def test_an_export_of_yesterday_is_too_old(book: Book) -> None:
    old = LOGIN - LONGEST_EXPORT_S - 1
    book.ledger.log_in("1c", old)
    book.note(is_whole=True, login=old)
    assert book.refusal(old) == "exchange_timestamp_invalid"


def test_files_that_are_forgotten_spoil_it(book: Book) -> None:
    book.note(is_whole=True)
    book.note("offers.xml")
    book.runs.forget_old(keep_runs=1, keep_days=1)
    assert book.refusal() == "exchange_export_incomplete"
