"""The journal partition of the live service: what it refuses, and what it appends by itself."""

from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from prometheus_client import CollectorRegistry

from backorder.allocation.metrics import BacklogMetrics
from backorder.allocation.partition import JournalPartition, Topics
from backorder.domain.events import JOURNAL_VERSION, ClockTicked, Entry, RulesChanged
from backorder.domain.settings import RULES_VERSION, Settings
from backorder.engine.failures import Refused
from backorder.engine.metrics import Metrics
from backorder.engine.records import Collected, Message

NOW = datetime(2026, 3, 1, tzinfo=UTC)
NOW_MS = int(NOW.timestamp() * 1000)


class Bound:
    """The tick bound as the test sets it."""

    latest: int | None = None

    def __call__(self) -> int | None:
        return self.latest


def partition(
    bound: Bound, settings: Settings | None = None, registry: CollectorRegistry | None = None
) -> JournalPartition:
    topics = Topics(lambda name: name, lambda key: 0)
    backlog = BacklogMetrics(registry or CollectorRegistry())
    return JournalPartition(3, settings or Settings(), topics, bound, backlog, Metrics("allocation").events)


def record(**fields: Any) -> Message:
    entry = {
        "version": JOURNAL_VERSION,
        "pool": "default",
        "id": "e",
        "source": "/s",
        "time": NOW.isoformat(),
    }
    return Message("journal", 3, 0, NOW_MS, b"default", msgspec.json.encode(entry | fields))


def appended(out: Collected) -> list[Entry]:
    assert {(each.topic, each.partition) for each in out.records} <= {("journal", 3)}
    return [msgspec.json.decode(each.value or b"", type=Entry) for each in out.records]


@pytest.mark.parametrize(
    "newer",
    [
        record(version=JOURNAL_VERSION + 1, event={"$event": "clock.ticked"}),
        record(version=JOURNAL_VERSION + 1, event={"$event": "moon.rose"}),
        record(event={"$event": "rules.changed", "rules_version": RULES_VERSION + 1, "settings": {}}),
    ],
    ids=["version", "event", "rules"],
)
def test_what_only_a_newer_program_understands_ends_the_process(newer: Message) -> None:
    with pytest.raises(Refused, match="start a newer one"):
        partition(Bound()).process([newer], Collected())


def test_a_record_that_no_program_understands_is_poison_and_no_reason_for_a_newer_one() -> None:
    with pytest.raises(msgspec.ValidationError):
        partition(Bound()).process([record(event={"$event": "moon.rose"})], Collected())


def test_the_clock_is_told_to_the_journal_up_to_the_bound_and_once() -> None:
    bound, out = Bound(), Collected()
    live = partition(bound)
    assert not live.idle(out)
    bound.latest = NOW_MS
    assert live.idle(out)
    assert not live.idle(out)
    (tick,) = appended(out)
    assert (tick.event, tick.time, tick.pool) == (ClockTicked(), NOW, "")


def test_a_tick_of_an_aborted_transaction_is_told_again() -> None:
    bound = Bound()
    bound.latest = NOW_MS
    live = partition(bound)
    assert live.idle(Collected())
    live.rollback()
    assert live.idle(Collected())


def test_changed_settings_are_written_into_the_journal_once() -> None:
    bound, out = Bound(), Collected()
    settings = Settings(closed_retention_days=5)
    live = partition(bound, settings)
    for tick in range(3):
        bound.latest = NOW_MS + tick
        live.idle(out)
    rules = [entry.event for entry in appended(out) if isinstance(entry.event, RulesChanged)]
    assert rules == [RulesChanged(RULES_VERSION, msgspec.to_builtins(settings))]


def test_settings_that_the_journal_knows_are_not_written_again() -> None:
    bound, out = Bound(), Collected()
    settings = Settings(closed_retention_days=5)
    live = partition(bound, settings)
    bound.latest = NOW_MS
    live.idle(out)
    journal = [Message("journal", 3, 0, NOW_MS, each.key, each.value) for each in out.records]
    live.process(journal, Collected())
    live.commit()
    bound.latest += 1
    later = Collected()
    live.idle(later)
    assert [type(entry.event) for entry in appended(later)] == [ClockTicked]


def test_units_that_are_kept_back_on_purpose_are_shown_as_held_until_they_are_released() -> None:
    registry = CollectorRegistry()
    allocation = partition(Bound(), registry=registry)

    def units(state: str) -> float | None:
        labels = {"state": state, "location": "", "partition": "3"}
        return registry.get_sample_value("backorder_open_units", labels)

    received = {"receipt_id": "R", "lines": [{"sku": "MUG", "location": "AMS", "quantity": 2}]}
    ordered = {"order_id": "A", "held": True, "lines": [{"line": 1, "sku": "MUG", "quantity": 3}]}
    allocation.process(
        [
            record(event={"$event": "goods.received", **received}),
            record(event={"$event": "order.placed", **ordered}),
        ],
        Collected(),
    )
    allocation.commit()
    states = ("awaiting_stock", "releasable", "held", "released")
    assert [units(state) for state in states] == [1, 0, 2, 0]

    resumed = {"order_id": "A", "reason": "address"}
    allocation.process([record(event={"$event": "order.resumed", **resumed})], Collected())
    allocation.commit()
    assert [units(state) for state in states] == [1, 0, 0, 2]
