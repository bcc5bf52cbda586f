"""Orders that ship complete: all at once or nothing, without hoarding, deadlock or starvation."""

from datetime import timedelta
from typing import Any

import pytest

from backorder.domain import decisions as d
from backorder.domain import events as e
from tests.support.shop import HERE, MONDAY, THERE, Shop, line

CUP, PLATE = "CUP", "PLATE"


def place(shop: Shop, order_id: str, *lines: e.OrderLine, **fields: Any) -> None:
    """An order that ships complete."""
    shop.feed(e.OrderPlaced(order_id, list(lines), ship="complete", **fields))


def cups_and_plates(shop: Shop, order_id: str, cups: int = 1, plates: int = 1, **fields: Any) -> None:
    place(shop, order_id, line(1, cups, CUP), line(2, plates, PLATE), **fields)


def allocated(shop: Shop, order_id: str) -> list[int]:
    lines = (number for order, number in shop.pool.lines.rows if order == order_id)
    return [shop.line(order_id, number).allocated for number in lines]


def created(shop: Shop) -> list[d.ReleaseCreated]:
    return [said for said in shop.said if isinstance(said, d.ReleaseCreated)]


def receive(shop: Shop, sku: str, units: int = 1, location: str = HERE) -> None:
    shop.receive(f"R{shop.fed}", units, location, sku=sku)


def after_days(shop: Shop, days: float) -> None:
    shop.now = max(shop.now, MONDAY + timedelta(days=days))
    shop.tick(MONDAY + timedelta(days=days))


# --- all at once --------------------------------------------------------------------------------------------


def test_an_order_that_is_covered_when_it_comes_is_one_release_and_opens_no_backorder() -> None:
    shop = Shop()
    receive(shop, CUP, 2)
    receive(shop, PLATE, 2)
    cups_and_plates(shop, "A", 2, 1)
    [release] = created(shop)
    assert [(part.sku, part.quantity) for part in release.lines] == [(CUP, 2), (PLATE, 1)]
    assert (release.ship, release.rule) == ("complete", "complete")
    assert not [said for said in shop.said if isinstance(said, d.BackorderOpened)]


def test_an_order_that_is_covered_in_part_takes_nothing() -> None:
    shop = Shop()
    receive(shop, CUP, 2)
    cups_and_plates(shop, "A", 2, 1)
    assert allocated(shop, "A") == [0, 0]
    assert shop.stock(sku=CUP).free == 2
    opened = [said for said in shop.said if isinstance(said, d.BackorderOpened)]
    assert [(said.sku, said.quantity, said.reason) for said in opened] == [
        (CUP, 2, "order_incomplete"),
        (PLATE, 1, "insufficient_stock"),
    ]
    assert {shop.line("A", number).waits_for for number in (1, 2)} == {"order_complete"}


def test_the_last_missing_unit_fills_and_releases_all_of_it_in_one_step() -> None:
    shop = Shop()
    receive(shop, CUP, 2)
    cups_and_plates(shop, "A", 2, 1)
    receive(shop, PLATE)
    assert allocated(shop, "A") == [2, 1]
    [release] = created(shop)
    assert [(part.sku, part.quantity, part.cross_dock) for part in release.lines] == [
        (CUP, 2, False),
        (PLATE, 1, True),
    ]
    filled = [said for said in shop.said if isinstance(said, d.BackorderFilled)]
    assert {said.rule for said in filled} == {"order_complete"}


def test_units_that_an_incomplete_order_cannot_ship_go_on_to_the_next_and_it_keeps_its_place() -> None:
    shop = Shop()
    cups_and_plates(shop, "A")
    shop.place("B", line(1, 1, CUP))
    receive(shop, CUP)
    assert allocated(shop, "A") == [0, 0]
    assert allocated(shop, "B") == [1]
    receive(shop, PLATE)
    shop.place("C", line(1, 1, CUP))
    receive(shop, CUP)
    assert (allocated(shop, "A"), allocated(shop, "C")) == ([1, 1], [0])


