"""Demotion: when units are not there any more, the last in the queue give up theirs, picked ones never."""

from datetime import timedelta

import pytest

from backorder.domain import decisions as d
from tests.support.shop import HERE, THERE, Shop, line


def test_the_last_in_the_queue_gives_back_first() -> None:
    shop = Shop(stock=6)
    shop.place("A", 2)
    shop.place("B", 2)
    shop.place("C", 2, priority=1)
    shop.adjust(-3)
    assert [shop.line(order).backordered for order in "ABC"] == [1, 2, 0]
    assert shop.withdrawn() == [("B", 1, 2, HERE), ("A", 1, 1, HERE)]


def test_a_demoted_line_that_never_waited_is_reopened_as_of_the_demotion() -> None:
    shop = Shop(stock=2)
    shop.place("A", 2)
    shop.adjust(-1)
    (reopened,) = shop.told(d.BackorderReopened)
    assert (reopened.quantity, reopened.remaining, reopened.rule, reopened.seq) == (1, 1, "demotion", 1)
    assert reopened.opened_at == shop.now


def test_a_demoted_line_that_waited_before_keeps_its_first_opening_and_its_place() -> None:
    shop = Shop()
    shop.place("A", 1)
    opened = shop.now
    shop.receive("R1", 1)
    shop.place("B", 1)
    shop.adjust(-1)
    (reopened,) = shop.told(d.BackorderReopened)
    assert reopened.opened_at == opened
    shop.receive("R2", 1)
    assert shop.filled() == [("A", 1)]


@pytest.mark.parametrize("how", ["count", "adjust", "spoil", "reverse", "ship"])
def test_whatever_takes_units_away_demotes(how: str) -> None:
    shop = Shop()
    shop.receive("R0", 2)
    shop.receive("R1", 1)
    shop.place("A", 3)
    shop.place("F", 1)
    if how == "count":
        shop.count(2)
    elif how == "adjust":
        shop.adjust(-1)
    elif how == "spoil":
        shop.spoil(1)
    elif how == "reverse":
        shop.reverse("R1")
    else:
        shop.ship("F", "S1", (1, 1), force=True)
    assert shop.figures("A") == (3, 2, 1, 0, 0)
    assert shop.withdrawn() == [("A", 1, 1, HERE)]


def test_picked_units_are_never_demoted_and_what_is_missing_is_a_shortfall() -> None:
    shop = Shop(stock=3)
    shop.place("A", 3)
    shop.pick("A", 2)
    shop.count(1)
    assert shop.figures("A") == (3, 2, 1, 0, 0)
    assert shop.stock().shortfall == 1
    assert shop.discrepancies() == [("shortfall", 1)]


def test_a_shortfall_is_alarmed_when_it_grows_and_not_while_it_lasts() -> None:
    shop = Shop(stock=3)
    shop.place("A", 3)
    shop.pick("A", 3)
    shop.count(2)
    assert shop.discrepancies() == [("shortfall", 1)]
    shop.place("B", 1)
    assert shop.discrepancies() == []
    shop.count(1)
    assert shop.discrepancies() == [("shortfall", 2)]


def test_the_next_units_go_to_a_shortfall_before_anybody_is_filled() -> None:
    shop = Shop(stock=2)
    shop.place("A", 2)
    shop.pick("A", 2)
    shop.place("B", 1)
    shop.count(0)
    shop.receive("R1", 2)
    assert (shop.filled(), shop.stock().shortfall) == ([], 0)
    shop.receive("R2", 1)
    assert shop.filled() == [("B", 1)]


def test_an_unpick_in_a_shortfall_demotes() -> None:
    shop = Shop(stock=2)
    shop.place("A", 2)
    shop.pick("A", 2)
    shop.count(1)
    shop.pick("A", -2)
    assert shop.figures("A") == (2, 1, 1, 0, 0)
    assert shop.stock().shortfall == 0


def test_the_later_claim_of_a_line_is_demoted_first() -> None:
    shop = Shop(stock=4)
    shop.place("A", 2)
    shop.place("B", 1)
    shop.amend("A", (1, 3))
    shop.adjust(-2)
    assert [shop.line(order).backordered for order in "AB"] == [1, 1]
    shop.receive("R1", 1)
    assert shop.filled() == [("B", 1)]


def test_a_claim_that_may_not_be_split_gives_back_all_and_the_next_may_use_what_is_left() -> None:
    shop = Shop(stock=5)
    shop.configure(allow_partial=False)
    shop.place("A", 4, priority=9)
    shop.place("B", 2, priority=9)
    shop.adjust(-2)
    assert shop.figures("A") == (4, 0, 4, 0, 0)
    assert shop.figures("B") == (2, 2, 0, 0, 0)


def test_a_demotion_at_one_location_leaves_the_others_alone() -> None:
    shop = Shop()
    shop.count(2, HERE)
    shop.count(2, THERE)
    shop.place("A", line(1, 2, location=HERE))
    shop.place("B", line(1, 2, location=THERE))
    shop.adjust(-2, location=HERE)
    assert [shop.line(order).backordered for order in "AB"] == [2, 0]


def test_a_demoted_claim_is_filled_again_from_another_location_that_has_units() -> None:
    shop = Shop()
    shop.count(2, HERE)
    shop.place("A", 2)
    shop.count(5, THERE)
    shop.adjust(-2, location=HERE)
    assert shop.withdrawn() == [("A", 1, 2, HERE)]
    assert shop.released() == [("A", 1, 2, THERE)]
    assert shop.figures("A") == (2, 2, 0, 0, 0)


def test_a_larger_safety_stock_demotes_nobody() -> None:
    shop = Shop(stock=3)
    shop.place("A", 3)
    shop.configure(safety_stock=2)
    assert shop.said == []
    assert (shop.stock().free, shop.stock().shortfall, shop.stock().available_to_promise) == (0, 0, -2)


def test_how_long_a_line_waited_is_never_negative_though_events_come_late() -> None:
    shop = Shop()
    shop.place("A", 1)
    shop.receive("R1", 1, at=shop.now - timedelta(hours=5))
    assert shop.told(d.BackorderFilled)[0].waited_seconds == 0
