"""Counts with basis `available`, net of open orders: nothing is counted twice, whatever comes first."""

from datetime import datetime, timedelta

import pytest

from backorder.domain import events as e
from tests.support.shop import HERE, MONDAY, THERE, Shop, line

MINUTE = timedelta(minutes=1)


def at(minutes: float) -> datetime:
    return MONDAY + timedelta(hours=1, minutes=minutes)


def figures(shop: Shop, location: str = HERE) -> tuple[int, int, int]:
    """On hand, allocated, free."""
    row = shop.stock(location)
    return (row.on_hand, row.allocated, row.free)


# --- the sequences of platforms -----------------------------------------------------------------------------


@pytest.mark.parametrize("stock_first", [False, True], ids=["order first", "stock first"])
def test_a_shop_platform_that_counts_what_is_available_stays_true(stock_first: bool) -> None:
    """As Shopify does it: `available` falls when an order is placed, stands when it is fulfilled, and rises
    when it is cancelled; a stock event follows each of them."""
    shop = Shop(stock=10)

    def both(order_event: e.Event, available: int, minutes: float) -> None:
        counted = e.StockCounted("MUG", HERE, available, "available", at(minutes))
        for event in (counted, order_event) if stock_first else (order_event, counted):
            shop.feed(event, at(minutes))

    both(e.OrderPlaced("A", [line(1, 3)]), available=7, minutes=1)
    assert figures(shop) == (10, 3, 7)
    both(e.OrderPlaced("B", [line(1, 4)]), available=3, minutes=2)
    assert figures(shop) == (10, 7, 3)
    both(e.OrderShipped("A", "S1", [e.ShippedLine(1, 3, HERE)]), available=3, minutes=3)
    assert figures(shop) == (7, 4, 3)
    both(e.OrderCancelled("B", "customer"), available=7, minutes=4)
    assert figures(shop) == (7, 0, 7)
    both(e.OrderPlaced("C", [line(1, 9)]), available=-2, minutes=5)
    assert figures(shop) == (7, 7, 0)
    assert shop.figures("C") == (9, 7, 2, 0, 0)
    both(e.GoodsReceived("R1", [e.ReceivedLine("MUG", HERE, 5)]), available=3, minutes=6)
    assert figures(shop) == (12, 9, 3)


@pytest.mark.parametrize("stock_first", [False, True], ids=["order first", "stock first"])
def test_a_shop_platform_that_counts_stock_down_when_it_takes_an_order_stays_true(stock_first: bool) -> None:
    """As WooCommerce does it: stock falls when the order is taken, and does not move when it is completed; a
    cancelled order puts it back. Only changes of stock are published."""
    shop = Shop(stock=10)

    def both(order_event: e.Event, available: int | None, minutes: float) -> None:
        counted = e.StockCounted("MUG", HERE, available or 0, "available", at(minutes))
        told = [order_event] if available is None else [order_event, counted]
        for event in reversed(told) if stock_first else told:
            shop.feed(event, at(minutes))

    both(e.OrderPlaced("A", [line(1, 4)]), available=6, minutes=1)
    both(e.OrderPlaced("B", [line(1, 8)]), available=-2, minutes=2)
    assert figures(shop) == (10, 10, 0)
    assert shop.figures("B") == (8, 6, 2, 0, 0)
    both(e.OrderShipped("A", "S1", [e.ShippedLine(1, 4, HERE)]), available=None, minutes=3)
    assert figures(shop) == (6, 6, 0)
    both(e.OrderCancelled("B", "customer", [e.CancelledLine(1, 3)]), available=1, minutes=4)
    assert figures(shop) == (6, 5, 1)
    both(e.OrderShipped("B", "S2", [e.ShippedLine(1, 5, HERE)]), available=None, minutes=5)
    assert figures(shop) == (1, 0, 1)


@pytest.mark.parametrize("stock_first", [False, True], ids=["order first", "stock first"])
def test_a_plain_erp_that_counts_what_is_on_the_shelf_stays_true(stock_first: bool) -> None:
    """On hand moves when goods move, and only then: orders and cancels change nothing about it."""
    shop = Shop(stock=10)

    def both(event: e.Event, on_hand: int | None, minutes: float) -> None:
        counted = e.StockCounted("MUG", HERE, on_hand or 0, "on_hand", at(minutes))
        told = [event] if on_hand is None else [event, counted]
        for each in reversed(told) if stock_first else told:
            shop.feed(each, at(minutes))

    both(e.OrderPlaced("A", [line(1, 4)]), on_hand=None, minutes=1)
    both(e.OrderPlaced("B", [line(1, 8)]), on_hand=None, minutes=2)
    assert figures(shop) == (10, 10, 0)
    both(e.OrderShipped("A", "S1", [e.ShippedLine(1, 4, HERE)]), on_hand=6, minutes=3)
    assert figures(shop) == (6, 6, 0)
    both(e.OrderCancelled("B", "customer", [e.CancelledLine(1, 3)]), on_hand=None, minutes=4)
    both(e.GoodsReceived("R1", [e.ReceivedLine("MUG", HERE, 5)]), on_hand=11, minutes=5)
    assert figures(shop) == (11, 5, 6)