def test_an_earlier_order_that_can_be_whole_is_served_before_a_later_single_line() -> None:
    shop = Shop()
    receive(shop, PLATE)
    cups_and_plates(shop, "A")
    shop.place("B", line(1, 1, CUP))
    receive(shop, CUP)
    assert (allocated(shop, "A"), allocated(shop, "B")) == ([1, 1], [0])


def test_a_waiter_ahead_takes_the_units_before_an_order_that_could_be_whole_with_them() -> None:
    shop = Shop()
    shop.place("B", line(1, 1, CUP))
    receive(shop, PLATE)
    cups_and_plates(shop, "A")
    receive(shop, CUP)
    assert (allocated(shop, "A"), allocated(shop, "B")) == ([0, 0], [1])


def test_one_receipt_for_two_skus_serves_those_ahead_in_each_queue_before_the_order_that_needs_both() -> None:
    shop = Shop()
    shop.place("B", line(1, 1, PLATE))
    cups_and_plates(shop, "A")
    shop.place("C", line(1, 1, CUP))
    both = [e.ReceivedLine(CUP, HERE, 1), e.ReceivedLine(PLATE, HERE, 1)]
    shop.feed(e.GoodsReceived("R", both))
    assert [allocated(shop, order_id) for order_id in "ABC"] == [[0, 0], [1], [1]]


def test_two_orders_that_each_stand_first_somewhere_do_not_lock_each_other() -> None:
    shop = Shop()
    place(shop, "A", line(1, 1, CUP, priority=1), line(2, 1, PLATE, priority=9))
    place(shop, "B", line(1, 1, CUP, priority=9), line(2, 1, PLATE, priority=2))
    both = [e.ReceivedLine(CUP, HERE, 1), e.ReceivedLine(PLATE, HERE, 1)]
    shop.feed(e.GoodsReceived("R", both))
    assert (allocated(shop, "A"), allocated(shop, "B")) == ([1, 1], [0, 0])


def test_lines_of_one_sku_share_what_is_left_by_those_that_name_a_location() -> None:
    shop = Shop()
    receive(shop, CUP, 1, HERE)
    place(shop, "A", line(1, 1, CUP), line(2, 1, CUP, location=HERE))
    assert allocated(shop, "A") == [0, 0]
    receive(shop, CUP, 1, THERE)
    assert allocated(shop, "A") == [1, 1]
    assert [each.location for each in shop.line("A", 1).allocations] == [THERE]


def test_an_order_is_covered_when_its_lines_no_longer_share_a_location_because_of_another_sourcing() -> None:
    shop = Shop()
    receive(shop, CUP, 2, THERE)
    receive(shop, CUP, 2, HERE)
    place(shop, "A", line(1, 3, CUP), line(2, 2, CUP, location=THERE))
    shop.configure(CUP, sourcing=[HERE])
    receive(shop, CUP, 1, HERE)
    assert [shop.line("A", number).allocated for number in (1, 2)] == [3, 2]


def test_position_counts_lines_that_wait_for_their_order() -> None:
    shop = Shop()
    cups_and_plates(shop, "A")
    shop.place("B", line(1, 1, CUP))
    assert (shop.line("A", 1).position, shop.line("B").position) == (1, 2)


# --- what changes it ----------------------------------------------------------------------------------------


def test_a_cancel_of_what_is_missing_completes_the_order() -> None:
    shop = Shop()
    receive(shop, CUP)
    cups_and_plates(shop, "A")
    shop.cancel("A", (2, None))
    assert shop.figures("A", 1) == (1, 1, 0, 0, 0)
    assert shop.line("A", 1).status == "released"


def test_an_amendment_down_to_what_is_there_completes_the_order() -> None:
    shop = Shop()
    receive(shop, CUP)
    receive(shop, PLATE)
    cups_and_plates(shop, "A", 1, 3)
    shop.amend("A", (2, 1))
    assert allocated(shop, "A") == [1, 1]


