"""The window of event ids: which events have been seen, for long enough, in bounded memory.

Exactly what it remembers, for each partition of a public topic:

- The clock of a partition is the greatest broker timestamp among all its records so far, whatever became of
  them. No wall clock is used.
- An accepted event enters with the clock as it then stands, its stamp. It is remembered while
  `clock - stamp < horizon` and while it is one of the newest `limit` accepted events.
- A record whose id is remembered is a repeat. A dead letter never enters, and may come again under its id.

So the answer depends on the records alone, not on how they fell into batches, nor on restarts.

On the changelog the ids of one batch are one record: key = the offset of the first of them, value = their
16-byte digests, then their stamps. It is deleted when its last id is forgotten. A further record holds the
clock. An id costs about 110 bytes of memory and 24 of changelog.
"""

import struct
from collections import deque
from collections.abc import Iterable, Iterator
from hashlib import blake2b
from itertools import islice

_CLOCK = b"clock"
_DIGEST_BYTES = 16
_ID_BYTES = _DIGEST_BYTES + 8


def digest(identity: bytes) -> int:
    """128 bits that stand for an event's identity: its topic, source and id, in an unambiguous form."""
    return int.from_bytes(blake2b(identity, digest_size=_DIGEST_BYTES).digest(), "big")


class _Chunk:
    """The ids that one batch brought, in order, with their stamps."""

    __slots__ = ("first_offset", "ids", "stamps")

    def __init__(self, first_offset: int) -> None:
        self.first_offset = first_offset
        self.ids: list[int] = []
        self.stamps: list[int] = []

    @property
    def key(self) -> bytes:
        return b"%d" % self.first_offset

    def packed(self) -> bytes:
        digests = b"".join([number.to_bytes(_DIGEST_BYTES, "big") for number in self.ids])
        return digests + struct.pack(f">{len(self.stamps)}q", *self.stamps)

    @classmethod
    def unpacked(cls, key: bytes, value: bytes) -> "_Chunk":
        chunk = cls(int(key))
        count = len(value) // _ID_BYTES
        digests = memoryview(value)[: count * _DIGEST_BYTES]
        chunk.ids = [
            int.from_bytes(digests[at : at + _DIGEST_BYTES], "big")
            for at in range(0, len(digests), _DIGEST_BYTES)
        ]
        chunk.stamps = _shared(struct.unpack_from(f">{count}q", value, len(digests)))
        return chunk


def _shared(stamps: tuple[int, ...]) -> list[int]:
    """Equal neighbours as one object: the records of a batch have few different timestamps."""
    shared: list[int] = []
    last = -1
    for stamp in stamps:
        if stamp != last:
            last = stamp
        shared.append(last)
    return shared


