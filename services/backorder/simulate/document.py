"""What `backorder simulate -o json` prints: one JSON document, the same bytes for the same input."""

import shutil
from collections.abc import Iterable
from tempfile import SpooledTemporaryFile
from typing import BinaryIO, Self

import msgspec

from backorder.simulate.simulation import Simulation

IN_MEMORY = 64 * 1024 * 1024
"""Events beyond so many bytes wait on disk: they come first and are printed after the tables."""

EVENTS_AT_ONCE = 10_000
SEPARATOR = b",\n"

_encode = msgspec.json.Encoder().encode


class Document:
    """Takes the events as they come and writes all at the end. A context manager: it may hold a file."""

    def __init__(self) -> None:
        self._events: list[bytes] = []
        """Those that have not been moved to the file yet."""
        # Opened here and closed in __exit__.
        self._file = SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115
        self._separator = b""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def add(self, events: list[bytes]) -> None:
        """Takes events that went out, each a JSON text."""
        self._events += events
        if len(self._events) >= EVENTS_AT_ONCE:
            self._move()

    def _move(self) -> None:
        if self._events:
            self._file.write(self._separator + SEPARATOR.join(self._events))
            self._separator = SEPARATOR
            self._events.clear()

    def write(self, simulation: Simulation, out: BinaryIO) -> None:
        """Writes the document, a row or event on each line."""
        out.write(b'{"stock": [\n')
        _write_rows(map(_encode, simulation.stock()), out)
        out.write(b'],\n"lines": [\n')
        _write_rows(map(_encode, simulation.lines()), out)
        out.write(b'],\n"events": [\n')
        self._move()
        self._file.seek(0)
        shutil.copyfileobj(self._file, out, 1024 * 1024)
        out.write(b'%s],\n"rejected": [\n' % (b"\n" if self._separator else b""))
        _write_rows((_encode(rejection._asdict()) for rejection in simulation.rejected), out)
        out.write(b"]}\n")


def _write_rows(rows: Iterable[bytes], out: BinaryIO) -> None:
    separator = b""
    for row in rows:
        out.write(separator + row)
        separator = SEPARATOR
    if separator:
        out.write(b"\n")
