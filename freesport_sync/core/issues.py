"""Row issues: what is wrong with single records of an export, without stopping the run."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from enum import StrEnum

SHOWN_LENGTH = 200
"""Maximum length of a name, an article or a value in an issue, in characters."""


class Severity(StrEnum):
    """Severity of a row issue."""

    NOTE = "note"
    """For information: the rules decided what to do."""
    WARNING = "warning"
    """A part of the record was not imported."""
    ERROR = "error"
    """The record, or a value that the shop needs, was not imported: the run ends with exit code 1."""

    @property
    def rank(self) -> int:
        """Sort key: the most severe first."""
        return -list(Severity).index(self)


@dataclass(frozen=True, slots=True)
class RowIssue:
    """One thing to fix in 1C: which object, which field, which value.

    Args:
        severity: its severity.
        code: a key of the section `issues` in the text files.
        file: path of the file inside the export folder, with forward slashes.
        line: line of the record in that file, counted from 1; 0: unknown.
        onec_id: the object's `Ид` as 1C wrote it.
        name: name of the object as 1C wrote it, cut to 200 characters; empty where the file has none (prices and rests
            have only ids: `database.own.issue_names` fills these when the run ends).
        article: `Артикул` of the object, or the shop's SKU; empty: unknown.
        field: the CommerceML element, for example `ЦенаЗаЕдиницу`.
        value: the offending value as written, cut to 200 characters.
        params: further values for the text.
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
    """A note that files contain some objects more than once; the last record of each counts.

    Args:
        kind: kind of the files.
        count: number of repeated records.
    """
    return RowIssue(Severity.NOTE, "records_repeated", field="Ид", value=str(count), params={"kind": kind})
