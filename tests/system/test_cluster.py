"""Three nodes of Kafka: one may be killed, and neither a transaction nor an event is lost."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from confluent_kafka.admin import NewTopic

from backorder.testing import ApacheKafkaCluster, ApacheKafkaContainer
from backorder.trade.sample import sample
from tests.support.broker import Record, admin, read_committed, send, transactional_producer, values
from tests.support.oracle import assert_exactly_once
from tests.support.processor import ALLOCATION, Processor
from tests.support.unread import Unread
from tests.support.waiting import wait_until

pytestmark = pytest.mark.container

EVENTS = 1200


@pytest.fixture(scope="module")
def cluster() -> Iterator[ApacheKafkaCluster]:
    """Every test leaves all nodes running."""
    with ApacheKafkaCluster() as running:
        yield running


def test_a_transaction_over_all_partitions_commits_after_a_leader_was_killed(
    cluster: ApacheKafkaCluster, topic_prefix: str
) -> None:
    topic = topic_prefix + "log"
    client = admin(cluster.bootstrap)
    kept = NewTopic(topic, 3, 3, config={"min.insync.replicas": "2"})
    client.create_topics([kept])[topic].result(30)
    wait_until(lambda: in_step(cluster, topic) == 9, "every partition has three copies in step")
    sender = transactional_producer(cluster.bootstrap, topic_prefix + "sender", timeout_ms=60_000)

    killed = cluster.leader(topic, partition=1)
    killed.kill()
    try:
        sender.begin_transaction()
        for partition in range(3):
            send(sender, topic, Record(b"kept", partition=partition))
        sender.commit_transaction(60)
        assert cluster.leader(topic, partition=1) is not killed
    finally:
        killed.start_again()

    assert values(read_committed(cluster.bootstrap, topic)) == [b"kept"] * 3
    wait_until(lambda: in_step(cluster, topic) == 9, "the node that is back has caught up", 60)


def test_the_whole_processor_loses_and_doubles_nothing_when_a_leader_is_killed_in_mid_load(
    cluster: ApacheKafkaCluster, topic_prefix: str, tmp_path: Path
) -> None:
    events = list(sample(EVENTS, 5, datetime.now(UTC), pools=("antwerp", "bologna")))
    small = {"BACKORDER_LOOP__BATCH_RECORDS": "25"}
    with (
        Processor(cluster.bootstrap, topic_prefix, tmp_path, small, supervised=True) as processor,
        Unread(cluster.bootstrap, topic_prefix) as unread,
    ):
        processor.start()
        processor.publish(events[: EVENTS // 2])
        wait_until(lambda: any(unread.committed(ALLOCATION).values()), "allocation is at work", 60)
        killed = leader_of_most(cluster, topic_prefix + "journal")
        killed.kill()
        left = unread.of("orders") or unread.of(ALLOCATION)
        processor.publish(events[EVENTS // 2 :])
        killed.start_again()
        processor.wait_until_quiet(deadline=120)
        processor.stop()

    assert left, "all was done before the node was killed"
    assert assert_exactly_once(cluster.bootstrap, topic_prefix).published == EVENTS


def in_step(cluster: ApacheKafkaCluster, topic: str) -> int:
    """How many copies of its partitions are in step."""
    partitions = admin(cluster.bootstrap).list_topics(topic, timeout=10).topics[topic].partitions
    return sum(len(partition.isrs) for partition in partitions.values())


def leader_of_most(cluster: ApacheKafkaCluster, topic: str) -> ApacheKafkaContainer:
    partitions = admin(cluster.bootstrap).list_topics(topic, timeout=10).topics[topic].partitions
    leaders = [partition.leader for partition in partitions.values()]
    return cluster.brokers[max(set(leaders), key=leaders.count) - 1]
