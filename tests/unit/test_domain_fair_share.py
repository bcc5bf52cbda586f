"""`fair_share`: under shortage the waiters of one priority get their parts of what is there."""

import pytest

from backorder.domain import decisions as d
from backorder.domain import events as e
from tests.support.shop import HERE, SKU, THERE, Shop, line


def fair_shop(step_lines: int = 1000, **policies: object) -> Shop:
    shop = Shop(step_lines=step_lines)
    shop.configure(allocation="fair_share", **policies)
    return shop


def place_all(shop: Shop, *quantities: int, **fields: object) -> None:
    """Orders W0, W1 ... in this order of the queue."""
    for number, quantity in enumerate(quantities):
        shop.place(f"W{number}", quantity, **fields)


def got(shop: Shop, count: int) -> list[int]:
    return [shop.line(f"W{number}").allocated for number in range(count)]


def test_each_waiter_gets_its_part_in_proportion_to_what_it_waits_for() -> None:
    shop = fair_shop()
    place_all(shop, 6, 3, 3)
    shop.receive("R1", 4)
    assert got(shop, 3) == [2, 1, 1]
    assert {filled.rule for filled in shop.told(d.BackorderFilled)} == {"fair_share"}


def test_a_fill_says_how_many_units_were_shared_by_how_many() -> None:
    shop = fair_shop()
    place_all(shop, 6, 3, 3)
    shop.receive("R1", 4)
    before = shop.told(d.BackorderFilled)[0].before
    assert before == {"waiting": 6, "free": 4, "shared": 4, "shared_by": 12}


def test_what_is_left_of_whole_units_goes_to_the_largest_remainders() -> None:
    shop = fair_shop()
    place_all(shop, 1, 4, 5)
    shop.receive("R1", 4)  # 0.4, 1.6, 2.0
    assert got(shop, 3) == [0, 2, 2]


def test_of_equal_remainders_the_first_in_the_queue_is_rounded_up() -> None:
    shop = fair_shop()
    place_all(shop, 2, 2, 2)
    shop.receive("R1", 4)
    assert got(shop, 3) == [2, 1, 1]


def test_with_enough_for_all_everybody_is_filled() -> None:
    shop = fair_shop()
    place_all(shop, 2, 3)
    shop.receive("R1", 7)
    assert (got(shop, 2), shop.stock().free) == ([2, 3], 2)


def test_a_more_urgent_priority_is_filled_before_the_next_shares() -> None:
    shop = fair_shop()
    shop.place("urgent", 3, priority=1)
    place_all(shop, 4, 4)
    shop.receive("R1", 5)
    assert (shop.line("urgent").allocated, got(shop, 2)) == (3, [1, 1])


def test_a_more_urgent_priority_that_is_short_leaves_nothing_to_the_next() -> None:
    shop = fair_shop()
    place_all(shop, 3, 3, priority=1)
    shop.place("later", 1)
    shop.receive("R1", 4)
    assert (got(shop, 2), shop.line("later").allocated) == ([2, 2], 0)


def test_what_was_shared_before_is_not_shared_again() -> None:
    shop = fair_shop()
    place_all(shop, 4, 4)
    shop.receive("R1", 4)
    shop.place("W2", 4)
    shop.receive("R2", 4)  # 2, 2 and 4 are waited for
    assert got(shop, 3) == [3, 3, 2]


def test_a_part_below_the_least_goes_to_the_next_instead() -> None:
    shop = fair_shop(min_release=3)
    place_all(shop, 5, 5, 5)
    shop.receive("R1", 6)  # two for each
    # The second has what the first could not use, and of what the third could not use it is helped by one.
    assert (got(shop, 3), shop.stock().free) == ([0, 5, 0], 1)


def test_what_is_left_at_the_end_goes_to_the_first_that_it_can_help() -> None:
    shop = fair_shop(min_release=3)
    place_all(shop, 3, 9)
    shop.receive("R1", 3)  # 0.75 and 2.25: the rounded 1 of the first goes to the second, which has 3 then
    assert got(shop, 2) == [0, 3]
    shop = fair_shop(allow_partial=False)
    place_all(shop, 3, 9)
    shop.receive("R1", 3)
    assert got(shop, 2) == [3, 0]


