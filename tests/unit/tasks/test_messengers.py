"""Messengers by apprise: told once, and what may have a token never gets out."""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from freesport_sync.errors import ConfigError, ConnectionFailed
from freesport_sync.tasks.notify.composing import Letter
from freesport_sync.tasks.notify.messengers import send_to_messenger

pytestmark = pytest.mark.filterwarnings("ignore:.*imghdr:DeprecationWarning")  # which apprise imports
TOKEN = "t0ken-of-the-bot"
TOLD = Letter("Импорт не выполнен", "Что случилось\nЧто делать\n")


class Hook(HTTPServer):
    """Takes what apprise posts, and answers with `status`."""

    status = 200

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.posted: list[dict[str, str]] = []


class _Handler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        assert isinstance(self.server, Hook)
        self.server.posted.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        self.send_response(self.server.status)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Nothing on stderr."""


@pytest.fixture
def hook() -> Iterator[Hook]:
    with Hook() as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def test_a_messenger_gets_the_words(hook: Hook, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    address = f"json://127.0.0.1:{hook.server_port}/{TOKEN}"
    send_to_messenger("work", address, TOLD)
    (posted,) = hook.posted
    assert (posted["title"], posted["message"].strip()) == (TOLD.subject, TOLD.body.strip())
    hook.status = 500
    with pytest.raises(ConnectionFailed, match="messenger_refused") as caught:
        send_to_messenger("work", address, TOLD)
    assert TOKEN not in str(caught.value.params)
    assert not [one for one in caplog.records if one.name.startswith("apprise")]


@pytest.mark.parametrize(
    ("address", "code"), [(None, "messenger_unknown"), (f"nonsense:{TOKEN}", "messenger_unusable")]
)
def test_an_address_that_is_none_is_named_without_it(address: str | None, code: str) -> None:
    with pytest.raises(ConfigError, match=code) as caught:
        send_to_messenger("work", address, TOLD)
    assert TOKEN not in str(caught.value.params)
