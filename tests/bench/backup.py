"""`python -m tests.bench.backup --products N`: measures backup and restore, and prints JSON.

Fills a shop by SQL, then measures in every round: pg_dump of the same tables, a backup, and its restore after an import
that changes 1 % of the products. Ratios are formed within a round.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import tempfile
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from freesport_sync.database.server.embedded import EmbeddedPostgres
from freesport_sync.database.server.embedded_binaries import find_binaries
from freesport_sync.database.server.engine import connect, transaction
from freesport_sync.database.shop.tables import create_shop_tables
from freesport_sync.database.undo.restorable import BACKUP_TABLES
from freesport_sync.os_support import program_name
from tests.bench.measure import quiet, run_once
from tests.builders import ExportBuilder, offer, prices, product

VARIANTS = 3
VALUES = 12
"""Of each product: so many variants, with so many attribute values each."""

_FILL = Path(__file__).with_name("fill_shop.sql")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.backup", description=__doc__)
    parser.add_argument("--products", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="freesport-bench-") as temporary:
        os.chmod(temporary, 0o755)  # the server does not run as root
        with EmbeddedPostgres(Path(temporary) / "postgres") as server:
            url = _filled(server, options.products)
            observer = connect(url, "bench")
            rounds = [
                _round(url, observer, Path(temporary) / str(number), options.products, number)
                for number in range(options.rounds)
            ]
            size = observer.scalar(sa.text("SELECT pg_database_size(current_database())"))
            observer.close()
    ratios = [{name: one[name] for name in one if name.startswith("ratio")} for one in rounds]
    medians = {name: round(statistics.median(one[name] for one in ratios), 3) for name in ratios[0]}
    print(
        json.dumps(
            {"products": options.products, "database_bytes": size, "median": medians, "rounds": rounds}, indent=2
        )
    )


def _filled(server: EmbeddedPostgres, products: int) -> sa.URL:
    server.ensure_database("shop")
    url = server.url("shop")
    connection = connect(url, "bench")
    with transaction(connection):
        create_shop_tables(connection)
        for statement in _FILL.read_text(encoding="utf-8").split(";\n"):
            if statement.strip():
                text = sa.text(statement)
                values = {"products": products, "variants": VARIANTS, "values": VALUES}
                connection.execute(text, {name: values[name] for name in values if f":{name}" in statement})
    connection.exec_driver_sql("VACUUM ANALYZE")
    connection.close()
    return url


def _round(url: sa.URL, observer: sa.Connection, folder: Path, products: int, number: int) -> dict[str, Any]:
    export = ExportBuilder(folder / "export")
    export.reference_data()
    changed = range(1, products + 1, 100)
    export.goods(*(product(f"p{one}") for one in changed))
    export.offers(*(offer(f"p{one}#1") for one in changed))
    export.prices(*(prices(f"p{one}#1", {"retail": 1000 + number}) for one in changed))
    dump_s = _dump_s(url, observer, folder / "dump")
    home = "--home", str(folder / "home")
    saved = run_once(url, observer, "--backup", *home)
    archive = next((folder / "home" / "backups").iterdir())
    run_once(url, observer, "--run", "catalog", "--skip-backup", "--data-dir", str(export.folder), *home)
    restored = run_once(url, observer, "--restore", archive.stem, *home)
    return {
        "ratio_backup_to_pg_dump": saved.wall_s / dump_s,
        "ratio_restore_to_backup": restored.wall_s / saved.wall_s,
        "pg_dump_s": dump_s,
        "pg_dump_bytes": (folder / "dump").stat().st_size,
        "archive_bytes": archive.stat().st_size,
        "backup": asdict(saved),
        "restore": asdict(restored),
    }


def _dump_s(url: sa.URL, observer: sa.Connection, file: Path) -> float:
    quiet(observer)
    tables = [f"--table={table.name}" for table in BACKUP_TABLES]
    program = find_binaries(None) / program_name("pg_dump")
    database = url.set(drivername="postgresql").render_as_string(hide_password=False)
    started = time.perf_counter()
    options = ["-Fc", "-Z1", "--data-only", *tables, f"--file={file}", f"--dbname={database}"]
    subprocess.run([program, *options], check=True)
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
