"""Temporary staging tables on the lock's connection, filled by COPY."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import sqlalchemy as sa

from freesport_sync.core.staged import NO_SIZES, PRICE_COLUMNS, STAGING_TABLES
from freesport_sync.database.server.rows import analyze, copy_in, fetch_in_chunks, has_rows
from freesport_sync.database.server.sql_files import Part, for_each, sql
from freesport_sync.rules.unique_names import UniqueNames

_RECORD_KEYS = {
    "stg_product": ("onec_id",),
    "stg_offer": ("onec_id",),
    "stg_price": ("onec_id", "rank"),
    "stg_rest": ("onec_id", "warehouse_onec_id"),
}
_LATEST = {
    "stg_product": for_each("merge/staging/latest_value", ("article", "description", "brand_onec_id", "vat_rate")),
    "stg_offer": for_each("merge/staging/latest_value", ("article", "color_name", "size_value")),
    "stg_price": for_each("merge/staging/latest_price", PRICE_COLUMNS),
}
"""Staging table -> the values that the last record decides on, for `dedupe_*.sql`."""
_JOINED_COLUMNS = {
    "stg_product": ("onec_id",),
    "stg_offer": ("onec_id", "product_onec_id"),
    "stg_price": ("onec_id",),
    "stg_rest": ("onec_id",),
    "stg_picture": ("owner", "onec_id"),
}


def create_staging(connection: sa.Connection) -> None:
    """Create the empty staging tables; they live as long as the connection."""
    connection.execute(sql("merge/staging/create"))


def copy_block(connection: sa.Connection, table: str, data: bytes) -> None:
    """Append COPY-ready rows.

    Args:
        connection: the lock's connection, in autocommit.
        table: a key of `STAGING_TABLES`.
        data: rows in COPY text format, UTF-8.
    """
    copy_in(connection, table, STAGING_TABLES[table], data)


def copy_rows(
    connection: sa.Connection, table: str, columns: tuple[str, ...], rows: Iterable[tuple[int | str, ...]]
) -> None:
    """Append rows of numbers and texts to a temporary table."""
    text = "".join("\t".join(_escape(str(value)) for value in row) + "\n" for row in rows)
    copy_in(connection, table, columns, text.encode())


def give_names(connection: sa.Connection, table: str, column: str, query: sa.TextClause, names: UniqueNames) -> None:
    """Write unique names into a temporary table of the merge.

    Args:
        connection: in the merge's transaction.
        table: has a number `ord` in each row.
        column: of the name.
        query: yields `ord` and the `wanted` name, in the order in which names are assigned.
        names: assigns them.
    """
    for rows in fetch_in_chunks(connection, query):
        copy_rows(connection, "new_name", ("ord", "name"), [(row["ord"], names.take(row["wanted"])) for row in rows])
    connection.execute(sql("merge/resolve/set_names", table=table, column=column))


def finish_staging(
    connection: sa.Connection,
    offer_packages: Mapping[int, int],
    catalogues: Sequence[tuple[int, int, str]],
    *,
    imports_variants: bool,
    is_full: bool,
) -> dict[str, int]:
    """Fold repeated records, so that each staged object is one row under the key that the shop uses.

    Args:
        connection: the lock's connection, in autocommit.
        offer_packages: offers file -> its package; both numbers, older packages first.
        catalogues: (file, position of the first record, `Ид`) of the export's catalogues.
        imports_variants: the run is about offers.
        is_full: variants that the export lacks will be hidden.

    Returns:
        Table -> number of repeated records, where there are any.
    """
    if has_rows(connection, "stg_rest", sa.column("warehouse_onec_id").is_(None)):
        packages = {"files": list(offer_packages), "packages": list(offer_packages.values())}
        connection.execute(sql("merge/staging/settle_totals"), packages)
    if has_rows(connection, "stg_offer_property"):
        connection.execute(sql("merge/staging/name_colors_and_sizes"), {"no_sizes": list(NO_SIZES)})
    if len({onec_id for _, _, onec_id in catalogues}) > 1:
        _forget_moved(connection, catalogues)
    repeated = {table: _count_repeated(connection, table, keys) for table, keys in _RECORD_KEYS.items()}
    to_fold = {table for table, count in repeated.items() if count}
    if has_rows(connection, "stg_price", sa.column("rank") > 0):
        to_fold.add("stg_price")
    for table in to_fold - {"stg_product"}:
        _dedupe(connection, table)
    if has_rows(connection, "stg_characteristic"):
        connection.execute(sql("merge/staging/fold_characteristics"), {"imports_variants": imports_variants})
        to_fold.add("stg_product")
    if "stg_product" in to_fold:
        _dedupe(connection, "stg_product")
    connection.execute(sql("merge/staging/drop_own_rows"), {"is_full": is_full})
    connection.execute(sql("merge/staging/adopt_variant_keys"))
    for table, columns in _JOINED_COLUMNS.items():
        analyze(connection, table, columns)
    return {table: count for table, count in repeated.items() if count}


def _forget_moved(connection: sa.Connection, catalogues: Sequence[tuple[int, int, str]]) -> None:
    """Drop deletion marks of objects that have moved to another catalogue of the export."""
    copy_rows(connection, "stg_catalogue", ("file_no", "position", "onec_id"), catalogues)
    for table in ("stg_product", "stg_characteristic", "stg_offer"):
        connection.execute(sql("merge/staging/forget_moved", table=table))


def _dedupe(connection: sa.Connection, table: str) -> None:
    parts: dict[str, Part] = {"columns": PRICE_COLUMNS}
    if table in _LATEST:
        parts["latest"] = _LATEST[table]
    connection.execute(sql(f"merge/staging/dedupe_{table.removeprefix('stg_')}", **parts))


def _count_repeated(connection: sa.Connection, table: str, keys: tuple[str, ...]) -> int:
    return int(connection.scalar(sql("merge/staging/count_repeated", table=table, keys=keys)))


def _escape(text: str) -> str:
    return text.replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n").replace("\r", "\\r")
