"""Kits: items that are put together from components, filled only in whole kits from one location."""

from datetime import timedelta
from typing import Any

import pytest

from backorder.domain import decisions as d
from backorder.domain import events as e
from backorder.domain.fold import Fold
from tests.support.failing import assert_a_failure_leaves_nothing
from tests.support.shop import HERE, THERE, Shop, entry, line

TEA, MUG, TIN = "TEA", "MUG", "TIN"
COMPONENTS = [e.KitPart(MUG, 2), e.KitPart(TIN, 1)]


def tea_shop(mugs: int = 0, tins: int = 0, **policies: Any) -> Shop:
    """TEA is two mugs and a tin; so many of both are here."""
    shop = Shop()
    shop.configure(TEA, components=COMPONENTS, **policies)
    if mugs:
        shop.count(mugs)
    if tins:
        shop.count(tins, sku=TIN)
    return shop


def tea(number: int, quantity: int, **fields: Any) -> e.OrderLine:
    return line(number, quantity, TEA, **fields)


def component(shop: Shop, sku: str, location: str | None = HERE) -> tuple[int, int]:
    """Units of a component that are allocated there, and that wait."""
    row = shop.stock(location, sku)
    return row.allocated, row.backordered


def add(shop: Shop, sku: str, quantity: int, location: str = HERE) -> None:
    shop.feed(e.StockAdjusted(sku, location, quantity, "found"))


# --- placing and filling ------------------------------------------------------------------------------------


def test_a_kit_takes_whole_kits_and_waits_for_the_rest_of_its_pieces() -> None:
    shop = tea_shop(mugs=5, tins=1)
    shop.place("A", tea(1, 3, location=HERE))
    assert shop.figures("A") == (3, 1, 2, 0, 0)
    assert component(shop, MUG) == (2, 4)
    assert component(shop, TIN) == (1, 2)

    shop.place("B", 3)
    assert shop.figures("B") == (3, 3, 0, 0, 0)
    add(shop, TIN, 2)
    assert shop.figures("A") == (3, 1, 2, 0, 0)
    add(shop, MUG, 2)
    assert shop.filled() == [("A", 1)]
    assert shop.figures("A") == (3, 2, 1, 0, 0)

    shop.count(6)
    assert shop.figures("B") == (3, 2, 1, 0, 0)
    assert shop.figures("A") == (3, 2, 1, 0, 0)


def test_a_kit_without_a_location_waits_in_the_common_row_of_its_components() -> None:
    shop = tea_shop()
    shop.place("A", tea(1, 2))
    assert component(shop, MUG, None) == (0, 4)
    assert component(shop, TIN, None) == (0, 2)
    assert ("stock", '["default","TEA",null]') not in shop._rows


def test_a_kit_line_keeps_its_components_whatever_the_item_becomes() -> None:
    shop = tea_shop()
    shop.place("A", tea(1, 1, location=HERE))
    shop.configure(TEA, components=[e.KitPart(MUG, 9)])
    shop.amend("A", (1, 2))
    assert component(shop, MUG) == (0, 4)
    shop.configure(TEA, components=None)
    shop.place("B", tea(1, 1, location=HERE))
    assert shop.stock(HERE, TEA).backordered == 1
    assert component(shop, MUG) == (0, 4)


def test_a_kit_never_takes_assembled_units_of_its_own_sku_nor_a_hold() -> None:
    shop = tea_shop(mugs=2)
    shop.count(5, sku=TEA)
    shop.hold_units("H", 2, sku=TEA)
    shop.place("A", tea(1, 1, location=HERE, hold_id="H"))
    assert shop.figures("A") == (1, 0, 1, 0, 0)
    assert shop.stock(HERE, TEA).held == 2


def test_all_pieces_of_a_kit_come_from_one_location_and_kits_of_a_line_from_several() -> None:
    shop = tea_shop(mugs=2)
    shop.count(1, THERE, sku=TIN)
    shop.place("A", tea(1, 2))
    assert shop.figures("A") == (2, 0, 2, 0, 0)
    add(shop, TIN, 1)
    shop.count(2, THERE)
    assert {(each.location, each.quantity) for each in shop.line("A").allocations} == {(HERE, 1), (THERE, 1)}


