"""A receipt that moves tens of thousands of lines goes on in steps, over the death of the process."""

import signal
from itertools import pairwise
from pathlib import Path

import msgspec
import pytest
from confluent_kafka import Message

from backorder.contract.catalogue import load_catalogue
from backorder.contract.kafka_partition import partition_of
from tests.support.broker import AnyBroker, read_committed
from tests.support.oracle import assert_exactly_once
from tests.support.patient import Patient
from tests.support.processor import ALLOCATION, INGEST, Processor
from tests.support.told import placed_lines, received
from tests.support.unread import Unread
from tests.support.waiting import wait_until

pytestmark = [pytest.mark.broker, pytest.mark.fault, pytest.mark.timeout(900)]

STEP_LINES = 1000
LINES_OF_AN_ORDER = 2500
PARTITION = partition_of(b"default", load_catalogue()["journal"].partitions)


@pytest.mark.parametrize("lines", [5_000, pytest.param(50_000, marks=pytest.mark.long)])
def test_an_event_that_moves_very_many_lines_is_done_in_steps_and_no_transaction_holds_them_all(
    broker: AnyBroker, topic_prefix: str, tmp_path: Path, lines: int
) -> None:
    changelog = topic_prefix + "allocation-state"
    with (
        Processor(broker.bootstrap, topic_prefix, tmp_path) as processor,
        Patient(ALLOCATION, broker.bootstrap, topic_prefix, tmp_path) as allocation,
        Unread(broker.bootstrap, topic_prefix) as unread,
    ):

        def wait_until_done() -> None:
            for service in (*INGEST, ALLOCATION):
                wait_until(lambda service=service: not unread.of(service), f"{service} has done all", 300)

        processor.start(*INGEST)
        allocation.start()
        orders = range(lines // LINES_OF_AN_ORDER)
        processor.publish(placed_lines(f"O-{n}", [("MUG", 1)] * LINES_OF_AN_ORDER) for n in orders)
        wait_until_done()
        before = state_records(broker.bootstrap, changelog)[-1].offset() or 0

        processor.publish([received("receipt", "MUG", lines)])
        some = lines // STEP_LINES // 4 + 1
        wait_until(lambda: continuations(broker.bootstrap, topic_prefix) >= some, "some steps are done", 300)
        allocation.signal(signal.SIGKILL)
        allocation.wait_until_ended()
        allocation.start()
        wait_until_done()
        allocation.stop()
        processor.stop()

    assert continuations(broker.bootstrap, topic_prefix) == lines // STEP_LINES - 1
    moved = lines_of_each_transaction(broker.bootstrap, changelog, before)
    assert sum(moved) >= lines
    assert max(moved) <= STEP_LINES
    assert filled(broker.bootstrap, topic_prefix) == lines
    assert_exactly_once(broker.bootstrap, topic_prefix)


def continuations(bootstrap: str, prefix: str) -> int:
    journal = read_committed(bootstrap, prefix + "journal")
    return sum(b'"step.continued"' in (message.value() or b"") for message in journal)


def filled(bootstrap: str, prefix: str) -> int:
    """Order lines that got their units, each counted once."""
    found = set()
    for message in read_committed(bootstrap, prefix + "backorders"):
        event = msgspec.json.decode(message.value() or b"")
        if event["type"] == "io.backorder.backorder.filled.v1":
            found.add((event["data"]["order_id"], event["data"]["line"]))
    return len(found)


def state_records(bootstrap: str, changelog: str) -> list[Message]:
    """The changelog of the pool's partition. Its cleaner is not that quick: nothing is gone yet."""
    return [message for message in read_committed(bootstrap, changelog) if message.partition() == PARTITION]


def lines_of_each_transaction(bootstrap: str, changelog: str, before: int) -> list[int]:
    """How many order lines each transaction behind an offset wrote: between two there is a marker, a gap."""
    found = [message for message in state_records(bootstrap, changelog) if (message.offset() or 0) > before]
    counts = [0]
    for message, following in pairwise([*found, None]):
        assert message is not None
        counts[-1] += (message.key() or b"").startswith(b'["line"')
        if following is not None and following.offset() != (message.offset() or 0) + 1:
            counts.append(0)
    return counts
