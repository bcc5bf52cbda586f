"""A receipt that names a purchase but no line of it lowers the purchase's lines one after the other."""

from backorder.domain import events as e
from tests.support.shop import HERE, SKU, Shop


def test_units_without_a_line_go_to_the_lines_in_the_order_of_their_numbers() -> None:
    shop = Shop()
    shop.place("first", 9)
    shop.place("pegged", 9)
    for_pegged = e.PurchasedLine(1, SKU, HERE, 4, pegged_to=e.Pegged("pegged", 1))
    shop.buy("P1", e.PurchasedLine(2, SKU, HERE, 10), for_pegged)
    shop.receive("R1", 4, purchase="P1")
    assert shop.filled() == [("pegged", 4)]
    assert shop.stock().on_order == 10
