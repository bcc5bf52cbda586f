"""The backlog gauges tell what is open now, by state, place and partition, and how old it is."""

import pytest
from msgspec.structs import replace
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.openmetrics.exposition import generate_latest as generate_openmetrics

from backorder.allocation.metrics import BacklogMetrics, LineFigures
from backorder.domain.decisions import Placed

MINUTE = 60_000_000
DAY = 1_440 * MINUTE
NOON = 20_000 * DAY


class Clock:
    def __init__(self, now_us: int) -> None:
        self.now_us = now_us

    def __call__(self) -> int:
        return self.now_us


class Backlog:
    """The metrics as a scrape sees them."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.clock = Clock(NOON)
        self.metrics = BacklogMetrics(self.registry, self.clock)

    def value(
        self, name: str, state: str, location: str = "AMS-1", partition: int = 0, **more: str
    ) -> float | None:
        labels = {"state": state, "location": location, "partition": str(partition), **more}
        return self.registry.get_sample_value(name, labels)

    def lines(self, state: str, **where: object) -> float | None:
        return self.value("backorder_open_lines", state, **where)  # type: ignore[arg-type]

    def units(self, state: str, **where: object) -> float | None:
        return self.value("backorder_open_units", state, **where)  # type: ignore[arg-type]

    def oldest(self, state: str) -> float | None:
        return self.value("backorder_oldest_open_line_timestamp_seconds", state)

    def younger(self, edge: str, state: str = "awaiting_stock") -> float | None:
        return self.value("backorder_open_line_age_seconds_bucket", state, le=edge)

    def series(self) -> int:
        return sum(len(family.samples) for family in self.registry.collect())


@pytest.fixture
def backlog() -> Backlog:
    return Backlog()


def waiting(units: int, since_us: int, location: str | None = "AMS-1") -> LineFigures:
    return LineFigures(location, 0, units, 0, since_us, since_us)


def test_a_line_counts_in_every_state_in_which_it_has_units(backlog: Backlog) -> None:
    backlog.metrics.changed(0, None, LineFigures("AMS-1", 5, 3, 2, NOON - DAY, NOON - 2 * DAY))

    assert [backlog.lines(state) for state in ("awaiting_stock", "releasable", "held", "released")] == [
        1,
        1,
        0,
        1,
    ]
    assert [backlog.units(state) for state in ("awaiting_stock", "releasable", "held", "released")] == [
        3,
        3,
        0,
        2,
    ]


def test_a_backorder_ages_from_its_opening_and_covered_units_from_acceptance(backlog: Backlog) -> None:
    backlog.metrics.changed(0, None, LineFigures("AMS-1", 2, 3, 1, NOON - DAY, NOON - 2 * DAY))

    assert backlog.oldest("awaiting_stock") == (NOON - DAY) / 1e6
    assert backlog.oldest("releasable") == backlog.oldest("released") == (NOON - 2 * DAY) / 1e6
    assert backlog.oldest("held") == 0


def test_the_oldest_line_is_exact_and_goes_when_it_closes(backlog: Backlog) -> None:
    old, young = waiting(1, NOON - 40 * DAY + 7), waiting(1, NOON - 40 * DAY + 8)
    backlog.metrics.changed(0, None, young)
    backlog.metrics.changed(0, None, old)
    assert backlog.oldest("awaiting_stock") == (NOON - 40 * DAY + 7) / 1e6

    backlog.metrics.changed(0, old, None)
    assert backlog.oldest("awaiting_stock") == (NOON - 40 * DAY + 8) / 1e6

    backlog.metrics.changed(0, young, None)
    assert backlog.oldest("awaiting_stock") == 0
    assert backlog.lines("awaiting_stock") == backlog.units("awaiting_stock") == 0


def test_two_lines_of_one_moment_are_two_lines(backlog: Backlog) -> None:
    line = waiting(2, NOON - DAY)
    backlog.metrics.changed(0, None, line)
    backlog.metrics.changed(0, None, line)
    backlog.metrics.changed(0, line, None)

    assert backlog.lines("awaiting_stock") == 1
    assert backlog.oldest("awaiting_stock") == (NOON - DAY) / 1e6


def test_of_restored_lines_that_opened_together_each_goes_for_itself(backlog: Backlog) -> None:
    together = waiting(2, NOON - DAY)
    backlog.metrics.restored(0, [together, together])
    backlog.metrics.changed(0, together, None)

    assert (backlog.lines("awaiting_stock"), backlog.units("awaiting_stock")) == (1, 2)
    assert backlog.oldest("awaiting_stock") == (NOON - DAY) / 1e6
    backlog.metrics.changed(0, together, None)
    assert (backlog.lines("awaiting_stock"), backlog.oldest("awaiting_stock")) == (0, 0)


def test_a_partial_fill_keeps_the_age_of_what_still_waits(backlog: Backlog) -> None:
    opened = LineFigures("AMS-1", 0, 5, 0, NOON - 3 * DAY, NOON - 3 * DAY)
    filled = replace(opened, allocated=2, released=2, backordered=3)
    backlog.metrics.changed(0, None, opened)
    backlog.metrics.changed(0, opened, filled)

    assert (backlog.lines("awaiting_stock"), backlog.units("awaiting_stock")) == (1, 3)
    assert (backlog.lines("released"), backlog.units("released")) == (1, 2)
    assert backlog.oldest("awaiting_stock") == (NOON - 3 * DAY) / 1e6


def test_a_line_that_moves_takes_its_units_to_the_other_place(backlog: Backlog) -> None:
    here, there = waiting(4, NOON - DAY), waiting(4, NOON - DAY, "BER-2")
    backlog.metrics.changed(0, None, here)
    backlog.metrics.changed(0, here, there)

    assert backlog.units("awaiting_stock") == 0
    assert backlog.units("awaiting_stock", location="BER-2") == 4


def test_a_line_that_names_no_location_has_an_empty_one(backlog: Backlog) -> None:
    backlog.metrics.changed(0, None, waiting(4, NOON, None))

    assert backlog.units("awaiting_stock", location="") == 4


def test_lines_grow_older_between_scrapes_though_nothing_is_reported(backlog: Backlog) -> None:
    backlog.metrics.changed(0, None, waiting(1, NOON))
    seen = []
    for minutes in (0, 15, 16, 60, 61, 43_200, 43_201):
        backlog.clock.now_us = NOON + minutes * MINUTE
        seen.append([backlog.younger(edge) for edge in ("900.0", "3600.0", "2.592e+06", "+Inf")])

    assert seen == [
        [1, 1, 1, 1],
        [1, 1, 1, 1],
        [0, 1, 1, 1],
        [0, 1, 1, 1],
        [0, 0, 1, 1],
        [0, 0, 1, 1],
        [0, 0, 0, 1],
    ]


def test_a_line_beyond_the_last_edge_still_closes(backlog: Backlog) -> None:
    line = waiting(1, NOON)
    backlog.metrics.changed(0, None, line)
    backlog.clock.now_us = NOON + 100 * DAY
    assert backlog.younger("+Inf") == 1

    backlog.metrics.changed(0, line, None)
    assert backlog.younger("+Inf") == 0


def test_the_sum_of_ages_is_exact(backlog: Backlog) -> None:
    for seconds in (1, 20, 300):
        backlog.metrics.changed(0, None, waiting(1, NOON - seconds * 1_000_000))

    assert backlog.value("backorder_open_line_age_seconds_gsum", "awaiting_stock") == 321
    assert backlog.value("backorder_open_line_age_seconds_gcount", "awaiting_stock") == 3


def test_a_line_opened_a_moment_ahead_of_our_clock_is_young_and_not_negative(backlog: Backlog) -> None:
    backlog.metrics.changed(0, None, waiting(1, NOON + 5 * MINUTE))

    assert backlog.younger("900.0") == 1
    assert backlog.value("backorder_open_line_age_seconds_gsum", "awaiting_stock") == 0


def test_a_clock_that_steps_back_makes_no_line_younger(backlog: Backlog) -> None:
    backlog.metrics.changed(0, None, waiting(1, NOON))
    backlog.clock.now_us = NOON + DAY
    assert backlog.younger("900.0") == 0
    backlog.clock.now_us = NOON
    assert backlog.younger("900.0") == 0


def test_a_partition_that_is_given_back_disappears(backlog: Backlog) -> None:
    backlog.metrics.changed(3, None, waiting(1, NOON))
    backlog.metrics.changed(4, None, waiting(2, NOON))
    backlog.metrics.forget(3)

    assert backlog.units("awaiting_stock", partition=3) is None
    assert backlog.units("awaiting_stock", partition=4) == 2


def test_a_line_with_waiting_units_must_say_since_when(backlog: Backlog) -> None:
    with pytest.raises(ValueError, match="since when"):
        backlog.metrics.changed(0, None, LineFigures("AMS-1", 0, 1, 0, None, NOON))


def test_the_wait_is_observed_by_what_closed_it(backlog: Backlog) -> None:
    backlog.metrics.closed("filled", 901.0)

    def seen(outcome: str, edge: str) -> float | None:
        return backlog.registry.get_sample_value(
            "backorder_line_wait_seconds_bucket", {"outcome": outcome, "le": edge}
        )

    assert (seen("filled", "900.0"), seen("filled", "3600.0")) == (0, 1)
    assert seen("cancelled", "+Inf") == seen("expired", "+Inf") == seen("closed_short", "+Inf") == 0


def test_an_outcome_that_the_contract_does_not_know_is_an_error(backlog: Backlog) -> None:
    with pytest.raises(KeyError):
        backlog.metrics.closed("vanished", 1.0)


def test_what_is_placed_is_counted_by_units_lines_and_orders_and_by_what_became_of_it(
    backlog: Backlog,
) -> None:
    all_covered, part_waits, part_refused = Placed(5, 0, 0), Placed(2, 1, 0), Placed(1, 0, 4)

    def counted(what: str) -> tuple[float | None, ...]:
        name = f"backorder_placed_{what}_total"
        return tuple(backlog.registry.get_sample_value(name, {"outcome": each}) for each in Placed._fields)

    assert counted("orders") == (0, 0, 0), "they are there from the start"
    backlog.metrics.placed([[all_covered], [all_covered, part_waits, part_refused], [part_refused]])
    assert counted("units") == (14, 1, 8)
    assert counted("lines") == (2, 1, 2)
    assert counted("orders") == (1, 1, 1), (
        "an order is covered when all of it is, and waits when any of it does"
    )


def test_the_number_of_series_does_not_depend_on_the_number_of_lines(backlog: Backlog) -> None:
    backlog.metrics.changed(0, None, LineFigures("AMS-1", 1, 1, 0, NOON, NOON))
    few = backlog.series()
    for n in range(5_000):
        backlog.metrics.changed(0, None, LineFigures("AMS-1", 2, 1, 1, NOON - n * MINUTE, NOON - n * MINUTE))

    assert backlog.series() == few


def test_a_scrape_is_readable_in_both_text_formats(backlog: Backlog) -> None:
    backlog.metrics.changed(0, None, waiting(1, NOON - 20 * MINUTE))

    labels = 'le="3600.0",location="AMS-1",partition="0",state="awaiting_stock"'
    assert (
        f"backorder_open_line_age_seconds_bucket{{{labels}}} 1.0"
        in generate_latest(backlog.registry).decode()
    )
    assert (
        "# TYPE backorder_open_line_age_seconds gaugehistogram"
        in generate_openmetrics(backlog.registry).decode()
    )
