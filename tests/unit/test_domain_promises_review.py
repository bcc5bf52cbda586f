"""Promises of whole orders: found by attack."""

from backorder.domain import events as e
from tests.support.promised import buy, changes, day, promised
from tests.support.shop import MONDAY, SKU, THERE, Shop, line

CUP, SET = "CUP", "SET"


def _ticks_until_promised(shop: Shop, order_id: str, number: int, enough: int) -> int:
    for ticks in range(enough + 1):
        if promised(shop, order_id, number) is not None:
            return ticks
        shop.tick(shop.now)
    return enough + 1


def test_a_walk_through_an_order_of_many_lines_comes_to_all_of_them_in_a_few_ticks() -> None:
    shop = Shop(step_lines=10, promise_lines=5)
    shop.tick(MONDAY)
    shop.place("A", *(line(number, 1) for number in range(1, 31)), ship="complete")
    buy(shop, "P1", (30, 3))
    assert _ticks_until_promised(shop, "A", 1, 10) <= 10


def test_those_behind_an_order_of_many_lines_are_promised_in_a_few_ticks() -> None:
    shop = Shop(step_lines=10, promise_lines=5)
    shop.tick(MONDAY)
    shop.place("A", *(line(number, 1) for number in range(1, 31)), ship="complete")
    shop.place("B", 1)
    buy(shop, "P1", (31, 3))
    assert _ticks_until_promised(shop, "B", 1, 10) <= 10


def test_kits_of_one_whole_order_are_looked_at_once_by_a_walk() -> None:
    shop = Shop(step_lines=40, promise_lines=30)
    shop.tick(MONDAY)
    shop.configure(sku=SET, components=[e.KitPart(SKU, 1)])
    shop.place("A", *(line(number, 1, sku=SET) for number in range(1, 11)), ship="complete")
    buy(shop, "P1", (10, 3))
    assert promised(shop, "A", 1) == 3


def test_what_is_free_and_blocked_by_strict_order_is_not_lacking_of_an_order_that_keeps() -> None:
    shop = Shop()
    shop.tick(MONDAY)
    shop.configure(sku=CUP, strict_order=True, allow_partial=False)
    shop.count(3, sku=CUP)
    shop.place("A", line(1, 5), ship="complete")
    buy(shop, "P1", (5, 20))
    shop.tick(day(15))
    shop.place("B", line(1, 4, sku=CUP), priority=1)
    assert promised(shop, "A") == 20
    shop.amend("A", e.AmendedLine(2, 3, sku=CUP))
    assert shop.figures("A", 2)[2] == 3
    assert (promised(shop, "A", 1), promised(shop, "A", 2)) == (20, 20)


def test_the_part_of_a_transfer_that_arrives_is_the_one_that_is_no_longer_underway() -> None:
    shop = Shop(stock=10)
    shop.tick(MONDAY)
    shop.place("A", line(1, 5, location=THERE))
    shop.place("B", line(1, 5, location=THERE))
    shop.send("T1", 5, part=1, expected_at=day(6))
    shop.send("T1", 5, part=2, expected_at=day(3))
    assert (promised(shop, "A"), promised(shop, "B")) == (3, 6)
    shop.arrive("T1", 5, part=2)
    assert shop.filled() == [("A", 5)]
    assert changes(shop) == []
    shop.tick(day(4))
    assert changes(shop) == []
    assert promised(shop, "B") == 6


def test_a_shop_front_shows_what_a_kit_leaves_that_goes_beyond_its_horizon() -> None:
    shop = Shop()
    shop.tick(MONDAY)
    shop.configure(sku=SET, components=[e.KitPart(SKU, 1)])
    shop.place("A", line(1, 5, sku=SET, required_by=day(30)))
    buy(shop, "P1", (5, 20))
    shop.configure(sku=SET, horizon_days=1)
    assert promised(shop, "A") is None
    assert shop._rows["availability", '["default","MUG"]'].expected_at == day(20)
