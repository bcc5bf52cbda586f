"""The orders ingest as a process of its own on a real Kafka: what comes of every record."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from random import Random
from typing import Any

import msgspec
import pytest
from confluent_kafka import Message, Producer

from backorder.domain.events import Entry
from tests.support.broker import AnyBroker, producer, read_committed
from tests.support.processor import Processor
from tests.support.publishing import Published, bad_inputs, order
from tests.support.unread import Unread
from tests.support.waiting import wait_until

pytestmark = pytest.mark.broker

_entry = msgspec.json.Decoder(Entry).decode


class Orders:
    """The orders service of one prefix, and what a test does with it."""

    def __init__(self, processor: Processor) -> None:
        self.processor = processor
        self.bootstrap, self.prefix = processor.bootstrap, processor.topic_prefix
        # Compressed, a record far above the services' limit gets past the broker's.
        self._producer: Producer = producer(
            self.bootstrap, message_max_bytes=20_000_000, compression_type="lz4"
        )

    def publish(self, *records: Published, partition: int = 0) -> None:
        """Publishes to one partition, so that the order is known."""
        failed: list[str] = []
        for record in records:
            self._producer.produce(
                self.prefix + "orders",
                record.value,
                record.key,
                partition,
                headers=record.headers,  # type: ignore[arg-type]
                on_delivery=lambda error, _: failed.append(error.str()) if error else None,
            )
        assert self._producer.flush(30) == 0
        assert not failed

    def read(self, topic: str) -> list[Message]:
        return read_committed(self.bootstrap, self.prefix + topic)

    def journal(self) -> list[Entry]:
        return [_entry(message.value() or b"") for message in self.read("journal")]

    def wait_for_journal(self, *order_ids: str) -> None:
        def there() -> bool:
            return {getattr(entry.event, "order_id", None) for entry in self.journal()} >= set(order_ids)

        wait_until(there, f"{order_ids} in the journal")

    def cli(self, *arguments: str) -> tuple[int, str]:
        """Runs `backorder` against this prefix; exit code and standard output."""
        environment = os.environ | {
            "BACKORDER_KAFKA__BOOTSTRAP_SERVERS": self.bootstrap,
            "BACKORDER_TOPIC_PREFIX": self.prefix,
        }
        command = [sys.executable, "-c", "from backorder.cli.main import main; main()", *arguments]
        done = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=60)
        return done.returncode, done.stdout


@pytest.fixture
def orders(broker: AnyBroker, topic_prefix: str, tmp_path: Path) -> Iterator[Orders]:
    with Processor(broker.bootstrap, topic_prefix, tmp_path) as processor:
        yield Orders(processor)


def letters(orders: Orders) -> dict[str, dict[str, Any]]:
    """What `dlq list` prints, by reason and original offset."""
    code, out = orders.cli("dlq", "list", "-o", "json")
    assert code == 0
    return {letter["original_offset"]: letter for letter in json.loads(out)}


def test_every_bad_record_is_a_dead_letter_as_it_came_and_the_next_good_one_is_processed(
    orders: Orders,
) -> None:
    bad = bad_inputs()
    records = [record for _, record in bad.values()]
    goods = [order(f"good-{number}") for number in range(len(bad))]
    orders.publish(*[record for pair in zip(records, goods, strict=True) for record in pair])
    orders.processor.start("orders")
    orders.wait_for_journal(*[f"good-{number}" for number in range(len(bad))])
    found = {int(dict(m.headers() or [])["original_offset"]): m for m in orders.read("dead-letters")}
    assert sorted(found) == list(range(0, 2 * len(bad), 2))
    for (name, (reason, record)), offset in zip(bad.items(), sorted(found), strict=True):
        message, headers = found[offset], dict(found[offset].headers() or [])
        assert headers["reason"] == reason.encode(), name
        assert (message.key(), message.value()) == (record.key, record.value), name
        assert headers["original_topic"] == (orders.prefix + "orders").encode()
        assert headers["original_partition"] == b"0"
    listed = letters(orders)
    assert [listed[str(offset)]["reason"] for offset in sorted(found)] == [why for why, _ in bad.values()]


def test_of_a_record_above_eight_megabytes_the_beginning_is_kept_and_it_is_not_replayed(
    orders: Orders,
) -> None:
    value = b"0123456789" * 900_000
    orders.processor.start("orders")
    orders.publish(Published(b"big", value, None), order("good"))
    orders.wait_for_journal("good")
    [message] = orders.read("dead-letters")
    headers = dict(message.headers() or [])
    assert message.value() == value[: 512 * 1024]
    assert headers["reason"] == b"too_large"
    assert headers["original_size"] == b"9000000"
    assert headers["original_sha256"] == sha256(value).hexdigest().encode()
    assert orders.cli("dlq", "replay", "--all", "--yes")[0] == 1
    assert len(orders.read("orders")) == 2


def test_a_dead_letter_is_shown_and_replayed_as_it_came(
    broker: AnyBroker, topic_prefix: str, tmp_path: Path
) -> None:
    strict = {"BACKORDER_LIMITS__MAX_VALUE_BYTES": "1024"}
    big = order(
        "o-big", channel="x" * 200, lines=[{"line": n, "sku": "A", "quantity": 1} for n in range(1, 30)]
    )
    with Processor(broker.bootstrap, topic_prefix, tmp_path / "strict", strict) as processor:
        orders = Orders(processor)
        processor.start("orders")
        orders.publish(big, order("o-small"))
        orders.wait_for_journal("o-small")
    with Processor(broker.bootstrap, topic_prefix, tmp_path / "default") as processor:
        orders = Orders(processor)
        processor.start("orders")
        [letter] = letters(orders).values()
        code, out = orders.cli("dlq", "show", letter["position"], "-o", "json")
        assert code == 0
        assert json.loads(out)["value"] == (big.value or b"").decode()
        assert orders.cli("dlq", "show", "0:999999")[0] == 1
        assert orders.cli("dlq", "replay", "--reason", "not_json", "--yes")[0] == 1
        assert orders.cli("dlq", "replay", "--reason", "too_large")[0] == 1  # nobody says yes
        code, out = orders.cli("dlq", "replay", "--reason", "too_large", "--yes", "-o", "json")
        assert (code, json.loads(out)) == (0, {"replayed": 1, "cut": 0})
        orders.wait_for_journal("o-big")
    again = orders.read("orders")[-1]
    assert (again.key(), again.value(), again.headers()) == (big.key, big.value, big.headers)
    assert again.partition() == 0


def test_repeats_are_dropped_before_and_after_a_restart(orders: Orders) -> None:
    orders.processor.start("orders")
    orders.publish(order("o-1"), order("o-1"), order("o-2"))
    orders.wait_for_journal("o-2")
    orders.processor.restart("orders")
    orders.publish(order("o-1"), order("o-2"), order("o-3"))
    orders.wait_for_journal("o-3")
    assert [entry.id for entry in orders.journal()] == ["event-o-1", "event-o-2", "event-o-3"]


def test_kills_in_mid_load_lose_nothing_and_double_nothing(
    broker: AnyBroker, topic_prefix: str, tmp_path: Path
) -> None:
    random = Random(20260301)
    small = {"BACKORDER_LOOP__BATCH_RECORDS": "20", "BACKORDER_LOOP__TRANSACTION_INTERVAL_MS": "0"}
    with (
        Processor(broker.bootstrap, topic_prefix, tmp_path, small) as processor,
        Unread(broker.bootstrap, topic_prefix) as unread,
    ):
        orders = Orders(processor)
        processor.start("orders")
        numbers: list[int] = []
        at_work: list[bool] = []
        for turn in range(4):
            # Every third event comes again, some of them after the next kill.
            new = list(range(turn * 1000, (turn + 1) * 1000))
            repeated = random.sample(range((turn + 1) * 1000), 300)
            numbers += (batch := random.sample(new + repeated, 1300))
            orders.publish(*[order(f"o-{number}", pool=f"pool-{number % 7}") for number in batch])
            left = unread.offsets("orders")
            stop_at = left * random.uniform(0.2, 0.9)
            wait_until(lambda: unread.offsets("orders") <= stop_at, "some of the load is read")  # noqa: B023
            processor.kill("orders")
            at_work.append(unread.offsets("orders") > 0)
            processor.restart("orders")
        orders.wait_for_journal(*{f"o-{number}" for number in numbers})
    assert any(at_work)
    expected = list(dict.fromkeys(numbers))
    journal = [entry.id for entry in orders.journal()]
    assert sorted(journal) == sorted(f"event-o-{number}" for number in expected)
    for pool in range(7):
        kept = [entry.id for entry in orders.journal() if entry.pool == f"pool-{pool}"]
        assert kept == [f"event-o-{number}" for number in expected if number % 7 == pool]
