"""How far the clock may move: never past a record that an ingest service has not read yet.

A tick says "it is T"; what falls due by T is then decided. After an outage of ingest the public topics still
hold what happened before T, so the tick has to wait until that is in the journal. The bound is the least of

- the broker's append time of the newest journal record: evidence, in broker time, of how late it already is
  (no wall clock of ours is asked; ticks themselves keep it moving), and
- the append time of the oldest record of the public topics that ingest has not committed.

The first is asked for before the second, so what is published in between is later than the bound.
"""

import threading
import time
from collections.abc import Mapping
from typing import Any

import structlog
from confluent_kafka import (
    OFFSET_BEGINNING,
    Consumer,
    KafkaError,
    KafkaException,
    TopicPartition,
)
from confluent_kafka.admin import AdminClient

from backorder.engine import kafka
from backorder.engine.config import KafkaSettings
from backorder.engine.groups import Groups
from backorder.engine.offsets import Place, ask_offsets

_log = structlog.get_logger(__name__)

_EVERY_SECONDS = 1.0
_ASK_SECONDS = 5.0


class TickBound:
    """Asks the broker about once a second, in a thread of its own."""

    def __init__(
        self, settings: KafkaSettings, client_id: str, groups: Mapping[str, str], journal: str
    ) -> None:
        """`groups`: consumer group of each ingest service -> its public topic."""
        self._settings = settings
        self._client_id = client_id
        self._groups = dict(groups)
        self._journal = journal
        self._latest: int | None = None
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="tick-bound", daemon=True)

    def latest(self) -> int | None:
        """The latest time a tick may have, in milliseconds since the epoch; None = no tick.

        It may be some seconds old, never too late, and never goes back.
        """
        return self._latest

    def start(self) -> None:
        self._thread.start()

    def close(self) -> None:
        """Stops asking and waits for the thread, if it was started."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        admin = kafka.admin(self._settings, self._client_id)
        committed = Peek(self._settings, self._client_id, "read_committed")
        uncommitted = Peek(self._settings, self._client_id, "read_uncommitted")
        offsets = Groups(kafka.common(self._settings) | {"client.id": self._client_id})
        failing = False
        try:
            while not self._stop.wait(_EVERY_SECONDS):
                try:
                    bound = find(admin, offsets, committed, uncommitted, self._groups, self._journal)
                except KafkaException as exception:
                    # The bound of before stays true.
                    if not failing:
                        _log.warning(
                            "the clock stands still: the broker does not answer", error=str(exception)
                        )
                    failing = True
                    continue
                failing = False
                if bound is not None:
                    self._latest = max(bound, self._latest or 0)
        finally:
            offsets.close()
            committed.close()
            uncommitted.close()


def find(
    admin: AdminClient,
    offsets: Groups,
    committed: "Peek",
    uncommitted: "Peek",
    groups: Mapping[str, str],
    journal: str,
) -> int | None:
    """The bound as of now; None while the journal is empty. Raises KafkaException."""
    newest: int = max(
        answer.timestamp for answer in _ask(admin, _partitions(admin, journal), kafka.NEWEST).values()
    )
    if newest < 0:
        return None
    unread: dict[Place, int] = {}
    ends: dict[Place, int] = {}
    for group, topic in groups.items():
        partitions = _partitions(admin, topic)
        places = [(partition.topic, partition.partition) for partition in partitions]
        read = offsets.committed(group, places, _ASK_SECONDS)
        for place, answer in _ask(admin, partitions, kafka.LATEST).items():
            ends[place] = answer.offset
            if read.get(place, 0) < answer.offset:
                unread[place] = read.get(place, OFFSET_BEGINNING)
    times = committed.times(unread)
    # Nothing to read, and not at the end: an open transaction. Its records have their append time already.
    held_back = {
        place: found.offset
        for place, found in times.items()
        if found.time is None and found.offset < ends[place]
    }
    times |= uncommitted.times(held_back)
    return min([newest, *(found.time for found in times.values() if found.time is not None)])


class Seen:
    """What stands at a place: the next readable record's time, or None and the offset up to which none is."""

    __slots__ = ("offset", "time")

    def __init__(self, offset: int, time: int | None) -> None:
        self.offset = offset
        self.time = time


class Peek:
    """Looks at single records by their offsets."""

    def __init__(self, settings: KafkaSettings, client_id: str, isolation: str) -> None:
        config: dict[str, Any] = kafka.common(settings) | {
            "client.id": client_id,
            "group.id": client_id,
            "isolation.level": isolation,
            "enable.auto.commit": False,
            "enable.auto.offset.store": False,
            "enable.partition.eof": True,
            "auto.offset.reset": "earliest",
            "fetch.wait.max.ms": 50,
            "fetch.queue.backoff.ms": 2,
            # One record is enough.
            "fetch.message.max.bytes": 16 * 1024,
            "queued.min.messages": 1,
            "queued.max.messages.kbytes": 1024,
        }
        self._consumer: Consumer = kafka.consumer(config)

    def times(self, offsets: Mapping[Place, int]) -> dict[Place, Seen]:
        """The time of the first readable record at or behind each offset. Raises KafkaException."""
        seen: dict[Place, Seen] = {}
        if not offsets:
            return seen
        self._consumer.assign([TopicPartition(*place, offset) for place, offset in offsets.items()])
        deadline = time.monotonic() + _ASK_SECONDS
        while len(seen) < len(offsets):
            for message in self._consumer.consume(100, 0.05):
                self._see(seen, message)
            if time.monotonic() > deadline:
                raise KafkaException(KafkaError(KafkaError._TIMED_OUT, "reading the oldest unread records"))
        return seen

    def _see(self, seen: dict[Place, Seen], message: Any) -> None:
        error, place = message.error(), (message.topic(), message.partition())
        if error is not None and error.code() != KafkaError._PARTITION_EOF:
            if not error.retriable():
                raise KafkaException(error)
        elif place not in seen:
            seen[place] = Seen(message.offset(), message.timestamp()[1] if error is None else None)
            # Its further records, in a burst many, would be read in vain before the first of the others.
            self._consumer.incremental_unassign([TopicPartition(*place)])

    def close(self) -> None:
        self._consumer.close()


def _partitions(admin: AdminClient, topic: str) -> list[TopicPartition]:
    found = admin.list_topics(topic, timeout=_ASK_SECONDS).topics[topic]
    if found.error is not None:
        raise KafkaException(found.error)
    return [TopicPartition(topic, number) for number in found.partitions]


def _ask(admin: AdminClient, partitions: list[TopicPartition], spec: kafka.Which) -> dict[Place, Any]:
    places = [(partition.topic, partition.partition) for partition in partitions]
    return ask_offsets(admin, places, spec, _ASK_SECONDS)
