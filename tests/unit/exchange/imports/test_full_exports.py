"""`deactivate` only after a full export of which every file is in the shop."""

from __future__ import annotations

import time
from pathlib import Path, PurePosixPath

import pytest

from freesport_sync.errors import ExchangeRefused
from freesport_sync.exchange.imports.full_exports import LONGEST_EXPORT_S, FullExportTracker
from freesport_sync.exchange.uploads.batch import Sender, UploadBatch, UploadLimits
from freesport_sync.exchange.uploads.fragment import Fragment
from freesport_sync.exchange.uploads.uploaded_file import FileStatus
from freesport_sync.tasks.shop_import.run_folders import RunFolders

LOGIN = int(time.time())


LIMITS = UploadLimits(10**6, 10**6, 10**6, 10**6)


class Exports:
    """A tracker, and batches that it follows."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.runs = RunFolders(folder / "runs")
        self.tracker = FullExportTracker(self.runs)
        self.tracker.record_login("1c", LOGIN)

    def upload(
        self,
        name: str = "import.xml",
        *,
        is_full: bool = False,
        status: FileStatus = FileStatus.IMPORTED,
        user: str = "1c",
        login: int = LOGIN,
    ) -> UploadBatch:
        """A batch of one file."""
        batch = UploadBatch(self.folder / f"batch {len(self.tracker._batches)}", LIMITS, Sender(user, "::1", login))
        self.tracker.record_batch(batch)
        with Fragment(batch, PurePosixPath(name), None) as fragment:
            fragment.finish(name.encode())
        self.become(batch, status, is_full)
        return batch

    def become(self, batch: UploadBatch, status: FileStatus, is_full: bool = False) -> None:
        """Change what has become of its file."""
        if status is FileStatus.IMPORTED:
            (file,) = batch.files
            path = batch.folder / file.path
            batch.imported({file: is_full}, self.runs.keep({str(file.path): path, "import_files/a.jpg": path}))
        else:
            batch.mark(batch.files, status)

    def refusal(self, login: int = LOGIN, user: str = "1c") -> str:
        with pytest.raises(ExchangeRefused) as caught:
            self.tracker.files_since(user, login)
        return caught.value.code


@pytest.fixture
def exports(tmp_path: Path) -> Exports:
    return Exports(tmp_path)


def test_a_full_export_is_all_files_since_its_login_whatever_their_names(exports: Exports) -> None:
    exports.upload("old.xml", status=FileStatus.FAILED, login=LOGIN - 1)
    exports.upload("import.xml", is_full=True)
    exports.upload("offers.xml")
    exports.upload("import.xml", login=LOGIN + 5)
    exports.upload("foreign.xml", status=FileStatus.FAILED, user="other")
    files = exports.tracker.files_since("1c", LOGIN)
    assert list(files) == ["00000/import.xml", "00001/offers.xml", "00002/import.xml"]
    assert [file.read_text() for file in files.values()] == ["import.xml", "offers.xml", "import.xml"]


def test_a_file_that_was_imported_twice_is_one(exports: Exports) -> None:
    batch = exports.upload(is_full=True)
    exports.become(batch, FileStatus.IMPORTED, is_full=True)
    assert list(exports.tracker.files_since("1c", LOGIN)) == ["00000/import.xml"]


def test_a_file_that_is_not_in_the_shop_spoils_it(exports: Exports) -> None:
    exports.upload(is_full=True)
    exports.upload("offers.xml", status=FileStatus.FAILED)
    exports.upload("offers.xml")  # of the next batch, perhaps
    assert exports.refusal() == "exchange_export_incomplete"


@pytest.mark.parametrize("status", sorted(set(FileStatus) - {FileStatus.IMPORTED, FileStatus.UNPACKED}))
def test_only_what_is_in_the_shop_counts(exports: Exports, status: FileStatus) -> None:
    exports.upload(is_full=True)
    exports.upload("offers.xml", status=status)
    assert exports.refusal() == "exchange_export_incomplete"


def test_a_file_that_was_sent_again_after_its_import_failed_does_not_make_up_for_it(exports: Exports) -> None:
    batch = exports.upload(is_full=True)
    exports.become(batch, FileStatus.FAILED)
    with Fragment(batch, PurePosixPath("import.xml"), None) as fragment:
        fragment.finish(b"another one")
    exports.become(batch, FileStatus.IMPORTED, is_full=True)
    assert exports.refusal() == "exchange_export_incomplete"


def test_an_import_that_succeeds_at_the_second_attempt_completes_it(exports: Exports) -> None:
    batch = exports.upload(is_full=True, status=FileStatus.FAILED)
    exports.become(batch, FileStatus.IMPORTED, is_full=True)
    assert list(exports.tracker.files_since("1c", LOGIN)) == ["00000/import.xml"]


def test_unimported_files_of_a_removed_batch_make_the_export_incomplete(exports: Exports) -> None:
    exports.upload(is_full=True).remove()
    assert exports.tracker.files_since("1c", LOGIN), "it is in the shop"
    exports.upload("offers.xml", status=FileStatus.RECEIVED).remove()
    assert exports.refusal() == "exchange_export_incomplete"


def test_files_that_were_lost_on_their_way_spoil_it(exports: Exports) -> None:
    exports.upload(is_full=True)
    exports.tracker.record_lost("1c", LOGIN, ["offers.xml"])
    assert exports.refusal() == "exchange_export_incomplete"


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
    exports: Exports, later: int, user: str, has_acted: bool, is_broken: bool
) -> None:
    exports.upload(is_full=True, login=LOGIN + 1)
    exports.tracker.record_login(user, LOGIN + later)
    if has_acted:
        exports.tracker.record_activity(user, LOGIN + later)
    if is_broken:
        assert exports.refusal() == "exchange_export_broken_off"
    else:
        assert exports.tracker.files_since("1c", LOGIN)


def test_changes_alone_are_no_full_export(exports: Exports) -> None:
    exports.upload()
    assert exports.refusal() == "exchange_export_not_full"


def test_nothing_at_all_is_no_full_export(exports: Exports) -> None:
    assert exports.refusal() == "exchange_export_not_full"


@pytest.mark.parametrize("later", [-1, 1, -LOGIN + 1], ids=["a second before", "a second after", "1970"])
def test_only_the_time_of_a_login_counts(exports: Exports, later: int) -> None:
    exports.upload(is_full=True)
    assert exports.refusal(LOGIN + later) == "exchange_timestamp_invalid"


def test_and_only_of_that_user(exports: Exports) -> None:
    exports.upload(is_full=True)
    assert exports.refusal(user="other") == "exchange_timestamp_invalid"


def test_an_export_of_yesterday_is_too_old(exports: Exports) -> None:
    old = LOGIN - LONGEST_EXPORT_S - 1
    exports.tracker.record_login("1c", old)
    exports.upload(is_full=True, login=old)
    assert exports.refusal(old) == "exchange_timestamp_invalid"


def test_files_that_are_forgotten_spoil_it(exports: Exports) -> None:
    exports.upload(is_full=True)
    exports.upload("offers.xml")
    exports.runs.forget_old(keep_runs=1, keep_days=1)
    assert exports.refusal() == "exchange_export_incomplete"
