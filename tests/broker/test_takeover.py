"""Two allocation processes share the pools, while events come in all the time."""

from collections.abc import Iterable
from pathlib import Path

import pytest

from tests.support.broker import AnyBroker, admin
from tests.support.load import Load, pool_of_each_partition, trade_of
from tests.support.oracle import assert_exactly_once
from tests.support.processor import ALLOCATION, Processor
from tests.support.unread import Unread
from tests.support.waiting import wait_until

pytestmark = pytest.mark.broker

EVENTS_OF_EACH_POOL = 500
RATE = 100.0
SETTINGS = {"BACKORDER_LOOP__SESSION_TIMEOUT_MS": "3000"}


class Sharing:
    """Who has which partitions of the journal, by slot, as the group's coordinator sees it."""

    def __init__(self, processor: Processor) -> None:
        self._group = processor.topic_prefix + ALLOCATION
        self._admin = admin(processor.bootstrap)
        self._unread = Unread(processor.bootstrap, processor.topic_prefix)

    def partitions(self) -> dict[str, set[int]]:
        group = self._admin.describe_consumer_groups([self._group])[self._group].result(30)
        return {
            str(member.group_instance_id).removeprefix(f"{self._group}-"): {
                place.partition for place in member.assignment.topic_partitions
            }
            for member in group.members
        }

    def wait_until_shared(self) -> None:
        """Until both slots have some, and all partitions are somebody's and at work."""

        def shared() -> bool:
            parts = self.partitions()
            return all(parts.get(slot) for slot in "01") and _count(parts.values()) == 12

        wait_until(shared, "both processes have partitions")
        self._wait_until_all_work()

    def wait_until_one_has_all(self, slot: str) -> None:
        """Until one slot has all partitions, and all are at work."""
        wait_until(lambda: len(self.partitions().get(slot, ())) == 12, f"slot {slot} has all partitions")
        self._wait_until_all_work()

    def _wait_until_all_work(self) -> None:
        """Until every partition has gone on by some records: events come in all the time."""
        before = self._unread.committed(ALLOCATION)

        def all_work() -> bool:
            now = self._unread.committed(ALLOCATION)
            return all(now[partition] > before[partition] + 10 for partition in before)

        wait_until(all_work, "every partition of the journal is worked on")

    def close(self) -> None:
        self._unread.close()


def _count(parts: Iterable[set[int]]) -> int:
    return sum(len(part) for part in parts)


def test_a_second_process_takes_partitions_over_and_gives_them_back_when_it_is_stopped(
    broker: AnyBroker, topic_prefix: str, tmp_path: Path
) -> None:
    lines = trade_of(pool_of_each_partition(), EVENTS_OF_EACH_POOL, seed=1)
    with Processor(broker.bootstrap, topic_prefix, tmp_path, SETTINGS) as processor:
        sharing = Sharing(processor)
        processor.start()
        with Load(processor, lines, RATE) as load:
            sharing.wait_until_one_has_all("0")
            processor.start(ALLOCATION, slot="1")
            sharing.wait_until_shared()
            # It does not leave the group: it may come back at once, as in a restart. It is waited for.
            processor.stop(ALLOCATION, slot="1")
            sharing.wait_until_one_has_all("0")
        _end(processor, sharing)
    _assert_nothing_lost_or_doubled(broker, topic_prefix, load.published)


def test_a_process_takes_over_from_one_that_was_killed_and_shares_again_when_that_one_is_back(
    broker: AnyBroker, topic_prefix: str, tmp_path: Path
) -> None:
    lines = trade_of(pool_of_each_partition(), EVENTS_OF_EACH_POOL, seed=2)
    with Processor(broker.bootstrap, topic_prefix, tmp_path, SETTINGS) as processor:
        sharing = Sharing(processor)
        processor.start()
        processor.start(ALLOCATION, slot="1")
        with Load(processor, lines, RATE) as load:
            sharing.wait_until_shared()
            processor.kill(ALLOCATION, slot="0")
            sharing.wait_until_one_has_all("1")
            processor.start(ALLOCATION, slot="0")
            sharing.wait_until_shared()
        _end(processor, sharing)
    _assert_nothing_lost_or_doubled(broker, topic_prefix, load.published)


def _end(processor: Processor, sharing: Sharing) -> None:
    sharing.close()
    processor.wait_until_quiet()
    processor.stop()


def _assert_nothing_lost_or_doubled(broker: AnyBroker, topic_prefix: str, published: int) -> None:
    counts = assert_exactly_once(broker.bootstrap, topic_prefix)
    assert counts.published == published
    assert min(counts) > 0
