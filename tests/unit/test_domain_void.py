"""A voided shipment gives its units back to the same lines."""

from tests.support.shop import Shop


def test_a_refused_line_whose_forced_shipment_is_voided_can_be_amended_and_filled() -> None:
    shop = Shop()
    shop.configure(backorderable=False)
    shop.place("A", 2)
    shop.ship("A", "S1", (1, 2), force=True)
    shop.void("A", "S1")
    assert shop.figures("A") == (2, 0, 2, 0, 0)
    shop.configure(backorderable=True)
    shop.amend("A", (1, 5))
    shop.receive("R1", 4)
    assert shop.figures("A") == (5, 4, 1, 0, 0)
