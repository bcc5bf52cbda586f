"""Kafka itself, as we count on it: what a transaction hides, holds back and leaves, and who may go on."""

import pytest
from confluent_kafka import KafkaException

from tests.support.broker import (
    AnyBroker,
    Record,
    create_topic,
    produce,
    read_committed,
    send,
    transactional_producer,
    values,
    visible_now,
)

pytestmark = pytest.mark.broker


def test_committed_transactions_are_read_and_aborted_ones_never(broker: AnyBroker, topic_prefix: str) -> None:
    topic = create_topic(broker.bootstrap, topic_prefix + "log", partitions=3)
    sender = transactional_producer(broker.bootstrap, topic_prefix + "sender")
    for text, outcome in (
        (b"one", sender.commit_transaction),
        (b"two", sender.abort_transaction),
        (b"three", sender.commit_transaction),
        (b"four", sender.abort_transaction),
    ):
        sender.begin_transaction()
        for partition in range(3):
            send(sender, topic, Record(text, partition=partition))
        sender.flush(30)  # so that an aborted record is in the log, and not only in the producer
        outcome(30)

    read = read_committed(broker.bootstrap, topic)

    assert sorted(values(read)) == [b"one"] * 3 + [b"three"] * 3
    assert {message.offset() for message in read} == {0, 4}  # the others are there: record, marker, each


def test_a_topic_with_nothing_but_aborted_records_is_read_to_its_end(
    broker: AnyBroker, topic_prefix: str
) -> None:
    topic = create_topic(broker.bootstrap, topic_prefix + "log")
    sender = transactional_producer(broker.bootstrap, topic_prefix + "sender")
    sender.begin_transaction()
    send(sender, topic, b"never")
    sender.flush(30)
    sender.abort_transaction(30)

    assert read_committed(broker.bootstrap, topic) == []


def test_an_open_transaction_holds_back_all_that_comes_after_it(broker: AnyBroker, topic_prefix: str) -> None:
    topic = create_topic(broker.bootstrap, topic_prefix + "log")
    produce(broker.bootstrap, topic, [b"before"])
    sender = transactional_producer(broker.bootstrap, topic_prefix + "sender", timeout_ms=60_000)
    sender.begin_transaction()
    send(sender, topic, b"within")
    sender.flush(30)
    produce(broker.bootstrap, topic, [b"after"])

    assert values(visible_now(broker.bootstrap, topic)) == [b"before"]

    sender.commit_transaction(30)
    assert values(read_committed(broker.bootstrap, topic)) == [b"before", b"within", b"after"]


def test_the_transaction_of_a_dead_producer_is_aborted_after_its_timeout(
    broker: AnyBroker, topic_prefix: str
) -> None:
    topic = create_topic(broker.bootstrap, topic_prefix + "log")
    sender = transactional_producer(broker.bootstrap, topic_prefix + "sender", timeout_ms=1000)
    sender.begin_transaction()
    send(sender, topic, b"lost")
    sender.flush(30)
    produce(broker.bootstrap, topic, [b"after"])

    assert values(read_committed(broker.bootstrap, topic, deadline=60)) == [b"after"]


def test_a_successor_with_the_same_id_fences_and_clears_the_transaction_at_once(
    broker: AnyBroker, topic_prefix: str
) -> None:
    topic = create_topic(broker.bootstrap, topic_prefix + "log")
    first = transactional_producer(broker.bootstrap, topic_prefix + "sender", timeout_ms=600_000)
    first.begin_transaction()
    send(first, topic, b"of the first")
    first.flush(30)

    second = transactional_producer(broker.bootstrap, topic_prefix + "sender")
    second.begin_transaction()
    send(second, topic, b"of the second")
    second.commit_transaction(30)

    with pytest.raises(KafkaException) as fenced:
        first.commit_transaction(30)
    assert fenced.value.args[0].fatal()
    assert values(read_committed(broker.bootstrap, topic)) == [b"of the second"]
