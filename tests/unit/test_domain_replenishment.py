"""Replenishment: what should be bought, once per crossing of the reorder point."""

from typing import Any

from backorder.domain import decisions as d
from backorder.domain import events as e
from tests.support.shop import HERE, MONDAY, SKU, THERE, Shop, entry, line


def suggested(shop: Shop) -> list[tuple[str | None, int, int]]:
    """Location, quantity and projected quantity of each suggestion that followed from the last event."""
    return [(s.location, s.quantity, s.projected) for s in shop.told(d.ReplenishmentSuggested)]


def watched(stock: int = 20, **policies: Any) -> Shop:
    shop = Shop(stock=stock)
    shop.configure(**{"reorder_point": 10, **policies})
    return shop


def test_nothing_is_suggested_above_the_reorder_point() -> None:
    shop = watched()
    shop.place("A", 9)
    assert suggested(shop) == []


def test_at_the_reorder_point_the_quantity_up_to_the_target_is_suggested() -> None:
    shop = watched(order_up_to=50)
    shop.place("A", 10)
    assert suggested(shop) == [(None, 40, 10)]


def test_a_suggestion_says_its_figures_and_what_waits() -> None:
    shop = watched(stock=5, reorder_point=0)
    shop.place("A", 8)
    (said,) = shop.told(d.ReplenishmentSuggested)
    assert said == d.ReplenishmentSuggested(SKU, None, 3, -3, 0, 3, "reorder_point")


def test_without_a_target_what_is_missing_to_the_reorder_point_is_suggested() -> None:
    shop = watched()
    shop.place("A", 13)
    assert suggested(shop) == [(None, 3, 7)]


def test_without_a_target_at_least_one_unit_is_suggested() -> None:
    shop = watched()
    shop.place("A", 10)
    assert suggested(shop) == [(None, 1, 10)]


def test_a_suggestion_is_at_least_the_minimum_and_a_multiple() -> None:
    shop = watched(order_minimum=20, order_multiple=12)
    shop.place("A", 13)
    assert suggested(shop) == [(None, 24, 7)]


def test_a_crossing_is_said_once() -> None:
    shop = watched(order_multiple=5, order_up_to=30)
    shop.place("A", 10)
    assert suggested(shop) == [(None, 20, 10)]
    shop.place("B", 4)
    assert suggested(shop) == []


def test_it_is_said_again_when_the_need_has_grown_by_a_multiple() -> None:
    shop = watched(order_multiple=5, order_up_to=30)
    shop.place("A", 10)
    shop.place("B", 4)
    shop.place("C", 1)
    assert suggested(shop) == [(None, 25, 5)]
    shop.place("D", 4)
    assert suggested(shop) == []


def test_growth_is_measured_before_rounding() -> None:
    shop = watched(order_multiple=12, order_minimum=100)
    shop.place("A", 11)
    assert suggested(shop) == [(None, 108, 9)]
    shop.place("B", 11)
    assert suggested(shop) == []
    shop.place("C", 1)
    assert suggested(shop) == [(None, 108, -3)]


def test_back_above_the_point_the_next_crossing_is_said_again() -> None:
    shop = watched()
    shop.place("A", 12)
    assert suggested(shop) == [(None, 2, 8)]
    shop.receive("R1", 5)
    assert suggested(shop) == []
    shop.place("B", 5)
    assert suggested(shop) == [(None, 2, 8)]


def test_what_is_on_order_counts_and_a_cancelled_purchase_crosses_again() -> None:
    shop = watched(order_up_to=30)
    shop.buy("P1", 30)
    shop.place("A", 20)
    assert suggested(shop) == []
    shop.cancel_purchase("P1")
    assert suggested(shop) == [(None, 30, 0)]


def test_units_that_cannot_be_sold_do_not_count() -> None:
    shop = watched()
    shop.spoil(11)
    assert suggested(shop) == [(None, 1, 9)]


def test_a_shipment_changes_nothing_for_goods_and_demand_go_together() -> None:
    shop = watched()
    shop.place("A", 10)
    shop.ship("A", "S1", (1, 10))
    assert suggested(shop) == []


def test_setting_a_point_above_the_projected_quantity_is_a_crossing() -> None:
    shop = Shop(stock=5)
    shop.configure(reorder_point=5, order_up_to=9)
    assert suggested(shop) == [(None, 4, 5)]
    shop.configure(order_up_to=9)
    assert suggested(shop) == []


def test_a_discontinued_item_is_watched_as_long_as_it_has_a_reorder_point() -> None:
    shop = watched(discontinued=True)
    shop.place("A", 10)
    assert suggested(shop) == [(None, 1, 10)]
    shop.configure(reorder_point=None)
    shop.place("B", 5)
    assert suggested(shop) == []


def test_without_a_reorder_point_nothing_is_suggested() -> None:
    shop = Shop()
    shop.configure(order_up_to=9)
    assert suggested(shop) == []


def test_a_point_that_is_taken_away_and_set_again_crosses_again() -> None:
    shop = watched(stock=5)
    assert suggested(shop) == [(None, 5, 5)]
    shop.configure(reorder_point=None)
    shop.configure(reorder_point=10)
    assert suggested(shop) == [(None, 5, 5)]


def test_the_item_is_watched_over_all_locations_and_what_waits_without_one() -> None:
    shop = watched(stock=6)
    assert suggested(shop) == [(None, 4, 6)]
    shop.count(10, THERE)
    shop.place("A", 20)
    assert suggested(shop) == [(None, 14, -4)]


def test_a_location_with_a_point_of_its_own_is_watched_alone() -> None:
    shop = Shop(stock=10)
    shop.count(10, THERE)
    shop.configure(location=THERE, reorder_point=5, order_up_to=15)
    shop.place("A", line(1, 10, location=HERE), line(2, 6, location=THERE))
    assert suggested(shop) == [(THERE, 11, 4)]


def test_a_location_without_a_row_has_nothing() -> None:
    shop = Shop()
    shop.configure(location=THERE, reorder_point=0, order_up_to=15)
    assert suggested(shop) == [(THERE, 15, 0)]


def test_a_location_takes_multiple_and_minimum_from_the_item_but_not_its_target() -> None:
    shop = Shop(stock=10)
    shop.configure(order_multiple=6, order_minimum=10, order_up_to=99)
    shop.configure(location=HERE, reorder_point=9)
    shop.place("A", 3)
    assert suggested(shop) == [(HERE, 12, 7)]
    shop.configure(location=HERE, order_multiple=5, order_minimum=1)
    shop.place("B", 5)
    assert suggested(shop) == [(HERE, 10, 2)]


def test_item_and_location_are_watched_side_by_side() -> None:
    shop = Shop(stock=10)
    shop.configure(reorder_point=5, order_up_to=20)
    shop.configure(location=HERE, reorder_point=6, order_up_to=10)
    shop.place("A", 5)
    assert suggested(shop) == [(None, 15, 5), (HERE, 5, 5)]


def test_several_lines_in_one_event_are_one_crossing() -> None:
    shop = watched()
    shop.feed(e.OrderPlaced("A", [line(1, 6), line(2, 6)]))
    assert suggested(shop) == [(None, 2, 8)]


def test_an_aborted_batch_takes_back_that_it_was_said() -> None:
    shop = watched()
    placed = entry(e.OrderPlaced("A", [line(1, 12)]), MONDAY, 99)
    shop.fold.apply(placed)
    shop.fold.rollback()
    said = shop.fold.apply(placed).emitted
    assert sum(isinstance(each.decision, d.ReplenishmentSuggested) for each in said) == 1
