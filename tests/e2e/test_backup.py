"""Backup, undo and restore as the operator calls them, and programs that are killed in the middle of them."""

from __future__ import annotations

from pathlib import Path

from tests.integration.support import shop_rows
from tests.program import Command, Installation
from tests.shop import Shop
from tests.watching import VARIANT, holding, importers, wait_until, waiting_importers

PRICE = "SELECT retail_price FROM product_variants"


def import_it(installed: Installation, export: Path) -> int:
    """Import with a backup; returns the number of the run."""
    outcome = installed.run("--run", "--json", "--data-dir", export)
    assert outcome.code == 0, outcome.stderr
    return int(outcome.events("result")[0]["run_id"])


def test_an_operator_looks_undoes_and_reads_what_happened(
    stocked_shop: Shop, installed: Installation, command: Command, dearer: Path
) -> None:
    run_id = import_it(installed, dearer)
    (backup,) = command("--backups", "--json").events("backup")
    assert backup["manifest"]["run_id"] == run_id
    assert backup["backup_id"] in command("--backups").stdout
    dry = command("--undo", run_id, "--dry-run")
    assert (dry.code, dry.stderr) == (0, "")
    assert "В таблицы магазина ничего не записано" in dry.stdout
    assert f"Проверка отмены импорта № {run_id}" in dry.stdout
    assert stocked_shop.value(PRICE) == 200
    undone = command("--undo", run_id)
    assert (undone.code, undone.stderr) == (0, "")
    assert "Возвращено" in undone.stdout
    assert f"Отмена импорта № {run_id}" in undone.stdout
    assert stocked_shop.value(PRICE) == 100
    shown = command("--show", run_id + 1).stdout
    assert "Розничная цена 200,00 -> 100,00" in shown
    assert f"№ {run_id}: отменяется всё" in shown
    history = command("--history").stdout
    assert f"отмена импорта № {run_id}" in history
    assert f"проверка отмены импорта № {run_id}" in history
    undoer, mark = run_id + 2, f"отменён импортом № {run_id + 2}"
    assert mark in history
    assert mark in command("--show", run_id).stdout
    listed = {run["id"]: (run["undone_by"], run["undone_id"]) for run in command("--history", "--json").events("run")}
    assert listed == {1: (None, 0), run_id: (undoer, 0), run_id + 1: (None, run_id), undoer: (None, run_id)}
    (shown_run,) = command("--show", run_id, "--json").events("run")
    assert shown_run["undone_by"] == undoer
    again = command("--undo", run_id)
    assert (again.code, "(run_undone_already)" in again.stderr) == (5, True)
    missing = command("--undo", 999)
    assert missing.code == 2
    assert "(backup_of_run_missing)" in missing.stderr


def test_killed_while_backing_up(stocked_shop: Shop, installed: Installation, command: Command, dearer: Path) -> None:
    before = shop_rows(stocked_shop)
    with installed.start("--run", "--json", "--data-dir", dearer) as program:
        program.event("progress", stage="backup")
        program.kill_all()
    wait_until(lambda: not importers(stocked_shop.connection))
    assert shop_rows(stocked_shop) == before
    assert command("--backups", "--json").stdout == ""
    assert import_it(installed, dearer)
    assert len(command("--backups", "--json").lines) == 1


def test_killed_while_restoring(stocked_shop: Shop, installed: Installation, command: Command, dearer: Path) -> None:
    run_id = import_it(installed, dearer)
    before = shop_rows(stocked_shop)
    with holding(stocked_shop.url, VARIANT), installed.start("--undo", run_id, "--json") as program:
        program.event("run_started")
        wait_until(lambda: waiting_importers(stocked_shop.connection))
        program.kill_all()
        wait_until(lambda: not waiting_importers(stocked_shop.connection))
    assert shop_rows(stocked_shop) == before
    again = command("--undo", run_id, "--json")
    assert again.code == 0
    assert again.events("result")[0]["counts"]["variant"]["updated"] == 1
    assert stocked_shop.value(PRICE) == 100
