"""Purchases and receipts: what is on order, what arrives for whom, and what turns out not to have come."""

from backorder.domain import decisions as d
from backorder.domain import events as e
from tests.support.shop import HERE, SKU, THERE, Shop, line


def pegged(
    number: int, quantity: int, order_id: str, order_line: int = 1, location: str = HERE
) -> e.PurchasedLine:
    return e.PurchasedLine(number, SKU, location, quantity, None, e.Pegged(order_id, order_line))


def test_a_purchase_is_on_order_until_it_is_received() -> None:
    shop = Shop()
    shop.buy("P1", 5)
    assert shop.stock().on_order == 5
    shop.receive("R1", 2, purchase="P1", line=1)
    assert (shop.stock().on_order, shop.stock().on_hand) == (3, 2)


def test_rejected_units_are_neither_on_hand_nor_received_against_the_purchase() -> None:
    shop = Shop()
    shop.buy("P1", 5)
    shop.receive("R1", 2, purchase="P1", line=1, rejected=3)
    assert (shop.stock().on_order, shop.stock().on_hand) == (3, 2)


def test_an_over_receipt_is_accepted_and_reported_and_lowers_no_further_than_nothing() -> None:
    shop = Shop()
    shop.buy("P1", 5)
    shop.receive("R1", 7, purchase="P1", line=1)
    assert shop.discrepancies() == [("over_receipt", 2)]
    assert (shop.stock().on_order, shop.stock().on_hand) == (0, 7)


def test_goods_that_nobody_bought_are_there_all_the_same_and_serve_waiters() -> None:
    shop = Shop()
    shop.place("A", 1)
    shop.receive("R1", 3, purchase="P9", line=1)
    assert shop.discrepancies() == [("over_receipt", 3)]
    assert shop.filled() == [("A", 1)]
    shop.buy("P1", 5)
    shop.receive("R2", 2, purchase="P1", line=7)
    assert shop.discrepancies() == [("over_receipt", 2)]
    shop.receive("R3", 2, purchase="P1", line=1, sku="CUP")
    assert shop.discrepancies() == [("over_receipt", 2)]
    assert shop.stock().on_order == 5


def test_a_receipt_without_a_purchase_is_no_over_receipt() -> None:
    shop = Shop()
    shop.receive("R1", 3)
    assert shop.discrepancies() == []


def test_a_final_receipt_closes_its_purchase_line_short() -> None:
    shop = Shop()
    shop.buy("P1", 5, 4)
    shop.receive("R1", 2, purchase="P1", line=1, final=True)
    assert shop.stock().on_order == 4


def test_a_receipt_of_nothing_may_close_a_purchase_line() -> None:
    shop = Shop()
    shop.buy("P1", 5)
    shop.receive("R1", 0, purchase="P1", line=1, rejected=5, final=True)
    assert (shop.stock().on_order, shop.stock().on_hand) == (0, 0)


def test_a_receipt_without_a_line_number_lowers_the_lines_of_its_sku_and_location_in_turn() -> None:
    shop = Shop()
    elsewhere = e.PurchasedLine(2, SKU, THERE, 9)
    shop.buy("P1", e.PurchasedLine(1, SKU, HERE, 2), elsewhere, e.PurchasedLine(3, SKU, HERE, 4))
    shop.receive("R1", 5, purchase="P1")
    assert (shop.stock(HERE).on_order, shop.stock(THERE).on_order) == (1, 9)
    shop.receive("R2", 2, purchase="P1")
    assert shop.discrepancies() == [("over_receipt", 1)]


def test_a_changed_purchase_counts_what_has_arrived() -> None:
    shop = Shop()
    shop.buy("P1", 5)
    shop.receive("R1", 3, purchase="P1", line=1)
    shop.change_purchase("P1", 1, 8)
    assert shop.stock().on_order == 5
    shop.change_purchase("P1", 1, 2)
    assert shop.stock().on_order == 0


def test_a_cancelled_purchase_is_not_on_order_any_more() -> None:
    shop = Shop()
    shop.buy("P1", 5, 3)
    shop.cancel_purchase("P1", 1)
    assert shop.stock().on_order == 3
    shop.cancel_purchase("P1")
    assert shop.stock().on_order == 0


