"""What an export says of prices, as the model reads it (PRICE-1 to PRICE-7)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from decimal import Decimal

from tests.model import values
from tests.model.exports import Amount, OfferPrices, PriceTypeRecord
from tests.model.shop import PRICE_COLUMNS, PriceType

_AFTER_ALL = 1000
"""Column of a price of an unknown type."""

Price = Decimal | values.Odd
Prices = dict[str, dict[int, Price]]
"""Column -> place of the price type in the order of those for the column -> price of the last record that has one."""


class PriceReader:
    """Reads the prices of offers.

    Args:
        price_types: of the shop, those of this export among them.
        records: the price types of this export, which alone say their currencies.
    """

    def __init__(self, price_types: Sequence[PriceType], records: Iterable[PriceTypeRecord]) -> None:
        self._known = {price_type.onec_id for price_type in price_types}
        self._types = [price_type for price_type in price_types if price_type.is_active]
        # What was set in the shop goes first, then the older one.
        self._types.sort(key=lambda row: row.product_field == values.price_column(row.onec_name))
        self._currencies = {
            record.onec_id.strip(): record.currency or "" for record in records if record.name or record.deleted
        }

    def read(self, record: OfferPrices, prices: Prices) -> None:
        """Add what a record says to the prices of its offer."""
        row: dict[tuple[str, int], Price] = {}
        places = Counter[str]()
        for price_type in self._types:
            place = places[price_type.product_field]
            places[price_type.product_field] += 1
            amounts = [amount for amount in record.amounts if amount.price_type.strip() == price_type.onec_id]
            price = self._price([a for a in amounts if values.price(a.amount) is not values.Odd.NOT_SET])
            if price is not None:
                row[price_type.product_field, place] = price
        if not any(column == "retail_price" for column, _ in row):
            row |= {("retail_price", place): price for (column, place), price in row.items() if column == "rrp"}
        for (column, place), price in row.items():
            prices.setdefault(column, {})[place] = price
        if any(amount.price_type.strip() not in self._known for amount in record.amounts):
            for column in PRICE_COLUMNS:  # its column is unknown
                prices.setdefault(column, {})[_AFTER_ALL] = values.Odd.UNREADABLE

    def _price(self, amounts: Sequence[Amount]) -> Price | None:
        """Of one type, for one unit and in roubles."""
        if not amounts:
            return None
        own = [a for a in amounts if _is_rouble(a.currency or self._currencies.get(a.price_type.strip(), ""))]
        if not own:
            return values.Odd.UNREADABLE
        best = min(reversed(own), key=_order)
        if _is_undecided(best, own):
            return values.Odd.UNREADABLE
        price, factor = values.price(best.amount), _factor(best)
        if isinstance(price, values.Odd) or isinstance(factor, values.Odd):
            return values.Odd.UNREADABLE
        return values.price(str(price / factor))


def _is_undecided(best: Amount, amounts: Sequence[Amount]) -> bool:
    """Whether another unit has another price, and neither factor nor quantity says which one is for a piece."""

    def bare(unit: str | None) -> str:
        return (unit or "").rstrip(".")

    alike = [amount for amount in amounts if _order(amount) == _order(best)]
    if best.unit:
        alike += [amount for amount in amounts if amount.unit and _order(amount)[:2] == _order(best)[:2]]
    units: dict[str, Amount] = {}
    for amount in sorted(reversed(alike), key=_order):
        units.setdefault(bare(amount.unit), amount)
    return len({values.price(amount.amount) for amount in units.values()}) > 1


def _is_rouble(currency: str) -> bool:
    return currency in ("", "руб", "руб.", "RUB", "643")


def _factor(amount: Amount) -> Decimal | values.Odd:
    factor = values.number(amount.factor) if amount.factor else Decimal(1)
    if isinstance(factor, values.Odd):
        return factor
    return values.Odd.UNREADABLE if factor < 0 else factor or Decimal(1)


def _order(amount: Amount) -> tuple[int, Decimal, Decimal]:
    factor = _factor(amount)
    least = values.number(amount.least) if amount.least else Decimal(0)
    number = Decimal("Infinity") if isinstance(least, values.Odd) else least
    return (2, Decimal(0), number) if isinstance(factor, values.Odd) else (int(factor != 1), factor, number)
