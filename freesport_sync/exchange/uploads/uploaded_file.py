"""The status of an uploaded file on its way into the shop.

    RECEIVED -> UNPACKED                        an archive; its files are RECEIVED
    RECEIVED -> IMPORTING -> IMPORTED           it is in the shop
                          -> CHECKED            a dry run has read it
                          -> FAILED             -> IMPORTING, when 1C asks again
    RECEIVED -> ABANDONED                       the batch is removed before 1C asks for the file

No status means that a file is complete: 1C never says so, it asks for the import. A file that is sent again after an
import was asked for is a new file under the same name.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path, PurePosixPath


class FileStatus(StrEnum):
    """The status of a file; see the module."""

    RECEIVED = "received"
    UNPACKED = "unpacked"
    IMPORTING = "importing"
    IMPORTED = "imported"
    CHECKED = "checked"
    FAILED = "failed"
    ABANDONED = "abandoned"


@dataclass(slots=True, eq=False)
class UploadedFile:
    """One file of a batch; only the batch changes it.

    Args:
        path: relative to the folder of the batch.
        size_bytes: received so far.
        status: see the module.
        run_folder: with the files of the run that imported it.
        is_full_export: it declares that it contains the whole catalogue.
    """

    path: PurePosixPath
    size_bytes: int = 0
    status: FileStatus = FileStatus.RECEIVED
    run_folder: Path | None = None
    is_full_export: bool = False

    @property
    def is_export(self) -> bool:
        """Whether it is an XML file or an archive of them; folders hold only pictures, and the logs of 1C."""
        return len(self.path.parts) == 1 and self.path.suffix.lower() in (".xml", ".zip")

    @property
    def is_xml(self) -> bool:
        return self.is_export and self.path.suffix.lower() == ".xml"

    @property
    def is_archive(self) -> bool:
        """Whether it is an archive that has not been unpacked."""
        return self.is_export and not self.is_xml and self.status is not FileStatus.UNPACKED
