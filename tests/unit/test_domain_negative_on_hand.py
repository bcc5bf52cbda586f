"""Items whose on hand may go below 0: nothing that takes units away is refused for want of units."""

import pytest

from tests.support.shop import HERE, THERE, Shop


def lenient_shop(stock: int) -> Shop:
    shop = Shop(stock=stock)
    shop.configure(negative_on_hand="allow")
    return shop


def test_an_adjustment_beyond_what_is_there_takes_on_hand_below_0_and_says_so() -> None:
    shop = lenient_shop(3)
    shop.adjust(-5)
    assert shop.rejections() == []
    assert shop.discrepancies() == [("negative_on_hand", 2), ("shortfall", 2)]
    assert (shop.stock().on_hand, shop.stock().free, shop.stock().available_to_promise) == (-2, 0, -2)


def test_a_location_that_nothing_was_ever_heard_of_may_go_below_0_too() -> None:
    shop = lenient_shop(3)
    shop.adjust(-1, THERE)
    assert shop.stock(THERE).on_hand == -1


def test_a_dispatch_beyond_what_is_there_takes_on_hand_below_0() -> None:
    shop = lenient_shop(3)
    shop.send("T1", 5)
    assert shop.discrepancies() == [("negative_on_hand", 2), ("shortfall", 2)]
    assert shop.stock().on_hand == -2
    assert shop.stock(THERE).in_transit == 5


def test_units_that_come_in_fill_the_gap_before_they_fill_a_waiter() -> None:
    shop = lenient_shop(0)
    shop.adjust(-2)
    shop.place("A", 4)
    shop.receive("R1", 5)
    assert shop.filled() == [("A", 3)]


def test_a_condition_change_beyond_what_is_there_changes_what_is_there() -> None:
    shop = lenient_shop(3)
    shop.spoil(5)
    assert (shop.stock().on_hand, shop.stock().unavailable) == (3, 3)
    shop.spoil(-4)
    assert (shop.stock().on_hand, shop.stock().unavailable, shop.stock().free) == (3, 0, 3)


def test_unavailable_units_beyond_those_that_are_there_are_taken_from_the_sellable_ones() -> None:
    shop = lenient_shop(5)
    shop.spoil(2)
    shop.adjust(-3, condition="unavailable")
    assert (shop.stock().on_hand, shop.stock().unavailable, shop.stock().free) == (2, 0, 2)


def test_allocated_units_that_are_gone_are_demoted_and_only_the_gap_is_short() -> None:
    shop = lenient_shop(3)
    shop.place("A", 3)
    shop.adjust(-5)
    assert shop.figures("A") == (3, 0, 3, 0, 0)
    assert shop.stock().shortfall == 2


def test_picked_units_stay_allocated_and_are_a_shortfall() -> None:
    shop = lenient_shop(3)
    shop.place("A", 3)
    shop.pick("A", 3)
    shop.adjust(-5)
    assert shop.discrepancies() == [("negative_on_hand", 2), ("shortfall", 5)]


@pytest.mark.parametrize("policy", ["refuse", None])
def test_refusing_is_the_default_and_what_null_returns_to(policy: str | None) -> None:
    shop = lenient_shop(3)
    shop.configure(negative_on_hand=policy)
    shop.adjust(-5)
    assert shop.rejections() == ["not_on_hand"]


def test_a_shipment_is_a_fact_whatever_the_policy_says() -> None:
    shop = Shop(stock=1)
    shop.place("A", 3)
    shop.ship("A", "S1", (1, 3, HERE), force=True)
    assert shop.stock().on_hand == -2
    assert shop.discrepancies() == [("negative_on_hand", 2), ("shortfall", 2)]
