"""The exchange server as a process of its own, and small exports to send it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import sqlalchemy as sa

from freesport_sync.exchange.access.passwords import PasswordFile
from freesport_sync.settings.paths import find_paths
from tests.builders import (
    ROOT_GROUP,
    ExportBuilder,
    brand_property,
    group,
    offer,
    price_type,
    prices,
    prices_element,
    product,
    raw_element,
    rests,
    storage,
)
from tests.exchange_client import PASSWORD, BitrixClient, StandardClient
from tests.program import Installation, Program
from tests.shop import Shop

TAKE_LOCK = "SELECT pg_advisory_lock(hashtext('freesport_sync'))"
QUICK = {"port": 0, "long_poll_s": 1}
"""Settings of the servers of tests."""


@dataclass(frozen=True, slots=True)
class Server:
    """A server that runs.

    Args:
        program: its process.
        home: of it.
        port: where it listens.
    """

    program: Program
    home: Path
    port: int

    def standard(self, **options: Any) -> StandardClient:
        return StandardClient(self.port, **options)

    def bitrix(self, **options: Any) -> BitrixClient:
        return BitrixClient(self.port, **options)

    @property
    def spool(self) -> Path:
        """What it has received."""
        return self.home / "exchange" / "portions"

    def spooled(self) -> set[str]:
        """The files there, below the folder of their batch."""
        found = (path.relative_to(self.spool).parts[1:] for path in self.spool.rglob("*") if path.is_file())
        return {"/".join(parts) for parts in found if parts}


@contextmanager
def serving(
    url: sa.URL,
    home: Path,
    *arguments: object,
    program: Sequence[str] = ("-m", "freesport_sync"),
    **settings: object,
) -> Iterator[Server]:
    """A server; `settings` are those of the section `exchange`, with two underlines those of others."""
    password = PasswordFile(find_paths(home).exchange_password)
    if not find_paths(home).exchange_password.exists():
        password.set(PASSWORD)
    variables = {
        f"FREESPORT_SYNC_{name if '__' in name else f'exchange__{name}'}".upper(): str(value)
        for name, value in (QUICK | settings).items()
    }
    with Installation(home, url).start(
        "--serve", "--json", *arguments, environment=variables, program=program
    ) as started:
        address = started.event("server_started")["address"]
        yield Server(started, home, urlsplit(address).port or 0)


def document(body: str, created_at: str | None = None, encoding: str = "utf-8-sig") -> bytes:
    """A file of 2.x around `body`."""
    export = ExportBuilder(Path("/"), namespace="urn:1C.ru:commerceml_2", encoding=encoding)
    return export.document(body, created_at)


def import_xml(*products: str, is_whole: bool = False, groups: str | None = None, encoding: str = "utf-8-sig") -> bytes:
    """The `import.xml` of 2.x: classifier and catalogue.

    Args:
        products: its records.
        is_whole: it says that it has the whole catalogue.
        groups: those of the classifier; None: `g1`.
        encoding: of the file.
    """
    tree = raw_element("Группы", group("root", name=ROOT_GROUP, children=[groups or group("g1")]))
    classifier = raw_element("Классификатор", tree + raw_element("Свойства", brand_property()))
    goods = raw_element("Товары", "".join(products))
    catalogue = raw_element("Каталог", goods, СодержитТолькоИзменения=str(not is_whole).lower())
    return document(classifier + catalogue, encoding=encoding)


def offers_xml(retail: Mapping[str, int], stock: int = 7) -> bytes:
    """The `offers.xml` of 2.x: variant -> retail price."""
    head = raw_element("ТипыЦен", price_type("retail", "РРЦ")) + raw_element("Склады", storage("w1", "1 СДВ склад"))
    extra = f"<Количество>{stock}</Количество>"
    records = "".join(offer(key, extra=prices_element({"retail": price}) + extra) for key, price in retail.items())
    return document(raw_element("ПакетПредложений", head + raw_element("Предложения", records)))


def catalogue_2x(key: str, retail: int = 100, is_whole: bool = False) -> dict[str, bytes]:
    """A batch of 2.x with one product and one variant: `key` and `key#c`."""
    return {
        "import.xml": import_xml(product(key), is_whole=is_whole),
        "offers.xml": offers_xml({f"{key}#c": retail}),
    }


def catalogue_3x(folder: Path, key: str, retail: int = 100) -> dict[str, bytes]:
    """A batch of 3.1 with the same, in nine files."""
    export = ExportBuilder(folder)
    export.reference_data()
    export.goods(product(key), segment=1)
    export.offers(offer(f"{key}#c"), segment=1)
    export.prices(prices(f"{key}#c", {"retail": retail}), segment=1)
    export.rests(rests(f"{key}#c", {"w1": 3}), segment=1)
    # 1C gives the files of 3.1 without their folders.
    return {path.name: path.read_bytes() for path in sorted(folder.rglob("*.xml"))}


def price(shop: Shop, key: str) -> Decimal | None:
    """The price of the variant of a product; None where there is none."""
    rows = shop.rows("SELECT retail_price FROM product_variants WHERE onec_id = :id", id=f"{key}#c")
    return rows[0][0] if rows else None
