"""`python -m tests.faults --times 200`: kills imports at random moments, and prints where it has hit them.

A fault is a shop between before and after, half a picture, a lock that somebody holds, or a next run that fails
(`tests.faults.kill`). Each moment of a run is chosen as often as the others, however short it is.

With `--workers` it kills, freezes and cuts off workers that run queued imports (`tests.faults.workers`). There a fault
is a task that is lost, stuck or was written twice, besides.
"""

from __future__ import annotations

import argparse
import os
import random
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from freesport_sync.errors import SyncError

if TYPE_CHECKING:
    from freesport_sync.database.server.engine import Url
    from tests.databases import RestartedServer
    from tests.faults.kill import Kill, Scene
    from tests.faults.workers import Hit

EVERY = 20
"""Kills between two lists of what they have met."""


def main() -> int:
    """Kill and report; 1 when there were faults."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("--workers", action="store_true", help="strike workers instead of imports")
    parser.add_argument("--times", type=int, default=200)
    parser.add_argument("--products", type=int, default=300)
    parser.add_argument("--seed", type=int, default=random.randrange(1_000_000), help="for the same moments again")
    options = parser.parse_args()
    print(f"seed {options.seed}", flush=True)
    return _strike_workers(options) if options.workers else _kill_imports(options)


def _kill_imports(options: argparse.Namespace) -> int:
    chance, kills, faults = random.Random(options.seed), Counter["Kill"](), 0
    with _private_scene(options.products) as scene:
        for moment in scene.moments:
            print(f"{moment.name:10} lasts {moment.lasts_s * 1000:5.0f} ms", flush=True)
        for number in range(1, options.times + 1):
            moment = chance.choice(scene.moments)
            delay_s = chance.uniform(0, moment.lasts_s)
            try:
                kills[scene.kill(moment, delay_s)] += 1
            except (AssertionError, SyncError) as error:
                faults += 1
                print(f"kill {number}, {delay_s * 1000:.0f} ms after {moment.name}: {error}", flush=True)
            if number % EVERY == 0 or number == options.times:
                _print(kills, faults)
    return 1 if faults else 0


def _strike_workers(options: argparse.Namespace) -> int:
    from tests.faults.workers import WorkerScene
    from tests.shop import Shop

    chance, faults = random.Random(options.seed), 0
    hits: list[Hit] = []
    with (
        _private_server() as (server, url, folder),
        Shop(url, folder) as shop,
        WorkerScene(server, shop, folder, options.products) as scene,
    ):
        print(f"the tasks of a round last {scene.lasts_s:.1f} s", flush=True)
        for number in range(1, options.times + 1):
            try:
                hits.append(scene.strike(chance))
            except (AssertionError, SyncError) as error:
                faults += 1
                print(f"blow {number}: {error}", flush=True)
            if number % EVERY == 0 or number == options.times:
                _print_hits(hits, faults)
    return 1 if faults else 0


def _print_hits(hits: list[Hit], faults: int) -> None:
    print(f"{'blow':22} {'times':>6} {'tasks taken back':>17} {'runs repeated':>14}")
    for blow in sorted({hit.blow for hit in hits}):
        found = [hit for hit in hits if hit.blow == blow]
        crashes, tries = sum(hit.crashes for hit in found), sum(hit.tries for hit in found)
        print(f"{blow:22} {len(found):6} {crashes:17} {tries:14}")
    print(f"faults: {faults} of {len(hits) + faults}", flush=True)


def _print(kills: Counter[Kill], faults: int) -> None:
    print(f"{'told last':10} {'kills':>6} {'before':>7} {'after':>6} {'had ended':>10}")
    for hit in sorted({kill.hit for kill in kills}):
        found = {kill: count for kill, count in kills.items() if kill.hit == hit}
        after = sum(count for kill, count in found.items() if kill.is_after)
        ended = sum(count for kill, count in found.items() if kill.had_ended)
        total = sum(found.values())
        print(f"{hit:10} {total:6} {total - after:7} {after:6} {ended:10}")
    print(f"faults: {faults} of {kills.total() + faults}", flush=True)


@contextmanager
def _private_scene(products: int) -> Iterator[Scene]:
    from tests.faults.kill import Scene

    with _private_server() as (server, url, folder):
        yield Scene(server, str(url.database), folder, products)


@contextmanager
def _private_server() -> Iterator[tuple[RestartedServer, Url, Path]]:
    """A server of its own with a shop, and a folder."""
    # Here, because every worker of the runs in this process loads this module again.
    from freesport_sync.database.server.engine import connect, transaction
    from freesport_sync.database.shop.tables import create_shop_tables
    from tests.databases import FAST, RestartedServer

    settings = FAST | {"synchronous_commit": "on"}  # else a crash of the server forgets
    with tempfile.TemporaryDirectory(prefix="freesport-faults-") as temporary:
        os.chmod(temporary, 0o755)  # the server does not run as root
        with RestartedServer(Path(temporary) / "postgres", settings=settings) as server:
            server.ensure_database("template_shop")
            url = server.url("template_shop")
            connection = connect(url, "tests")
            with transaction(connection):
                create_shop_tables(connection)
            connection.close()
            yield server, url, Path(temporary)


if __name__ == "__main__":
    sys.exit(main())
