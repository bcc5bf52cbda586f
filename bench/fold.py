"""What the fold costs: CPU per event, memory per line, restoring from the changelog. No broker.

    .venv/bin/python bench/fold.py

The mix is goal P9's: one-line orders 70 %, receipts 20 %, cancels 10 %, over 2,000 SKUs by Zipf's law. CPU is
that of one core, garbage collection off as in the services after a restore; figures are medians of chunks, so
that a busy neighbour does not decide them.
"""

import gc
import json
import random
import sys
import tracemalloc
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from statistics import median
from time import process_time

import msgspec

from backorder.allocation.publish import publish_decision, publish_row
from backorder.domain import events as e
from backorder.domain.fold import Fold
from backorder.simulate.simulation import Simulation

EVENTS = 60_000
CHUNK = 500
SKUS = 2_000
LINES = 200_000
START = datetime(2026, 1, 1, tzinfo=UTC)


def mix(seed: int = 1) -> Iterator[e.Entry]:
    """Entries of the mix, one a second."""
    dice = random.Random(seed)
    skus = [f"SKU-{number}" for number in range(SKUS)]
    weights = list(accumulate((number + 1) ** -1.1 for number in range(SKUS)))
    placed: list[str] = []
    for number in range(EVENTS):
        sku = dice.choices(skus, cum_weights=weights)[0]
        share = dice.random()
        event: e.Event
        if share < 0.7 or not placed:
            placed.append(f"O-{number}")
            event = e.OrderPlaced(placed[-1], [e.OrderLine(1, sku, dice.randint(1, 3))])
        elif share < 0.9:
            event = e.GoodsReceived(f"R-{number}", [e.ReceivedLine(sku, "L1", 7)])
        else:
            event = e.OrderCancelled(dice.choice(placed), "changed my mind")
        time = START + timedelta(seconds=number)
        yield e.Entry(e.JOURNAL_VERSION, "default", f"e-{number}", "/bench", time, event)


def fold_and_publish() -> None:
    entries = list(mix())
    fold = Fold()
    parts: dict[str, list[float]] = {"fold": [], "publish": [], "changelog": []}
    for first in range(0, EVENTS, CHUNK):
        began = process_time()
        outcomes = [fold.apply(entry) for entry in entries[first : first + CHUNK]]
        folded = process_time()
        for outcome in outcomes:
            for emitted in outcome.emitted:
                publish_decision(emitted)
        for row in fold.rows():
            publish_row(row)
        published = process_time()
        for _ in fold.changes():
            pass
        fold.commit()
        parts["fold"].append(folded - began)
        parts["publish"].append(published - folded)
        parts["changelog"].append(process_time() - published)
    micros = {name: median(times) / CHUNK * 1e6 for name, times in parts.items()}
    said = ", ".join(f"{name} {value:.1f}" for name, value in micros.items())
    print(f"batches of {CHUNK}: {sum(micros.values()):.1f} us an event ({said})")


def simulate() -> None:
    lines = [_line(entry) for entry in mix()]
    simulation = Simulation()
    times = []
    for first in range(0, EVENTS, CHUNK):
        began = process_time()
        for line in lines[first : first + CHUNK]:
            simulation.take(line)
        times.append(process_time() - began)
    micros = median(times) / CHUNK * 1e6
    print(f"simulate: {micros:.1f} us an event, {1e6 / micros:,.0f} events a second (goal P9: 30,000)")


def _line(entry: e.Entry) -> bytes:
    event = entry.event
    subject = getattr(event, "order_id", None) or getattr(event, "receipt_id", None)
    data = {name: value for name, value in msgspec.to_builtins(event).items() if not name.startswith("$")}
    cloud_event = {
        "specversion": "1.0",
        "id": entry.id,
        "source": entry.source,
        "type": f"io.backorder.{e.type_name(event)}.v1",
        "time": entry.time.isoformat(),
        "subject": subject,
        "data": data,
    }
    return json.dumps(cloud_event).encode()


def waiting_lines() -> None:
    tracemalloc.start()
    fold = Fold()
    for number in range(LINES):
        order = e.OrderPlaced(f"O-{number}", [e.OrderLine(1, f"SKU-{number % SKUS}", 1)])
        fold.apply(e.Entry(1, "default", f"e-{number}", "/bench", START + timedelta(seconds=number), order))
        if number % 1000 == 0:
            fold.commit()
    fold.commit()
    gc.collect()
    size = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    print(f"memory: {size / LINES:,.0f} bytes a waiting line, all in (goal P7: 900)")
    records = list(fold.dump().items())
    restored = Fold()
    began = process_time()
    restored.load(records)
    restored.loaded()
    seconds = process_time() - began
    print(f"restore: {len(records) / seconds:,.0f} records a second, decoded and queued")


if __name__ == "__main__":
    gc.disable()
    print(f"Python {sys.version.split()[0]}")
    fold_and_publish()
    simulate()
    waiting_lines()
