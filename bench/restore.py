"""How long a restore of allocation takes, from a real broker to the state that serves (goal P6).

    python -m bench.restore [--records 1000000] [--superseded 10000000] [--rounds 3] [--keep]

A fold of one-line orders that wait gives the state, one changelog partition holds it. By turns, each in a
process of its own: the engine's restore of that partition, and a bare consume of it with the same settings.
Then the same beside superseded records of the same keys, which compaction has not removed yet.

The goal: a million live records in at most 5 s; with ten million superseded ones, in at most 1.5 times the
bare consume of the same run.
"""

import argparse
import json
import random
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from bench import kept
from confluent_kafka import KafkaError, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic
from prometheus_client import CollectorRegistry, Counter

from backorder.allocation.metrics import BacklogMetrics
from backorder.allocation.partition import JournalPartition, Topics
from backorder.domain import events as e
from backorder.domain.fold import Fold
from backorder.domain.settings import Settings
from backorder.engine import garbage, kafka, mark
from backorder.engine.config import EngineSettings, KafkaSettings
from backorder.engine.restore import Restore, Restorer
from backorder.local.broker import Broker

SKUS = 20_000
START = datetime(2026, 1, 1, tzinfo=UTC)
SLICE_SECONDS = 0.1
GOAL_SECONDS, GOAL_RATIO = 5.0, 1.5


# --- the state ----------------------------------------------------------------------------------------------


def state(records: int) -> dict[bytes, bytes]:
    """Changelog records of about so many, of a fold in which all orders wait."""
    fold, first = Fold(), 0
    while _kept(fold) < records:
        for number in range(first, first + 1_000):
            order = e.OrderPlaced(f"O-{number:08}", [e.OrderLine(1, f"SKU-{number % SKUS:05}", 1)])
            time = START + timedelta(seconds=number)
            fold.apply(e.Entry(e.JOURNAL_VERSION, "default", f"evt-{number}", "/bench", time, order))
        first += 1_000
        fold.commit()
    return dict(fold.dump())


def _kept(fold: Fold) -> int:
    return sum(len(table.rows) for pool in fold.pools.values() for table in pool.tables.values())


def write(bootstrap: str, topic: str, live: dict[bytes, bytes], superseded: int) -> None:
    """The changelog: superseded records of random keys, then the live ones, then the mark."""
    config = {"cleanup.policy": "compact", "min.compaction.lag.ms": str(86_400_000)}
    admin = AdminClient({"bootstrap.servers": bootstrap})
    admin.create_topics([NewTopic(topic, 1, 1, config=config)])[topic].result(30)
    producer = Producer(
        kafka.common(KafkaSettings(bootstrap_servers=bootstrap))
        | {"compression.type": "lz4", "linger.ms": 20, "batch.size": 1024 * 1024}
        | {"queue.buffering.max.messages": 500_000, "batch.num.messages": 100_000}
    )
    for key, value in (*_old(live, superseded), *live.items(), (mark.KEY, mark.encode(0, 1))):
        while True:
            try:
                producer.produce(topic, value, key)
                break
            except BufferError:
                producer.poll(0.1)
    assert producer.flush(120) == 0


def _old(live: dict[bytes, bytes], count: int) -> Iterator[tuple[bytes, bytes]]:
    keys, dice = list(live), random.Random(1)
    for _ in range(count):
        key = keys[int(dice.random() * len(keys))]
        yield key, live[key]


# --- one run, in a process of its own -----------------------------------------------------------------------


def restore(bootstrap: str, topic: str, end: int) -> dict[str, float]:
    """As the engine does it when a partition has been assigned."""
    settings = EngineSettings(kafka=KafkaSettings(bootstrap_servers=bootstrap))
    registry = CollectorRegistry()
    events = Counter("events", "as allocation counts them", ["a", "b", "c"], registry=registry)
    state = JournalPartition(0, Settings(), Topics(str, len), lambda: None, BacklogMetrics(registry), events)
    garbage.search_seldom()
    restorer = Restorer(kafka.restore_config(settings, "bench"), topic)
    job = Restore(0, state, 0, end)
    restorer.add(job)
    began = time.monotonic()
    read = 0.0
    while not job.done:
        with garbage.filling():
            restorer.work(SLICE_SECONDS, wait=True)
        if job.read and not read:
            read = time.monotonic() - began
    assert job.mark is not None
    return {"seconds": time.monotonic() - began, "of that, reading": read, "records": job.records}


