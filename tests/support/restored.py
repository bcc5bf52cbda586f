"""The state of the ingest services, restored as a new process would, against the public topics read anew."""

from collections import defaultdict
from typing import Any

import msgspec
from confluent_kafka import Message

from backorder.contract.catalogue import load_catalogue
from backorder.contract.envelope import Limits
from backorder.engine import mark
from backorder.engine.ingest import IngestPartition
from backorder.engine.metrics import Metrics
from backorder.engine.records import Collected
from backorder.engine.records import Message as Consumed
from backorder.engine.repeats import Window
from backorder.ingest.reading import reader
from tests.support.broker import read_committed

INPUTS = ("orders", "inventory", "receiving")
A_DAY_MS = 24 * 3_600_000
MILLION = 1_000_000


def assert_windows_equal_a_refold(bootstrap: str, topic_prefix: str) -> int:
    """For each partition of the public topics: the window of event ids that the changelog gives is byte for
    byte the one that the records give which are marked as processed. Returns how many bytes were compared."""
    compared = 0
    for topic in INPUTS:
        records = _by_partition(read_committed(bootstrap, topic_prefix + topic))
        changelog = _by_partition(read_committed(bootstrap, f"{topic_prefix}{topic}-state"))
        for partition, found in sorted(changelog.items()):
            live = _last_values(found)
            offset = msgspec.json.decode(live.pop(mark.KEY), type=mark.Mark).offset
            done = [record for record in records[partition] if (record.offset() or 0) < offset]
            restored, refolded = _restored(live), _refolded(topic, topic_prefix, done)
            assert restored == refolded, f"the restored window of {topic}-{partition} is not the refold's"
            compared += len(restored)
    return compared


def _restored(live: dict[bytes, bytes]) -> bytes:
    window = Window(A_DAY_MS, MILLION)
    window.restore(live.items())
    window.restored()
    return window.dump()


def _refolded(topic: str, topic_prefix: str, records: list[Message]) -> bytes:
    window = Window(A_DAY_MS, MILLION)
    read = reader(Limits(topic_prefix=topic_prefix), load_catalogue()["journal"].partitions)
    partition = IngestPartition(topic, read, window, "journal", "dead-letters", Metrics(topic))
    partition.restored()
    partition.process([_consumed(record) for record in records], Collected())
    partition.commit()
    return window.dump()


def _consumed(record: Message) -> Consumed:
    headers: Any = record.headers()
    return Consumed(
        record.topic() or "",
        record.partition() or 0,
        record.offset() or 0,
        record.timestamp()[1],
        record.key(),
        record.value(),
        headers,
    )


def _by_partition(records: list[Message]) -> defaultdict[int, list[Message]]:
    found: defaultdict[int, list[Message]] = defaultdict(list)
    for record in records:
        found[record.partition() or 0].append(record)
    return found


def _last_values(records: list[Message]) -> dict[bytes, bytes]:
    found: dict[bytes, bytes] = {}
    for record in records:
        key, value = record.key(), record.value()
        assert key is not None
        if value is None:
            found.pop(key, None)
        else:
            found[key] = value
    return found