class Window:
    """The remembered ids of one partition, with the changes of the batch in hand."""

    def __init__(self, horizon_ms: int, limit: int) -> None:
        """Remembers an id for `horizon_ms` of broker time, and at most `limit` of them."""
        self._horizon = horizon_ms
        self._limit = limit
        self._clock = 0
        self._ids: set[int] = set()
        self._chunks: deque[_Chunk] = deque()
        # The oldest remembered id: its chunk's place in the deque, and its place in the chunk.
        self._head_chunk = 0
        self._head = 0
        # All that a rollback needs.
        self._open: _Chunk | None = None
        self._clock_before = 0
        self._head_before = 0
        # Keys of changelog records to delete with the next batch.
        self._forgotten: list[bytes] = []

    def __len__(self) -> int:
        return len(self._ids)

    # --- records --------------------------------------------------------------------------------------------

    def pass_time(self, timestamp_ms: int) -> None:
        """A record with this broker timestamp was read, whatever it was."""
        if timestamp_ms > self._clock:
            self._clock = timestamp_ms
            self._forget_old()

    def admit(self, identity: int, timestamp_ms: int, offset: int) -> bool:
        """Whether the event is new; if so it is remembered from here on. `identity` is its `digest`."""
        if timestamp_ms > self._clock:
            self._clock = timestamp_ms
            self._forget_old()
        if identity in self._ids:
            return False
        self._ids.add(identity)
        chunk = self._open
        if chunk is None:
            chunk = self._open = _Chunk(offset)
            self._chunks.append(chunk)
        chunk.ids.append(identity)
        chunk.stamps.append(self._clock)
        if len(self._ids) > self._limit:
            self._forget_one()
        return True

    def _forget_old(self) -> None:
        chunks, horizon = self._chunks, self._clock - self._horizon
        while self._head_chunk < len(chunks):
            chunk = chunks[self._head_chunk]
            if self._head == len(chunk.ids) or chunk.stamps[self._head] > horizon:
                return
            self._forget_one()

    def _forget_one(self) -> None:
        chunk = self._chunks[self._head_chunk]
        self._ids.discard(chunk.ids[self._head])
        self._head += 1
        # The open chunk may still grow: there the head waits for the next id.
        if self._head == len(chunk.ids) and chunk is not self._open:
            self._head = 0
            self._head_chunk += 1

    # --- the batch ------------------------------------------------------------------------------------------

    def changes(self) -> Iterator[tuple[bytes, bytes | None]]:
        """The changelog records of the batch in hand."""
        for key in self._forgotten:
            yield key, None
        for chunk in islice(self._chunks, self._head_chunk):
            yield chunk.key, None
        if self._open is not None and not self._all_forgotten(self._open):
            yield self._open.key, self._open.packed()
        if self._clock != self._clock_before:
            yield _CLOCK, b"%d" % self._clock

    def commit(self) -> None:
        """The batch stays."""
        if self._open is not None and self._all_forgotten(self._open):
            self._head = 0
            self._head_chunk += 1
        for _ in range(self._head_chunk):
            self._chunks.popleft()
        self._forgotten = []
        self._begin_batch()

    def rollback(self) -> None:
        """The batch has not happened."""
        if self._open is not None:
            self._ids.difference_update(self._open.ids)
            self._chunks.pop()
        start = self._head_before
        for number, chunk in enumerate(islice(self._chunks, self._head_chunk + 1)):
            end = self._head if number == self._head_chunk else len(chunk.ids)
            self._ids.update(chunk.ids[start:end])
            start = 0
        self._head = self._head_before
        self._clock = self._clock_before
        self._begin_batch()

    def _begin_batch(self) -> None:
        self._open = None
        self._head_chunk = 0
        self._head_before = self._head
        self._clock_before = self._clock

    def _all_forgotten(self, chunk: _Chunk) -> bool:
        head = self._chunks[self._head_chunk] if self._head_chunk < len(self._chunks) else None
        return chunk is head and self._head == len(chunk.ids)

    # --- restore --------------------------------------------------------------------------------------------

    def restore(self, records: Iterable[tuple[bytes, bytes]]) -> None:
        """Live changelog records."""
        for key, value in records:
            if key == _CLOCK:
                self._clock = int(value)
            else:
                self._chunks.append(_Chunk.unpacked(key, value))

    def restored(self) -> None:
        """All changelog records have been given: what had been forgotten of them is forgotten again."""
        chunks = sorted(self._chunks, key=lambda chunk: chunk.first_offset)
        self._chunks.clear()
        self._head = 0
        while chunks and self._head == 0:
            chunk = chunks.pop()
            self._head = self._remember_newest(chunk)
            if self._head < len(chunk.ids):
                self._chunks.appendleft(chunk)
            else:
                chunks.append(chunk)
                self._head = 0
                break
        # None, unless the settings have changed: a record is deleted with the batch that forgets its last id.
        self._forgotten = [chunk.key for chunk in chunks]
        self._begin_batch()

    def _remember_newest(self, chunk: _Chunk) -> int:
        """Remembers the ids of a chunk from its newest back; the place of the oldest one remembered."""
        horizon = self._clock - self._horizon
        for at in range(len(chunk.ids) - 1, -1, -1):
            identity = chunk.ids[at]
            # An id that is there already came again after it had been forgotten.
            if chunk.stamps[at] <= horizon or len(self._ids) == self._limit or identity in self._ids:
                return at + 1
            self._ids.add(identity)
        return 0

    # --- comparison -----------------------------------------------------------------------------------------

    def dump(self) -> bytes:
        """The clock, then the remembered ids with their stamps, the oldest first; between two batches.

        Equal for windows that answer alike, in whatever batches the ids came.
        """
        parts = [struct.pack(">q", self._clock)]
        start = self._head
        for chunk in self._chunks:
            for identity, stamp in zip(chunk.ids[start:], chunk.stamps[start:], strict=True):
                parts.append(identity.to_bytes(_DIGEST_BYTES, "big") + struct.pack(">q", stamp))
            start = 0
        return b"".join(parts)
