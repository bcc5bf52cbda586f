"""Transfers: units leave one location, are in transit, and are the other's when they arrive."""

from datetime import timedelta

from backorder.domain import decisions as d
from tests.support.shop import HERE, MONDAY, THERE, Shop, line

CPH = "CPH"


def stock(shop: Shop, location: str) -> tuple[int, int, int]:
    """On hand, free, in transit."""
    row = shop.stock(location)
    return (row.on_hand, row.free, row.in_transit)


def test_dispatched_units_are_gone_from_the_sender_and_in_transit_at_the_receiver() -> None:
    shop = Shop(stock=5)
    shop.send("T1", 3)
    assert stock(shop, HERE) == (2, 2, 0)
    assert stock(shop, THERE) == (0, 0, 3)


def test_units_in_transit_serve_nobody_until_they_arrive() -> None:
    shop = Shop(stock=5)
    shop.send("T1", 5)
    shop.place("A", line(1, 2, location=THERE), line(2, 1))
    assert shop.filled() == []
    shop.arrive("T1", 5)
    assert shop.filled() == [("A", 2), ("A", 1)]
    assert stock(shop, THERE) == (5, 2, 0)


def test_a_dispatch_demotes_those_who_have_the_units() -> None:
    shop = Shop(stock=5)
    shop.place("A", 2)
    shop.place("B", 3)
    shop.send("T1", 2)
    (reopened,) = shop.told(d.BackorderReopened)
    assert (reopened.order_id, reopened.quantity, reopened.reason) == ("B", 2, "stock_lost")
    assert shop.withdrawn() == [("B", 1, 2, HERE)]


def test_units_that_arrive_and_go_straight_to_waiters_are_cross_docked() -> None:
    shop = Shop(stock=5)
    shop.send("T1", 5)
    shop.place("A", line(1, 2, location=THERE))
    shop.arrive("T1", 5)
    (release,) = shop.told(d.ReleaseCreated)
    assert [(part.cross_dock, part.was_backordered) for part in release.lines] == [(True, True)]


def test_a_transfer_may_arrive_in_parts() -> None:
    shop = Shop(stock=5)
    shop.send("T1", 5)
    shop.arrive("T1", 2)
    assert stock(shop, THERE) == (2, 2, 3)
    shop.arrive("T1", 3, part=2)
    assert stock(shop, THERE) == (5, 5, 0)


def test_a_transfer_may_leave_in_parts() -> None:
    shop = Shop(stock=5)
    shop.send("T1", 2)
    shop.send("T1", 2, part=2)
    assert stock(shop, THERE) == (0, 0, 4)
    shop.arrive("T1", 4)
    assert stock(shop, THERE) == (4, 4, 0)


def test_a_part_is_dispatched_once_and_received_once_whatever_its_quantity() -> None:
    shop = Shop(stock=5)
    shop.send("T1", 2)
    shop.send("T1", 1)
    assert shop.rejections() == ["duplicate_transfer"]
    shop.arrive("T1", 2)
    assert shop.rejections() == []
    shop.arrive("T1", 1)
    assert shop.rejections() == ["duplicate_transfer"]
    assert stock(shop, THERE) == (2, 2, 0)


def test_a_transfer_of_several_skus_is_one_of_each() -> None:
    shop = Shop(stock=5)
    shop.count(5, sku="CUP")
    shop.send("T1", 2)
    shop.send("T1", 3, sku="CUP")
    assert shop.rejections() == []
    shop.arrive("T1", 3, sku="CUP")
    assert shop.stock(THERE, "CUP").on_hand == 3
    assert stock(shop, THERE) == (0, 0, 2)


def test_what_was_never_dispatched_cannot_arrive() -> None:
    shop = Shop(stock=5)
    shop.arrive("T1", 2)
    assert shop.rejections() == ["unknown_transfer"]


def test_more_than_is_there_cannot_be_dispatched_and_unavailable_units_do_not_count() -> None:
    shop = Shop(stock=5)
    shop.spoil(2)
    shop.send("T1", 4)
    assert shop.rejections() == ["not_on_hand"]
    shop.send("T1", 3)
    assert stock(shop, HERE) == (2, 0, 0)
    assert shop.stock().unavailable == 2


def test_more_than_was_dispatched_is_taken_in_and_reported() -> None:
    shop = Shop(stock=5)
    shop.send("T1", 2)
    shop.arrive("T1", 3)
    assert shop.discrepancies() == [("over_receipt", 1)]
    assert stock(shop, THERE) == (3, 3, 0)