def test_the_kits_own_sourcing_says_where_from_and_that_of_components_does_not_matter() -> None:
    shop = tea_shop(mugs=2, tins=1, sourcing=[THERE])
    shop.configure(MUG, sourcing=[HERE])
    shop.place("A", tea(1, 1))
    assert shop.figures("A") == (1, 0, 1, 0, 0)
    shop.configure(TEA, sourcing=[THERE, HERE])
    assert shop.filled() == [("A", 1)]
    shop.place("B", tea(1, 1, location="MARS"))
    assert shop.figures("B") == (1, 0, 0, 0, 1)


def test_the_cap_counts_kits_of_the_kit_and_not_pieces_of_a_component() -> None:
    shop = tea_shop(backorder_cap=2)
    shop.configure(MUG, backorder_cap=3)
    shop.place("A", tea(1, 3, location=HERE))
    assert shop.figures("A") == (3, 0, 2, 0, 1)
    shop.place("B", line(1, 4, location=HERE))
    assert shop.figures("B") == (4, 0, 3, 0, 1)


def test_two_lines_of_one_order_are_judged_by_what_the_first_leaves_of_a_component() -> None:
    shop = tea_shop(mugs=4, tins=2)
    shop.place("A", line(1, 2, backorder="deny"), tea(2, 2, backorder="deny"))
    assert shop.figures("A", 1) == (2, 0, 0, 0, 2)
    shop.place("B", line(1, 2, backorder="deny"), tea(2, 1, backorder="deny"))
    assert shop.figures("B", 2) == (1, 1, 0, 0, 0)


def test_kits_that_may_not_be_split_are_filled_whole_or_passed_over() -> None:
    shop = tea_shop(mugs=2, tins=9, allow_partial=False)
    shop.place("A", tea(1, 2, location=HERE))
    shop.place("B", 2)
    assert shop.figures("A") == (2, 0, 2, 0, 0)
    assert shop.figures("B") == (2, 2, 0, 0, 0)
    add(shop, MUG, 4)
    assert shop.filled() == [("A", 2)]


def test_a_least_that_is_worth_a_fill_is_counted_in_kits() -> None:
    shop = tea_shop(tins=9, min_release=2)
    shop.place("A", tea(1, 3, location=HERE))
    add(shop, MUG, 3)
    assert shop.filled() == []
    add(shop, MUG, 1)
    assert shop.filled() == [("A", 2)]


def test_before_a_kit_takes_a_component_those_who_wait_for_it_before_have_had_theirs() -> None:
    shop = tea_shop()
    shop.place("FIRST", line(1, 1, TIN, location=HERE), priority=1)
    shop.place("A", tea(1, 1, location=HERE))
    receipt = [e.ReceivedLine(MUG, HERE, 2), e.ReceivedLine(TIN, HERE, 1)]
    shop.feed(e.GoodsReceived("R", receipt))
    assert shop.filled() == [("FIRST", 1)]
    add(shop, TIN, 1)
    assert shop.filled() == [("A", 1)]


def test_kits_are_filled_in_steps_of_any_size_to_the_same_end() -> None:
    ends = []
    for size in (1, 2, 1000):
        shop = Shop(step_lines=size)
        shop.configure(TEA, components=COMPONENTS)
        for number, asked in enumerate([1, 2, 1, 3]):
            shop.place(f"K{number}", tea(1, asked, location=HERE))
            shop.place(f"M{number}", line(1, asked, location=HERE))
        shop.feed(e.GoodsReceived("R", [e.ReceivedLine(MUG, HERE, 9), e.ReceivedLine(TIN, HERE, 3)]))
        ends.append([shop.figures(f"{kind}{number}") for number in range(4) for kind in "KM"])
    assert ends[0] == ends[1] == ends[2]


# --- taking back --------------------------------------------------------------------------------------------


def test_a_kit_gives_back_whole_kits_and_the_other_pieces_go_to_who_waits_for_them() -> None:
    shop = tea_shop(mugs=4, tins=2)
    shop.place("A", tea(1, 2))
    shop.place("B", line(1, 1, TIN, location=HERE))
    shop.count(3)
    assert shop.figures("A") == (2, 1, 1, 0, 0)
    assert shop.figures("B") == (1, 1, 0, 0, 0)
    assert shop.stock().free == 1


def test_picked_kits_are_never_taken_back() -> None:
    shop = tea_shop(mugs=4, tins=2)
    shop.place("A", tea(1, 2))
    shop.pick("A", 2)
    assert shop.stock().picked == 4
    shop.count(1)
    assert shop.figures("A") == (2, 2, 0, 0, 0)
    assert shop.stock().shortfall == 3


