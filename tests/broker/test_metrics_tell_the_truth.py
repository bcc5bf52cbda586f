"""What the services say in their metrics is what a count of the topics gives, whatever they went through.

Counters of one run without a restart; gauges also after kills, takeovers and restores.
"""

import time
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from backorder.trade.sample import sample
from tests.support.broker import AnyBroker, unique
from tests.support.processor import ALLOCATION, INGEST, Processor
from tests.support.recount import Recount, Where
from tests.support.scrape import Series, address_in, named, scrape
from tests.support.waiting import wait_until

pytestmark = pytest.mark.broker

POOLS = ("amsterdam", "berlin", "copenhagen")
EVENTS = 1500


class Run:
    """A processor that has done its work and still runs."""

    def __init__(self, processor: Processor) -> None:
        self.processor = processor
        self.events: Iterator[bytes] = sample(3 * EVENTS, 7, datetime.now(UTC), pools=POOLS)

    def publish(self, count: int) -> None:
        self.processor.publish(event for event, _ in zip(self.events, range(count), strict=False))

    def scrape(self, service: str, slot: str = "0") -> dict[Series, float]:
        return scrape(address_in(self.processor.log(service, slot)))

    def recount(self) -> Recount:
        return Recount(self.processor.bootstrap, self.processor.topic_prefix)


@pytest.fixture(scope="module")
def run(broker: AnyBroker, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    with Processor(broker.bootstrap, unique("metrics") + "-", tmp_path_factory.mktemp("logs")) as processor:
        run = Run(processor)
        processor.start()
        run.publish(EVENTS)
        processor.wait_until_quiet()
        yield run


def by_labels(samples: Iterable[tuple[dict[str, str], float]], *labels: str) -> dict[Any, float]:
    return {tuple(found[label] for label in labels): value for found, value in samples}


def backlog(run: Run, name: str, *slots: str) -> dict[Where, float]:
    """A gauge of all allocation processes together, added up: what two of them show counts twice."""
    found: Counter[Where] = Counter()
    for slot in slots or ("0",):
        shown = by_labels(named(run.scrape(ALLOCATION, slot), name), "state", "location", "partition")
        found.update(shown)  # type: ignore[arg-type]
    return dict(found)  # type: ignore[arg-type]


def shows_the_backlog(run: Run, recount: Recount, *slots: str) -> bool:
    return (
        backlog(run, "backorder_open_lines", *slots) == recount.lines()
        and backlog(run, "backorder_open_units", *slots) == recount.units()
        and backlog(run, "backorder_oldest_open_line_timestamp_seconds", *slots)
        == pytest.approx(recount.oldest(), abs=1e-6)
    )


# The tests below stand in the order in which the run goes on.


def test_events_are_counted_once_by_type_and_outcome(run: Run) -> None:
    recount = run.recount()
    counted: Counter[tuple[str, str, str]] = Counter()
    for service in (*INGEST, ALLOCATION):
        for labels, value in named(run.scrape(service), "backorder_events_total"):
            if labels["outcome"] != "dead_letter" and labels["type"] != "clock.ticked":
                counted[labels["topic"], labels["type"], labels["outcome"]] += int(value)

    assert counted == recount.events
    assert {topic for topic, _, _ in counted} == {*INGEST, "journal"}
    assert {outcome for _, _, outcome in counted} == {"accepted", "duplicate", "applied", "rejected"}


def test_dead_letters_are_counted_by_reason(run: Run) -> None:
    counted: Counter[str] = Counter()
    for service in INGEST:
        for labels, value in named(run.scrape(service), "backorder_dead_letters_total"):
            counted[labels["reason"]] += int(value)

    assert counted == run.recount().dead_letters
    assert counted.total() > 0


def test_orders_that_were_placed_are_counted_by_what_became_of_them_at_once(run: Run) -> None:
    recount, samples = run.recount(), run.scrape(ALLOCATION)
    counted: Counter[tuple[str, str]] = Counter()
    for what in ("units", "lines", "orders"):
        for labels, value in named(samples, f"backorder_placed_{what}_total"):
            counted[what, labels["outcome"]] = int(value)

    assert +counted == +recount.placed
    # How much of it was covered depends on which of the topics was read first.
    assert sum(counted["units", outcome] for outcome in ("covered", "waiting", "refused")) > EVENTS / 2


def test_waits_that_have_ended_are_counted_by_what_ended_them(run: Run) -> None:
    recount, samples = run.recount(), run.scrape(ALLOCATION)
    counts = by_labels(named(samples, "backorder_line_wait_seconds_count"), "outcome")
    sums = by_labels(named(samples, "backorder_line_wait_seconds_sum"), "outcome")

    assert counts == {(outcome,): len(waits) for outcome, waits in recount.waits.items()}
    assert sums == pytest.approx(
        {(outcome,): total for outcome, waits in recount.waits.items() if (total := sum(waits))}
    )
    assert ("filled",) in counts


def test_the_backlog_is_what_is_open(run: Run) -> None:
    recount = run.recount()

    assert backlog(run, "backorder_open_lines") == recount.lines()
    assert backlog(run, "backorder_open_units") == recount.units()
    assert shows_the_backlog(run, recount), "the oldest"
    assert {state for state, _, _ in recount.open} == {"awaiting_stock", "released"}


def test_the_ages_are_those_of_what_is_open(run: Run) -> None:
    recount = run.recount()
    before = time.time()
    samples = run.scrape(ALLOCATION)
    after = time.time()
    shown = {
        ((labels["state"], labels["location"], labels["partition"]), float(labels["le"])): value
        for labels, value in named(samples, "backorder_open_line_age_seconds_bucket")
    }
    # While we looked, a line may have grown older than an edge.
    at_most, at_least = recount.ages(before), recount.ages(after)

    assert at_most
    for place, count in at_most.items():
        assert at_least[place] <= shown.get(place, 0) <= count, place
    for where, lines in recount.open.items():
        assert shown[where, float("inf")] == len(lines)


def test_after_kills_and_a_takeover_the_backlog_is_still_what_is_open(run: Run) -> None:
    processor = run.processor
    run.publish(EVENTS // 2)
    processor.kill(ALLOCATION)
    processor.kill("orders")
    processor.restart(ALLOCATION)
    processor.restart("orders")
    run.publish(EVENTS // 2)
    processor.start(ALLOCATION, slot="1")
    wait_until(
        lambda: '"partition ready"' in _log_of(processor, "1"), "the second process takes over partitions"
    )
    run.publish(EVENTS)
    processor.wait_until_quiet()
    recount = run.recount()

    # A partition may still be on its way from one to the other.
    wait_until(lambda: shows_the_backlog(run, recount, "0", "1"), "the two show together what is open")


def test_what_another_process_gives_back_is_shown_again(run: Run) -> None:
    run.processor.stop(ALLOCATION, slot="1")
    recount = run.recount()

    wait_until(lambda: shows_the_backlog(run, recount), "the first process shows everything again")


def _log_of(processor: Processor, slot: str) -> str:
    """Empty until the process has begun to write."""
    try:
        return processor.log(ALLOCATION, slot)
    except FileNotFoundError:
        return ""
