"""Promises: when a waiting line should be filled, by what is free, on order, and else by the lead time."""

from datetime import timedelta

from backorder.domain import decisions as d
from backorder.domain import events as e
from tests.support.promised import buy, change, changes, day, promised
from tests.support.shop import HERE, MONDAY, SKU, THERE, Shop, line

# --- by supply ----------------------------------------------------------------------------------------------


def test_a_line_that_nothing_is_to_come_for_is_promised_nothing() -> None:
    shop = Shop()
    shop.place("A", 5)
    assert promised(shop, "A") is None
    assert shop.told(d.BackorderOpened)[0].promised_at is None


def test_a_new_backorder_says_its_promise_when_it_is_opened() -> None:
    shop = Shop()
    buy(shop, "P1", (10, 3))
    shop.place("A", 5)
    assert shop.told(d.BackorderOpened)[0].promised_at == day(3)
    assert promised(shop, "A") == 3
    assert changes(shop) == []


def test_supply_that_is_planned_later_is_promised_by_an_event_of_its_own() -> None:
    shop = Shop()
    shop.place("A", 5)
    buy(shop, "P1", (10, 3))
    assert changes(shop) == [("A", 3, None, 3, "supply_planned")]
    (said,) = shop.told(d.BackorderPromised)
    assert (said.seq, said.rule, said.before["on_order"]) == (2, "planned_supply", 10)


def test_the_supply_that_completes_a_line_dates_it() -> None:
    shop = Shop()
    buy(shop, "P1", (4, 2), (4, 6), (4, 9))
    shop.place("A", 5)
    assert promised(shop, "A") == 6


def test_purchase_lines_are_taken_by_date_not_by_number() -> None:
    shop = Shop()
    buy(shop, "P1", (4, 9), (4, 2))
    shop.place("A", 4)
    shop.place("B", 4)
    assert (promised(shop, "A"), promised(shop, "B")) == (2, 9)


def test_the_queue_decides_who_gets_what_comes_first() -> None:
    shop = Shop()
    buy(shop, "P1", (5, 2), (5, 8))
    shop.place("A", 5)
    shop.place("B", 5)
    shop.place("urgent", 3, priority=1)
    assert (promised(shop, "urgent"), promised(shop, "A"), promised(shop, "B")) == (2, 8, None)
    assert changes(shop) == [("A", 2, 2, 8, "queue_changed"), ("B", 8, 8, None, "queue_changed")]


def test_a_cancel_ahead_moves_the_others_up() -> None:
    shop = Shop()
    buy(shop, "P1", (5, 2), (5, 8))
    shop.place("A", 5)
    shop.place("B", 5)
    shop.cancel("A")
    assert changes(shop) == [("B", 8, 8, 2, "queue_changed")]


def test_a_purchase_line_without_a_date_promises_nothing() -> None:
    shop = Shop()
    shop.place("A", 5)
    buy(shop, "P1", (10, None))
    assert promised(shop, "A") is None
    change(shop, "P1", expected_at=day(4))
    assert changes(shop) == [("A", 4, None, 4, "supply_planned")]


def test_a_line_of_a_location_is_promised_only_what_comes_there() -> None:
    shop = Shop()
    buy(shop, "P1", (10, 2), location=THERE)
    buy(shop, "P2", (10, 6), location=HERE)
    shop.place("A", line(1, 5, location=HERE), line(2, 5))
    assert (promised(shop, "A", 1), promised(shop, "A", 2)) == (6, 2)


def test_a_line_without_a_location_takes_what_comes_first_anywhere() -> None:
    shop = Shop()
    buy(shop, "P1", (3, 4), location=THERE)
    buy(shop, "P2", (3, 2), location=HERE)
    shop.place("A", 5)
    assert promised(shop, "A") == 4


def test_of_several_locations_the_one_where_units_come_first_dates_the_line() -> None:
    shop = Shop()
    buy(shop, "P1", (3, 4), location=THERE)
    buy(shop, "P2", (3, 2), location=HERE)
    shop.place("A", 2)
    assert promised(shop, "A") == 2


def test_locations_outside_the_sourcing_list_are_no_supply() -> None:
    shop = Shop()
    shop.configure(sourcing=[HERE])
    buy(shop, "P1", (10, 2), location=THERE)
    shop.place("A", 5)
    assert promised(shop, "A") is None
    shop.configure(sourcing=[HERE, THERE])
    assert changes(shop) == [("A", 2, None, 2, "supply_planned")]


