"""An event that moves more lines of other orders than a step may goes on in continuations."""

from backorder.domain import events as e
from tests.support.shop import HERE, SKU, THERE, Shop, line


def test_units_that_a_big_step_has_not_given_out_yet_are_not_for_sale() -> None:
    shop = Shop(step_lines=1)
    shop.configure(backorder_cap=5)
    shop.place("A", 1)
    shop.place("B", 1)
    shop.receive("R1", 3, finish=False)
    assert shop.stock().free == 2
    assert shop.availability() == ("backorder", 4)
    shop.place("C", line(1, 1, backorder="deny"))
    assert shop.figures("C") == (1, 0, 0, 0, 1)


def test_the_last_part_of_a_big_step_brings_the_availability_up_to_date() -> None:
    shop = Shop(step_lines=1)
    shop.place("A", 1)
    shop.place("B", 1)
    shop.receive("R1", 3, finish=False)
    assert shop.availability() == ("backorder", None)
    shop.finish()
    assert shop.availability() == ("in_stock", None)


def test_a_shortfall_is_reported_when_the_big_step_ends_though_its_last_part_is_about_another_place() -> None:
    shop = Shop(step_lines=1)
    shop.feed(e.GoodsReceived("R1", [e.ReceivedLine(SKU, HERE, 2), e.ReceivedLine(SKU, THERE, 2)]))
    shop.place("picked", line(1, 2, location=HERE))
    shop.pick("picked", 2)
    shop.place("A", line(1, 1, location=THERE))
    shop.place("B", line(1, 1, location=THERE))
    shop.feed(e.GoodsReceiptReversed("R1", "booked twice"), finish=False)
    assert shop.discrepancies() == []
    shop.finish()
    assert shop.discrepancies() == [("shortfall", 2)]
    shop.take_back(1)
    assert (shop.stock().shortfall, shop.discrepancies()) == (1, [])


def test_a_shortfall_is_reported_though_an_event_between_left_a_continuation_nothing_to_do() -> None:
    shop = Shop(step_lines=1, stock=3)
    shop.place("picked", 1)
    shop.pick("picked", 1)
    shop.place("A", 1)
    shop.place("B", 1)
    shop.feed(e.StockCounted(SKU, HERE, 0, "on_hand", shop.now), finish=False)
    shop.feed(e.OrderCancelled("A", "customer"), finish=False)
    assert shop.discrepancies() == []
    shop.finish()
    assert shop.discrepancies() == [("shortfall", 1)]
