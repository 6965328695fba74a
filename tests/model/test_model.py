"""The import against a plain model of it (`tests/model`): whatever 1C sends and the shop does, both say the same.

How many histories it plays: `examples.py`.
"""

from __future__ import annotations

import copy
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from freesport_sync.core.run import RunReport
from freesport_sync.database.metadata import own_metadata
from freesport_sync.database.server.embedded import EmbeddedPostgres
from freesport_sync.errors import SyncError
from freesport_sync.settings.model import (
    CatalogSettings,
    OwnedField,
    PriceSettings,
    Settings,
)
from tests.databases import cloned_database
from tests.integration.support import GOODS_TABLES, row_versions
from tests.model.compare import differences
from tests.model.examples import EXAMPLES, Examples
from tests.model.exports import Export, Step
from tests.model.importer import ModelImport
from tests.model.pictures import send_pictures, sizes_of, write_pictures
from tests.model.records import COLORS
from tests.model.reference_data import Refused
from tests.model.shop import ModelShop
from tests.model.strategies import histories
from tests.model.write import change_shop, write_export
from tests.shop import Shop

SETTINGS = {
    "default": Settings(),
    "all_owned": Settings(
        catalog=CatalogSettings(owned_fields=frozenset(OwnedField)), prices=PriceSettings(clear_missing=True)
    ),
    "nothing_owned": Settings(catalog=CatalogSettings(owned_fields=frozenset())),
}
FRUITLESS = ("no_records", "all_rows_failed")
"""Refusals that the model does not know: it has nothing to change either."""


@pytest.fixture(scope="module")
def scratch_shop(postgres: EmbeddedPostgres, template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """One database for all examples; each begins by emptying it, which is faster than a new one."""
    with (
        cloned_database(postgres, template) as url,
        Shop(url, tmp_path_factory.mktemp("model")) as shop,
    ):
        shop.execute("DELETE FROM color_mappings")
        for color in COLORS:
            shop.execute("INSERT INTO color_mappings (name, hex_code, swatch_image) VALUES (:name, '', '')", name=color)
        write_pictures(shop.folder / "pictures")
        yield shop


@pytest.mark.parametrize("rules", SETTINGS)
@EXAMPLES
def test_the_import_does_what_the_model_does(scratch_shop: Shop, rules: str, examples: Examples) -> None:
    scratch_shop.settings = SETTINGS[rules]
    examples.play(histories(max_size=5), lambda history: play(scratch_shop, history))


def play(shop: Shop, history: Sequence[Step]) -> None:
    """Let both do the same, and compare them after each step."""
    clear(shop)
    shutil.rmtree(media_of(shop), ignore_errors=True)
    media_of(shop).mkdir()
    model = ModelShop()
    for step in history:
        if not isinstance(step, Export):
            change_shop(step, shop)
            model.change(step)
        else:
            folder = shop.folder / "export"
            write_export(step, folder)
            send_pictures(shop.folder / "pictures", step.places, folder)
            try:
                model = _import(shop, model, step, folder)
            finally:
                shutil.rmtree(folder)
        assert differences(model, shop) == {}


def _import(shop: Shop, model: ModelShop, export: Export, folder: Path) -> ModelShop:
    """The model after the import, or as it was where both refuse it."""
    expected = copy.deepcopy(model)
    refusal = ""
    try:
        ModelImport(expected, export, shop.settings, sizes_of(media_of(shop))).run()
    except Refused as refused:
        refusal = str(refused)
    tried = _run(shop, export, folder, is_dry_run=True) if export.is_tried else None
    if tried is not None:
        assert differences(model, shop) == {}
    result = _run(shop, export, folder)
    if isinstance(result, str):
        assert result == refusal or (result in FRUITLESS and not refusal and expected.rows() == model.rows())
        assert tried in (None, result)
        return model
    assert not refusal
    assert differences(expected, shop) == {}
    assert expected.pictures() - model.pictures() <= sizes_of(media_of(shop)).keys()
    if isinstance(tried, RunReport):
        assert tried.counts == result.counts
    versions = _versions(shop)
    _run(shop, export, folder)
    assert _versions(shop) == versions, "the same export again must neither write nor lock a row"
    return expected


def _run(shop: Shop, export: Export, folder: Path, *, is_dry_run: bool = False) -> RunReport | str:
    """The report, or the code of the error with which the run was refused."""
    try:
        return shop.run(
            folder,
            kind=export.kind,
            file_type=export.file_type,
            is_full=export.is_full,
            is_dry_run=is_dry_run,
            allow_older=True,
            accept_large_change=True,
            skip_images=export.skips_pictures,
            media_root=media_of(shop) if export.has_media else None,
        )
    except SyncError as error:
        return error.code


def media_of(shop: Shop) -> Path:
    """The shop's folder of pictures."""
    return shop.folder / "media"


def _versions(shop: Shop) -> object:
    return row_versions(shop), shop.rows("SELECT ctid::text, xmin::text, * FROM freesport_sync.deactivated_objects")


def clear(shop: Shop) -> None:
    """Empty every table but the colours."""
    own = [f"{table.schema}.{table.name}" for table in own_metadata.sorted_tables]
    tables = [table for table in GOODS_TABLES if table != "color_mappings"]
    shop.execute(f"TRUNCATE {', '.join([*tables, 'import_sessions', *own])} RESTART IDENTITY CASCADE")
