"""What can be wrong with a single record of an export, without stopping the run."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from enum import StrEnum

SHOWN_LENGTH = 200
"""Characters at most of a name, an article or a value in an issue."""


class Severity(StrEnum):
    """How much a row issue matters."""

    NOTE = "note"
    """Worth knowing; the result is what the rules say."""
    WARNING = "warning"
    """Something of the record was not taken over, the rest was."""
    ERROR = "error"
    """The record, or a value that the shop needs, was not imported; the run ends with exit code 1."""

    @property
    def rank(self) -> int:
        """To sort by, the gravest first."""
        return -list(Severity).index(self)


@dataclass(frozen=True, slots=True)
class RowIssue:
    """One thing to mend in 1C: which object, which field, which value.

    Args:
        severity: how much it matters.
        code: a key of the section `issues` in the text files.
        file: path of the file inside the export folder, with forward slashes.
        line: line of the record in that file, counted from 1; 0 where it is not known.
        onec_id: the object's `Ид` as 1C wrote it.
        name: name of the object as 1C wrote it, cut to 200 characters; empty where the file has none (prices and rests
            have only ids: `database.own.issue_names` fills these when the run ends).
        article: `Артикул` of the object, or the shop's SKU; empty where nobody knows it.
        field: the CommerceML element, for example `ЦенаЗаЕдиницу`.
        value: the offending value as written, cut to 200 characters.
        params: further values that the text names.
    """

    severity: Severity
    code: str
    file: str = ""
    line: int = 0
    onec_id: str = ""
    name: str = ""
    article: str = dataclasses.field(default="", kw_only=True)
    field: str = ""
    value: str = ""
    params: dict[str, str] = dataclasses.field(default_factory=dict)


def records_repeated(kind: str, count: int) -> RowIssue:
    """So many records of a kind of file were there before; of each object the last one counts."""
    return RowIssue(Severity.NOTE, "records_repeated", field="Ид", value=str(count), params={"kind": kind})
