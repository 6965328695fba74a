"""Which user of the shop each of 1C's customers is, and what 1C may change there."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from freesport_sync.core.issues import RowIssue, Severity
from freesport_sync.core.run import Counts, FieldChange
from freesport_sync.core.shop import Entity
from freesport_sync.core.staged import CustomerType, RejectedCustomer, StagedCustomer
from freesport_sync.rules.customers import (
    ChangedCompany,
    ChangedUser,
    CompanyFields,
    CustomerCreated,
    CustomerLog,
    CustomerPlan,
    CustomerUpdated,
    NewCompany,
    NewUser,
    ShopUser,
    UserFields,
    plan_customers,
)

PERSON = StagedCustomer(
    file_no=1,
    position=1,
    line=10,
    onec_id="c1",
    name="Петров Иван",
    customer_type=CustomerType.INDIVIDUAL,
    is_buyer=True,
    first_name="Иван",
    last_name="Петров",
    company_name="",
    legal_name="",
    tax_id="",
    kpp="",
    legal_address="",
    email="",
    phone="",
    is_deleted=False,
)
COMPANY = PERSON._replace(
    name="ООО Верх",
    customer_type=CustomerType.LEGAL_ENTITY,
    first_name="Верх",
    last_name="ООО",
    company_name="ООО Верх",
    legal_name="Общество «Верх»",
    tax_id="7700000001",
    kpp="770101001",
    legal_address="Москва",
)
COMPANY_FIELDS = CompanyFields("Общество «Верх»", "7700000001", "770101001", "Москва")
USER = ShopUser(5, "c1", "petrov@example.test", "trainer", UserFields("Иван", "Петров", "", "", ""))
STRANGER = replace(USER, onec_id=None)
"""The same person, of whom 1C does not know that he is in the shop."""


def plan(*staged: StagedCustomer, shop: tuple[ShopUser, ...] = ()) -> CustomerPlan:
    rows = [row._replace(position=position) for position, row in enumerate(staged, start=1)]
    return plan_customers(rows, [], shop, {1: "contragents.xml"})


def changed(row: StagedCustomer, user: ShopUser = USER) -> ChangedUser | None:
    return next(iter(plan(row, shop=(user,)).changed), None)


def codes(found: CustomerPlan) -> list[tuple[str, str]]:
    return [(issue.onec_id, issue.code) for issue in found.issues]


# --- new customers --------------------------------------------------------------------------------------------------


def test_an_unknown_person_is_created() -> None:
    found = plan(PERSON._replace(email="A@example.test", phone="+79829110098", tax_id="770000000012"))
    fields = UserFields("Иван", "Петров", "", "770000000012", "+79829110098")
    assert found == CustomerPlan(
        created=(NewUser("c1", "A@example.test", fields),),
        log=(CustomerLog("c1", None, CustomerCreated("unregistered", True, CustomerType.INDIVIDUAL)),),
        counts=Counts(created=1),
        changes=(FieldChange(Entity.CUSTOMER, "c1", "Петров Иван", "created", None, "Петров Иван"),),
    )
    assert found.rows == 2


def test_a_company_gets_a_company_row_and_the_words_of_its_name() -> None:
    found = plan(COMPANY)
    assert found.created == (NewUser("c1", None, UserFields("Верх", "ООО", "ООО Верх", "7700000001", "")),)
    assert found.new_companies == (NewCompany("c1", None, COMPANY_FIELDS),)
    assert found.log[0].details == CustomerCreated("unregistered", False, CustomerType.LEGAL_ENTITY)


def test_customers_with_one_inn_are_different_customers() -> None:
    found = plan(COMPANY, COMPANY._replace(onec_id="c2"))
    assert [(user.onec_id, user.fields.tax_id) for user in found.created] == [
        ("c1", "7700000001"),
        ("c2", "7700000001"),
    ]


# --- known customers ------------------------------------------------------------------------------------------------


def test_a_known_customer_that_is_the_same_is_left_alone() -> None:
    assert plan(PERSON, shop=(USER,)) == CustomerPlan(counts=Counts(unchanged=1))
    known = replace(USER, fields=UserFields("", "", "ООО Верх", "7700000001", ""), company_id=7, company=COMPANY_FIELDS)
    assert plan(COMPANY, shop=(known,)) == CustomerPlan(counts=Counts(unchanged=1))


def test_only_what_differs_is_changed() -> None:
    found = plan(PERSON._replace(last_name="Сидоров", phone="+79829110098"), shop=(USER,))
    assert found.changed == (ChangedUser(5, "c1", None, UserFields(last_name="Сидоров", phone="+79829110098")),)
    assert found.log == (CustomerLog("c1", 5, CustomerUpdated("trainer", role_preserved=True)),)
    assert found.counts == Counts(updated=1)
    assert found.changes == (
        FieldChange(Entity.CUSTOMER, "c1", "Петров Иван", "last_name", "Петров", "Сидоров"),
        FieldChange(Entity.CUSTOMER, "c1", "Петров Иван", "phone", "", "+79829110098"),
    )


def test_what_the_shop_knows_is_never_emptied() -> None:
    full = replace(USER, fields=UserFields("Иван", "Петров", "Верх", "77", "+7982"), company_id=7)
    assert changed(PERSON._replace(first_name="", last_name=""), full) is None
    company = replace(full, company=CompanyFields("Общество", "77", "78", "Тверь"))
    found = plan(COMPANY._replace(tax_id="", kpp="", legal_address=""), shop=(company,))
    assert found.changed_companies == (ChangedCompany(7, CompanyFields(legal_name="Общество «Верх»")),)
    assert found.changed == (ChangedUser(5, "c1", None, UserFields(company_name="ООО Верх")),)


def test_a_company_s_words_never_become_a_known_person_s_names() -> None:
    assert changed(COMPANY) == ChangedUser(5, "c1", None, UserFields(company_name="ООО Верх", tax_id="7700000001"))


def test_a_known_customer_keeps_the_email() -> None:
    assert changed(PERSON._replace(email="new@example.test")) is None
    assert changed(PERSON._replace(email="new@example.test"), replace(USER, email=None)) is None


def test_a_missing_company_row_is_made_for_a_known_customer() -> None:
    known = replace(USER, fields=UserFields("", "", "ООО Верх", "7700000001", ""))
    found = plan(COMPANY, shop=(known,))
    assert (found.changed, found.new_companies) == ((), (NewCompany("c1", 5, COMPANY_FIELDS),))
    assert found.counts == Counts(updated=1)
    assert [change.field for change in found.changes] == [
        f"company.{field}" for field in ("legal_name", "tax_id", "kpp", "legal_address")
    ]


def test_a_change_of_the_company_alone_is_an_update() -> None:
    fields = UserFields("", "", "ООО Верх", "7700000001", "")
    known = replace(USER, fields=fields, company_id=7, company=COMPANY_FIELDS._replace(kpp="0"))
    found = plan(COMPANY, shop=(known,))
    assert (found.changed, found.changed_companies) == ((), (ChangedCompany(7, CompanyFields(kpp="770101001")),))
    assert found.log == (CustomerLog("c1", 5, CustomerUpdated("trainer")),)


def test_a_person_s_company_row_is_left_alone() -> None:
    assert plan(PERSON._replace(tax_id="77"), shop=(replace(USER, company_id=7),)).changed_companies == ()


def test_changed_rows_are_in_the_order_of_their_ids() -> None:
    rows = [COMPANY._replace(onec_id=key) for key in ("c1", "c2", "c3")]
    shop = tuple(
        replace(USER, id=number, onec_id=row.onec_id, email=None, company_id=9 - number)
        for number, row in zip((2, 3, 1), rows, strict=True)
    )
    found = plan(*rows, shop=shop)
    assert [user.id for user in found.changed] == [1, 2, 3]
    assert [company.id for company in found.changed_companies] == [6, 7, 8]


# --- by e-mail ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("onec_id", [None, ""])
def test_a_user_of_the_shop_is_known_by_the_email_in_any_case(onec_id: str | None) -> None:
    found = plan(PERSON._replace(email="PETROV@example.test"), shop=(replace(USER, onec_id=onec_id),))
    assert (found.created, found.issues) == ((), ())
    assert found.changed == (ChangedUser(5, onec_id, "c1", UserFields()),)
    assert found.changes == (FieldChange(Entity.CUSTOMER, "c1", "Петров Иван", "onec_id", onec_id, "c1"),)
    assert found.counts == Counts(updated=1)


def test_the_id_goes_before_the_email() -> None:
    by_id = replace(USER, id=6, email="other@example.test")
    found = plan(PERSON._replace(email="petrov@example.test"), shop=(STRANGER, by_id))
    assert found == CustomerPlan(counts=Counts(unchanged=1))


def test_the_same_spelling_of_an_email_goes_first() -> None:
    other = replace(STRANGER, id=6, email="Petrov@example.test")
    assert plan(PERSON._replace(email="Petrov@example.test"), shop=(STRANGER, other)).changed[0].id == 6
    assert plan(PERSON._replace(email="PETROV@example.test"), shop=(other, STRANGER)).changed[0].id == 5


def test_the_email_of_another_customer_is_not_given_away() -> None:
    row = PERSON._replace(onec_id="c2", email="Petrov@example.test")
    found = plan(row, shop=(USER,))
    assert [(user.onec_id, user.email) for user in found.created] == [("c2", None)]
    assert found.log[0].details == CustomerCreated("unregistered", False, CustomerType.INDIVIDUAL)
    assert found.issues == (
        RowIssue(
            *(Severity.WARNING, "email_taken", "contragents.xml", 10, "c2", "Петров Иван", "Электронная почта"),
            params={"other": "c1"},
        ),
    )
    assert "petrov@" not in str(found.issues).lower()


def test_of_customers_that_share_an_email_the_first_has_it() -> None:
    rows = [PERSON._replace(onec_id=key, email=email) for key, email in (("c2", "a@b.test"), ("c3", "A@b.test"))]
    found = plan(*rows)
    assert [(user.onec_id, user.email) for user in found.created] == [("c2", "a@b.test"), ("c3", None)]
    assert [(issue.onec_id, issue.params) for issue in found.issues] == [("c3", {"other": "c2"})]


def test_of_customers_that_share_an_email_only_one_becomes_the_user_of_the_shop() -> None:
    rows = [PERSON._replace(onec_id=key, email="petrov@example.test") for key in ("c2", "c3")]
    found = plan(*rows, shop=(STRANGER,))
    assert [(user.id, user.onec_id) for user in found.changed] == [(5, "c2")]
    assert [(user.onec_id, user.email) for user in found.created] == [("c3", None)]
    assert codes(found) == [("c3", "email_taken")]


def test_a_clash_is_told_each_time_and_changes_nothing_again() -> None:
    rows = [PERSON._replace(onec_id=key, email="petrov@example.test") for key in ("c1", "c2")]
    without = replace(USER, id=6, onec_id="c2", email=None)
    found = plan(*rows, shop=(USER, without))
    assert (found.rows, found.counts) == (0, Counts(unchanged=2))
    assert codes(found) == [("c2", "email_taken")]


# --- the export's oddities ------------------------------------------------------------------------------------------


def test_a_counterparty_that_is_no_buyer_is_skipped() -> None:
    found = plan(PERSON._replace(is_buyer=False, email="a@b.test"), PERSON._replace(onec_id="c2", email="a@b.test"))
    assert [(user.onec_id, user.email) for user in found.created] == [("c2", "a@b.test")]
    assert found.counts == Counts(created=1, skipped=1)
    assert codes(found) == [("c1", "customer_not_buyer")]
    assert len(found.log) == 1


def test_of_repeated_records_the_last_counts() -> None:
    found = plan(PERSON, PERSON._replace(onec_id="c2"), PERSON._replace(last_name="Сидоров"))
    assert [(user.onec_id, user.fields.last_name) for user in found.created] == [("c1", "Сидоров"), ("c2", "Петров")]
    assert found.counts == Counts(created=2)
    assert found.issues == (
        RowIssue(Severity.NOTE, "records_repeated", field="Ид", value="1", params={"kind": "contragents"}),
    )


def test_the_order_of_files_decides_whatever_worker_was_first() -> None:
    late, early = PERSON._replace(file_no=2, last_name="Поздний"), PERSON._replace(position=9)
    (user,) = plan_customers([late, early], [], (), {}).created
    assert user.fields.last_name == "Поздний"


def test_a_deletion_mark_is_a_note() -> None:
    found = plan(PERSON._replace(is_deleted=True))
    assert len(found.created) == 1
    assert [(issue.severity, issue.code) for issue in found.issues] == [(Severity.NOTE, "customer_deleted")]


def test_a_tombstone_changes_nothing() -> None:
    empty: dict[str, Any] = {"name": None, "is_deleted": True, "first_name": "", "last_name": ""}
    unknown = plan(PERSON._replace(**empty))
    assert (unknown.rows, unknown.counts, codes(unknown)) == (0, Counts(skipped=1), [("c1", "tombstone_unknown")])
    known = plan(PERSON._replace(**empty), shop=(USER,))
    assert (known.rows, known.counts, codes(known)) == (0, Counts(unchanged=1), [("c1", "customer_deleted")])
    after = plan(PERSON, PERSON._replace(**empty))
    assert after.created[0].fields.last_name == "Петров"
    assert ("c1", "customer_deleted") in codes(after)


def test_a_customer_that_cannot_be_imported_is_in_the_log() -> None:
    found = plan_customers([], [RejectedCustomer(1, 1, 1, "x" * 100, "onec_id_too_long")], (), {})
    assert found.log == (CustomerLog("x" * 100, None, None, "onec_id_too_long"),)
    assert found.counts == Counts(failed=1)
