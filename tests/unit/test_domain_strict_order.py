"""`strict_order`: the first in the queue blocks those behind it who could use the same units."""

from backorder.domain import decisions as d
from tests.support.shop import HERE, THERE, Shop, line


def strict_shop(stock: int = 0, **policies: object) -> Shop:
    """Claims are filled whole, so that the first may be unable to use what is there."""
    shop = Shop()
    shop.configure(strict_order=True, **({"allow_partial": False} | policies))
    if stock:
        shop.count(stock)
    return shop


def test_the_first_who_cannot_use_what_is_free_blocks_those_behind_it() -> None:
    shop = strict_shop()
    shop.place("A", 5)
    shop.place("B", 2)
    shop.receive("R1", 3)
    assert (shop.filled(), shop.stock().free) == ([], 3)
    shop.receive("R2", 4)
    assert shop.filled() == [("A", 5), ("B", 2)]
    assert {filled.rule for filled in shop.told(d.BackorderFilled)} == {"strict_order"}


def test_a_least_that_is_worth_a_fill_blocks_in_the_same_way() -> None:
    shop = strict_shop(allow_partial=True, min_release=3)
    shop.place("A", 5)
    shop.place("B", 1)
    shop.receive("R1", 2)
    assert shop.filled() == []
    shop.receive("R2", 2)
    assert shop.filled() == [("A", 4)]
    shop.receive("R3", 2)
    assert shop.filled() == [("A", 1), ("B", 1)]


def test_units_at_a_location_that_the_first_cannot_use_are_not_blocked() -> None:
    shop = strict_shop()
    shop.place("A", line(1, 5, location=HERE))
    shop.place("B", line(1, 2, location=THERE))
    shop.receive("R1", 2, THERE)
    assert shop.filled() == [("B", 2)]


def test_a_line_that_names_no_location_is_blocked_only_where_another_stands_before_it() -> None:
    shop = strict_shop()
    shop.place("A", line(1, 5, location=HERE))
    shop.place("B", 2)
    shop.receive("R1", 3, HERE)
    shop.receive("R2", 1, THERE)
    assert shop.filled() == []
    shop.receive("R3", 1, THERE)
    assert shop.filled() == [("B", 2)]
    assert (shop.stock(HERE).free, shop.stock(THERE).free) == (3, 0)


def test_a_line_that_names_no_location_blocks_every_location() -> None:
    shop = strict_shop()
    shop.place("A", 5)
    shop.place("B", line(1, 2, location=THERE))
    shop.receive("R1", 2, THERE)
    assert shop.filled() == []


def test_it_does_not_block_a_location_that_it_may_not_use() -> None:
    shop = strict_shop(sourcing=[HERE, THERE])
    shop.place("B", line(1, 2, location=THERE))
    shop.configure(sourcing=[HERE])
    shop.place("A", 5, priority=1)
    shop.receive("R1", 2, THERE)
    assert shop.filled() == [("B", 2)]


def test_a_cancel_of_the_first_lets_the_next_have_what_lay_there() -> None:
    shop = strict_shop()
    shop.place("A", 5)
    shop.place("B", 2)
    shop.receive("R1", 3)
    shop.cancel("A")
    assert shop.filled() == [("B", 2)]


def test_an_order_that_comes_in_behind_the_first_waits_though_it_could_be_covered() -> None:
    shop = strict_shop(stock=3)
    shop.place("A", 5)
    shop.place("B", 2)
    assert shop.figures("B") == (2, 0, 2, 0, 0)


def test_an_order_that_comes_in_before_the_first_is_covered() -> None:
    shop = strict_shop(stock=3)
    shop.place("A", 5)
    shop.place("B", 2, priority=1)
    assert shop.figures("B") == (2, 2, 0, 0, 0)


def test_one_that_may_not_wait_is_refused_behind_the_first() -> None:
    shop = strict_shop(stock=3)
    shop.place("A", 5)
    shop.place("B", line(1, 2, backorder="deny"), line(2, 1))
    (refused,) = shop.told(d.LineRefused)
    assert (refused.asked, refused.available, refused.refused) == (2, 0, 2)
    shop.place("C", line(1, 2, backorder="deny"))
    (whole,) = shop.told(d.OrderRefused)
    assert whole.lines[0].available == 0


def test_an_order_at_another_location_is_not_behind_the_first() -> None:
    shop = strict_shop(stock=3)
    shop.receive("R1", 2, THERE)
    shop.place("A", line(1, 5, location=HERE))
    shop.place("B", line(1, 2, location=THERE, backorder="deny"))
    assert shop.figures("B") == (2, 2, 0, 0, 0)


def test_what_an_amendment_adds_stands_behind_the_first_too() -> None:
    shop = strict_shop(stock=4)
    shop.place("B", 1)
    shop.place("A", 5)
    shop.amend("B", (1, 3))
    assert shop.figures("B") == (3, 1, 2, 0, 0)


def test_a_shop_front_shows_no_units_that_the_first_blocks() -> None:
    shop = strict_shop(stock=3, backorder_cap=9)
    assert shop.availability() == ("in_stock", 12)
    shop.place("A", 5)
    assert (shop.stock().free, shop.availability()) == (3, ("backorder", 4))
    shop.cancel("A")
    assert shop.availability() == ("in_stock", 12)


def test_without_the_policy_what_lay_there_goes_to_those_it_can_help() -> None:
    shop = strict_shop()
    shop.place("A", 5)
    shop.place("B", 2)
    shop.receive("R1", 3)
    shop.configure(strict_order=None)
    assert shop.filled() == [("B", 2)]
