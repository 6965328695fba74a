"""1C sends its catalogue to a real server, as both clients do; `success` means that it is in the shop."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from uuid import uuid4

import pytest

from freesport_sync.database.embedded import EmbeddedPostgres
from tests.databases import cloned_database
from tests.e2e.serving import Server, catalogue_2x, catalogue_3x, serving
from tests.exchange_client import PATH, BitrixClient, StandardClient
from tests.shop import Shop

CLIENTS = pytest.mark.parametrize("kind", [StandardClient, BitrixClient], ids=["standard", "bitrix"])


@pytest.fixture(scope="module")
def served(
    postgres: EmbeddedPostgres, stocked_template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Server, Shop]]:
    """A server and its shop; every test uses products of its own."""
    folder = tmp_path_factory.mktemp("served")
    (folder / "media").mkdir()
    with (
        cloned_database(postgres, stocked_template) as url,
        Shop(url, folder) as shop,
        serving(url, folder / "home", pictures__media_root=folder / "media") as server,
    ):
        yield server, shop


@pytest.fixture
def server(served: tuple[Server, Shop]) -> Server:
    return served[0]


@pytest.fixture
def live(served: tuple[Server, Shop]) -> Shop:
    """The shop of the server."""
    return served[1]


@pytest.fixture
def key() -> str:
    """A product of this test alone."""
    return uuid4().hex


def price(shop: Shop, key: str) -> Decimal | None:
    """The price of the variant of a product; None where there is none."""
    rows = shop.rows("SELECT retail_price FROM product_variants WHERE onec_id = :id", id=f"{key}#c")
    return rows[0][0] if rows else None


@CLIENTS
def test_a_catalogue_of_2x(server: Server, live: Shop, key: str, kind: type[StandardClient]) -> None:
    with kind(server.port) as onec:
        answers = onec.portion(catalogue_2x(key, 150))
    assert [answer.text for answer in answers.values()] == ["success", "success"]
    assert price(live, key) == 150


@CLIENTS
def test_a_catalogue_of_3x(server: Server, live: Shop, key: str, kind: type[StandardClient], tmp_path: Path) -> None:
    with kind(server.port) as onec:
        answers = onec.portion(catalogue_3x(tmp_path / "export", key, 175))
    assert {answer.text for answer in answers.values()} == {"success"}
    assert price(live, key) == 175


def test_each_import_is_a_run_of_its_own_that_1c_has_started(server: Server, live: Shop, key: str) -> None:
    last = live.value("SELECT max(id) FROM freesport_sync.runs")
    with server.standard() as onec:
        onec.portion(catalogue_2x(key))
    look = "SELECT request ->> 'trigger', operator, status FROM freesport_sync.runs WHERE id > :last ORDER BY id"
    assert live.rows(look, last=last) == [("onec", "1C 1c@127.0.0.1", "completed")] * 2


@pytest.mark.parametrize(
    "path", [PATH, f"{PATH}/", "/1c_exchange.php", "/bitrix/admin/1c_exchange.php/", f"{PATH}?a=b"]
)
def test_every_address_answers(server: Server, path: str) -> None:
    with server.standard(path=path) as onec:
        assert onec.log_in().lines[0] == "success"
