"""The test kit's own Kafka clients: quick to come back after a broker was away, and quiet meanwhile."""

import logging
import uuid
from collections.abc import Mapping
from typing import Any

from confluent_kafka import Consumer, KafkaError, Producer
from confluent_kafka.admin import AdminClient

_PASSING = frozenset(
    {
        KafkaError._TIMED_OUT,
        KafkaError._TRANSPORT,
        KafkaError._ALL_BROKERS_DOWN,
        KafkaError.COORDINATOR_LOAD_IN_PROGRESS,
        KafkaError.COORDINATOR_NOT_AVAILABLE,
        KafkaError.FENCED_LEADER_EPOCH,
        KafkaError.LEADER_NOT_AVAILABLE,
        KafkaError.NOT_COORDINATOR,
        KafkaError.NOT_LEADER_FOR_PARTITION,
        KafkaError.REQUEST_TIMED_OUT,
        KafkaError.UNKNOWN_LEADER_EPOCH,
    }
)

_silent = logging.getLogger("backorder.testing.kafka")
_silent.addHandler(logging.NullHandler())
_silent.propagate = False


class Clients:
    """Makes clients of one cluster. `librdkafka`: further options for each, such as `security.protocol`."""

    def __init__(self, bootstrap: str, librdkafka: Mapping[str, str] | None = None) -> None:
        self.common: dict[str, Any] = {
            "bootstrap.servers": bootstrap,
            # Else some 7 s are lost after a restart of the broker.
            "reconnect.backoff.ms": 20,
            "reconnect.backoff.max.ms": 500,
            **(librdkafka or {}),
        }
        """The options of every client."""

    def admin(self) -> AdminClient:
        return AdminClient(self.common, logger=_silent)

    def reader(self, tells_ends: bool = False) -> Consumer:
        """Read-committed, from the beginning; it is to be assigned, joins no group and commits nothing.

        `tells_ends`: it hands out an error `_PARTITION_EOF` for each partition whose end it has reached.
        """
        settings = {
            "group.id": f"backorder-testing-{uuid.uuid4().hex[:12]}",
            "isolation.level": "read_committed",
            "auto.offset.reset": "earliest",
            "enable.auto.commit": False,
            "enable.partition.eof": tells_ends,
        }
        return Consumer({**self.common, **settings}, logger=_silent)

    def producer(self, settings: Mapping[str, Any]) -> Producer:
        return Producer({**self.common, **settings}, logger=_silent)


def may_pass(error: KafkaError) -> bool:
    """Whether asking again may help: a broker is away or just starting, a partition has no leader now."""
    return bool(error.retriable()) or error.code() in _PASSING