def test_claims_that_are_not_split_are_filled_whole_or_not_at_all() -> None:
    shop = fair_shop(allow_partial=False)
    place_all(shop, 4, 4, 4)
    shop.receive("R1", 6)
    assert sorted(got(shop, 3)) == [0, 0, 4]


def test_units_of_a_location_are_shared_by_those_who_may_use_it() -> None:
    shop = fair_shop()
    shop.place("here", line(1, 4, location=HERE))
    shop.place("anywhere", 4)
    shop.place("there", line(1, 4, location=THERE))
    shop.receive("R1", 4, HERE)
    assert [shop.line(name).allocated for name in ("here", "anywhere", "there")] == [2, 2, 0]


def test_where_there_is_enough_for_all_they_are_filled_before_others_share() -> None:
    shop = fair_shop()
    shop.place("here", line(1, 4, location=HERE))
    shop.place("anywhere", 4)
    received = [e.ReceivedLine(SKU, HERE, 4), e.ReceivedLine(SKU, THERE, 9)]
    shop.feed(e.GoodsReceived("R1", received))
    assert [shop.line(name).allocated for name in ("here", "anywhere")] == [4, 4]
    assert shop.stock(THERE).free == 5


def test_what_no_location_has_alone_is_taken_from_several() -> None:
    shop = fair_shop(allow_partial=False)
    shop.place("W0", 5)
    shop.receive("R1", 3, HERE)
    shop.receive("R2", 2, THERE)
    assert got(shop, 1) == [5]


def test_strict_order_has_no_say_in_a_fair_share() -> None:
    shop = fair_shop(strict_order=True, allow_partial=False)
    place_all(shop, 5, 2)
    shop.receive("R1", 3)
    assert got(shop, 2) == [0, 2]


def test_a_line_beyond_the_horizon_has_no_part() -> None:
    shop = fair_shop(horizon_days=1)
    shop.place("far", 4, required_by=shop.now.replace(year=2027))
    place_all(shop, 4, 4)
    shop.receive("R1", 4)
    assert (shop.line("far").allocated, got(shop, 2)) == (0, [2, 2])


def test_who_comes_while_a_share_is_given_out_has_no_part_in_it_however_urgent() -> None:
    shop = fair_shop(step_lines=1)
    for order in ("A", "B", "C"):
        shop.place(order, 2)
    shop.receive("R", 3, finish=False)
    shop.place("URGENT", 1, priority=1)
    assert [shop.line(order).allocated for order in ("A", "B", "C", "URGENT")] == [1, 1, 1, 0]
    shop.receive("R2", 1)
    assert shop.line("URGENT").allocated == 1


@pytest.mark.parametrize("step_lines", [1, 2, 3, 1000])
@pytest.mark.parametrize("min_release", [1, 3])
def test_the_parts_are_the_same_in_steps_of_any_size(step_lines: int, min_release: int) -> None:
    shop = fair_shop(step_lines, min_release=min_release)
    place_all(shop, 9, 1, 7, 4, 6, 3, 8)
    shop.receive("R1", 17)
    expected = {1: [4, 0, 3, 2, 3, 1, 4], 3: [4, 0, 3, 0, 5, 0, 5]}
    assert got(shop, 7) == expected[min_release]


def test_a_big_step_goes_on_with_the_parts_that_were_worked_out_though_others_come_between() -> None:
    shop = fair_shop(step_lines=1)
    place_all(shop, 4, 4, 4)
    shop.receive("R1", 6, finish=False)
    assert got(shop, 3) == [2, 0, 0]
    shop.feed(e.OrderPlaced("late", [e.OrderLine(1, SKU, 90)]), finish=False)
    shop.finish()
    assert (got(shop, 3), shop.line("late").allocated) == ([2, 2, 2], 0)


def test_back_to_the_queue_the_first_takes_what_it_can() -> None:
    shop = fair_shop()
    place_all(shop, 4, 4)
    shop.configure(allocation=None)
    shop.receive("R1", 4)
    assert got(shop, 2) == [4, 0]