def test_what_does_not_arrive_stays_in_transit() -> None:
    shop = Shop(stock=5)
    shop.tick(MONDAY)
    shop.send("T1", 3, expected_at=MONDAY)
    shop.arrive("T1", 2)
    shop.tick(MONDAY + timedelta(days=400))
    assert stock(shop, THERE) == (2, 2, 1)


def test_what_is_lost_on_the_way_is_received_and_written_off() -> None:
    shop = Shop(stock=5)
    shop.send("T1", 3)
    shop.arrive("T1", 2)
    shop.arrive("T1", 1, part=2)
    shop.adjust(-1, THERE)
    assert stock(shop, THERE) == (2, 2, 0)


def test_units_may_arrive_elsewhere_also_back_where_they_came_from() -> None:
    shop = Shop(stock=5)
    shop.send("T1", 4)
    shop.arrive("T1", 1, to=CPH)
    assert stock(shop, CPH) == (1, 1, 0)
    shop.arrive("T1", 3, sender=THERE, to=HERE, part=2)
    assert stock(shop, HERE) == (4, 4, 0)
    assert shop.discrepancies() == []
    assert stock(shop, THERE) == (0, 0, 0)


def test_parts_for_two_places_each_arrive_at_their_own_first() -> None:
    shop = Shop(stock=5)
    shop.send("T1", 2)
    shop.send("T1", 3, to=CPH, part=2)
    shop.arrive("T1", 3, to=CPH)
    assert stock(shop, CPH) == (3, 3, 0)
    assert stock(shop, THERE) == (0, 0, 2)


def test_a_dispatch_that_a_count_has_seen_leaves_on_hand_as_it_is() -> None:
    shop = Shop(stock=5)
    dispatched_at = shop.now
    shop.count(1, as_of=dispatched_at + timedelta(minutes=1))
    shop.send("T1", 4, at=dispatched_at)
    assert shop.discrepancies() == [("already_counted", 4)]
    assert stock(shop, HERE) == (1, 1, 0)
    assert stock(shop, THERE) == (0, 0, 4)


def test_a_count_before_a_dispatch_or_an_arrival_has_them_applied_on_top() -> None:
    shop = Shop(stock=5)
    before = shop.now
    shop.send("T1", 3)
    shop.count(9, as_of=before)
    assert stock(shop, HERE) == (6, 6, 0)
    shop.arrive("T1", 3)
    shop.count(1, THERE, as_of=before)
    assert stock(shop, THERE) == (4, 4, 0)


def test_an_arrival_that_a_count_has_seen_is_no_longer_in_transit() -> None:
    shop = Shop(stock=5)
    shop.send("T1", 3)
    arrived_at = shop.now
    shop.count(3, THERE)
    shop.arrive("T1", 3, at=arrived_at)
    assert shop.discrepancies() == [("already_counted", 3)]
    assert stock(shop, THERE) == (3, 3, 0)


def test_a_transfer_that_has_arrived_is_forgotten_with_its_parts_one_underway_is_not() -> None:
    shop = Shop(stock=9, closed_retention_days=2)
    shop.tick(MONDAY)
    shop.send("T1", 2)
    shop.arrive("T1", 2)
    shop.send("T2", 2)
    shop.tick(MONDAY + timedelta(days=1))
    shop.send("T1", 2)
    assert shop.rejections() == ["duplicate_transfer"]
    shop.tick(MONDAY + timedelta(days=3))
    shop.send("T1", 2)
    assert shop.rejections() == []
    shop.send("T2", 2)
    assert shop.rejections() == ["duplicate_transfer"]


def test_a_transfer_that_goes_on_after_all_had_arrived_is_remembered_from_its_last_arrival() -> None:
    shop = Shop(stock=9, closed_retention_days=2)
    shop.tick(MONDAY)
    shop.send("T1", 2)
    shop.arrive("T1", 2)
    shop.tick(MONDAY + timedelta(days=1))
    shop.send("T1", 2, part=2)
    shop.arrive("T1", 2, part=2)
    shop.tick(MONDAY + timedelta(days=2, hours=1))
    shop.send("T1", 2)
    assert shop.rejections() == ["duplicate_transfer"]


def test_what_is_in_transit_counts_for_replenishment() -> None:
    shop = Shop(stock=5)
    shop.configure(reorder_point=3)
    shop.send("T1", 4)
    assert shop.told(d.ReplenishmentSuggested) == []
