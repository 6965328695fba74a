"""SFTP with servers that answer in pieces, in another order, too much, or nonsense."""

from __future__ import annotations

import struct
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from freesport_sync.errors import ConnectionFailed, ConnectionLost
from freesport_sync.sources.ssh import transport
from freesport_sync.sources.ssh.listing import list_files
from freesport_sync.sources.ssh.sftp import Sftp, SftpTask
from freesport_sync.sources.ssh.transport import (
    Kind,
    MessageBuffer,
    Reply,
    SftpRequest,
)

HELLO = b"\0\0\0\x05\x02\0\0\0\x03"


def message(kind: int, number: int, body: bytes = b"") -> bytes:
    return struct.pack(">IBI", len(body) + 5, kind, number) + body


def string(value: bytes) -> bytes:
    return struct.pack(">I", len(value)) + value


class Talk:
    """A pipe on which the server says what a test has written down."""

    def __init__(self, *says: bytes) -> None:
        self._says = [HELLO, *says]
        self.sent = b""

    def send(self, data: bytes) -> None:
        self.sent += data

    def receive(self) -> bytes:
        if not self._says:
            raise ConnectionLost("ssh_lost")
        return self._says.pop(0)


def asking(*requests: SftpRequest, into: list[Reply]) -> SftpTask:
    for request in requests:
        into.append((yield (request,)))


@given(st.lists(st.tuples(st.integers(0, 255), st.binary(max_size=40))), st.lists(st.integers(1, 30)))
def test_messages_may_come_in_any_pieces(bodies: list[tuple[int, bytes]], sizes: list[int]) -> None:
    stream = b"".join(message(kind, number, body) for number, (kind, body) in enumerate(bodies))
    buffer, got = MessageBuffer(), []
    for size in [*sizes, len(stream)]:
        got += buffer.feed(stream[:size])
        stream = stream[size:]
    assert [(one.kind, bytes(one.body)) for one in got] == bodies
    assert [one.number for one in got] == list(range(len(bodies)))


@given(st.integers(101, 105), st.binary(max_size=60))
def test_nonsense_is_an_error_of_ours(kind: int, body: bytes) -> None:
    reply = Reply(kind, memoryview(body), transport.on_path(Kind.STAT, "x"))
    readers = (
        transport.status_of,
        transport.handle_of,
        transport.data_of,
        transport.attributes_of,
        lambda r: list(transport.names_of(r)),
    )
    for read in readers:
        with suppress(ConnectionFailed):
            read(reply)


@pytest.mark.parametrize(
    "says",
    [
        message(Kind.STATUS, 77, b"\0\0\0\0"),
        b"\xff\xff\xff\xff",
        b"\0\0\0\x01\x65",
        b"HTTP/1.1 200 OK\r\n\r\n",
    ],
)
def test_answers_that_make_no_sense_end_the_session(says: bytes) -> None:
    with pytest.raises(ConnectionFailed, match="sftp_broken"):
        Sftp(Talk(says)).ask(transport.on_path(Kind.STAT, "x"))


def test_a_greeting_is_due() -> None:
    class Silent(Talk):
        def receive(self) -> bytes:
            return message(Kind.STATUS, 3, b"\0\0\0\0")

    with pytest.raises(ConnectionFailed, match="sftp_broken"):
        Sftp(Silent())


def test_answers_in_another_order_reach_whoever_asked() -> None:
    ok, gone = message(Kind.STATUS, 2, b"\0\0\0\0"), message(Kind.STATUS, 1, b"\0\0\0\x02")
    first: list[Reply] = []
    second: list[Reply] = []
    stat = transport.on_path(Kind.STAT, "x")
    Sftp(Talk(ok + gone)).run([asking(stat, into=first), asking(stat, into=second)])
    assert [transport.status_of(first[0]), transport.status_of(second[0])] == [2, 0]


def test_what_has_come_before_a_break_is_passed_on() -> None:
    got: list[Reply] = []
    stat = transport.on_path(Kind.STAT, "x")
    with pytest.raises(ConnectionLost):
        Sftp(Talk(message(Kind.STATUS, 1, b"\0\0\0\0"))).run([asking(stat, stat, into=got)])
    assert len(got) == 1


def test_a_time_that_the_list_does_not_tell_is_asked_for() -> None:
    untimed, timed = struct.pack(">IQI", 5, 5, 0o100644), struct.pack(">IQIII", 13, 5, 0o100644, 1, 900)
    names = [b"a.xml", b"b.xml", b"c.xml"]
    talk = Talk(
        message(Kind.HANDLE, 1, string(b"h")),
        message(Kind.NAME, 2, struct.pack(">I", 3) + b"".join(string(name) + string(b"") + untimed for name in names)),
        message(Kind.STATUS, 3, b"\0\0\0\x01"),
        message(Kind.STATUS, 4, b"\0\0\0\0"),
        message(Kind.ATTRS, 5, timed),
        message(Kind.ATTRS, 6, untimed),
        message(Kind.STATUS, 7, b"\0\0\0\x03"),
    )
    listing = list_files(Sftp(talk), "/srv", lambda path: True, lambda path: True, lambda: None)
    assert [(file.path, file.mtime) for file in listing.files] == [("a.xml", 900), ("b.xml", 0)]
    assert listing.left_out == (("c.xml", "unreadable"),)


def test_names_that_are_paths_are_left_out() -> None:
    attributes = struct.pack(">IQIII", 13, 5, 0o100644, 1, 1)
    names = [b"..", b".", b"../../etc/goods.xml", b"/etc/goods.xml", b"goods.xml"]
    listed = struct.pack(">I", len(names)) + b"".join(string(name) + string(b"") + attributes for name in names)
    talk = Talk(
        message(Kind.HANDLE, 1, string(b"h")),
        message(Kind.NAME, 2, listed),
        message(Kind.STATUS, 3, b"\0\0\0\x01"),
        message(Kind.STATUS, 4, b"\0\0\0\0"),
    )
    listing = list_files(Sftp(talk), "/srv", lambda path: True, lambda path: True, lambda: None)
    assert [file.path for file in listing.files] == ["goods.xml"]
    assert {reason for _, reason in listing.left_out} == {"outside"}
    assert len(listing.left_out) == 2
