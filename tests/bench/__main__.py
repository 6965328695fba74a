"""`python -m tests.bench --products N`: measures imports against what an import cannot beat, and prints JSON.

Every round makes a fresh shop and measures, one after the other: the parse floor, a cold import, the copy floor, an
unchanged import, an import in which 1 % of the products changed and one in which all prices and stocks did. Ratios are
formed within a round, because these machines are shared; the medians over the rounds are what to quote.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import Any

from freesport_sync.database.server.embedded import EmbeddedPostgres
from freesport_sync.database.server.engine import connect, transaction
from freesport_sync.database.shop.tables import create_shop_tables
from freesport_sync.sources.commerceml.workers import useful_workers
from tests.bench.floors import copy_floor_s, parse_floor_s
from tests.bench.generator import generate
from tests.bench.measure import Measured, import_once, quiet


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--products", type=int, default=2000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--folder", type=Path, help="keep the exports here and use them again")
    parser.add_argument("--postgres-bin", type=Path, help="programs of another PostgreSQL than the embedded one")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="freesport-bench-") as temporary:
        os.chmod(temporary, 0o755)  # the server does not run as root
        exports = options.folder or Path(temporary)
        full, *changed = [_export(exports, options.products, change) for change in (0.0, 0.01, 1.0)]
        with EmbeddedPostgres(Path(temporary) / "postgres", options.postgres_bin) as server:
            rounds = [_round(server, number, full, *changed) for number in range(options.rounds)]
    result = {
        "products": options.products,
        "bytes": sum(file.stat().st_size for file in full.rglob("*.xml")),
        "processes": useful_workers(),
        "median": _medians(rounds),
        "rounds": rounds,
    }
    print(json.dumps(result, indent=2))


def _export(exports: Path, products: int, change: float) -> Path:
    folder = exports / f"{products}-{change:.0%}"
    if not folder.exists():
        generate(folder, products, change=change)
    return folder


def _round(server: EmbeddedPostgres, number: int, full: Path, changed: Path, repriced: Path) -> dict[str, Any]:
    shop, empty = f"shop_{number}", f"empty_{number}"
    for name in (shop, empty):
        server.ensure_database(name)
        connection = connect(server.url(name), "bench")
        with transaction(connection):
            create_shop_tables(connection)
        connection.close()
    observer, target = connect(server.url(shop), "bench"), connect(server.url(empty), "bench")
    try:
        parse_s = parse_floor_s(full, useful_workers())
        _say(f"round {number}: parse floor {parse_s:.2f} s")
        cold = import_once(server.url(shop), full, observer)
        _say(f"round {number}: cold {cold.wall_s:.2f} s")
        quiet(target)
        copy_s = copy_floor_s(observer, target)
        _say(f"round {number}: copy floor {copy_s:.2f} s")
        again_s = parse_floor_s(full, useful_workers())
        unchanged = import_once(server.url(shop), full, observer)
        _say(f"round {number}: unchanged {unchanged.wall_s:.2f} s against {again_s:.2f} s")
        one_percent = import_once(server.url(shop), changed, observer)
        _say(f"round {number}: 1 % changed {one_percent.wall_s:.2f} s")
        every_price = import_once(server.url(shop), repriced, observer)
        _say(f"round {number}: every price changed {every_price.wall_s:.2f} s, locked {every_price.apply_s:.2f} s")
    finally:
        observer.close()
        target.close()
    parse_s = (parse_s + again_s) / 2
    return {
        "parse_floor_s": parse_s,
        "floor_s": parse_s + copy_s,
        "cold": _figures(cold, parse_s + copy_s),
        "unchanged": _figures(unchanged, parse_s),
        "one_percent": _figures(one_percent, unchanged.wall_s),
        "every_price": _figures(every_price, unchanged.wall_s),
    }


def _figures(measured: Measured, floor_s: float) -> dict[str, Any]:
    return {"ratio": measured.wall_s / floor_s, **asdict(measured)}


def _medians(rounds: list[dict[str, Any]]) -> dict[str, Any]:
    medians: dict[str, Any] = {}
    for key, value in rounds[0].items():
        if isinstance(value, dict):
            medians[key] = _medians([one[key] for one in rounds]) if key != "counts" else value
        else:
            medians[key] = round(statistics.median(one[key] for one in rounds), 3)
    return medians


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
