"""Manual release: what is allocated waits for `release.requested`; and a planner may put one line first."""

from datetime import timedelta

import pytest

from backorder.domain import decisions as d
from backorder.domain import events as e
from tests.support.shop import HERE, SKU, THERE, Shop, line


def careful_shop(stock: int = 0, step_lines: int = 1000, **policies: object) -> Shop:
    shop = Shop(step_lines=step_lines)
    shop.configure(**({"release": "manual"} | policies))
    if stock:
        shop.count(stock)
    return shop


def request(
    shop: Shop, quantity: int | None = None, location: str | None = None, finish: bool = True
) -> None:
    shop.feed(e.ReleaseRequested(SKU, location, quantity), finish=finish)


def put_first(
    shop: Shop, order_id: str, quantity: int | None = None, location: str | None = None, finish: bool = True
) -> None:
    shop.feed(e.ReleaseRequested(SKU, location, quantity, order_id, 1), finish=finish)


# --- what is kept -------------------------------------------------------------------------------------------


def test_lines_are_allocated_as_usual_and_not_released() -> None:
    shop = careful_shop(stock=3)
    shop.place("A", 2)
    row = shop.line("A")
    assert (row.allocated, row.released, row.status, row.waits_for) == (2, 0, "allocated", "manual_release")
    assert shop.released() == []


def test_units_that_come_to_waiters_are_kept_too() -> None:
    shop = careful_shop()
    shop.place("A", 2)
    shop.receive("R1", 2)
    assert (shop.filled(), shop.released()) == ([("A", 2)], [])


def test_a_held_order_waits_for_the_hold_before_the_planner() -> None:
    shop = careful_shop(stock=2)
    shop.place("A", 2, held=True)
    assert shop.line("A").waits_for == "hold"
    request(shop)
    assert shop.released() == []
    shop.feed(e.OrderResumed("A", "checked"))
    assert (shop.released(), shop.line("A").waits_for) == ([], "manual_release")


def test_other_lines_of_the_order_are_released_at_once() -> None:
    shop = careful_shop(stock=2)
    shop.count(5, sku="CUP")
    shop.place("A", line(1, 2), line(2, 1, sku="CUP"))
    assert shop.released() == [("A", 2, 1, HERE)]


# --- the release --------------------------------------------------------------------------------------------


def test_a_request_releases_all_that_is_allocated() -> None:
    shop = careful_shop(stock=3)
    shop.place("A", 2)
    shop.place("B", 1)
    request(shop)
    assert shop.released() == [("A", 1, 2, HERE), ("B", 1, 1, HERE)]
    assert {created.rule for created in shop.told(d.ReleaseCreated)} == {"manual_release"}
    assert (shop.line("A").status, shop.line("A").waits_for) == ("released", None)


def test_a_request_releases_all_of_a_line_whose_added_units_stand_before_those_it_was_placed_with() -> None:
    shop = careful_shop(stock=2)
    shop.place("A", 1)
    shop.amend("A", (1, 2), at=shop.now - timedelta(hours=1))
    request(shop, 2)
    assert shop.released() == [("A", 1, 2, HERE)]


def test_a_request_for_a_number_of_units_goes_in_the_order_of_the_queue() -> None:
    shop = careful_shop(stock=6)
    shop.place("later", 2)
    shop.place("first", 3, priority=1)
    request(shop, 4)
    assert shop.released() == [("first", 1, 3, HERE), ("later", 1, 1, HERE)]
    assert (shop.line("later").released, shop.line("later").waits_for) == (1, "manual_release")
    request(shop, 1)
    assert shop.released() == [("later", 1, 1, HERE)]


def test_a_request_at_a_location_releases_nothing_elsewhere() -> None:
    shop = careful_shop(stock=2)
    shop.count(2, THERE)
    shop.place("A", 4)
    request(shop, location=THERE)
    assert shop.released() == [("A", 1, 2, THERE)]


def test_what_a_request_asked_beyond_what_is_there_is_not_remembered() -> None:
    shop = careful_shop(stock=2)
    shop.place("A", 5)
    request(shop, 4)
    assert shop.released() == [("A", 1, 2, HERE)]
    shop.receive("R1", 3)
    assert (shop.filled(), shop.released()) == ([("A", 3)], [])


def test_a_release_knows_which_units_the_line_had_waited_for() -> None:
    shop = careful_shop(stock=2)
    shop.place("A", 5)
    shop.receive("R1", 3)
    request(shop, 4)
    (created,) = shop.told(d.ReleaseCreated)
    assert [(part.quantity, part.was_backordered) for part in created.lines] == [(1, False), (3, True)]
    request(shop)
    (created,) = shop.told(d.ReleaseCreated)
    assert [(part.quantity, part.was_backordered) for part in created.lines] == [(1, False)]


def test_a_line_has_not_waited_for_what_is_there_when_it_is_ordered_again() -> None:
    shop = careful_shop()
    shop.place("A", 3)
    shop.receive("R1", 3)
    shop.cancel("A")
    shop.amend("A", (1, 2))
    request(shop)
    (created,) = shop.told(d.ReleaseCreated)
    assert [(part.quantity, part.was_backordered) for part in created.lines] == [(2, False)]


