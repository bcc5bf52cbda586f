"""A cluster in memory, written by the real states of the services, that the reconciliation can read.

    cluster = MemoryCluster()
    cluster.publish(lines)
    cluster.run()

Each batch leaves a transaction marker, so that offsets have holes as on a real broker. What is on it can be
changed afterwards, to see whether anybody notices.
"""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import msgspec

from backorder.allocation.metrics import BacklogMetrics
from backorder.allocation.partition import JournalPartition, Topics
from backorder.contract.catalogue import load_catalogue
from backorder.contract.envelope import Limits
from backorder.contract.kafka_partition import partition_of
from backorder.contract.unreadable import Unreadable
from backorder.domain.settings import Settings
from backorder.engine.ingest import IngestPartition
from backorder.engine.metrics import Metrics
from backorder.engine.records import Collected, Message
from backorder.engine.repeats import Window
from backorder.engine.service import PartitionState
from backorder.ingest.reading import reader
from backorder.publisher.records import nearest_record, record_of
from backorder.reconcile.log import Headers, Place, Record

INPUTS = ("orders", "inventory", "receiving")
JOURNAL, STATE = "journal", "allocation-state"
_READING = [*((topic, topic, f"{topic}-state") for topic in INPUTS), ("allocation", JOURNAL, STATE)]
MARK = b"mark"
CONTENT_TYPE: Headers = [("content-type", b"application/cloudevents+json")]


