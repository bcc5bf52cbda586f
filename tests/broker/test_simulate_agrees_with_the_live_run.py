"""`backorder simulate`, given what a live run has in its journal, in that order, gives the same answers."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

from backorder.contract.catalogue import load_catalogue
from backorder.contract.envelope import CLOCK_TICKED
from backorder.contract.output_types import OUTPUT_TYPES
from backorder.domain.events import ClockTicked, Entry
from backorder.reconcile.journal import read_entry
from backorder.reconcile.kafka_log import KafkaLog
from backorder.simulate.simulation import Simulation
from backorder.trade.sample import sample
from tests.support.broker import AnyBroker
from tests.support.processor import Processor
from tests.support.waiting import wait_until

pytestmark = pytest.mark.broker

EVENTS = 2_000
TABLES = ("lines", "stock", "availability")
TOPIC_OF = {kind.name: kind.topic for kind in OUTPUT_TYPES}


def live_run(
    broker: AnyBroker, topic_prefix: str, logs: Path, lines: list[bytes]
) -> tuple[list[Entry], list[Any]]:
    """Journal and public topics of a processor that was given these lines and has done its work.

    Its clock is ahead of the lines from the second one on: in a simulation they would move it, too.
    """
    name = load_catalogue(prefix=topic_prefix).full_name

    def read() -> KafkaLog:
        return KafkaLog(broker.bootstrap, {}, [name(topic) for topic in ("journal", *TOPIC_OF.values())])

    def has_ticked() -> bool:
        log = read()
        return all(log.end(name("journal"), number) > 0 for number in range(log.partitions(name("journal"))))

    with Processor(broker.bootstrap, topic_prefix, logs) as processor:
        processor.start()
        processor.publish(lines[:1])
        wait_until(has_ticked, "the clock has ticked in every partition", 60)
        processor.publish(lines[1:])
        processor.wait_until_quiet()
        processor.stop()
    log = read()
    topics = {name(topic) for topic in TOPIC_OF.values()}
    said = [json.loads(record.value or b"") for topic in topics for record in log.read(topic)]
    for number in range(log.partitions(name("journal"))):
        journal = [read_entry(record) for record in log.read(name("journal"), number)]
        if any(entry.pool for entry in journal):
            return journal, said
    raise AssertionError("nothing of the pool is in the journal")


def as_lines(journal: list[Entry], published: list[bytes]) -> Iterator[bytes]:
    """The journal's events as they were published, and its ticks."""
    by_name = {(event.get("source"), event.get("id")): line for event, line in readable(published)}
    for entry in journal:
        if isinstance(entry.event, ClockTicked):
            yield json.dumps({"type": CLOCK_TICKED, "time": entry.time.isoformat()}).encode()
        else:
            yield by_name[entry.source, entry.id]


def readable(lines: list[bytes]) -> Iterator[tuple[dict[str, Any], bytes]]:
    for line in lines:
        try:
            event = json.loads(line)
        except ValueError:
            continue
        if isinstance(event, dict):
            yield event, line


def decisions(said: list[Any]) -> list[Any]:
    """In the order in which they were made."""
    made = [event for event in said if TOPIC_OF[event["type"]] not in TABLES]
    return sorted(made, key=lambda event: int(event["id"]))


def last_rows(said: list[Any]) -> dict[tuple[str, str], Any]:
    rows = {}
    for event in said:
        if TOPIC_OF[event["type"]] in TABLES:
            rows[event["type"], event["subject"]] = event["data"]
    return rows


def test_simulate_says_what_the_live_run_has_said_on_the_same_log(
    broker: AnyBroker, topic_prefix: str, tmp_path: Path
) -> None:
    published = list(islice(sample(EVENTS, 11, datetime.now(UTC)), EVENTS))
    journal, live = live_run(broker, topic_prefix, tmp_path, published)
    simulation, simulated = Simulation(), []
    for line in as_lines(journal, published):
        simulated += [json.loads(event) for event in simulation.take(line)]

    assert len(decisions(live)) > EVENTS / 2
    assert decisions(simulated) == decisions(live)
    assert last_rows(simulated) == last_rows(live)
    assert {kind for kind, _ in last_rows(live)} >= {
        "io.backorder.line.changed.v1",
        "io.backorder.stock.level.v1",
    }