def test_a_line_that_may_not_be_filled_in_part_leaves_what_cannot_complete_it_to_the_next() -> None:
    shop = Shop()
    shop.configure(allow_partial=False)
    buy(shop, "P1", (4, 2))
    shop.place("A", 5)
    shop.place("B", 4)
    assert (promised(shop, "A"), promised(shop, "B")) == (None, 2)


def test_free_units_that_a_whole_line_waits_beside_count_first() -> None:
    shop = Shop(stock=3)
    shop.configure(allow_partial=False)
    buy(shop, "P1", (2, 2), (9, 7))
    shop.place("A", 5)
    assert promised(shop, "A") == 2
    shop.place("B", 3)
    assert shop.filled() == []
    assert promised(shop, "A") == 7


def test_an_added_part_is_promised_at_its_own_place_and_dates_the_line() -> None:
    shop = Shop()
    buy(shop, "P1", (5, 2), (5, 4), (5, 6))
    shop.place("A", 5)
    shop.place("B", 5)
    shop.amend("A", (1, 8))
    assert (promised(shop, "A"), promised(shop, "B")) == (6, 4)


def test_the_row_says_nothing_any_more_when_nothing_waits() -> None:
    shop = Shop()
    buy(shop, "P1", (5, 2))
    shop.place("A", 5)
    shop.receive("R1", 5, purchase="P1", line=1)
    assert promised(shop, "A") is None
    assert changes(shop) == []


def test_a_demotion_is_promised_anew_and_remembers_the_first_promise() -> None:
    shop = Shop()
    buy(shop, "P1", (5, 2), (5, 9))
    shop.place("A", 5)
    shop.receive("R1", 5, purchase="P1", line=1)
    shop.count(0)
    assert changes(shop) == [("A", 2, None, 9, "supply_planned")]


# --- pegged supply ------------------------------------------------------------------------------------------


def test_a_pegged_line_is_promised_its_own_supply_wherever_it_stands() -> None:
    shop = Shop()
    shop.place("A", 5)
    shop.place("B", 5)
    buy(shop, "P1", (5, 3), peg="B")
    assert (promised(shop, "A"), promised(shop, "B")) == (None, 3)


def test_a_pegged_line_is_promised_by_the_queue_if_that_is_earlier_and_leaves_its_supply_to_others() -> None:
    shop = Shop()
    shop.place("A", 5)
    shop.place("B", 5)
    buy(shop, "P1", (5, 8), peg="A")
    buy(shop, "P2", (5, 3))
    assert (promised(shop, "A"), promised(shop, "B")) == (3, 8)


def test_what_a_pegged_line_does_not_need_counts_for_the_queue() -> None:
    shop = Shop()
    shop.place("A", 5)
    shop.place("B", 5)
    buy(shop, "P1", (8, 3), peg="B")
    assert promised(shop, "A") is None
    shop.amend("A", (1, 3))
    assert promised(shop, "A") == 3


def test_a_peg_that_covers_a_part_is_completed_by_the_queue() -> None:
    shop = Shop()
    buy(shop, "P2", (9, 6))
    shop.place("A", 3)
    shop.place("B", 5)
    buy(shop, "P1", (2, 3), peg="B")
    assert promised(shop, "B") == 6
    buy(shop, "P3", (3, 4), peg="B")
    assert promised(shop, "B") == 4


def test_a_pegged_line_with_an_added_part_is_looked_at_as_one() -> None:
    shop = Shop()
    shop.place("A", 5)
    shop.place("B", 4)
    shop.amend("A", (1, 6))
    buy(shop, "P1", (5, 3), peg="A")
    assert promised(shop, "A") is None
    buy(shop, "P2", (1, 8))
    assert (promised(shop, "A"), promised(shop, "B")) == (8, None)


# --- supply changes -----------------------------------------------------------------------------------------


def two_waiters(*parts: tuple[int, int | None]) -> Shop:
    shop = Shop()
    shop.place("A", 5)
    shop.place("B", 5)
    buy(shop, "P1", *parts)
    return shop


def test_a_later_date_is_a_slip_and_an_earlier_one_is_planned() -> None:
    shop = two_waiters((5, 3))
    change(shop, "P1", expected_at=day(6))
    assert changes(shop) == [("A", 3, 3, 6, "supply_slipped")]
    change(shop, "P1", expected_at=day(1))
    assert changes(shop) == [("A", 3, 6, 1, "supply_planned")]
    change(shop, "P1", expected_at=None)
    assert changes(shop) == [("A", 3, 1, None, "supply_slipped")]


def test_a_smaller_purchase_is_a_cancel_and_a_larger_one_is_planned() -> None:
    shop = two_waiters((10, 3))
    change(shop, "P1", quantity=7)
    assert changes(shop) == [("B", 3, 3, None, "supply_cancelled")]
    change(shop, "P1", quantity=12)
    assert changes(shop) == [("B", 3, None, 3, "supply_planned")]