def test_an_amendment_up_that_is_not_covered_leaves_what_is_released_and_waits() -> None:
    shop = Shop()
    receive(shop, CUP, 2)
    receive(shop, PLATE)
    cups_and_plates(shop, "A", 1, 1)
    shop.amend("A", (1, 2), (2, 2))
    assert [shop.line("A", number).released for number in (1, 2)] == [1, 1]
    assert [shop.line("A", number).backordered for number in (1, 2)] == [1, 1]
    receive(shop, PLATE)
    assert [shop.line("A", number).released for number in (1, 2)] == [2, 2]


def test_changed_to_as_available_it_takes_part_at_once() -> None:
    shop = Shop()
    receive(shop, CUP)
    cups_and_plates(shop, "A")
    shop.reschedule("A", ship="as_available")
    assert allocated(shop, "A") == [1, 0]
    assert shop.line("A", 1).status == "released"
    assert shop.line("A", 2).waits_for == "stock"


def test_changed_to_complete_after_a_release_what_is_released_stands() -> None:
    shop = Shop()
    receive(shop, CUP)
    shop.place("A", line(1, 1, CUP), line(2, 2, PLATE))
    shop.reschedule("A", ship="complete")
    assert shop.line("A", 1).released == 1
    receive(shop, PLATE)
    assert allocated(shop, "A") == [1, 0]
    receive(shop, PLATE)
    assert allocated(shop, "A") == [1, 2]


def test_a_demotion_withdraws_the_whole_unpicked_release_and_others_get_the_rest() -> None:
    shop = Shop()
    receive(shop, CUP)
    receive(shop, PLATE)
    cups_and_plates(shop, "A")
    shop.place("B", line(1, 1, PLATE))
    shop.count(0, sku=CUP)
    assert allocated(shop, "A") == [0, 0]
    assert allocated(shop, "B") == [1]
    withdrawn = [said for said in shop.said if isinstance(said, d.ReleaseWithdrawn)]
    assert [(part.sku, part.quantity) for said in withdrawn for part in said.lines] == [(CUP, 1), (PLATE, 1)]
    reopened = [said.reason for said in shop.said if isinstance(said, d.BackorderReopened)]
    assert reopened == ["stock_lost", "order_incomplete"]


def test_a_demotion_leaves_picked_units_of_other_lines_where_they_are() -> None:
    shop = Shop()
    receive(shop, CUP)
    receive(shop, PLATE)
    cups_and_plates(shop, "A")
    shop.pick("A", 1, 2)
    shop.count(0, sku=CUP)
    assert allocated(shop, "A") == [0, 1]
    assert shop.line("A", 2).picked == 1


def test_a_demoted_order_that_finds_other_units_is_whole_again_in_the_same_step() -> None:
    shop = Shop()
    receive(shop, CUP, 1, HERE)
    receive(shop, PLATE)
    cups_and_plates(shop, "A")
    receive(shop, CUP, 1, THERE)
    shop.count(0, HERE, sku=CUP)
    assert allocated(shop, "A") == [1, 1]


def test_a_held_order_is_filled_whole_and_released_when_it_is_resumed() -> None:
    shop = Shop()
    cups_and_plates(shop, "A", held=True)
    receive(shop, CUP)
    receive(shop, PLATE)
    assert allocated(shop, "A") == [1, 1]
    assert shop.line("A", 1).waits_for == "hold"
    shop.feed(e.OrderResumed("A", "checked"))
    assert [len(release.lines) for release in created(shop)] == [2]


def test_an_order_that_can_be_covered_when_it_comes_does_not_wait_whichever_line_names_a_location() -> None:
    shop = Shop(stock=3)
    shop.count(9, location=THERE)
    shop.place("A", line(1, 2), line(2, 2, location=HERE), ship="complete")
    assert not shop.told(d.BackorderOpened)
    assert shop.placed == [d.Placed(2, 0, 0), d.Placed(2, 0, 0)]
    assert [len(release.lines) for release in created(shop)] == [3]


