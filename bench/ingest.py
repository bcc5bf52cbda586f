"""What an ingest service does with a record, without Kafka: read it strictly, drop repeats, make the entry.

    python -m bench.ingest [--keep]

Orders of 1 to 15 lines as a shop's order management publishes them, in batches of 1,000. Printed: processor
time for an order by its number of lines, fitted by a line through them, and where the time of the smallest
order goes (goal P3: 10 µs for an order of one line, 1.5 for each further line). Each figure is that of the
quickest fifth of many batches: a busy neighbour makes a batch dearer, nothing makes it cheaper.
"""

import argparse
import random
import statistics
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from time import process_time
from typing import Any

import msgspec
from bench import kept

from backorder.contract.envelope import DEFAULT_LIMITS, decode_record, encode_structured
from backorder.contract.event_types import INPUTS
from backorder.engine import garbage
from backorder.engine.ingest import IngestPartition
from backorder.engine.metrics import Metrics
from backorder.engine.records import Collected, Message
from backorder.engine.repeats import Window, digest
from backorder.ingest.reading import entry_of, identity, reader

BATCH = 1_000
BATCHES = 40
LINES = (1, 2, 3, 5, 8, 15)
START = datetime(2026, 1, 1, tzinfo=UTC)
DAY_MS = 86_400_000
GOAL, GOAL_FURTHER = 10.0, 1.5


def orders(count: int, lines: int, seed: int) -> list[Message]:
    """Records of the topic `orders`."""
    dice = random.Random(seed)
    found = []
    for number in range(count):
        order = f"SO-{lines}-{number:07}"
        data = {
            "order_id": order,
            "lines": [
                {"line": n + 1, "sku": f"SKU-{dice.randrange(20_000):05}", "quantity": dice.randint(1, 5)}
                for n in range(lines)
            ],
            "customer_id": f"C-{dice.randrange(50_000)}",
        }
        time = START + timedelta(milliseconds=number)
        record = encode_structured(
            "order.placed", data, id=f"evt-{lines}-{number}", source="/shop/orders", time=time
        )
        stamp = int(time.timestamp() * 1000) + 40
        found.append(Message("orders", 0, number, stamp, record.key, record.value, list(record.headers)))
    return found


def best(times: Sequence[float]) -> float:
    """Microseconds of one record, of the quickest fifth of the batches."""
    quickest = sorted(times)[: max(1, len(times) // 5)]
    return statistics.median(quickest) / BATCH * 1e6


def whole(lines: int) -> float:
    """The service's own state, from records to journal and changelog records."""
    partition = IngestPartition(
        "orders",
        reader(DEFAULT_LIMITS, 12),
        Window(DAY_MS, 1_000_000),
        "journal",
        "dead-letters",
        Metrics("x"),
    )
    messages = orders(BATCH * BATCHES, lines, seed=lines)
    times = []
    for first in range(0, len(messages), BATCH):
        batch, out = messages[first : first + BATCH], Collected()
        began = process_time()
        partition.process(batch, out)
        for key, value in partition.changes():
            out.produce("orders-state", key, value, 0)
        partition.commit()
        times.append(process_time() - began)
        assert len(out) >= BATCH
    return best(times)


def parts() -> dict[str, float]:
    """Where the time of an order of one line goes."""
    messages = orders(BATCH, 1, seed=1)
    limits = DEFAULT_LIMITS

    def decode(message: Message) -> object:
        return decode_record(
            message.topic, message.key, message.value, message.headers, message.timestamp_ms, limits
        )

    found = [decode_record(m.topic, m.key, m.value, m.headers, m.timestamp_ms, limits) for m in messages]
    entries = [entry_of(one, 0, 0) for one in found]
    validate, encode = INPUTS["io.backorder.order.placed.v1"].validate, msgspec.json.Encoder().encode
    read = reader(limits, 12)
    return {
        "reading the record in all": _each(read, messages),
        "of that, envelope and validation": _each(decode, messages),
        "of that, pydantic alone": _each(validate, [one.data for one in found]),
        "of that, the entry": _each(lambda one: entry_of(one, 0, 0), found),
        "of that, encoding it": _each(encode, entries),
        "identity and digest": _each(lambda one: digest(identity(one.topic, one.source, one.id)), found),
    }


def _each(work: Callable[[Any], object], things: Sequence[Any]) -> float:
    times = []
    for _ in range(BATCHES):
        began = process_time()
        for thing in things:
            work(thing)
        times.append(process_time() - began)
    return best(times)


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--keep", action="store_true", help="write the figures to bench/results/")
    options = asked.parse_args()
    garbage.search_seldom()
    by_lines = {lines: whole(lines) for lines in LINES}
    slope, _ = statistics.linear_regression(list(by_lines), list(by_lines.values()))
    for lines, micros in by_lines.items():
        print(f"an order of {lines:2} lines: {micros:5.1f} µs")
    print(f"an order of one line: {by_lines[1]:.1f} µs (goal {GOAL:g})")
    print(f"a further line: {slope:.2f} µs (goal {GOAL_FURTHER:g})")
    where = parts()
    for what, micros in where.items():
        print(f"  {micros:5.2f} µs  {what}")
    if options.keep:
        rounded = {str(lines): round(micros, 2) for lines, micros in by_lines.items()}
        print(
            kept.keep(
                "ingest",
                us_by_lines=rounded,
                us_further_line=round(slope, 2),
                us_parts={what: round(micros, 2) for what, micros in where.items()},
            )
        )


if __name__ == "__main__":
    main()
