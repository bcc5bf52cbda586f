"""New dates, priorities and places: waiting parts move in the queue, nothing filled is taken back."""

from backorder.domain import events as e
from tests.support.shop import HERE, Shop


def test_a_line_of_which_nothing_waits_makes_no_stock_row_where_it_is_moved() -> None:
    shop = Shop(stock=2)
    shop.configure(safety_stock=1)
    shop.place("A", 1)
    shop.reschedule("A", e.RescheduledLine(1, location="AAA"))
    assert set(shop.pool.stock.rows) == {("MUG", HERE)}
    assert shop.line("A").location == "AAA"
