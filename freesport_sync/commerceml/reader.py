"""Reads a file record by record: safely, with the same little memory whatever its size."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

from lxml import etree

from freesport_sync.commerceml.discovery import SourceFile
from freesport_sync.commerceml.header import check_header, malformed
from freesport_sync.errors import ImportFailed, SourceMalformed


class RecordReader:
    """The records of one file, one after the other.

    A record is valid until the next one is asked for.

    Args:
        file: the file, as `discovery` found it.
        tag: local name of the records, for example `Товар`.
    """

    def __init__(self, file: SourceFile, tag: str) -> None:
        self._file = file
        self._tag = f"{{*}}{tag}"
        self._source: BinaryIO | None = None

    @property
    def bytes_read(self) -> int:
        """Bytes of the file consumed so far."""
        if self._source is None:
            return 0
        return self._file.size_bytes if self._source.closed else self._source.tell()

    def __iter__(self) -> Iterator[etree._Element]:
        """Yields the records.

        Raises:
            SourceMalformed: not readable, empty, not well-formed, cut off, with a DOCTYPE, or of another root element.
            ImportFailed: the file is not the one that `discovery` found: it was written to meanwhile.
        """
        name = self._file.name
        try:
            with self._file.path.open("rb") as self._source:
                check_header(self._source, name)
                self._source.seek(0)
                yield from self._records(self._source)
                self._require_unchanged()
        except OSError as error:
            raise SourceMalformed("file_unreadable", path=name, reason=error.strerror or str(error)) from error

    def _records(self, source: BinaryIO) -> Iterator[etree._Element]:
        # A blank text between two tags costs as much as a value: without them parsing is 10 % faster.
        parsed = etree.iterparse(
            source,
            events=("end",),
            tag=self._tag,
            resolve_entities=False,
            no_network=True,
            load_dtd=False,
            huge_tree=False,
            remove_comments=True,
            remove_pis=True,
            remove_blank_text=True,
        )
        try:
            for _event, element in parsed:
                yield element
                element.clear(keep_tail=False)
                # Only what stands before: lxml parses ahead, so what follows may be records not yet seen.
                parent = element.getparent()
                while parent is not None and element.getprevious() is not None:
                    del parent[0]
        except etree.XMLSyntaxError as error:
            self._require_unchanged()  # a file that is still being written looks cut off
            raise malformed(self._file.name, error, parsed.error_log) from error

    def _require_unchanged(self) -> None:
        try:
            status = self._file.path.stat()
        except OSError as error:
            raise ImportFailed("file_changed", file=self._file.name) from error
        if (status.st_size, status.st_mtime_ns) != (self._file.size_bytes, self._file.modified_ns):
            raise ImportFailed("file_changed", file=self._file.name)
