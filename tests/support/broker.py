"""What tests do with a Kafka: create topics, produce, read back. And which Kafka they use."""

import logging
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from confluent_kafka import (
    Consumer,
    IsolationLevel,
    KafkaError,
    KafkaException,
    Message,
    Producer,
    TopicPartition,
)
from confluent_kafka.admin import AdminClient, NewTopic

from backorder.engine.kafka import LATEST
from backorder.engine.offsets import ask_offsets
from backorder.testing.choice import BadChoice, chosen_kafka
from backorder.testing.clients import may_pass
from tests.support.waiting import wait_until

CLIENT: dict[str, Any] = {
    # Else some 7 s are lost after a restart of the broker.
    "reconnect.backoff.ms": 20,
    "reconnect.backoff.max.ms": 500,
}

_silent = logging.getLogger("tests.kafka")
_silent.addHandler(logging.NullHandler())
_silent.propagate = False


@dataclass(frozen=True)
class AnyBroker:
    """A Kafka that runs; whose it is does not matter to the test."""

    bootstrap: str


@contextmanager
def chosen_broker(choice: str, folder: Path, timeout: float = 10.0) -> Iterator[AnyBroker]:
    """The Kafka that `--broker` names. Raises `BadChoice` when none answers at an address."""
    with chosen_kafka(choice, folder, quick_start=True) as bootstrap:
        try:
            admin(bootstrap).list_topics(timeout=timeout)
        except KafkaException as error:
            raise BadChoice(f"--broker {choice}: no Kafka answers there ({error.args[0].str()})") from error
        yield AnyBroker(bootstrap)


def unique(name: str) -> str:
    """A name that no other test, and no other test run on the same broker, uses."""
    return f"{name}-{uuid.uuid4().hex[:12]}"


def admin(bootstrap: str) -> AdminClient:
    return AdminClient({"bootstrap.servers": bootstrap, **CLIENT}, logger=_silent)


def create_topic(
    bootstrap: str, topic: str, partitions: int = 1, config: Mapping[str, str] | None = None
) -> str:
    """Creates a topic and returns its name once it can be used."""
    client = admin(bootstrap)
    client.create_topics([NewTopic(topic, partitions, 1, config=dict(config or {}))])[topic].result(30)
    wait_until(lambda: _leaders(client, topic) == partitions, f"every partition of {topic} has a leader")
    return topic


def _leaders(client: AdminClient, topic: str) -> int:
    partitions = client.list_topics(topic, timeout=10).topics[topic].partitions.values()
    return sum(1 for partition in partitions if partition.error is None and partition.leader >= 0)


def producer(bootstrap: str, **settings: Any) -> Producer:
    """Settings with underscores for dots: `transactional_id="x"`."""
    dotted = {name.replace("_", "."): value for name, value in settings.items()}
    return Producer({"bootstrap.servers": bootstrap, **CLIENT, **dotted}, logger=_silent)


def transactional_producer(
    bootstrap: str, transactional_id: str, timeout_ms: int = 10_000, **settings: Any
) -> Producer:
    """One that has initialised its transactions, which fences an earlier one with the same id."""
    made = producer(
        bootstrap, transactional_id=transactional_id, transaction_timeout_ms=timeout_ms, **settings
    )
    made.init_transactions(30)
    return made


def consumer(bootstrap: str, group: str | None = None, **settings: Any) -> Consumer:
    """Read-committed, from the beginning, commits nothing by itself, unless the settings say otherwise."""
    dotted = {name.replace("_", "."): value for name, value in settings.items()}
    base = {
        "bootstrap.servers": bootstrap,
        "group.id": group or unique("reader"),
        "isolation.level": "read_committed",
        "auto.offset.reset": "earliest",
        "enable.auto.commit": False,
    }
    return Consumer({**base, **CLIENT, **dotted}, logger=_silent)


@dataclass(frozen=True)
class Record:
    """What a test sends: a value, and what else matters to it."""

    value: bytes | None
    key: bytes | None = None
    partition: int = -1


def produce(bootstrap: str, topic: str, records: Iterable[Record | bytes]) -> None:
    """Sends records (a bare `bytes` is a value) outside any transaction and waits until all are written."""
    sender = producer(bootstrap)
    failed: list[KafkaError] = []
    for record in records:
        send(
            sender, topic, record, on_delivery=lambda error, _message: failed.append(error) if error else None
        )
        sender.poll(0)
    left = sender.flush(30)
    assert not failed, f"{len(failed)} records not written to {topic}: {failed[0]}"
    assert left == 0, f"{left} records not written to {topic} after 30 s"


def send(
    sender: Producer, topic: str, record: Record | bytes, on_delivery: Callable[..., None] | None = None
) -> None:
    """Puts one record into a producer, for instance inside a transaction."""
    if isinstance(record, bytes):
        record = Record(record)
    sender.produce(topic, record.value, record.key, record.partition, on_delivery=on_delivery)


def read_committed(bootstrap: str, topic: str, deadline: float = 30.0) -> list[Message]:
    """All committed records of a topic, in order within each partition, up to the end that it has now.

    The end is the read-*uncommitted* one: a commit is answered before its markers are written, so that the
    read-committed end would miss what was committed a moment ago. An open transaction is waited for;
    if it stays open, an AssertionError is raised after `deadline` seconds. For what can be seen while
    it is open there is `visible_now`.
    """
    ends = end_offsets(bootstrap, topic, IsolationLevel.READ_UNCOMMITTED)
    return _read_up_to(bootstrap, ends, deadline)


def visible_now(bootstrap: str, topic: str, deadline: float = 30.0) -> list[Message]:
    """What a read-committed reader can see this moment, that is before the first open transaction."""
    ends = end_offsets(bootstrap, topic, IsolationLevel.READ_COMMITTED)
    return _read_up_to(bootstrap, ends, deadline)


def end_offsets(bootstrap: str, topic: str, isolation: IsolationLevel) -> list[TopicPartition]:
    """The end of every partition of a topic: the high watermark, or the last stable offset."""
    client = admin(bootstrap)
    partitions = client.list_topics(topic, timeout=10).topics[topic].partitions
    places = [(topic, number) for number in partitions]

    def answers() -> dict[tuple[str, int], Any] | None:
        try:
            return ask_offsets(client, places, LATEST, 30, isolation)
        except KafkaException as exception:
            if not may_pass(exception.args[0]):
                raise
            return None  # a broker has just come back, and its leaders with it

    found = wait_until(answers, f"the ends of {topic} are known") or {}
    return [TopicPartition(*place, answer.offset) for place, answer in found.items()]


def _read_up_to(bootstrap: str, ends: list[TopicPartition], deadline: float) -> list[Message]:
    reader = consumer(bootstrap)
    found: list[Message] = []
    try:
        reader.assign([TopicPartition(end.topic, end.partition, 0) for end in ends])

        def at_the_end() -> bool:
            for message in reader.consume(10_000, 0.1):
                if message.error() is not None:
                    raise KafkaException(message.error())
                found.append(message)
            at = {place.partition: place.offset for place in reader.position(ends)}
            return all(end.offset == 0 or at[end.partition] >= end.offset for end in ends)

        wait_until(at_the_end, f"{ends} read to the end, {len(found)} records so far", deadline)
    finally:
        reader.close()
    limit = {end.partition: end.offset for end in ends}
    return [message for message in found if message.offset() < limit[message.partition()]]


def values(messages: Iterable[Message]) -> list[bytes | None]:
    return [message.value() for message in messages]
