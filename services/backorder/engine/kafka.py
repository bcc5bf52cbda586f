"""How the Kafka clients are configured, and why.

Every value that differs from librdkafka's default has been measured or met as a trap; see the comments.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from confluent_kafka import Consumer, KafkaError, KafkaException, Producer
from confluent_kafka.admin import AdminClient

# The public name is not exported to type checkers.
from confluent_kafka.admin._listoffsets import OffsetSpec

from backorder.engine.config import EngineSettings, KafkaSettings
from backorder.engine.failures import Refused, kafka_error

MAX_RECORD_BYTES = 8 * 1024 * 1024
"""The largest value that journal, state and dead letters hold."""

# Keys, headers and framing come on top of the value.
MAX_MESSAGE_BYTES = MAX_RECORD_BYTES + 1024 * 1024

STATISTICS_MS = 5000

Which = OffsetSpec
EARLIEST: Which = OffsetSpec.earliest()  # type: ignore[no-untyped-call]
LATEST: Which = OffsetSpec.latest()  # type: ignore[no-untyped-call]
NEWEST: Which = OffsetSpec.max_timestamp()  # type: ignore[no-untyped-call]
"""What `AdminClient.list_offsets` is asked for: the beginning, the end, the newest timestamp."""

_log = logging.getLogger("librdkafka")


def group_id(settings: EngineSettings, service: str) -> str:
    """The consumer group of a service."""
    return f"{settings.prefix}{service}"


def instance_id(settings: EngineSettings, service: str) -> str:
    """Names one process of a service for good: its transactional id and its static group membership.

    Stable, so that the process that takes a dead one's slot ends the open transaction and gets the partitions
    at once, without waiting for a timeout.
    """
    return f"{settings.prefix}{service}-{settings.slot}"


def common(kafka: KafkaSettings) -> dict[str, Any]:
    """What every client needs."""
    return {
        "bootstrap.servers": kafka.bootstrap_servers,
        # The default backs off to 10 s: seven seconds were lost after each restart of a broker.
        "reconnect.backoff.ms": 50,
        "reconnect.backoff.max.ms": 500,
        "log.connection.close": False,
        **kafka.librdkafka,
    }


def consumer_config(settings: EngineSettings, service: str) -> dict[str, Any]:
    """The group member: static, cooperative, read-committed; offsets are committed by the producer only."""
    return common(settings.kafka) | {
        "group.id": group_id(settings, service),
        "group.instance.id": instance_id(settings, service),
        "client.id": instance_id(settings, service),
        "session.timeout.ms": settings.loop.session_timeout_ms,
        "heartbeat.interval.ms": settings.loop.session_timeout_ms // 5,
        "max.poll.interval.ms": max(300_000, settings.loop.session_timeout_ms),
        "partition.assignment.strategy": "cooperative-sticky",
        "isolation.level": "read_committed",
        "enable.auto.commit": False,
        "enable.auto.offset.store": False,
        # Where to start is always known (mark, committed offset, beginning). Anything else means that input
        # was deleted before it was read: an error to report, never a place to jump to.
        "auto.offset.reset": "error",
        # At its default of a second a fast reader of a short queue is thirty times slower.
        "fetch.queue.backoff.ms": 2,
        "queued.min.messages": 50_000,
        "queued.max.messages.kbytes": 64 * 1024,
        # A partition that is added or moved waits for the running fetch to come back.
        "fetch.wait.max.ms": 100,
        "statistics.interval.ms": STATISTICS_MS,
    }


def producer_config(settings: EngineSettings, service: str) -> dict[str, Any]:
    """The transactional producer of a process."""
    return common(settings.kafka) | {
        "transactional.id": instance_id(settings, service),
        "client.id": instance_id(settings, service),
        "transaction.timeout.ms": settings.loop.transaction_timeout_ms,
        # The next transaction meets CONCURRENT_TRANSACTIONS while markers are written; with the default of
        # 100 ms small batches run at half the rate.
        "retry.backoff.ms": 3,
        "retry.backoff.max.ms": 250,
        "linger.ms": 5,
        "batch.size": 1024 * 1024,
        "batch.num.messages": 100_000,
        "queue.buffering.max.messages": 500_000,
        "compression.type": "lz4",
        "message.max.bytes": MAX_MESSAGE_BYTES,
        # librdkafka's own default differs from Java's and aiokafka's.
        "partitioner": "murmur2_random",
    }


def restore_config(settings: EngineSettings, service: str) -> dict[str, Any]:
    """Reads a changelog from its beginning; no group membership, only what was committed."""
    return common(settings.kafka) | {
        "group.id": f"{instance_id(settings, service)}-restore",
        "client.id": f"{instance_id(settings, service)}-restore",
        "isolation.level": "read_committed",
        "enable.auto.commit": False,
        "enable.auto.offset.store": False,
        "auto.offset.reset": "earliest",
        "enable.partition.eof": True,
        "fetch.queue.backoff.ms": 2,
        "queued.min.messages": 100_000,
        "queued.max.messages.kbytes": 64 * 1024,
        "fetch.wait.max.ms": 50,
    }


def look_ahead_config(settings: EngineSettings, service: str) -> dict[str, Any]:
    """Reads an input beside the group, behind a record at which the group has stopped."""
    return restore_config(settings, service) | {
        "group.id": f"{instance_id(settings, service)}-look-ahead",
        "client.id": f"{instance_id(settings, service)}-look-ahead",
        "enable.partition.eof": False,
    }


@contextmanager
def _known_options() -> Iterator[None]:
    try:
        yield
    except KafkaException as exception:
        error = kafka_error(exception)
        if error.code() != KafkaError._INVALID_ARG:
            raise
        raise Refused(
            f"{error.str()}: correct BACKORDER_KAFKA__LIBRDKAFKA__... or BACKORDER_KAFKA__BOOTSTRAP_SERVERS"
        ) from exception


def consumer(config: dict[str, Any]) -> Consumer:
    """A consumer whose own log lines go where ours go. Raises `Refused` for an option that is none."""
    with _known_options():
        return Consumer(config, logger=_log)


def producer(config: dict[str, Any]) -> Producer:
    """A producer whose own log lines go where ours go. Raises `Refused` for an option that is none."""
    with _known_options():
        return Producer(config, logger=_log)


def admin(kafka: KafkaSettings, client_id: str) -> AdminClient:
    """A client for questions about topics and groups. Raises `Refused` for an option that is none."""
    with _known_options():
        return AdminClient(common(kafka) | {"client.id": client_id}, logger=_log)
