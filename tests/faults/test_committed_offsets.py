"""The offsets of the group and the mark in the state: without the first the second is used, and where they
differ nobody runs."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from confluent_kafka import ConsumerGroupTopicPartitions, TopicPartition

from backorder.engine.failures import EXIT_REFUSED
from backorder.trade.sample import sample
from tests.support.broker import AnyBroker, admin
from tests.support.oracle import assert_exactly_once
from tests.support.patient import Patient
from tests.support.processor import ALLOCATION, INGEST, SERVICES, Processor
from tests.support.under_load import SHORT_SESSIONS
from tests.support.unread import TOPIC_OF, Unread
from tests.support.waiting import wait_until

pytestmark = [pytest.mark.broker, pytest.mark.fault, pytest.mark.timeout(900)]

EVENTS = 400


def test_deleted_offsets_are_replaced_by_the_mark_in_all_services(
    broker: AnyBroker, topic_prefix: str, tmp_path: Path
) -> None:
    events = list(sample(2 * EVENTS, 5, datetime.now(UTC)))
    with Processor(broker.bootstrap, topic_prefix, tmp_path, SHORT_SESSIONS) as processor:
        processor.start()
        processor.publish(events[:EVENTS])
        processor.wait_until_quiet()
        processor.stop()
        client = admin(broker.bootstrap)
        for service in SERVICES:
            group = topic_prefix + service
            wait_until_empty(broker.bootstrap, group)
            client.delete_consumer_groups([group])[group].result(30)
        processor.publish(events[EVENTS:])
        processor.start()
        processor.wait_until_quiet()
        processor.stop()
    assert assert_exactly_once(broker.bootstrap, topic_prefix).published == 2 * EVENTS


@pytest.mark.parametrize("service", [pytest.param("orders", marks=pytest.mark.long), ALLOCATION])
def test_offsets_that_were_moved_are_refused_until_they_are_moved_back_as_the_log_says(
    broker: AnyBroker, topic_prefix: str, tmp_path: Path, service: str
) -> None:
    events = list(sample(2 * EVENTS, 6, datetime.now(UTC)))
    with (
        Processor(broker.bootstrap, topic_prefix, tmp_path, SHORT_SESSIONS) as processor,
        Unread(broker.bootstrap, topic_prefix) as unread,
    ):
        processor.start()
        processor.publish(events[:EVENTS])
        processor.wait_until_quiet()
        processor.stop()
        committed = unread.committed(service)
        partition, right = max(committed.items(), key=lambda item: item[1])
        wait_until_empty(broker.bootstrap, topic_prefix + service)
        move(broker.bootstrap, topic_prefix, service, partition, right - 1)

        others = [name for name in (*INGEST, ALLOCATION) if name != service]
        processor.start(*others)
        patient = Patient(service, broker.bootstrap, topic_prefix, tmp_path, SHORT_SESSIONS)
        with patient:
            patient.start()
            log = patient.expect_end(EXIT_REFUSED)
            place = f"{topic_prefix}{TOPIC_OF[service]}-{partition}"
            assert f"stands at offset {right} of {place}" in log
            assert f"has committed {right - 1}" in log
            wait_until_empty(broker.bootstrap, topic_prefix + service)
            move(broker.bootstrap, topic_prefix, service, partition, right)
            patient.start()
            processor.publish(events[EVENTS:])
            patient.wait_until_ready()
            processor.wait_until_quiet()
            patient.stop()
        processor.stop()
    assert assert_exactly_once(broker.bootstrap, topic_prefix).published == 2 * EVENTS


def wait_until_empty(bootstrap: str, group: str) -> None:
    """Static members are members until their session ends; before that nobody may change their offsets."""
    client = admin(bootstrap)
    wait_until(
        lambda: not client.describe_consumer_groups([group])[group].result(30).members,
        f"the sessions of group {group} have ended",
        60,
    )


def move(bootstrap: str, prefix: str, service: str, partition: int, offset: int) -> None:
    """Sets the committed offset of a group, as a tool would."""
    place = TopicPartition(prefix + TOPIC_OF[service], partition, offset)
    moved = ConsumerGroupTopicPartitions(prefix + service, [place])
    client = admin(bootstrap)  # held: without it the answer would not be waited for
    client.alter_consumer_group_offsets([moved])[moved.group_id].result(30)
