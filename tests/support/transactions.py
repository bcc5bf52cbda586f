"""Whether the transactions of the processor were all or nothing, for every reader.

With the setting `fault.stamp_batches` each record says which transaction wrote it and how many records that
transaction has. Three readers are compared: one that was read-committed from the start and through all
faults, one that is read-committed afterwards, and one that also sees what was aborted.
"""

import threading
from collections import Counter
from collections.abc import Iterable, Iterator
from types import TracebackType
from typing import NamedTuple, Self

from confluent_kafka import Consumer, IsolationLevel, KafkaError, KafkaException, Message, TopicPartition

from backorder.contract.catalogue import load_catalogue
from backorder.engine.stamps import HEADER
from tests.support.broker import consumer, end_offsets
from tests.support.waiting import wait_until

Place = tuple[str, int, int]
"""Topic, partition, offset."""
Stamps = dict[Place, str]
"""The stamp of each record."""


class Found(NamedTuple):
    """How many transactions there were, by their stamps."""

    committed: set[str]
    aborted: set[str]
    """Of those only that left records on a topic."""


def written_topics(topic_prefix: str) -> list[str]:
    """The full names of all topics that the services write."""
    catalogue = load_catalogue(prefix=topic_prefix)
    inputs = {topic.name for topic in catalogue.of_kind("input")}
    return [catalogue.full_name(name) for name in catalogue.topics if name not in inputs]


def check(committed: Stamps, uncommitted: Stamps, live: Stamps) -> Found:
    """Raises AssertionError for the first thing that is wrong.

    `committed` and `uncommitted`: what is on the topics now, without and with what was aborted; `live`: what
    the reader got that was read-committed all the time.
    """
    found = Counter(committed.values())
    halves = {stamp: count for stamp, count in found.items() if count != int(stamp.rsplit("/", 1)[1])}
    assert not halves, f"{len(halves)} transactions are not whole (stamp, records found): {halves}"
    aborted = {stamp for place, stamp in uncommitted.items() if place not in committed}
    both = aborted & found.keys()
    assert not both, f"{len(both)} transactions are committed in part: {sorted(both)[:3]}"
    missing = [place for place in committed if place not in uncommitted]
    assert not missing, f"{len(missing)} committed records are not on the topics: {missing[:3]}"
    never = {place: live[place] for place in live if committed.get(place) != live[place]}
    assert not never, f"a read-committed reader got {len(never)} records of aborted transactions: {never}"
    late = [place for place in committed if place not in live]
    assert not late, f"a read-committed reader never got {len(late)} committed records: {late[:3]}"
    return Found(set(found), aborted)


class CommittedReader:
    """Read-committed from the start and through whatever happens, in a thread of its own."""

    def __init__(self, bootstrap: str, topics: Iterable[str]) -> None:
        self._bootstrap = bootstrap
        self._topics = list(topics)
        self._stamps: Stamps = {}
        self._error: Exception | None = None
        self._stop = threading.Event()
        self._positions: dict[tuple[str, int], int] = {}
        self._consumer = _reader(bootstrap, IsolationLevel.READ_COMMITTED)
        self._consumer.assign([TopicPartition(*place, 0) for place in _ends(bootstrap, self._topics)])
        self._thread = threading.Thread(target=self._run, name="committed reader")

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._thread.join()
        self._consumer.close()
        if error is None and self._error is not None:
            raise self._error

    def stamps(self) -> Stamps:
        """All that it got, once it has come to where the topics end now."""
        ends = _ends(self._bootstrap, self._topics)

        def there() -> bool:
            if self._error is not None:
                raise self._error
            return _at_the_ends(self._positions, ends)

        wait_until(there, "the committed reader comes to the ends of all topics", 60)
        return dict(self._stamps)

    def _run(self) -> None:
        try:
            while not self._stop.is_set():
                for message in _messages(self._consumer, self._positions):
                    self._stamps[_place(message)] = _stamp(message)
        except Exception as error:  # noqa: BLE001 - raised to whoever asks, and where the reader is left
            self._error = error


def read_stamps(bootstrap: str, topics: Iterable[str], isolation: IsolationLevel) -> Stamps:
    """The stamps of all records up to the ends that the topics have now. A record without one is an error."""
    ends = _ends(bootstrap, list(topics))
    reader = _reader(bootstrap, isolation)
    stamps: Stamps = {}
    positions: dict[tuple[str, int], int] = {}
    try:
        reader.assign([TopicPartition(*place, 0) for place in ends])

        def at_the_ends() -> bool:
            for message in _messages(reader, positions):
                stamps[_place(message)] = _stamp(message)
            return _at_the_ends(positions, ends)

        wait_until(at_the_ends, "all topics are read to their ends", 60)
    finally:
        reader.close()
    return {place: stamp for place, stamp in stamps.items() if place[2] < ends[place[:2]]}


def _reader(bootstrap: str, isolation: IsolationLevel) -> Consumer:
    level = "read_committed" if isolation is IsolationLevel.READ_COMMITTED else "read_uncommitted"
    return consumer(bootstrap, isolation_level=level, enable_partition_eof=True)


def _ends(bootstrap: str, topics: list[str]) -> dict[tuple[str, int], int]:
    return {
        (end.topic, end.partition): end.offset
        for topic in topics
        for end in end_offsets(bootstrap, topic, IsolationLevel.READ_UNCOMMITTED)
    }


def _messages(reader: Consumer, positions: dict[tuple[str, int], int]) -> Iterator[Message]:
    """What comes within a moment; moves the positions, past markers and aborted records too."""
    for message in reader.consume(10_000, 0.1):
        error, offset = message.error(), message.offset()
        at = (message.topic() or "", message.partition() or 0)
        if error is None:
            yield message
            positions[at] = (offset or 0) + 1
        elif error.code() == KafkaError._PARTITION_EOF:
            positions[at] = offset or 0
        elif not error.retriable():
            raise KafkaException(error)


def _at_the_ends(positions: dict[tuple[str, int], int], ends: dict[tuple[str, int], int]) -> bool:
    return all(positions.get(place, 0) >= end for place, end in ends.items())


def _place(message: Message) -> Place:
    return message.topic() or "", message.partition() or 0, message.offset() or 0


def _stamp(message: Message) -> str:
    """The last header of that name: a dead letter keeps those of its publisher."""
    found = [value for name, value in message.headers() or [] if name == HEADER]
    assert found, f"a record without a stamp: {_place(message)}"
    value = found[-1]
    assert isinstance(value, bytes)
    return value.decode()
