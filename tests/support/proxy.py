"""A proxy before a Kafka that knows the requests that pass through it, and can keep some of them back.

    with Proxy(broker.bootstrap) as proxy:
        ...  # a client of proxy.bootstrap
        proxy.lose_commits(answers_only=True)

It speaks just enough of Kafka's protocol: the length of a frame, the kind of a request, which answer belongs
to which request. The broker's address in its answers is changed for the proxy's: no client goes past it.
"""

import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from types import TracebackType
from typing import Self

END_TXN = 26
_FIRST_FLEXIBLE_END_TXN = 3
_WITH_ADDRESSES = {3, 10}
"""Metadata and FindCoordinator."""

_HOSTS = (b"127.0.0.1", b"localhost")


class Proxy:
    """Listens on a port of its own while it is entered."""

    def __init__(self, bootstrap: str) -> None:
        host, _, port = bootstrap.rpartition(":")
        self._upstream = (host, int(port))
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._server.getsockname()[1]
        self.bootstrap = f"127.0.0.1:{self.port}"
        self._lose: str | None = None
        self._before: Callable[[], None] = lambda: None
        self._sockets: list[socket.socket] = []
        self._threads: list[threading.Thread] = []
        self._closing = False
        self.lost = 0
        """So many requests to commit, or answers to them, have been kept back."""

    def lose_commits(self, *, answers_only: bool, before: Callable[[], None]) -> None:
        """From here on nobody learns what became of a commit: the broker never sees the request, or does all,
        and only its answer is lost. Other requests pass as before. `before` is called once, when the first
        of these requests has come and gone no further."""
        self._before = before
        self._lose = "answers" if answers_only else "requests"

    def __enter__(self) -> Self:
        self._begin(self._accept)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._closing = True
        for each in [self._server, *self._sockets]:
            _shut(each)
        for thread in self._threads:
            thread.join()

    def _begin(self, run: Callable[..., None], *arguments: object) -> None:
        thread = threading.Thread(target=run, args=arguments, name="proxy")
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._server.accept()
                broker = socket.create_connection(self._upstream)
            except OSError:
                if self._closing:
                    return
                continue
            self._sockets += [client, broker]
            kinds: dict[int, int | None] = {}
            self._begin(self._requests, client, broker, kinds)
            self._begin(self._answers, broker, client, kinds)

    def _requests(self, client: socket.socket, broker: socket.socket, kinds: dict[int, int | None]) -> None:
        for frame in _frames(client):
            kind, version, correlation = struct.unpack_from(">hhi", frame)
            kinds[correlation] = kind
            if self._lose is not None and kind == END_TXN and _commits(frame, version):
                if not self.lost:
                    self._before()
                self.lost += 1
                kinds[correlation] = None
                if self._lose == "requests":
                    continue
            if not _send(broker, frame):
                break
        _shut(broker)

    def _answers(self, broker: socket.socket, client: socket.socket, kinds: dict[int, int | None]) -> None:
        for frame in _frames(broker):
            (correlation,) = struct.unpack_from(">i", frame)
            kind = kinds.pop(correlation, None)
            if kind is None:
                continue
            if not _send(client, self._with_own_address(frame) if kind in _WITH_ADDRESSES else frame):
                break
        _shut(client)

    def _with_own_address(self, frame: bytes) -> bytes:
        theirs, ours = (struct.pack(">i", port) for port in (self._upstream[1], self.port))
        for host in _HOSTS:
            frame = frame.replace(host + theirs, host + ours)
        return frame


def _commits(frame: bytes, version: int) -> bool:
    """Whether an EndTxn request asks for a commit: its last field, before the tags of newer versions."""
    return bool(frame[-1 if version < _FIRST_FLEXIBLE_END_TXN else -2])


def _frames(source: socket.socket) -> Iterator[bytes]:
    while True:
        head = _read(source, 4)
        body = None if head is None else _read(source, struct.unpack(">i", head)[0])
        if body is None:
            return
        yield body


def _read(source: socket.socket, length: int) -> bytes | None:
    """So many bytes; None when the connection has ended."""
    parts = []
    while length:
        try:
            part = source.recv(min(length, 1 << 16))
        except OSError:
            return None
        if not part:
            return None
        parts.append(part)
        length -= len(part)
    return b"".join(parts)


def _send(target: socket.socket, frame: bytes) -> bool:
    try:
        target.sendall(struct.pack(">i", len(frame)) + frame)
    except OSError:
        return False
    return True


def _shut(each: socket.socket) -> None:
    with suppress(OSError):  # it may not be connected any more
        each.shutdown(socket.SHUT_RDWR)
    each.close()