def test_pegged_units_go_to_their_line_and_are_kept_until_the_order_is_whole() -> None:
    shop = Shop()
    cups_and_plates(shop, "A")
    shop.buy("P", e.PurchasedLine(1, CUP, HERE, 1, pegged_to=e.Pegged("A", 1)))
    shop.receive("R", 1, sku=CUP, purchase="P", line=1)
    assert allocated(shop, "A") == [1, 0]
    assert shop.line("A", 1).waits_for == "order_complete"
    assert created(shop) == []
    receive(shop, PLATE)
    assert [len(release.lines) for release in created(shop)] == [2]


@pytest.mark.parametrize("step_lines", [1, 2, 1000])
def test_an_order_at_which_a_big_step_stops_has_its_turn_before_those_behind_it(step_lines: int) -> None:
    shop = Shop(step_lines=step_lines)
    shop.place("FIRST", line(1, 1, CUP, priority=1), line(2, 1, PLATE, priority=1))
    cups_and_plates(shop, "A", priority=2)
    cups_and_plates(shop, "B", priority=3)
    shop.place("CUPS", line(1, 1, CUP), priority=4)
    shop.place("PLATES", line(1, 1, PLATE), priority=4)
    shop.feed(e.GoodsReceived("R", [e.ReceivedLine(CUP, HERE, 3), e.ReceivedLine(PLATE, HERE, 3)]))
    orders = ("FIRST", "A", "B", "CUPS", "PLATES")
    assert [allocated(shop, order_id) for order_id in orders] == [[1, 1], [1, 1], [1, 1], [0], [0]]


@pytest.mark.parametrize("step_lines", [1, 1000])
def test_in_strict_order_an_order_has_its_turn_when_those_before_it_have_had_theirs(step_lines: int) -> None:
    shop = Shop(step_lines=step_lines)
    shop.configure(CUP, strict_order=True)
    shop.place("FIRST", line(1, 1, CUP))
    place(shop, "WHOLE", line(1, 1, CUP))
    shop.place("LAST", line(1, 1, CUP))
    receive(shop, CUP, 2)
    assert [allocated(shop, order_id) for order_id in ("FIRST", "WHOLE", "LAST")] == [[1], [1], [0]]


# --- amendments ---------------------------------------------------------------------------------------------


def swap_plate_for(shop: Shop, order_id: str, sku: str) -> None:
    """Line 2 goes and line 3 comes, in one amendment."""
    shop.amend(order_id, (2, 0), e.AmendedLine(3, 1, sku))


def test_an_amendment_that_takes_a_line_away_and_adds_one_leaves_no_unit_with_an_order_that_waits() -> None:
    shop = Shop()
    receive(shop, CUP)
    cups_and_plates(shop, "A")
    swap_plate_for(shop, "A", "FORK")
    assert allocated(shop, "A") == [0, 0, 0]
    assert [said.kind for said in shop.told(d.NoticeDue)] == ["waiting"]
    shop.place("B", line(1, 1, CUP))
    assert allocated(shop, "B") == [1]


def test_an_order_that_is_covered_with_what_an_amendment_adds_is_one_release() -> None:
    shop = Shop()
    receive(shop, CUP)
    receive(shop, "FORK")
    cups_and_plates(shop, "A")
    swap_plate_for(shop, "A", "FORK")
    assert allocated(shop, "A") == [1, 0, 1]
    assert [len(release.lines) for release in created(shop)] == [2]