def consume(bootstrap: str, topic: str, end: int) -> dict[str, float]:
    """The same partition, and nothing done with what comes."""
    settings = EngineSettings(kafka=KafkaSettings(bootstrap_servers=bootstrap))
    consumer = kafka.consumer(kafka.restore_config(settings, "bench"))
    consumer.assign([TopicPartition(topic, 0, 0)])
    began, count, position = time.monotonic(), 0, 0
    while position < end:
        for message in consumer.consume(10_000, 0.05):
            error, offset = message.error(), message.offset()
            assert offset is not None
            if error is None:
                message.key(), message.value()
                count, position = count + 1, offset + 1
            else:
                assert error.code() == KafkaError._PARTITION_EOF, error
                position = max(position, offset)
    seconds = time.monotonic() - began
    consumer.close()
    return {"seconds": seconds, "records": count}


RUNS = {"restore": restore, "consume": consume}


def one(what: str, bootstrap: str, topic: str, end: int) -> None:
    """The child's side: runs, and prints what it took."""
    found = RUNS[what](bootstrap, topic, end)
    used = resource.getrusage(resource.RUSAGE_SELF)
    found |= {"cpu_seconds": used.ru_utime + used.ru_stime, "memory_mib": _peak_kib() / 1024}
    print(json.dumps({name: round(figure, 2) for name, figure in found.items()}))


def _peak_kib() -> int:
    """The most memory that this process has held; `ru_maxrss` would count its parent's, too."""
    lines = Path("/proc/self/status").read_text(encoding="utf-8").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:"))


def run(what: str, bootstrap: str, topic: str, end: int) -> dict[str, float]:
    command = [sys.executable, "-m", "bench.restore", "--one", what, bootstrap, topic, str(end)]
    answer = subprocess.run(command, check=True, capture_output=True, text=True)
    found: dict[str, float] = json.loads(answer.stdout.splitlines()[-1])
    return found


# --- all of them --------------------------------------------------------------------------------------------


def compare(bootstrap: str, live: dict[bytes, bytes], superseded: int, rounds: int) -> dict[str, Any]:
    """Restores and bare consumes by turns."""
    topic = f"state-{superseded}"
    write(bootstrap, topic, live, superseded)
    end = superseded + len(live) + 1
    found: dict[str, list[dict[str, float]]] = {what: [] for what in RUNS}
    print(f"{len(live):,} live records, {superseded:,} superseded")
    for _ in range(rounds):
        for what in RUNS:
            found[what].append(run(what, bootstrap, topic, end))
            print(f"  {what}: {found[what][-1]}", flush=True)
    seconds = {what: [each["seconds"] for each in runs] for what, runs in found.items()}
    ratio = statistics.median(r / c for r, c in zip(seconds["restore"], seconds["consume"], strict=True))
    quickest = {what: min(each) for what, each in seconds.items()}
    print(
        f"  restore {statistics.median(seconds['restore']):.1f} s, quickest {quickest['restore']:.1f}; "
        f"bare consume {statistics.median(seconds['consume']):.1f} s, quickest {quickest['consume']:.1f}; "
        f"ratio of neighbours {ratio:.2f}"
    )
    return {"live": len(live), "superseded": superseded, "ratio": round(ratio, 2), **found}


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--records", type=int, default=1_000_000, help="live ones, about")
    asked.add_argument("--superseded", type=int, default=10_000_000, help="beside them, in a second topic")
    asked.add_argument("--rounds", type=int, default=3)
    asked.add_argument("--keep", action="store_true", help="write the figures to bench/results/")
    asked.add_argument("--one", nargs=4, metavar="WORD", help=argparse.SUPPRESS)
    options = asked.parse_args()
    if options.one:
        what, bootstrap, topic, end = options.one
        one(what, bootstrap, topic, int(end))
        return
    live = state(options.records)
    with tempfile.TemporaryDirectory() as folder, Broker(Path(folder) / "kafka", start_timeout=300) as broker:
        figures = [
            compare(broker.bootstrap, live, superseded, options.rounds)
            for superseded in dict.fromkeys([0, options.superseded])
        ]
    if options.keep:
        print(kept.keep("restore", goals=f"{GOAL_SECONDS:g} s; ratio {GOAL_RATIO:g}", compared=figures))


if __name__ == "__main__":
    main()
