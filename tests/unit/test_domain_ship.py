"""Shipments: facts from the warehouse, and what they do to the line, to others and to the stock."""

from tests.support.shop import Shop


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
