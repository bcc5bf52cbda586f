"""Holds of stock: free units set aside for a cart or by a planner, and where they go when the hold ends."""

from datetime import timedelta

import pytest

from backorder.domain import events as e
from backorder.domain.settings import RULES_VERSION
from tests.support.shop import HERE, MONDAY, THERE, Shop, line

HOUR = timedelta(hours=1)


def free_and_held(shop: Shop, location: str = HERE) -> tuple[int, int, int]:
    row = shop.stock(location)
    return (row.free, row.held, row.available_to_promise)


def test_a_hold_takes_free_units_out_of_what_can_be_sold_and_promised() -> None:
    shop = Shop(stock=5)
    shop.hold_units("H1", 2)
    assert free_and_held(shop) == (3, 2, 3)
    assert shop.stock().on_hand == 5
    shop.configure(backorderable=False)
    assert shop.availability() == ("in_stock", 3)


def test_an_order_does_not_get_the_units_that_others_hold() -> None:
    shop = Shop(stock=5)
    shop.hold_units("H1", 2)
    shop.place("A", 5)
    assert shop.figures("A") == (5, 3, 2, 0, 0)


def test_a_hold_never_takes_units_from_anybody() -> None:
    shop = Shop(stock=5)
    shop.place("A", 4)
    shop.hold_units("H1", 2)
    assert shop.rejections() == ["not_free"]
    shop.hold_units("H1", 1)
    assert shop.rejections() == []
    assert shop.line("A").allocated == 4


def test_safety_stock_cannot_be_held() -> None:
    shop = Shop(stock=5)
    shop.configure(safety_stock=4)
    shop.hold_units("H1", 2)
    assert shop.rejections() == ["not_free"]


def test_a_hold_that_is_given_back_goes_to_those_who_wait() -> None:
    shop = Shop(stock=5)
    shop.hold_units("H1", 5)
    shop.place("A", 3)
    shop.end_hold("H1")
    assert shop.filled() == [("A", 3)]
    assert free_and_held(shop) == (2, 0, 2)


def test_a_hold_ends_half_a_minute_after_it_expires_and_goes_to_those_who_wait() -> None:
    shop = Shop(stock=2)
    expires_at = MONDAY + HOUR
    shop.hold_units("H1", 2, expires_at=expires_at)
    held = f"event-{shop.fed}"
    shop.place("A", 2)
    shop.tick(expires_at + timedelta(seconds=29))
    assert shop.filled() == []
    shop.tick(expires_at + timedelta(seconds=40))
    assert shop.filled() == [("A", 2)]
    filled = [each for each in shop.emitted if type(each.decision).__name__ == "BackorderFilled"]
    assert filled[-1].cause.id == held
    assert filled[-1].cause.time == expires_at + timedelta(seconds=30)


def test_the_grace_after_expiry_is_a_setting_and_holds_that_live_keep_theirs() -> None:
    shop = Shop(stock=4)
    shop.hold_units("H1", 1, expires_at=MONDAY + HOUR)
    shop.feed(e.RulesChanged(RULES_VERSION, {"hold_grace_seconds": 600}))
    shop.hold_units("H2", 2, expires_at=MONDAY + HOUR)
    shop.tick(MONDAY + HOUR + timedelta(seconds=599))
    assert shop.stock().held == 2
    shop.tick(MONDAY + HOUR + timedelta(seconds=600))
    assert shop.stock().held == 0


def test_a_hold_that_had_expired_when_word_of_it_came_ends_with_the_next_event() -> None:
    shop = Shop(stock=2)
    shop.tick(MONDAY + HOUR)
    shop.hold_units("H1", 2, expires_at=MONDAY, at=MONDAY)
    shop.place("A", 2)
    assert shop.figures("A") == (2, 2, 0, 0, 0)


def test_the_same_hold_again_replaces_quantity_and_expiry() -> None:
    shop = Shop(stock=5)
    shop.hold_units("H1", 2, expires_at=MONDAY + HOUR)
    shop.hold_units("H1", 5, expires_at=MONDAY + 3 * HOUR)
    assert free_and_held(shop) == (0, 5, 0)
    shop.tick(MONDAY + 2 * HOUR)
    assert shop.stock().held == 5
    shop.hold_units("H1", 1, expires_at=MONDAY + 3 * HOUR)
    assert free_and_held(shop) == (4, 1, 4)
    shop.tick(MONDAY + 4 * HOUR)
    assert shop.stock().held == 0


def test_a_hold_can_be_made_to_end_sooner() -> None:
    shop = Shop(stock=5)
    shop.hold_units("H1", 2, expires_at=MONDAY + 9 * HOUR)
    shop.hold_units("H1", 2, expires_at=MONDAY + HOUR)
    shop.tick(MONDAY + 2 * HOUR)
    assert shop.stock().held == 0


