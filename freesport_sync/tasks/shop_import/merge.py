"""Resolves the staged export against the shop and writes what differs, in one transaction."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from freesport_sync.core.events import IssuesFound
from freesport_sync.core.issues import RowIssue, records_repeated
from freesport_sync.core.progress import StageMeter
from freesport_sync.core.run import Counts, FieldChange
from freesport_sync.core.shop import Entity, FileType, ImportKind, Stage
from freesport_sync.core.staged import StagedBrand
from freesport_sync.database.merge import attributes, customers, merge, reference_data
from freesport_sync.database.merge.issues import read_issues
from freesport_sync.database.undo import undo_log
from freesport_sync.database.undo.confirmations import ExportedKeys, store_confirmations
from freesport_sync.rules.catalog.attributes import (
    AttributePlan,
    filter_attributes,
    known_properties,
    plan_attributes,
)
from freesport_sync.rules.catalog.brands import BrandPlan, brand_properties, plan_brands
from freesport_sync.rules.catalog.categories import HIDDEN_CATEGORY, CategoryPlan, plan_categories
from freesport_sync.rules.catalog.menu import leaving_menu
from freesport_sync.rules.catalog.price_types import PriceTypePlan, plan_price_types
from freesport_sync.rules.catalog.warehouses import warehouse_names
from freesport_sync.rules.customers import CustomerPlan, plan_customers
from freesport_sync.rules.merge_rules import MergeRules
from freesport_sync.runs.life import LockedRun, RunResult
from freesport_sync.settings.model import OwnedField
from freesport_sync.sources.commerceml.characteristics import column_of
from freesport_sync.sources.commerceml.export import FileKind
from freesport_sync.sources.commerceml.values import spelling
from freesport_sync.tasks.shop_import.guards import refuse_large_change, refuse_no_effect, unjudged
from freesport_sync.tasks.shop_import.pictures import PictureOutcome
from freesport_sync.tasks.shop_import.plan import Plan, file_type_of
from freesport_sync.tasks.shop_import.request import ShopImport
from freesport_sync.tasks.shop_import.stage import StagedExport

MAX_FIELD_CHANGES = 100_000
"""Field changes that a dry run stores."""

_KIND_OF = {"stg_product": "goods", "stg_offer": "offers", "stg_price": "prices", "stg_rest": "rests"}
"""Staging table -> kind of the files that fill it."""

_FAILED_RECORDS = {FileKind.GOODS: Entity.PRODUCT, FileKind.OFFERS: Entity.VARIANT}


@dataclass(frozen=True, slots=True)
class _ReferenceData:
    """The reference data and customers of this run, resolved against the shop as it is now."""

    categories: CategoryPlan
    brands: BrandPlan
    attributes: AttributePlan
    filters: Mapping[int, str | None] | None
    """The attributes that buyers filter by; None if the run does not import what products are."""
    price_types: PriceTypePlan
    customers: CustomerPlan
    leaving_menu: tuple[int, ...]
    """Ids of the categories that disappear from the buyers' menu."""

    @property
    def issues(self) -> tuple[RowIssue, ...]:
        return self.categories.issues + self.attributes.issues + self.price_types.issues + self.customers.issues

    @property
    def counts(self) -> dict[str, Counts]:
        return {
            Entity.CATEGORY: self.categories.counts,
            Entity.BRAND: self.brands.counts,
            Entity.ATTRIBUTE: self.attributes.counts,
            Entity.PRICE_TYPE: self.price_types.counts,
            Entity.CUSTOMER: self.customers.counts,
        }

    @property
    def changes(self) -> tuple[FieldChange, ...]:
        plans = (self.categories, self.brands, self.attributes, self.price_types, self.customers)
        return tuple(change for plan in plans for change in plan.changes)


