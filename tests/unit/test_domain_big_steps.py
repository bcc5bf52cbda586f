"""An event that moves more lines of other orders than a step may goes on in continuations."""

import msgspec
import pytest

from backorder.domain import decisions as d
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


def shop_with_waiters(step_lines: int, waiters: int) -> Shop:
    shop = Shop(step_lines=step_lines)
    for number in range(waiters):
        shop.place(f"W{number}", 1)
    return shop


def test_an_event_fills_no_more_lines_of_others_than_a_step_may_and_goes_on() -> None:
    shop = shop_with_waiters(2, 5)
    shop.receive("R1", 5, finish=False)
    assert shop.filled() == [("W0", 1), ("W1", 1)]
    (rest,) = shop.pending
    assert rest.event == e.Continued(SKU)
    shop.go_on()
    assert shop.filled() == [("W2", 1), ("W3", 1)]
    shop.go_on()
    assert shop.filled() == [("W4", 1)]
    assert shop.pending == []


def test_a_continuation_has_the_time_and_the_id_of_its_event() -> None:
    shop = shop_with_waiters(1, 2)
    shop.receive("R1", 2, finish=False)
    (rest,) = shop.pending
    assert (rest.time, rest.id, rest.pool) == (shop.now, "event-3", "default")


def test_an_event_that_moves_just_as_many_lines_as_a_step_may_does_not_go_on() -> None:
    shop = shop_with_waiters(2, 2)
    shop.receive("R1", 5, finish=False)
    assert (len(shop.filled()), shop.pending) == (2, [])


def test_the_lines_of_its_own_order_do_not_count_against_a_step() -> None:
    shop = Shop(step_lines=1, stock=3)
    shop.place("A", line(1, 1), line(2, 1), line(3, 1), line(4, 3, priority=1))
    shop.feed(e.OrderCancelled("A", "customer", [e.CancelledLine(4)]), finish=False)
    assert (len(shop.filled()), shop.pending) == (3, [])


def test_while_a_big_step_is_open_its_units_belong_to_the_queue() -> None:
    shop = shop_with_waiters(1, 2)
    shop.receive("R1", 3, finish=False)
    new = e.OrderPlaced("N", [e.OrderLine(1, SKU, 1)])
    shop.feed(new, finish=False)
    assert shop.figures("N") == (1, 0, 1, 0, 0)
    deny = e.OrderPlaced("D", [e.OrderLine(1, SKU, 1, backorder="deny")])
    shop.feed(deny, finish=False)
    assert shop.line("D").status == "refused"
    shop.finish()
    assert shop.figures("N") == (1, 1, 0, 0, 0)


def test_a_demotion_of_many_goes_on_too_and_nobody_is_filled_before_it_is_done() -> None:
    shop = Shop(step_lines=1, stock=3)
    for order_id in "ABC":
        shop.place(order_id, 1)
    shop.feed(e.StockAdjusted(SKU, HERE, -3, "lost"), finish=False)
    assert shop.withdrawn() == [("C", 1, 1, HERE)]
    shop.receive("R1", 1, finish=False)
    assert shop.filled() == []
    shop.finish()
    assert [shop.line(order_id).backordered for order_id in "ABC"] == [0, 1, 1]


def test_a_shortfall_is_alarmed_when_the_big_step_is_done() -> None:
    shop = Shop(step_lines=1, stock=3)
    for order_id in "ABC":
        shop.place(order_id, 1)
    shop.pick("A", 1)
    shop.feed(e.StockAdjusted(SKU, HERE, -3, "lost"), finish=False)
    assert shop.discrepancies() == []
    shop.finish()
    assert shop.stock().shortfall == 1
    assert ("shortfall", 1) in shop.discrepancies()


def test_each_sku_of_an_event_goes_on_by_itself() -> None:
    shop = Shop(step_lines=1)
    for order_id in "AB":
        shop.place(order_id, line(1, 1), line(2, 1, sku="CUP"))
    received = [e.ReceivedLine(SKU, HERE, 2), e.ReceivedLine("CUP", HERE, 2)]
    shop.feed(e.GoodsReceived("R1", received), finish=False)
    assert {rest.event.sku for rest in shop.pending if isinstance(rest.event, e.Continued)} == {SKU, "CUP"}
    shop.finish()
    assert [shop.line(order_id, number).allocated for order_id in "AB" for number in (1, 2)] == [1, 1, 1, 1]


def test_the_end_is_the_same_in_steps_of_any_size() -> None:
    def last_rows(step_lines: int) -> list[d.LineChanged]:
        shop = shop_with_waiters(step_lines, 6)
        shop.receive("R1", 4)
        shop.adjust(-2)
        return [shop.line(f"W{number}") for number in range(6)]

    figures = [
        [(row.allocated, row.backordered, row.opened_at) for row in last_rows(n)] for n in (1, 2, 1000)
    ]
    assert figures[0] == figures[1] == figures[2]