# --- strict order, fair share -------------------------------------------------------------------------------


def test_a_kit_blocks_a_strict_component_only_where_it_is_short_of_it() -> None:
    shop = tea_shop(mugs=1)
    shop.configure(MUG, strict_order=True)
    shop.place("A", tea(1, 1, location=HERE))
    shop.place("B", 1)
    assert shop.figures("B") == (1, 0, 1, 0, 0)  # the kit lacks a mug as well
    add(shop, MUG, 2)
    assert shop.filled() == [("B", 1)]  # it lacks a tin only
    assert shop.availability(MUG) == ("in_stock", None)


def test_a_kit_takes_no_strict_component_where_somebody_stands_before_it() -> None:
    shop = tea_shop(mugs=2, tins=1)
    shop.configure(MUG, strict_order=True, min_release=5)
    shop.place("A", line(1, 5, location=HERE), priority=1)
    shop.place("B", tea(1, 1, location=HERE))
    assert shop.figures("B") == (1, 0, 1, 0, 0)
    assert shop.availability(TEA) == ("backorder", None)
    shop.cancel("A")
    assert shop.filled() == [("B", 1)]


@pytest.mark.parametrize("ship", ["as_available", "complete"])
def test_a_kit_that_got_its_last_component_blocks_the_others_no_more_for_those_behind(ship: str) -> None:
    shop = tea_shop(mugs=2)
    shop.configure(MUG, strict_order=True)
    shop.count(1, THERE)
    shop.place("A", tea(1, 1))
    shop.place("B", line(1, 1, location=THERE), ship=ship)  # there A is short of a mug
    assert shop.figures("B") == (1, 0, 1, 0, 0)
    shop.receive("R", 1, sku=TIN)
    assert shop.figures("A") == (1, 1, 0, 0, 0)
    assert shop.figures("B") == (1, 1, 0, 0, 0)


def test_kits_are_served_from_what_a_fair_share_leaves() -> None:
    shop = tea_shop(tins=5)
    shop.configure(MUG, allocation="fair_share")
    shop.place("A", tea(1, 2, location=HERE), priority=1)
    shop.place("B", line(1, 2, location=HERE))
    add(shop, MUG, 4)
    assert shop.figures("A") == (2, 1, 1, 0, 0)
    assert shop.figures("B") == (2, 2, 0, 0, 0)


# --- whole orders, requests ---------------------------------------------------------------------------------


def test_an_order_that_ships_complete_waits_until_kits_and_units_can_be_had_at_once() -> None:
    shop = tea_shop(mugs=4, tins=1)
    shop.place("A", tea(1, 1, location=HERE), line(2, 3, location=HERE), ship="complete")
    assert shop.figures("A", 1) == (1, 0, 1, 0, 0)
    add(shop, MUG, 1)
    assert shop.figures("A", 1) == (1, 1, 0, 0, 0)
    assert shop.figures("A", 2) == (3, 3, 0, 0, 0)


def test_it_waits_for_its_turn_at_components_that_the_event_did_not_touch_too() -> None:
    shop = Shop()
    shop.configure(TEA, components=[e.KitPart(MUG, 1), e.KitPart(TIN, 1)])
    shop.count(2, sku=TIN)
    lines = line(1, 1, location=HERE, priority=1), line(2, 2, TIN, location=HERE, priority=9)
    shop.place("WHOLE", *lines, ship="complete")
    shop.place("KIT", tea(1, 1, location=HERE, priority=5))
    shop.count(2)
    assert shop.figures("KIT") == (1, 1, 0, 0, 0)
    assert shop.figures("WHOLE", 2) == (2, 0, 2, 0, 0)


def test_a_kit_that_a_strict_head_blocks_only_until_it_has_its_units_comes_before_a_whole_order() -> None:
    shop = Shop()
    shop.configure(TEA, components=[e.KitPart(MUG, 1), e.KitPart(TIN, 1)])
    shop.configure(TIN, strict_order=True)
    shop.place("A", line(1, 1, TIN, location=HERE, priority=4))
    shop.place("B", tea(1, 1, location=HERE, priority=5))
    shop.place("C", line(1, 1, location=HERE, priority=6), ship="complete")
    shop.feed(e.GoodsReceived("R", [e.ReceivedLine(TIN, HERE, 2), e.ReceivedLine(MUG, HERE, 1)]))
    assert shop.figures("B") == (1, 1, 0, 0, 0)
    assert shop.figures("C") == (1, 0, 1, 0, 0)