def test_what_an_amendment_frees_goes_to_others_before_the_order_that_it_adds_to() -> None:
    shop = Shop()
    cups_and_plates(shop, "A")
    shop.buy("P", e.PurchasedLine(1, PLATE, HERE, 1, pegged_to=e.Pegged("A", 2)))
    shop.receive("R", 1, sku=PLATE, purchase="P", line=1)
    shop.place("B", line(1, 1, PLATE))
    swap_plate_for(shop, "A", PLATE)
    assert (allocated(shop, "A"), allocated(shop, "B")) == ([0, 0, 0], [1])


# --- intake -------------------------------------------------------------------------------------------------


def test_a_line_that_may_not_wait_is_judged_alone_and_waits_with_its_order() -> None:
    shop = Shop()
    receive(shop, CUP)
    place(shop, "A", line(1, 1, CUP, backorder="deny"), line(2, 1, PLATE))
    assert shop.figures("A", 1) == (1, 0, 1, 0, 0)
    place(shop, "B", line(1, 2, CUP, backorder="deny"), line(2, 1, PLATE))
    assert shop.line("B", 1).status == "refused"


def test_a_covered_line_waits_with_its_order_beyond_the_cap() -> None:
    shop = Shop()
    shop.configure(CUP, backorder_cap=0)
    receive(shop, CUP, 2)
    cups_and_plates(shop, "A", 2, 1)
    assert shop.figures("A", 1) == (2, 0, 2, 0, 0)


def test_lines_of_one_sku_are_judged_cumulatively() -> None:
    shop = Shop()
    shop.configure(CUP, backorder_cap=1)
    receive(shop, CUP, 2)
    place(shop, "A", line(1, 2, CUP), line(2, 2, CUP), line(3, 1, PLATE))
    assert [shop.line("A", number).backordered for number in (1, 2, 3)] == [2, 1, 1]
    assert shop.line("A", 2).cancelled == 1


def test_an_order_of_lines_that_may_not_wait_is_atomic_as_ever() -> None:
    shop = Shop()
    receive(shop, CUP)
    place(shop, "A", line(1, 1, CUP, backorder="deny"), line(2, 1, PLATE, backorder="deny"))
    assert shop.told(d.OrderRefused)
    assert shop.stock(sku=CUP).free == 1


# --- patience -----------------------------------------------------------------------------------------------


def test_out_of_patience_it_keeps_what_comes_to_it_unreleased() -> None:
    shop = Shop()
    cups_and_plates(shop, "A")
    shop.place("B", line(1, 1, CUP))
    after_days(shop, 15)
    receive(shop, CUP)
    assert (allocated(shop, "A"), allocated(shop, "B")) == ([1, 0], [0])
    assert shop.line("A", 1).waits_for == "order_complete"
    assert created(shop) == []
    receive(shop, PLATE)
    assert [len(release.lines) for release in created(shop)] == [2]


def test_what_it_has_kept_comes_from_the_shelf_and_only_the_rest_straight_from_the_receipt() -> None:
    shop = Shop()
    cups_and_plates(shop, "A", 3)
    after_days(shop, 15)
    receive(shop, CUP, 2)
    shop.feed(e.GoodsReceived("R", [e.ReceivedLine(CUP, HERE, 1), e.ReceivedLine(PLATE, HERE, 1)]))
    [release] = created(shop)
    parts = [(part.sku, part.quantity, part.was_backordered, part.cross_dock) for part in release.lines]
    assert parts == [(CUP, 2, True, False), (CUP, 1, True, True), (PLATE, 1, True, True)]


def test_patience_is_that_of_the_least_patient_item_of_the_order_and_takes_what_is_free_when_it_ends() -> (
    None
):
    shop = Shop()
    shop.configure(PLATE, complete_patience_days=2)
    receive(shop, CUP)
    cups_and_plates(shop, "A")
    after_days(shop, 1.9)
    assert allocated(shop, "A") == [0, 0]
    after_days(shop, 2.1)
    assert allocated(shop, "A") == [1, 0]


