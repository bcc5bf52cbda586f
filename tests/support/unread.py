"""What the services have not processed yet, seen from outside: committed offsets against the topics."""

from typing import Any, Self

import msgspec
from confluent_kafka import ConsumerGroupTopicPartitions, IsolationLevel, KafkaException, TopicPartition

from backorder.domain.events import ClockTicked, Entry
from tests.support.broker import admin, consumer, end_offsets
from tests.support.waiting import wait_until

TOPIC_OF = {"orders": "orders", "inventory": "inventory", "receiving": "receiving", "allocation": "journal"}
"""What each service reads."""

_entry = msgspec.json.Decoder(Entry).decode


class Unread:
    """Looks at the consumer groups of the four services under one prefix."""

    def __init__(self, bootstrap: str, topic_prefix: str) -> None:
        self._bootstrap = bootstrap
        self._prefix = topic_prefix
        self._admin = admin(bootstrap)
        self._reader = consumer(bootstrap)

    def of(self, service: str) -> bool:
        """Whether a record is left that the service has not committed. Ticks do not count: they never end.

        Offsets alone do not tell, as the last ones of a topic may be the markers of transactions. When it
        cannot be seen now, because a transaction is open, something is left.
        """
        behind = self._behind(service)
        if not behind:
            return False
        self._reader.assign([start for start, _ in behind])
        ends = {start.partition: end for start, end in behind}
        for _ in range(20):
            for message in self._reader.consume(1000, 0.05):
                if message.error() is not None:
                    raise KafkaException(message.error())
                if message.offset() < ends[message.partition()] and not _is_tick(service, message):
                    return True
            at = self._reader.position([start for start, _ in behind])
            if all(place.offset >= ends[place.partition] for place in at):
                return False
        return True

    def offsets(self, service: str) -> int:
        """How many offsets lie between the group's and the ends of its topic; markers and ticks count."""
        return sum(end - start.offset for start, end in self._behind(service))

    def committed(self, service: str) -> dict[int, int]:
        """The group's offset of each partition; 0 where it has committed none."""
        topic, group = self._prefix + TOPIC_OF[service], self._prefix + service
        partitions = self._admin.list_topics(topic, timeout=10).topics[topic].partitions
        asked = ConsumerGroupTopicPartitions(group, [TopicPartition(topic, number) for number in partitions])
        answer = wait_until(lambda: self._answer(asked), f"the coordinator of group {group} answers")
        return {found.partition: max(found.offset, 0) for found in answer.topic_partitions or []}

    def _answer(self, asked: ConsumerGroupTopicPartitions) -> ConsumerGroupTopicPartitions | None:
        try:
            return self._admin.list_consumer_group_offsets([asked])[asked.group_id].result(30)
        except KafkaException as exception:
            if not exception.args[0].retriable():
                raise
            return None  # a young broker is still loading its coordinators

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._reader.close()

    def _behind(self, service: str) -> list[tuple[TopicPartition, int]]:
        """Where the group stands and where the topic ends, for each partition where that is not the same."""
        topic, committed = self._prefix + TOPIC_OF[service], self.committed(service)
        return [
            (TopicPartition(topic, end.partition, committed[end.partition]), end.offset)
            for end in end_offsets(self._bootstrap, topic, IsolationLevel.READ_UNCOMMITTED)
            if committed[end.partition] < end.offset
        ]


def _is_tick(service: str, message: Any) -> bool:
    return service == "allocation" and isinstance(_entry(message.value()).event, ClockTicked)
