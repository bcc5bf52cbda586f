"""What a process tells Prometheus about itself. Names, labels and meanings: `docs/metrics.md`.

Nothing here is touched per record: the loop and the states count in plain integers and hand over once per
batch, after the commit.
"""

import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from importlib.metadata import version
from platform import python_version

from confluent_kafka import libversion
from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    PlatformCollector,
    ProcessCollector,
    disable_created_metrics,
)

PHASES = ("poll", "process", "produce", "commit", "abort", "restore")
PARTITION_PHASES = ("restoring", "ready", "stopped")


class Metrics:
    """The registry of one process and the engine's own metrics in it."""

    def __init__(self, service: str) -> None:
        disable_created_metrics()  # type: ignore[no-untyped-call]
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        PlatformCollector(registry=self.registry)
        registry = self.registry
        self.events = Counter(
            "backorder_events",
            "Events that were read, by what became of them; counted when their transaction is committed.",
            ("topic", "type", "outcome"),
            registry=registry,
        )
        self.dead_letters = Counter(
            "backorder_dead_letters",
            "Records sent to the dead letters, by reason.",
            ("reason",),
            registry=registry,
        )
        self.loop_seconds = Counter(
            "backorder_loop_seconds",
            "Time the loop has spent, by phase; poll includes waiting for records.",
            ("phase",),
            registry=registry,
        )
        for phase in PHASES:
            self.loop_seconds.labels(phase)
        self.batch_records = Histogram(
            "backorder_batch_records",
            "Records of one transaction.",
            buckets=(1, 10, 100, 500, 1000, 2500, 5000, 10_000),
            registry=registry,
        )
        self.transactions = Counter(
            "backorder_transactions", "Transactions, by outcome.", ("outcome",), registry=registry
        )
        for outcome in ("committed", "aborted"):
            self.transactions.labels(outcome)
        self.partitions = Gauge(
            "backorder_partitions",
            "Input partitions this process owns, by phase; a stopped one waits at a record that failed.",
            ("phase",),
            registry=registry,
        )
        for phase in PARTITION_PHASES:
            self.partitions.labels(phase)
        self.restore_seconds = Gauge(
            "backorder_restore_seconds",
            "How long the last restore of a partition's state took, from assignment to ready.",
            registry=registry,
        )
        self.restored_records = Counter(
            "backorder_restored_records", "Changelog records read by restores.", registry=registry
        )
        self.lag = Gauge(
            "backorder_consumer_lag_records",
            "Readable records of an owned input partition that are not processed yet.",
            ("topic", "partition"),
            registry=registry,
        )
        self.open_transaction = Gauge(
            "backorder_open_transaction_timestamp_seconds",
            "Since when an open transaction has held readers of the input back, the oldest one; 0 = none.",
            registry=registry,
        )
        self.last_commit = Gauge(
            "backorder_last_commit_timestamp_seconds",
            "When the last transaction was committed; 0 = none yet.",
            registry=registry,
        )
        self.last_event = Gauge(
            "backorder_last_event_timestamp_seconds",
            "The broker's append time of the newest processed record; 0 = none yet.",
            registry=registry,
        )
        Gauge(
            "backorder_build_info",
            "Always 1; the labels say what is running.",
            ("version", "service", "python", "librdkafka"),
            registry=registry,
        ).labels(version("backorder"), service, python_version(), libversion()[0]).set(1)

    @contextmanager
    def phase(self, name: str) -> Iterator[None]:
        """Adds the time spent inside to a phase of the loop."""
        start = time.perf_counter()
        try:
            yield
        finally:
            self.loop_seconds.labels(name).inc(time.perf_counter() - start)

    def know_events(self, topic: str, types: Iterable[str], outcomes: Iterable[str]) -> None:
        """Initialises the counters of the event types that may come, so that they start at 0."""
        outcomes = tuple(outcomes)
        for type_ in types:
            for outcome in outcomes:
                self.events.labels(topic, type_, outcome)

    def know_reasons(self, reasons: Iterable[str]) -> None:
        """Initialises the counters of the reasons of dead letters."""
        for reason in reasons:
            self.dead_letters.labels(reason)
