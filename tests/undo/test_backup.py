"""Backups: what is in them, when one is made, and what happens when it cannot be made or is no longer what it was."""

from __future__ import annotations

import errno
import io
import json
import os
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from freesport_sync.core.events import Progress
from freesport_sync.core.shop import FileType, ImportKind, Stage
from freesport_sync.core.tasks import SHOP_LOCK
from freesport_sync.database.own.lock import take_lock
from freesport_sync.database.server.engine import connect
from freesport_sync.database.undo import backup
from freesport_sync.database.undo.restorable import BACKUP_TABLES
from freesport_sync.errors import (
    BackupUnusable,
    Cancelled,
    ConfigError,
    ImportFailed,
    LockHeld,
)
from freesport_sync.os_support import is_private
from freesport_sync.settings.model import BackupSettings
from tests.builders import contragent, prices, product, rests
from tests.databases import cloned_database
from tests.integration.scenes import everything
from tests.integration.support import NewExport, shop_rows
from tests.shop import Shop


def archives(shop: Shop) -> list[Path]:
    """Everything in the folder of the backups."""
    return sorted(shop.backups.iterdir()) if shop.backups.is_dir() else []


def the_archive(shop: Shop) -> Path:
    (archive,) = archives(shop)
    return archive


def test_a_backup_has_every_table_and_no_secret(shop: Shop, new_export: NewExport) -> None:
    export = new_export()
    everything(export)
    shop.run(export.folder)
    shop.execute("UPDATE users SET password = 'argon2$secret', last_login = now()")
    shop.back_up()
    manifest = backup.read_manifest(the_archive(shop))
    assert is_private(the_archive(shop))
    assert [table.name for table in manifest.tables] == [table.name for table in BACKUP_TABLES]
    with zipfile.ZipFile(the_archive(shop)) as archive:
        for table in manifest.tables:
            schema = "freesport_sync." if table.name == "deactivated_objects" else ""
            rows = archive.read(f"{table.name}.copy")
            assert rows.count(b"\n") == table.rows == shop.value(f"SELECT count(*) FROM {schema}{table.name}")
            assert b"secret" not in rows
        columns = {table.name: table.columns for table in manifest.tables}
        assert "password" not in columns["users"]
        assert "last_login" not in columns["users"]
        assert "password" not in archive.read("manifest.json").decode()


@pytest.mark.parametrize(
    ("options", "is_made"),
    [
        ({}, True),
        ({"kind": ImportKind.CATALOG}, True),
        ({"kind": ImportKind.CUSTOMERS}, True),
        ({"kind": ImportKind.STOCKS}, False),
        ({"kind": ImportKind.PRICES}, False),
        ({"file_type": FileType.GOODS}, False),
        ({"is_dry_run": True}, False),
        ({"skip_backup": True}, False),
    ],
)
def test_imports_that_can_be_undone_make_one(
    stocked_shop: Shop, new_export: NewExport, options: dict[str, Any], is_made: bool
) -> None:
    export = new_export()
    export.reference_data()
    export.goods(product("p1"))
    export.prices(prices("p1#c1", {"retail": 200}))
    export.rests(rests("p1#c1", {"w1": 1}))
    export.contragents(contragent("c1"))
    report = stocked_shop.run(export.folder, **{"skip_backup": False, "accept_large_change": True} | options)
    runs = [backup.read_manifest(archive).run_id for archive in archives(stocked_shop)]
    assert runs == ([report.run_id] if is_made else [])


def no_room(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> str:
    usage = type("Usage", (), {"free": 0})
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage)
    return "backup_no_space"


