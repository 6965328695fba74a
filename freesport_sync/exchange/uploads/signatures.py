"""How files begin and end: distinguishes the next fragment from a file that is sent again."""

from __future__ import annotations

import re
from pathlib import Path

from freesport_sync.rules.catalog.pictures import PICTURE_SUFFIXES
from freesport_sync.sources.commerceml.faults import ROOT_TAG

_XML_START = re.compile(rb"\s*(?:\xef\xbb\xbf)?<\?xml")
_PICTURE_START = re.compile(rb"\xff\xd8\xff|\x89PNG\r\n\x1a\n|GIF8[79]a|RIFF....WEBP", re.DOTALL)
_ZIP_START, _ZIP_END = b"PK\x03\x04", b"PK\x05\x06"
_END_BYTES = 200


def starts_file(path: Path, data: bytes | bytearray) -> bool:
    """Whether a fragment is the first of a file rather than the continuation of what is on the disk.

    A proxy has repeated the request, or 1C sends the file of the next batch under the same name.

    Args:
        path: of what has been received so far.
        data: the fragment, or its first 16 bytes.
    """
    start, suffix = bytes(data[:16]), path.suffix.lower()
    if suffix == ".xml":
        return _XML_START.match(start) is not None
    if suffix in PICTURE_SUFFIXES:
        return _PICTURE_START.match(start) is not None
    # Each entry of an archive begins like the archive itself, so a later fragment may, too.
    return suffix == ".zip" and start.startswith(_ZIP_START) and is_complete(path)


def is_complete(path: Path) -> bool:
    """Whether an XML file or an archive ends as a complete one does."""
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - _END_BYTES))
        end = file.read()
    if path.suffix.lower() == ".zip":
        return _ZIP_END in end
    return any(end.rstrip().endswith(f"</{ROOT_TAG}>".encode(encoding)) for encoding in ("utf-8", "cp1251"))


def starts_with(path: Path, data: bytes | bytearray) -> bool:
    """Whether the file on the disk begins with these bytes."""
    with path.open("rb") as file:
        return file.read(len(data)) == data
