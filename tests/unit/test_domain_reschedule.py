"""New dates, priorities and places: waiting parts move in the queue, nothing filled is taken back."""

from datetime import timedelta

from backorder.domain import events as e
from tests.support.shop import HERE, MONDAY, Shop, line


def test_a_line_of_which_nothing_waits_makes_no_stock_row_where_it_is_moved() -> None:
    shop = Shop(stock=2)
    shop.configure(safety_stock=1)
    shop.place("A", 1)
    shop.reschedule("A", e.RescheduledLine(1, location="AAA"))
    assert set(shop.pool.stock.rows) == {("MUG", HERE)}
    assert shop.line("A").location == "AAA"


def test_a_new_priority_of_the_order_moves_the_lines_without_one_of_their_own() -> None:
    shop = Shop()
    shop.place("B", 1)
    shop.place("A", line(1, 1), line(2, 1, priority=9))
    shop.reschedule("A", priority=1)
    assert [shop.line("A", number).priority for number in (1, 2)] == [1, 9]
    shop.receive("R1", 2)
    assert shop.filled() == [("A", 1), ("B", 1)]


def test_a_line_s_own_priority_given_up_is_the_order_s_again() -> None:
    shop = Shop()
    shop.place("A", line(1, 1, priority=9), priority=3)
    shop.reschedule("A", e.RescheduledLine(1, priority=None))
    assert shop.line("A").priority == 3


def test_a_new_required_date_moves_a_waiter_and_null_puts_it_last() -> None:
    shop = Shop()
    soon = MONDAY + timedelta(days=1)
    shop.place("A", 1)
    shop.place("B", 1)
    shop.reschedule("B", required_by=soon)
    assert shop.line("B").required_by == soon
    shop.receive("R1", 1)
    assert shop.filled() == [("B", 1)]
    shop.place("C", 1, required_by=soon)
    shop.reschedule("C", required_by=None)
    shop.receive("R2", 1)
    assert shop.filled() == [("A", 1)]


def test_a_reschedule_takes_back_nothing_that_is_filled() -> None:
    shop = Shop(stock=1)
    shop.place("A", 1)
    shop.place("B", 1)
    shop.reschedule("B", priority=1)
    assert shop.said == []
    assert shop.line("B").position == 1


def test_a_reschedule_does_not_reset_when_the_units_began_to_wait() -> None:
    shop = Shop()
    shop.place("A", 1)
    opened = shop.now
    shop.reschedule("A", priority=1)
    assert shop.line("A").opened_at == opened


def test_a_demotion_follows_the_new_order_of_the_queue() -> None:
    shop = Shop(stock=2)
    shop.place("A", 1)
    shop.place("B", 1)
    shop.reschedule("A", priority=9)
    shop.adjust(-1)
    assert [shop.line(order).backordered for order in "AB"] == [1, 0]
