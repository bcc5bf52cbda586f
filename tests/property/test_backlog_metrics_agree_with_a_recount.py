"""Whatever lines come, change and go while time passes, the gauges are what a count of all lines gives."""

from bisect import bisect_left
from collections import Counter
from typing import NamedTuple

from hypothesis import given, settings
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry

from backorder.allocation.ages import MINUTE_EDGES, Ages
from backorder.allocation.metrics import BacklogMetrics, LineFigures

MINUTE = 60_000_000
START = 30_000_000 * MINUTE

few = st.integers(0, 3)
age = st.one_of(st.integers(-5, 120), st.integers(0, 50_000)).map(lambda minutes: minutes * MINUTE)
moment = st.tuples(age, st.sampled_from([0, 1, MINUTE - 1])).map(lambda parts: START - parts[0] + parts[1])


@st.composite
def figures(draw: st.DrawFn) -> LineFigures:
    released = draw(few)
    waits = draw(few)
    return LineFigures(
        draw(st.sampled_from([None, "A", "B"])),
        released + draw(few),
        waits,
        released,
        draw(moment) if waits else None,
        draw(moment),
        draw(st.booleans()),
    )


class Change(NamedTuple):
    line: int
    partition: int
    after: LineFigures | None


class Passed(NamedTuple):
    us: int
    scraped: bool


class TakenOver(NamedTuple):
    """The partition goes to another process and comes back."""

    partition: int


steps = st.lists(
    st.one_of(
        st.builds(Change, st.integers(0, 6), st.integers(0, 1), st.none() | figures()),
        st.builds(TakenOver, st.integers(0, 1)),
        st.builds(Passed, st.one_of(age, st.integers(0, 3 * MINUTE)).map(abs), st.booleans()),
    ),
    max_size=40,
)


def open_in(line: LineFigures) -> list[tuple[str, int, int]]:
    """State, units, since when: the definition, spelled out."""
    states = [
        ("awaiting_stock", line.backordered, line.opened_at_us or 0),
        ("held" if line.kept else "releasable", line.allocated - line.released, line.accepted_at_us),
        ("released", line.released, line.accepted_at_us),
    ]
    return [(state, units, since) for state, units, since in states if units > 0]


def recount(lines: dict[tuple[int, int], LineFigures], now_us: int) -> Counter[tuple[str, ...]]:
    found: Counter[tuple[str, ...]] = Counter()
    oldest: dict[tuple[str, ...], int] = {}
    for (partition, _), line in lines.items():
        for state, units, since in open_in(line):
            where = (state, line.location or "", str(partition))
            found["lines", *where] += 1
            found["units", *where] += units
            oldest[where] = min(oldest.get(where, since), since)
            bucket = bisect_left(MINUTE_EDGES, now_us // MINUTE - since // MINUTE)
            for edge in range(bucket, len(MINUTE_EDGES) + 1):
                found["age", str(edge), *where] += 1
    found.update({("oldest", *where): since for where, since in oldest.items()})
    return found


def scrape(registry: CollectorRegistry) -> Counter[tuple[str, ...]]:
    found: Counter[tuple[str, ...]] = Counter()
    edge = 0
    for family in registry.collect():
        for sample in family.samples:
            where = tuple(sample.labels.get(name, "") for name in ("state", "location", "partition"))
            match sample.name:
                case "backorder_open_lines":
                    found["lines", *where] = int(sample.value)
                case "backorder_open_units":
                    found["units", *where] = int(sample.value)
                case "backorder_oldest_open_line_timestamp_seconds":
                    found["oldest", *where] = round(sample.value * 1e6)
                case "backorder_open_line_age_seconds_bucket":
                    found["age", str(edge % (len(MINUTE_EDGES) + 1)), *where] = int(sample.value)
                    edge += 1
    return +found


@given(steps)
@settings(deadline=None)
def test_the_gauges_are_what_a_recount_gives(history: list[Change | TakenOver | Passed]) -> None:
    now = START
    registry = CollectorRegistry()
    metrics = BacklogMetrics(registry, lambda: now)
    lines: dict[tuple[int, int], LineFigures] = {}
    for step in history:
        if isinstance(step, Passed):
            now += step.us
            if step.scraped:
                assert scrape(registry) == +recount(lines, now)
            continue
        if isinstance(step, TakenOver):
            metrics.forget(step.partition)
            metrics.restored(
                step.partition, [each for key, each in lines.items() if key[0] == step.partition]
            )
            continue
        key = (step.partition, step.line)
        metrics.changed(step.partition, lines.pop(key, None), step.after)
        if step.after is not None:
            lines[key] = step.after
    assert scrape(registry) == +recount(lines, now)


@given(
    st.lists(st.integers(0, 100_000).map(lambda minutes: START - minutes * MINUTE)), st.integers(0, 100_000)
)
@settings(deadline=None)
def test_no_more_minutes_are_kept_than_lie_before_the_last_edge(opened: list[int], later: int) -> None:
    ages = Ages(START)
    for since in opened:
        ages.change(0, None, 1, since)
    ages.distribution(START + later * MINUTE)

    assert ages.minutes_kept() <= MINUTE_EDGES[-1] + 1


@given(st.data())
@settings(deadline=None)
def test_the_times_that_are_kept_stay_within_twice_the_lines(data: st.DataObject) -> None:
    ages = Ages(START)
    ages.change(0, None, 1, START - 1)  # one old line keeps all that follow from surfacing
    live: list[int] = []
    for since in data.draw(st.lists(st.integers(START, START + 10**9), max_size=400)):
        ages.change(0, None, 1, since)
        live.append(since)
        if len(live) > 2:
            ages.change(1, live.pop(0), 0, None)

    assert ages.oldest_us() == START - 1
    assert ages.times_kept() <= 2 * ages.lines + 64
