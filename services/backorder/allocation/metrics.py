"""What an operator sees of the backlog: how much is open, in which state, where, and since when.

    backorder_open_lines{state,location,partition}
    backorder_open_units{state,location,partition}
    backorder_oldest_open_line_timestamp_seconds{state,location,partition}    0 = none
    backorder_open_line_age_seconds{state,location,partition}                 gauge histogram, ages now
    backorder_line_wait_seconds{outcome}                                      histogram, waits that have ended
    backorder_placed_units|lines|orders_total{outcome}                        what became of orders at once

States: `awaiting_stock` (a backorder), `releasable` (covered and not yet released: our own delay), `held`
(kept back on purpose), `released` (with the warehouse). A line counts in every state in which it has units.
The location is the one that the line names, empty when it names none. While a partition moves, two processes
may both show it: add up with `sum by (location) (max by (location, partition) (...))`.

Nothing here has a label per SKU, and neither the number of series nor the cost of a scrape depends on the
number of lines or SKUs.
"""

from collections import Counter as Counts
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import accumulate
from threading import Lock
from time import time_ns
from typing import NamedTuple

from msgspec import Struct
from prometheus_client import CollectorRegistry, Counter, Histogram
from prometheus_client.core import GaugeHistogramMetricFamily, GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector
from prometheus_client.utils import floatToGoString

from backorder.allocation.ages import MINUTE_EDGES, Ages
from backorder.domain.decisions import Placed

STATES = ("awaiting_stock", "releasable", "held", "released")
OUTCOMES = ("filled", "cancelled", "expired", "closed_short")

_EDGES = tuple(minutes * 60 for minutes in MINUTE_EDGES)
_LE = (*map(floatToGoString, _EDGES), "+Inf")
_LABELS = ("state", "location", "partition")
_NOTHING = (0, None)
_UNITS = [("units", outcome) for outcome in Placed._fields]


class LineFigures(Struct, frozen=True, gc=False):
    """The figures of one line that the gauges are made of. Times are microseconds since 1970.

    `allocated` includes `released`; `kept` says that the difference is kept back on purpose. `opened_at_us`
    says when the units that wait began to wait and is None when none does; `accepted_at_us` is the time of
    acceptance, from which covered units are counted.
    """

    location: str | None
    allocated: int
    backordered: int
    released: int
    opened_at_us: int | None
    accepted_at_us: int
    kept: bool = False

    def open_in(self) -> Iterator[tuple[str, int, int | None]]:
        """The states in which it has units, how many, and since when they are open there."""
        if self.backordered:
            yield "awaiting_stock", self.backordered, self.opened_at_us
        covered = self.allocated - self.released
        if covered:
            yield "held" if self.kept else "releasable", covered, self.accepted_at_us
        if self.released:
            yield "released", self.released, self.accepted_at_us


class _Place:
    """The open lines of one location in one partition, by state."""

    __slots__ = ("ages",)

    def __init__(self, now_us: int) -> None:
        self.ages = {state: Ages(now_us) for state in STATES}

    def enter(self, line: LineFigures) -> None:
        for state, units, since_us in line.open_in():
            self.ages[state].enter(units, since_us)

    def leave(self, line: LineFigures) -> None:
        for state, units, since_us in line.open_in():
            self.ages[state].leave(units, since_us)

    def change(self, was: LineFigures, now: LineFigures) -> None:
        before = {state: (units, since_us) for state, units, since_us in was.open_in()}
        for state, units, since_us in now.open_in():
            self.ages[state].change(*before.pop(state, _NOTHING), units, since_us)
        for state, there in before.items():
            self.ages[state].leave(*there)


