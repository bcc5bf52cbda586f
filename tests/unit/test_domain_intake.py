"""Intake: what of a new order is covered, what may wait, and what is refused with which figures."""

from datetime import timedelta

from backorder.domain import decisions as d
from tests.support.shop import HERE, MONDAY, THERE, Shop, line


def refusals(shop: Shop) -> list[tuple[int, int, int, int, str]]:
    """line, asked, available, refused, reason."""
    return [(r.line, r.asked, r.available, r.refused, r.reason) for r in shop.told(d.LineRefused)]


def test_what_is_covered_is_allocated_and_released_at_once() -> None:
    shop = Shop(stock=5)
    shop.place("A", 3)
    assert shop.figures("A") == (3, 3, 0, 0, 0)
    assert shop.released() == [("A", 1, 3, HERE)]
    assert (shop.line("A").status, shop.line("A").waits_for) == ("released", None)


def test_what_is_not_covered_waits() -> None:
    shop = Shop(stock=2)
    shop.place("A", 5)
    assert shop.figures("A") == (5, 2, 3, 0, 0)
    (opened,) = shop.told(d.BackorderOpened)
    assert (opened.quantity, opened.ordered, opened.allocated, opened.seq) == (3, 5, 2, 1)
    assert (opened.reason, opened.opened_at, opened.position) == ("insufficient_stock", shop.now, 1)
    assert (shop.line("A").status, shop.line("A").waits_for) == ("part_allocated", "stock")


def test_an_item_that_is_not_backorderable_refuses_what_is_not_covered() -> None:
    shop = Shop(stock=2)
    shop.configure(backorderable=False)
    shop.place("A", 5)
    assert refusals(shop) == [(1, 5, 2, 3, "not_backorderable")]
    assert shop.figures("A") == (5, 2, 0, 0, 3)


def test_a_discontinued_item_refuses_what_is_not_covered() -> None:
    shop = Shop(stock=2)
    shop.configure(discontinued=True)
    shop.place("A", 5)
    assert refusals(shop) == [(1, 5, 2, 3, "discontinued")]


def test_the_cap_lets_so_many_units_wait_and_no_more() -> None:
    shop = Shop(stock=1)
    shop.configure(backorder_cap=3)
    shop.place("A", 2)
    shop.place("B", 5)
    assert refusals(shop) == [(1, 5, 2, 3, "cap_reached")]
    assert shop.figures("B") == (5, 0, 2, 0, 3)


def test_a_lower_cap_drops_nobody() -> None:
    shop = Shop()
    shop.place("A", 5)
    shop.configure(backorder_cap=2)
    assert shop.line("A").backordered == 5
    shop.place("B", 1)
    assert refusals(shop) == [(1, 1, 0, 1, "cap_reached")]


def test_a_line_that_may_not_wait_takes_all_or_nothing() -> None:
    shop = Shop(stock=2)
    shop.place("A", line(1, 3, backorder="deny"), line(2, 1))
    assert refusals(shop) == [(1, 3, 2, 3, "not_backorderable")]
    assert shop.figures("A", 1) == (3, 0, 0, 0, 3)
    assert shop.figures("A", 2) == (1, 1, 0, 0, 0)


def test_a_line_that_may_not_be_split_is_allocated_whole_or_waits_whole() -> None:
    shop = Shop(stock=3)
    shop.configure(allow_partial=False)
    shop.place("A", 4)
    shop.place("B", 3)
    assert shop.figures("A") == (4, 0, 4, 0, 0)
    assert shop.figures("B") == (3, 3, 0, 0, 0)


def test_a_line_that_may_not_be_split_is_refused_whole_when_the_cap_cannot_take_it_whole() -> None:
    shop = Shop(stock=3)
    shop.configure(allow_partial=False, backorder_cap=4)
    shop.place("A", 5)
    assert refusals(shop) == [(1, 5, 4, 5, "cap_reached")]


def test_two_lines_of_one_sku_are_judged_one_after_the_other() -> None:
    shop = Shop(stock=3)
    shop.configure(backorderable=False)
    shop.place("A", 2, 2)
    assert refusals(shop) == [(2, 2, 1, 1, "not_backorderable")]


def test_lines_of_one_order_are_judged_in_the_order_of_the_queue() -> None:
    shop = Shop(stock=2)
    later, sooner = MONDAY + timedelta(days=9), MONDAY + timedelta(days=1)
    shop.place("A", line(1, 1, required_by=later), line(2, 1, required_by=sooner), line(3, 1, priority=1))
    assert [shop.line("A", number).backordered for number in (1, 2, 3)] == [1, 0, 0]


def test_a_location_outside_the_sourcing_list_is_unknown_and_its_line_refused_whole() -> None:
    shop = Shop(stock=5)
    shop.configure(sourcing=[HERE])
    shop.place("A", line(1, 2, location=THERE))
    assert refusals(shop) == [(1, 2, 0, 2, "unknown_location")]
    assert shop.line("A").status == "refused"


