"""Policies of items meet each other, and orders that ship complete."""

from datetime import timedelta

from backorder.domain import decisions as d
from backorder.domain import events as e
from tests.support.shop import HERE, MONDAY, SKU, Shop, line

FAR = MONDAY + timedelta(days=9)


def test_an_order_that_ships_complete_waits_whole_for_a_line_beyond_the_horizon() -> None:
    shop = Shop(stock=5)
    shop.tick(MONDAY)
    shop.configure(horizon_days=2)
    shop.count(5, sku="CUP")
    shop.place("A", line(1, 2, required_by=FAR), line(2, 1, sku="CUP"), ship="complete")
    assert (shop.line("A", 1).waits_for, shop.line("A", 2).waits_for) == ("horizon", "order_complete")
    shop.tick(FAR - timedelta(days=2))
    assert [shop.line("A", number).status for number in (1, 2)] == ["released", "released"]


def test_an_order_that_ships_complete_takes_nothing_that_the_first_blocks_in_strict_order() -> None:
    shop = Shop()
    shop.configure(strict_order=True, allow_partial=False)
    shop.place("first", 5)
    shop.place("A", line(1, 2), line(2, 1, sku="CUP"), ship="complete")
    shop.receive("R1", 3)
    shop.receive("R2", 1, sku="CUP")
    assert shop.filled() == []
    shop.cancel("first")
    assert [order_id for order_id, _ in shop.filled()] == ["A", "A"]


def test_an_order_that_ships_complete_has_its_turn_once_the_first_has_what_it_needs() -> None:
    shop = Shop()
    shop.configure(strict_order=True)
    shop.place("first", 2)
    shop.place("A", 2, ship="complete")
    shop.receive("R1", 4)
    assert shop.filled() == [("first", 2), ("A", 2)]


def test_an_order_that_runs_out_of_patience_takes_at_once_what_a_later_one_keeps() -> None:
    shop = Shop()
    shop.tick(MONDAY)
    shop.configure(complete_patience_days=1)
    shop.place("later", 4, ship="complete", priority=9, at=MONDAY)
    shop.tick(MONDAY + timedelta(days=1))
    shop.receive("R1", 2, at=MONDAY + timedelta(days=1))
    assert shop.figures("later") == (4, 2, 2, 0, 0)
    shop.place("earlier", 4, ship="complete", priority=1, at=MONDAY + timedelta(days=1))
    shop.tick(MONDAY + timedelta(days=2))
    assert (shop.line("earlier").allocated, shop.line("later").allocated) == (2, 0)


def shop_with_one_careful_item() -> Shop:
    shop = Shop(stock=5)
    shop.count(5, sku="CUP")
    shop.configure(release="manual")
    shop.place("A", line(1, 2), line(2, 1, sku="CUP"), ship="complete")
    return shop


def test_an_order_that_ships_complete_is_not_released_in_part_for_a_manual_item() -> None:
    shop = shop_with_one_careful_item()
    assert shop.released() == []
    assert {shop.line("A", number).waits_for for number in (1, 2)} == {"manual_release"}


def test_a_request_for_one_line_releases_an_order_that_ships_complete_whole() -> None:
    shop = shop_with_one_careful_item()
    shop.feed(e.ReleaseRequested(SKU, quantity=1))
    assert shop.released() == []
    shop.feed(e.ReleaseRequested("CUP"))
    assert shop.released() == []
    shop.feed(e.ReleaseRequested(SKU, quantity=2))
    (created,) = shop.told(d.ReleaseCreated)
    assert [(part.line, part.quantity) for part in created.lines] == [(1, 2), (2, 1)]
    assert created.ship == "complete"


def test_a_planner_may_name_a_line_of_an_order_that_ships_complete() -> None:
    shop = shop_with_one_careful_item()
    shop.feed(e.ReleaseRequested(SKU, order_id="A", line=1))
    assert shop.released() == [("A", 1, 2, HERE), ("A", 2, 1, HERE)]


def test_an_order_that_ships_complete_is_released_when_its_item_is_automatic_again() -> None:
    shop = shop_with_one_careful_item()
    shop.configure(release="automatic")
    assert shop.released() == [("A", 1, 2, HERE), ("A", 2, 1, HERE)]


def test_a_line_out_of_turn_is_not_filled_in_part_of_an_order_that_ships_complete() -> None:
    shop = Shop(stock=2)
    shop.place("A", line(1, 2), line(2, 1, sku="CUP"), ship="complete")
    shop.feed(e.ReleaseRequested(SKU, order_id="A", line=1))
    assert (shop.filled(), shop.stock().free) == ([], 2)


def test_an_order_that_gives_a_part_out_of_turn_and_ships_complete_gives_up_the_rest() -> None:
    shop = shop_with_one_careful_item()
    shop.place("B", 4)
    shop.place("C", line(1, 5, sku="CUP"))
    shop.feed(e.ReleaseRequested(SKU, order_id="B", line=1))
    assert shop.figures("B") == (4, 4, 0, 0, 0)
    assert [shop.line("A", number).allocated for number in (1, 2)] == [0, 0]
    rules = [(release.order_id, release.rule) for release in shop.told(d.ReleaseCreated)]
    assert rules == [("B", "manual_release"), ("C", "as_available")]


def test_lines_beyond_the_horizon_are_judged_one_after_the_other() -> None:
    shop = Shop(stock=5)
    shop.configure(horizon_days=2, backorder_cap=0)
    shop.place("A", line(1, 3, backorder="deny"), line(2, 3), required_by=FAR.replace(year=2027))
    assert shop.figures("A", 1) == (3, 0, 3, 0, 0)
    assert shop.figures("A", 2) == (3, 0, 2, 0, 1)
