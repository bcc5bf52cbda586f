"""How far the clock may move: by broker time alone, and never past what ingest has not read."""

from collections.abc import Iterator

import pytest
from confluent_kafka import TopicPartition

from backorder.engine import kafka
from backorder.engine.config import KafkaSettings
from backorder.engine.groups import Groups
from backorder.engine.ticks import Peek, TickBound, find
from tests.support.broker import (
    AnyBroker,
    Record,
    consumer,
    create_topic,
    produce,
    read_committed,
    send,
    transactional_producer,
)
from tests.support.waiting import wait_until

pytestmark = pytest.mark.broker

BROKER_TIME = {"message.timestamp.type": "LogAppendTime"}


class Scene:
    """A journal and a public topic of two partitions that the group `ingest` reads."""

    def __init__(self, bootstrap: str, prefix: str) -> None:
        self.bootstrap = bootstrap
        self.prefix = prefix
        self.settings = KafkaSettings(bootstrap_servers=bootstrap)
        self.journal = create_topic(bootstrap, prefix + "journal", 2, BROKER_TIME)
        self.orders = create_topic(bootstrap, prefix + "orders", 2, BROKER_TIME)
        self.groups = {prefix + "ingest": self.orders}
        self._admin = kafka.admin(self.settings, "test")
        self._offsets = Groups(kafka.common(self.settings))
        self._peeks = [Peek(self.settings, prefix, level) for level in ("read_committed", "read_uncommitted")]

    def bound(self) -> int | None:
        committed, uncommitted = self._peeks
        return find(self._admin, self._offsets, committed, uncommitted, self.groups, self.journal)

    def put(self, topic: str, partition: int = 0) -> int:
        """Appends a record, and returns the broker's timestamp of it."""
        produce(self.bootstrap, topic, [Record(b"x", partition=partition)])
        return self.times(topic, partition)[-1]

    def times(self, topic: str, partition: int) -> list[int]:
        messages = read_committed(self.bootstrap, topic)
        return [message.timestamp()[1] for message in messages if message.partition() == partition]

    def ingest_commits(self, partition: int, offset: int) -> None:
        group = consumer(self.bootstrap, self.prefix + "ingest")
        place = TopicPartition(self.orders, partition, offset)
        wait_until(lambda: group.commit(offsets=[place], asynchronous=False), "the offset is committed")
        group.close()

    def close(self) -> None:
        self._offsets.close()
        for peek in self._peeks:
            peek.close()


@pytest.fixture
def scene(broker: AnyBroker, topic_prefix: str) -> Iterator[Scene]:
    made = Scene(broker.bootstrap, topic_prefix)
    yield made
    made.close()


def test_there_is_no_bound_before_the_first_journal_record(scene: Scene) -> None:
    scene.put(scene.orders)
    assert scene.bound() is None


def test_the_bound_is_the_append_time_of_the_newest_journal_record(scene: Scene) -> None:
    scene.put(scene.journal, 1)
    newest = scene.put(scene.journal, 0)
    assert scene.bound() == newest


def test_the_bound_stays_at_the_oldest_record_that_ingest_has_not_read(scene: Scene) -> None:
    scene.put(scene.journal)
    unread = scene.put(scene.orders, 1)
    scene.put(scene.orders, 0)
    later = scene.put(scene.journal)
    assert scene.bound() == unread
    scene.ingest_commits(1, 1)
    scene.ingest_commits(0, 1)
    assert scene.bound() == later


def test_what_is_in_an_open_transaction_holds_the_bound_back_until_it_is_aborted(scene: Scene) -> None:
    before = scene.put(scene.orders, 0)
    scene.ingest_commits(0, 1)
    sender = transactional_producer(scene.bootstrap, scene.prefix + "publisher", timeout_ms=60_000)
    sender.begin_transaction()
    send(sender, scene.orders, Record(b"x", partition=0))
    sender.flush(30)
    later = scene.put(scene.journal)
    held = scene.bound()
    assert held is not None
    assert before <= held <= later
    even_later = scene.put(scene.journal)
    assert scene.bound() == held
    sender.abort_transaction(30)
    # Nothing is left to read, although the committed offset is not the end: aborted records and a marker.
    wait_until(lambda: scene.bound() == even_later, "the bound moves on")


def test_the_thread_finds_the_bound_and_ends(scene: Scene) -> None:
    newest = scene.put(scene.journal)
    bound = TickBound(scene.settings, scene.prefix + "clock", scene.groups, scene.journal)
    assert bound.latest() is None
    bound.close()  # before it has begun
    bound = TickBound(scene.settings, scene.prefix + "clock", scene.groups, scene.journal)
    bound.start()
    wait_until(lambda: bound.latest() == newest, "the bound is found")
    bound.close()
