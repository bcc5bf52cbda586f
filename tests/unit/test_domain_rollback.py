"""A batch that fails, at whatever line of the fold, is undone exactly, what is derived included."""

from datetime import timedelta

import pytest

from backorder.domain import events as e
from backorder.domain.fold import Fold
from tests.support.failing import assert_a_failure_leaves_nothing
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
