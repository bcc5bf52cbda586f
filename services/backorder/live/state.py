"""The state of one pool, from the changelog of allocation, and what was said of an order, from the topics."""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

import msgspec

from backorder.contract.catalogue import Catalogue, load_catalogue
from backorder.contract.kafka_partition import partition_of
from backorder.domain.fold import PARTITION_KEY, Fold
from backorder.reconcile.kafka_log import KafkaLog
from backorder.reconcile.log import Log

STATE = "allocation-state"
_MARK = b"mark"


class NotThere(Exception):
    """What is to be read is not on this cluster; the message says what."""


class LiveState(NamedTuple):
    """A fold of one's own, as allocation's was when it had processed its journal up to an offset."""

    fold: Fold
    partition: int
    processed_to: int


def read_state(
    bootstrap: str, pool: str, topic_prefix: str = "", librdkafka: Mapping[str, str] | None = None
) -> LiveState:
    """The state of a pool as it was last committed: one moment, between two transactions.

    Raises `NotThere`, KafkaException.
    """
    catalogue = load_catalogue(prefix=topic_prefix)
    log = KafkaLog(bootstrap, librdkafka or {}, [catalogue.full_name(STATE)], committed_only=True)
    return state_of(log, catalogue, pool)


def state_of(log: Log, catalogue: Catalogue, pool: str) -> LiveState:
    """The same, of any log. Raises `NotThere`."""
    topic = catalogue.full_name(STATE)
    partition = partition_of(pool.encode(), _partitions(log, topic))
    fold = Fold()
    processed_to = 0
    for record in log.read(topic, partition):
        key = record.key or b""
        if key == _MARK:
            processed_to = msgspec.json.decode(record.value or b"{}").get("offset", 0)
        elif key == PARTITION_KEY or msgspec.json.decode(key)[1] == pool:
            fold.load([(key, record.value)])
    fold.loaded()
    if pool not in fold.pools:
        raise NotThere(f"{topic}-{partition} knows no pool {pool}")
    return LiveState(fold, partition, processed_to)


def read_history(
    bootstrap: str,
    order_id: str,
    topics: tuple[str, ...],
    topic_prefix: str = "",
    librdkafka: Mapping[str, str] | None = None,
) -> Iterator[bytes]:
    """The events in the partitions that an order's decisions are in, topic by topic, as far as retention has
    left them. Raises `NotThere`, KafkaException."""
    catalogue = load_catalogue(prefix=topic_prefix)
    log = KafkaLog(
        bootstrap, librdkafka or {}, [catalogue.full_name(name) for name in topics], committed_only=True
    )
    for name in topics:
        topic = catalogue.full_name(name)
        partition = partition_of(order_id.encode(), _partitions(log, topic))
        for record in log.read(topic, partition):
            if record.key == order_id.encode() and record.value is not None:
                yield record.value


def _partitions(log: Log, topic: str) -> int:
    count = log.partitions(topic)
    if not count:
        raise NotThere(f"there is no topic {topic}; is it the right cluster and topic prefix?")
    return count
