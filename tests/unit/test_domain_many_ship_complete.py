"""What an event costs beside many orders that ship complete: what it can help, not how many there are."""

import sys
from collections import Counter
from collections.abc import Callable
from datetime import timedelta

import pytest

from backorder.domain import events as e
from tests.support.shop import HERE, MONDAY, THERE, Shop, line

CUP, PLATE, SET = "CUP", "PLATE", "SET"


def place(shop: Shop, order_id: str, *lines: e.OrderLine, **fields: object) -> None:
    """An order that ships complete."""
    shop.feed(e.OrderPlaced(order_id, list(lines), ship="complete", **fields))


def calls(shop: Shop, sku: str, units: int, location: str = HERE) -> int:
    """How many functions are called while units are received."""
    received = shop.entry(e.GoodsReceived("R", [e.ReceivedLine(sku, location, units)]), shop.now)
    called: Counter[str] = Counter()
    sys.setprofile(lambda _, happened, __: called.update([happened]))
    try:
        shop.fold.apply(received)
    finally:
        sys.setprofile(None)
    return called["call"] + called["c_call"]


def test_whose_turn_it_is_costs_the_same_for_each_of_many_orders() -> None:
    def calls_to_cover(orders: int) -> int:
        shop = Shop()
        for number in range(orders):
            place(shop, f"A{number}", line(1, 1, CUP), line(2, 1, PLATE))
        shop.count(orders, sku=CUP)
        needed = calls(shop, PLATE, orders)
        assert not any(line.waiting for line in shop.pool.lines.rows.values())
        return needed

    assert calls_to_cover(160) < 5 * calls_to_cover(40)


# --- nothing of which they could have -----------------------------------------------------------------------


def they_need_units_of_another_location(shop: Shop, orders: int) -> None:
    for number in range(orders):
        place(shop, f"A{number}", line(1, 5, CUP, location=HERE))


def they_may_not_take_from_there(shop: Shop, orders: int) -> None:
    shop.configure(CUP, sourcing=[HERE])
    for number in range(orders):
        place(shop, f"A{number}", line(1, 5, CUP))


def lines_that_name_a_location_leave_them_nothing(shop: Shop, orders: int) -> None:
    for number in range(orders):
        place(shop, f"A{number}", line(1, 60, CUP, location=THERE), line(2, 60, CUP))


def they_are_beyond_the_horizon(shop: Shop, orders: int) -> None:
    shop.configure(CUP, horizon_days=10)
    for number in range(orders):
        place(shop, f"A{number}", line(1, 5, CUP), required_by=MONDAY + timedelta(days=90))


def they_are_not_paid_for(shop: Shop, orders: int) -> None:
    for number in range(orders):
        place(shop, f"A{number}", line(1, 5, CUP), payment=e.Payment("authorized"))
        shop.feed(e.OrderPaymentChanged(f"A{number}", "failed"))


def they_need_kits_of_another_location(shop: Shop, orders: int) -> None:
    shop.configure(SET, components=[e.KitPart(CUP, 1), e.KitPart(PLATE, 1)])
    shop.count(100, HERE, sku=PLATE)
    for number in range(orders):
        place(shop, f"A{number}", line(1, 5, SET, location=HERE))


@pytest.mark.parametrize(
    "situation",
    [
        they_need_units_of_another_location,
        they_may_not_take_from_there,
        lines_that_name_a_location_leave_them_nothing,
        they_are_beyond_the_horizon,
        they_are_not_paid_for,
        they_need_kits_of_another_location,
    ],
)
def test_an_event_beside_free_units_looks_at_no_order_that_they_do_not_help(
    situation: Callable[[Shop, int], None],
) -> None:
    def calls_beside(orders: int) -> int:
        shop = Shop()
        situation(shop, orders)
        shop.count(100, THERE, sku=CUP)
        return calls(shop, CUP, 1, THERE)

    assert calls_beside(40) - calls_beside(10) < 30, "not so much as a call for each"


# --- beside those that keep what comes to them --------------------------------------------------------------


def all_wait(shop: Shop, orders: int) -> None:
    for number in range(orders):
        place(shop, f"A{number}", line(1, 5, CUP), line(2, 5, PLATE))


def half_of_them_keep_some(shop: Shop, orders: int) -> None:
    all_wait(shop, orders)
    shop.tick(MONDAY + timedelta(days=20))
    shop.count(orders * 5 // 2, sku=CUP)


def those_behind_keep_units_of_another_location(shop: Shop, orders: int) -> None:
    for number in range(orders):
        place(shop, f"B{number}", line(1, 5, CUP, location=THERE), line(2, 5, PLATE), priority=9)
        place(shop, f"A{number}", line(1, 5, CUP, location=HERE), line(2, 5, PLATE), priority=1)
    shop.tick(MONDAY + timedelta(days=20))
    shop.count(orders * 5, THERE, sku=CUP)


@pytest.mark.parametrize(
    "situation", [all_wait, half_of_them_keep_some, those_behind_keep_units_of_another_location]
)
def test_an_event_looks_at_no_order_that_keeps_what_comes_and_neither_takes_nor_gives_because_of_it(
    situation: Callable[[Shop, int], None],
) -> None:
    def calls_beside(orders: int) -> int:
        shop = Shop()
        situation(shop, orders)
        shop.tick(MONDAY + timedelta(days=20))
        return calls(shop, CUP, 1)

    assert calls_beside(40) - calls_beside(10) < 30, "not so much as a call for each"
