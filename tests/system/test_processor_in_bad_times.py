"""The whole processor on a Kafka that is paused in the middle of the load, and shut down and started again.

Kills are elsewhere: one of three in `test_cluster.py`, the only one in `tests/faults/test_broker_killed.py`.
"""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from backorder.testing import ApacheKafkaContainer
from backorder.trade.sample import sample
from tests.support.load import Load
from tests.support.oracle import assert_exactly_once
from tests.support.processor import ALLOCATION, Processor
from tests.support.unread import Unread
from tests.support.waiting import wait_until

pytestmark = pytest.mark.container

EVENTS = 20_000
"""More than there is time for: the load is left when the test has done what it does."""
RATE = 150.0
AFTERWARDS = 1_000


def test_nothing_is_lost_or_doubled_when_kafka_is_paused_under_load_and_restarted(
    kafka: ApacheKafkaContainer, topic_prefix: str, tmp_path: Path
) -> None:
    lines = list(sample(EVENTS, 6, datetime.now(UTC), pools=("antwerp", "bologna")))
    with Processor(kafka.bootstrap, topic_prefix, tmp_path, supervised=True) as processor:
        processor.start()
        with Load(processor, lines, RATE) as load:
            wait_for_more(processor)
            kafka.pause()
            assert kafka.running
            kafka.unpause()
            wait_for_more(processor)
        # Not under load: the only node of Kafka 4.1 to 4.3 forgets markers of what is being committed when it
        # shuts down, too (docs/operations.md, "A transaction stays open").
        processor.wait_until_quiet(deadline=120)
        kafka.shut_down()
        kafka.start_again()
        processor.publish(lines[load.published : load.published + AFTERWARDS])
        wait_for_more(processor)
        processor.wait_until_quiet(deadline=120)
        processor.stop()

    counts = assert_exactly_once(kafka.bootstrap, topic_prefix)
    assert counts.published == load.published + AFTERWARDS
    assert counts.decisions > 0


def wait_for_more(processor: Processor, records: int = 200) -> None:
    """Until allocation has done so many more; services that ask for it are started again meanwhile."""
    with Unread(processor.bootstrap, processor.topic_prefix) as unread:
        before = done(unread)

        def more() -> bool:
            processor.check()
            return done(unread) > before + records

        wait_until(more, "allocation goes on", 120)


def done(unread: Unread) -> int:
    return sum(unread.committed(ALLOCATION).values())
