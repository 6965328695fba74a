"""A cancel request reaches the run once, and never after COMMIT."""

from __future__ import annotations

import pytest

from freesport_sync.core.cancel import CancelToken
from freesport_sync.errors import Cancelled, ConnectionFailed


def test_check_raises_after_cancel_and_not_before() -> None:
    token = CancelToken()
    token.check()
    token.cancel()
    assert token.is_set
    with pytest.raises(Cancelled):
        token.check()


def test_the_first_reason_wins() -> None:
    token = CancelToken()
    token.abort(ConnectionFailed("connection_lost", reason="side"))
    token.cancel()
    with pytest.raises(ConnectionFailed):
        token.check()


def test_cancel_interrupts_what_is_running_and_nothing_else() -> None:
    token, cut = CancelToken(), list[str]()
    with token.interrupting(lambda: cut.append("finished")):
        pass
    with token.interrupting(lambda: cut.append("running")):
        token.cancel()
        token.cancel()
    assert cut == ["running"]


def test_nothing_starts_after_a_cancel() -> None:
    token = CancelToken()
    token.cancel()
    with pytest.raises(Cancelled), token.interrupting(lambda: None):
        raise AssertionError("must not be reached")


def test_a_cancel_after_commit_was_sent_is_ignored() -> None:
    token = CancelToken()
    token.close()
    token.cancel()
    token.check()
    assert not token.is_set


def test_close_raises_an_earlier_request() -> None:
    token = CancelToken()
    token.cancel()
    with pytest.raises(Cancelled):
        token.close()