def test_a_cancelled_purchase_takes_its_promises_along() -> None:
    shop = two_waiters((5, 3))
    shop.cancel_purchase("P1")
    assert changes(shop) == [("A", 3, 3, None, "supply_cancelled")]


def test_a_purchase_line_that_is_closed_short_is_cancelled() -> None:
    shop = two_waiters((10, 3))
    shop.receive("R1", 5, purchase="P1", line=1, final=True)
    assert changes(shop) == [("B", 3, 3, None, "supply_cancelled")]


def test_a_reversed_receipt_plans_its_purchase_again() -> None:
    shop = two_waiters((5, 3))
    shop.receive("R1", 5, purchase="P1", line=1)
    shop.reverse("R1", "P1")
    assert changes(shop) == [("A", 3, None, 3, "supply_planned")]


def test_units_that_nobody_had_planned_bring_the_others_forward() -> None:
    shop = two_waiters((5, 3))
    shop.receive("R1", 5)
    assert shop.filled() == [("A", 5)]
    assert changes(shop) == [("B", 3, None, 3, "supply_planned")]


# --- slips --------------------------------------------------------------------------------------------------


def test_a_date_that_passes_without_supply_is_a_slip() -> None:
    shop = two_waiters((5, 3), (5, 9))
    shop.tick(day(2))
    assert changes(shop) == []
    shop.tick(day(3))
    assert changes(shop) == [("A", 3, 3, 9, "supply_slipped"), ("B", 9, 9, None, "supply_slipped")]
    assert shop.stock().on_order == 10


def test_what_is_overdue_is_received_all_the_same_and_dated_again_it_counts_again() -> None:
    shop = two_waiters((5, 3))
    shop.tick(day(3))
    change(shop, "P1", expected_at=day(7))
    assert changes(shop) == [("A", 3, None, 7, "supply_planned")]
    shop.receive("R1", 5, purchase="P1", line=1)
    assert shop.filled() == [("A", 5)]


def test_a_date_that_is_past_already_promises_nothing() -> None:
    shop = Shop()
    shop.tick(day(5))
    shop.place("A", 5)
    buy(shop, "P1", (5, 4))
    assert promised(shop, "A") is None


def test_a_date_that_is_moved_into_the_past_is_a_slip() -> None:
    shop = two_waiters((5, 7))
    shop.tick(day(5))
    change(shop, "P1", expected_at=day(4))
    assert changes(shop) == [("A", 7, 7, None, "supply_slipped")]
    change(shop, "P1", expected_at=day(8))
    assert changes(shop) == [("A", 7, None, 8, "supply_planned")]
    change(shop, "P1", expected_at=day(3))
    assert changes(shop) == [("A", 7, 8, None, "supply_slipped")]


def test_a_slip_is_caused_by_the_event_that_set_the_date() -> None:
    shop = Shop()
    shop.place("A", 5)
    buy(shop, "P1", (5, 3))
    bought = f"event-{shop.fed}"
    emitted = shop.fold.apply(
        e.Entry(e.JOURNAL_VERSION, "", "tick", "/tests", day(4), e.ClockTicked())
    ).emitted
    said = [each for each in emitted if isinstance(each.decision, d.BackorderPromised)]
    assert [(each.cause.id, each.cause.time) for each in said] == [(bought, day(3))]


# --- lead time ----------------------------------------------------------------------------------------------


def test_without_supply_the_lead_time_runs_from_the_opening() -> None:
    shop = Shop()
    shop.configure(lead_time_days=10)
    shop.place("A", 5)
    (opened,) = shop.told(d.BackorderOpened)
    assert opened.promised_at == opened.opened_at + timedelta(days=10)


def test_setting_a_lead_time_promises_all_who_wait() -> None:
    shop = two_waiters((5, 3))
    shop.configure(lead_time_days=10)
    assert changes(shop) == [("B", 10, None, 10, "lead_time")]
    shop.configure(lead_time_days=12)
    assert changes(shop) == [("B", 10, 10, 12, "lead_time")]
    shop.configure(lead_time_days=None)
    assert changes(shop) == [("B", 10, 12, None, "lead_time")]


def test_a_location_may_have_a_lead_time_of_its_own() -> None:
    shop = Shop()
    shop.configure(lead_time_days=10)
    shop.configure(location=THERE, lead_time_days=4)
    shop.place("A", line(1, 1, location=HERE), line(2, 1, location=THERE), line(3, 1))
    assert [promised(shop, "A", number) for number in (1, 2, 3)] == [10, 4, 10]


