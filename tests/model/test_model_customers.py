"""The customers against a plain model of them, see `test_model.py`."""

from __future__ import annotations

import copy
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from hypothesis import strategies as st

from freesport_sync.core.shop import ImportKind
from freesport_sync.database.server.embedded import EmbeddedPostgres
from freesport_sync.errors import SyncError
from tests.builders import ExportBuilder, element, raw_element
from tests.databases import cloned_database
from tests.integration.support import row_versions
from tests.model.customers import Customer, CustomerExport, CustomerFile, CustomerStep, ModelUsers, Registration
from tests.model.examples import EXAMPLES, Examples
from tests.model.test_model import FRUITLESS, clear
from tests.shop import Shop

EMAILS = ["a@b.test", "A@B.test", "c@d.test", "a@b.test, c@d.test", "not one", ""]

_QUERIES = {
    "users": "SELECT onec_id, email, role, first_name, last_name, company_name, tax_id, phone FROM users",
    "companies": (
        "SELECT u.onec_id, c.legal_name, c.tax_id, c.kpp, c.legal_address"
        " FROM companies AS c JOIN users AS u ON u.id = c.user_id"
    ),
    "common_customersynclog": "SELECT onec_id, operation_type, status FROM common_customersynclog",
}

_customers = st.one_of(
    st.builds(
        Customer,
        onec_id=st.sampled_from(["c1", "c2", "c3"]),
        name=st.sampled_from(["Петров Иван", "Петров Иван Ильич", "ООО Верх", "Иванов", " ИП Иванов ", "Я" * 210]),
        full_name=st.sampled_from([None, "ИП Иванов Иван", "Общество «Верх»", "Щ" * 256]),
        roles=st.sampled_from([(), ("Покупатель",), ("Поставщик,покупатель",), ("Поставщик",), ("", "Поставщик")]),
        inn=st.sampled_from([None, "", "7700000001", "7700000000123"]),
        kpp=st.sampled_from([None, "", "770101001", "7701010012"]),
        email=st.sampled_from([None, *EMAILS, "нет; B@example.test", "Москва, Тверская"]),
        phone=st.sampled_from(
            [None, "", "8 982 911-00-98, 1", "+7 (982) 911-00-99", "нет", "911-00-98", "12, 8 (982) 911-00-97 доб. 3"]
        ),
        address=st.sampled_from([None, "", "Москва"]),
        deleted=st.booleans(),
    ),
    st.builds(Customer, st.sampled_from(["c1", "c2", "c9"]), st.none(), deleted=st.just(True)),
    st.sampled_from([Customer(None, "Петров"), Customer("x" * 101, "Петров"), Customer("c1", None)]),
)
_exports = st.lists(
    st.builds(CustomerFile, st.lists(_customers, max_size=5).map(tuple), st.sampled_from([1, 2, 10])),
    min_size=1,
    max_size=2,
    unique_by=lambda file: file.segment,
).map(lambda files: CustomerExport(tuple(files)))
_registrations = st.builds(
    Registration,
    email=st.sampled_from(EMAILS[:3]),
    phone=st.sampled_from(["", "+70000000000"]),
    company_name=st.sampled_from(["", "Своя"]),
)
_histories: st.SearchStrategy[list[CustomerStep]] = st.lists(
    st.one_of(_exports, _exports, _registrations), min_size=1, max_size=6
)


@pytest.fixture(scope="module")
def users_shop(postgres: EmbeddedPostgres, template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """One database for all examples."""
    with cloned_database(postgres, template) as url, Shop(url, tmp_path_factory.mktemp("customers")) as shop:
        yield shop


@EXAMPLES
def test_customers_equal_the_model(users_shop: Shop, examples: Examples) -> None:
    examples.play(_histories, lambda history: play(users_shop, history))


def play(shop: Shop, history: Sequence[CustomerStep]) -> None:
    """Let both do the same, and compare them after each step."""
    clear(shop)
    model = ModelUsers()
    for step in history:
        if isinstance(step, Registration):
            _register(shop, step)
            model.register(step)
        else:
            model = _import(shop, model, step)
        assert _differences(model, shop) == {}


def _import(shop: Shop, model: ModelUsers, export: CustomerExport) -> ModelUsers:
    folder = shop.folder / "export"
    builder = ExportBuilder(folder)
    for file in export.files:
        body = raw_element("Контрагенты", "".join(map(_xml, file.records)))
        builder.write(f"contragents/contragents_1_{file.segment}_x.xml", builder.document(body))
    expected = copy.deepcopy(model)
    expected.run(export)
    try:
        code = _run(shop, folder)
        if code:
            assert code in FRUITLESS
            assert expected.rows()["users"] == model.rows()["users"]
            return model
        assert _differences(expected, shop) == {}
        versions = row_versions(shop)
        _run(shop, folder)
        failed = [row for row in expected.log if row[1] == "error"]
        if not failed:  # a customer that fails again is logged again
            assert row_versions(shop) == versions, "the same export again must neither write nor lock a row"
        expected.log = shop.rows(_QUERIES["common_customersynclog"])
    finally:
        shutil.rmtree(folder)
    return expected


def _differences(model: ModelUsers, shop: Shop) -> dict[str, object]:
    wanted = model.rows()
    found = {table: shop.rows(query) for table, query in _QUERIES.items()}
    return {
        table: {"model": wanted[table], "database": found[table]}
        for table in _QUERIES
        if sorted(wanted[table], key=repr) != sorted(found[table], key=repr)
    }


def _run(shop: Shop, folder: Path) -> str:
    """The code of the error with which the run was refused, if it was."""
    try:
        shop.run(folder, kind=ImportKind.CUSTOMERS, allow_older=True, accept_large_change=True)
    except SyncError as error:
        return error.code
    return ""


def _register(shop: Shop, step: Registration) -> None:
    shop.execute(
        "INSERT INTO users (password, is_superuser, first_name, last_name, is_staff, is_active, date_joined, email,"
        " role, phone, company_name, tax_id, is_verified, created_at, updated_at, created_in_1c, needs_1c_export,"
        " sync_error_message, sync_status, verification_status, country)"
        " VALUES ('', false, :first_name, '', false, true, now(), :email, 'trainer', :phone, :company_name, '', true,"
        " now(), now(), false, true, '', 'pending', 'verified', 'Россия') ON CONFLICT DO NOTHING",
        first_name=step.first_name,
        email=step.email,
        phone=step.phone,
        company_name=step.company_name,
    )


def _xml(customer: Customer) -> str:
    contacts = [("Электронная почта", customer.email), ("Телефон рабочий", customer.phone)]
    return raw_element(
        "Контрагент",
        element("Ид", customer.onec_id)
        + element("ПометкаУдаления", str(customer.deleted).lower())
        + element("Наименование", customer.name)
        + element("ОфициальноеНаименование", customer.full_name)
        + "".join(element("Роль", role) for role in customer.roles)
        + element("ИНН", customer.inn)
        + element("КПП", customer.kpp)
        + raw_element("АдресРегистрации", element("Представление", customer.address))
        + raw_element(
            "Контакты",
            "".join(
                raw_element("Контакт", element("Тип", kind) + element("Значение", value)) for kind, value in contacts
            ),
        ),
    )