def test_cross_dock_is_said_of_every_part_of_a_receipt() -> None:
    shop = shop_with_waiters(1, 2)
    shop.receive("R1", 2, finish=False)
    shop.go_on()
    (release,) = shop.told(d.ReleaseCreated)
    assert release.lines[0].cross_dock


def cross_docks(shop: Shop, sku: str) -> list[bool]:
    """What was said of it with all that was released of the SKU."""
    releases = [said for said in shop.all_said if isinstance(said, d.ReleaseCreated)]
    return [part.cross_dock for release in releases for part in release.lines if part.sku == sku]


def shop_where_two_skus_go_on_together() -> Shop:
    """An order that ships complete lacks nothing else; the first part of the rest settles both."""
    shop = Shop(step_lines=2)
    for number in range(3):
        shop.place(f"CUP{number}", line(1, 1, "CUP"))
        shop.place(f"PLATE{number}", line(1, 1, "PLATE"))
    shop.place("whole", line(1, 1, "CUP"), line(2, 1, "PLATE"), ship="complete")
    received = [e.ReceivedLine("CUP", HERE, 4), e.ReceivedLine("PLATE", HERE, 4)]
    shop.feed(e.GoodsReceived("R", received), finish=False)
    return shop


@pytest.mark.parametrize("parts", [0, 1, 2])
def test_what_an_order_needs_at_which_a_big_step_stops_is_not_for_sale_between_its_parts(parts: int) -> None:
    shop = shop_where_two_skus_go_on_together()
    for _ in range(parts):
        shop.go_on()
    shop.place("NEW", line(1, 1, "CUP"))
    assert [shop.line("whole", number).allocated for number in (1, 2)] == [1, 1]


def test_cross_dock_is_said_of_all_skus_that_go_on_together() -> None:
    shop = shop_where_two_skus_go_on_together()
    shop.finish()
    assert cross_docks(shop, "CUP") == cross_docks(shop, "PLATE") == [True] * 4


def test_cross_dock_is_not_said_of_what_is_found_after_the_goods_that_came_in_were_given_out() -> None:
    shop = shop_where_two_skus_go_on_together()
    while shop.pool.sku("PLATE").unsettled:
        shop.go_on()
    assert shop.pending
    for number in range(3):
        shop.place(f"LATE{number}", line(1, 1, "PLATE"))
    shop.feed(e.StockAdjusted("PLATE", HERE, 3, "found"))
    assert cross_docks(shop, "PLATE") == [True] * 4 + [False] * 3


def test_what_comes_in_while_a_big_step_is_open_is_given_out_with_it_wherever_it_is() -> None:
    shop = shop_with_waiters(1, 3)
    shop.receive("R1", 2, finish=False)
    receipt = f"event-{shop.fed}"
    shop.receive("R2", 1, THERE)
    filled = [each for each in shop.emitted if isinstance(each.decision, d.BackorderFilled)]
    assert [each.cause.id for each in filled] == [receipt] * 3
    assert cross_docks(shop, SKU) == [True] * 3


def test_a_restart_in_the_middle_of_a_big_step_changes_nothing_that_is_decided() -> None:
    """An order is watched where it was short before; a process that restores its state cannot know where."""

    def said(restarts: bool) -> bytes:
        shop = Shop(step_lines=2)
        for number in range(3):
            shop.place(f"CUP{number}", line(1, 1, "CUP"))
            shop.place(f"PLATE{number}", line(1, 1, "PLATE"))
        shop.place("whole", line(1, 1, "BOWL"), line(2, 1, "CUP"), line(3, 1, "PLATE"), ship="complete")
        received = [e.ReceivedLine("CUP", HERE, 4), e.ReceivedLine("PLATE", HERE, 4)]
        shop.feed(e.GoodsReceived("R", received), finish=False)
        if restarts:
            shop.restart()
        shop.finish()
        return msgspec.json.encode(shop.emitted)

    assert said(restarts=True) == said(restarts=False)


@pytest.mark.parametrize("step_lines", [1, 2, 1000])
def test_a_kit_takes_no_component_whose_big_step_is_open_before_a_whole_order_has_its_turn(
    step_lines: int,
) -> None:
    shop = Shop(step_lines=step_lines)
    shop.configure("SET", components=[e.KitPart("CUP", 1), e.KitPart("PLATE", 1)])
    shop.place("FIRST", line(1, 1, "CUP"))
    shop.place("SET1", line(1, 1, "SET"))
    shop.place("whole", line(1, 2, "CUP"), ship="complete")
    shop.place("SET2", line(1, 1, "SET"))
    shop.feed(e.GoodsReceived("R", [e.ReceivedLine("CUP", HERE, 4), e.ReceivedLine("PLATE", HERE, 2)]))
    assert [shop.line(order).allocated for order in ("FIRST", "SET1", "whole", "SET2")] == [1, 1, 2, 0]