def test_an_order_of_deny_lines_only_is_refused_whole_when_one_is_short() -> None:
    shop = Shop(stock=5)
    shop.count(1, sku="CUP")
    shop.place("A", line(1, 2, backorder="deny"), line(2, 3, sku="CUP", backorder="deny"))
    (refused,) = shop.told(d.OrderRefused)
    assert [(r.line, r.asked, r.available, r.refused, r.reason) for r in refused.lines] == [
        (1, 2, 2, 2, "order_refused"),
        (2, 3, 1, 3, "not_backorderable"),
    ]
    assert [shop.line("A", number).status for number in (1, 2)] == ["refused", "refused"]
    assert shop.stock().allocated == 0
    assert not shop.released()


def test_deny_lines_of_one_sku_are_short_together_and_each_shows_what_it_could_have_had_alone() -> None:
    shop = Shop(stock=3)
    shop.place("A", line(1, 2, backorder="deny"), line(2, 2, backorder="deny"))
    (refused,) = shop.told(d.OrderRefused)
    assert [(r.line, r.available, r.reason) for r in refused.lines] == [
        (1, 2, "order_refused"),
        (2, 2, "not_backorderable"),
    ]


def test_an_order_of_deny_lines_only_that_are_all_covered_is_taken() -> None:
    shop = Shop(stock=4)
    shop.place("A", line(1, 2, backorder="deny"), line(2, 2, backorder="deny"))
    assert shop.stock().allocated == 4
    assert not shop.told(d.OrderRefused)


def test_of_an_order_of_deny_lines_only_those_that_need_a_certain_location_take_first() -> None:
    shop = Shop(stock=3)
    shop.count(9, location=THERE)
    shop.place("A", line(1, 2, backorder="deny"), line(2, 2, location=HERE, backorder="deny"))
    assert shop.placed == [d.Placed(2, 0, 0), d.Placed(2, 0, 0)], "all of it was there"
    assert [shop.stock(HERE).allocated, shop.stock(THERE).allocated] == [3, 1]


def test_an_unknown_location_refuses_an_order_of_deny_lines_only() -> None:
    shop = Shop(stock=5)
    shop.configure(sourcing=[HERE])
    shop.place("A", line(1, 2, backorder="deny", location=THERE), line(2, 1, backorder="deny"))
    (refused,) = shop.told(d.OrderRefused)
    assert [(r.available, r.reason) for r in refused.lines] == [(0, "unknown_location"), (1, "order_refused")]


def test_a_new_order_takes_units_that_no_waiter_can_use() -> None:
    shop = Shop(stock=2)
    shop.place("A", line(1, 2, location=THERE))
    shop.place("B", 2)
    assert shop.figures("B") == (2, 2, 0, 0, 0)


def test_what_became_at_once_of_each_line_that_is_placed_is_told_beside_the_decisions() -> None:
    shop = Shop(stock=7)
    shop.configure(backorder_cap=2)
    shop.place("A", 4, 4, 2)
    assert shop.placed == [d.Placed(4, 0, 0), d.Placed(3, 1, 0), d.Placed(0, 1, 1)]
    shop.place("B", line(1, 1, backorder="deny"), line(2, 1, backorder="deny"))
    assert shop.placed == [d.Placed(0, 0, 1), d.Placed(0, 0, 1)], "refused whole"
    shop.receive("R", 1)
    assert shop.placed == []
    shop.place("A", 1)
    assert (shop.told(d.EventRejected)[0].reason, shop.placed) == ("duplicate_order", [])
    shop.cancel("C")
    shop.place("C", 1)
    assert shop.placed == [], "it had been cancelled before it came"


def test_an_order_that_was_cancelled_before_it_came_is_accepted_as_cancelled_and_takes_nothing() -> None:
    shop = Shop(stock=5)
    shop.cancel("A")
    assert shop.rejections() == ["unknown_order"]
    shop.place("A", 2, 3)
    assert shop.said == []
    assert [shop.figures("A", number) for number in (1, 2)] == [(2, 0, 0, 0, 2), (3, 0, 0, 0, 3)]
    assert shop.line("A").status == "cancelled"


def test_a_cancel_of_single_lines_of_an_unknown_order_is_not_remembered() -> None:
    shop = Shop(stock=5)
    shop.cancel("A", (1, None))
    assert shop.rejections() == ["unknown_order"]
    shop.place("A", 2)
    assert shop.figures("A") == (2, 2, 0, 0, 0)


def test_a_cancel_is_remembered_for_one_order_only_once() -> None:
    shop = Shop(stock=5)
    shop.cancel("A")
    shop.place("A", 2)
    shop.place("A", 2)
    assert shop.rejections() == ["duplicate_order"]


def test_a_sku_never_heard_of_has_no_stock_and_may_wait() -> None:
    shop = Shop()
    shop.place("A", line(1, 2, sku="NEW"))
    assert shop.figures("A") == (2, 0, 2, 0, 0)
    assert shop.stock(None, "NEW").backordered == 2


def test_the_greatest_quantity_can_wait_and_be_filled() -> None:
    shop = Shop()
    shop.place("A", 2**53 - 1)
    shop.receive("R1", 2**53 - 1)
    assert shop.figures("A") == (2**53 - 1, 2**53 - 1, 0, 0, 0)
