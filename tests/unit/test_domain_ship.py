"""Shipments: facts from the warehouse, and what they do to the line, to others and to the stock."""

from tests.support.shop import Shop


def test_a_forced_shipment_beyond_what_is_sellable_takes_unavailable_units() -> None:
    shop = Shop(stock=3)
    shop.spoil(2)
    shop.place("A", 2)
    shop.ship("A", "S1", (1, 2), force=True)
    assert (shop.stock().on_hand, shop.stock().unavailable, shop.stock().shortfall) == (1, 1, 0)