# --- what a net count says ----------------------------------------------------------------------------------


def test_on_hand_is_what_is_available_and_what_is_set_aside() -> None:
    shop = Shop(stock=20)
    shop.place("A", 3)
    shop.spoil(2)
    shop.hold_units("H1", 4)
    shop.count_net(6)
    assert figures(shop) == (15, 3, 6)


def test_a_negative_count_says_how_many_of_the_open_units_are_not_there() -> None:
    shop = Shop(stock=5)
    shop.place("A", 8)
    shop.count_net(-3)
    assert figures(shop) == (5, 5, 0)
    shop.count_net(-6)
    assert figures(shop) == (2, 2, 0)
    shop.count_net(-9)
    assert shop.stock().on_hand == -1
    assert ("negative_on_hand", 1) in shop.discrepancies()


def test_what_happened_after_as_of_is_applied_on_top() -> None:
    shop = Shop(stock=10)
    shop.place("A", 2, at=at(1))
    shop.place("B", 3, at=at(3))
    shop.receive("R1", 4, at=at(4))
    shop.ship("A", "S1", (1, 2), at=at(5))
    shop.spoil(1, at=at(6))
    shop.hold_units("H1", 2, at=at(6))
    shop.count(8, as_of=at(2), at=at(9), basis="available")
    assert figures(shop) == (12, 3, 6)
    assert shop.stock().unavailable == 1


def test_what_was_set_aside_is_exact_for_an_hour_and_known_by_the_minute_for_seven_days() -> None:
    shop = Shop(stock=10)
    shop.place("A", 2, at=at(0.5))
    shop.place("B", 3, at=at(0.8))
    shop.count(5, as_of=at(0.7), at=at(50), basis="available")
    assert shop.stock().on_hand == 7
    shop.place("C", 1, at=at(90))
    shop.count(5, as_of=at(0.75), at=at(91), basis="available")
    assert shop.stock().on_hand == 10


def test_a_count_of_a_time_when_nobody_knows_what_was_open_is_stale() -> None:
    shop = Shop()
    shop.place("A", 2, at=at(1))
    shop.place("B", 2, at=at(1) + timedelta(days=8))
    shop.count(5, as_of=at(0), at=at(9) + timedelta(days=8), basis="available")
    assert shop.rejections() == ["stale_count"]
    shop.count(5, as_of=at(0), at=at(9) + timedelta(days=8))
    assert shop.rejections() == []


def test_lines_without_a_location_count_at_the_first_source_wherever_they_are_allocated() -> None:
    shop = Shop()
    shop.configure(sourcing=[HERE, THERE])
    shop.count(5, THERE)
    shop.place("A", 3)
    shop.count_net(2)
    assert figures(shop) == (5, 0, 5)
    shop.count_net(2, location=THERE)
    assert figures(shop, THERE)[0] == 2


def test_lines_without_a_location_count_at_the_only_location_there_is() -> None:
    shop = Shop()
    shop.place("A", 3)
    shop.count_net(2)
    assert figures(shop) == (5, 3, 2)


def test_a_line_counts_at_the_location_that_it_names() -> None:
    shop = Shop(stock=5)
    shop.count(5, THERE)
    shop.place("A", line(1, 3, location=THERE))
    shop.count_net(5)
    shop.count_net(2, location=THERE)
    assert (figures(shop)[0], figures(shop, THERE)[0]) == (5, 5)


def test_a_line_that_moves_to_another_location_counts_there_from_then_on() -> None:
    shop = Shop(stock=0)
    shop.place("A", line(1, 3, location=HERE))
    placed_at = shop.now
    shop.reschedule("A", e.RescheduledLine(1, location=THERE))
    shop.count_net(4, as_of=placed_at, location=THERE)
    shop.count_net(1, as_of=placed_at)
    assert (figures(shop)[0], figures(shop, THERE)[0]) == (4, 4)
    shop.count_net(4, location=THERE)
    shop.count_net(1)
    assert (figures(shop)[0], figures(shop, THERE)[0]) == (1, 7)


def test_refused_units_are_not_open() -> None:
    shop = Shop(stock=2)
    shop.configure(backorderable=False)
    shop.place("A", 5)
    shop.count_net(0)
    assert figures(shop) == (2, 2, 0)


