"""What 1C is doing, derived from its requests."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from freesport_sync.i18n.texts import is_outcome_of_dry_run
from freesport_sync.ui.exchange_feed import LoggedRequest

PAUSE = timedelta(minutes=10)
"""After such a pause a request begins another exchange. A login does not: 1C logs in for every batch."""
MAX_FILES = 200
MAX_CLIENTS = 20
PICTURES = "import_files"


class FileState(StrEnum):
    """The state of a file, as far as the answers to 1C show it."""

    RECEIVED = "received"
    IMPORTING = "importing"
    IMPORTED = "imported"
    CHECKED = "checked"
    """By a dry run."""
    REFUSED = "refused"


_BADGES = {
    FileState.RECEIVED: ("neutral", "waiting"),
    FileState.IMPORTING: ("busy", "running"),
    FileState.IMPORTED: ("good", "completed"),
    FileState.CHECKED: ("busy", "eye"),
    FileState.REFUSED: ("bad", "failed"),
}


@dataclass(frozen=True, slots=True)
class SentFile:
    """A file that 1C has sent, alone or in an archive.

    Args:
        batch: number in the exchange, from 1.
        name: of the file; `import_files` for all pictures together.
        size_bytes: received so far; 0 for a file from an archive.
        count: of files; more than 1 only for pictures.
        state: as far as the answers show it.
        text: why it was refused.
    """

    batch: int
    name: str
    size_bytes: int = 0
    count: int = 1
    state: FileState = FileState.RECEIVED
    text: str = ""

    @property
    def badge(self) -> tuple[str, str]:
        """Tone and icon of the state."""
        return _BADGES[self.state]


@dataclass(frozen=True, slots=True)
class CurrentExchange:
    """One exchange.

    Args:
        client: kind of client; see `RequestHandled.client`.
        address: of the client.
        began_at: when the first request came.
        last_at: when the last request came.
        files: the newest first.
        batch: number of the batch that is being sent.
    """

    client: str
    address: str
    began_at: datetime
    last_at: datetime
    files: tuple[SentFile, ...] = ()
    batch: int = 1

    @property
    def received_bytes(self) -> int:
        return sum(file.size_bytes for file in self.files)


class ExchangeProgress:
    """Follows the exchanges of all clients; the one with the latest request is the current one."""

    def __init__(self) -> None:
        self._now: dict[str, CurrentExchange] = {}
        self.current: CurrentExchange | None = None

    def add(self, logged: LoggedRequest, is_dry_run: bool) -> None:
        """Take a request into account; only a login that succeeds begins an exchange.

        Args:
            logged: the request.
            is_dry_run: the exchange writes nothing to the shop.
        """
        request, at = logged.request, logged.at
        key = request.address
        now = self._now.get(key)
        if now is None or at - now.last_at > PAUSE:
            if request.mode != "checkauth" or logged.is_failure:
                return
            now = CurrentExchange(request.client, request.address, at, at)
            while len(self._now) >= MAX_CLIENTS:
                oldest = min(self._now, key=lambda address: self._now[address].last_at)
                del self._now[oldest]
        if request.status in (401, 403, 429):
            return
        is_known = request.client in ("standard", "bitrix", "probe")
        client = "bitrix" if "bitrix" in (now.client, request.client) else request.client if is_known else now.client
        if request.mode == "init" and not logged.is_failure:
            now = replace(now, batch=max((file.batch for file in now.files), default=0) + 1)
        files = _files(now.files, logged, now.batch, is_dry_run)
        self._now[key] = self.current = replace(now, client=client, last_at=at, files=files)


def _files(files: tuple[SentFile, ...], logged: LoggedRequest, batch: int, is_dry_run: bool) -> tuple[SentFile, ...]:
    request = logged.request
    if request.mode not in ("file", "import") or not request.file:
        return files
    path = request.file.replace("\\", "/")
    is_picture = f"{PICTURES}/" in path.lower()
    name = PICTURES if is_picture else path.rpartition("/")[2]
    old = next((file for file in files if (file.batch, file.name) == (batch, name)), None)
    file = old or SentFile(batch, name, count=0 if is_picture else 1)
    if request.mode == "import":
        file = replace(file, state=_state(logged, is_dry_run), text=request.text)
    elif logged.is_failure:
        file = replace(file, state=FileState.REFUSED, text=request.text)
    else:
        file = replace(
            file,
            size_bytes=file.size_bytes + request.size_bytes,
            count=file.count + 1 if is_picture else 1,
            state=FileState.RECEIVED,
            text="",
        )
    others = tuple(other for other in files if other is not old)
    return (file, *others)[:MAX_FILES]


def _state(logged: LoggedRequest, is_dry_run: bool) -> FileState:
    request = logged.request
    if request.answer == "progress":
        return FileState.IMPORTING
    if is_dry_run and is_outcome_of_dry_run(request.text):
        return FileState.CHECKED
    return FileState.REFUSED if logged.is_failure else FileState.IMPORTED