def test_what_a_smaller_hold_lets_go_of_goes_to_those_who_wait() -> None:
    shop = Shop(stock=5)
    shop.hold_units("H1", 5)
    shop.place("A", 9)
    shop.hold_units("H1", 2)
    assert shop.filled() == [("A", 3)]


def test_a_hold_cannot_grow_by_more_than_is_free_and_then_keeps_its_expiry_too() -> None:
    shop = Shop(stock=3)
    shop.hold_units("H1", 2, expires_at=MONDAY + HOUR)
    shop.hold_units("H1", 4, expires_at=MONDAY + 9 * HOUR)
    assert shop.rejections() == ["not_free"]
    shop.tick(MONDAY + 2 * HOUR)
    assert shop.stock().held == 0


def test_a_count_that_finds_less_than_is_held_demotes_nobody_until_allocated_units_are_gone() -> None:
    shop = Shop(stock=5)
    shop.place("A", 2)
    shop.hold_units("H1", 3)
    shop.count(2)
    assert shop.line("A").allocated == 2
    assert free_and_held(shop) == (0, 3, -3)
    assert shop.discrepancies() == []
    shop.count(1)
    assert shop.line("A").allocated == 1


def test_units_that_come_in_go_first_to_what_is_held_and_not_there() -> None:
    shop = Shop(stock=3)
    shop.hold_units("H1", 3)
    shop.count(1)
    shop.place("A", 4)
    shop.receive("R1", 4)
    assert shop.filled() == [("A", 2)]


# --- taken over by an order line ----------------------------------------------------------------------------


def test_a_line_that_names_a_hold_gets_its_units_whoever_waits() -> None:
    shop = Shop(stock=2)
    shop.hold_units("H1", 2)
    shop.place("W", 5, priority=1)
    shop.place("A", line(1, 2, hold_id="H1"))
    assert shop.figures("A") == (2, 2, 0, 0, 0)
    assert shop.released() == [("A", 1, 2, HERE)]
    assert shop.line("W").allocated == 0
    assert free_and_held(shop)[:2] == (0, 0)


def test_what_the_line_does_not_need_of_its_hold_is_freed_for_those_who_wait() -> None:
    shop = Shop(stock=5)
    shop.hold_units("H1", 5)
    shop.place("W", 1)
    shop.place("A", line(1, 2, hold_id="H1"))
    assert shop.filled() == [("W", 1)]
    assert free_and_held(shop) == (2, 0, 2)


def test_a_line_that_needs_more_than_its_hold_takes_free_units_and_waits_for_the_rest() -> None:
    shop = Shop(stock=5)
    shop.hold_units("H1", 3)
    shop.place("A", line(1, 7, hold_id="H1"))
    assert shop.figures("A") == (7, 5, 2, 0, 0)


def test_a_line_that_may_not_wait_is_covered_by_its_hold_and_what_is_free_together() -> None:
    shop = Shop(stock=5)
    shop.hold_units("H1", 3)
    shop.place("A", line(1, 4, hold_id="H1", backorder="deny"))
    assert shop.figures("A") == (4, 4, 0, 0, 0)


def test_two_lines_of_an_order_may_share_a_hold() -> None:
    shop = Shop(stock=5)
    shop.hold_units("H1", 5)
    shop.place("A", line(1, 2, hold_id="H1"), line(2, 2, hold_id="H1"))
    assert [shop.line("A", number).allocated for number in (1, 2)] == [2, 2]
    assert free_and_held(shop) == (1, 0, 1)


def test_lines_that_may_not_wait_and_share_a_hold_are_judged_together() -> None:
    shop = Shop(stock=3)
    shop.hold_units("H1", 3)
    shared = {"hold_id": "H1", "backorder": "deny"}
    shop.place("A", line(1, 2, **shared), line(2, 2, **shared))
    assert shop.line("A").status == "refused"
    shop.place("B", line(1, 2, **shared), line(2, 1, **shared))
    assert shop.line("B").status == "released"


def test_an_order_that_is_refused_leaves_its_hold_as_it_was() -> None:
    shop = Shop(stock=3)
    shop.hold_units("H1", 3)
    shop.place("A", line(1, 4, hold_id="H1", backorder="deny"))
    assert shop.line("A").status == "refused"
    assert free_and_held(shop) == (0, 3, 0)


def test_a_line_that_is_refused_leaves_its_hold_as_it_was() -> None:
    shop = Shop(stock=3)
    shop.hold_units("H1", 3)
    shop.place("A", line(1, 4, hold_id="H1", backorder="deny"), line(2, 1))
    assert shop.line("A").status == "refused"
    assert free_and_held(shop)[1] == 3