def test_what_falls_due_names_the_event_that_set_the_date_as_its_cause_and_its_own_date_as_its_time() -> None:
    shop = Shop()
    receive(shop, CUP)
    cups_and_plates(shop, "A")
    placed = shop.now
    outcome = shop.fold.apply(shop.entry(e.ClockTicked(), placed + timedelta(days=20)))
    [filled] = [each for each in outcome.emitted if isinstance(each.decision, d.BackorderFilled)]
    assert filled.cause.id == "event-2"
    assert filled.cause.time == placed + timedelta(days=14)


def test_out_of_patience_a_line_that_was_covered_takes_what_comes_to_what_is_added_to_it() -> None:
    shop = Shop()
    cups_and_plates(shop, "A")
    shop.buy("P", e.PurchasedLine(1, CUP, HERE, 1, pegged_to=e.Pegged("A", 1)))
    shop.receive("R", 1, sku=CUP, purchase="P", line=1)
    after_days(shop, 15)
    shop.amend("A", (1, 2))
    assert shop.line("A", 1).waits_for == "stock"
    receive(shop, CUP)
    assert allocated(shop, "A") == [2, 0]


def test_of_two_that_keep_the_earlier_takes_what_the_later_one_keeps() -> None:
    shop = Shop()
    cups_and_plates(shop, "A", priority=2)
    cups_and_plates(shop, "B", priority=1)
    after_days(shop, 15)
    receive(shop, CUP)
    assert (allocated(shop, "A"), allocated(shop, "B")) == ([0, 0], [1, 0])
    shop.reschedule("A", e.RescheduledLine(2, priority=1))
    assert (allocated(shop, "A"), allocated(shop, "B")) == ([1, 0], [0, 0])
    reopened = [said for said in shop.said if isinstance(said, d.BackorderReopened)]
    assert [(said.order_id, said.reason) for said in reopened] == [("B", "kept_for_earlier")]


def test_who_gives_what_it_kept_to_an_earlier_one_takes_at_once_what_is_free_elsewhere() -> None:
    shop = Shop()
    shop.configure(CUP, complete_patience_days=1)
    cups_and_plates(shop, "later", 3)
    after_days(shop, 2)
    receive(shop, CUP, 3, THERE)
    place(shop, "earlier", line(1, 3, CUP, location=THERE), line(2, 1, PLATE), priority=1)
    receive(shop, CUP, 3, HERE)
    after_days(shop, 4)
    assert [shop.line(order, 1).allocations[0].location for order in ("earlier", "later")] == [THERE, HERE]


def test_who_gives_what_it_kept_to_an_earlier_one_takes_what_a_later_one_keeps() -> None:
    shop = Shop()
    shop.configure(CUP, complete_patience_days=1)
    cups_and_plates(shop, "later", 3)
    cups_and_plates(shop, "last", 3, priority=9)
    after_days(shop, 2)
    receive(shop, CUP, 3, THERE)
    receive(shop, CUP, 3, HERE)
    receive(shop, CUP, 3, "UTR")
    place(shop, "earlier", line(1, 3, CUP, location=THERE), line(2, 1, PLATE), priority=1)
    after_days(shop, 4)
    taken = {order: shop.line(order, 1).allocations for order in ("earlier", "later", "last")}
    assert [[each.location for each in taken[order]] for order in taken] == [[THERE], [HERE], ["UTR"]]


@pytest.mark.parametrize("policies", [{"allow_partial": False}, {"min_release": 3}])
def test_who_takes_what_a_later_one_kept_may_lack_no_more_than_what_is_free(policies: dict[str, Any]) -> None:
    shop = Shop()
    shop.configure(CUP, complete_patience_days=1, **policies)
    cups_and_plates(shop, "later", 3)
    after_days(shop, 2)
    receive(shop, CUP, 3)
    cups_and_plates(shop, "earlier", 5, priority=1)
    receive(shop, CUP, 2)
    after_days(shop, 4)
    assert (allocated(shop, "earlier"), allocated(shop, "later")) == ([5, 0], [0, 0])


