"""Writes the model's exports and edits where the real import finds them."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import asdict, fields
from datetime import datetime
from pathlib import Path
from typing import Any

from tests import builders
from tests.model import exports
from tests.model.exports import Edit, Link, OwnAttribute, OwnBrand, OwnCategory, Remap, ShopStep
from tests.shop import Shop


def write_export(export: exports.Export, folder: Path) -> None:
    """The files of an export, as 1C lays them out."""
    builder = builders.ExportBuilder(folder)
    for part in exports.PARTS:
        write: Callable[..., Path] = getattr(builder, part)
        for file in getattr(export, part):
            moment = datetime.fromisoformat(file.created_at)
            spelt = moment.strftime(file.spelling)
            path = write(*map(_xml, file.records), segment=file.segment, created_at=spelt)
            os.utime(path, (moment.timestamp(), moment.timestamp()))


def change_shop(step: ShopStep, shop: Shop) -> None:
    """Do it in the database; what would clash with something that the shop has is left."""
    match step:
        case Edit(table, _, column):
            key_column = "slug" if table == "product_attributes" else "onec_id"
            shop.execute(f"UPDATE {table} SET {column} = :value WHERE {key_column} = :key", **_params(step))
        case OwnCategory():
            shop.execute(
                "INSERT INTO categories (name, slug, onec_id, is_active, description, image, sort_order, seo_title,"
                " seo_description, icon, created_at, updated_at)"
                " VALUES (:name, :slug, :onec_id, :is_active, '', '', 0, '', '', '', now(), now())"
                " ON CONFLICT DO NOTHING",
                **_params(step),
            )
        case OwnBrand():
            shop.execute(
                "INSERT INTO brands (name, slug, normalized_name, image, description, website, is_active, is_featured,"
                " created_at, updated_at)"
                " VALUES (:name, :slug, :normalized_name, '', '', '', true, false, now(), now())"
                " ON CONFLICT DO NOTHING",
                **_params(step),
            )
        case OwnAttribute():
            shop.execute(
                "WITH own AS ("
                " INSERT INTO product_attributes (name, slug, normalized_name, type, is_active, created_at, updated_at)"
                " VALUES (:name, :slug, :normalized_name, '', true, now(), now()) ON CONFLICT DO NOTHING RETURNING id)"
                " INSERT INTO product_attribute_values"
                " (attribute_id, value, slug, normalized_value, created_at, updated_at)"
                " SELECT id, 'Да', 'da', 'да', now(), now() FROM own",
                **_params(step),
            )
        case Link(table):
            links, owner = _LINKS[table]
            shop.execute(
                f"INSERT INTO {links} ({owner}, attributevalue_id) SELECT o.id, v.id"
                f" FROM {table} AS o, ({_VALUE}) AS v WHERE o.onec_id = :key ON CONFLICT DO NOTHING",
                **_params(step),
            )
        case Remap(value=None):
            shop.execute(
                "UPDATE product_attribute_1c_mappings AS m SET attribute_id = a.id"
                " FROM product_attributes AS a WHERE a.slug = :slug AND m.onec_id = :key",
                **_params(step),
            )
        case Remap():
            shop.execute(
                f"UPDATE product_attribute_value_1c_mappings AS m SET attribute_value_id = v.id"
                f" FROM ({_VALUE}) AS v WHERE m.onec_id = :key",
                **_params(step),
            )


_LINKS = {
    "products": ("products_attributes", "product_id"),
    "product_variants": ("product_variants_attributes", "productvariant_id"),
}
_VALUE = """
    SELECT v.id FROM product_attribute_values AS v JOIN product_attributes AS a ON a.id = v.attribute_id
    WHERE a.slug = :slug AND v.normalized_value = :value
"""


def _params(step: ShopStep) -> dict[str, Any]:
    return {name: value for name, value in asdict(step).items() if name not in ("table", "column")}


def _xml(record: exports.Record) -> str:
    match record:
        case exports.Group():
            below = [_xml(child) for child in record.children]
            return builders.group(**_written(record) | {"children": below})
        case exports.Property():
            return _property(record)
        case exports.PriceTypeRecord():
            return builders.price_type(**_written(record))
        case exports.Storage():
            return builders.storage(**_written(record))
        case exports.Good():
            return _good(record)
        case exports.Offer():
            pairs = {"characteristics": dict(record.characteristics), "properties": dict(record.properties)}
            written = _written(record) | pairs
            quantity = builders.element("Количество", written.pop("quantity"))
            return builders.offer(**written, extra=quantity)
        case exports.OfferPrices():
            return _proposal(record.onec_id, builders.raw_element("Цены", "".join(map(_price, record.amounts))))
        case exports.OfferRests():
            return _proposal(record.onec_id, builders.raw_element("Остатки", "".join(map(_rest, record.stock))))
    raise TypeError(record)


def _written(record: exports.Record) -> dict[str, Any]:
    """Its fields, which are named as the arguments of its builder."""
    return {field.name: getattr(record, field.name) for field in fields(record)}


def _good(record: exports.Good) -> str:
    written = _written(record) | {"properties": dict(record.properties)}
    characteristics = "".join(
        builders.raw_element(
            "ХарактеристикаТовара", builders.element("Наименование", name) + builders.element("Значение", value)
        )
        for name, value in written.pop("characteristics")
    )
    extra = builders.raw_element("ХарактеристикиТовара", characteristics) if characteristics else ""
    if further := written.pop("further_groups"):
        groups = [written.pop("group") or "", *further]
        extra += builders.raw_element("Группы", "".join(builders.element("Ид", key) for key in groups))
        written["group"] = None
    return builders.product(**written, extra=extra)


def _property(record: exports.Property) -> str:
    # Not `builders.property_`: a list may repeat a key.
    values = "".join(
        builders.raw_element(
            "Справочник", builders.element("ИдЗначения", value.onec_id) + builders.element("Значение", value.text)
        )
        for value in record.values
    )
    return builders.raw_element(
        "Свойство",
        builders.element("Ид", record.onec_id)
        + builders.element("Наименование", record.name)
        + builders.element("ПометкаУдаления", str(record.deleted).lower())
        + builders.element("ТипЗначений", record.value_type)
        + builders.raw_element("ВариантыЗначений", values),
    )


def _proposal(onec_id: str, content: str) -> str:
    return builders.raw_element("Предложение", builders.element("Ид", onec_id) + content)


def _price(amount: exports.Amount) -> str:
    beside = builders.element("Коэффициент", amount.factor) + builders.element("МинКоличество", amount.least)
    beside += builders.element("Единица", amount.unit)
    return builders.price(amount.price_type or None, amount.amount, amount.currency, beside)


def _rest(entry: tuple[str, str]) -> str:
    warehouse, quantity = entry
    written = builders.element("Количество", quantity)
    if warehouse:
        written = builders.raw_element("Склад", builders.element("Ид", warehouse) + written)
    return builders.raw_element("Остаток", written)
