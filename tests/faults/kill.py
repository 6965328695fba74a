"""Kills an import and looks at what the shop is left with.

Every round clones a shop that has been imported before, starts the program on the next export (which creates, changes
and copies pictures), kills its whole process group and checks that the shop has all of the import or nothing of it,
that nobody holds the lock, and that the next run finishes the work.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import sqlalchemy as sa

from freesport_sync.core.run import RunStatus
from freesport_sync.core.shop import Stage
from freesport_sync.database.server.embedded import EmbeddedPostgres
from freesport_sync.database.shop.tables import SHOP_TABLES
from tests.bench.generator import generate
from tests.databases import cloned_database
from tests.program import Installation, Program
from tests.shop import Shop
from tests.watching import importers, lock_is_free, side_connections, wait_until

A_FEW_SECONDS = 5
PICTURE_BYTES = 20_000

_SEQUENCES = """
SELECT format('%I.%I', schemaname, sequencename), last_value FROM pg_sequences
WHERE schemaname <> 'freesport_sync' AND sequencename <> 'import_sessions_id_seq'
"""

Rows = Mapping[str, list[str]]


@dataclass(frozen=True, slots=True)
class Moment:
    """When to kill: so many seconds after the program has told of this; None: after its start.

    Args:
        name: for people.
        event: name of the `--json` line.
        values: what the line says besides.
        lasts_s: how long it took an undisturbed run to come from here to the next moment.
    """

    name: str
    event: str | None
    values: Mapping[str, object]
    lasts_s: float


@dataclass(frozen=True, slots=True)
class Kill:
    """What one kill has met.

    Args:
        hit: what the program had told of last: a stage, `start` or `end`.
        is_after: whether the shop has the import.
        had_ended: the program had ended by itself before.
    """

    hit: str
    is_after: bool
    had_ended: bool


class Scene:
    """A shop to clone, the export to import into it, and how the shop looks before and after.

    Args:
        server: where the shop is.
        template: database with the shop's tables.
        folder: for the exports, pictures and homes.
        products: size of the export.
    """

    def __init__(self, server: EmbeddedPostgres, template: str, folder: Path, products: int) -> None:
        self._server = server
        self._template = template
        self._folder = folder
        self._export = folder / "next"
        first = folder / "first"
        generate(first, products)
        generate(self._export, products + products // 4, change=0.3, pictures=2)
        _write_pictures(self._export)
        with Shop(server.url(template), folder) as shop:
            assert shop.run(first).status is RunStatus.COMPLETED
            self._begun_at = shop.value("SELECT clock_timestamp()")
            self._sequences = shop.rows(_SEQUENCES)
            self._before = self._look(shop)
        self._after, self._media, self.moments = self._try_out()

    def kill(self, moment: Moment, delay_s: float) -> Kill:
        """Kill one import; fails when the shop is left with anything but all or nothing."""
        with self._round() as (shop, program, media):
            _reach(program, moment)
            time.sleep(delay_s)
            had_ended = program.kill_all()
            lines = program.ended().lines
            wait_until(lambda: _is_alone(shop), A_FEW_SECONDS)
            found, is_after = self._look(shop), _last_status(shop) == "completed"
            _assert_same(found, self._after if is_after else self._before)
            _assert_pictures_whole(media, self._media)

            self._rewind(shop)
            report = shop.run(self._export, media_root=media)
            assert report.status is RunStatus.COMPLETED
            _assert_same(self._look(shop), self._after)
            assert _pictures(media) == self._media
            _assert_rows_closed(shop)
            wait_until(lambda: _is_alone(shop), A_FEW_SECONDS)
        hit = "start" if not lines else "end" if lines[-1]["event"] == "result" else str(lines[-1].get("stage", "plan"))
        return Kill(hit, is_after, had_ended)

    @contextmanager
    def _round(self) -> Iterator[tuple[Shop, Program, Path]]:
        """A clone of the shop and the program that imports into it."""
        name = uuid4().hex
        media = self._folder / f"media-{name}"
        media.mkdir()
        with (
            cloned_database(self._server, self._template) as url,
            Shop(url, self._folder) as shop,
            Installation(self._folder / f"home-{name}", url).start(
                *("--run", "--json", "--data-dir", self._export, "--media-root", media)
            ) as program,
        ):
            yield shop, program, media

    def _try_out(self) -> tuple[Rows, Mapping[str, bytes], list[Moment]]:
        """Import undisturbed: how the shop looks after it, its pictures, and when what happens."""
        with self._round() as (shop, program, media):
            reached = [(Moment("start", None, {}, 0), time.monotonic())]
            for stage in (Stage.PLAN, Stage.STAGE, Stage.BACKUP, Stage.PICTURES, Stage.RESOLVE, Stage.APPLY):
                event = program.event("progress", stage=stage.value)
                reached.append((Moment(stage.value, "progress", {"stage": stage.value}, 0), time.monotonic()))
            values = {"stage": Stage.APPLY.value, "done": event["total"]}
            program.event("progress", **values)
            reached.append((Moment("commit", "progress", values, 0), time.monotonic()))
            program.event("result")
            reached.append((Moment("end", "result", {}, 0), time.monotonic()))
            assert program.code(A_FEW_SECONDS) in (0, 1)
            times = [at for _, at in reached] + [time.monotonic()]
            moments = [
                Moment(moment.name, moment.event, moment.values, times[number + 1] - at)
                for number, (moment, at) in enumerate(reached)
            ]
            return self._look(shop), _pictures(media), moments

    def _look(self, shop: Shop) -> Rows:
        """All rows of the shop as texts; a moment after the first import is only `new`."""
        return {table.name: self._rows(shop, table) for table in SHOP_TABLES if table.name != "import_sessions"}

    def _rows(self, shop: Shop, table: sa.Table) -> list[str]:
        values = [
            sa.case((column > self._begun_at, "new"), else_=sa.cast(column, sa.Text))
            if isinstance(column.type, sa.DateTime)
            else column
            for column in table.columns
        ]
        return sorted(repr(tuple(row)) for row in shop.connection.execute(sa.select(*values)))

    def _rewind(self, shop: Shop) -> None:
        """Ids that the killed program has used up are no difference between two shops."""
        if _last_status(shop) != "completed":
            for name, value in self._sequences:
                shop.rows("SELECT setval(:name, coalesce(:value, 1), :value IS NOT NULL)", name=name, value=value)


def _reach(program: Program, moment: Moment) -> None:
    if moment.event is not None:
        program.event(moment.event, **moment.values)


def _is_alone(shop: Shop) -> bool:
    return lock_is_free(shop.connection) and not importers(shop.connection) and not side_connections(shop.connection)


def _last_status(shop: Shop) -> str:
    """Of the last run; without one of its own that of the first import tells nothing."""
    rows = shop.rows("SELECT status FROM freesport_sync.runs WHERE id > 1 ORDER BY id DESC LIMIT 1")
    return str(rows[0][0]) if rows else ""


def _assert_rows_closed(shop: Shop) -> None:
    runs = shop.rows("SELECT status, finished_at IS NOT NULL FROM freesport_sync.runs")
    assert set(runs) <= {("completed", True), ("interrupted", True)}, runs
    sessions = shop.rows("SELECT status, finished_at IS NOT NULL FROM import_sessions")
    assert set(sessions) <= {("completed", True), ("failed", True)}, sessions


def _assert_same(found: Rows, expected: Rows) -> None:
    for table, rows in expected.items():
        missing, added = set(rows) - set(found[table]), set(found[table]) - set(rows)
        assert found[table] == rows, f"{table}: {len(missing)} rows missing, {len(added)} added: {[*added][:1]}"


def _write_pictures(export: Path) -> None:
    for goods in (export / "goods").glob("goods*.xml"):
        for path in re.findall(r"<Картинка>(.+?)</Картинка>", goods.read_text("utf-8")):
            file = export / "goods" / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(path.encode() * (PICTURE_BYTES // len(path)))


def _pictures(media: Path) -> Mapping[str, bytes]:
    """The shop's pictures; drafts of a program that was killed are none of them."""
    files = (file for file in media.rglob("*.jpg") if file.is_file())
    return {file.relative_to(media).as_posix(): file.read_bytes() for file in files}


def _assert_pictures_whole(media: Path, expected: Mapping[str, bytes]) -> None:
    halves = [name for name, content in _pictures(media).items() if content != expected.get(name)]
    assert not halves, f"half a picture: {halves}"
