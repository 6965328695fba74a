"""What an undo must leave, modelled without a backup: each value has the statements made about it, the last one counts.

Undoing runs removes their statements. Rows that they have inserted are no longer shown, unless the shop has used them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

Value = Any


@dataclass(frozen=True, slots=True)
class Said:
    """What an export says of a product and its only variant; None: nothing."""

    key: str
    description: str | None
    price: int | None
    stock: int | None


@dataclass(frozen=True, slots=True)
class Import:
    """A run of the whole catalogue, with or without the customer."""

    goods: tuple[Said, ...]
    has_customer: bool
    is_backed_up: bool


@dataclass(frozen=True, slots=True)
class Part:
    """A run of stocks or prices only: (product, value)."""

    field: str
    values: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class Sale:
    """Somebody buys one; an order refers to it, or is gone already."""

    key: str
    is_ordered: bool


@dataclass(frozen=True, slots=True)
class Edit:
    """An operator writes a value that was never written before."""

    key: str
    field: str


@dataclass(frozen=True, slots=True)
class Switch:
    """An operator shows a product or a variant, or hides a variant."""

    table: str
    key: str
    is_active: bool


@dataclass(frozen=True, slots=True)
class Login:
    """The customer logs in."""


@dataclass(frozen=True, slots=True)
class Undo:
    """`--undo` of one of the imports that have a backup, counted from the newest; None: restore the first backup."""

    back: int | None


Step = Import | Part | Sale | Edit | Switch | Login | Undo


@dataclass(frozen=True, slots=True)
class Word:
    """A value written or confirmed by a run, given by its number, or by the shop."""

    run: int | None
    value: Value
    is_undo: bool = False


@dataclass(slots=True)
class Row:
    """A row that an import has made.

    Args:
        made_by: number of the run.
        words: field -> the words, the last one last.
        is_touched: the shop has written it since it was shown.
        is_used: an order or a login, which stay.
    """

    made_by: int
    words: dict[str, list[Word]]
    is_touched: bool = False
    is_used: bool = False

    def value(self, name: str) -> Value:
        return self.words[name][-1].value

    def say(self, name: str, value: Value, run: int | None = None) -> None:
        self.words[name].append(Word(run, value))

    def show(self, run: int) -> None:
        """An import shows it, and shows it again."""
        if not self.value("is_active") and self.words["is_active"][-1].is_undo:
            self.is_touched = False
        self.say("is_active", True, run)


def row(run: int, **values: Value) -> Row:
    """A new row."""
    return Row(run, {name: [Word(run, value)] for name, value in {"is_active": True, **values}.items()})


@dataclass(slots=True)
class UndoShop:
    """Products, variants and customers by their keys, and the runs that can be undone."""

    products: dict[str, Row] = field(default_factory=dict)
    variants: dict[str, Row] = field(default_factory=dict)
    users: dict[str, Row] = field(default_factory=dict)
    undoable: dict[int, bool] = field(default_factory=dict)
    """Number of the run -> whether it is undone."""
    backed_up: list[int] = field(default_factory=list)
    edits: int = 0

    def rows(self) -> dict[str, dict[str, dict[str, Value]]]:
        """Table -> key -> the values."""
        tables = {"products": self.products, "product_variants": self.variants, "users": self.users}
        return {
            table: {key: {name: one.value(name) for name in one.words} for key, one in rows.items()}
            for table, rows in tables.items()
        }

    def run_import(self, step: Import, run: int) -> None:
        self.undoable[run] = False
        if step.is_backed_up:
            self.backed_up.append(run)
        for said in step.goods:
            self._say_product(said, run)
            self._say_variant(said, run)
        if step.has_customer:
            if "c1" in self.users:
                self.users["c1"].show(run)
            else:
                self.users["c1"] = row(run)

    def _say_product(self, said: Said, run: int) -> None:
        if said.key not in self.products:
            self.products[said.key] = row(run, description=said.description or "")
            return
        self.products[said.key].show(run)
        if said.description is not None:
            self.products[said.key].say("description", said.description, run)

    def _say_variant(self, said: Said, run: int) -> None:
        values = {"retail_price": said.price, "stock_quantity": said.stock}
        if said.key not in self.variants:
            self.variants[said.key] = row(run, **{name: value or 0 for name, value in values.items()})
            return
        self.variants[said.key].show(run)
        for name, value in values.items():
            if value is not None:
                self.variants[said.key].say(name, value, run)

    def run_part(self, step: Part, run: int) -> None:
        for key, value in step.values:
            variant = self.variants.get(key)
            if variant is None:
                continue
            waits = variant.words["is_active"][-1].is_undo  # what an undo has hidden has no stock
            if step.field != "stock_quantity" or not waits:
                variant.say(step.field, value, run)

    def can(self, step: Sale | Edit | Switch | Login) -> bool:
        """Whether the shop's people can do that, and the rows show that they did."""
        match step:
            case Sale(key):
                variant = self.variants.get(key)
                return variant is not None and variant.value("is_active") and variant.value("stock_quantity") > 0
            case Edit(key, "description"):
                return key in self.products
            case Edit(key):
                # After a run of prices an edited price cannot be distinguished from one that the run wrote.
                variant = self.variants.get(key)
                return variant is not None and all(
                    word.run is None or word.run in self.undoable for word in variant.words["retail_price"]
                )
            case Switch(table, key, is_active):
                one = (self.products if table == "products" else self.variants).get(key)
                if one is None or one.value("is_active") == is_active:
                    return False
                return is_active or not any(word.is_undo for word in one.words["is_active"])
            case Login():
                return "c1" in self.users and bool(self.users["c1"].value("is_active"))

    def change(self, step: Sale | Edit | Switch | Login) -> None:
        match step:
            case Sale(key, is_ordered):
                variant = self.variants[key]
                variant.say("stock_quantity", variant.value("stock_quantity") - 1)
                variant.is_touched = True
                for one in (variant, self.products[key]):
                    one.is_used = one.is_used or is_ordered
            case Edit(key, "description"):
                self.edits += 1
                self._touch(self.products[key], "description", f"e{self.edits}")
            case Edit(key):
                self.edits += 1
                self._touch(self.variants[key], "retail_price", 1000 + self.edits)
            case Switch(table, key, is_active):
                self._touch((self.products if table == "products" else self.variants)[key], "is_active", is_active)
            case Login():
                self.users["c1"].is_used = True

    def _touch(self, one: Row, name: str, value: Value) -> None:
        one.say(name, value)
        one.is_touched = True

    def undo(self, since: int) -> bool:
        """Take back the runs since that one, it included; whether that is allowed."""
        if self.undoable.get(since):
            return False
        gone: set[int | None] = {run for run, is_undone in self.undoable.items() if run >= since and not is_undone}
        for variant in self.variants.values():
            if self._take_back(variant, gone, since, is_needed=False) and variant.value("stock_quantity"):
                variant.say("stock_quantity", 0)
        for key, product in self.products.items():
            self._take_back(product, gone, since, is_needed=self.variants[key].value("is_active"))
        for user in self.users.values():
            self._take_back(user, gone, since, is_needed=False)
        self.undoable |= {run: True for run in self.undoable if run in gone}
        return True

    def _take_back(self, one: Row, gone: set[int | None], since: int, *, is_needed: bool) -> bool:
        """Whether that has hidden it for 1C's sake."""
        was_shown = one.value("is_active")
        for name, words in one.words.items():
            if name != "is_active" and one.made_by >= since:  # it is hidden with what it has
                one.words[name] = [Word(None, word.value) if word.run in gone else word for word in words]
            elif name != "is_active":
                one.words[name] = [word for word in words if word.run not in gone]
        left = [word for word in one.words["is_active"] if word.run not in gone]
        one.words["is_active"] = left
        for_1c = not left or left[-1].is_undo
        if not was_shown or not for_1c:
            return False
        if one.is_touched or one.is_used or is_needed:
            one.say("is_active", True)
            return False
        left.append(Word(None, False, is_undo=True))
        return True