def test_in_strict_order_who_has_taken_what_a_later_one_kept_blocks_nobody_any_more() -> None:
    shop = Shop()
    shop.configure(CUP, allow_partial=False, strict_order=True)
    cups_and_plates(shop, "earlier", 5, priority=1)
    cups_and_plates(shop, "later", 5, priority=9)
    after_days(shop, 15)
    shop.place("between", line(1, 2, CUP))
    receive(shop, CUP, 2)
    assert allocated(shop, "between") == [0]
    shop.buy("P", e.PurchasedLine(1, CUP, HERE, 5, pegged_to=e.Pegged("later", 1)))
    shop.receive("bought", 5, sku=CUP, purchase="P", line=1)
    assert [allocated(shop, order) for order in ("earlier", "between", "later")] == [[5, 0], [2], [0, 0]]


def shop_where_a_later_one_keeps(**earlier: Any) -> Shop:
    """And the earlier one has lost its patience too, but may take nothing now."""
    shop = Shop()
    shop.tick(MONDAY)
    shop.configure(CUP, complete_patience_days=1, horizon_days=5)
    cups_and_plates(shop, "later", 3)
    cups_and_plates(shop, "earlier", 3, priority=1, **earlier)
    if "payment" in earlier:
        shop.feed(e.OrderPaymentChanged("earlier", "failed"))
    after_days(shop, 2)
    receive(shop, CUP, 2)
    receive(shop, CUP, 1)
    return shop


def test_whose_payment_failed_takes_nothing_that_a_later_one_keeps_until_it_is_authorized() -> None:
    shop = shop_where_a_later_one_keeps(payment=e.Payment("pending", None))
    assert (allocated(shop, "earlier"), allocated(shop, "later")) == ([0, 0], [3, 0])
    shop.feed(e.OrderPaymentChanged("earlier", "authorized"))
    assert (allocated(shop, "earlier"), allocated(shop, "later")) == ([3, 0], [0, 0])


def test_a_line_beyond_the_horizon_takes_nothing_that_a_later_one_keeps_until_it_comes_within() -> None:
    shop = shop_where_a_later_one_keeps(required_by=MONDAY + timedelta(days=9))
    assert (allocated(shop, "earlier"), allocated(shop, "later")) == ([0, 0], [3, 0])
    after_days(shop, 4)
    assert (allocated(shop, "earlier"), allocated(shop, "later")) == ([3, 0], [0, 0])


def test_two_that_keep_parts_of_each_other_are_both_filled_in_the_end() -> None:
    shop = Shop()
    place(shop, "A", line(1, 1, CUP, priority=1), line(2, 1, PLATE, priority=9))
    place(shop, "B", line(1, 1, CUP, priority=9), line(2, 1, PLATE, priority=2))
    after_days(shop, 15)
    receive(shop, PLATE)
    receive(shop, CUP)
    assert (allocated(shop, "A"), allocated(shop, "B")) == ([1, 1], [0, 0])
    receive(shop, PLATE)
    receive(shop, CUP)
    assert allocated(shop, "B") == [1, 1]


def test_an_order_that_became_whole_is_patient_again_after_a_demotion() -> None:
    shop = Shop()
    cups_and_plates(shop, "A")
    after_days(shop, 15)
    receive(shop, CUP)
    receive(shop, PLATE)
    shop.count(0, sku=CUP)
    assert allocated(shop, "A") == [0, 0]
    receive(shop, CUP)
    assert allocated(shop, "A") == [1, 1]


def test_an_order_that_ships_as_available_after_all_can_be_forgotten_like_any_other() -> None:
    shop = Shop(stock=1)
    shop.place("A", 5, ship="complete")
    shop.reschedule("A", ship="as_available")
    shop.cancel("A")
    shop.tick(shop.now + timedelta(days=1))
    shop.tick(shop.now + timedelta(days=200))
    shop.receive("R1", 10)
    assert shop.stock().free == 11
