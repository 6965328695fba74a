"""`python -m tests.bench.exchange`: measures the exchange server over loopback, and prints JSON.

Every round sends the same bytes to a bare uvicorn application that writes them to a file, and to the server; then looks
at its memory while 16 clients send at once, at small fragments, and at a good exchange while 40 connections stand still
and others guess a thousand passwords. Ratios are formed within a round, because these machines are shared.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from functools import partial
from pathlib import Path

import psutil

from freesport_sync.database.server.embedded import EmbeddedPostgres
from freesport_sync.database.server.engine import connect, transaction
from freesport_sync.database.shop.tables import create_shop_tables
from tests.builders import product
from tests.e2e.serving import Server, import_xml, serving
from tests.exchange_client import Answer, StandardClient, Wire, basic

MB = 1024 * 1024
CLIENTS = 16
STANDING_STILL = 40
SAMPLE_S = 0.02

BARE = """
import os, socket, sys
import uvicorn

async def app(scope, receive, send):
    if scope["type"] != "http":
        return
    file = os.open(sys.argv[1], os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    more = True
    while more:
        message = await receive()
        os.write(file, message.get("body", b""))
        more = message.get("more_body", False)
    os.close(file)
    headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"content-length", b"7")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": b"success"})

listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)  # asyncio sets TCP_NODELAY for these
listener.bind(("127.0.0.1", 0))
listener.listen()
print(listener.getsockname()[1], flush=True)
server = uvicorn.Server(uvicorn.Config(app, http="h11", ws="none", lifespan="off", log_config=None, access_log=False))
server.run(sockets=[listener])
"""


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.exchange", description=__doc__)
    parser.add_argument("--megabytes", type=int, default=500)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--passwords", type=int, default=1000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="freesport-bench-") as temporary:
        os.chmod(temporary, 0o755)  # the server does not run as root
        folder = Path(temporary)
        with EmbeddedPostgres(folder / "postgres") as postgres:
            postgres.ensure_database("shop")
            url = postgres.url("shop")
            connection = connect(url, "bench")
            with transaction(connection):
                create_shop_tables(connection)
            connection.close()
            with (
                serving(url, folder / "home", zip="false", file_limit_mb=100, idle_s=1) as server,
                bare_server(folder / "bare") as bare,
            ):
                idle = psutil.Process(server.program.pid).memory_info().rss
                _sign_in(server).send_batch({"import.xml": import_xml(product("p"))})
                work = partial(_round, server, bare, idle, options.megabytes, options.passwords)
                rounds = [work() for _ in range(options.rounds)]
    medians = {name: round(statistics.median(one[name] for one in rounds), 3) for name in rounds[0]}
    print(json.dumps({"megabytes": options.megabytes, "median": medians, "rounds": rounds}, indent=2))


@contextmanager
def bare_server(file: Path) -> Iterator[int]:
    """An application that does nothing but write what it gets; gives its port."""
    process = subprocess.Popen([sys.executable, "-c", BARE, str(file)], stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        yield int(process.stdout.readline())
    finally:
        process.kill()
        process.communicate()


def _round(server: Server, bare: int, idle: int, megabytes: int, passwords: int) -> dict[str, float]:
    found: dict[str, float] = {}
    for size, name in ((MB, "1_mb"), (100 * MB, "100_mb")):
        pieces = max(1, megabytes * MB // size)
        data = os.urandom(min(size, megabytes * MB))
        floor_s = _timed(partial(_send, StandardClient(bare), data, pieces))
        ours_s = _timed(partial(_send, _sign_in(server), data, pieces))
        found[f"mb_per_s_{name}"] = round(pieces * len(data) / MB / ours_s)
        found[f"ratio_{name}"] = round(floor_s / ours_s, 3)
    found["memory_mb"] = _memory_at_work(server, idle, max(1, megabytes // CLIENTS))
    found["small_ms"], found["small_bare_ms"] = _small(_sign_in(server)), _small(StandardClient(bare))
    found["slowdown"] = _slowdown(server, passwords)
    return found


def _timed(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def _sign_in(server: Server) -> StandardClient:
    onec = server.standard()
    onec.log_in()
    onec.init()
    return onec


def _send(onec: StandardClient, data: bytes, pieces: int) -> None:
    for _ in range(pieces):
        _expect(onec.ask("file", body=data, filename="import_files/a.jpg"))
    onec.close()


def _expect(answer: Answer) -> None:
    assert answer.text == "success", answer


def _memory_at_work(server: Server, idle: int, megabytes: int) -> float:
    """Most memory above that of a server that has done nothing yet, while clients send pieces of 100 MB at most."""
    process = psutil.Process(server.program.pid)
    most, ended = 0, threading.Event()

    def watch() -> None:
        nonlocal most
        while not ended.wait(SAMPLE_S):
            most = max(most, process.memory_info().rss)

    watcher = threading.Thread(target=watch)
    watcher.start()
    data = bytes(min(100, megabytes) * MB)
    clients = [_sign_in(server) for _ in range(CLIENTS)]
    with ThreadPoolExecutor(CLIENTS) as executor:
        list(executor.map(lambda onec: _send(onec, data, max(1, megabytes // 100)), clients))
    ended.set()
    watcher.join()
    return round((most - idle) / 1e6, 1)


def _small(onec: StandardClient, count: int = 500) -> float:
    """Milliseconds of a fragment of 700 bytes."""
    times = [_timed(lambda: _send_small(onec)) for _ in range(count)]
    onec.close()
    return round(1000 * statistics.median(times), 3)


def _send_small(onec: StandardClient) -> None:
    _expect(onec.ask("file", body=b"x" * 700, filename="import_files/small.jpg"))


def _exchange(server: Server) -> None:
    """A good exchange from its login on: 20 MB of pictures and an XML file that is imported."""
    onec = _sign_in(server)
    for number in range(20):
        _expect(onec.ask("file", body=bytes(MB), filename=f"import_files/{number}.jpg"))
    _expect(onec.ask("file", body=import_xml(product("p")), filename="import.xml"))
    _expect(onec.ask_import("import.xml"))
    onec.close()


def _slowdown(server: Server, passwords: int) -> float:
    """How much longer good exchanges take while others bother the server."""
    alone = statistics.median(_timed(lambda: _exchange(server)) for _ in range(5))
    ended = threading.Event()
    guesses = iter(range(passwords))

    def guess() -> None:
        for number in guesses:
            if ended.is_set():
                return
            onec = server.standard(password=f"guess {number}")
            with suppress(OSError, EOFError):
                onec.ask("checkauth")
            onec.close()

    with ExitStack() as stack:
        for number in range(STANDING_STILL):
            wire = stack.enter_context(Wire(server.port))
            head = f"POST /1c_exchange.php?type=catalog&mode=file HTTP/1.1\r\nHost: a\r\nAuthorization: {basic()}\r\n"
            wire.send((head + "Content-Length: 1000\r\n\r\nhalf" if number % 2 else head[: number * 2]).encode())
        guessers = [threading.Thread(target=guess) for _ in range(8)]
        for guesser in guessers:
            guesser.start()
        bothered = statistics.median(_timed(lambda: _exchange(server)) for _ in range(5))
        ended.set()
        for guesser in guessers:
            guesser.join()
    return round(bothered / alone, 3)


if __name__ == "__main__":
    main()
