"""Writes the model's exports and edits where the real import finds them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

from tests import builders
from tests.model.exports import (
    BrandValue,
    Edit,
    Export,
    File,
    Good,
    Group,
    Offer,
    OfferPrices,
    OfferRests,
    OwnBrand,
    OwnCategory,
    PriceTypeRecord,
    Record,
    Storage,
)
from tests.shop import Shop


def write_export(export: Export, folder: Path) -> None:
    """The files of an export, as 1C lays them out."""
    builder = builders.ExportBuilder(folder)
    _write(export.groups, builder.groups)
    for file in export.brands:
        builder.properties_goods(_brands(file.records), segment=file.segment, created_at=file.created_at)
    _write(export.price_types, builder.price_lists)
    _write(export.storages, builder.storages)
    _write(export.goods, builder.goods)
    _write(export.offers, builder.offers)
    _write(export.prices, builder.prices)
    _write(export.rests, builder.rests)


def change_shop(step: Edit | OwnCategory | OwnBrand, shop: Shop) -> None:
    """Do it in the database; what would clash with something that the shop has is left."""
    match step:
        case Edit(table, key, column, value):
            shop.execute(f"UPDATE {table} SET {column} = :value WHERE onec_id = :key", value=value, key=key)
        case OwnCategory():
            shop.execute(
                "INSERT INTO categories (name, slug, onec_id, is_active, description, image, sort_order, seo_title,"
                " seo_description, icon, created_at, updated_at)"
                " VALUES (:name, :slug, :onec_id, :is_active, '', '', 0, '', '', '', now(), now())"
                " ON CONFLICT DO NOTHING",
                **asdict(step),
            )
        case OwnBrand():
            shop.execute(
                "INSERT INTO brands (name, slug, normalized_name, image, description, website, is_active, is_featured,"
                " created_at, updated_at)"
                " VALUES (:name, :slug, :normalized_name, '', '', '', true, false, now(), now())"
                " ON CONFLICT DO NOTHING",
                **asdict(step),
            )


def _write(files: tuple[File[Record], ...], write: Callable[..., Path]) -> None:
    for file in files:
        write(*map(_xml, file.records), segment=file.segment, created_at=file.created_at)


def _xml(record: Record) -> str:
    match record:
        case Group():
            below = map(_xml, record.children)
            return builders.group(
                record.onec_id,
                name=record.name,
                children=below,
                description=record.description,
                deleted=record.deleted,
            )
        case PriceTypeRecord():
            return builders.price_type(record.onec_id, record.name, deleted=record.deleted)
        case Storage():
            return builders.storage(record.onec_id, record.name)
        case Good():
            return builders.product(
                record.onec_id,
                name=record.name,
                group=record.group,
                brand=record.brand,
                description=record.description,
                vat=record.vat,
                deleted=record.deleted,
            )
        case Offer():
            return builders.offer(
                record.onec_id,
                name=record.name,
                article=record.article,
                characteristics=dict(record.characteristics),
                deleted=record.deleted,
            )
        case OfferPrices():
            entries = "".join(builders.price(*amount) for amount in record.amounts)
            return _proposal(record.onec_id, builders.raw_element("Цены", entries))
        case OfferRests():
            return _proposal(record.onec_id, builders.raw_element("Остатки", "".join(map(_rest, record.stock))))
    raise TypeError(record)


def _brands(values: tuple[BrandValue, ...]) -> str:
    # Not `builders.brand_property`: a list may repeat a key.
    entries = "".join(
        builders.raw_element(
            "Справочник", builders.element("ИдЗначения", value.onec_id) + builders.element("Значение", value.name)
        )
        for value in values
    )
    head = builders.element("Ид", "Бренд") + builders.element("Наименование", "Бренд")
    return builders.raw_element("Свойство", head + builders.raw_element("ВариантыЗначений", entries))


def _proposal(onec_id: str, content: str) -> str:
    return builders.raw_element("Предложение", builders.element("Ид", onec_id) + content)


def _rest(entry: tuple[str, str]) -> str:
    warehouse, quantity = entry
    written = builders.element("Количество", quantity)
    if warehouse:
        written = builders.raw_element("Склад", builders.element("Ид", warehouse) + written)
    return builders.raw_element("Остаток", written)
