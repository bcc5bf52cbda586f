"""The log of a real cluster: read-committed, from the beginning to the ends as they were at the start.

The ends are the read-*uncommitted* ones, unless asked otherwise: what is committed but not yet marked so is
waited for. Whether a
partition has been read is judged by the position, which the end-of-partition events tell also past markers of
transactions, aborted records and the holes that compaction leaves.
"""

import logging
import time
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from confluent_kafka import (
    OFFSET_INVALID,
    Consumer,
    IsolationLevel,
    KafkaError,
    KafkaException,
    Message,
    TopicPartition,
)
from confluent_kafka.admin import AdminClient
from confluent_kafka.admin._listoffsets import OffsetSpec

from backorder.reconcile.log import Place, Record

_EARLIEST = OffsetSpec.earliest()  # type: ignore[no-untyped-call]
_LATEST = OffsetSpec.latest()  # type: ignore[no-untyped-call]

_ASK_SECONDS = 15.0
_AT_ONCE = 10_000

# A transaction that a dead process has left open ends by its timeout, 10 s unless configured otherwise.
_PATIENCE_SECONDS = 90.0

# The client reconnects by itself; the patience bounds it.
_PASSING = (KafkaError._TRANSPORT, KafkaError._ALL_BROKERS_DOWN, KafkaError._TIMED_OUT)

# A young broker is still loading its coordinators, another one hands them on.
_MOVING = (
    KafkaError.NOT_COORDINATOR,
    KafkaError.COORDINATOR_NOT_AVAILABLE,
    KafkaError.COORDINATOR_LOAD_IN_PROGRESS,
)

_client_log = logging.getLogger("librdkafka")


class KafkaLog:
    """A `Log` of the topics that are named, on the cluster at `bootstrap`."""

    def __init__(
        self,
        bootstrap: str,
        librdkafka: Mapping[str, str],
        topics: Iterable[str],
        committed_only: bool = False,
    ) -> None:
        """Asks for the ends. With `committed_only` a partition ends where the first open transaction begins:
        of a log with one writer, while it is written, that is between two transactions. Raises
        KafkaException."""
        self._options: dict[str, Any] = {
            "bootstrap.servers": bootstrap,
            "reconnect.backoff.ms": 50,
            "reconnect.backoff.max.ms": 500,
            **librdkafka,
        }
        self._admin = AdminClient(self._options, logger=_client_log)
        self._counts = self._count_partitions(topics)
        places = [(topic, number) for topic, count in self._counts.items() for number in range(count)]
        self._begins = self._ask(places, _EARLIEST)
        which = IsolationLevel.READ_COMMITTED if committed_only else IsolationLevel.READ_UNCOMMITTED
        self._ends = self._ask(places, _LATEST, which)

    def _count_partitions(self, topics: Iterable[str]) -> dict[str, int]:
        known = self._admin.list_topics(timeout=_ASK_SECONDS).topics
        there = {name: topic for name, topic in known.items() if topic.error is None}
        return {name: len(there[name].partitions) if name in there else 0 for name in topics}

    def _ask(
        self,
        places: list[Place],
        which: OffsetSpec,
        isolation: IsolationLevel = IsolationLevel.READ_UNCOMMITTED,
    ) -> dict[Place, int]:
        if not places:
            return {}
        answers = self._admin.list_offsets(
            {TopicPartition(*place): which for place in places},
            isolation_level=isolation,
            request_timeout=_ASK_SECONDS,
        )
        found = {(place.topic, place.partition): answer.result().offset for place, answer in answers.items()}
        if OFFSET_INVALID in found.values():  # no error, and no answer: the leader is just changing
            raise KafkaException(KafkaError(KafkaError.LEADER_NOT_AVAILABLE, "some offsets were not told"))
        return found

    def partitions(self, topic: str) -> int:
        return self._counts[topic]

    def begin(self, topic: str, partition: int) -> int:
        return self._begins[topic, partition]

    def end(self, topic: str, partition: int) -> int:
        return self._ends[topic, partition]

    def committed(self, group: str, topic: str) -> Mapping[int, int]:
        asked = [TopicPartition(topic, number) for number in range(self._counts[topic])]
        # Not the admin client: its call ends the process when the coordinator moves (librdkafka#5040).
        options = self._options | {"group.id": group, "isolation.level": "read_uncommitted"}
        outsider = Consumer(options, logger=_client_log)
        try:
            found = _committed(outsider, asked, time.monotonic() + _ASK_SECONDS)
        finally:
            outsider.close()
        return {place.partition: place.offset for place in found if place.offset >= 0}

    def read(self, topic: str, partition: int | None = None) -> Iterator[Record]:
        numbers = range(self._counts[topic]) if partition is None else [partition]
        ends = {
            number: self._ends[topic, number]
            for number in numbers
            if self._ends[topic, number] > self._begins[topic, number]
        }
        if not ends:
            return
        consumer = Consumer(self._reader_options(), logger=_client_log)
        try:
            consumer.assign([TopicPartition(topic, number, self._begins[topic, number]) for number in ends])
            yield from _read_to(consumer, topic, ends)
        finally:
            consumer.close()

    def _reader_options(self) -> dict[str, Any]:
        return self._options | {
            # Demanded by the client; nothing is committed, and nobody joins.
            "group.id": "backorder-reconcile",
            "isolation.level": "read_committed",
            "enable.auto.commit": False,
            "enable.auto.offset.store": False,
            "auto.offset.reset": "error",
            "enable.partition.eof": True,
            "fetch.wait.max.ms": 50,
            "fetch.queue.backoff.ms": 2,
            "queued.min.messages": 50_000,
            "queued.max.messages.kbytes": 64 * 1024,
        }


def _committed(consumer: Consumer, asked: list[TopicPartition], deadline: float) -> list[TopicPartition]:
    while True:
        try:
            return consumer.committed(asked, timeout=_ASK_SECONDS)
        except KafkaException as exception:
            if exception.args[0].code() not in _MOVING or time.monotonic() > deadline:
                raise
        time.sleep(0.1)


def _read_to(consumer: Consumer, topic: str, ends: dict[int, int]) -> Iterator[Record]:
    """The records before these ends. Empties `ends`."""
    last_news = time.monotonic()
    while ends:
        # Asked for many with a timeout it would wait for all of them, or all of the time.
        messages = consumer.consume(1, 0.1)
        messages += consumer.consume(_AT_ONCE, 0) if messages else []
        if messages:
            last_news = time.monotonic()
        elif time.monotonic() - last_news > _PATIENCE_SECONDS:
            raise KafkaException(
                KafkaError(
                    KafkaError._TIMED_OUT,
                    f"nothing more comes of {topic}, partitions {sorted(ends)}: is a transaction open?",
                )
            )
        for message in messages:
            number = message.partition()
            if number is None or number not in ends:
                continue
            error = message.error()
            if error is None:
                offset = message.offset()
                assert offset is not None
                if offset < ends[number]:
                    yield _record(message, number, offset)
                position = offset + 1
            elif error.code() == KafkaError._PARTITION_EOF:
                position = message.offset() or 0
            elif error.retriable() or error.code() in _PASSING:
                continue
            else:
                raise KafkaException(error)
            if position >= ends[number]:
                del ends[number]


def _record(message: Message, partition: int, offset: int) -> Record:
    headers: Any = message.headers()
    return Record(partition, offset, message.timestamp()[1], message.key(), message.value(), headers)
