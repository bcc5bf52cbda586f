"""How far topics go, and how far groups have read them."""

from collections.abc import Iterable

from confluent_kafka import ConsumerGroupTopicPartitions, IsolationLevel, TopicPartition
from confluent_kafka.admin import AdminClient

from backorder.engine.kafka import LATEST

ASK_SECONDS = 15.0

Place = tuple[str, int]
"""Topic (full name) and partition."""


def ends(admin: AdminClient, places: Iterable[Place]) -> dict[Place, int]:
    """Where the next record of each partition would be, whoever can see those before it."""
    answers = admin.list_offsets(
        {TopicPartition(topic, partition): LATEST for topic, partition in places},
        isolation_level=IsolationLevel.READ_UNCOMMITTED,
        request_timeout=ASK_SECONDS,
    )
    return {(place.topic, place.partition): answer.result().offset for place, answer in answers.items()}


def committed(admin: AdminClient, group: str, places: Iterable[Place]) -> dict[Place, int]:
    """Up to where a group has read each partition; 0 where it has not begun."""
    asked = ConsumerGroupTopicPartitions(group, [TopicPartition(*place) for place in places])
    answer = admin.list_consumer_group_offsets([asked], request_timeout=ASK_SECONDS)[group].result()
    return {(found.topic, found.partition): max(0, found.offset) for found in answer.topic_partitions or []}
