"""Shipments: facts from the warehouse, and what they do to the line, to others and to the stock."""

from datetime import timedelta

from tests.support.shop import HERE, THERE, Shop, line


def test_a_forced_shipment_beyond_what_is_sellable_takes_unavailable_units() -> None:
    shop = Shop(stock=3)
    shop.spoil(2)
    shop.place("A", 2)
    shop.ship("A", "S1", (1, 2), force=True)
    assert (shop.stock().on_hand, shop.stock().unavailable, shop.stock().shortfall) == (1, 1, 0)


def test_a_shipment_id_is_taken_once_in_a_pool_whatever_the_order() -> None:
    shop = Shop(stock=2)
    shop.place("A", 1)
    shop.place("B", 1)
    shop.ship("A", "S1", (1, 1))
    shop.ship("B", "S1", (1, 1))
    assert shop.rejections() == ["duplicate_shipment"]
    assert shop.figures("B") == (1, 1, 0, 0, 0)


def test_a_shipment_of_another_order_cannot_be_voided() -> None:
    shop = Shop(stock=2)
    shop.place("A", 1)
    shop.place("B", 1)
    shop.ship("A", "S1", (1, 1))
    shop.void("B", "S1")
    assert shop.rejections() == ["unknown_shipment"]


def test_units_elsewhere_that_nobody_has_picked_are_given_up_before_picked_ones() -> None:
    shop = Shop()
    shop.count(2, HERE)
    shop.count(2, THERE)
    shop.configure(sourcing=[HERE, THERE, "LHR"])
    shop.place("A", 4)
    shop.pick("A", 2, location=THERE)
    shop.ship("A", "S1", (1, 2, "LHR"), force=True)
    assert shop.withdrawn() == [("A", 1, 2, HERE)]
    assert shop.line("A").picked == 2


def test_a_shipment_that_a_count_has_seen_takes_units_elsewhere_before_cancelled_ones() -> None:
    shop = Shop()
    shop.count(3, THERE)
    shop.place("A", 5, at=shop.now)
    shop.cancel("A", (1, 2))
    shop.count(0, HERE)
    shop.ship("A", "S1", (1, 2, HERE), at=shop.now - timedelta(hours=1))
    assert shop.discrepancies() == [("already_counted", 2)]
    assert shop.figures("A") == (5, 1, 0, 2, 2)


def test_a_forced_shipment_in_time_takes_cancelled_units_before_those_elsewhere() -> None:
    shop = Shop()
    shop.count(3, THERE)
    shop.count(2, HERE)
    shop.place("A", line(1, 5, location=THERE))
    shop.cancel("A", (1, 2))
    shop.ship("A", "S1", (1, 2, HERE), force=True)
    assert shop.figures("A") == (5, 3, 0, 2, 0)
