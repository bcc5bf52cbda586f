"""The longest wait of a line, `cancel_after`: what still waits is cancelled then."""

from datetime import timedelta

from backorder.domain import decisions as d
from backorder.domain import events as e
from tests.support.shop import MONDAY, SKU, Shop, line

FRIDAY = MONDAY + timedelta(days=4)


def test_what_still_waits_is_cancelled_then_and_what_is_covered_stays() -> None:
    shop = Shop(stock=1)
    shop.place("A", line(1, 3, cancel_after=FRIDAY))
    shop.tick(FRIDAY - timedelta(minutes=1))
    assert shop.figures("A") == (3, 1, 2, 0, 0)
    shop.tick(FRIDAY)
    assert shop.figures("A") == (3, 1, 0, 0, 2)
    [closed] = shop.told(d.BackorderClosed)
    assert (closed.outcome, closed.rule) == ("expired", "expired")


def test_it_happens_at_its_own_time_by_the_word_of_the_order_that_set_it() -> None:
    shop = Shop()
    shop.place("A", line(1, 3, cancel_after=FRIDAY))
    outcome = shop.fold.apply(shop.entry(e.ClockTicked(), FRIDAY + timedelta(hours=5)))
    [closed] = outcome.emitted
    assert (closed.cause.id, closed.cause.time) == ("event-1", FRIDAY)


def test_a_line_that_was_filled_in_time_is_left_alone() -> None:
    shop = Shop()
    shop.place("A", line(1, 3, cancel_after=FRIDAY))
    shop.receive("R", 3)
    shop.tick(FRIDAY)
    assert shop.figures("A") == (3, 3, 0, 0, 0)


def test_a_reschedule_moves_the_date_and_null_takes_it_away() -> None:
    shop = Shop()
    shop.place("A", line(1, 1, cancel_after=FRIDAY))
    shop.place("B", line(1, 1, cancel_after=FRIDAY))
    shop.reschedule("A", e.RescheduledLine(1, cancel_after=FRIDAY + timedelta(days=1)))
    shop.reschedule("B", e.RescheduledLine(1, cancel_after=None))
    shop.tick(FRIDAY)
    assert shop.line("A").backordered == 1
    shop.tick(FRIDAY + timedelta(days=1))
    assert (shop.line("A").backordered, shop.line("B").backordered) == (0, 1)


def test_a_line_that_an_amendment_adds_has_its_own_date() -> None:
    shop = Shop()
    shop.place("A", 1)
    shop.amend("A", e.AmendedLine(2, 1, SKU, cancel_after=FRIDAY))
    shop.tick(FRIDAY)
    assert (shop.line("A", 1).backordered, shop.line("A", 2).backordered) == (1, 0)


def test_a_date_that_has_passed_when_the_order_comes_is_done_before_anything_else_happens() -> None:
    shop = Shop()
    shop.tick(FRIDAY)
    shop.place("A", line(1, 1, cancel_after=FRIDAY - timedelta(days=1)))
    assert shop.line("A").backordered == 1
    shop.place("B", 1)
    assert shop.line("A").status == "cancelled"
    assert shop.line("B").position == 1


def test_cancelling_what_is_missing_completes_an_order_that_ships_complete() -> None:
    shop = Shop()
    shop.receive("R", 1, sku="CUP")
    lines = [line(1, 1, "CUP"), line(2, 1, "PLATE", cancel_after=FRIDAY)]
    shop.feed(e.OrderPlaced("A", lines, ship="complete"))
    shop.tick(FRIDAY)
    assert shop.line("A", 1).status == "released"


def test_units_that_lose_their_cover_after_the_date_wait_like_others() -> None:
    shop = Shop(stock=1)
    shop.place("A", line(1, 1, cancel_after=FRIDAY))
    shop.tick(FRIDAY)
    shop.count(0)
    shop.tick(FRIDAY + timedelta(days=9))
    assert shop.figures("A") == (1, 0, 1, 0, 0)
