"""Asking for the offsets of groups while their coordinators move. The broker is librdkafka's own stand-in."""

from collections.abc import Iterator

import pytest
from confluent_kafka import Consumer, KafkaException, TopicPartition

from backorder.engine import kafka
from backorder.engine.config import KafkaSettings
from backorder.engine.groups import Groups
from tests.support.mock_broker import COORDINATOR_LOADS, NOT_COORDINATOR, OFFSET_FETCH, MockBroker

TOPIC, PATIENCE = "orders", 10.0
PLACES = [(TOPIC, 0), (TOPIC, 1)]


@pytest.fixture(scope="module")
def broker() -> Iterator[MockBroker]:
    with MockBroker() as running:
        running.create_topic(TOPIC, 2)
        yield running


@pytest.fixture
def groups(broker: MockBroker) -> Iterator[Groups]:
    with Groups(kafka.common(KafkaSettings(bootstrap_servers=broker.bootstrap))) as asking:
        yield asking


def commit(broker: MockBroker, group: str, offset: int) -> None:
    member = Consumer({"bootstrap.servers": broker.bootstrap, "group.id": group})
    member.commit(offsets=[TopicPartition(TOPIC, 1, offset)], asynchronous=False)
    member.close()


def test_a_place_that_the_group_has_not_committed_is_left_out(broker: MockBroker, groups: Groups) -> None:
    commit(broker, "halfway", 7)
    assert groups.committed("halfway", PLACES, PATIENCE) == {(TOPIC, 1): 7}
    assert groups.committed("unknown", PLACES, PATIENCE) == {}


def test_a_coordinator_that_has_moved_is_looked_for_and_asked(broker: MockBroker, groups: Groups) -> None:
    # The admin client's call ends the process here.
    commit(broker, "moving", 7)
    broker.answer_with(OFFSET_FETCH, NOT_COORDINATOR, COORDINATOR_LOADS, NOT_COORDINATOR)
    assert groups.committed("moving", PLACES, PATIENCE) == {(TOPIC, 1): 7}


def test_a_coordinator_that_stays_away_is_an_error(broker: MockBroker, groups: Groups) -> None:
    commit(broker, "lost", 7)
    broker.answer_with(OFFSET_FETCH, *[NOT_COORDINATOR] * 100)
    with pytest.raises(KafkaException, match="Not coordinator"):
        groups.committed("lost", PLACES, 0.5)
    broker.forget_errors(OFFSET_FETCH)
    assert groups.committed("lost", PLACES, PATIENCE) == {(TOPIC, 1): 7}
