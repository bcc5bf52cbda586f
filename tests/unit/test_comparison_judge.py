"""The judge of the comparison sees what is lost, doubled or wrong, and nothing where all is right."""

from collections.abc import Iterable
from itertools import islice

import pytest

from tests.faults.comparison.job import Event, Output, State, empty, encoded, fold
from tests.faults.comparison.judge import Right, Verdict, judge, refold
from tests.faults.comparison.load import events

TRADE = list(islice(events(seed=1), 3000))


def run(trade: Iterable[Event]) -> tuple[list[Output], dict[str, State]]:
    """What a system says that counts each of these events once, and the table that it has afterwards."""
    table: dict[str, State] = {}
    said: list[Output] = []
    for event in trade:
        table[event["sku"]], outputs = fold(table.get(event["sku"], empty()), event)
        said += outputs
    return said, table


@pytest.fixture(scope="module")
def right() -> Right:
    return refold([[encoded(event) for event in TRADE]])


def differences(verdict: Verdict) -> tuple[int, int, int, int]:
    return verdict.lost, verdict.doubled, verdict.wrong, verdict.keys_differ


def test_what_counts_each_event_once_is_exactly_once(right: Right) -> None:
    verdict = judge(right, *run(TRADE))
    assert verdict.exactly_once
    assert (verdict.events, verdict.units_differ) == (3000, 0)
    assert min(verdict.outputs, verdict.keys) > 100


def test_a_lost_output_is_seen(right: Right) -> None:
    said, table = run(TRADE)
    verdict = judge(right, said[:7] + said[8:], table)
    assert differences(verdict) == (1, 0, 0, 0)
    assert not verdict.exactly_once


def test_each_time_that_an_output_comes_again_is_seen(right: Right) -> None:
    said, table = run(TRADE)
    verdict = judge(right, [*said, said[7], said[7]], table)
    assert differences(verdict) == (0, 2, 0, 0)
    assert not verdict.exactly_once


def test_an_output_that_should_not_be_there_is_seen(right: Right) -> None:
    said, table = run(TRADE)
    verdict = judge(right, [*said, {**said[7], "units": 1000}], table)
    assert differences(verdict) == (0, 0, 1, 0)
    assert not verdict.exactly_once


def test_a_receipt_that_counts_twice_is_seen_in_the_table(right: Right) -> None:
    receipt = next(event for event in reversed(TRADE) if event["type"] == "receipt")
    said, table = run(TRADE)
    table[receipt["sku"]], _ = fold(table[receipt["sku"]], receipt)
    verdict = judge(right, said, table)
    assert differences(verdict) == (0, 0, 0, 1)
    assert verdict.units_differ > 0
    assert not verdict.exactly_once


@pytest.mark.parametrize("change", ["missing", "too many"])
def test_a_row_that_is_missing_or_too_many_is_seen(right: Right, change: str) -> None:
    said, table = run(TRADE)
    if change == "missing":
        del table[TRADE[0]["sku"]]
    else:
        table["unheard of"] = empty()
    assert differences(judge(right, said, table)) == (0, 0, 0, 1)


def test_an_event_that_counts_twice_in_all_is_seen_in_outputs_and_table(right: Right) -> None:
    at = next(number for number, event in enumerate(TRADE) if event["type"] == "order_line" and number > 1000)
    verdict = judge(right, *run([*TRADE[: at + 1], TRADE[at], *TRADE[at + 1 :]]))
    assert verdict.keys_differ == 1
    assert verdict.doubled + verdict.wrong > 0


def test_the_load_is_the_same_for_the_same_seed_and_has_all_that_it_says() -> None:
    assert list(islice(events(seed=1), 3000)) == TRADE
    assert list(islice(events(seed=2), 3000)) != TRADE
    kinds = [event["type"] for event in TRADE]
    assert {kind: round(kinds.count(kind) / len(kinds), 1) for kind in set(kinds)} == {
        "order_line": 0.7,
        "receipt": 0.2,
        "cancel": 0.1,
    }
