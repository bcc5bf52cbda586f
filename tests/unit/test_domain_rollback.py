"""A batch that fails, at whatever line of the fold, is undone exactly, what is derived included."""

from datetime import timedelta
from typing import Any

import pytest

from backorder.domain import events as e
from backorder.domain.fold import Fold
from tests.support.failing import apply_and_fail, assert_a_failure_leaves_nothing
from tests.support.shop import HERE, SKU, THERE, Shop, entry, line

OTHER = "CUP"


def busy_shop() -> Shop:
    """Somebody waits, somebody is allocated, somebody has picked, something is to be forgotten."""
    shop = Shop(stock=5)
    shop.tick(shop.now)
    shop.place("allocated", line(1, 2), line(2, 2))
    shop.place("picked", line(1, 1, location=HERE))
    shop.pick("picked", 1)
    shop.place("waiting", line(1, 2), line(2, 3, location=THERE), priority=1)
    shop.place("closed", line(1, 1, backorder="deny"))
    shop.feed(e.PurchasePlaced("P1", "mill", [e.PurchasedLine(1, SKU, HERE, 4)]))
    return shop


EVENTS: list[e.Event] = [
    e.OrderPlaced("new", [line(1, 2), line(2, 1, OTHER, location=HERE)]),
    e.OrderAmended("waiting", [e.AmendedLine(1, 1), e.AmendedLine(2, 9)]),
    e.OrderRescheduled("waiting", priority=9, lines=[e.RescheduledLine(2, location=HERE)]),
    e.OrderCancelled("allocated", "customer"),
    e.OrderShipped("picked", "S1", [e.ShippedLine(1, 1, HERE)]),
    e.StockAdjusted(SKU, HERE, -3, "lost"),
    e.StockCounted(SKU, HERE, 0, "on_hand", busy_shop().now),
    e.ItemConfigured(SKU, allow_partial=False, safety_stock=2),
    e.GoodsReceived("R1", [e.ReceivedLine(SKU, HERE, 3, 1), e.ReceivedLine(SKU, THERE, 2)], "P1"),
    e.PurchasePlaced("P2", "mill", [e.PurchasedLine(1, OTHER, THERE, 4)]),
    e.ClockTicked(),
]


@pytest.mark.parametrize("event", EVENTS, ids=e.type_name)
def test_a_failure_at_any_line_leaves_nothing_behind(event: e.Event) -> None:
    shop = busy_shop()
    time = shop.now + timedelta(days=91)
    fed = entry(event, time, 99, "" if isinstance(event, e.ClockTicked) else "default")
    assert_a_failure_leaves_nothing(shop, fed)


def test_a_failure_while_an_order_is_watched_anew_leaves_nothing_behind() -> None:
    shop = Shop()
    shop.place("O1", line(1, 2), line(2, 1, OTHER), ship="complete")
    receipt = e.GoodsReceived("R1", [e.ReceivedLine(SKU, HERE, 2)])
    assert_a_failure_leaves_nothing(shop, entry(receipt, shop.now, 99))


@pytest.mark.parametrize("first_of_all", [False, True])
def test_who_waits_is_served_also_after_its_event_failed_once(first_of_all: bool) -> None:
    """At whatever line it failed, and if the pool itself was made for it."""
    at_line, failed = 0, True
    while failed:
        at_line, shop = at_line + 1, Shop()
        if not first_of_all:
            shop.count(0)
        failed = apply_and_fail(shop.fold, entry(e.OrderPlaced("O1", [line(1, 2)]), shop.now, 99), at_line)
        shop.fold.rollback()
        shop.place("O1", line(1, 2))
        shop.count(2)
        assert shop.line("O1").allocated == 2, at_line


def test_what_is_to_come_is_there_once_after_an_event_failed() -> None:
    shop = Shop()
    shop.place("O1", line(1, 9))
    then = shop.now.replace(year=2027)
    shop.feed(e.PurchasePlaced("P1", "mill", [e.PurchasedLine(1, SKU, HERE, 4, expected_at=then)]))
    there, at_line = to_come(shop), 1
    fed = entry(e.GoodsReceived("R1", [e.ReceivedLine(SKU, HERE, 3, 1)], "P1"), shop.now, 99)
    while apply_and_fail(shop.fold, fed, at_line):
        shop.fold.rollback()
        assert to_come(shop) == there, at_line
        at_line += 1


def to_come(shop: Shop) -> dict[str, list[Any]]:
    return {location: list(arrivals) for location, arrivals in shop.pool.supplies.of(SKU).items()}


def test_what_a_tick_forgets_goes_out_in_the_same_order_after_a_restore() -> None:
    live = Fold()
    live.apply(entry(e.ClockTicked(), busy_shop().now, 1, ""))
    for pool in ("Paris", "Berlin"):
        live.apply(entry(e.OrderPlaced("O1", [line(1, 1, backorder="deny")]), busy_shop().now, 2, pool))
    live.commit()
    restored = Fold()
    restored.load(sorted(live.dump().items()))
    restored.loaded()
    tick = entry(e.ClockTicked(), busy_shop().now + timedelta(days=91), 3, "")
    live.apply(tick)
    restored.apply(tick)
    assert list(restored.rows()) == list(live.rows())
    assert [row.pool for row in live.rows()] == ["Berlin", "Paris"]
