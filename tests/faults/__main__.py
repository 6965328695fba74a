"""`python -m tests.faults --times 200`: kills imports at random moments, and prints where it has hit them.

A fault is a shop between before and after, half a picture, a lock that somebody holds, or a next run that fails
(`tests.faults.kill`). Each moment of a run is chosen as often as the others, however short it is.
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
    from tests.faults.kill import Kill, Scene


def main() -> int:
    """Kill and report; 1 when there were faults."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("--times", type=int, default=200)
    parser.add_argument("--products", type=int, default=300)
    parser.add_argument("--seed", type=int, default=random.randrange(1_000_000), help="for the same moments again")
    options = parser.parse_args()
    print(f"seed {options.seed}", flush=True)
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
            if number % 20 == 0 or number == options.times:
                _print(kills, faults)
    return 1 if faults else 0


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
    """A scene on a server of its own."""
    # Here, because every worker of the runs in this process loads this module again.
    from freesport_sync.database.server.embedded import EmbeddedPostgres
    from freesport_sync.database.server.engine import connect, transaction
    from freesport_sync.database.shop.tables import create_shop_tables
    from tests.databases import FAST
    from tests.faults.kill import Scene

    with tempfile.TemporaryDirectory(prefix="freesport-faults-") as temporary:
        os.chmod(temporary, 0o755)  # the server does not run as root
        with EmbeddedPostgres(Path(temporary) / "postgres", settings=FAST) as server:
            server.ensure_database("template_shop")
            connection = connect(server.url("template_shop"), "tests")
            with transaction(connection):
                create_shop_tables(connection)
            connection.close()
            yield Scene(server, "template_shop", Path(temporary), products)


if __name__ == "__main__":
    sys.exit(main())
