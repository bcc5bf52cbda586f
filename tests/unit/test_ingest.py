"""Ingest of one partition, in memory: what is appended, dropped, buried, and counted."""

import msgspec
import pytest
from prometheus_client import CollectorRegistry

from backorder.contract.envelope import Limits
from backorder.contract.kafka_partition import partition_of
from backorder.domain.events import Entry, OrderPlaced
from backorder.engine.dead_letters import original
from backorder.engine.ingest import IngestPartition
from backorder.engine.memory_log import MemoryLog
from backorder.engine.metrics import Metrics
from backorder.engine.records import Collected, Message
from backorder.engine.repeats import Window
from backorder.ingest.reading import identity, reader
from tests.support.publishing import Published, bad_inputs, order

NOW_MS = 4_000_000_000_000
HOUR_MS = 3_600_000
BAD = bad_inputs()


class Orders:
    """The orders service, as far as the memory log needs it."""

    name = input_topic = "orders"
    state_topic = "orders-state"
    state_version = 1

    def __init__(self) -> None:
        self.metrics = Metrics("orders")

    def open(self, partition: int) -> IngestPartition:
        window = Window(24 * HOUR_MS, 1000)
        return IngestPartition("orders", reader(Limits(), 12), window, "journal", "dead", self.metrics)

    def close(self, partition: int) -> None:
        pass


@pytest.fixture
def log() -> MemoryLog:
    return MemoryLog()


@pytest.fixture
def orders() -> Orders:
    return Orders()


def publish(log: MemoryLog, record: Published, partition: int = 0, timestamp_ms: int | None = None) -> None:
    """`timestamp_ms`: the broker's; by default now, which the events' own times are from, too."""
    import time

    at = timestamp_ms or int(time.time() * 1000)
    headers = None if record.headers is None else [*record.headers]
    log.append("orders", record.key, record.value, partition=partition, timestamp_ms=at, headers=headers)  # type: ignore[arg-type]


def counted(registry: CollectorRegistry, outcome: str, type_: str = "order.placed") -> float:
    labels = {"topic": "orders", "type": type_, "outcome": outcome}
    return registry.get_sample_value("backorder_events_total", labels) or 0.0


def test_an_order_becomes_an_entry_of_the_journal_in_the_partition_of_its_pool(
    log: MemoryLog, orders: Orders
) -> None:
    publish(log, order("o-1", pool="north"), partition=5)
    log.run(orders, partition=5)
    [record] = log.records("journal")
    assert (record.key, record.partition) == (b"north", partition_of(b"north", 12))
    entry = msgspec.json.decode(record.value or b"", type=Entry)
    assert (entry.pool, entry.id, entry.source) == ("north", "event-o-1", "/tests/shop")
    assert (entry.topic, entry.partition, entry.offset) == ("orders", 5, 0)
    assert isinstance(entry.event, OrderPlaced)
    assert entry.event.order_id == "o-1"


def test_a_repeat_is_appended_once_and_counted(log: MemoryLog, orders: Orders) -> None:
    for _ in range(3):
        publish(log, order("o-1"))
    log.run(orders)
    assert len(log.records("journal")) == 1
    assert counted(orders.metrics.registry, "accepted") == 1
    assert counted(orders.metrics.registry, "duplicate") == 2


def test_a_repeat_is_recognised_after_a_restart(log: MemoryLog, orders: Orders) -> None:
    publish(log, order("o-1"))
    log.run(orders)
    publish(log, order("o-1"))
    log.run(orders)
    assert len(log.records("journal")) == 1


@pytest.mark.parametrize("name", BAD)
def test_a_bad_record_is_buried_as_it_came_and_the_next_good_one_is_processed(
    name: str, log: MemoryLog, orders: Orders
) -> None:
    reason, record = BAD[name]
    publish(log, record)
    publish(log, order("good"))
    log.run(orders)
    assert len(log.records("journal")) == 1
    [letter] = log.records("dead")
    assert dict(letter.headers or [])["reason"] == reason.encode()
    back = original(letter.key, letter.value, letter.headers or [])
    assert (back.key, back.value, back.headers) == (record.key, record.value, record.headers)


def test_a_dead_letter_may_come_again_under_its_id(log: MemoryLog, orders: Orders) -> None:
    wrong = order("o-1", lines=[])
    publish(log, wrong)
    publish(log, order("o-1"))
    log.run(orders)
    assert len(log.records("dead")) == len(log.records("journal")) == 1


def test_dead_letters_are_counted_by_reason_and_by_type_where_it_is_known(
    log: MemoryLog, orders: Orders
) -> None:
    publish(log, order("o-1", lines=[]))
    publish(log, BAD["no JSON"][1])
    log.run(orders)
    registry = orders.metrics.registry
    assert counted(registry, "dead_letter") == 1
    assert counted(registry, "dead_letter", "unknown") == 1
    for reason in ("invalid_field", "not_json"):
        assert registry.get_sample_value("backorder_dead_letters_total", {"reason": reason}) == 1


def test_what_was_rolled_back_is_not_counted_and_may_come_again(orders: Orders) -> None:
    partition = orders.open(0)
    partition.restored()
    record = order("o-1")
    message = Message("orders", 0, 0, NOW_MS, record.key, record.value, record.headers)  # type: ignore[arg-type]
    partition.process([message], Collected())
    partition.rollback()
    assert counted(orders.metrics.registry, "accepted") == 0
    out = Collected()
    partition.process([message], out)
    partition.commit()
    assert len(out) == 1
    assert counted(orders.metrics.registry, "accepted") == 1


def test_sources_and_ids_that_only_run_together_are_two_events() -> None:
    assert identity("orders", "/a", "b/c") != identity("orders", "/a b", "/c")
    assert identity("orders", "/a ", "b") != identity("orders", "/a", " b")
