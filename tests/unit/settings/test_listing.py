"""The table of all settings: generated from the model, in both languages, printed in docs/settings.md."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

from freesport_sync.i18n.resources import resource
from freesport_sync.i18n.texts import Language, Texts
from freesport_sync.settings.listing import Origin, as_markdown, list_settings
from freesport_sync.settings.loading import load_settings
from freesport_sync.settings.model import OwnedField, Settings, Warehouse

PAGE = Path(__file__).parents[3] / "docs" / "settings.md"
SECTION = re.compile(r"<!-- settings: [^\n]*-->\n\n(.*?)\n\n<!-- /settings -->", re.DOTALL)

FILE = """
[database]
password_file = "C:/пароли/\\"shop\\".txt"
[source]
data_dir = "выгрузка.zip"
[catalog]
root_category = "ТУРИЗМ | \\\\"
owned_fields = ["name", "brand"]
[prices]
clear_missing = true
[guards]
large_change_percent = 35
[history]
retention_days = 30
max_issues = 10
[[warehouses]]
name = "Склад"
vat_rate = 5.5
"""
"""Every kind of value, none of them the default."""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    file = tmp_path / "settings.toml"
    file.write_text(FILE, encoding="utf-8")
    return file


def nested(pairs: dict[str, str]) -> dict[str, Any]:
    """`a.b` -> TOML value, read as a settings file would be."""
    return tomllib.loads("\n".join(f"{key} = {value}" for key, value in pairs.items()))


def test_every_setting_is_explained_in_both_languages() -> None:
    keys = {one.key for one in list_settings(Settings(), Path("none"))}
    for language in Language:
        texts = tomllib.loads(resource("i18n", f"{language.value}.toml").read_text(encoding="utf-8"))
        assert texts["settings"].keys() == keys
        assert all(texts["settings"].values())


def test_every_key_of_the_model_is_listed() -> None:
    def leaves(values: dict[str, Any], prefix: str = "") -> set[str]:
        keys: set[str] = set()
        for name, value in values.items():
            keys |= leaves(value, f"{prefix}{name}.") if isinstance(value, dict) else {f"{prefix}{name}"}
        return keys

    assert {one.key for one in list_settings(Settings(), Path("none"))} == leaves(Settings().model_dump())


def test_values_can_be_written_back_into_the_settings_file(file: Path) -> None:
    settings = load_settings(file)
    listed = list_settings(settings, file)
    values = nested({one.key: one.value for one in listed if one.value is not None})
    assert Settings.model_validate(values).model_dump() == settings.model_dump()
    defaults = nested({one.key: one.default for one in listed if one.default is not None})
    assert Settings.model_validate(defaults) == Settings()


def test_values_are_those_in_force_and_say_where_they_come_from(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FREESPORT_SYNC_HISTORY__RETENTION_DAYS", "7")
    monkeypatch.setenv("FREESPORT_SYNC_DATABASE", '{"url": "postgresql://h/d"}')
    listed = {one.key: one for one in list_settings(load_settings(file), file)}
    retention = listed["history.retention_days"]
    assert (retention.value, retention.default, retention.origin) == ("7", "180", Origin.ENVIRONMENT)
    assert listed["database.url"].origin is Origin.ENVIRONMENT
    assert (listed["guards.large_change_percent"].value, listed["guards.large_change_percent"].origin) == (
        "35",
        Origin.FILE,
    )
    assert listed["warehouses"].value == '[{name = "Склад", vat_rate = 5.5}]'
    assert (listed["database.postgres_bin"].value, listed["database.postgres_bin"].origin) == (None, Origin.DEFAULT)


@pytest.mark.parametrize(
    ("variable", "written", "key"),
    [
        ("FREESPORT_SYNC_SOURCE__DATA_DIR", "/srv/1c", "source.data_dir"),
        ("FREESPORT_SYNC_CATALOG__OWNED_FIELDS", '["stock"]', "catalog.owned_fields"),
        ("FREESPORT_SYNC_GUARDS__LARGE_CHANGE_PERCENT", "50", "guards.large_change_percent"),
        ("FREESPORT_SYNC_HISTORY__MAX_ISSUES", "5", "history.max_issues"),
        ("FREESPORT_SYNC_WAREHOUSES", '[{"name": "w"}]', "warehouses"),
    ],
)
def test_the_variables_that_are_named_work(
    variable: str, written: str, key: str, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, written)
    settings = load_settings(file)
    (one,) = [one for one in list_settings(settings, file) if one.variable == variable]
    assert (one.key, one.origin) == (key, Origin.ENVIRONMENT)
    assert settings != load_settings(Path("none"))


def test_parts_of_warehouses_are_explained_too() -> None:
    for language in Language:
        meaning = Texts(language)("settings.warehouses")
        assert all(name in meaning for name in Warehouse.model_fields)


def test_owned_fields_that_are_not_the_default_are_explained() -> None:
    (one,) = [one for one in list_settings(Settings(), Path("none")) if one.key == "catalog.owned_fields"]
    explained = f"{one.default} {Texts(Language.RUSSIAN)('settings.catalog.owned_fields')}"
    assert all(field.value in explained for field in OwnedField)


def test_the_page_of_settings_has_the_table() -> None:
    """When it fails: put what is expected between the two comments of docs/settings.md."""
    expected = as_markdown(list_settings(Settings(), Path("none")), Texts(Language.RUSSIAN))
    (written,) = SECTION.findall(PAGE.read_text(encoding="utf-8"))
    assert written == expected