def test_a_manual_release_is_asked_for_by_the_sku_of_the_kit() -> None:
    shop = tea_shop(mugs=4, tins=2, release="manual")
    shop.place("A", tea(1, 2))
    shop.feed(e.ReleaseRequested(MUG))
    assert shop.released() == []
    shop.feed(e.ReleaseRequested(TEA, quantity=1))
    assert shop.released() == [("A", 1, 1, HERE)]


def test_only_lines_for_the_same_kit_give_to_one_that_a_planner_puts_first() -> None:
    shop = tea_shop(mugs=4, tins=1)
    shop.place("HELD", tea(1, 1), held=True)
    shop.place("MUGS", 2, held=True)
    shop.place("A", tea(1, 2))
    shop.feed(e.ReleaseRequested(TEA, order_id="A", line=1))
    assert shop.figures("A") == (2, 1, 1, 0, 0)
    assert shop.figures("HELD") == (1, 0, 1, 0, 0)
    assert shop.figures("MUGS") == (2, 2, 0, 0, 0)


# --- shipping, counts, receipts -----------------------------------------------------------------------------


def test_a_shipment_takes_the_pieces_of_every_component_and_a_void_brings_them_back() -> None:
    shop = tea_shop(mugs=5, tins=2)
    shop.place("A", tea(1, 2))
    shop.ship("A", "S", (1, 2))
    assert (shop.stock().on_hand, shop.stock(sku=TIN).on_hand) == (1, 0)
    shop.void("A", "S")
    assert (shop.stock().on_hand, shop.stock(sku=TIN).on_hand) == (5, 2)
    assert shop.figures("A") == (2, 2, 0, 0, 0)


def test_a_count_net_of_open_orders_knows_the_pieces_of_kits() -> None:
    shop = tea_shop()
    shop.place("A", tea(1, 2, location=HERE))
    shop.count_net(0)
    assert shop.stock().on_hand == 4


def test_a_purchase_line_for_a_kit_line_serves_it_with_pieces() -> None:
    shop = tea_shop(tins=1)
    shop.place("FIRST", line(1, 2, location=HERE))
    shop.place("A", tea(1, 1, location=HERE))
    shop.buy("P", e.PurchasedLine(1, MUG, HERE, 2, pegged_to=e.Pegged("A", 1)))
    shop.receive("R", 2, purchase="P", line=1)
    assert shop.filled() == [("A", 1)]
    assert [part.cross_dock for each in shop.told(d.ReleaseCreated) for part in each.lines] == [True]


@pytest.mark.parametrize("numbers", [(1, 2), (2, 1)])
def test_components_that_were_bought_for_a_kit_line_and_come_in_together_are_its_own(
    numbers: tuple[int, int],
) -> None:
    shop = tea_shop()
    shop.place("FIRST", line(1, 9, location=HERE), line(2, 9, TIN, location=HERE))
    shop.place("A", tea(1, 1, location=HERE))
    units, pegged_to = {1: (MUG, HERE, 2), 2: (TIN, HERE, 1)}, e.Pegged("A", 1)
    shop.buy("P", *(e.PurchasedLine(number, *units[number], None, pegged_to) for number in units))
    received = [e.ReceivedLine(*units[number], line=number) for number in numbers]
    shop.feed(e.GoodsReceived("R", received, "P"))
    assert shop.filled() == [("A", 1)]


# --- what is told -------------------------------------------------------------------------------------------


def test_a_shop_front_sees_whole_kits_and_hears_when_a_component_changes_that() -> None:
    shop = tea_shop(mugs=5, tins=9, backorderable=False)
    assert shop.availability(TEA) == ("in_stock", 2)
    shop.count(1)
    assert shop.availability(TEA) == ("out_of_stock", 0)


def test_a_kit_is_promised_for_the_date_of_its_last_component() -> None:
    shop = tea_shop(tins=1)
    shop.place("A", tea(1, 1, location=HERE))
    late, later = shop.now + timedelta(days=3), shop.now + timedelta(days=5)
    shop.buy("P", e.PurchasedLine(1, MUG, HERE, 2, late))
    assert shop.line("A").promised_at == late
    shop.amend("A", (1, 2))
    assert shop.line("A").promised_at is None
    shop.buy("Q", e.PurchasedLine(1, MUG, HERE, 2, late), e.PurchasedLine(2, TIN, HERE, 1, later))
    assert shop.line("A").promised_at == later