class MemoryCluster:
    """Topics as lists of records, and the committed offsets. A `Log`."""

    def __init__(
        self,
        settings: Settings | None = None,
        window: tuple[int, int] = (24 * 3_600_000, 1_000_000),
        batch: int = 50,
    ) -> None:
        """settings: those that decide. window: milliseconds and ids. batch: records of one transaction."""
        self.catalogue = load_catalogue()
        self.records: defaultdict[Place, list[Record]] = defaultdict(list)
        self.offsets: dict[tuple[str, str], dict[int, int]] = defaultdict(dict)
        self.begins: dict[Place, int] = {}
        self.now_ms = 1_760_000_000_000
        self._settings = settings or Settings()
        self._window = window
        self._batch = batch
        self._ends: defaultdict[Place, int] = defaultdict(int)
        self._states: dict[Place, PartitionState] = {}
        self._metrics = Metrics("cluster in memory")
        self._backlog = BacklogMetrics(self._metrics.registry)

    # --- a Log ----------------------------------------------------------------------------------------------

    def partitions(self, topic: str) -> int:
        return self.catalogue[topic].partitions

    def begin(self, topic: str, partition: int) -> int:
        return self.begins.get((topic, partition), 0)

    def end(self, topic: str, partition: int) -> int:
        return self._ends[topic, partition]

    def read(self, topic: str, partition: int | None = None) -> Iterator[Record]:
        for number in range(self.partitions(topic)) if partition is None else [partition]:
            yield from self.records[topic, number]

    def committed(self, group: str, topic: str) -> Mapping[int, int]:
        return self.offsets[group, topic]

    # --- writing --------------------------------------------------------------------------------------------

    def append(
        self,
        topic: str,
        key: bytes | None,
        value: bytes | None,
        partition: int | None = None,
        headers: Headers | None = None,
    ) -> Record:
        """Appends a record; without a partition the key decides, a null key goes to 0."""
        if partition is None:
            partition = partition_of(key, self.partitions(topic)) if key is not None else 0
        place = (topic, partition)
        record = Record(partition, self._ends[place], self.now_ms, key, value, headers)
        self.records[place].append(record)
        self._ends[place] += 1
        return record

    def publish(self, lines: Iterable[bytes]) -> None:
        """Puts lines of JSON on the public topics; each moves the broker's time by a second."""
        for line in lines:
            self.now_ms += 1000
            try:
                record = record_of(line)
            except Unreadable:
                record = nearest_record(line)
            self.append(record.topic, record.key, line, headers=CONTENT_TYPE)

    def run(self) -> None:
        """The services process all that there is."""
        for service, topic, state_topic in _READING:
            for partition in range(self.partitions(topic)):
                while self._process(service, topic, state_topic, partition):
                    pass

    def tick(self) -> None:
        """The clock and changed settings go into the journal; `run` folds them."""
        for partition in range(self.partitions(JOURNAL)):
            out = Collected()
            if self._state(JOURNAL, partition).idle(out):
                self._write(out, "allocation", JOURNAL, STATE, partition, None)

    def _process(self, service: str, topic: str, state_topic: str, partition: int) -> bool:
        place = (topic, partition)
        done = self.offsets[service, topic].get(partition, 0)
        log = self.records[place]
        first = bisect_left(log, done, key=lambda record: record.offset)
        records = log[first : first + self._batch]
        if not records:
            return False
        out = Collected()
        self._state(*place).process([_message(topic, record) for record in records], out)
        self._write(out, service, topic, state_topic, partition, records[-1].offset + 1)
        return True

    def _write(
        self, out: Collected, service: str, topic: str, state_topic: str, partition: int, end: int | None
    ) -> None:
        state, offsets = self._state(topic, partition), self.offsets[service, topic]
        touched: dict[Place, None] = {}
        for record in out.records:
            number = None if record.partition < 0 else record.partition
            written = self.append(record.topic, record.key, record.value, number, record.headers)
            touched[record.topic, written.partition] = None
        offsets[partition] = offsets.get(partition, 0) if end is None else end
        mark = msgspec.json.encode({"offset": offsets[partition], "version": 1})
        for key, value in [*state.changes(), (MARK, mark)]:
            self.append(state_topic, key, value, partition)
        state.commit()
        for place in [*touched, (state_topic, partition)]:
            self._ends[place] += 1  # the marker of the transaction

    def _state(self, topic: str, partition: int) -> PartitionState:
        place = (topic, partition)
        if place not in self._states:
            self._states[place] = self._allocation(partition) if topic == JOURNAL else self._ingest(topic)
            self._states[place].restored()
        return self._states[place]

    def _ingest(self, topic: str) -> IngestPartition:
        read = reader(Limits(), self.partitions(JOURNAL))
        window = Window(*self._window)
        return IngestPartition(topic, read, window, JOURNAL, "dead-letters", self._metrics)

    def _allocation(self, partition: int) -> JournalPartition:
        tables = self.partitions("lines")
        return JournalPartition(
            partition,
            self._settings,
            Topics(str, lambda key: partition_of(key, tables)),
            lambda: self.now_ms,
            self._backlog,
            self._metrics.events,
        )

    def copy(self) -> "MemoryCluster":
        """One with the same records, to be changed; its services have been stopped for good."""
        made = MemoryCluster()
        made.records.update({place: list(log) for place, log in self.records.items()})
        made.offsets.update({reader: dict(offsets) for reader, offsets in self.offsets.items()})
        made.begins.update(self.begins)
        made._ends.update(self._ends)
        made.now_ms = self.now_ms
        return made

    # --- changing what is written ---------------------------------------------------------------------------

    def last_of(self, topic: str, partition: int | None = None, **has: Any) -> Record:
        """The last record of a topic; `has`: fields of its JSON that must have these values."""
        return self._chosen(topic, partition, has)[-1]

    def first_of(self, topic: str, partition: int | None = None, **has: Any) -> Record:
        return self._chosen(topic, partition, has)[0]

    def _chosen(self, topic: str, partition: int | None, has: dict[str, Any]) -> list[Record]:
        return [record for record in self.read(topic, partition) if _has(record, has)]

    def replace(self, topic: str, record: Record, **changes: Any) -> None:
        """Puts another record in the place of this one."""
        log = self.records[topic, record.partition]
        log[log.index(record)] = record._replace(**changes)

    def remove(self, topic: str, record: Record) -> None:
        self.records[topic, record.partition].remove(record)

    def double(self, topic: str, record: Record) -> None:
        """The record stands at the end of its partition once more."""
        self.append(topic, record.key, record.value, record.partition, record.headers)

    def swap(self, topic: str, one: Record, other: Record) -> None:
        """Two records of a partition change places, and so offsets."""
        self.replace(topic, one, offset=-1)
        self.replace(topic, other, **_content(one))
        self.replace(topic, one._replace(offset=-1), **_content(other), offset=one.offset)

    def cut(self, topic: str, partition: int, records: int) -> None:
        """Retention deletes the first records of a partition."""
        log = self.records[topic, partition]
        self.begins[topic, partition] = (
            log[records].offset if records < len(log) else self.end(topic, partition)
        )
        del log[:records]

    def compact(self, topic: str, partition: int) -> None:
        """Only the last record of each key is left, and tombstones are gone."""
        place = (topic, partition)
        last = {record.key: record for record in self.records[place]}
        self.records[place] = [
            record
            for record in self.records[place]
            if last[record.key] is record and record.value is not None
        ]


def _message(topic: str, record: Record) -> Message:
    return Message(
        topic,
        record.partition,
        record.offset,
        record.timestamp_ms,
        record.key,
        record.value,
        record.headers,
    )


def _content(record: Record) -> dict[str, Any]:
    return {name: getattr(record, name) for name in ("timestamp_ms", "key", "value", "headers")}


def _has(record: Record, has: dict[str, Any]) -> bool:
    if not has:
        return True
    try:
        document = msgspec.json.decode(record.value or b"null")
    except msgspec.DecodeError:
        return False
    return isinstance(document, dict) and all(document.get(name) == value for name, value in has.items())
