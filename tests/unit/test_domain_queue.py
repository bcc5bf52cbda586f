"""The queue: who gets the units that come free, and in which order."""

from datetime import timedelta

import pytest

from backorder.domain import decisions as d
from backorder.domain import events as e
from tests.support.shop import HERE, MONDAY, SKU, THERE, Shop, line


def test_the_more_urgent_order_is_filled_first_though_it_came_later() -> None:
    shop = Shop()
    shop.place("A", 1)
    shop.place("B", 1, priority=1)
    shop.receive("R1", 1)
    assert shop.filled() == [("B", 1)]


def test_among_equals_the_earlier_required_date_is_filled_first_and_none_last() -> None:
    shop = Shop()
    shop.place("A", 1)
    shop.place("B", 1, required_by=MONDAY + timedelta(days=9))
    shop.place("C", 1, required_by=MONDAY + timedelta(days=2))
    shop.receive("R1", 2)
    assert shop.filled() == [("C", 1), ("B", 1)]


def test_among_equals_the_time_of_the_event_decides_not_its_arrival() -> None:
    shop = Shop()
    shop.place("A", 1)
    shop.place("B", 1, at=MONDAY - timedelta(hours=1))
    shop.receive("R1", 1)
    assert shop.filled() == [("B", 1)]


def test_at_the_same_moment_the_order_id_and_then_the_line_decide() -> None:
    shop = Shop()
    shop.place("B", 1, 1, at=MONDAY)
    shop.place("A", 1, at=MONDAY)
    shop.receive("R1", 2)
    assert [(f.order_id, f.line) for f in shop.told(d.BackorderFilled)] == [("A", 1), ("B", 1)]


def test_a_line_with_a_priority_of_its_own_stands_by_it() -> None:
    shop = Shop()
    shop.place("A", 1)
    shop.place("B", line(1, 1, priority=2), priority=9)
    shop.receive("R1", 1)
    assert shop.filled() == [("B", 1)]
    assert shop.line("B").priority == 2


def test_a_partial_fill_leaves_the_rest_in_its_place() -> None:
    shop = Shop()
    shop.place("A", 5)
    shop.place("B", 1)
    shop.receive("R1", 2)
    shop.receive("R2", 2)
    assert shop.filled() == [("A", 2)]
    assert shop.figures("A") == (5, 4, 1, 0, 0)


def test_a_partial_fill_does_not_reset_when_the_units_began_to_wait() -> None:
    shop = Shop()
    shop.place("A", 5)
    opened = shop.now
    shop.receive("R1", 2)
    assert shop.line("A").opened_at == opened
    (filled,) = shop.told(d.BackorderFilled)
    assert (filled.opened_at, filled.waited_seconds, filled.remaining) == (opened, 60.0, 3)


def test_the_fill_of_the_last_waiting_unit_closes_the_backorder() -> None:
    shop = Shop()
    shop.place("A", 2)
    shop.receive("R1", 2)
    (closed,) = shop.told(d.BackorderClosed)
    assert (closed.outcome, closed.seq) == ("filled", 3)
    assert shop.line("A").opened_at is None
    assert shop.line("A").position is None


def test_what_a_waiter_cannot_use_goes_to_the_next_one() -> None:
    shop = Shop()
    shop.place("A", line(1, 1, location=THERE))
    shop.place("B", line(1, 1, location=HERE))
    shop.receive("R1", 1, location=HERE)
    assert shop.filled() == [("B", 1)]
    assert shop.line("A").backordered == 1


def test_a_claim_that_may_not_be_split_is_passed_over_until_it_can_be_covered_whole() -> None:
    shop = Shop()
    shop.configure(allow_partial=False)
    shop.place("A", 5)
    shop.place("B", 2)
    shop.receive("R1", 3)
    assert shop.filled() == [("B", 2)]
    assert shop.told(d.BackorderFilled)[0].rule == "whole_only"
    shop.receive("R2", 4)
    assert shop.filled() == [("A", 5)]


def test_a_claim_that_may_not_be_split_may_be_covered_from_several_locations() -> None:
    shop = Shop()
    shop.configure(allow_partial=False)
    shop.place("A", 5)
    shop.receive("R1", 3, location=HERE)
    assert shop.stock(HERE).free == 3
    shop.receive("R2", 2, location=THERE)
    assert shop.released() == [("A", 1, 3, HERE), ("A", 1, 2, THERE)]


