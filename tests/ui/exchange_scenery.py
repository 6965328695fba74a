"""An exchange in the middle of its work, as the events that the window receives."""

from __future__ import annotations

from datetime import datetime, timedelta

from freesport_sync.core.exchange import ExchangeStarted, ImportNotRequested, RequestHandled
from freesport_sync.core.shop import Stage
from freesport_sync.tasks.shop_import.request import ShopImport
from freesport_sync.ui.exchange_feed import LoggedRequest
from freesport_sync.ui.run_feed import (
    RunSnapshot,
    StageLine,
    StageState,
)
from tests.ui.snapshots import first_of_import

ADDRESS = "http://192.168.1.20:8180/api/integration/1c/exchange"
CLIENT = "192.168.1.5"
BUSY = (
    "export_older: Выгрузка от 20.11.2026 23:10 старше уже загруженной от 21.11.2026 09:40. Попросите администратора."
)


def started(is_dry_run: bool = False, is_unprotected: bool = False) -> ExchangeStarted:
    return ExchangeStarted(ADDRESS, "1c", is_dry_run, is_unprotected)


def request(
    mode: str, file: str = "", size: int = 0, answer: str = "success", text: str = "", status: int = 200, **more: str
) -> RequestHandled:
    kind, client = more.get("kind", "catalog"), more.get("client", "standard")
    duration_s = 18.4 if mode == "import" else 0.012
    return RequestHandled(more.get("address", CLIENT), client, kind, mode, file, size, answer, text, status, duration_s)


def requests(until: datetime) -> list[LoggedRequest]:
    """An exchange of a standard configuration, with the wrong password first."""
    made = [
        request("checkauth", answer="failure", text="Неверное имя пользователя или пароль.", status=401),
        request("checkauth"),
        request("init", answer="zip=yes"),
        request("file", "v8_1A76_155ae.zip", 104_857_600),
        request("file", "v8_1A76_155ae.zip", 31_900_000),
        request("import", "import0_1.xml", answer="progress", text="Импорт import0_1.xml: чтение файлов, 40 %"),
        request("import", "import0_1.xml"),
        request("import", "offers0_1.xml", answer="failure", text=BUSY),
        request("checkauth"),
        request("init", answer="zip=no"),
        *(request("file", f"import_files/ab/picture_{number}.jpg", 184_000) for number in range(12)),
        request("file", "prices0_1.xml", 12_400_000),
        request("import", "prices0_1.xml", answer="progress", text="Импорт prices0_1.xml: чтение файлов, 60 %"),
    ]
    return [LoggedRequest(until - timedelta(seconds=3 * (len(made) - number)), one) for number, one in enumerate(made)]


def running() -> RunSnapshot:
    first = first_of_import(ShopImport(), has_pictures=False)
    lines: dict[str, StageLine] = {
        Stage.PLAN: StageLine(Stage.PLAN, StageState.DONE, 1, 1),
        Stage.STAGE: StageLine(Stage.STAGE, StageState.RUNNING, 7_400_000, 12_400_000, 9_300_000.0, 1.0),
    }
    stages = tuple(lines.get(line.stage, line) for line in first.stages)
    return RunSnapshot(stages, run_id=12, warnings=17, notes=204)


def not_asked() -> ImportNotRequested:
    return ImportNotRequested(
        r"C:\ProgramData\freesport_sync\exchange\portions\20261121", ("v8_1A76_155ae.zip",), 600.0, False
    )


STEPS: tuple[tuple[str, dict[str, object]], ...] = (
    ("reachable", {"server": "192.168.1.20:8180"}),
    ("path", {}),
    ("login", {"user": "1c"}),
    ("cookie", {}),
    ("init_two", {}),
    ("init_four", {}),
    ("file", {"size": "1.5"}),
    ("zip", {}),
    ("import", {"seconds": "3.1"}),
    ("query", {"documents": 0}),
)
"""Steps of a self-test that finds nothing wrong."""
