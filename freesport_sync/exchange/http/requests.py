"""The parameters of the requests of 1C."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import unquote_to_bytes

from freesport_sync.exchange.uploads.file_names import REPORTS


class Mode(StrEnum):
    """What a request is for."""

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
    """The parameters of a request; an empty text where there is none.

    Args:
        type: `catalog`, `sale`, or a word that we do not know.
        mode: a `Mode`, or a word that we do not know.
        filename: as 1C writes it.
        version: only the module of 1C-Bitrix says it.
        timestamp: line 5 of an earlier answer to `checkauth`.
    """

    type: str = ""
    mode: str = ""
    filename: str = ""
    version: str = ""
    timestamp: str = ""

    @property
    def brings_export(self) -> bool:
        """Whether it is about an XML file or an archive, and not about a picture or a log."""
        name = self.filename.strip().lower()
        return self.mode in (Mode.FILE, Mode.IMPORT) and name.endswith((".xml", ".zip")) and REPORTS not in name


def parse_request(query: bytes) -> ExchangeRequest:
    """Read the query of an address.

    The first of repeated parameters counts; what we do not know is ignored, so that an address may have parameters of
    its own, even where 1C puts a second question mark behind them. A plus is a plus: 1C writes blanks as `%20`.
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
        return text.decode("cp1251", "replace")  # old platforms
