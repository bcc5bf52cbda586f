"""What the reconciliation reads: topics as logs of committed records, and where the groups stand."""

from collections.abc import Iterator, Mapping
from typing import NamedTuple, Protocol

Headers = list[tuple[str, bytes | None]]

Place = tuple[str, int]
"""Topic and partition."""


class Record(NamedTuple):
    """One record. `timestamp_ms` is the broker's, in milliseconds since 1970."""

    partition: int
    offset: int
    timestamp_ms: int
    key: bytes | None
    value: bytes | None
    headers: Headers | None = None


class Log(Protocol):
    """Read access to a cluster; topics by their full names. Its ends are fixed when it is made."""

    def partitions(self, topic: str) -> int:
        """How many partitions a topic has; 0 when it is not there."""

    def begin(self, topic: str, partition: int) -> int:
        """The offset at which the partition begins: above 0 when retention has cut it."""

    def end(self, topic: str, partition: int) -> int:
        """The offset at which reading ends."""

    def read(self, topic: str, partition: int | None = None) -> Iterator[Record]:
        """The committed records of a partition, or of all, in order within each. Can be asked for again."""

    def committed(self, group: str, topic: str) -> Mapping[int, int]:
        """The offsets that a group has committed, by partition; a partition without one is left out."""
