"""Bad records of every kind in the middle of the load: each is buried for its reason, and nothing else is
touched by it."""

from collections import Counter
from pathlib import Path

import pytest
from confluent_kafka import Producer

from backorder.engine.dead_letters import about
from tests.support.broker import AnyBroker, producer, read_committed
from tests.support.processor import SERVICES
from tests.support.publishing import bad_inputs
from tests.support.under_load import UnderLoad

pytestmark = [pytest.mark.broker, pytest.mark.fault, pytest.mark.timeout(900)]

MIB = 1024 * 1024
TIMES = 3
HUGE = b"x" * (9 * MIB)
"""More than is kept of a record: it is cut in the dead letters."""


def test_bad_and_oversized_records_under_load_are_buried_and_everything_else_counts_once(
    broker: AnyBroker, topic_prefix: str, tmp_path: Path
) -> None:
    with UnderLoad(broker, topic_prefix, tmp_path, healthy=SERVICES) as scene:
        scene.wait_until_it_works()
        for _ in range(TIMES):
            throw_in(broker.bootstrap, topic_prefix)
            scene.wait_until_it_works()
        counts = scene.finish(thrown_in=TIMES * (len(bad_inputs()) + 1))
    letters = read_committed(broker.bootstrap, topic_prefix + "dead-letters")
    reasons = Counter(about(letter.headers() or [])["reason"] for letter in letters)
    wanted = Counter(reason for reason, _ in bad_inputs().values())
    for reason, count in wanted.items():
        assert reasons[reason] >= TIMES * count, reason
    assert reasons["too_large"] == TIMES * (wanted["too_large"] + 1)
    cut = [letter for letter in letters if len(letter.value() or b"") == 512 * 1024]
    assert len(cut) == TIMES
    assert counts.dead_letters == len(letters)


def throw_in(bootstrap: str, prefix: str) -> None:
    """One of each kind of bad record, and one that is too large even to be kept whole."""
    sender: Producer = producer(bootstrap, message_max_bytes=10 * MIB, compression_type="lz4")
    for _, bad in bad_inputs().values():
        sender.produce(prefix + "orders", bad.value, bad.key, headers=bad.headers)
    sender.produce(prefix + "orders", HUGE, b"huge")
    assert sender.flush(30) == 0