class BacklogMetrics(Collector):
    """The backlog of the partitions that this process owns, for the registry that is given.

    The service reports each changed line once per committed batch, and every line that it restores; the
    thread that answers a scrape reads. `clock` gives the time in microseconds since 1970.
    """

    def __init__(
        self, registry: CollectorRegistry, clock: Callable[[], int] = lambda: time_ns() // 1_000
    ) -> None:
        self._clock = clock
        self._lock = Lock()
        self._partitions: dict[int, dict[str | None, _Place]] = {}
        self._waits = Histogram(
            "backorder_line_wait_seconds",
            "How long the units of a backorder had waited when it was closed, by what closed it.",
            labelnames=("outcome",),
            buckets=_EDGES,
            registry=registry,
        )
        self._wait_of = {outcome: self._waits.labels(outcome) for outcome in OUTCOMES}
        self._placed = {
            (what, outcome): counter.labels(outcome)
            for what, counter in _placed_counters(registry).items()
            for outcome in Placed._fields
        }
        registry.register(self)

    def changed(self, partition: int, before: LineFigures | None, after: LineFigures | None) -> None:
        """A line of the partition went from `before` (None: was not there) to `after` (None: is gone)."""
        with self._lock:
            if before is not None and after is not None and before.location == after.location:
                self._place(partition, after.location).change(before, after)
                return
            if before is not None:
                self._place(partition, before.location).leave(before)
            if after is not None:
                self._place(partition, after.location).enter(after)

    def restored(self, partition: int, lines: Iterable[LineFigures]) -> None:
        """The lines of a partition of which nothing is known yet: `changed` for all of them, for less."""
        opened: defaultdict[tuple[str | None, str], list[tuple[int, int | None]]] = defaultdict(list)
        for line in lines:
            for state, units, since_us in line.open_in():
                opened[line.location, state].append((units, since_us))
        with self._lock:
            for (location, state), there in opened.items():
                self._place(partition, location).ages[state].enter_all(there)

    def forget(self, partition: int) -> None:
        """The partition is no longer ours: its series disappear."""
        with self._lock:
            self._partitions.pop(partition, None)

    def closed(self, outcome: str, waited_seconds: float) -> None:
        """A backorder was closed after it had waited so long; call it for committed decisions only.

        Raises KeyError for an outcome that the contract does not know.
        """
        self._wait_of[outcome].observe(waited_seconds)

    def placed(self, orders: Iterable[Sequence[Placed]]) -> None:
        """Orders were placed with these lines; call it for what is committed only."""
        counts: Counts[tuple[str, str]] = Counts()
        for lines in orders:
            for line in lines:
                counts.update(dict(zip(_UNITS, line, strict=True)))
                counts["lines", _became([line])] += 1
            counts["orders", _became(lines)] += 1
        for series, count in counts.items():
            self._placed[series].inc(count)

    def _place(self, partition: int, location: str | None) -> _Place:
        places = self._partitions.get(partition)
        if places is None:
            places = self._partitions[partition] = {}
        place = places.get(location)
        if place is None:
            place = places[location] = _Place(self._clock())
        return place

    def describe(self) -> list[Metric]:
        return [*_families()]

    def collect(self) -> list[Metric]:
        """The state as of now, read under the lock and so never in the middle of a line's change."""
        families = _families()
        with self._lock:
            now_us = self._clock()
            for partition, places in sorted(self._partitions.items()):
                for location, place in places.items():
                    _show(families, [location or "", str(partition)], place, now_us)
        return [*families]


def _became(lines: Sequence[Placed]) -> str:
    """What lines count as together: waiting or refused with any unit of theirs, covered only with all."""
    if any(line.waiting for line in lines):
        return "waiting"
    return "refused" if any(line.refused for line in lines) else "covered"


def _placed_counters(registry: CollectorRegistry) -> dict[str, Counter]:
    words = {"units": "Units", "lines": "Lines", "orders": "Orders"}
    return {
        what: Counter(
            f"backorder_placed_{what}",
            f"{word} that were placed, by what became of them at once.",
            labelnames=("outcome",),
            registry=registry,
        )
        for what, word in words.items()
    }


class _Families(NamedTuple):
    lines: GaugeMetricFamily
    units: GaugeMetricFamily
    oldest: GaugeMetricFamily
    ages: GaugeHistogramMetricFamily


def _families() -> _Families:
    return _Families(
        GaugeMetricFamily("backorder_open_lines", "Lines with units in the state.", labels=_LABELS),
        GaugeMetricFamily("backorder_open_units", "Units in the state.", labels=_LABELS),
        GaugeMetricFamily(
            "backorder_oldest_open_line_timestamp_seconds",
            "Since when the oldest line of the state is open; 0 when there is none.",
            labels=_LABELS,
        ),
        GaugeHistogramMetricFamily(
            "backorder_open_line_age_seconds",
            "How long the lines that are open now have been open, known by the minute.",
            labels=_LABELS,
        ),
    )


def _show(families: _Families, where: list[str], place: _Place, now_us: int) -> None:
    for state, ages in place.ages.items():
        labels = [state, *where]
        families.lines.add_metric(labels, ages.lines)
        families.units.add_metric(labels, ages.units)
        families.oldest.add_metric(labels, ages.oldest_us() / 1e6)
        families.ages.add_metric(
            labels,
            [*zip(_LE, accumulate(ages.distribution(now_us)), strict=True)],
            max(0, ages.sum_of_ages_us(now_us)) / 1e6,
        )