def test_where_supply_is_lost_the_lead_time_runs_from_that_moment() -> None:
    shop = Shop()
    shop.configure(lead_time_days=10)
    buy(shop, "P1", (5, 3))
    shop.place("A", 5)
    shop.tick(day(2))
    shop.feed(e.PurchaseCancelled("P1"), at=day(2))
    assert changes(shop) == [("A", 3, 3, 12, "supply_cancelled")]


def test_where_units_are_lost_the_lead_time_runs_from_that_moment_though_nothing_was_promised() -> None:
    shop = Shop()
    shop.tick(MONDAY)
    shop.place("A", 5)
    shop.receive("R1", 5)
    shop.configure(lead_time_days=10)
    shop.tick(day(3))
    shop.now = day(3)
    shop.adjust(-1)
    assert promised(shop, "A") == 13


def test_units_that_never_came_count_their_lead_time_from_the_opening_whatever_others_the_line_lost() -> None:
    shop = Shop()
    shop.tick(MONDAY)
    shop.place("A", 5)
    shop.receive("R1", 3)
    shop.configure(lead_time_days=10)
    shop.tick(day(3))
    shop.now = day(3)
    shop.adjust(-1)
    assert promised(shop, "A") == 10


def test_after_a_slip_the_lead_time_runs_from_the_slip() -> None:
    shop = Shop()
    shop.configure(lead_time_days=10)
    buy(shop, "P1", (5, 3))
    shop.place("A", 5)
    shop.tick(day(8))
    assert changes(shop) == [("A", 3, 3, 13, "supply_slipped")]


def test_a_lead_time_that_passes_runs_again() -> None:
    shop = Shop()
    shop.configure(lead_time_days=10)
    shop.place("A", 5, at=MONDAY)
    shop.tick(day(9))
    assert changes(shop) == []
    shop.tick(day(10))
    assert changes(shop) == [("A", 10, 10, 20, "supply_slipped")]
    shop.tick(day(45))
    assert [current for _, _, _, current, _ in changes(shop)] == [30, 40, 50]


def test_supply_replaces_the_lead_time_and_ends_it() -> None:
    shop = Shop()
    shop.configure(lead_time_days=10)
    shop.place("A", 5, at=MONDAY)
    buy(shop, "P1", (5, 15))
    assert changes(shop) == [("A", 10, 10, 15, "supply_planned")]
    shop.tick(day(12))
    assert changes(shop) == []


def test_nobody_is_promised_what_is_past() -> None:
    shop = Shop()
    shop.place("A", 5, at=MONDAY)
    shop.feed(e.ItemConfigured(SKU, lead_time_days=3), at=day(20))
    assert promised(shop, "A") == 23


def test_a_lead_time_of_no_days_promises_nothing() -> None:
    shop = Shop()
    shop.configure(lead_time_days=0)
    shop.place("A", 5)
    assert promised(shop, "A") is None


def test_a_discontinued_item_has_no_lead_time() -> None:
    shop = Shop()
    shop.configure(lead_time_days=10)
    shop.place("A", 5)
    shop.configure(discontinued=True)
    assert promised(shop, "A") is None
    buy(shop, "P1", (5, 3))
    assert promised(shop, "A") == 3


# --- what a shop front shows --------------------------------------------------------------------------------


def coming(shop: Shop) -> tuple[int | None, int | None]:
    row = shop._rows["availability", f'["default","{SKU}"]']
    return (None if row.expected_at is None else (row.expected_at - MONDAY).days), row.lead_time_days


def test_a_shop_front_shows_when_the_next_unit_arrives_that_nobody_is_promised() -> None:
    shop = Shop()
    shop.configure(lead_time_days=14)
    assert coming(shop) == (None, 14)
    buy(shop, "P1", (5, 3), (5, 8))
    assert coming(shop) == (3, 14)
    shop.place("A", 5)
    assert coming(shop) == (8, 14)
    shop.place("B", 5)
    assert coming(shop) == (None, 14)
    shop.cancel("A")
    assert coming(shop) == (8, 14)


def test_a_slip_is_shown_at_once() -> None:
    shop = Shop()
    buy(shop, "P1", (5, 3), (5, 8))
    shop.tick(day(4))
    assert coming(shop) == (8, None)


def test_what_comes_for_somebody_is_not_shown() -> None:
    shop = Shop()
    shop.place("A", 5)
    buy(shop, "P1", (8, 3), peg="A")
    assert coming(shop) == (3, None)
    shop.amend("A", (1, 8))
    assert coming(shop) == (None, None)
