"""The checkers themselves: each invariant, broken on purpose, is found."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import msgspec
import pytest

from backorder.domain import decisions as d
from backorder.domain import events as e
from backorder.domain.history import History, passed_over
from backorder.domain.invariants import violations
from tests.support.shop import HERE, MONDAY, SKU, Shop, entry

CAUSE = entry(e.StockAdjusted(SKU, HERE, 1, "found"), MONDAY, 1)
FIGURES = {"waiting": 1}


def opened(seq: int = 1, quantity: int = 3, **changed: Any) -> d.BackorderOpened:
    plain = d.BackorderOpened(
        "A",
        1,
        SKU,
        seq,
        quantity,
        3,
        0,
        None,
        MONDAY,
        1,
        "insufficient_stock",
        None,
        "intake",
        FIGURES,
        FIGURES,
    )
    return msgspec.structs.replace(plain, **changed)


def reopened(seq: int, quantity: int = 1, remaining: int = 1, **changed: Any) -> d.BackorderReopened:
    plain = d.BackorderReopened(
        "A", 1, SKU, seq, quantity, remaining, None, MONDAY, "stock_lost", "demotion", FIGURES, FIGURES
    )
    return msgspec.structs.replace(plain, **changed)


def filled(seq: int, quantity: int, remaining: int, **changed: Any) -> d.BackorderFilled:
    plain = d.BackorderFilled(
        "A", 1, SKU, seq, quantity, remaining, HERE, MONDAY, 60.0, "queue_order", FIGURES, FIGURES
    )
    return msgspec.structs.replace(plain, **changed)


def closed(seq: int, outcome: str = "filled", **changed: Any) -> d.BackorderClosed:
    plain = d.BackorderClosed("A", 1, SKU, seq, outcome, MONDAY, 60.0, "queue_order", FIGURES, FIGURES)
    return msgspec.structs.replace(plain, **changed)


def created(release_id: str = "A/1", quantity: int = 2, **changed: Any) -> d.ReleaseCreated:
    part = msgspec.structs.replace(d.ReleasedLine(1, SKU, HERE, quantity, False, False), **changed)
    return d.ReleaseCreated("A", release_id, "as_available", [part], "as_available", FIGURES, FIGURES)


def withdrawn(release_id: str = "A/1", quantity: int = 2) -> d.ReleaseWithdrawn:
    part = d.WithdrawnLine(1, SKU, HERE, quantity)
    return d.ReleaseWithdrawn("A", release_id, [part], "demoted", "withdrawal", FIGURES, FIGURES)


def told(*decisions: d.Decision, first: int = 1) -> list[str]:
    return History().observe(
        d.Emitted(n, "A", decision, CAUSE) for n, decision in enumerate(decisions, first)
    )


SOUND: dict[str, list[d.Decision]] = {
    "a fill to the end": [opened(1), filled(2, 2, 1), filled(3, 1, 0), closed(4)],
    "a fill after a partial cancel, which is not announced": [opened(1), filled(2, 1, 0), closed(3)],
    "a cancel": [opened(1), closed(2, "cancelled")],
    "a demotion of a line that never waited": [reopened(1), filled(2, 1, 0), closed(3)],
    "a demotion after a close": [opened(1), closed(2, "cancelled"), reopened(3)],
    "an addition to an open backorder": [opened(1), reopened(2, 2, 5)],
    "a release withdrawn in parts": [created(), withdrawn(quantity=1), withdrawn(quantity=1)],
    "a release after a withdrawal": [created(), withdrawn(), created("A/2")],
}


@pytest.mark.parametrize("decisions", SOUND.values(), ids=SOUND.keys())
def test_a_sound_history_breaks_nothing(decisions: list[d.Decision]) -> None:
    assert told(*decisions) == []


BROKEN: dict[str, tuple[str, list[d.Decision]]] = {
    "a backorder opened twice": ("7: ", [opened(1), closed(2, "cancelled"), opened(3)]),
    "a close without an opening": ("7: ", [closed(1)]),
    "a second close": ("7: ", [opened(1), closed(2, "cancelled"), closed(3, "cancelled")]),
    "a fill without an opening": ("7: ", [filled(1, 1, 0), closed(2)]),
    "a fill of more than waits": ("7: ", [opened(1, 2), filled(2, 3, 1)]),
    "a fill to the end without a close": ("7: ", [opened(1, 1), filled(2, 1, 0)]),
    "a close as filled while units wait": ("7: ", [opened(1, 2), closed(2)]),
    "an opening of nothing": ("7: ", [opened(1, 0)]),
    "a number left out": ("7: ", [opened(1), filled(3, 1, 2)]),
    "a number given twice": ("7: ", [opened(1), filled(1, 1, 2)]),
    "an opening that is forgotten": ("7: ", [opened(1), reopened(2, 1, 4, opened_at=MONDAY + timedelta(1))]),
    "a reopening of fewer units than it adds": ("7: ", [opened(1), reopened(2, 2, 1)]),
    "a release id used twice": ("7: ", [created(), created()]),
    "a release of nothing": ("7: ", [created(quantity=0)]),
    "a withdrawal of an unknown release": ("7: ", [withdrawn()]),
    "a withdrawal of more than was released": ("7: ", [created(), withdrawn(quantity=3)]),
    "a second withdrawal of the same units": ("7: ", [created(), withdrawn(), withdrawn()]),
    "cross-dock of units that nobody waited for": ("8: ", [created(cross_dock=True)]),
    "an unknown outcome": ("8: ", [opened(1), closed(2, "lost")]),
    "a decision without a rule": ("8: ", [opened(1, rule="")]),
    "a decision without figures": ("8: ", [opened(1, before={})]),
    "a negative time of waiting": ("8: ", [opened(1), filled(2, 1, 2, waited_seconds=-1.0)]),
}


@pytest.mark.parametrize(("number", "decisions"), BROKEN.values(), ids=BROKEN.keys())
def test_a_history_that_breaks_an_invariant_is_found_out(number: str, decisions: list[d.Decision]) -> None:
    broken = told(*decisions)
    assert [words for words in broken if words.startswith(number)], broken


def test_a_gap_in_the_numbers_of_the_pool_is_found_out() -> None:
    assert told(opened(1), first=2) == ["4: decision 2 follows 0"]


def busy_shop() -> Shop:
    """A has 2 of 3 units and waits for one, B waits for two; A has shipped a unit of its second line."""
    shop = Shop(stock=3)
    shop.place("A", 3, 1)
    shop.place("B", 2)
    shop.cancel("A", (1, 1))
    shop.ship("A", "S1", (2, 1))
    shop.place("C", 1)
    return shop


def stock(shop: Shop) -> Any:
    return shop.pool.stock.rows[SKU, HERE]


def a_line(shop: Shop, order_id: str = "A") -> Any:
    return shop.pool.lines.rows[order_id, 1]


def set_to(thing: Any, **fields: Any) -> None:
    for name, value in fields.items():
        setattr(thing, name, value)


def idle_units(shop: Shop) -> None:
    row = stock(shop)
    row.on_hand += 1
    row.received += 1


CORRUPT: dict[str, tuple[str, Callable[[Shop], Any]]] = {
    "allocated is not what the lines have": ("1: ", lambda shop: set_to(stock(shop), allocated=1)),
    "picked is not what the lines have": ("1: ", lambda shop: set_to(stock(shop), picked=1)),
    "on order is not what is to come": ("1: ", lambda shop: set_to(stock(shop), on_order=1)),
    "backordered is not what waits": (
        "1: ",
        lambda shop: set_to(shop.pool.stock.rows[SKU, None], backordered=9),
    ),
    "more unavailable than on hand": ("1: ", lambda shop: set_to(stock(shop), unavailable=9)),
    "the queue is not what the lines say": ("1: ", lambda shop: set_to(a_line(shop, "B"), priority=1)),
    "a line does not add up": ("2: ", lambda shop: set_to(a_line(shop), ordered=9)),
    "a line has a negative figure": ("2: ", lambda shop: set_to(a_line(shop), cancelled=-1)),
    "more picked than allocated": ("2: ", lambda shop: set_to(a_line(shop).at[HERE], picked=9)),
    "allocated and not released": ("2: ", lambda shop: set_to(a_line(shop).at[HERE], released=[])),
    "released and not cleared to leave": ("2: ", lambda shop: set_to(a_line(shop).at[HERE], cleared=0)),
    "a free unit beside a waiter": ("3: ", idle_units),
    "units from nowhere": ("6: ", lambda shop: set_to(stock(shop), received=9)),
}


@pytest.mark.parametrize(("number", "corrupt"), CORRUPT.values(), ids=CORRUPT.keys())
def test_a_state_that_breaks_an_invariant_is_found_out(number: str, corrupt: Callable[[Shop], Any]) -> None:
    shop = busy_shop()
    assert violations(shop.pool) == []
    corrupt(shop)
    broken = violations(shop.pool)
    assert [words for words in broken if words.startswith(number)], broken


STATES: dict[str, Callable[[Shop], Any]] = {
    "another number of decisions": lambda shop: set_to(a_line(shop, "B"), seq=7),
    "waiting without a backorder": lambda shop: set_to(a_line(shop).claims[0], waiting=1),
    "another opening": lambda shop: set_to(a_line(shop, "B"), opened_at=1),
    "released and never said": lambda shop: set_to(a_line(shop).at[HERE].released[0], quantity=9),
    "gone and never shipped": lambda shop: set_to(a_line(shop).at[HERE], released=[]),
}


@pytest.mark.parametrize("corrupt", STATES.values(), ids=STATES.keys())
def test_a_state_that_is_not_what_its_decisions_have_told_is_found_out(
    corrupt: Callable[[Shop], Any],
) -> None:
    shop = busy_shop()
    assert shop.history.disagreements(shop.pool) == []
    corrupt(shop)
    assert [words for words in shop.history.disagreements(shop.pool) if words.startswith("7: ")]


def test_a_fill_while_an_earlier_one_that_could_have_used_the_units_waits_is_found_out() -> None:
    shop = Shop(stock=2)
    shop.place("A", 1)
    shop.place("C", 1)
    shop.place("B", 1, priority=1)
    out_of_turn = d.Emitted(9, "C", filled(1, 1, 0, order_id="C"), CAUSE)
    (words,) = passed_over(shop.pool, [out_of_turn])
    assert words.startswith("5: line B/1 waits for 1 units and was passed over")
    named = d.Emitted(9, "C", filled(1, 1, 0, order_id="C", rule="pegged"), CAUSE)
    assert passed_over(shop.pool, [named]) == []


def test_one_who_began_to_wait_after_a_fill_was_not_passed_over_by_it() -> None:
    shop = Shop(stock=1)
    shop.place("C", 1)
    shop.place("A", 1, priority=1)
    fill = d.Emitted(9, "C", filled(1, 1, 0, order_id="C"), CAUSE)
    then_opened = d.Emitted(10, "A", opened(1, 1), CAUSE)
    assert passed_over(shop.pool, [fill, then_opened]) == []
    assert passed_over(shop.pool, [then_opened, fill]) != []
