"""The topics of the catalogue on the log that is read, by their short names."""

import time
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache

import msgspec

from backorder.allocation.publish import Published
from backorder.contract.catalogue import Catalogue
from backorder.contract.kafka_partition import partition_of
from backorder.reconcile.log import Log, Place, Record

JOURNAL = "journal"
DEAD_LETTERS = "dead-letters"
STATE = "allocation-state"
ALLOCATION = "allocation"
"""The service that folds the journal. An ingest service has the name of its topic."""

_SAY_SECONDS = 2.0
_RECORDS_BETWEEN_LOOKS = 1_000

Progress = Callable[[str], None]

_read_key = msgspec.json.Decoder(list[str | int | None]).decode

# The rows of a SKU and the decisions about an order come together.
_partition_of = lru_cache(65_536)(partition_of)


class Topics:
    """What is read, and where things belong. `progress` is given a line now and then during long reads."""

    def __init__(self, log: Log, catalogue: Catalogue, progress: Progress) -> None:
        self._log = log
        self._catalogue = catalogue
        self._progress = progress
        self._last_said = 0.0
        self._pool_partitions: dict[str, int] = {}
        self.inputs = tuple(topic.name for topic in catalogue.of_kind("input"))
        self.events = tuple(topic.name for topic in catalogue.of_kind("output"))
        self.tables = tuple(topic.name for topic in catalogue.of_kind("table"))

    def missing(self) -> list[str]:
        """Topics of the catalogue that are not there, by their full names."""
        return [
            self.full_name(name)
            for name in self._catalogue.topics
            if not self._log.partitions(self.full_name(name))
        ]

    def full_name(self, name: str) -> str:
        return self._catalogue.full_name(name)

    def short_name(self, full: str) -> str:
        """Raises KeyError for a topic that is not of the catalogue."""
        return self._catalogue.short_name(full)

    def count(self, name: str) -> int:
        """How many partitions the topic has on the cluster."""
        return self._log.partitions(self.full_name(name))

    def begin(self, name: str, partition: int) -> int:
        return self._log.begin(self.full_name(name), partition)

    def end(self, name: str, partition: int) -> int:
        return self._log.end(self.full_name(name), partition)

    def is_cut(self, name: str, partition: int) -> bool:
        """Whether retention has deleted the first records."""
        return self.begin(name, partition) > 0

    def committed(self, service: str, topic: str) -> Mapping[int, int]:
        """Up to where a service has processed its topic, by partition."""
        return self._log.committed(self._catalogue.prefix + service, self.full_name(topic))

    def pool_partition(self, pool: str) -> int:
        """The partition of the journal that a pool is in."""
        found = self._pool_partitions.get(pool)
        if found is None:
            found = self._pool_partitions[pool] = partition_of(pool.encode(), self.count(JOURNAL))
        return found

    def journal_of(self, key: bytes) -> int:
        """The journal partition that decides a row of a table; -1 when the key is none of ours."""
        try:
            pool = _read_key(key)[0]
        except (msgspec.DecodeError, UnicodeDecodeError, IndexError):
            return -1
        return self.pool_partition(pool) if isinstance(pool, str) else -1

    def place(self, published: Published) -> Place:
        """Topic and partition of what is published."""
        return self.place_of(published.topic, published.partition_key)

    def place_of(self, topic: str, partition_key: bytes) -> Place:
        """Topic and partition of what has this partition key."""
        return topic, _partition_of(partition_key, self.count(topic))

    def read(self, name: str, partition: int | None = None) -> Iterator[Record]:
        """The records of a partition, or of the whole topic."""
        numbers = range(self.count(name)) if partition is None else [partition]
        total = sum(self.end(name, number) - self.begin(name, number) for number in numbers)
        what = name if partition is None else f"{name}-{partition}"
        for count, record in enumerate(self._log.read(self.full_name(name), partition)):
            if count % _RECORDS_BETWEEN_LOOKS == 0:
                self._say(f"reading {what}: {count:,} of at most {total:,} records")
            yield record

    def _say(self, text: str) -> None:
        now = time.monotonic()
        if now - self._last_said >= _SAY_SECONDS:
            self._last_said = now
            self._progress(text)
