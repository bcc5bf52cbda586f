"""What goes in and what comes out of a service: consumed messages and records to be produced."""

from typing import Protocol

from msgspec import Struct

Headers = list[tuple[str, bytes | None]]


class Message(Struct, frozen=True, gc=False):
    """One consumed record. `timestamp_ms` is the broker's append time, in milliseconds since the epoch."""

    topic: str
    partition: int
    offset: int
    timestamp_ms: int
    key: bytes | None
    value: bytes | None
    headers: Headers | None = None


class Record(Struct, frozen=True, gc=False):
    """One record to produce; partition -1 leaves the choice to the partitioner (murmur2 of the key)."""

    topic: str
    key: bytes | None
    value: bytes | None
    partition: int
    headers: Headers | None


class Outbox(Protocol):
    """Where a `PartitionState` puts what it wants written in the transaction of the batch."""

    def produce(
        self,
        topic: str,
        key: bytes | None,
        value: bytes | None,
        partition: int | None = None,
        headers: Headers | None = None,
    ) -> None: ...


class Collected:
    """An outbox that collects: what a batch produces is handed to Kafka only when all of it is known.

    So nothing of Kafka can fail inside `process`, a transaction is open no longer than needed, and a batch
    that turns out to be bad is simply forgotten.
    """

    def __init__(self) -> None:
        self.records: list[Record] = []

    def produce(
        self,
        topic: str,
        key: bytes | None,
        value: bytes | None,
        partition: int | None = None,
        headers: Headers | None = None,
    ) -> None:
        self.records.append(Record(topic, key, value, -1 if partition is None else partition, headers))

    def __len__(self) -> int:
        return len(self.records)

    def cut(self, length: int) -> None:
        """Forgets what was produced after the outbox had this length."""
        del self.records[length:]
