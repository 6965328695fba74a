"""The parameters of the requests of 1C."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import unquote_to_bytes

from freesport_sync.exchange.uploads.file_names import REPORTS


class Mode(StrEnum):
    """What a request asks for."""

    CHECKAUTH = "checkauth"
    INIT = "init"
    FILE = "file"
    IMPORT = "import"
    DEACTIVATE = "deactivate"
    COMPLETE = "complete"
    QUERY = "query"
    SUCCESS = "success"


@dataclass(frozen=True, slots=True)
class ExchangeRequest:
    """The parameters of a request; empty where they are absent.

    Args:
        type: `catalog`, `sale`, or something unknown.
        mode: a `Mode`, or something unknown.
        filename: as 1C writes it.
        version: of CommerceML; only the 1C-Bitrix module sends it.
        timestamp: line 5 of the answer to an earlier `checkauth`.
    """

    type: str = ""
    mode: str = ""
    filename: str = ""
    version: str = ""
    timestamp: str = ""

    @property
    def brings_export(self) -> bool:
        """Whether it brings or imports an XML file or an archive, rather than a picture or a log."""
        name = self.filename.strip().lower()
        return self.mode in (Mode.FILE, Mode.IMPORT) and name.endswith((".xml", ".zip")) and REPORTS not in name


def parse_request(query: bytes) -> ExchangeRequest:
    """Parse a query string.

    The first of repeated parameters counts. Unknown ones are ignored, because the address in 1C may have parameters of
    its own, even if 1C puts a second question mark after them. A plus is a plus: 1C writes blanks as `%20`.
    """
    values: dict[str, str] = {}
    for part in re.split(b"[&?]", query):
        name, _, value = part.partition(b"=")
        values.setdefault(_decoded(name), _decoded(value))
    return ExchangeRequest(
        type=values.get("type", "").strip().lower(),
        mode=values.get("mode", "").strip().lower(),
        filename=values.get("filename", ""),
        version=values.get("version", "").strip(),
        timestamp=values.get("timestamp", "").strip(),
    )


def _decoded(raw: bytes) -> str:
    text = unquote_to_bytes(raw)
    try:
        return text.decode("utf-8")
    except UnicodeDecodeError:
        return text.decode("cp1251", "replace")  # old versions of 1C