def test_waiters_are_filled_in_part_as_soon_as_the_item_allows_it() -> None:
    shop = Shop()
    shop.configure(allow_partial=False)
    shop.place("A", 5)
    shop.receive("R1", 3)
    shop.configure(allow_partial=True)
    assert shop.figures("A") == (5, 3, 2, 0, 0)


def test_every_event_that_frees_units_gives_them_to_waiters_at_once() -> None:
    def a_shop() -> Shop:
        shop = Shop(stock=4)
        shop.spoil(1)
        shop.place("A", 3)
        shop.place("W", 2)
        return shop

    frees = {
        "receipt": lambda shop: shop.receive("R1", 1),
        "count up": lambda shop: shop.count(5),
        "adjustment": lambda shop: shop.adjust(1),
        "return": lambda shop: shop.take_back(1),
        "repair": lambda shop: shop.spoil(-1),
        "cancel": lambda shop: shop.cancel("A", (1, 1)),
        "amendment down": lambda shop: shop.amend("A", (1, 2)),
    }
    for what, free in frees.items():
        shop = a_shop()
        free(shop)
        assert shop.filled() == [("W", 1)], what


def test_a_smaller_safety_stock_frees_units_for_waiters() -> None:
    shop = Shop(stock=5)
    shop.configure(safety_stock=5)
    shop.place("A", 3)
    shop.configure(safety_stock=3)
    assert shop.filled() == [("A", 2)]


def test_the_position_of_a_new_waiter_counts_the_claims_before_it() -> None:
    shop = Shop()
    shop.place("A", 1)
    shop.place("B", 1)
    shop.place("C", 1, priority=1)
    (opened,) = shop.told(d.BackorderOpened)
    assert (opened.position, shop.line("B").position) == (1, 2)
    shop.place("D", 1)
    assert shop.line("D").position == 4


def test_a_waiter_elsewhere_is_not_counted_in_a_position() -> None:
    shop = Shop()
    shop.place("A", line(1, 1, location=THERE))
    shop.place("B", line(1, 1, location=HERE))
    assert shop.line("B").position == 1


def test_units_from_waiting_are_released_as_such_and_as_cross_dock_only_from_a_receipt() -> None:
    shop = Shop(stock=1)
    shop.place("A", 3)
    (release,) = shop.told(d.ReleaseCreated)
    assert [(part.was_backordered, part.cross_dock) for part in release.lines] == [(False, False)]
    shop.receive("R1", 1)
    (release,) = shop.told(d.ReleaseCreated)
    assert [(part.was_backordered, part.cross_dock) for part in release.lines] == [(True, True)]
    shop.adjust(1)
    (release,) = shop.told(d.ReleaseCreated)
    assert [(part.was_backordered, part.cross_dock) for part in release.lines] == [(True, False)]


def test_all_that_an_event_releases_of_an_order_is_one_release() -> None:
    shop = Shop(stock=3)
    shop.count(2, sku="CUP")
    shop.place("A", line(1, 3), line(2, 2, sku="CUP"))
    (release,) = shop.told(d.ReleaseCreated)
    assert [(part.line, part.quantity) for part in release.lines] == [(1, 3), (2, 2)]
    assert release.release_id == "A/1"


def test_every_decision_names_its_rule_and_its_figures() -> None:
    shop = Shop()
    shop.place("A", 3)
    (opened,) = shop.told(d.BackorderOpened)
    assert opened.rule == "intake"
    assert opened.before == {"asked": 3, "free": 0}
    assert opened.after == {"waiting": 3, "allocated": 0}
    shop.receive("R1", 2)
    (filled,) = shop.told(d.BackorderFilled)
    assert filled.rule == "queue_order"
    assert filled.before == {"waiting": 3, "free": 2}
    assert filled.after == {"waiting": 1, "free": 0}


@pytest.mark.parametrize("pool", ["eu", "us"])
def test_pools_share_nothing(pool: str) -> None:
    shop = Shop(stock=5)
    entry = e.Entry(1, pool, "x", "/tests", shop.now, e.OrderPlaced("A", [e.OrderLine(1, SKU, 1)]))
    shop.fold.apply(entry)
    (row,) = [row.data for row in shop.fold.rows() if row.topic == "lines"]
    assert (row.pool, row.allocated, row.backordered) == (pool, 0, 1)
