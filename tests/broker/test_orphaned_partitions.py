"""A process dies between the two halves of a rebalance: what it gave up must not stay without an owner.

In a cooperative rebalance partitions move in two steps: the old owner gives them up, then the group is
divided anew. The successor of a process that dies in between gets what is left of its partitions without a
rebalance, as a static member does, and nobody asks for the second step any more.
"""

import threading
from typing import Self

import pytest
from confluent_kafka import Consumer, TopicPartition

from backorder.engine import kafka
from tests.support.broker import AnyBroker
from tests.support.engines import PATIENCE, Engine, create_topics
from tests.support.waiting import wait_until

pytestmark = pytest.mark.broker

PARTITIONS = 4


class Predecessor:
    """A group member that never comes back from being told to give partitions up, as if it had died there."""

    def __init__(self, engine: Engine) -> None:
        """Has the instance id of this engine, which has not been started yet."""
        self._consumer = Consumer(kafka.consumer_config(engine.settings, engine.service.name))
        self._assigned: set[int] = set()
        self._buried = threading.Event()
        self.dead = threading.Event()
        self._thread = threading.Thread(target=self._run, name="predecessor")
        self._consumer.subscribe(
            [engine.service.input_topic], on_assign=self._on_assign, on_revoke=self._on_revoke
        )

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._buried.set()
        self._thread.join()
        self._consumer.close()

    def has_all(self) -> bool:
        return len(self._assigned) == PARTITIONS

    def _run(self) -> None:
        while not self._buried.is_set():
            self._consumer.poll(0.05)

    def _on_assign(self, _: Consumer, assigned: list[TopicPartition]) -> None:
        self._assigned.update(partition.partition for partition in assigned)

    def _on_revoke(self, _: Consumer, revoked: list[TopicPartition]) -> None:
        self.dead.set()
        self._buried.wait()


def test_partitions_whose_owner_died_while_it_gave_them_up_find_a_new_one(
    broker: AnyBroker, topic_prefix: str
) -> None:
    create_topics(broker.bootstrap, topic_prefix, PARTITIONS)
    successor, newcomer = (Engine(broker.bootstrap, topic_prefix, slot, 3000) for slot in ("0", "1"))

    def all_are_owned() -> bool:
        owned = [*successor.service.open_partitions, *newcomer.service.open_partitions]
        return sorted(owned) == list(range(PARTITIONS))

    with Predecessor(successor) as predecessor:
        wait_until(predecessor.has_all, "the predecessor has all partitions", PATIENCE)
        with newcomer:
            wait_until(predecessor.dead.is_set, "the predecessor has to give partitions up", PATIENCE)
            with successor:
                wait_until(all_are_owned, "every partition has an owner", PATIENCE)
