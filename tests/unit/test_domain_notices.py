"""Notices: what customers should be told, each once."""

from datetime import datetime, timedelta
from typing import Any

from backorder.domain import decisions as d
from backorder.domain import events as e
from tests.support.shop import HERE, MONDAY, SKU, THERE, Shop, line


def day(number: int) -> datetime:
    return MONDAY + timedelta(days=number)


def buy(shop: Shop, purchase_id: str, units: int, on: int) -> None:
    shop.buy(purchase_id, e.PurchasedLine(1, SKU, HERE, units, day(on)))


def told(shop: Shop) -> list[tuple[str, str, int]]:
    """Order, kind and quantity of each notice that followed from the last event."""
    return [(each.order_id, each.kind, each.quantity) for each in shop.told(d.NoticeDue)]


def waiting_shop(**fields: Any) -> Shop:
    """5 of A's 8 units wait."""
    shop = Shop(stock=3)
    shop.place("A", 8, **fields)
    return shop


def test_a_line_that_loses_its_units_and_finds_others_at_once_is_nothing_to_tell() -> None:
    shop = Shop(stock=3)
    shop.place("A", 3)
    shop.count(3, THERE)
    shop.count(0, HERE)
    assert shop.line("A").allocations[0].location == THERE
    assert told(shop) == []


def test_of_a_line_that_loses_its_units_and_finds_fewer_it_is_told_that_the_rest_waits() -> None:
    shop = Shop(stock=3)
    shop.place("A", 3)
    shop.count(2, THERE)
    shop.count(0, HERE)
    assert told(shop) == [("A", "waiting", 1)]


def test_who_begins_to_wait_is_told() -> None:
    shop = waiting_shop(channel="web")
    (notice,) = shop.told(d.NoticeDue)
    assert notice == d.NoticeDue(
        "A", 1, SKU, "waiting", "web", 5, 5, shop.line("A").opened_at, None, None, None
    )


def test_who_is_served_at_once_is_told_nothing() -> None:
    shop = Shop(stock=3)
    shop.place("A", 3)
    assert told(shop) == []


def test_the_notice_of_waiting_says_what_is_promised_and_no_other_does() -> None:
    shop = Shop()
    buy(shop, "P1", 9, 4)
    shop.place("A", 5)
    (notice,) = shop.told(d.NoticeDue)
    assert (notice.kind, notice.promised_at) == ("waiting", day(4))


def test_a_promise_that_comes_later_is_told() -> None:
    shop = waiting_shop()
    buy(shop, "P1", 9, 4)
    (notice,) = shop.told(d.NoticeDue)
    assert (notice.kind, notice.previous, notice.promised_at) == ("promise_set", None, day(4))


def test_a_promise_that_changes_is_told_with_the_one_before() -> None:
    shop = waiting_shop()
    buy(shop, "P1", 9, 4)
    shop.feed(e.PurchaseChanged("P1", [e.ChangedPurchaseLine(1, expected_at=day(6))]))
    (notice,) = shop.told(d.NoticeDue)
    assert (notice.kind, notice.previous, notice.promised_at) == ("promise_changed", day(4), day(6))


def test_a_promise_that_goes_is_told_as_a_change() -> None:
    shop = waiting_shop()
    buy(shop, "P1", 9, 4)
    shop.cancel_purchase("P1")
    (notice,) = shop.told(d.NoticeDue)
    assert (notice.kind, notice.previous, notice.promised_at) == ("promise_changed", day(4), None)


def test_a_part_that_is_filled_is_told_with_what_still_waits() -> None:
    shop = waiting_shop()
    shop.receive("R1", 2)
    (notice,) = shop.told(d.NoticeDue)
    assert (notice.kind, notice.quantity, notice.waiting) == ("partly_filled", 2, 3)


def test_who_is_filled_after_waiting_is_told_once_however_many_places_it_took() -> None:
    shop = Shop()
    shop.place("A", 5)
    received = [e.ReceivedLine(SKU, place, 3) for place in (HERE, "RTM")]
    shop.feed(e.GoodsReceived("R1", received))
    (notice,) = shop.told(d.NoticeDue)
    assert (notice.kind, notice.quantity, notice.waiting) == ("back_in_stock", 5, 0)
    assert (notice.opened_at, notice.promised_at) == (None, None)