def test_a_request_for_nothing_that_is_there_does_nothing() -> None:
    shop = careful_shop()
    request(shop)
    assert shop.said == []


def test_a_request_for_an_item_that_is_released_automatically_does_nothing() -> None:
    shop = Shop(stock=2)
    shop.place("A", 2)
    request(shop)
    assert shop.said == []


def test_a_request_that_concerns_many_lines_goes_on_in_steps() -> None:
    shop = careful_shop(stock=5, step_lines=2)
    for number in range(5):
        shop.place(f"W{number}", 1)
    request(shop, 4, finish=False)
    assert shop.released() == [("W0", 1, 1, HERE), ("W1", 1, 1, HERE)]
    assert [rest.event.request for rest in shop.pending] == [e.ReleaseRequested(SKU, None, 2)]
    shop.go_on()
    assert shop.released() == [("W2", 1, 1, HERE), ("W3", 1, 1, HERE)]
    assert (shop.pending, shop.line("W4").released) == ([], 0)


def test_a_request_that_is_for_less_than_whole_orders_have_comes_to_an_end() -> None:
    shop = careful_shop(stock=2, step_lines=1)
    shop.count(2, THERE)
    shop.place("WHOLE", 4, ship="complete")
    shop.place("ANNA", line(1, 1), at=shop.now + timedelta(minutes=9))
    shop.count(3)
    request(shop, 1, finish=False)

    assert shop.released() == [("ANNA", 1, 1, HERE)]
    assert not shop.pending


def test_back_on_automatic_what_was_kept_is_released_in_steps() -> None:
    shop = careful_shop(stock=4, step_lines=2)
    for number in range(3):
        shop.place(f"W{number}", 1)
    shop.place("held", 1, held=True)
    shop.configure(release=None)
    assert [shop.line(f"W{number}").status for number in range(3)] == ["released"] * 3
    assert shop.line("held").waits_for == "hold"


def test_on_manual_release_what_is_released_stands() -> None:
    shop = Shop(stock=3)
    shop.place("A", 2)
    shop.configure(release="manual")
    assert (shop.line("A").released, shop.withdrawn()) == (2, [])
    shop.place("B", 1)
    assert shop.line("B").waits_for == "manual_release"


def test_kept_units_are_given_back_picked_and_shipped_like_others() -> None:
    shop = careful_shop(stock=5)
    shop.place("A", 3)
    shop.place("B", 2)
    shop.adjust(-1)
    assert shop.figures("B") == (2, 1, 1, 0, 0)
    shop.pick("A", 1)
    shop.ship("A", "S1", (1, 2))
    assert shop.figures("A") == (3, 1, 0, 2, 0)
    request(shop)
    assert shop.released() == [("A", 1, 1, HERE), ("B", 1, 1, HERE)]


def test_a_hold_withdraws_what_was_released_and_it_has_to_be_released_again() -> None:
    shop = careful_shop(stock=2)
    shop.place("A", 2)
    request(shop)
    shop.feed(e.OrderHeld("A", "fraud"))
    assert shop.withdrawn() == [("A", 1, 2, HERE)]
    shop.feed(e.OrderResumed("A", "checked"))
    assert shop.released() == []
    request(shop)
    assert shop.released() == [("A", 1, 2, HERE)]


# --- one line out of turn -----------------------------------------------------------------------------------


def test_the_line_that_a_planner_names_is_released_first() -> None:
    shop = careful_shop(stock=5)
    shop.place("A", 3)
    shop.place("B", 2)
    put_first(shop, "B", 1)
    assert shop.released() == [("B", 1, 1, HERE)]
    put_first(shop, "B")
    assert shop.released() == [("B", 1, 1, HERE)]


def test_it_takes_what_others_have_unreleased_the_last_in_the_queue_first() -> None:
    shop = careful_shop(stock=6)
    for order_id in "ABC":
        shop.place(order_id, 2)
    shop.place("late", 3)
    put_first(shop, "late")
    reopened = [
        (each.order_id, each.quantity, each.reason, each.rule) for each in shop.told(d.BackorderReopened)
    ]
    assert reopened == [("C", 2, "out_of_turn", "out_of_turn"), ("B", 1, "out_of_turn", "out_of_turn")]
    (filled,) = shop.told(d.BackorderFilled)
    assert (filled.order_id, filled.quantity, filled.rule) == ("late", 3, "out_of_turn")
    assert shop.released() == [("late", 1, 3, HERE)]
    assert [shop.line(order_id).backordered for order_id in ("A", "B", "C", "late")] == [0, 1, 2, 0]


def test_it_takes_no_more_than_the_planner_asked() -> None:
    shop = careful_shop(stock=4)
    shop.place("A", 4)
    shop.place("B", 3)
    put_first(shop, "B", 2)
    assert (shop.figures("A"), shop.figures("B")) == ((4, 2, 2, 0, 0), (3, 2, 1, 0, 0))