# --- what comes after a net count and belongs before it -----------------------------------------------------


def net_shop(available: int, **policies: object) -> Shop:
    """A shop with so many units available as of minute 10, and nothing open."""
    shop = Shop()
    if policies:
        shop.configure(**policies)
    shop.count(available, as_of=at(10), at=at(10), basis="available")
    return shop


def test_a_late_order_finds_its_units_on_hand() -> None:
    shop = net_shop(0)
    shop.place("A", 3, at=at(10))
    assert figures(shop) == (3, 3, 0)
    assert shop.discrepancies() == []
    shop.place("B", 3, at=at(10) + timedelta(seconds=1))
    assert figures(shop) == (3, 3, 0)


def test_a_late_order_that_may_not_wait_is_covered_by_its_own_units() -> None:
    shop = net_shop(0)
    shop.place("A", line(1, 3, backorder="deny"), at=at(9))
    assert shop.figures("A") == (3, 3, 0, 0, 0)


def test_units_of_a_late_order_go_first_to_those_who_wait_before_it() -> None:
    shop = Shop()
    shop.place("W", 5, at=at(1))
    shop.count(-2, as_of=at(10), at=at(10), basis="available")
    assert shop.figures("W") == (5, 3, 2, 0, 0)
    shop.place("A", 3, at=at(9))
    assert shop.stock().on_hand == 6
    assert shop.figures("W") == (5, 5, 0, 0, 0)
    assert shop.figures("A") == (3, 1, 2, 0, 0)


def test_what_is_refused_of_a_late_order_is_not_on_hand_either() -> None:
    shop = Shop()
    shop.place("W", 5, at=at(1))
    shop.count(-2, as_of=at(10), at=at(10), basis="available")
    shop.place("A", line(1, 3, backorder="deny"), at=at(9))
    assert shop.line("A").status == "refused"
    assert shop.stock().on_hand == 3
    assert shop.figures("W") == (5, 3, 2, 0, 0)


def test_a_late_order_for_a_location_that_is_not_in_the_list_moves_nothing() -> None:
    shop = net_shop(2, sourcing=[HERE])
    shop.place("A", line(1, 3, location=THERE), at=at(9))
    assert shop.stock().on_hand == 2


def test_a_late_order_that_was_cancelled_before_moves_nothing() -> None:
    shop = net_shop(2)
    shop.cancel("A")
    shop.place("A", 3, at=at(9))
    assert figures(shop) == (2, 0, 2)


def test_a_late_amendment_up_raises_on_hand_and_one_down_lowers_it() -> None:
    shop = Shop()
    shop.place("A", 3, 2, at=at(1))
    shop.count(0, as_of=at(10), at=at(10), basis="available")
    assert shop.stock().on_hand == 5
    shop.amend("A", (1, 5), at=at(8))
    assert figures(shop) == (7, 7, 0)
    shop.amend("A", (1, 1), at=at(9))
    assert figures(shop) == (3, 3, 0)
    shop.amend("A", (1, 2), (2, 1), at=at(9))
    assert figures(shop) == (3, 3, 0)


def test_a_late_cancel_lowers_on_hand_and_gives_nobody_units() -> None:
    shop = Shop()
    shop.place("A", 3, at=at(1))
    shop.place("W", 3, at=at(2))
    shop.count(-3, as_of=at(10), at=at(10), basis="available")
    assert figures(shop) == (3, 3, 0)
    shop.cancel("A", at=at(9))
    assert figures(shop) == (0, 0, 0)
    assert shop.filled() == []


def test_a_late_shipment_lowers_on_hand_and_is_not_already_counted() -> None:
    shop = Shop()
    shop.place("A", 3, at=at(1))
    shop.count(2, as_of=at(10), at=at(10), basis="available")
    shop.ship("A", "S1", (1, 3), at=at(9))
    assert shop.discrepancies() == []
    assert figures(shop) == (2, 0, 2)


def test_a_late_shipment_of_cancelled_units_was_in_the_count_and_moves_nothing() -> None:
    shop = Shop(stock=5)
    shop.place("A", 3, at=at(1))
    shop.cancel("A", at=at(2))
    shop.count(2, as_of=at(10), at=at(10), basis="available")
    shop.ship("A", "S1", (1, 3), at=at(9), force=True)
    assert figures(shop) == (2, 0, 2)


def test_a_late_void_puts_the_units_back_on_hand() -> None:
    shop = Shop(stock=5)
    shop.place("A", 3, at=at(1))
    shop.ship("A", "S1", (1, 3), at=at(2))
    shop.count(2, as_of=at(10), at=at(10), basis="available")
    shop.void("A", "S1", at=at(9))
    assert figures(shop) == (5, 3, 2)


