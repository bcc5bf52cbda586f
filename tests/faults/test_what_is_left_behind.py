"""What a batch or a process that did not come to its end leaves behind: nothing that anybody acts on."""

import logging
import threading
from typing import Any

import pytest

from backorder.engine import kafka, mark
from backorder.engine.groups import Groups
from tests.broker.test_exactly_once_loop import FailingCommits, assert_exactly_once, numbers, wait_for
from tests.support.broker import (
    AnyBroker,
    Record,
    produce,
    send,
    transactional_producer,
    visible_now,
)
from tests.support.engines import PATIENCE, Engine, create_topics
from tests.support.waiting import wait_until

pytestmark = [pytest.mark.broker, pytest.mark.fault]

LONGER_THAN_THE_TEST_MS = 800_000


@pytest.fixture(autouse=True)
def _quiet(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.ERROR)


def test_a_batch_that_is_aborted_moves_neither_the_group_nor_a_committed_reader(
    broker: AnyBroker, topic_prefix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    service = create_topics(broker.bootstrap, topic_prefix)
    healed = threading.Event()
    made: list[FailingCommits] = []
    real = kafka.producer

    def failing(config: dict[str, Any]) -> FailingCommits:
        made.append(FailingCommits(real(config), lambda: not healed.is_set()))
        return made[-1]

    monkeypatch.setattr(kafka, "producer", failing)
    produce(broker.bootstrap, service.input_topic, numbers(50))
    with Engine(broker.bootstrap, topic_prefix) as engine:
        wait_until(lambda: made and made[0].failed >= 3, "three transactions fail", PATIENCE)
        with Groups(kafka.common(engine.settings.kafka)) as groups:
            moved = groups.committed(engine.group, [(service.input_topic, 0)], PATIENCE)
        seen = [*visible_now(broker.bootstrap, service.out_topic)]
        seen += visible_now(broker.bootstrap, service.state_topic)
        healed.set()
        wait_for(broker.bootstrap, service, 50)
    assert moved == {}
    assert seen == []
    assert_exactly_once(broker.bootstrap, service)


def test_what_a_dead_process_left_open_is_ended_by_the_one_that_takes_its_slot(
    broker: AnyBroker, topic_prefix: str
) -> None:
    service = create_topics(broker.bootstrap, topic_prefix)
    engine = Engine(broker.bootstrap, topic_prefix)
    slot = kafka.instance_id(engine.settings, service.name)
    dead = transactional_producer(broker.bootstrap, slot, timeout_ms=LONGER_THAN_THE_TEST_MS)
    dead.begin_transaction()
    for topic in (service.out_topic, service.state_topic):
        send(dead, topic, Record(b"1000000", b"a"))
    send(dead, service.state_topic, Record(mark.encode(7, 1), mark.KEY))
    dead.flush(30)
    produce(broker.bootstrap, service.input_topic, numbers(20))
    with engine:
        # Restored, although an open transaction stood on the changelog; and what follows it can be read.
        wait_for(broker.bootstrap, service, 20)
    assert_exactly_once(broker.bootstrap, service)


def test_what_was_aborted_on_the_input_is_not_processed(broker: AnyBroker, topic_prefix: str) -> None:
    service = create_topics(broker.bootstrap, topic_prefix)
    publisher = transactional_producer(broker.bootstrap, topic_prefix + "publisher")
    produce(broker.bootstrap, service.input_topic, numbers(10))
    for end in (publisher.abort_transaction, publisher.commit_transaction):
        publisher.begin_transaction()
        send(publisher, service.input_topic, Record(b"1000000", b"a"))
        publisher.flush(30)  # else an abort would throw it away before it is on the broker
        end(30)
    produce(broker.bootstrap, service.input_topic, numbers(10))
    with Engine(broker.bootstrap, topic_prefix):
        wait_for(broker.bootstrap, service, 21)
    assert_exactly_once(broker.bootstrap, service)
