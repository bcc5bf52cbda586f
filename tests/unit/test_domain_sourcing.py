"""Sourcing and safety stock: where a line may take its units, and which units are kept out of its reach."""

from backorder.domain import events as e
from tests.support.shop import HERE, THERE, Shop, line


def test_a_line_without_a_location_takes_from_the_sourcing_list_in_its_order() -> None:
    shop = Shop()
    shop.count(2, HERE)
    shop.count(2, THERE)
    shop.configure(sourcing=[THERE, HERE])
    shop.place("A", 3)
    assert shop.released() == [("A", 1, 2, THERE), ("A", 1, 1, HERE)]


def test_a_line_without_a_location_takes_in_name_order_when_there_is_no_list() -> None:
    shop = Shop()
    shop.count(2, THERE)
    shop.count(2, HERE)
    shop.place("A", 3)
    assert shop.released() == [("A", 1, 2, HERE), ("A", 1, 1, THERE)]


def test_a_line_with_a_location_takes_from_there_only() -> None:
    shop = Shop()
    shop.count(2, HERE)
    shop.place("A", line(1, 1, location=THERE))
    assert shop.figures("A") == (1, 0, 1, 0, 0)
    assert (shop.stock(THERE).backordered, shop.stock(THERE).available_to_promise) == (1, -1)


def test_units_that_wait_without_a_location_are_in_a_row_of_their_own() -> None:
    shop = Shop(stock=0)
    shop.place("A", 2)
    row = shop.stock(None)
    assert (row.location, row.backordered, row.on_hand, row.available_to_promise) == (None, 2, 0, -2)
    shop.cancel("A")
    assert shop.stock(None).backordered == 0


def test_units_free_anywhere_go_to_the_best_placed_waiter_that_may_use_them() -> None:
    shop = Shop()
    shop.place("A", line(1, 1, location=THERE))
    shop.place("B", 1)
    shop.receive("R1", 1, location=THERE)
    assert shop.filled() == [("A", 1)]
    shop.receive("R2", 1, location=THERE)
    assert shop.filled() == [("B", 1)]


def test_a_location_outside_the_list_serves_only_lines_that_name_it() -> None:
    shop = Shop()
    shop.place("A", line(1, 1, location=THERE))
    shop.place("B", 1)
    shop.configure(sourcing=[HERE])
    shop.receive("R1", 2, location=THERE)
    assert shop.filled() == [("A", 1)]
    assert shop.availability() == ("backorder", None)
    shop.configure(sourcing=None)
    assert shop.filled() == [("B", 1)]


def test_a_reschedule_moves_the_waiting_part_and_leaves_what_is_filled() -> None:
    shop = Shop()
    shop.count(1, HERE)
    shop.place("A", line(1, 3, location=HERE))
    shop.count(1, THERE)
    shop.reschedule("A", e.RescheduledLine(1, location=THERE))
    assert [(part.location, part.quantity) for part in shop.line("A").allocations] == [(HERE, 1), (THERE, 1)]
    assert (shop.stock(HERE).backordered, shop.stock(THERE).backordered) == (0, 1)


def test_a_reschedule_to_any_location_joins_the_common_queue() -> None:
    shop = Shop()
    shop.place("A", line(1, 2, location=HERE))
    shop.reschedule("A", e.RescheduledLine(1, location=None))
    assert (shop.stock(HERE).backordered, shop.stock(None).backordered) == (0, 2)


def test_a_reschedule_to_a_location_outside_the_list_moves_nothing() -> None:
    shop = Shop()
    shop.configure(sourcing=[HERE])
    shop.place("A", 2)
    shop.reschedule("A", e.RescheduledLine(1, location=THERE), priority=1)
    assert shop.rejections() == ["unknown_location"]
    assert (shop.line("A").priority, shop.line("A").location) == (5, None)


def test_safety_stock_is_sold_to_nobody() -> None:
    shop = Shop(stock=5)
    shop.configure(safety_stock=2)
    shop.place("A", 4)
    assert shop.figures("A") == (4, 3, 1, 0, 0)
    assert (shop.stock().safety_stock, shop.stock().free) == (2, 0)


def test_the_safety_stock_of_the_item_counts_once_at_its_first_source() -> None:
    shop = Shop()
    shop.count(5, HERE)
    shop.count(5, THERE)
    shop.configure(safety_stock=2)
    assert (shop.stock(HERE).safety_stock, shop.stock(THERE).safety_stock) == (2, 0)
    shop.configure(sourcing=[THERE, HERE])
    assert (shop.stock(HERE).safety_stock, shop.stock(THERE).safety_stock) == (0, 2)


def test_the_safety_stock_of_a_location_counts_there_and_instead_of_the_item_s() -> None:
    shop = Shop()
    shop.count(5, HERE)
    shop.count(5, THERE)
    shop.configure(safety_stock=2)
    shop.configure(location=THERE, safety_stock=4)
    shop.configure(location=HERE, safety_stock=0)
    assert (shop.stock(HERE).safety_stock, shop.stock(THERE).safety_stock) == (0, 4)
    shop.configure(location=HERE, safety_stock=None)
    assert shop.stock(HERE).safety_stock == 2


def test_the_safety_stock_of_a_location_waits_for_its_row() -> None:
    shop = Shop()
    shop.configure(location=HERE, safety_stock=4)
    shop.receive("R1", 5)
    assert (shop.stock().safety_stock, shop.stock().free) == (4, 1)
