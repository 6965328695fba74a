"""What 1C is doing at the moment, put together from its requests."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from freesport_sync.i18n.texts import is_outcome_of_dry_run
from freesport_sync.ui.exchange_feed import LoggedRequest

PAUSE = timedelta(minutes=10)
"""After which a request begins another exchange: 1C logs in anew for each portion, so a login tells nothing."""
MAX_FILES = 200
MAX_CLIENTS = 20
PICTURES = "import_files"


class FileState(StrEnum):
    """What has become of a file."""

    RECEIVED = "received"
    IMPORTING = "importing"
    IMPORTED = "imported"
    CHECKED = "checked"
    """Of a server that does not write."""
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
    """A file that 1C has sent, or that lay in an archive of it.

    Args:
        portion: of the exchange, from 1.
        name: `import_files` stands for all pictures.
        size_bytes: so far; 0 of one from an archive.
        count: of pictures.
        state: what has become of it.
        text: why it was refused.
    """

    portion: int
    name: str
    size_bytes: int = 0
    count: int = 1
    state: FileState = FileState.RECEIVED
    text: str = ""

    @property
    def badge(self) -> tuple[str, str]:
        """Tone and icon of what has become of it."""
        return _BADGES[self.state]


@dataclass(frozen=True, slots=True)
class ExchangeNow:
    """One exchange.

    Args:
        client: what sends; see `RequestHandled.client`.
        address: of it.
        began_at: of the first request.
        last_at: of the last one.
        files: the newest first.
        portion: that is being sent.
    """

    client: str
    address: str
    began_at: datetime
    last_at: datetime
    files: tuple[SentFile, ...] = ()
    portion: int = 1

    @property
    def received_bytes(self) -> int:
        return sum(file.size_bytes for file in self.files)


class ExchangeWatch:
    """Follows the exchanges; the one that has spoken last is the current one."""

    def __init__(self) -> None:
        self._now: dict[str, ExchangeNow] = {}
        self.current: ExchangeNow | None = None

    def take(self, served: LoggedRequest, is_dry_run: bool) -> None:
        """Take in a request. Who has not logged in makes no exchange, nor does who asks for nothing."""
        request, at = served.request, served.at
        key = request.address
        now = self._now.get(key)
        if now is None or at - now.last_at > PAUSE:
            if request.mode != "checkauth" or served.is_failure:
                return
            now = ExchangeNow(request.client, request.address, at, at)
            while len(self._now) >= MAX_CLIENTS:
                oldest = min(self._now, key=lambda one: self._now[one].last_at)
                del self._now[oldest]
        if request.status in (401, 403, 429):
            return
        is_known = request.client in ("standard", "bitrix", "probe")
        client = "bitrix" if "bitrix" in (now.client, request.client) else request.client if is_known else now.client
        if request.mode == "init" and not served.is_failure:
            now = replace(now, portion=max((file.portion for file in now.files), default=0) + 1)
        files = _files(now.files, served, now.portion, is_dry_run)
        self._now[key] = self.current = replace(now, client=client, last_at=at, files=files)


def _files(files: tuple[SentFile, ...], served: LoggedRequest, portion: int, is_dry_run: bool) -> tuple[SentFile, ...]:
    request = served.request
    if request.mode not in ("file", "import") or not request.file:
        return files
    path = request.file.replace("\\", "/")
    is_picture = f"{PICTURES}/" in path.lower()
    name = PICTURES if is_picture else path.rpartition("/")[2]
    old = next((file for file in files if (file.portion, file.name) == (portion, name)), None)
    file = old or SentFile(portion, name, count=0 if is_picture else 1)
    if request.mode == "import":
        file = replace(file, state=_state(served, is_dry_run), text=request.text)
    elif served.is_failure:
        file = replace(file, state=FileState.REFUSED, text=request.text)
    else:
        file = replace(
            file,
            size_bytes=file.size_bytes + request.size_bytes,
            count=file.count + 1 if is_picture else 1,
            state=FileState.RECEIVED,
            text="",
        )
    others = tuple(one for one in files if one is not old)
    return (file, *others)[:MAX_FILES]


def _state(served: LoggedRequest, is_dry_run: bool) -> FileState:
    request = served.request
    if request.answer == "progress":
        return FileState.IMPORTING
    if is_dry_run and is_outcome_of_dry_run(request.text):
        return FileState.CHECKED
    return FileState.REFUSED if served.is_failure else FileState.IMPORTED