def test_a_late_shipment_from_elsewhere_lowers_on_hand_where_the_line_counts() -> None:
    shop = Shop()
    shop.configure(sourcing=[HERE, THERE])
    shop.place("A", 3, at=at(1))
    shop.count(4, THERE, as_of=at(5), at=at(5))
    shop.count(2, as_of=at(10), at=at(10), basis="available")
    assert (figures(shop)[0], figures(shop, THERE)[0]) == (5, 4)
    shop.ship("A", "S1", (1, 3, THERE), at=at(9), force=True)
    assert (figures(shop)[0], figures(shop, THERE)[0]) == (2, 1)


def test_late_receipts_adjustments_and_returns_are_in_the_count() -> None:
    shop = net_shop(5)
    shop.receive("R1", 3, at=at(9))
    assert shop.discrepancies() == [("already_counted", 3)]
    shop.adjust(-2, at=at(9))
    shop.take_back(2, at=at(9))
    assert figures(shop) == (5, 0, 5)


def test_late_units_that_cannot_be_sold_are_on_hand_beyond_the_count() -> None:
    shop = net_shop(5)
    shop.take_back(2, "unavailable", at=at(9))
    assert shop.discrepancies() == []
    assert (*figures(shop), shop.stock().unavailable) == (7, 0, 5, 2)
    shop.adjust(-1, condition="unavailable", at=at(9))
    assert (*figures(shop), shop.stock().unavailable) == (6, 0, 5, 1)


def test_a_late_change_of_condition_was_in_the_count() -> None:
    shop = net_shop(0)
    shop.spoil(2, at=at(9))
    assert (*figures(shop), shop.stock().unavailable) == (2, 0, 0, 2)
    shop.spoil(-2, at=at(9))
    assert (*figures(shop), shop.stock().unavailable) == (0, 0, 0, 0)


def test_a_late_hold_finds_its_units_on_hand_and_its_late_end_takes_them_back() -> None:
    shop = net_shop(1)
    shop.hold_units("H1", 3, at=at(8), expires_at=at(100))
    assert (shop.stock().on_hand, shop.stock().held, shop.stock().free) == (4, 3, 1)
    shop.feed(e.StockHoldEnded("MUG", "H1"), at=at(9))
    assert (shop.stock().on_hand, shop.stock().held, shop.stock().free) == (1, 0, 1)


def test_a_late_order_that_takes_over_a_hold_of_the_count_moves_nothing() -> None:
    shop = Shop(stock=5)
    shop.hold_units("H1", 2, at=at(1), expires_at=at(100))
    shop.count(3, as_of=at(10), at=at(10), basis="available")
    shop.place("A", line(1, 2, hold_id="H1"), at=at(9))
    assert figures(shop) == (5, 2, 3)


def test_a_count_of_the_shelf_ends_the_corrections_for_a_net_one() -> None:
    shop = net_shop(5)
    shop.count(5, as_of=at(20), at=at(20))
    shop.place("A", 3, at=at(9))
    assert figures(shop) == (5, 3, 2)


def test_corrections_go_by_the_count_of_the_line_s_own_location() -> None:
    shop = net_shop(5)
    shop.count(5, THERE)
    shop.place("A", line(1, 3, location=THERE), at=at(9))
    assert (figures(shop)[0], figures(shop, THERE)[0]) == (5, 5)


def test_what_a_late_amendment_frees_and_the_count_has_seen_is_not_there_for_what_it_adds() -> None:
    shop = Shop(stock=3)
    shop.configure(sourcing=[THERE, HERE])
    shop.place("A", line(1, 3, location=HERE))
    amended_at = shop.now
    shop.count_net(0)
    assert figures(shop) == (3, 3, 0)
    shop.amend("A", (1, 1), e.AmendedLine(2, 2, sku="MUG", backorder="deny"), at=amended_at)
    assert figures(shop) == (1, 1, 0)
    assert shop.figures("A", 2) == (2, 0, 0, 0, 2)


def test_what_a_late_amendment_takes_off_is_not_there_for_the_rest_of_an_order_that_ships_complete() -> None:
    shop = Shop()
    lines = line(1, 2, location=HERE), line(2, 1, location=HERE), line(3, 1, "TIN")
    shop.place("A", *lines, ship="complete", at=at(0))
    shop.count(0, at=at(10), basis="available")
    shop.place("B", 1, at=at(11))
    assert figures(shop) == (3, 1, 2)
    shop.amend("A", (2, 0), (3, 0), at=at(5))
    assert figures(shop) == (2, 1, 1)
    assert shop.figures("A") == (2, 0, 2, 0, 0)
