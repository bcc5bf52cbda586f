"""Records of one kind by key, with what they were before the batch."""

from collections.abc import Iterator
from typing import Any, Generic, TypeVar

import msgspec
from msgspec import Struct

Record = TypeVar("Record", bound=Struct)
Key = tuple[Any, ...]

_encode = msgspec.msgpack.Encoder().encode


class Table(Generic[Record]):
    """A dictionary of mutable records that can be taken back to the last commit.

    A record is changed only after `edit`, which keeps its encoding as it was when the batch began. An
    aborted batch so undoes exactly what it touched, and a committed one writes exactly that.
    """

    __slots__ = ("_before", "_decode", "_kind", "_touched", "rows")

    def __init__(self, kind: str, record: type[Record], touched: dict[str, "Table[Any]"]) -> None:
        """Enters itself in `touched`, by its kind, when something is to be committed."""
        self._kind = kind
        self._touched = touched
        self.rows: dict[Key, Record] = {}
        self._before: dict[Key, bytes | None] = {}
        self._decode = msgspec.msgpack.Decoder(record).decode

    def get(self, key: Key) -> Record | None:
        return self.rows.get(key)

    def edit(self, key: Key) -> Record:
        record = self.rows[key]
        if key not in self._before:
            self._touched[self._kind] = self
            self._before[key] = _encode(record)
        return record

    def add(self, key: Key, record: Record) -> Record:
        self._touched[self._kind] = self
        self._before.setdefault(key, None)
        self.rows[key] = record
        return record

    def remove(self, key: Key) -> None:
        self.edit(key)
        del self.rows[key]

    def touched(self) -> Iterator[Key]:
        """Keys added, edited or removed since the last commit."""
        return iter(self._before)

    def before(self, key: Key) -> Record | None:
        """A touched record as it was at the last commit, a copy of its own; None if it was not there."""
        image = self._before[key]
        return None if image is None else self._decode(image)

    def changes(self) -> Iterator[tuple[Key, bytes | None]]:
        """Touched keys whose record differs from the last commit, with the new encoding."""
        for key, image in self._before.items():
            record = self.rows.get(key)
            now = None if record is None else _encode(record)
            if now != image:
                yield key, now

    def commit(self) -> None:
        self._before.clear()

    def rollback(self) -> None:
        for key in self._before:
            record = self.before(key)
            if record is None:
                self.rows.pop(key, None)
            else:
                self.rows[key] = record
        self._before.clear()

    def load(self, key: Key, value: bytes | None) -> None:
        """Takes a record from the changelog as committed."""
        if value is None:
            self.rows.pop(key, None)
        else:
            self.rows[key] = self._decode(value)

    def dump(self) -> Iterator[tuple[Key, bytes]]:
        for key, record in self.rows.items():
            yield key, _encode(record)
