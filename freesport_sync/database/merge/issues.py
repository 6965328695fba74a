"""Row issues found by comparing with the shop, one query each."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import sqlalchemy as sa

from freesport_sync.core.issues import SHOWN_LENGTH, RowIssue, Severity
from freesport_sync.database.server.rows import fetch_in_chunks
from freesport_sync.database.server.sql_files import sql
from freesport_sync.rules.catalog.categories import HIDDEN_CATEGORY
from freesport_sync.rules.merge_rules import MergeRules


@dataclass(frozen=True, slots=True)
class _IssueQuery:
    """One kind of issue.

    The query yields file_no, line, onec_id, name and value; article where the record has one, kept where the shop keeps
    another value. `own.issue_names` fills in names and articles that the record itself does not have.

    Args:
        severity: of the issue.
        code: of the issue.
        field: element of the record that the issue is about.
        file: of the query in `sql/issues`, if not named after the code.
        is_needed: whether the query can find anything under these rules.
    """

    severity: Severity
    code: str
    field: str
    file: str = ""
    is_needed: Callable[[MergeRules], bool] = lambda _rules: True


_QUERIES = (
    _IssueQuery(Severity.WARNING, "category_unknown", "Группы"),
    _IssueQuery(Severity.WARNING, "brand_unknown", "Бренд"),
    _IssueQuery(Severity.NOTE, "name_kept", "Наименование", is_needed=lambda rules: not rules.owns_name),
    _IssueQuery(Severity.NOTE, "category_kept", "Группы", is_needed=lambda rules: not rules.owns_category),
    _IssueQuery(Severity.NOTE, "brand_kept", "Бренд", is_needed=lambda rules: not rules.owns_brand),
    _IssueQuery(Severity.NOTE, "description_kept", "Описание", is_needed=lambda rules: not rules.owns_description),
    _IssueQuery(Severity.NOTE, "vat_rate_kept", "СтавкаНДС", is_needed=lambda rules: not rules.owns_vat_rate),
    _IssueQuery(Severity.NOTE, "tombstone_unknown", "Ид", "product_tombstone_unknown"),
    _IssueQuery(Severity.NOTE, "tombstone_unknown", "Ид", "variant_tombstone_unknown"),
    _IssueQuery(Severity.WARNING, "parent_not_found", "Ид"),
    _IssueQuery(Severity.WARNING, "price_variant_unknown", "Цены"),
    _IssueQuery(Severity.WARNING, "price_of_product_alone", "Цены"),
    _IssueQuery(Severity.WARNING, "stock_of_product_alone", "Остатки"),
    _IssueQuery(Severity.NOTE, "product_without_variants", "Предложения"),
    _IssueQuery(Severity.NOTE, "article_repeated", "Артикул"),
    _IssueQuery(Severity.WARNING, "variants_alike", "ХарактеристикиТовара"),
    _IssueQuery(Severity.WARNING, "attribute_unknown", "Свойства"),
    _IssueQuery(Severity.WARNING, "attribute_value_unknown", "Значение"),
    _IssueQuery(Severity.WARNING, "stock_cut", "Остатки"),
    _IssueQuery(Severity.NOTE, "stock_awaited", "Остатки"),
    _IssueQuery(Severity.NOTE, "sold_out", "Количество"),
    _IssueQuery(Severity.WARNING, "stock_variant_unknown", "Остатки"),
)


def read_issues(
    connection: sa.Connection, files: Mapping[int, str], rules: MergeRules
) -> Iterator[tuple[RowIssue, ...]]:
    """Yield the issues that the comparison has found, in chunks.

    Args:
        connection: inside the merge, after `merge.resolve`.
        files: number -> name of the export's files.
        rules: of the merge.
    """
    for query in _QUERIES:
        if query.is_needed(rules):
            statement = sql(f"merge/issues/{query.file or query.code}")
            for rows in fetch_in_chunks(connection, statement, {"hidden_category": HIDDEN_CATEGORY}):
                yield tuple(_issue(query, row, files) for row in rows)


def _issue(query: _IssueQuery, row: sa.RowMapping, files: Mapping[int, str]) -> RowIssue:
    return RowIssue(
        query.severity,
        query.code,
        files.get(row["file_no"], ""),
        row["line"],
        row["onec_id"],
        (row["name"] or "")[:SHOWN_LENGTH],
        query.field,
        (row["value"] or "")[:SHOWN_LENGTH],
        {"kept": row["kept"][:SHOWN_LENGTH]} if "kept" in row else {},
        article=(row.get("article") or "")[:SHOWN_LENGTH],
    )