class Merger:
    """One merge: everything that its steps share.

    Args:
        run: its connection has filled staging tables.
        request: what is imported.
        plan: the files.
        staged: the reference data and what was counted while reading.
        pictures: outcome of their delivery.
        customer_session: the shop's session row of the customers; None without customers and in a dry run.
    """

    def __init__(
        self,
        run: LockedRun,
        request: ShopImport,
        plan: Plan,
        staged: StagedExport,
        pictures: PictureOutcome,
        customer_session: int | None,
    ) -> None:
        self._run = run
        self._connection = run.connection
        self._plan = plan
        self._staged = staged
        self._pictures = pictures
        self._request = request
        self._texts = run.context.texts
        self._settings = run.context.settings
        self._cancel = run.context.cancel
        self._report = run.report
        self._customer_session = customer_session
        self._has_reported = False

    def run(self) -> RunResult:
        """Merge; see `LockedRun.write`.

        Raises:
            ImportFailed: a guard refused the change, or each attempt ended in a conflict.
            Cancelled: asked to stop before COMMIT.
        """
        return self._run.write(self._attempt)

    def _attempt(self) -> RunResult:
        reference = self._resolve()
        result = self._result(reference)
        refuse_no_effect(result.counts, self._request)
        share = self._settings.guards.large_change_percent
        changes = merge.read_large_changes(self._connection, reference.leaving_menu)
        leaves_nothing = merge.leaves_nothing_visible(self._connection)
        refuse_large_change(changes, share, self._request, leaves_nothing=leaves_nothing)
        if not self._run.is_dry_run:
            self._apply(reference)
        return result

    def _resolve(self) -> _ReferenceData:
        meter = StageMeter(self._report, Stage.RESOLVE, 1, time.monotonic)
        reference = self._plan_reference_data()
        reference_data.write_maps(
            self._connection,
            reference.categories.ids,
            reference.brands.mappings.values(),
            self._warehouses(),
            {rule.name: rule.vat_rate for rule in self._settings.warehouses if rule.vat_rate is not None},
        )
        merge.resolve(self._connection, self._rules())
        attributes.resolve_attributes(self._connection, reference.attributes, reference.filters, spelling)
        self._cancel.check()
        self._report_issues(reference)
        meter.finish()
        return reference

    def _plan_reference_data(self) -> _ReferenceData:
        names = self._plan.names
        shop_brands, mapped = reference_data.read_brands(self._connection)
        shop_attributes, mapped_attributes = attributes.read_attributes(self._connection)
        price_types, marked = reference_data.read_price_types(self._connection)
        shop_categories = reference_data.read_categories(self._connection)
        categories = plan_categories(
            self._staged.categories,
            shop_categories,
            reference_data.read_category_slugs(self._connection),
            self._settings.catalog.root_category,
            names,
            self._request.is_full,
        )
        attribute_plan = plan_attributes(self._staged.attributes, shop_attributes, mapped_attributes, names)
        return _ReferenceData(
            categories,
            plan_brands(self._brands(), shop_brands, mapped),
            attribute_plan,
            filter_attributes(attribute_plan, shop_attributes, column_of) if self._plan.describes_goods else None,
            plan_price_types(
                self._staged.price_types,
                price_types,
                marked,
                names,
                has_prices=self._staged.rows["stg_price"] > 0,
            ),
            self._plan_customers(),
            leaving_menu(shop_categories, categories),
        )

    def _brands(self) -> list[StagedBrand]:
        """The staged values of those properties that hold the brand in this export and shop."""
        in_shop = attributes.read_properties(self._connection)
        wanted = brand_properties(known_properties(self._staged.attributes, in_shop))
        return [row for row in self._staged.brands if row.property_onec_id in wanted]

    def _plan_customers(self) -> CustomerPlan:
        staged = self._staged
        users = customers.read_users(self._connection, staged.customers)
        return plan_customers(staged.customers, staged.rejected_customers, users, self._plan.names)

    def _warehouses(self) -> dict[str, str]:
        if not self._staged.rows["stg_rest"]:
            return {}
        configured = {rule.onec_id: rule.name for rule in self._settings.warehouses if rule.onec_id}
        return warehouse_names(
            self._staged.warehouses, configured, reference_data.read_warehouse_names(self._connection)
        )

    def _rules(self) -> MergeRules:
        owns, is_full, staged = self._settings.owns, self._request.is_full, self._staged
        return MergeRules(
            makes_default_variants=self._plan.has_catalog
            and not self._plan.only_pictures
            and self._request.kind is not ImportKind.ATTRIBUTES
            and file_type_of(self._request) in (FileType.ALL, FileType.OFFERS),
            is_full_products=is_full and staged.rows["stg_product"] > 0,
            is_full_variants=is_full and staged.rows["stg_offer"] > 0,
            clear_missing_prices=self._settings.prices.clear_missing,
            owns_name=owns(OwnedField.NAME),
            owns_category=owns(OwnedField.CATEGORY),
            owns_brand=owns(OwnedField.BRAND),
            owns_description=owns(OwnedField.DESCRIPTION),
            owns_vat_rate=owns(OwnedField.VAT_RATE),
            owns_prices=owns(OwnedField.PRICES),
            owns_stock=owns(OwnedField.STOCK),
        )

    def _exported_keys(self) -> ExportedKeys:
        reference = (self._staged.categories, self._staged.brands, self._staged.price_types, self._staged.attributes)
        return ExportedKeys(self._rules(), *([row.onec_id for row in rows] for rows in reference))

    def _result(self, reference: _ReferenceData) -> RunResult:
        counts = reference.counts | merge.read_counts(self._connection)
        counts |= attributes.read_attribute_counts(self._connection)
        for kind, entity in _FAILED_RECORDS.items():
            counts[entity] = replace(counts[entity], failed=self._staged.failed[kind])
        counts[Entity.PICTURE] = self._pictures.counts(counts[Entity.PICTURE].created)
        changes: tuple[FieldChange, ...] = ()
        if self._run.is_dry_run:
            links = attributes.read_link_changes(self._connection, MAX_FIELD_CHANGES)
            fields = merge.read_field_changes(self._connection, MAX_FIELD_CHANGES, self._names(reference))
            changes = (*reference.changes, *fields, *links)
        counts = {entity: count for entity, count in counts.items() if count.total}
        is_undoable = self._request.is_undoable and not self._run.is_dry_run
        return RunResult(counts, changes, merge.read_updated(self._connection), is_undoable)

    def _names(self, reference: _ReferenceData) -> dict[str, dict[str, str]]:
        """Field -> key -> name of objects that the shop does not have yet, or knows only by key."""
        return {
            "category": {one.onec_id: one.name for one in reference.categories.created}
            | {HIDDEN_CATEGORY: self._texts("report.hidden_category")},
            "brand": {one.normalized_name: one.name for one in reference.brands.created},
            "onec_brand_id": {key: one.onec_name for key, one in reference.brands.mappings.items()},
        }

    def _report_issues(self, reference: _ReferenceData) -> None:
        """Report the issues that the comparison finds; once, however often the merge is repeated."""
        if self._has_reported:
            return
        self._has_reported = True
        repeated = tuple(records_repeated(_KIND_OF[table], count) for table, count in self._staged.repeated.items())
        if issues := repeated + reference.issues + unjudged(self._plan, self._judging_records(), self._request):
            self._report(IssuesFound(issues))
        for issues in read_issues(self._connection, self._plan.names, self._rules()):
            self._report(IssuesFound(issues))
            self._cancel.check()

    def _judging_records(self) -> dict[FileKind, int]:
        staged = self._staged
        return {
            FileKind.GROUPS: len(staged.categories),
            FileKind.GOODS: staged.rows["stg_product"],
            FileKind.OFFERS: staged.rows["stg_offer"],
        }

    def _apply(self, reference: _ReferenceData) -> None:
        products, variants = merge.rows_to_write(self._connection)
        total = products + variants + reference.customers.rows
        meter = StageMeter(self._report, Stage.APPLY, total, time.monotonic)
        has_customers = self._customer_session is not None
        undo_log.prepare_notes(self._connection, has_customers)
        self._write_reference_data(reference)

        def advance(entity: Entity, before: int) -> Callable[[int], None]:
            def done(rows: int) -> None:
                self._cancel.check()
                meter.advance(before + rows, entity)

            return done

        merge.apply_products(self._connection, products, advance(Entity.PRODUCT, 0))
        merge.apply_variants(self._connection, variants, advance(Entity.VARIANT, products))
        undo_log.show_brands_again(self._connection)
        attributes.write_attributes(self._connection, reference.attributes)
        self._cancel.check()
        if self._customer_session is not None:
            undo_log.show_customers_again(self._connection, [row.onec_id for row in self._staged.customers])
            customers.write_customers(
                self._connection,
                reference.customers,
                self._customer_session,
                self._request.chunk_size,
                advance(Entity.CUSTOMER, products + variants),
            )
        self._store_undo_log(has_customers)
        merge.check_constraints(self._connection)
        meter.finish()

    def _write_reference_data(self, reference: _ReferenceData) -> None:
        reference_data.write_categories(self._connection, reference.categories)
        reference_data.write_brands(self._connection, reference.brands)
        reference_data.write_price_types(self._connection, reference.price_types)
        if merge.needs_hidden_category(self._connection):
            reference_data.ensure_hidden_category(self._connection, self._texts("report.hidden_category"))
        if merge.needs_no_brand(self._connection):
            reference_data.ensure_no_brand(self._connection)

    def _store_undo_log(self, has_customers: bool) -> None:
        if is_undoable := self._request.is_undoable:
            undo_log.store_written(self._connection, self._run.run_id, has_customers)
        store_confirmations(
            self._connection, self._run.run_id, has_customers, None if is_undoable else self._exported_keys()
        )
