"""`min_release`: the least that is worth filling, unless it is all that is missing."""

from backorder.domain import decisions as d
from backorder.domain import events as e
from tests.support.shop import HERE, SKU, THERE, Shop, line


def choosy_shop(min_release: int = 3, stock: int = 0, **policies: object) -> Shop:
    shop = Shop()
    shop.configure(min_release=min_release, **policies)
    if stock:
        shop.count(stock)
    return shop


def test_units_that_are_not_worth_a_fill_wait_for_more() -> None:
    shop = choosy_shop(3)
    shop.place("A", 5)
    shop.receive("R1", 2)
    assert (shop.filled(), shop.stock().free) == ([], 2)
    shop.receive("R2", 1)
    assert shop.filled() == [("A", 3)]


def test_what_is_all_that_is_missing_is_always_worth_a_fill() -> None:
    shop = choosy_shop(3)
    shop.place("A", 2)
    shop.receive("R1", 1)
    assert shop.filled() == []
    shop.receive("R2", 1)
    assert shop.filled() == [("A", 2)]


def test_what_is_left_after_a_fill_may_be_less_than_the_least() -> None:
    shop = choosy_shop(3)
    shop.place("A", 5)
    shop.receive("R1", 4)
    assert shop.filled() == [("A", 4)]
    shop.receive("R2", 1)
    assert shop.filled() == [("A", 1)]


def test_a_waiter_for_whom_the_units_are_too_few_does_not_block_those_behind_it() -> None:
    shop = choosy_shop(3)
    shop.place("A", 5)
    shop.place("B", 2)
    shop.receive("R1", 2)
    (filled,) = shop.told(d.BackorderFilled)
    assert (filled.order_id, filled.quantity, filled.rule) == ("B", 2, "min_release")
    assert shop.line("A").position == 1


def test_the_units_of_all_locations_that_a_line_may_use_count_together() -> None:
    shop = choosy_shop(3)
    shop.place("A", 4)
    shop.receive("R1", 2, THERE)
    shop.receive("R2", 1, HERE)
    assert shop.filled() == [("A", 1), ("A", 2)]


def test_an_order_that_is_covered_too_little_waits_whole() -> None:
    shop = choosy_shop(3, stock=2)
    shop.place("A", 5)
    assert shop.figures("A") == (5, 0, 5, 0, 0)
    assert shop.stock().free == 2


def test_an_order_for_less_than_the_least_is_covered_whole_or_waits_whole() -> None:
    shop = choosy_shop(3, stock=2)
    shop.place("A", 2)
    assert shop.figures("A") == (2, 2, 0, 0, 0)
    shop.take_back(1)
    shop.place("B", 2)
    assert shop.figures("B") == (2, 0, 2, 0, 0)


def test_an_order_takes_units_that_were_not_worth_giving_to_those_ahead_of_it() -> None:
    shop = choosy_shop(3, stock=2)
    shop.place("A", 5)
    shop.place("B", 2)
    assert shop.figures("B") == (2, 2, 0, 0, 0)


def test_a_part_that_waits_because_too_little_is_covered_counts_against_the_cap() -> None:
    shop = choosy_shop(3, stock=2, backorder_cap=4)
    shop.place("A", 5)
    assert shop.figures("A") == (5, 0, 4, 0, 1)
    (refused,) = shop.told(d.LineRefused)
    assert (refused.available, refused.refused, refused.reason) == (4, 1, "cap_reached")


def test_a_covered_part_is_taken_when_no_more_than_that_can_be_accepted() -> None:
    shop = choosy_shop(3, stock=2, backorder_cap=1)
    shop.place("A", 5)
    assert shop.figures("A") == (5, 2, 0, 0, 3)
    (refused,) = shop.told(d.LineRefused)
    assert (refused.available, refused.refused) == (2, 3)


def test_a_line_that_may_not_wait_takes_all_or_nothing_whatever_the_least_is() -> None:
    shop = choosy_shop(3, stock=2)
    shop.place("A", line(1, 3, backorder="deny"), 9)
    assert shop.figures("A", 1) == (3, 0, 0, 0, 3)
    shop.place("B", line(1, 2, backorder="deny"))
    assert shop.figures("B") == (2, 2, 0, 0, 0)


def test_two_lines_of_one_item_are_judged_one_after_the_other() -> None:
    shop = choosy_shop(3, stock=5)
    shop.place("A", 3, 4)
    assert [shop.line("A", number).allocated for number in (1, 2)] == [3, 0]
    assert shop.stock().free == 2


def test_an_amendment_up_is_a_part_of_its_own() -> None:
    shop = choosy_shop(3, stock=4)
    shop.place("A", 3)
    shop.amend("A", (1, 4))
    assert shop.figures("A") == (4, 4, 0, 0, 0)


def test_a_claim_that_may_not_be_split_is_whole_whatever_the_least_is() -> None:
    shop = choosy_shop(2, allow_partial=False)
    shop.place("A", 5)
    shop.receive("R1", 3)
    assert shop.filled() == []
    shop.receive("R2", 2)
    (filled,) = shop.told(d.BackorderFilled)
    assert (filled.quantity, filled.rule) == (5, "whole_only")


def test_pegged_units_too_are_given_only_if_it_is_worth_it() -> None:
    shop = choosy_shop(3)
    shop.place("A", 5, priority=1)
    shop.place("B", 4, priority=9)
    shop.buy("P1", e.PurchasedLine(1, SKU, HERE, 4, None, e.Pegged("B", 1)))
    shop.receive("R1", 2, purchase="P1", line=1)
    assert shop.filled() == []
    shop.receive("R2", 1)
    assert shop.filled() == [("A", 3)]


def test_a_demotion_takes_no_more_than_is_lost() -> None:
    shop = choosy_shop(3, stock=5)
    shop.place("A", 5)
    shop.adjust(-1)
    assert shop.figures("A") == (5, 4, 1, 0, 0)


def test_a_smaller_least_gives_what_lay_free_to_those_who_wait() -> None:
    shop = choosy_shop(3)
    shop.place("A", 5)
    shop.receive("R1", 2)
    shop.configure(min_release=None)
    assert shop.filled() == [("A", 2)]


def test_a_larger_least_takes_nothing_back() -> None:
    shop = choosy_shop(1, stock=2)
    shop.place("A", 5)
    shop.configure(min_release=4)
    assert shop.figures("A") == (5, 2, 3, 0, 0)
    shop.receive("R1", 2)
    assert shop.filled() == []