def test_who_cancels_or_has_it_already_is_told_nothing() -> None:
    shop = waiting_shop()
    shop.cancel("A", (1, 2))
    assert told(shop) == []
    shop.ship("A", "S1", (1, 6), force=True)
    assert told(shop) == []


def test_who_waits_again_after_a_demotion_is_told_again() -> None:
    shop = Shop(stock=3)
    shop.place("A", 3)
    shop.count(1)
    assert told(shop) == [("A", "waiting", 2)]
    shop.count(0)
    assert told(shop) == []


def test_more_that_waits_beside_what_waits_is_told_nothing() -> None:
    shop = waiting_shop()
    shop.amend("A", (1, 9))
    assert told(shop) == []


def test_who_still_waits_after_the_set_days_is_told_once() -> None:
    shop = Shop(still_waiting_days=3)
    shop.place("A", 5, at=MONDAY)
    shop.tick(day(2))
    assert told(shop) == []
    shop.tick(day(3))
    assert told(shop) == [("A", "still_waiting", 5)]
    shop.tick(day(9))
    assert told(shop) == []


def test_who_does_not_wait_any_more_is_not_told_so() -> None:
    shop = Shop(still_waiting_days=3)
    shop.place("A", 5, at=MONDAY)
    shop.place("B", 5, at=MONDAY)
    shop.receive("R1", 5)
    shop.tick(day(4))
    assert told(shop) == [("B", "still_waiting", 5)]


def test_each_wait_has_days_of_its_own() -> None:
    shop = Shop(still_waiting_days=3, stock=2)
    shop.place("A", 2, at=MONDAY)
    shop.count(0, at=day(2))
    shop.tick(day(4))
    assert told(shop) == []
    shop.tick(day(5))
    assert told(shop) == [("A", "still_waiting", 2)]


def test_still_waiting_is_caused_by_what_began_the_wait() -> None:
    shop = Shop(still_waiting_days=3)
    shop.place("A", 5, at=MONDAY)
    tick = e.Entry(e.JOURNAL_VERSION, "", "tick", "/tests", day(9), e.ClockTicked())
    (emitted,) = shop.fold.apply(tick).emitted
    assert (emitted.cause.id, emitted.cause.time) == ("event-1", day(3))


def test_waiters_of_a_discontinued_item_whom_no_supply_covers_are_told() -> None:
    shop = Shop()
    shop.place("A", 5)
    shop.place("B", 5)
    buy(shop, "P1", 5, 4)
    shop.configure(discontinued=True)
    assert told(shop) == [("B", "discontinued", 5)]
    shop.configure(discontinued=True)
    assert told(shop) == []


def test_who_loses_their_supply_of_a_discontinued_item_is_told_then() -> None:
    shop = Shop()
    shop.place("A", 5)
    buy(shop, "P1", 5, 4)
    shop.configure(discontinued=True)
    shop.cancel_purchase("P1")
    assert ("A", "discontinued", 5) in told(shop)
    buy(shop, "P2", 5, 6)
    shop.cancel_purchase("P2")
    assert [kind for _, kind, _ in told(shop)] == ["promise_changed"]


def test_with_a_long_queue_all_are_told_that_it_is_discontinued_in_slices() -> None:
    shop = Shop(promise_lines=2, step_lines=3)
    for number in range(7):
        shop.place(f"{number}", 1)
    shop.configure(discontinued=True)
    counts = [len(told(shop))]
    for hour in (1, 2, 3):
        shop.tick(MONDAY + timedelta(days=1, hours=hour))
        counts.append(len(told(shop)))
    assert counts == [2, 3, 2, 0]


def test_a_notice_is_about_one_line() -> None:
    shop = Shop()
    shop.place("A", line(1, 2), line(2, 3))
    assert [(each.line, each.quantity) for each in shop.told(d.NoticeDue)] == [(1, 2), (2, 3)]
