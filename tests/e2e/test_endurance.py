"""What a program must bear: a laptop that falls asleep, and an export in which every row is bad."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from freesport_sync.core.shop import Entity
from tests.builders import ExportBuilder, offer, product, rests
from tests.e2e.test_crash import run_arguments
from tests.integration.support import shop_rows
from tests.platforms import linux_only
from tests.program import ROOT, Installation, clean_environment
from tests.proxy import Link, Proxy
from tests.shop import Shop
from tests.watching import VARIANT, holding, importers, lock_is_free, side_connections, wait_until, waiting_importers

# --- sleep ----------------------------------------------------------------------------------------------------------


def short_timeouts(data: bytes, _link: Link) -> bytes:
    """The server's patience with an idle program is asked for in minutes; as many letters are seconds."""
    return data.replace(b"'5min'", b"'0.9s'").replace(b"'15min'", b"'3.0 s'")


def test_a_laptop_that_sleeps_through_the_merge(stocked_shop: Shop, dearer: Path, tmp_path: Path) -> None:
    """The server does not wait for it: the shop's rows are free while it sleeps, and the run ends when it awakes."""
    before = shop_rows(stocked_shop)
    with Proxy(stocked_shop.url, short_timeouts) as network:
        installation = Installation(tmp_path / "home", network.url)
        with holding(stocked_shop.url, VARIANT) as holder, installation.start(*run_arguments(dearer)) as program:
            wait_until(lambda: waiting_importers(stocked_shop.connection))
            program.stop()
            holder.release()
            wait_until(lambda: not importers(stocked_shop.connection))
            assert lock_is_free(stocked_shop.connection)
            stocked_shop.execute("UPDATE product_variants SET stock_quantity = 7")
            wait_until(lambda: not side_connections(stocked_shop.connection))
            program.go_on()
            outcome = program.ended()
    assert (outcome.code, outcome.error["code"], outcome.stderr) == (3, "connection_lost", "")
    stocked_shop.execute("UPDATE product_variants SET stock_quantity = 0")
    assert shop_rows(stocked_shop) == before
    assert stocked_shop.row(
        "SELECT r.status, r.error_code, s.status FROM freesport_sync.runs AS r"
        " JOIN import_sessions AS s ON s.id = r.session_ids[1] ORDER BY r.id DESC LIMIT 1"
    ) == ("failed", "connection_lost", "failed")
    assert stocked_shop.run(dearer).counts[Entity.PRICE].updated == 1


def test_a_short_sleep_does_no_harm(stocked_shop: Shop, installed: Installation, dearer: Path) -> None:
    with holding(stocked_shop.url, VARIANT) as holder, installed.start(*run_arguments(dearer)) as program:
        wait_until(lambda: waiting_importers(stocked_shop.connection))
        program.stop()
        holder.release()
        wait_until(lambda: not waiting_importers(stocked_shop.connection))
        program.go_on()
        assert program.ended().code == 0
    assert stocked_shop.value("SELECT retail_price FROM product_variants") == 200


# --- memory ---------------------------------------------------------------------------------------------------------


PEAK = """
import sys
from pathlib import Path
from freesport_sync.__main__ import main
code = main()
print(*(line.split()[1] for line in Path("/proc/self/status").open() if line.startswith("VmHWM")), file=sys.stderr)
sys.exit(code)
"""


def peak(installation: Installation, export: Path) -> int:
    """The most kilobytes that the program needs for an import with errors."""
    arguments = ("--run", "--data-dir", str(export), *installation.arguments)
    done = subprocess.run(
        [sys.executable, "-c", PEAK, *arguments],
        env=clean_environment() | installation.environment,
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert done.returncode == 1, done.stderr
    return int(done.stderr)


def export_of(folder: Path, bad_rows: int) -> Path:
    """One good product, and offers that the shop has never heard of with quantities that are none."""
    export = ExportBuilder(folder)
    export.reference_data()
    export.goods(product("p1"))
    export.offers(offer("p1#c"))
    row = rests("unknown-NUMBER#c", {"w1": "много"})
    export.rests(*(row.replace("NUMBER", str(number)) for number in range(bad_rows)))
    return folder


@linux_only("asks /proc for the memory")
def test_memory_stays_flat_however_many_rows_are_bad(
    stocked_shop: Shop, installed: Installation, tmp_path: Path
) -> None:
    installed.home.mkdir()
    (installed.home / "settings.toml").write_text("[history]\nmax_issues = 1000\n")  # to store them takes longest
    few = peak(installed, export_of(tmp_path / "few", 1_000))
    many = peak(installed, export_of(tmp_path / "many", 30_000))
    assert many - few < 10_000
    run_id, totals = stocked_shop.row("SELECT id, issue_totals FROM freesport_sync.runs ORDER BY id DESC LIMIT 1")
    counts = {total["code"]: total["count"] for total in totals}
    assert counts == {"quantity_not_number": 30_000, "stock_variant_unknown": 30_000, "variants_alike": 1}
    assert stocked_shop.value("SELECT count(*) FROM freesport_sync.row_issues WHERE run_id = :id", id=run_id) == 1000