def test_the_units_of_a_pegged_purchase_line_go_first_to_the_line_that_they_are_for() -> None:
    shop = Shop()
    shop.place("A", 3)
    shop.place("B", 2)
    shop.buy("P1", pegged(1, 4, "B"))
    shop.receive("R1", 3, purchase="P1", line=1)
    assert shop.filled() == [("B", 2), ("A", 1)]
    assert [fill.rule for fill in shop.told(d.BackorderFilled)] == ["pegged", "queue_order"]


def test_a_peg_gives_no_more_than_its_own_units() -> None:
    shop = Shop()
    shop.place("A", 3)
    shop.place("B", 5)
    shop.buy("P1", pegged(1, 2, "B"))
    shop.feed(
        e.GoodsReceived("R1", [e.ReceivedLine(SKU, HERE, 2, line=1), e.ReceivedLine(SKU, THERE, 2)], "P1")
    )
    assert shop.filled() == [("B", 2), ("A", 2)]


def test_a_peg_is_nothing_to_a_line_that_does_not_wait_or_may_not_use_the_location() -> None:
    shop = Shop()
    shop.place("A", 1)
    shop.place("B", line(1, 1, location=THERE))
    shop.buy("P1", pegged(1, 1, "B"), pegged(2, 1, "nobody"))
    shop.receive("R1", 1, purchase="P1", line=1)
    assert shop.filled() == [("A", 1)]
    shop.place("C", 1)
    shop.receive("R2", 1, purchase="P1", line=2)
    assert shop.filled() == [("C", 1)]


def test_pegged_units_that_cannot_be_sold_serve_nobody() -> None:
    shop = Shop()
    shop.place("A", 1)
    shop.buy("P1", pegged(1, 1, "A"))
    shop.receive("R1", 1, purchase="P1", line=1, condition="unavailable")
    assert shop.filled() == []
    assert (shop.stock().on_hand, shop.stock().unavailable, shop.stock().on_order) == (1, 1, 0)


def test_a_reversed_receipt_takes_the_units_away_and_opens_its_purchase_line_again() -> None:
    shop = Shop()
    shop.place("A", 2)
    shop.buy("P1", 5)
    shop.receive("R1", 2, purchase="P1", line=1, final=True)
    shop.reverse("R1", "P1")
    assert shop.figures("A") == (2, 0, 2, 0, 0)
    assert (shop.stock().on_hand, shop.stock().on_order) == (0, 5)


def test_a_reversal_of_an_over_receipt_opens_only_what_it_had_lowered() -> None:
    shop = Shop()
    shop.buy("P1", 5)
    shop.receive("R1", 7, purchase="P1", line=1)
    shop.reverse("R1", "P1")
    assert (shop.stock().on_hand, shop.stock().on_order) == (0, 5)


def test_a_reversal_may_take_on_hand_below_nothing() -> None:
    shop = Shop()
    shop.receive("R1", 2)
    shop.place("A", 2)
    shop.ship("A", "S1", (1, 2))
    shop.reverse("R1")
    assert shop.stock().on_hand == -2
    assert ("negative_on_hand", 2) in shop.discrepancies()


def test_a_reversal_takes_unavailable_units_where_they_were_received_so() -> None:
    shop = Shop(stock=3)
    shop.receive("R1", 2, condition="unavailable")
    shop.reverse("R1")
    assert (shop.stock().on_hand, shop.stock().unavailable) == (3, 0)


def test_business_keys_of_receiving_are_taken_once() -> None:
    shop = Shop()
    shop.buy("P1", 5)
    shop.buy("P1", 6)
    assert shop.rejections() == ["duplicate_purchase"]
    shop.receive("R1", 1)
    shop.receive("R1", 1)
    assert shop.rejections() == ["duplicate_receipt"]
    shop.reverse("R1")
    shop.reverse("R1")
    assert shop.rejections() == ["already_reversed"]
    assert (shop.stock().on_order, shop.stock().on_hand) == (5, 0)
