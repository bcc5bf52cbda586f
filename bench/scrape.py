"""What a scrape of the backlog metrics costs beside a million open lines (goal P10).

    python -m bench.scrape [--lines 1000000] [--locations 10] [--partitions 4]

The lines were opened over a year, most of them lately. Printed: what it costs to report a line and a fill,
what a scrape costs (collected and written as text), its number of series; or, with --memory, bytes per line.
"""

import argparse
import random
import statistics
import tracemalloc
from time import perf_counter, process_time

from prometheus_client import CollectorRegistry, generate_latest

from backorder.allocation.metrics import BacklogMetrics, LineFigures

SECOND = 1_000_000
DAY = 86_400 * SECOND
NOW = 20_000 * DAY


class Clock:
    now_us = NOW

    def __call__(self) -> int:
        return self.now_us


def line(chance: random.Random, location: str) -> LineFigures:
    since = NOW - int(chance.random() ** 3 * 365 * DAY)
    waits, covered, released = chance.choice([(5, 0, 0), (3, 2, 2), (0, 4, 1)])
    return LineFigures(location, covered, waits, released, since if waits else None, since)


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--lines", type=int, default=1_000_000)
    asked.add_argument("--locations", type=int, default=10)
    asked.add_argument("--partitions", type=int, default=4)
    asked.add_argument("--memory", action="store_true", help="measure memory instead of time")
    options = asked.parse_args()

    chance = random.Random(1)
    clock = Clock()
    registry = CollectorRegistry()
    metrics = BacklogMetrics(registry, clock)
    where = [(p, f"L{n}") for p in range(options.partitions) for n in range(options.locations)]
    lines = [(partition, line(chance, place)) for partition, place in chance.choices(where, k=options.lines)]

    if options.memory:
        tracemalloc.start()
    began = process_time()
    for partition, figures in lines:
        metrics.changed(partition, None, figures)
    spent = process_time() - began
    if options.memory:
        print(f"memory per open line: {tracemalloc.get_traced_memory()[0] / options.lines:.0f} bytes")
        return
    print(f"report of a new line: {spent / options.lines * 1e6:.2f} us CPU ({options.lines:,} lines)")

    times = []
    for _ in range(20):
        clock.now_us += 15 * SECOND
        began = perf_counter()
        text = generate_latest(registry)
        times.append((perf_counter() - began) * 1e3)
    print(f"scrape: median {statistics.median(times):.1f} ms, worst {max(times):.1f} ms")
    print(f"series: {sum(not row.startswith(b'#') for row in text.splitlines()):,}")

    changed = lines[: min(200_000, options.lines)]
    began = process_time()
    for partition, figures in changed:
        done = figures._replace(
            allocated=figures.allocated + figures.backordered, backordered=0, opened_at_us=None
        )
        metrics.changed(partition, figures, done)
    print(f"report of a fill: {(process_time() - began) / len(changed) * 1e6:.2f} us CPU")


if __name__ == "__main__":
    main()
