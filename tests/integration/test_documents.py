"""What README and the guide promise of the database is so."""

from __future__ import annotations

import re
from pathlib import Path
from uuid import uuid4

from freesport_sync.database.preflight import check_database
from freesport_sync.database.shop.tables import SHOP_TABLES
from freesport_sync.i18n.texts import LANGUAGE_VARIABLE
from tests.shop import Shop

ROOT = Path(__file__).parents[2]


def page(name: str) -> str:
    return (ROOT / name).read_text("utf-8")


def test_the_rights_of_the_guide_are_enough(stocked_shop: Shop, dearer: Path, tmp_path: Path) -> None:
    (statements,) = re.findall(r"```sql\n(.*?)```", page("docs/guide.ru.md"), re.DOTALL)
    role, database = f"role_{uuid4().hex}", str(stocked_shop.url.database)
    stocked_shop.connection.exec_driver_sql("DROP SCHEMA freesport_sync CASCADE")
    named = re.sub(r"\bsync\b", role, re.sub(r"DATABASE freesport\b", f"DATABASE {database}", statements))
    stocked_shop.connection.exec_driver_sql(re.sub(r"--.*", "", named))
    tables = re.findall(r"\w+", statements.partition("INSERT, UPDATE ON")[2].partition(" TO ")[0])
    assert sorted(tables) == sorted(table.name for table in SHOP_TABLES)
    url = stocked_shop.url.set(username=role, password="пароль")
    assert [(item.code, item.params) for item in check_database(url, "shop") if not item.is_ok] == []
    limited = Shop(url, tmp_path)
    limited.run(dearer)
    assert stocked_shop.value("SELECT retail_price FROM product_variants") == 200


def test_the_pages_tell_what_cannot_be_guessed() -> None:
    told = ("PostgreSQL 14", "verify-full", "keyring.backends.null", "ничего не переспрашивают")
    guide, readme = page("docs/guide.ru.md"), page("README.md")
    assert [words for words in told if words not in guide] == []
    assert LANGUAGE_VARIABLE in page("docs/settings.md")
    assert "## In English" in readme
    assert readme.index("В папке\nпроекта") < readme.index("--run all --demo")
