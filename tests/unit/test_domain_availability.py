"""Availability: what a shop front shows before checkout."""

from tests.support.shop import HERE, THERE, Shop, line


def test_free_units_are_in_stock_and_without_limit_where_more_may_wait() -> None:
    assert Shop(stock=3).availability() == ("in_stock", None)


def test_an_item_that_is_not_backorderable_sells_what_is_free() -> None:
    shop = Shop(stock=3)
    shop.configure(backorderable=False)
    assert shop.availability() == ("in_stock", 3)
    shop.place("A", 3)
    assert shop.availability() == ("out_of_stock", 0)


def test_what_may_still_wait_can_be_claimed_too() -> None:
    shop = Shop(stock=3)
    shop.configure(backorder_cap=2)
    assert shop.availability() == ("in_stock", 5)
    shop.place("A", 4)
    assert shop.availability() == ("backorder", 1)
    shop.place("B", 1)
    assert shop.availability() == ("out_of_stock", 0)


def test_nothing_free_and_no_limit_is_a_backorder() -> None:
    shop = Shop(stock=1)
    shop.place("A", 1)
    assert shop.availability() == ("backorder", None)


def test_a_discontinued_item_is_shown_so_only_when_nothing_is_free() -> None:
    shop = Shop(stock=1)
    shop.configure(discontinued=True)
    assert shop.availability() == ("in_stock", 1)
    shop.place("A", 1)
    assert shop.availability() == ("discontinued", 0)


def test_safety_stock_and_places_outside_the_list_are_not_for_sale() -> None:
    shop = Shop()
    shop.count(5, HERE)
    shop.count(5, THERE)
    shop.configure(backorderable=False, safety_stock=2, sourcing=[HERE])
    assert shop.availability() == ("in_stock", 3)


def test_availability_is_written_when_it_changes_and_only_then() -> None:
    shop = Shop(stock=5)
    shop.place("A", 1)
    assert "availability" not in shop.written
    shop.place("B", 4)
    assert "availability" in shop.written
    shop.place("C", line(1, 1, location=THERE))
    assert "availability" not in shop.written
