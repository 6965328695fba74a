"""Reads a file record by record: safely, with the same little memory whatever its size."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import BinaryIO

from lxml import etree

from freesport_sync.errors import ImportFailed, SourceMalformed
from freesport_sync.sources.commerceml.elements import LOCAL_NAME, catalogue_of
from freesport_sync.sources.commerceml.export import SourceFile
from freesport_sync.sources.commerceml.faults import malformed
from freesport_sync.sources.commerceml.header import check_header


class RecordReader:
    """The records of one file, one after the other.

    A record is valid until the next one is asked for.

    Args:
        file: the file, as `discovery` found it.
        parents: local name of the records -> local name of the element they lie in, for example `Товар` -> `Товары`;
            an element of that name anywhere else is part of another record. Empty: anywhere.
        stop_at: local names of elements with whose start the reading ends.
        is_head: the file will be read again from its start.
    """

    def __init__(
        self, file: SourceFile, parents: Mapping[str, str], stop_at: Collection[str] = (), *, is_head: bool = False
    ) -> None:
        self._file = file
        self._parents = parents
        self._stop_at = stop_at
        self._is_head = is_head
        self._source: BinaryIO | None = None
        self._container: etree._Element | None = None
        self.catalogue = ""
        """`Ид` of the catalogue in which the current product or offer lies; empty where none is named."""

    @property
    def bytes_read(self) -> int:
        """Bytes of the file consumed so far; none of a head."""
        if self._source is None or self._is_head:
            return 0
        return self._file.size_bytes if self._source.closed else self._source.tell()

    def __iter__(self) -> Iterator[tuple[str, etree._Element]]:
        """Yields the records, each with its local name.

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

    def _records(self, source: BinaryIO) -> Iterator[tuple[str, etree._Element]]:
        # A blank text between two tags costs as much as a value: without them parsing is 10 % faster.
        parsed = etree.iterparse(
            source,
            events=("start", "end") if self._stop_at else ("end",),
            tag=[f"{{*}}{name}" for name in (*self._parents, *self._stop_at)],
            resolve_entities=False,
            no_network=True,
            load_dtd=False,
            huge_tree=False,
            remove_comments=True,
            remove_pis=True,
            remove_blank_text=True,
        )
        try:
            for event, element in parsed:
                name = LOCAL_NAME[element.tag]
                if name in self._stop_at:
                    return
                if event == "start" or not self._is_record(element, self._parents[name]):
                    continue
                yield name, element
                element.clear(keep_tail=False)
                # Only what stands before: lxml parses ahead, so what follows may be records not yet seen.
                parent = element.getparent()
                while parent is not None and element.getprevious() is not None:
                    del parent[0]
        except etree.XMLSyntaxError as error:
            self._require_unchanged()  # a file that is still being written looks cut off
            raise malformed(source, self._file.name, error, parsed.error_log) from error

    def _is_record(self, element: etree._Element, parent_name: str) -> bool:
        parent = element.getparent()
        if not parent_name:
            return True
        if parent is None or LOCAL_NAME[parent.tag] != parent_name:
            return False
        if parent is not self._container:
            self._container, self.catalogue = parent, catalogue_of(parent)
        return True

    def _require_unchanged(self) -> None:
        try:
            status = self._file.path.stat()
        except OSError as error:
            raise ImportFailed("file_changed", file=self._file.name) from error
        if (status.st_size, status.st_mtime_ns) != (self._file.size_bytes, self._file.modified_ns):
            raise ImportFailed("file_changed", file=self._file.name)
