"""Orders that are held and resumed: place and stock stay, the release waits."""

from backorder.domain import decisions as d
from backorder.domain import events as e
from tests.support.shop import HERE, Shop, line


def held(shop: Shop, order_id: str) -> None:
    shop.feed(e.OrderHeld(order_id, "fraud"))


def resumed(shop: Shop, order_id: str) -> None:
    shop.feed(e.OrderResumed(order_id, "checked"))


def releases(shop: Shop) -> list[int]:
    created = [said for said in shop.all_said if isinstance(said, d.ReleaseCreated)]
    return [part.quantity for said in created for part in said.lines]


def test_an_order_that_is_placed_held_takes_units_and_none_is_released() -> None:
    shop = Shop(stock=5)
    shop.feed(e.OrderPlaced("A", [line(1, 3)], held=True))
    assert (shop.line("A").allocated, shop.line("A").released) == (3, 0)
    assert (shop.line("A").status, shop.line("A").waits_for) == ("allocated", "hold")
    assert releases(shop) == []


def test_a_resumed_order_releases_what_it_kept_as_one_release() -> None:
    shop = Shop(stock=5)
    shop.feed(e.OrderPlaced("A", [line(1, 3), line(2, 2)], held=True))
    resumed(shop, "A")
    [created] = [said for said in shop.said if isinstance(said, d.ReleaseCreated)]
    assert [(part.line, part.quantity) for part in created.lines] == [(1, 3), (2, 2)]
    assert (shop.line("A").status, shop.line("A").waits_for) == ("released", None)


def test_a_hold_withdraws_what_is_released_and_not_picked() -> None:
    shop = Shop(stock=5)
    shop.place("A", 5)
    shop.pick("A", 2)
    held(shop, "A")
    [withdrawn] = [said for said in shop.said if isinstance(said, d.ReleaseWithdrawn)]
    assert [(part.line, part.quantity) for part in withdrawn.lines] == [(1, 3)]
    assert withdrawn.reason == "held"
    assert (shop.line("A").allocated, shop.line("A").released, shop.line("A").picked) == (5, 2, 2)


def test_a_held_order_keeps_its_place_and_is_filled_before_those_behind_it() -> None:
    shop = Shop()
    shop.place("A", 2)
    shop.place("B", 2)
    held(shop, "A")
    shop.receive("R", 2)
    assert (shop.line("A").allocated, shop.line("B").allocated) == (2, 0)
    assert shop.line("A").waits_for == "hold"


def test_a_line_that_waits_for_stock_and_for_a_hold_says_that_it_waits_for_stock() -> None:
    shop = Shop(stock=1)
    shop.feed(e.OrderPlaced("A", [line(1, 3)], held=True))
    assert shop.line("A").waits_for == "stock"


def test_a_held_order_can_lose_its_units_to_a_count_and_to_a_cancel() -> None:
    shop = Shop(stock=4)
    shop.feed(e.OrderPlaced("A", [line(1, 4)], held=True))
    shop.count(3)
    assert shop.figures("A") == (4, 3, 1, 0, 0)
    shop.cancel("A", (1, 2))
    assert shop.figures("A") == (4, 2, 0, 0, 2)


def test_units_that_were_recalled_by_a_hold_ship_once_without_force() -> None:
    shop = Shop(stock=2)
    shop.place("A", 4)
    held(shop, "A")
    shop.ship("A", "S1", (1, 3))
    assert shop.rejections() == ["more_than_allocated"]
    shop.ship("A", "S2", (1, 2))
    assert shop.rejections() == []
    resumed(shop, "A")
    shop.ship("A", "S3", (1, 1))
    assert shop.rejections() == ["more_than_allocated"]


def test_what_is_released_again_after_a_hold_was_waited_for_as_before() -> None:
    shop = Shop(stock=1)
    shop.place("A", 4)
    shop.receive("R1", 3)
    shop.pick("A", 1)
    shop.feed(e.OrderHeld("A", "fraud"))
    shop.feed(e.OrderResumed("A", "checked"))
    [release] = shop.told(d.ReleaseCreated)
    assert [(part.quantity, part.was_backordered) for part in release.lines] == [(3, True)]


def test_units_that_are_released_again_after_a_hold_are_not_cleared_twice() -> None:
    shop = Shop(stock=2)
    shop.place("A", 4)
    held(shop, "A")
    resumed(shop, "A")
    shop.ship("A", "S1", (1, 3))
    assert shop.rejections() == ["more_than_allocated"]


def test_units_picked_in_spite_of_a_hold_are_with_the_warehouse_and_released_in_due_form_later() -> None:
    shop = Shop(stock=2)
    shop.feed(e.OrderPlaced("A", [line(1, 2)], held=True))
    shop.pick("A", 2)
    assert (shop.line("A").released, shop.line("A").picked) == (2, 2)
    resumed(shop, "A")
    assert releases(shop) == [2]
    shop.ship("A", "S", (1, 2, HERE))
    assert shop.figures("A") == (2, 0, 0, 2, 0)


def test_an_order_of_which_nothing_is_open_can_be_neither_held_nor_resumed() -> None:
    shop = Shop(stock=1)
    shop.place("A", 1)
    shop.ship("A", "S", (1, 1))
    held(shop, "A")
    assert shop.rejections() == ["order_closed"]
    resumed(shop, "A")
    assert shop.rejections() == ["order_closed"]


def test_a_second_hold_and_a_second_resume_change_nothing() -> None:
    shop = Shop(stock=1)
    shop.place("A", 1)
    held(shop, "A")
    held(shop, "A")
    assert shop.said == []
    resumed(shop, "A")
    resumed(shop, "A")
    assert shop.said == []
