"""The record being read: its place in the file, and the issues found in it."""

from __future__ import annotations

from collections.abc import Mapping

from lxml.etree import _Element

from freesport_sync.core.issues import SHOWN_LENGTH, RowIssue, Severity
from freesport_sync.sources.commerceml.elements import text_of
from freesport_sync.sources.commerceml.export import SourceFile
from freesport_sync.sources.commerceml.values import ZERO_GUID, VariantId, cut, variant_id

ID_LIMIT = 100
"""Length of the shop's columns for 1C's ids, which cannot be shortened without becoming another object's."""


class CurrentRecord:
    """The place of the current record of a file, and the issues found in the file so far.

    Args:
        file: the file.
    """

    def __init__(self, file: SourceFile) -> None:
        self.file_no = file.file_no
        self.position = 0
        self.line = 0
        self.place = (self.file_no, 0, 0)
        """`file_no`, `position` and `line`, the first columns of every staged row."""
        self.failed = 0
        """Number of records that could not be imported."""
        self.issues: list[RowIssue] = []
        self._file_name = file.name
        self._fields: Mapping[str, _Element] = {}
        self._reported: set[tuple[str, str]] = set()

    def next_record(self, line: int | None, fields: Mapping[str, _Element] | None = None) -> None:
        """Advance to the next record.

        Args:
            line: lxml's `sourceline`.
            fields: child elements, from which issues take name and article.
        """
        self.position += 1
        self.line = line or 0
        self._fields = fields or {}
        self.place = (self.file_no, self.position, self.line)

    def end_record(self) -> None:
        """Drop the references to elements: lxml is slow to free elements that are still referenced."""
        self._fields = {}

    def report(
        self,
        severity: Severity,
        code: str,
        *,
        onec_id: str = "",
        name: str = "",
        field: str = "",
        value: str = "",
        **params: str,
    ) -> None:
        """Add an issue about the current record; the arguments are those of `RowIssue`.

        Without id and name the issue is about the file as a whole.
        """
        fields = self._fields if onec_id or name else {}
        self.issues.append(
            RowIssue(
                severity=severity,
                code=code,
                file=self._file_name,
                line=self.line,
                onec_id=cut(onec_id, SHOWN_LENGTH),
                name=cut(name or text_of(fields.get("Наименование")), SHOWN_LENGTH),
                article=cut(text_of(fields.get("Артикул")), SHOWN_LENGTH),
                field=field,
                value=cut(value, SHOWN_LENGTH),
                params=params,
            )
        )

    def is_first(self, code: str, value: str) -> bool:
        """Return whether this is the first such call in the file: for issues that would repeat with every record."""
        key = (code, value)
        if key in self._reported:
            return False
        self._reported.add(key)
        return True

    def checked_id(self, onec_id: str, *, name: str = "", field: str = "Ид", limit: int = ID_LIMIT) -> str | None:
        """Return the id of a record, or None and report an issue if the record must be skipped (ID-3)."""
        if not onec_id:
            self.failed += 1
            self.report(Severity.ERROR, "onec_id_missing", name=name, field=field)
            return None
        if len(onec_id) > limit:
            self.failed += 1
            self.report(
                Severity.ERROR,
                "onec_id_too_long",
                onec_id=onec_id,
                name=name,
                field=field,
                value=onec_id,
                length=str(len(onec_id)),
                limit=str(limit),
            )
            return None
        return onec_id

    def variant_id(self, fields: Mapping[str, _Element]) -> VariantId | None:
        """Return the id of a `Товар` or `Предложение`, or None and report an issue if the record must be skipped.

        Some exports have the characteristic in an element of its own: `Ид` and `ИдХарактеристики`.
        """
        found = variant_id(text_of(fields.get("Ид")))
        if not found.characteristic and "ИдХарактеристики" in fields:
            found = variant_id(f"{found.product}#{text_of(fields['ИдХарактеристики'])}")
        checked = self.checked_id(found.key if found.product else "", name=text_of(fields.get("Наименование")))
        return None if checked is None else found

    def has_name(
        self, name: str, *, onec_id: str, deleted: bool = False, field: str = "Наименование", owner: str = ""
    ) -> bool:
        """Return whether a record has a name or is deleted; otherwise it is skipped and an issue reported.

        `owner` is the name of the object that the record belongs to, by which people find it in 1C.
        """
        if name or deleted:
            return True
        self.failed += 1
        self.report(Severity.ERROR, "name_missing", onec_id=onec_id, name=owner, field=field)
        return False

    def reference(self, value: str, *, onec_id: str, field: str, limit: int = ID_LIMIT) -> str | None:
        """Return the id of another object; None if empty, the zero GUID, or, with an issue, too long."""
        if not value or value == ZERO_GUID:
            return None
        if len(value) > limit:
            self.report(
                Severity.WARNING,
                "reference_too_long",
                onec_id=onec_id,
                field=field,
                value=value,
                length=str(len(value)),
                limit=str(limit),
            )
            return None
        return value

    def shortened(self, text: str, limit: int, *, onec_id: str, field: str, name: str = "") -> str:
        """Cut a text to the length of the shop's column and report an issue if it was longer (TEXT-1)."""
        if len(text) <= limit:
            return text
        self.report(
            Severity.WARNING,
            "text_cut",
            onec_id=onec_id,
            name=name or text,
            field=field,
            value=text,
            length=str(len(text)),
            limit=str(limit),
        )
        return cut(text, limit)
