"""`horizon_days`: a line that is required later than that takes no units yet and is ahead of nobody."""

from datetime import datetime, timedelta

from backorder.domain import decisions as d
from backorder.domain import events as e
from tests.support.shop import HERE, MONDAY, SKU, Shop, line, restored

DAY = timedelta(days=1)


def far_shop(stock: int = 0, horizon_days: int | None = 2, **policies: object) -> Shop:
    """The clock stands at Monday."""
    shop = Shop(step_lines=2)
    shop.tick(MONDAY)
    shop.configure(horizon_days=horizon_days, **policies)
    if stock:
        shop.count(stock)
    return shop


def in_days(days: float) -> datetime:
    return MONDAY + days * DAY


def test_a_line_beyond_the_horizon_waits_with_nothing_allocated() -> None:
    shop = far_shop(stock=5)
    shop.place("A", 3, required_by=in_days(3))
    assert shop.figures("A") == (3, 0, 3, 0, 0)
    assert (shop.line("A").waits_for, shop.line("A").status) == ("horizon", "waiting")
    assert [opened.reason for opened in shop.told(d.BackorderOpened)] == ["beyond_horizon"]
    assert shop.stock().free == 5


def test_a_line_within_the_horizon_or_without_a_date_is_covered() -> None:
    shop = far_shop(stock=5)
    shop.place("A", 1, required_by=in_days(2))
    shop.place("B", 1)
    assert [shop.line(order_id).allocated for order_id in "AB"] == [1, 1]


def test_it_takes_units_when_it_comes_within() -> None:
    shop = far_shop(stock=5)
    shop.place("A", 3, required_by=in_days(3))
    shop.tick(in_days(0.9))
    assert shop.filled() == []
    shop.tick(in_days(1.5))
    assert shop.filled() == [("A", 3)]
    assert shop.line("A").waits_for is None


def test_what_falls_due_has_the_event_that_set_the_date_as_its_cause() -> None:
    shop = far_shop(stock=5)
    shop.place("A", 3, required_by=in_days(3))
    placed = f"event-{shop.fed}"
    outcome = shop.fold.apply(e.Entry(1, "", "tick", "/tests", in_days(4), e.ClockTicked()))
    assert {emitted.cause.id for emitted in outcome.emitted} == {placed}
    assert {emitted.cause.time for emitted in outcome.emitted} == {in_days(1)}


def test_it_waits_for_stock_when_there_is_none_once_it_is_within() -> None:
    shop = far_shop()
    shop.place("A", 3, required_by=in_days(3))
    shop.tick(in_days(1))
    assert shop.line("A").waits_for == "stock"
    shop.receive("R1", 1)
    assert shop.filled() == [("A", 1)]


def test_units_go_to_those_behind_it_and_it_is_not_ahead_of_them() -> None:
    shop = far_shop()
    shop.place("far", 3, required_by=in_days(9), priority=1)
    shop.place("near", 2)
    assert shop.line("near").position == 1
    shop.receive("R1", 4)
    assert shop.filled() == [("near", 2)]
    assert shop.stock().free == 2


def test_within_it_takes_its_place_by_its_own_rank() -> None:
    shop = far_shop()
    shop.place("far", 3, required_by=in_days(3), priority=1)
    shop.place("near", 2)
    shop.tick(in_days(1))
    shop.receive("R1", 4)
    assert shop.filled() == [("far", 3), ("near", 1)]


def test_lines_come_within_in_the_order_of_their_dates() -> None:
    shop = far_shop(stock=3)
    shop.place("later", 3, required_by=in_days(4), priority=1)
    shop.place("sooner", 2, required_by=in_days(3), priority=9)
    shop.tick(in_days(5))
    assert shop.filled() == [("sooner", 2), ("later", 1)]


def test_what_it_has_already_stays_with_it() -> None:
    shop = far_shop(stock=2, horizon_days=None)
    shop.place("A", 3, required_by=in_days(9))
    shop.configure(horizon_days=2)
    assert shop.figures("A") == (3, 2, 1, 0, 0)
    assert (shop.line("A").waits_for, shop.line("A").released) == ("horizon", 2)
    shop.receive("R1", 5)
    assert shop.filled() == []


def test_units_that_it_loses_wait_for_the_horizon() -> None:
    shop = far_shop(stock=2, horizon_days=None)
    shop.place("A", 2, required_by=in_days(9))
    shop.configure(horizon_days=2)
    shop.adjust(-1)
    assert shop.line("A").waits_for == "horizon"
    shop.adjust(1)
    assert shop.figures("A") == (2, 1, 1, 0, 0)


def test_a_later_date_takes_it_beyond_and_an_earlier_one_within() -> None:
    shop = far_shop()
    shop.place("A", 3, required_by=in_days(1))
    shop.reschedule("A", required_by=in_days(9))
    assert shop.line("A").waits_for == "horizon"
    shop.receive("R1", 3)
    assert shop.filled() == []
    shop.reschedule("A", e.RescheduledLine(1, required_by=in_days(2)))
    assert shop.filled() == [("A", 3)]


def test_a_rescheduled_line_comes_within_on_its_new_date_alone() -> None:
    shop = far_shop(stock=3)
    shop.place("A", 3, required_by=in_days(3))
    shop.reschedule("A", required_by=in_days(5))
    shop.tick(in_days(2))
    assert shop.filled() == []
    shop.tick(in_days(3))
    assert shop.filled() == [("A", 3)]


