"""Reads a file record by record, safely and in constant memory."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import BinaryIO

from lxml import etree

from freesport_sync.errors import ImportFailed, SourceMalformed
from freesport_sync.os_support import open_shared
from freesport_sync.sources.commerceml.elements import LOCAL_NAME, catalogue_of
from freesport_sync.sources.commerceml.export import SourceFile
from freesport_sync.sources.commerceml.faults import ROOT_TAG, ended_early, malformed
from freesport_sync.sources.commerceml.header import check_header


class RecordReader:
    """Iterates over the records of one file; a record is valid until the next one.

    Args:
        file: the file, as `discovery` found it.
        parents: local name of the records -> local name of their parent element, for example `Товар` -> `Товары`;
            elsewhere such an element is part of another record. Empty means anywhere.
        stop_at: local names of elements whose start ends the reading.
        is_head: whether the file will be read again from its start.
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
        """`Ид` of the catalogue of the current product or offer; empty if there is none."""

    @property
    def bytes_read(self) -> int:
        """Bytes of the file consumed so far; 0 for a head."""
        if self._source is None or self._is_head:
            return 0
        return self._file.size_bytes if self._source.closed else self._source.tell()

    def __iter__(self) -> Iterator[tuple[str, etree._Element]]:
        """Yield the records, each with its local name.

        Raises:
            SourceMalformed: unreadable, empty, not well-formed, truncated, with a DOCTYPE or another root element.
            ImportFailed: the file has changed since `discovery` found it.
        """
        name = self._file.name
        try:
            with open_shared(self._file.path) as self._source:
                check_header(self._source, name)
                self._source.seek(0)
                yield from self._records(self._source)
                self._require_unchanged()
        except OSError as error:
            raise SourceMalformed("file_unreadable", path=name, reason=error.strerror or str(error)) from error

    def _records(self, source: BinaryIO) -> Iterator[tuple[str, etree._Element]]:
        # Whitespace between tags costs as much as values: without it parsing is 10 % faster.
        parsed = etree.iterparse(
            source,
            events=("start", "end") if self._stop_at else ("end",),
            tag=[f"{{*}}{name}" for name in (*self._parents, *self._stop_at, ROOT_TAG)],
            resolve_entities=False,
            no_network=True,
            load_dtd=False,
            huge_tree=False,
            remove_comments=True,
            remove_pis=True,
            remove_blank_text=True,
        )
        is_whole = False
        try:
            for event, element in parsed:
                name = LOCAL_NAME[element.tag]
                if name in self._stop_at:
                    return
                if name == ROOT_TAG:
                    is_whole = event == "end" and element.getparent() is None
                    continue
                if event == "start" or not self._is_record(element, self._parents[name]):
                    continue
                yield name, element
                element.clear(keep_tail=False)
                # Only preceding siblings: lxml parses ahead, so following ones may be unseen records.
                parent = element.getparent()
                while parent is not None and element.getprevious() is not None:
                    del parent[0]
        except etree.XMLSyntaxError as error:
            self._require_unchanged()  # a file that is still being written looks truncated
            raise malformed(source, self._file.name, error, parsed.error_log) from error
        if not is_whole:
            self._require_unchanged()
            raise ended_early(source, self._file.name)

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
