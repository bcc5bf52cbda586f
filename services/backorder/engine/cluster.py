"""What a service asks the cluster when it starts: whether its topics are there, and how they are divided."""

from collections.abc import Callable

import structlog
from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import AdminClient

from backorder.engine.failures import CREDENTIALS, DENIED, Refused, Stopped, kafka_error

_log = structlog.get_logger(__name__)

_ASK_SECONDS = 2.0


class Cluster:
    """The Kafka cluster, as far as a starting service needs to know it."""

    def __init__(self, admin: AdminClient, stopping: Callable[[], bool]) -> None:
        self._admin = admin
        self._stopping = stopping

    def partitions(self, topic: str) -> int:
        """How many partitions a topic has; waits for the broker. Raises `Refused`, `Stopped`."""
        while not self._stopping():
            try:
                found = self._admin.list_topics(topic, timeout=_ASK_SECONDS).topics[topic]
            except KafkaException as exception:
                error = kafka_error(exception)
                if error.code() in DENIED:
                    raise Refused(f"{error.str()}; {CREDENTIALS}") from exception
                _log.warning("kafka is not reachable yet", error=error.str())
                continue
            if found.error is None:
                return len(found.partitions)
            if not found.error.retriable() or found.error.code() == KafkaError.UNKNOWN_TOPIC_OR_PART:
                raise Refused(f"topic {topic}: {found.error.str()}; create it: backorder topics apply")
            _log.warning("topic is not available yet", topic=topic, error=found.error.str())
        raise Stopped

    def check_equal(self, topic: str, other: str) -> None:
        """`Refused` unless both topics have the same number of partitions."""
        count, other_count = self.partitions(topic), self.partitions(other)
        if count != other_count:
            raise Refused(
                f"{topic} has {count} partitions, {other} has {other_count}: they must be equal; "
                "the number is chosen once, when the topics are created"
            )
