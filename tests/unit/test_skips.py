"""Which record lets allocation pass over one that fails, and what it says when it does."""

from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from backorder.allocation.partition import JournalPartition, decode_entry
from backorder.domain.events import (
    JOURNAL_VERSION,
    ClockTicked,
    Continued,
    Entry,
    Event,
    RecordSkipped,
    SkipRequested,
)
from backorder.engine.records import Collected, Message
from backorder.engine.service import Skippable
from tests.support.memory_cluster import JOURNAL, MemoryCluster
from tests.support.publishing import order

NOW = datetime(2026, 3, 1, tzinfo=UTC)


@pytest.fixture
def partition() -> JournalPartition:
    state = MemoryCluster()._state(JOURNAL, 3)
    assert isinstance(state, JournalPartition)
    return state


def record(value: bytes | None, offset: int = 7) -> Message:
    return Message(JOURNAL, 3, offset, 1_760_000_000_000, b"", value)


def entry(event: Event, **changes: Any) -> bytes:
    fields = {"version": JOURNAL_VERSION, "pool": "", "id": "x", "source": "/x", "time": NOW} | changes
    return msgspec.json.encode(Entry(event=event, **fields))


REQUEST = SkipRequested(7, "it is junk", "ann")


def test_a_state_of_the_journal_can_skip_and_one_of_a_public_topic_cannot(
    partition: JournalPartition,
) -> None:
    assert isinstance(partition, Skippable)
    assert not isinstance(MemoryCluster()._state("orders", 0), Skippable)


def test_a_request_to_skip_names_the_record_that_it_lets_be_passed_over(partition: JournalPartition) -> None:
    assert partition.lets_skip(record(entry(REQUEST), 9)) == 7


@pytest.mark.parametrize(
    "value",
    [
        None,
        b"nonsense",
        entry(ClockTicked()),
        entry(RecordSkipped(7, 9, "")),
        b'no entry, but it has "skip.requested" in it',
        entry(REQUEST, version=JOURNAL_VERSION + 1),
        order("a", id='"skip.requested"').value,
    ],
)
def test_nothing_else_does(partition: JournalPartition, value: bytes | None) -> None:
    assert partition.lets_skip(record(value, 9)) is None


def test_it_says_what_it_passed_over_why_and_who_asked(partition: JournalPartition) -> None:
    out = Collected()
    partition.skip(record(b"nonsense"), record(entry(REQUEST), 9), ValueError("x" * 1000), out)
    (said,) = out.records
    assert (said.topic, said.partition, said.key) == (JOURNAL, 3, b"")
    event = decode_entry(said.value or b"").event
    assert isinstance(event, RecordSkipped)
    assert (event.offset, event.request) == (7, 9)
    assert event.error == repr(ValueError("x" * 1000))[:500]
    assert list(partition.changes()) == [], "what is passed over leaves no trace in the state"


def test_a_continuation_that_is_skipped_comes_again_behind_all_that_is_there(
    partition: JournalPartition,
) -> None:
    out = Collected()
    rest = entry(Continued("A"), pool="p")
    partition.skip(record(rest), record(entry(REQUEST), 9), ValueError(), out)
    said, again = out.records
    assert isinstance(decode_entry(said.value or b"").event, RecordSkipped)
    assert (again.topic, again.partition, again.key) == (JOURNAL, 3, b"p")
    assert again.value == rest
