"""Ingest is down and comes back: what happened meanwhile is in the journal before any tick that is later."""

import signal
from pathlib import Path

import msgspec
import pytest

from backorder.domain.events import ClockTicked, Entry, GoodsReceived
from backorder.domain.times import micros
from tests.support.broker import AnyBroker, read_committed
from tests.support.oracle import assert_exactly_once
from tests.support.patient import Patient
from tests.support.processor import ALLOCATION, Processor
from tests.support.told import counted, placed, received
from tests.support.waiting import wait_until

pytestmark = [pytest.mark.broker, pytest.mark.fault, pytest.mark.timeout(900)]

_entry = msgspec.json.Decoder(Entry).decode


def test_no_tick_overtakes_a_receipt_that_waits_on_its_topic_while_ingest_is_down(
    broker: AnyBroker, topic_prefix: str, tmp_path: Path
) -> None:
    with (
        Processor(broker.bootstrap, topic_prefix, tmp_path) as processor,
        Patient("receiving", broker.bootstrap, topic_prefix, tmp_path) as receiving,
    ):
        processor.start("orders", "inventory", ALLOCATION)
        receiving.start()
        receiving.wait_until_ready()
        processor.publish([counted("count", "MUG", 1), placed("first", "MUG", 3)])
        processor.wait_until_quiet()
        wait_until(lambda: ticks(broker.bootstrap, topic_prefix), "the clock goes", 60)
        receiving.signal(signal.SIGKILL)
        receiving.wait_until_ended()

        processor.publish([received("receipt", "MUG", 2)])
        (waiting,) = read_committed(broker.bootstrap, topic_prefix + "receiving")
        published = waiting.timestamp()[1] * 1000
        # The clock comes up to the receipt, though the journal and its times go on.
        orders = iter(range(1000))

        def stands() -> bool:
            processor.publish([placed(f"order-{next(orders)}", "CUP")])
            return max(ticks(broker.bootstrap, topic_prefix)) == published

        wait_until(stands, "the clock has come to the time of the receipt", 60)
        for _ in range(20):
            assert stands()
        assert newest_of_the_journal(broker.bootstrap, topic_prefix) > published

        receiving.start()
        wait_until(lambda: max(ticks(broker.bootstrap, topic_prefix)) > published, "the clock goes on", 60)
        processor.wait_until_quiet()
        receiving.stop()
        processor.stop()
    assert_the_receipt_came_before_later_ticks(broker.bootstrap, topic_prefix, published)
    assert_exactly_once(broker.bootstrap, topic_prefix)


def ticks(bootstrap: str, prefix: str) -> list[int]:
    """The times of all ticks in the journal, in microseconds."""
    entries = [_entry(message.value() or b"") for message in read_committed(bootstrap, prefix + "journal")]
    return [micros(entry.time) for entry in entries if isinstance(entry.event, ClockTicked)]


def newest_of_the_journal(bootstrap: str, prefix: str) -> int:
    """The broker's time of its newest record, in microseconds."""
    return max(message.timestamp()[1] for message in read_committed(bootstrap, prefix + "journal")) * 1000


def assert_the_receipt_came_before_later_ticks(bootstrap: str, prefix: str, published: int) -> None:
    """In the partition of the receipt's pool the entries before it have no tick that is later than it."""
    journal = read_committed(bootstrap, prefix + "journal")
    receipt = next(m for m in journal if isinstance(_entry(m.value() or b"").event, GoodsReceived))
    before = [
        _entry(message.value() or b"")
        for message in journal
        if message.partition() == receipt.partition() and message.offset() < receipt.offset()
    ]
    clocks = [micros(entry.time) for entry in before if isinstance(entry.event, ClockTicked)]
    assert clocks
    assert max(clocks) <= published
