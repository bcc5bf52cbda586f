"""The four services at work together: bad input, restarts, repeats, the clock, and what is noticed."""

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from backorder.contract.envelope import encode_structured
from backorder.domain.events import ClockTicked, Entry
from backorder.domain.times import micros
from backorder.reconcile import reconcile
from backorder.trade.sample import sample
from tests.support.broker import AnyBroker, Record, produce, producer, read_committed
from tests.support.oracle import assert_exactly_once
from tests.support.processor import ALLOCATION, INGEST, Processor
from tests.support.publishing import Published, bad_inputs, order
from tests.support.unread import Unread
from tests.support.waiting import wait_until

pytestmark = pytest.mark.broker

POOLS = ("antwerp", "bologna", "cologne", "dijon")

_entry = msgspec.json.Decoder(Entry).decode


@pytest.fixture
def processor(broker: AnyBroker, topic_prefix: str, tmp_path: Path) -> Iterator[Processor]:
    """Small batches: the moment in which a test acts is in the middle of many."""
    settings = {"BACKORDER_LOOP__BATCH_RECORDS": "25"}
    with Processor(broker.bootstrap, topic_prefix, tmp_path, settings) as made:
        yield made


def trade(events: int, seed: int) -> list[bytes]:
    return list(sample(events, seed, datetime.now(UTC), pools=POOLS))


def publish_as_it_is(processor: Processor, topic: str, *records: Published) -> None:
    """Publishes to a public topic what `Processor.publish` would not: other keys, other headers, no value."""
    # Compressed, a record above the services' limit gets past the broker's.
    sender = producer(
        processor.bootstrap,
        message_max_bytes=20_000_000,
        compression_type="lz4",
        partitioner="murmur2_random",
    )
    for record in records:
        sender.produce(processor.topic_prefix + topic, record.value, record.key, headers=record.headers or [])
    assert sender.flush(30) == 0


def test_bad_input_in_the_middle_of_good_load_is_buried_as_it_came_and_the_rest_is_processed(
    processor: Processor,
) -> None:
    bad = [(reason, record) for reason, record in bad_inputs().values()]
    no_json = Published(b"key", b"{", [("content-type", b"application/cloudevents+json")])
    lines = trade(1000, seed=1)
    processor.start()
    processor.publish(lines[:500])
    publish_as_it_is(processor, "orders", *[record for _, record in bad])
    for topic in ("inventory", "receiving"):
        publish_as_it_is(processor, topic, no_json)
        bad.append(("not_json", no_json))
    processor.publish(lines[500:])
    processor.wait_until_quiet()
    processor.stop()

    letters = read_committed(processor.bootstrap, processor.topic_prefix + "dead-letters")
    # The sample has broken events of its own; they say so.
    ours = [letter for letter in letters if b"BROKEN-" not in (letter.value() or b"")]
    found = Counter(
        (dict(m.headers() or [])["reason"].decode(), m.key(), m.value())  # type: ignore[union-attr]
        for m in ours
    )
    assert found == Counter((reason, record.key, record.value) for reason, record in bad)
    counts = assert_exactly_once(processor.bootstrap, processor.topic_prefix)
    assert counts.published == len(lines) + len(bad)
    assert counts.accepted + counts.repeats + len(letters) == counts.published


def test_services_stopped_in_mid_load_end_with_status_0_and_the_next_ones_go_on(processor: Processor) -> None:
    lines = trade(1500, seed=2)
    processor.start()
    processor.publish(lines)
    with Unread(processor.bootstrap, processor.topic_prefix) as unread:
        wait_until(lambda: any(unread.committed(ALLOCATION).values()), "allocation is at work")
        processor.stop()  # fails unless each ends with 0
        left = unread.of("orders") or unread.of(ALLOCATION)
    assert left, "all was done before the services were stopped"
    processor.start()
    processor.wait_until_quiet()
    processor.stop()
    assert assert_exactly_once(processor.bootstrap, processor.topic_prefix).published == len(lines)


def test_what_is_published_again_after_a_restart_of_ingest_has_no_effect(processor: Processor) -> None:
    lines = trade(500, seed=3)
    processor.start()
    processor.publish(lines)
    processor.wait_until_quiet()
    for service in INGEST:
        processor.restart(service)
    processor.publish(lines)
    processor.wait_until_quiet()
    processor.stop()
    counts = assert_exactly_once(processor.bootstrap, processor.topic_prefix)
    broken = counts.dead_letters // 2  # a broken event comes to nothing each time
    assert counts.published == 2 * len(lines)
    assert counts.repeats >= len(lines) - broken
    assert counts.accepted + counts.repeats + counts.dead_letters == counts.published


def test_a_release_said_twice_is_seen_by_the_reconciliation(processor: Processor) -> None:
    processor.start()
    processor.publish(trade(300, seed=4))
    processor.wait_until_quiet()
    processor.stop()
    assert reconcile(processor.bootstrap, processor.topic_prefix).ok
    releases = processor.topic_prefix + "releases"
    last = read_committed(processor.bootstrap, releases)[-1]
    produce(processor.bootstrap, releases, [Record(last.value(), last.key(), last.partition() or 0)])

    report = reconcile(processor.bootstrap, processor.topic_prefix)

    assert not report.ok
    assert [(found.check, found.topic, found.partition) for found in report.differences] == [
        ("decisions", "releases", last.partition())
    ]
    with pytest.raises(AssertionError, match="releases"):
        assert_exactly_once(processor.bootstrap, processor.topic_prefix)


def test_the_clock_waits_for_a_record_that_ingest_has_not_read_and_then_moves_on(
    processor: Processor,
) -> None:
    def ticks() -> list[int]:
        """The times of all ticks, in microseconds since 1970."""
        messages = read_committed(processor.bootstrap, processor.topic_prefix + "journal")
        entries = [_entry(message.value() or b"") for message in messages]
        return [micros(entry.time) for entry in entries if isinstance(entry.event, ClockTicked)]

    def journal_time() -> int:
        """When the newest record of the journal was appended, in milliseconds since 1970."""
        messages = read_committed(processor.bootstrap, processor.topic_prefix + "journal")
        return max((message.timestamp()[1] for message in messages), default=0)

    processor.start()
    publish_as_it_is(processor, "orders", order("first"))
    wait_until(ticks, "the clock ticks")

    processor.stop("receiving")
    receipt = {"receipt_id": "R", "lines": [{"sku": "A", "location": "L", "quantity": 1}]}
    now = datetime.now(UTC)
    event = encode_structured("goods.received", receipt, id="R", source="/tests/dock", time=now)
    publish_as_it_is(processor, "receiving", Published(event.key, event.value, event.headers))
    [unread] = read_committed(processor.bootstrap, processor.topic_prefix + "receiving")
    appended_ms = unread.timestamp()[1]

    def time_passes() -> bool:
        """Orders go on being read, so that the journal shows how late it is."""
        now = datetime.now(UTC)
        publish_as_it_is(processor, "orders", order(f"O-{now.isoformat()}", now=now))
        return journal_time() > appended_ms + 3000

    wait_until(time_passes, "the journal is three seconds ahead of the unread record")
    assert max(ticks()) <= appended_ms * 1000

    processor.start("receiving")
    wait_until(lambda: max(ticks()) > appended_ms * 1000, "the clock moves on")