def a_file_in_the_way(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> str:
    shop.backups.write_text("no folder")
    return "backup_not_written"


def full_disk(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> str:
    shop.backups.mkdir()

    def no_more(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(zipfile.ZipFile, "open", lambda *_, **__: type("Full", (io.RawIOBase,), {"write": no_more})())
    return "backup_disk_full"


Fault = Callable[[Shop, pytest.MonkeyPatch], str]


@pytest.mark.parametrize("fault", [no_room, a_file_in_the_way, full_disk])
@pytest.mark.parametrize("is_optional", [False, True])
def test_without_a_backup_no_import_begins_unless_it_is_optional(
    stocked_shop: Shop, dearer: Path, monkeypatch: pytest.MonkeyPatch, fault: Fault, is_optional: bool
) -> None:
    code, before = fault(stocked_shop, monkeypatch), shop_rows(stocked_shop)
    if is_optional:
        stocked_shop.run(dearer, skip_backup=False, is_backup_optional=True)
        assert stocked_shop.issues() == {"backup_failed": [""]}
        assert stocked_shop.value("SELECT retail_price FROM product_variants") == 200
    else:
        with pytest.raises(ImportFailed) as caught:
            stocked_shop.run(dearer, skip_backup=False)
        assert caught.value.code == code
        assert shop_rows(stocked_shop) == before
    assert not any(path.suffix == ".part" for path in archives(stocked_shop))


def flip(archive: Path, place: float) -> None:
    """Change one byte; below 1 it is a share of the file."""
    data = bytearray(archive.read_bytes())
    data[int(len(data) * place) if place < 1 else int(place)] ^= 0xFF
    archive.write_bytes(data)


def rewritten(archive: Path, change: Callable[[dict[str, Any]], None], *, left_out: str = "") -> None:
    """Write an archive anew with another manifest, or without one of its entries."""
    with zipfile.ZipFile(archive) as old:
        entries = {name: old.read(name) for name in old.namelist() if name != left_out}
    manifest = json.loads(entries["manifest.json"])
    change(manifest)
    entries["manifest.json"] = json.dumps(manifest).encode()
    with zipfile.ZipFile(archive, "w") as new:
        for name, content in entries.items():
            new.writestr(name, content)


DAMAGES: dict[str, tuple[Callable[[Path], object], str]] = {
    "byte_at_begin": (lambda path: flip(path, 0.02), "backup_damaged"),
    "byte_in_middle": (lambda path: flip(path, 0.5), "backup_damaged"),
    "byte_of_manifest": (lambda path: flip(path, path.read_bytes().index(b"manifest.json") + 60), "backup_damaged"),
    "cut_off": (lambda path: path.write_bytes(path.read_bytes()[:-100]), "backup_damaged"),
    "empty": (lambda path: path.write_bytes(b""), "backup_damaged"),
    "table_missing": (lambda path: rewritten(path, lambda _: None, left_out="products.copy"), "backup_damaged"),
    "rows_swapped": (lambda path: rewritten(path, lambda m: m["tables"][8].update(sha256="0" * 64)), "backup_damaged"),
    "no_such_field": (lambda path: rewritten(path, lambda m: m.pop("run_id")), "backup_damaged"),
    "newer": (lambda path: rewritten(path, lambda m: m.update(format=2)), "backup_newer"),
    "partial": (lambda path: rewritten(path, lambda m: m["tables"].pop()), "backup_other_tables"),
    "other_columns": (lambda path: rewritten(path, lambda m: m.update(fingerprint="")), "backup_other_tables"),
    "foreign": (lambda path: rewritten(path, lambda m: m.update(database="1/1")), "backup_foreign"),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_what_is_not_as_it_was_written_is_refused_before_anything_is_written(
    stocked_shop: Shop, dearer: Path, damage: str
) -> None:
    report = stocked_shop.run(dearer, skip_backup=False)
    archive, before = the_archive(stocked_shop), shop_rows(stocked_shop)
    change, code = DAMAGES[damage]
    change(archive)
    with pytest.raises(BackupUnusable) as caught:
        stocked_shop.restore(archive.stem)
    assert caught.value.code == code
    assert shop_rows(stocked_shop) == before
    (listed,) = backup.list_backups(stocked_shop.backups)
    assert f"-{report.run_id}-" in listed.backup_id


def test_a_copy_of_the_database_is_another_database(stocked_shop: Shop, postgres: Any, tmp_path: Path) -> None:
    backup_id = stocked_shop.back_up()
    stocked_shop.connection.close()
    clone = cloned_database(postgres, str(stocked_shop.url.database))
    with clone as url, Shop(url, tmp_path) as copy, pytest.raises(BackupUnusable, match="backup_foreign"):
        copy.restore(backup_id)


@pytest.mark.parametrize(
    "backup_id", ["20260101-000000-1-0000", "../../etc/passwd", "", "20260101-000000-1-0000.zip", "\0"]
)
def test_a_backup_that_is_not_there(stocked_shop: Shop, backup_id: str) -> None:
    with pytest.raises(ConfigError, match="backup_missing"):
        stocked_shop.restore(backup_id)


def test_a_run_without_a_backup_cannot_be_undone(stocked_shop: Shop, dearer: Path) -> None:
    report = stocked_shop.run(dearer)
    with pytest.raises(ConfigError, match="backup_of_run_missing"):
        stocked_shop.undo(report.run_id)


def test_old_backups_go_and_the_newest_stay(stocked_shop: Shop, dearer: Path) -> None:
    shop = stocked_shop
    shop.settings = shop.settings.model_copy(update={"backup": BackupSettings(keep_count=2, keep_days=0)})
    made = [shop.back_up() for _ in range(3)]
    (shop.backups / "20200101-000000-1-0000.zip").write_bytes(b"damaged")
    (shop.backups / "notes.txt").write_text("not ours")
    shop.execute(
        "UPDATE freesport_sync.runs SET status = 'failed' WHERE id = (SELECT max(id) FROM freesport_sync.runs)"
    )
    made += [shop.back_up(), shop.back_up()]  # what the failed run had left goes at once, however new it is
    left = {one.backup_id for one in backup.list_backups(shop.backups)}
    assert left == {*made[-2:], "20200101-000000-1-0000"}
    assert (shop.backups / "notes.txt").exists()


@pytest.mark.parametrize("stage", [Stage.BACKUP, Stage.STAGE])
def test_a_cancelled_backup_or_restore_leaves_nothing(stocked_shop: Shop, stage: Stage) -> None:
    shop = stocked_shop
    backup_id = shop.back_up() if stage is Stage.STAGE else ""
    before, files = shop_rows(shop), archives(shop)

    def cancel(event: object) -> None:
        if isinstance(event, Progress) and event.stage is stage:
            shop.cancel.cancel()

    act = (lambda: shop.restore(backup_id, cancel)) if backup_id else (lambda: shop.back_up(cancel))
    with pytest.raises(Cancelled):
        act()
    assert (shop_rows(shop), archives(shop)) == (before, files)
    assert shop.value("SELECT status FROM freesport_sync.runs ORDER BY id DESC LIMIT 1") == "cancelled"


def test_a_backup_sees_one_moment(stocked_shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    save = backup._save_table

    def sell_meanwhile(connection: Any, table: Any, *others: Any) -> Any:
        if table.name == "product_variants":
            stocked_shop.execute("UPDATE product_variants SET stock_quantity = 1")
        return save(connection, table, *others)

    monkeypatch.setattr(backup, "_save_table", sell_meanwhile)
    backup_id = stocked_shop.back_up()
    path = backup.backup_path(stocked_shop.backups, backup_id)
    with zipfile.ZipFile(path) as archive:
        (row,) = archive.read("product_variants.copy").decode().splitlines()
    columns = next(t.columns for t in backup.read_manifest(path).tables if t.name == "product_variants")
    assert dict(zip(columns, row.split("\t"), strict=True))["stock_quantity"] == "0"


def test_a_restore_is_refused_while_somebody_imports(stocked_shop: Shop, short_holder_wait: None) -> None:
    backup_id = stocked_shop.back_up()
    importer = connect(stocked_shop.url, "tests")
    take_lock(importer, SHOP_LOCK)
    with pytest.raises(LockHeld):
        stocked_shop.restore(backup_id)
    importer.close()


def test_what_is_known_of_imports_lives_as_long_as_the_backup_before_them(
    stocked_shop: Shop, new_export: NewExport
) -> None:
    shop = stocked_shop
    shop.settings = shop.settings.model_copy(update={"backup": BackupSettings(keep_count=1, keep_days=0)})
    runs: list[int] = []
    for price in (200, 300, 400):
        export = new_export()
        export.reference_data()
        export.goods(product("p1"))
        export.prices(prices("p1#c1", {"retail": price}))
        runs.append(shop.run(export.folder, skip_backup=bool(runs)).run_id)
    shop.undo(runs[0])
    assert shop.value("SELECT retail_price FROM product_variants") == 100


def test_a_role_that_may_only_import_goods(stocked_shop: Shop, dearer: Path) -> None:
    shop, role = stocked_shop, f"goods_{uuid4().hex}"
    owned = "freesport_sync, public"
    shop.execute(f"CREATE ROLE {role} LOGIN PASSWORD 'x'")
    try:
        for statement in (
            f"GRANT ALL ON SCHEMA {owned} TO {role}",
            f"GRANT ALL ON ALL TABLES IN SCHEMA {owned} TO {role}",
            f"GRANT ALL ON ALL SEQUENCES IN SCHEMA {owned} TO {role}",
            f"REVOKE ALL ON users, companies, common_customersynclog FROM {role}",
        ):
            shop.execute(statement)
        shop.url = shop.url.set(username=role, password="x")
        report = shop.run(dearer, skip_backup=False)
        shop.undo(report.run_id)
        assert shop.value("SELECT retail_price FROM product_variants") == 100
        assert "users" not in {table.name for table in backup.read_manifest(the_archive(shop)).tables}
    finally:
        shop.execute(f"DROP OWNED BY {role}")
        shop.execute(f"DROP ROLE {role}")


def test_a_damaged_backup_is_not_called_a_missing_one(stocked_shop: Shop, dearer: Path) -> None:
    report = stocked_shop.run(dearer, skip_backup=False)
    the_archive(stocked_shop).write_bytes(b"")
    with pytest.raises(BackupUnusable, match="backup_damaged"):
        stocked_shop.undo(report.run_id)