def test_a_nearer_horizon_takes_waiters_beyond_in_steps() -> None:
    shop = far_shop(horizon_days=None)
    for number in range(5):
        shop.place(f"W{number}", 1, required_by=in_days(3), priority=number + 1)
    shop.place("near", 1, required_by=in_days(1), priority=9)
    shop.place("undated", 1)
    shop.configure(horizon_days=2)
    assert {shop.line(f"W{number}").waits_for for number in range(5)} == {"horizon"}
    assert {shop.line(order_id).waits_for for order_id in ("near", "undated")} == {"stock"}


def test_a_change_of_the_horizon_counts_each_line_against_the_step() -> None:
    shop = far_shop(horizon_days=None)
    for number in range(5):
        shop.place(f"W{number}", 1, required_by=in_days(3))
    shop.feed(e.ItemConfigured(SKU, horizon_days=2), finish=False)
    assert [shop.line(f"W{number}").waits_for for number in range(5)].count("horizon") == 2
    shop.finish()
    assert [shop.line(f"W{number}").waits_for for number in range(5)].count("horizon") == 5


def test_a_farther_horizon_brings_them_within_and_fills_them() -> None:
    shop = far_shop(stock=4)
    for number in range(5):
        shop.place(f"W{number}", 1, required_by=in_days(3 + number))
    shop.configure(horizon_days=5)
    assert [shop.line(f"W{number}").allocated for number in range(5)] == [1, 1, 1, 0, 0]
    assert shop.line("W3").waits_for == "horizon"


def test_lines_that_stay_beyond_come_within_on_the_new_date_for_which_the_change_is_the_cause() -> None:
    shop = far_shop(stock=4)
    shop.place("A", 1, required_by=in_days(9))
    shop.configure(horizon_days=4)
    configured = f"event-{shop.fed}"
    outcome = shop.fold.apply(e.Entry(1, "", "tick", "/tests", in_days(5), e.ClockTicked()))
    assert {emitted.cause.id for emitted in outcome.emitted} == {configured}


def test_without_a_horizon_nobody_is_beyond_it() -> None:
    shop = far_shop(stock=4)
    shop.place("A", 1, required_by=in_days(9))
    shop.configure(horizon_days=None)
    assert shop.filled() == [("A", 1)]


def test_it_is_accepted_as_if_it_could_take_what_is_there_also_beyond_the_cap() -> None:
    shop = far_shop(stock=3, backorder_cap=1)
    shop.place("A", 5, required_by=in_days(9))
    assert shop.figures("A") == (5, 0, 4, 0, 1)


def test_a_line_that_may_not_wait_is_accepted_if_it_could_be_covered_now() -> None:
    shop = far_shop(stock=3)
    shop.place("A", line(1, 3, backorder="deny"), required_by=in_days(9))
    assert shop.figures("A") == (3, 0, 3, 0, 0)
    shop.place("B", line(1, 4, backorder="deny"), required_by=in_days(9))
    assert shop.line("B").status == "refused"


def test_an_order_that_may_not_wait_at_all_is_judged_with_all_its_lines() -> None:
    shop = far_shop(stock=5)
    deny = [line(number, 3, backorder="deny", required_by=in_days(9)) for number in (1, 2)]
    shop.place("A", *deny)
    assert [shop.line("A", number).status for number in (1, 2)] == ["refused", "refused"]


def test_in_strict_order_the_first_of_its_order_blocks_the_next_as_ever() -> None:
    shop = far_shop(stock=2, strict_order=True, allow_partial=False)
    shop.place("A", line(1, 5), line(2, 1), line(3, 1, required_by=in_days(9)))
    assert [shop.line("A", number).allocated for number in (1, 2, 3)] == [0, 0, 0]


def test_units_that_were_bought_for_it_are_its_own_at_once() -> None:
    shop = far_shop()
    shop.place("A", 3, required_by=in_days(9))
    shop.buy("P1", e.PurchasedLine(1, SKU, HERE, 3, None, e.Pegged("A", 1)))
    shop.receive("R1", 3, purchase="P1", line=1)
    assert shop.filled() == [("A", 3)]


def test_what_an_amendment_adds_waits_for_the_horizon_too() -> None:
    shop = far_shop(stock=5)
    shop.place("A", 1, required_by=in_days(9))
    shop.amend("A", (1, 3))
    assert shop.figures("A") == (3, 0, 3, 0, 0)
    shop.tick(in_days(7))
    assert shop.figures("A") == (3, 3, 0, 0, 0)
    assert shop.line("A").waits_for is None


def test_it_does_not_block_in_strict_order() -> None:
    shop = far_shop(strict_order=True, allow_partial=False)
    shop.place("far", 5, required_by=in_days(9), priority=1)
    shop.place("near", 2)
    shop.receive("R1", 2)
    assert shop.filled() == [("near", 2)]


def test_a_process_that_takes_over_knows_when_it_comes_within() -> None:
    shop = far_shop(stock=5)
    shop.place("A", 3, required_by=in_days(3))
    shop.fold.commit()
    outcome = restored(shop.fold).apply(e.Entry(1, "", "tick", "/tests", in_days(4), e.ClockTicked()))
    assert isinstance(outcome.emitted[0].decision, d.BackorderFilled)


def test_a_line_that_is_refused_more_while_the_horizon_moves_stands_where_it_belongs_now() -> None:
    shop = Shop(step_lines=1)
    far = shop.now + timedelta(days=30)
    for number in range(3):
        shop.place(f"O{number}", 2, required_by=far)
    shop.feed(e.ItemConfigured(SKU, horizon_days=1, backorder_cap=0), finish=False)
    shop.amend("O2", (1, 3))
    assert shop.line("O2").waits_for == "horizon"
    assert shop.figures("O2") == (2, 0, 2, 0, 0)