def test_released_and_picked_units_of_others_are_not_touched() -> None:
    shop = careful_shop(stock=4)
    shop.place("A", 4)
    request(shop, 1)
    shop.pick("A", 2)
    shop.place("B", 4)
    put_first(shop, "B")
    assert (shop.figures("A"), shop.figures("B")) == ((4, 2, 2, 0, 0), (4, 2, 2, 0, 0))
    assert shop.withdrawn() == []


def test_it_takes_units_only_where_it_may_use_them_and_where_the_planner_says() -> None:
    shop = careful_shop(stock=2)
    shop.count(2, THERE)
    shop.place("A", line(1, 2, location=HERE))
    shop.place("B", line(1, 2, location=THERE))
    shop.place("C", line(1, 4, location=HERE))
    put_first(shop, "C")
    assert (shop.line("A").backordered, shop.line("B").backordered) == (2, 0)
    shop.place("D", 4)
    put_first(shop, "D", location=THERE)
    assert (shop.line("B").backordered, shop.figures("D")) == (2, (4, 2, 2, 0, 0))


def test_a_line_of_an_automatic_item_takes_what_is_free_before_those_ahead_of_it() -> None:
    shop = Shop(stock=3)
    shop.configure(allow_partial=False, strict_order=True)
    shop.place("first", 5)
    shop.place("second", 2)
    put_first(shop, "second")
    assert shop.filled() == [("second", 2)]
    assert shop.released() == [("second", 1, 2, HERE)]
    assert {created.rule for created in shop.told(d.ReleaseCreated)} == {"as_available"}


def test_a_line_of_an_automatic_item_takes_what_a_held_order_has() -> None:
    shop = Shop(stock=3)
    shop.place("held", 2, held=True)
    shop.place("released", 1)
    shop.place("late", 3)
    put_first(shop, "late")
    assert shop.figures("late") == (3, 2, 1, 0, 0)
    assert (shop.figures("held"), shop.figures("released")) == ((2, 0, 2, 0, 0), (1, 1, 0, 0, 0))


def test_a_line_beyond_the_horizon_is_filled_all_the_same() -> None:
    shop = Shop(stock=3)
    shop.configure(horizon_days=1)
    far = shop.now.replace(year=2027)
    shop.place("far", 2, required_by=far)
    put_first(shop, "far")
    assert shop.filled() == [("far", 2)]


def test_a_line_that_may_not_be_split_is_filled_whole_or_not_at_all() -> None:
    shop = careful_shop(stock=4, allow_partial=False)
    shop.place("A", 1)
    shop.place("B", 3)
    shop.place("C", 2)
    put_first(shop, "C", 1)
    assert shop.filled() == []
    put_first(shop, "C")
    assert (shop.figures("C"), shop.figures("B")) == ((2, 2, 0, 0, 0), (3, 0, 3, 0, 0))
    assert shop.stock().free == 1


def test_one_that_may_not_be_split_and_is_released_in_part_gives_nothing() -> None:
    shop = careful_shop(stock=3, allow_partial=False)
    shop.place("A", 3)
    request(shop, 1)
    shop.place("B", 2)
    put_first(shop, "B")
    assert (shop.figures("A"), shop.figures("B")) == ((3, 3, 0, 0, 0), (2, 0, 2, 0, 0))


def test_units_go_from_hand_to_hand_though_a_safety_stock_would_keep_them() -> None:
    shop = careful_shop(stock=2)
    shop.place("A", 2)
    shop.place("B", 2)
    shop.configure(safety_stock=5)
    put_first(shop, "B")
    assert (shop.figures("A"), shop.figures("B")) == ((2, 0, 2, 0, 0), (2, 2, 0, 0, 0))


@pytest.mark.parametrize("quantity", [None, 4])
def test_taking_from_many_goes_on_in_steps(quantity: int | None) -> None:
    shop = careful_shop(stock=5, step_lines=2)
    for number in range(5):
        shop.place(f"W{number}", 1)
    shop.place("late", 4)
    put_first(shop, "late", quantity, finish=False)
    assert shop.released() == [("late", 1, 2, HERE)]
    shop.finish()
    assert shop.figures("late") == (4, 4, 0, 0, 0)
    assert (shop.line("late").released, shop.line("W0").allocated) == (4, 1)


def test_a_closed_line_has_nothing_to_release() -> None:
    shop = careful_shop(stock=2)
    shop.place("A", 2)
    shop.cancel("A")
    put_first(shop, "A")
    assert shop.said == []


def test_an_order_that_ships_complete_is_released_when_nothing_of_it_is_released_by_hand_any_more() -> None:
    shop = Shop(stock=5)
    shop.count(5, sku="CUP")
    shop.configure(release="manual")
    shop.place("A", line(1, 2), line(2, 1, sku="CUP"), ship="complete")
    assert shop.line("A", 2).waits_for == "manual_release"
    shop.ship("A", "S1", (1, 2))
    assert shop.released() == [("A", 2, 1, HERE)]
