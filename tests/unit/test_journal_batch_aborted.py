"""A batch of a journal partition that was aborted comes again, and is decided as if for the first time."""

from collections.abc import Sequence
from datetime import timedelta

import msgspec

from backorder.allocation.partition import JournalPartition
from backorder.domain import events as e
from backorder.engine.records import Collected, Message, Record
from tests.support.shop import HERE, MONDAY, SKU, entry, line
from tests.unit.test_journal_partition import Bound, partition

COUNTED = e.StockCounted(SKU, HERE, 5, "on_hand", MONDAY)
ORDERED = [e.OrderPlaced(order, [line(1, 3)]) for order in ("anna", "bert")]


def records(*events: e.Event) -> list[Message]:
    entries = [entry(event, MONDAY + timedelta(minutes=at), at) for at, event in enumerate(events)]
    return [
        Message("journal", 3, at, 0, b"default", msgspec.json.encode(each)) for at, each in enumerate(entries)
    ]


def said(live: JournalPartition, batch: Sequence[Message]) -> tuple[list[Record], dict[bytes, bytes | None]]:
    """What the batch produces, and what it writes to the changelog."""
    out = Collected()
    live.process(batch, out)
    return out.records, dict(live.changes())


def test_an_aborted_batch_comes_again_and_gives_the_same_decisions_rows_and_changelog() -> None:
    live, (count, *orders) = partition(Bound()), records(COUNTED, *ORDERED)
    said(live, [count])
    live.commit()
    first = said(live, orders)
    live.rollback()
    assert dict(live.changes()) == {}
    assert said(live, orders) == first