def test_a_line_without_a_location_takes_its_hold_where_it_is() -> None:
    shop = Shop(stock=5)
    shop.count(2, THERE)
    shop.hold_units("H1", 2, THERE)
    shop.place("A", line(1, 3, hold_id="H1"))
    assert shop.released() == [("A", 1, 2, THERE), ("A", 1, 1, HERE)]


@pytest.mark.parametrize(
    "asked",
    [
        line(1, 1, hold_id="H9"),
        line(1, 1, hold_id="ENDED"),
        line(1, 1, location=THERE, hold_id="H1"),
        line(1, 1, sku="CUP", hold_id="H1"),
    ],
    ids=["unknown", "ended", "another location", "another SKU"],
)
def test_a_hold_that_is_not_the_lines_is_ignored_and_lives_on(asked: e.OrderLine) -> None:
    shop = Shop(stock=3)
    shop.hold_units("ENDED", 1)
    shop.end_hold("ENDED")
    shop.hold_units("H1", 3)
    shop.place("A", asked)
    assert shop.figures("A") == (1, 0, 1, 0, 0)
    assert shop.stock().held == 3


def test_a_hold_where_the_line_may_not_be_served_from_is_ignored() -> None:
    shop = Shop(stock=3)
    shop.count(2, THERE)
    shop.hold_units("H1", 2, THERE)
    shop.configure(sourcing=[HERE])
    shop.place("A", line(1, 1, hold_id="H1"))
    assert shop.released() == [("A", 1, 1, HERE)]
    assert shop.stock(THERE).held == 2


def test_a_hold_that_a_line_took_over_has_ended() -> None:
    shop = Shop(stock=3)
    shop.hold_units("H1", 2)
    shop.place("A", line(1, 2, hold_id="H1"))
    shop.end_hold("H1")
    assert shop.rejections() == ["unknown_hold"]
    shop.hold_units("H1", 1)
    assert shop.rejections() == ["unknown_hold"]
    shop.tick(MONDAY + 9 * HOUR)
    assert shop.line("A").allocated == 2


def test_a_line_takes_of_its_hold_what_a_count_has_left() -> None:
    shop = Shop(stock=3)
    shop.hold_units("H1", 3)
    shop.count(1)
    shop.place("A", line(1, 3, hold_id="H1"))
    assert shop.figures("A") == (3, 1, 2, 0, 0)


def test_a_line_that_is_not_split_leaves_a_hold_that_is_too_small_to_others() -> None:
    shop = Shop(stock=3)
    shop.configure(allow_partial=False)
    shop.hold_units("H1", 3)
    shop.place("W", 2)
    shop.place("A", line(1, 4, hold_id="H1"))
    assert shop.figures("A") == (4, 0, 4, 0, 0)
    assert shop.filled() == [("W", 2)]


def test_a_new_line_of_an_amendment_takes_over_its_hold() -> None:
    shop = Shop(stock=3)
    shop.hold_units("H1", 2)
    shop.place("A", 1)
    shop.place("W", 2)
    shop.amend("A", e.AmendedLine(2, 2, "MUG", hold_id="H1"))
    assert shop.figures("A", 2) == (2, 2, 0, 0, 0)


def test_a_line_that_is_amended_up_takes_over_the_hold_that_it_names_then() -> None:
    shop = Shop(stock=3)
    shop.hold_units("H1", 2)
    shop.place("A", 1)
    shop.place("W", 2)
    shop.amend("A", e.AmendedLine(1, 2, hold_id="H1"))
    assert shop.figures("A") == (2, 2, 0, 0, 0)
    assert shop.filled() == [("W", 1)]


def test_the_hold_of_an_order_that_was_cancelled_before_it_came_is_free() -> None:
    shop = Shop(stock=2)
    shop.hold_units("H1", 2)
    shop.cancel("A")
    shop.place("A", line(1, 2, hold_id="H1"))
    assert free_and_held(shop) == (2, 0, 2)


def test_an_ended_hold_is_remembered_for_the_retention_and_then_its_id_is_free_again() -> None:
    shop = Shop(stock=3, closed_retention_days=2)
    shop.tick(MONDAY)
    shop.hold_units("H1", 2)
    shop.end_hold("H1")
    shop.tick(MONDAY + timedelta(days=1, hours=23))
    shop.hold_units("H1", 2)
    assert shop.rejections() == ["unknown_hold"]
    shop.tick(MONDAY + timedelta(days=2))
    shop.hold_units("H1", 2)
    assert shop.rejections() == []
