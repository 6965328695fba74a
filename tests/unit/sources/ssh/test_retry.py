"""When a broken connection is made again."""

from __future__ import annotations

import threading

import pytest

from freesport_sync.core.cancel import CancelToken
from freesport_sync.errors import (
    Cancelled,
    ConnectionLost,
    LoginRefused,
    SyncError,
)
from freesport_sync.sources.ssh import retry
from freesport_sync.sources.ssh.retry import retrying

LOST, REFUSED = ConnectionLost("ssh_lost"), LoginRefused("ssh_login_refused")


@pytest.fixture
def slept(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The waits requested; no test really waits."""
    waits: list[float] = []
    monkeypatch.setattr(retry, "_sleep", lambda seconds, cancel: waits.append(seconds))
    return waits


def attempts(brought: list[tuple[int, SyncError | None]], was_connected: bool = True) -> int:
    """Try with a list of what comes of each try: units that it brings, and the error that ends it."""
    received: list[int] = []
    for attempt in retrying(lambda: was_connected, (1, 2, 5), lambda: sum(received), CancelToken()):
        with attempt:
            units, error = brought[len(received)]
            received.append(units)
            if error is not None:
                raise error
    return len(received)


def test_waits_grow_while_nothing_comes(slept: list[float]) -> None:
    assert attempts([(0, LOST), (0, LOST), (0, LOST), (1, None)]) == 4
    assert slept == [1, 2, 5]


def test_progress_resets_the_waits(slept: list[float]) -> None:
    assert attempts([(0, LOST), (0, LOST), (9, LOST), (0, LOST), (9, LOST), (9, LOST), (0, None)]) == 7
    assert slept == [1, 2, 1, 2, 1, 1]


def test_it_is_given_up_after_the_last_wait(slept: list[float]) -> None:
    with pytest.raises(ConnectionLost):
        attempts([(9, LOST), (0, LOST), (0, LOST), (0, LOST), (0, None)])
    assert slept == [1, 2, 5]


@pytest.mark.parametrize(("error", "was_connected"), [(REFUSED, True), (LOST, False)])
def test_some_errors_are_never_retried(error: SyncError, was_connected: bool, slept: list[float]) -> None:
    with pytest.raises(type(error)):
        attempts([(0, error)], was_connected)
    assert slept == []


def test_a_cancel_ends_the_waiting() -> None:
    cancel = CancelToken()

    def lose() -> None:
        threading.Timer(0.05, cancel.cancel).start()
        raise LOST

    with pytest.raises(Cancelled):
        retrying(lambda: True, (3600,), lambda: 0, cancel)(lose)
