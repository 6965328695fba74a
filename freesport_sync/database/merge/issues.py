"""Row issues that only the comparison with the shop can find, one query each."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import sqlalchemy as sa

from freesport_sync.core.issues import SHOWN_LENGTH, RowIssue, Severity
from freesport_sync.database.server.engine import fetch_in_chunks
from freesport_sync.database.server.sql_files import sql
from freesport_sync.rules.catalog.categories import HIDDEN_CATEGORY
from freesport_sync.rules.merge_rules import MergeRules


@dataclass(frozen=True, slots=True)
class _IssueQuery:
    """One kind of issue.

    The statement gives file_no, line, onec_id, name and value; article where the record has one, kept where the shop
    keeps another value. `issue_names` fills what a record itself does not say.
    """

    severity: Severity
    code: str
    field: str
    statement: str
    is_asked: Callable[[MergeRules], bool] = lambda _rules: True


_KNOWN_PRODUCTS = (
    "FROM stg_product AS s JOIN map_product AS m ON m.onec_id = s.onec_id JOIN products AS p ON p.id = m.product_id"
)

_QUERIES = (
    _IssueQuery(
        Severity.WARNING,
        "category_unknown",
        "Группы",
        f"""
        SELECT s.file_no, s.line, s.onec_id, s.name, s.article, s.category_onec_id AS value
        FROM stg_product AS s
        JOIN chg_product AS c ON c.onec_id = s.onec_id AND c.product_id IS NULL
        WHERE c.category_key = '{HIDDEN_CATEGORY}'
        ORDER BY s.file_no, s.position
        """,
    ),
    _IssueQuery(
        Severity.WARNING,
        "brand_unknown",
        "Бренд",
        """
        SELECT s.file_no, s.line, s.onec_id, s.name, s.article, s.brand_onec_id AS value
        FROM stg_product AS s
        WHERE s.brand_onec_id IS NOT NULL
          AND NOT EXISTS (SELECT 1 FROM map_brand AS b WHERE b.onec_id = s.brand_onec_id)
        ORDER BY s.file_no, s.position
        """,
    ),
    _IssueQuery(
        Severity.NOTE,
        "name_kept",
        "Наименование",
        f"""
        SELECT s.file_no, s.line, s.onec_id, p.name, s.article, s.name AS value, p.name AS kept
        {_KNOWN_PRODUCTS}
        LEFT JOIN chg_product AS c ON c.onec_id = s.onec_id
        WHERE s.name <> p.name AND coalesce(c.name, p.name) = p.name
        ORDER BY s.file_no, s.position
        """,
        lambda rules: not rules.owns_name,
    ),
    _IssueQuery(
        Severity.NOTE,
        "category_kept",
        "Группы",
        f"""
        SELECT s.file_no, s.line, s.onec_id, p.name, s.article,
               coalesce(wanted.name, s.category_onec_id) AS value, kept.name AS kept
        {_KNOWN_PRODUCTS}
        JOIN map_category AS category ON category.onec_id = s.category_onec_id
        JOIN categories AS kept ON kept.id = p.category_id
        LEFT JOIN categories AS wanted ON wanted.id = category.category_id
        LEFT JOIN chg_product AS c ON c.onec_id = s.onec_id
        WHERE s.name IS NOT NULL AND category.category_id IS DISTINCT FROM p.category_id AND c.category_key IS NULL
        ORDER BY s.file_no, s.position
        """,
        lambda rules: not rules.owns_category,
    ),
    _IssueQuery(
        Severity.NOTE,
        "brand_kept",
        "Бренд",
        f"""
        SELECT s.file_no, s.line, s.onec_id, p.name, s.article,
               coalesce(wanted.name, s.brand_onec_id) AS value, kept.name AS kept
        {_KNOWN_PRODUCTS}
        JOIN map_brand AS brand ON brand.onec_id = s.brand_onec_id
        JOIN brands AS kept ON kept.id = p.brand_id
        LEFT JOIN brands AS wanted ON wanted.id = brand.brand_id
        WHERE s.name IS NOT NULL AND brand.brand_id IS DISTINCT FROM p.brand_id
        ORDER BY s.file_no, s.position
        """,
        lambda rules: not rules.owns_brand,
    ),
    _IssueQuery(
        Severity.NOTE,
        "description_kept",
        "Описание",
        f"""
        SELECT s.file_no, s.line, s.onec_id, p.name, s.article, s.description AS value, p.description AS kept
        {_KNOWN_PRODUCTS}
        WHERE s.description <> p.description
        ORDER BY s.file_no, s.position
        """,
        lambda rules: not rules.owns_description,
    ),
    _IssueQuery(
        Severity.NOTE,
        "vat_rate_kept",
        "СтавкаНДС",
        f"""
        SELECT s.file_no, s.line, s.onec_id, p.name, s.article,
               s.vat_rate::text AS value, coalesce(p.vat_rate::text, '') AS kept
        {_KNOWN_PRODUCTS}
        WHERE s.vat_rate IS NOT NULL AND s.vat_rate IS DISTINCT FROM p.vat_rate
        ORDER BY s.file_no, s.position
        """,
        lambda rules: not rules.owns_vat_rate,
    ),
    _IssueQuery(
        Severity.NOTE,
        "tombstone_unknown",
        "Ид",
        """
        SELECT s.file_no, s.line, s.onec_id, '' AS name, s.onec_id AS value
        FROM stg_product AS s
        JOIN map_product AS m ON m.onec_id = s.onec_id
        WHERE m.product_id IS NULL AND NOT m.is_record
        ORDER BY s.file_no, s.position
        """,
    ),
    _IssueQuery(
        Severity.NOTE,
        "tombstone_unknown",
        "Ид",
        """
        SELECT o.file_no, o.line, o.onec_id, '' AS name, o.onec_id AS value
        FROM stg_offer AS o
        WHERE o.is_deleted AND o.name IS NULL
          AND NOT EXISTS (SELECT 1 FROM map_variant AS mv WHERE mv.onec_id = o.onec_id)
        ORDER BY o.file_no, o.position
        """,
    ),
    # Once for each missing product, whatever the number of its offers.
    _IssueQuery(
        Severity.WARNING,
        "parent_not_found",
        "Ид",
        """
        SELECT DISTINCT ON (o.product_onec_id) o.file_no, o.line, o.onec_id, o.name, o.article,
               o.product_onec_id AS value
        FROM stg_offer AS o
        JOIN map_product AS m ON m.onec_id = o.product_onec_id
        WHERE m.product_id IS NULL AND NOT m.is_record AND NOT (o.is_deleted AND o.name IS NULL)
        ORDER BY o.product_onec_id, o.file_no, o.position
        """,
    ),
    _IssueQuery(
        Severity.WARNING,
        "price_variant_unknown",
        "Цены",
        """
        SELECT s.file_no, s.line, s.onec_id, '' AS name, s.onec_id AS value
        FROM stg_price AS s
        WHERE NOT EXISTS (SELECT 1 FROM map_variant AS mv WHERE mv.onec_id = s.onec_id)
        ORDER BY s.file_no, s.position
        """,
    ),
    _IssueQuery(
        Severity.WARNING,
        "price_of_product_alone",
        "Цены",
        """
        SELECT file_no, line, onec_id, '' AS name, onec_id AS value FROM lost_row WHERE kind = 'price'
        ORDER BY file_no, position
        """,
    ),
    _IssueQuery(
        Severity.WARNING,
        "stock_of_product_alone",
        "Остатки",
        """
        SELECT file_no, line, onec_id, '' AS name, onec_id AS value FROM lost_row WHERE kind = 'stock'
        ORDER BY file_no, position
        """,
    ),
    _IssueQuery(Severity.NOTE, "product_without_variants", "Предложения", sql("merge/products_without_variants").text),
    _IssueQuery(Severity.NOTE, "article_repeated", "Артикул", sql("merge/articles_repeated").text),
    # Once for each product: what its variants look like after the run, as far as the run is about its offers.
    _IssueQuery(
        Severity.WARNING,
        "variants_alike",
        "ХарактеристикиТовара",
        sql("merge/variants_alike").text,
    ),
    # Once for each property, and once for each value: whatever the number of its uses and of the workers.
    _IssueQuery(
        Severity.WARNING,
        "attribute_unknown",
        "Свойства",
        """
        SELECT DISTINCT ON (pair.property_name)
            pair.file_no, pair.line, pair.onec_id, '' AS name, pair.property_name AS value
        FROM pair
        WHERE pair.attribute_no IS NULL
        ORDER BY pair.property_name, pair.file_no, pair.number
        """,
    ),
    _IssueQuery(
        Severity.WARNING,
        "attribute_value_unknown",
        "Значение",
        """
        SELECT DISTINCT ON (pair.property_name, pair.written)
            pair.file_no, pair.line, pair.onec_id, '' AS name, pair.written AS value, pair.property_name AS kept
        FROM pair
        WHERE pair.attribute_no IS NOT NULL AND pair.is_unknown
        ORDER BY pair.property_name, pair.written, pair.file_no, pair.number
        """,
    ),
    _IssueQuery(
        Severity.WARNING,
        "stock_cut",
        "Остатки",
        """
        SELECT DISTINCT ON (s.onec_id) s.file_no, s.line, s.onec_id, '' AS name, r.stock_quantity::text AS value
        FROM rest_total AS r
        JOIN stg_rest AS s ON s.onec_id = r.onec_id
        WHERE r.is_cut
        ORDER BY s.onec_id, s.file_no, s.position
        """,
    ),
    # It was hidden, by a mark or for its absence, and so has no stock.
    _IssueQuery(
        Severity.NOTE,
        "stock_awaited",
        "Остатки",
        """
        SELECT coalesce(o.file_no, s.file_no) AS file_no, coalesce(o.line, s.line, 0) AS line, c.onec_id,
               coalesce(o.name, s.name, '') AS name, coalesce(o.article, c.old_sku) AS article, c.old_sku AS value
        FROM chg_variant AS c
        LEFT JOIN stg_offer AS o ON o.onec_id = c.onec_id
        LEFT JOIN stg_product AS s ON s.onec_id = c.product_onec_id
        WHERE c.is_active AND NOT c.old_is_active AND c.old_stock_quantity = 0 AND NOT c.has_rest
        ORDER BY 1, c.ord
        """,
    ),
    _IssueQuery(
        Severity.NOTE,
        "sold_out",
        "Количество",
        """
        SELECT s.file_no, s.line, s.onec_id, '' AS name, c.old_stock_quantity::text AS value
        FROM stg_rest AS s
        JOIN chg_variant AS c ON c.onec_id = s.onec_id
        WHERE s.entry IS NULL AND c.stock_quantity = 0 AND c.old_stock_quantity > 0
        ORDER BY s.file_no, s.position
        """,
    ),
    _IssueQuery(
        Severity.WARNING,
        "stock_variant_unknown",
        "Остатки",
        """
        SELECT DISTINCT ON (s.onec_id) s.file_no, s.line, s.onec_id, '' AS name, s.onec_id AS value
        FROM stg_rest AS s
        WHERE s.entry IS NOT NULL AND NOT EXISTS (SELECT 1 FROM map_variant AS mv WHERE mv.onec_id = s.onec_id)
        ORDER BY s.onec_id, s.file_no, s.position
        """,
    ),
)


def read_issues(
    connection: sa.Connection, files: Mapping[int, str], rules: MergeRules
) -> Iterator[tuple[RowIssue, ...]]:
    """What the comparison found, in chunks.

    Args:
        connection: inside the merge, after `merge.resolve`.
        files: number -> name of the export's files.
        rules: of the merge.
    """
    for query in _QUERIES:
        if not query.is_asked(rules):
            continue
        for rows in fetch_in_chunks(connection, query.statement):
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