def test_the_lead_time_of_the_kit_promises_what_no_supply_covers() -> None:
    shop = tea_shop(lead_time_days=4)
    shop.place("A", tea(1, 1, location=HERE))
    assert shop.line("A").promised_at == shop.now + timedelta(days=4)


def test_a_shop_front_hears_when_the_next_kit_could_be_put_together() -> None:
    shop = tea_shop(tins=1)
    late = shop.now + timedelta(days=3)
    shop.buy("P", e.PurchasedLine(1, MUG, HERE, 2, late))
    assert shop.expected_at(TEA) == late


def test_units_of_a_component_that_an_order_waits_for_are_not_reckoned_to_the_next_kit() -> None:
    shop = tea_shop(mugs=2)
    shop.place("A", line(1, 2), line(2, 1, "SPOON"), ship="complete")
    shop.buy("P", e.PurchasedLine(1, TIN, HERE, 1, shop.now + timedelta(days=3)))
    assert shop.expected_at(TEA) is None
    later = shop.now + timedelta(days=5)
    shop.buy("Q", e.PurchasedLine(1, MUG, HERE, 2, later))
    assert shop.expected_at(TEA) == later


def test_pieces_at_two_locations_make_no_kit_for_a_shop_front() -> None:
    shop = tea_shop(mugs=1, tins=1)
    shop.count(1, THERE)
    assert shop.expected_at(TEA) is None
    soon, late = shop.now + timedelta(days=3), shop.now + timedelta(days=5)
    shop.buy("P", e.PurchasedLine(1, MUG, THERE, 1, soon))
    assert shop.expected_at(TEA) is None
    shop.buy("Q", e.PurchasedLine(1, TIN, THERE, 1, late))
    assert shop.expected_at(TEA) == late


def test_a_shop_front_shows_what_a_kit_leaves_that_goes_beyond_its_horizon() -> None:
    shop = tea_shop(tins=1)
    shop.tick(shop.now)
    late = shop.now + timedelta(days=20)
    shop.place("A", tea(1, 1, required_by=late + timedelta(days=10)))
    shop.buy("P", e.PurchasedLine(1, MUG, HERE, 2, late))
    assert shop._rows["availability", f'["default","{MUG}"]'].expected_at is None
    shop.configure(TEA, horizon_days=1)
    assert shop.line("A").promised_at is None
    assert shop._rows["availability", f'["default","{MUG}"]'].expected_at == late


# --- batches ------------------------------------------------------------------------------------------------


def busy_tea_shop() -> Shop:
    shop = tea_shop(mugs=3, tins=2)
    shop.place("A", tea(1, 3, location=HERE))
    shop.place("B", line(1, 2, location=HERE), tea(2, 1))
    return shop


EVENTS: list[e.Event] = [
    e.GoodsReceived("R", [e.ReceivedLine(MUG, HERE, 5), e.ReceivedLine(TIN, HERE, 2)]),
    e.StockAdjusted(MUG, HERE, -2, "lost"),
    e.OrderPlaced("C", [tea(1, 1)]),
    e.OrderAmended("A", [e.AmendedLine(1, 5)]),
    e.OrderCancelled("A", "customer"),
    e.ItemConfigured(TEA, components=[e.KitPart(MUG, 1), e.KitPart("SPOON", 1)], allow_partial=False),
]


@pytest.mark.parametrize("event", [EVENTS[0], EVENTS[2], EVENTS[5]], ids=e.type_name)
def test_a_batch_with_kits_that_fails_is_undone_and_decides_the_same_when_it_comes_again(
    event: e.Event,
) -> None:
    shop = busy_tea_shop()
    fed = entry(event, shop.now + timedelta(hours=1), 99)
    assert_a_failure_leaves_nothing(shop, fed)


@pytest.mark.parametrize("event", EVENTS, ids=e.type_name)
def test_a_process_that_takes_over_decides_about_kits_as_the_one_before(event: e.Event) -> None:
    shop = busy_tea_shop()
    restored = Fold()
    restored.load(sorted(shop.fold.dump().items(), reverse=True))
    restored.loaded()
    fed = entry(event, shop.now + timedelta(hours=1), 99)
    assert restored.apply(fed) == shop.fold.apply(fed)
    assert restored.dump() == shop.fold.dump()
