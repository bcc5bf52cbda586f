"""Kits meet what else may happen to an order: whole orders, horizon, payment, force, another location."""

from datetime import timedelta
from typing import Any

from backorder.domain import decisions as d
from backorder.domain import events as e
from tests.support.shop import HERE, MONDAY, THERE, Shop, line

TEA, MUG, TIN = "TEA", "MUG", "TIN"


def tea_shop(mugs: int = 0, tins: int = 0, **policies: Any) -> Shop:
    """TEA is two mugs and a tin; so many of both are here."""
    shop = Shop()
    shop.configure(TEA, components=[e.KitPart(MUG, 2), e.KitPart(TIN, 1)], **policies)
    shop.count(mugs)
    shop.count(tins, sku=TIN)
    return shop


def tea(number: int, quantity: int, **fields: Any) -> e.OrderLine:
    return line(number, quantity, TEA, **fields)


def receive(shop: Shop, mugs: int, tins: int, location: str = HERE) -> None:
    lines = [e.ReceivedLine(MUG, location, mugs), e.ReceivedLine(TIN, location, tins)]
    shop.feed(e.GoodsReceived(f"R{shop.fed}", [each for each in lines if each.quantity]))


def after_days(shop: Shop, days: float) -> None:
    shop.now = max(shop.now, MONDAY + timedelta(days=days))
    shop.tick(MONDAY + timedelta(days=days))


def free(shop: Shop) -> tuple[int, int]:
    """Mugs and tins that nobody has."""
    return shop.stock().free, shop.stock(sku=TIN).free


# --- whole orders -------------------------------------------------------------------------------------------


def test_of_two_whole_orders_that_keep_kits_the_earlier_takes_those_of_the_later_one() -> None:
    shop = tea_shop()
    for order_id, priority in (("A", 2), ("B", 1)):
        shop.place(order_id, tea(1, 2), line(2, 1, "SPOON"), ship="complete", priority=priority)
    after_days(shop, 15)
    receive(shop, 2, 1)
    assert (shop.line("A").allocated, shop.line("B").allocated) == (0, 1)
    shop.reschedule("A", priority=1)
    assert (shop.line("A").allocated, shop.line("B").allocated) == (1, 0)
    reopened = [(said.order_id, said.reason) for said in shop.told(d.BackorderReopened)]
    assert reopened == [("B", "kept_for_earlier")]


def test_kept_kits_are_not_taken_over_for_a_kit_of_other_components() -> None:
    shop = tea_shop()
    shop.place("B", tea(1, 1), line(2, 1, "SPOON"), ship="complete", priority=2)
    shop.configure(TEA, components=[e.KitPart(MUG, 1)])
    shop.place("A", tea(1, 1), line(2, 1, "SPOON"), ship="complete", priority=3)
    after_days(shop, 15)
    receive(shop, 2, 1)
    shop.reschedule("A", priority=1)
    assert (shop.line("A").allocated, shop.line("B").allocated) == (0, 1)


# --- the horizon --------------------------------------------------------------------------------------------


def test_a_kit_beyond_the_horizon_takes_nothing_and_blocks_nobody_until_it_comes_within() -> None:
    shop = tea_shop(horizon_days=2)
    shop.tick(MONDAY)
    shop.place("A", tea(1, 1, required_by=MONDAY + timedelta(days=5)), priority=1)
    receive(shop, 2, 1)
    assert shop.line("A").waits_for == "horizon"
    assert free(shop) == (2, 1)
    shop.place("B", 1)
    assert shop.figures("B") == (1, 1, 0, 0, 0)
    receive(shop, 1, 0)
    after_days(shop, 3)
    assert shop.figures("A") == (1, 1, 0, 0, 0)
    assert free(shop) == (0, 0)


def test_the_horizon_of_a_component_does_not_concern_a_kit() -> None:
    shop = tea_shop(mugs=2, tins=1)
    shop.tick(MONDAY)
    shop.configure(MUG, horizon_days=0)
    shop.place("A", tea(1, 1, required_by=MONDAY + timedelta(days=5)))
    assert shop.figures("A") == (1, 1, 0, 0, 0)


# --- payment ------------------------------------------------------------------------------------------------


def test_kits_whose_payment_expires_are_withdrawn_and_go_to_others_when_the_grace_is_over() -> None:
    shop = tea_shop(mugs=2, tins=1)
    shop.tick(MONDAY)
    paid = e.Payment("authorized", MONDAY + timedelta(days=4))
    shop.place("A", tea(1, 1), payment=paid)
    shop.place("B", 2)
    assert shop.released() == []
    after_days(shop, 3)
    assert [(n.line, n.quantity) for n in shop.told(d.NoticeDue) if n.kind == "reauthorize_payment"] == [
        (1, 1)
    ]
    after_days(shop, 4)
    assert shop.withdrawn() == [("A", 1, 1, HERE)]
    assert shop.figures("B") == (2, 0, 2, 0, 0)
    after_days(shop, 6)
    assert shop.figures("A") == (1, 0, 1, 0, 0)
    assert shop.line("A").waits_for == "payment"
    assert shop.figures("B") == (2, 2, 0, 0, 0)
    assert free(shop) == (0, 1)


def test_a_kit_whose_payment_lapsed_keeps_its_place_and_takes_part_again_once_it_is_authorized() -> None:
    shop = tea_shop(mugs=2, tins=1)
    shop.place("A", tea(1, 1), payment=e.Payment("pending", None))
    shop.feed(e.OrderPaymentChanged("A", "failed"))
    assert shop.figures("A") == (1, 0, 1, 0, 0)
    assert free(shop) == (2, 1)
    shop.place("B", tea(1, 1))
    receive(shop, 2, 1)
    assert shop.figures("B") == (1, 1, 0, 0, 0)
    shop.feed(e.OrderPaymentChanged("A", "authorized"))
    assert shop.released() == [("A", 1, 1, HERE)]


# --- the warehouse ------------------------------------------------------------------------------------------


def test_a_forced_shipment_of_kits_takes_pieces_of_others_and_may_leave_too_few() -> None:
    shop = tea_shop(mugs=2, tins=1)
    shop.place("PLAIN", 2)
    shop.place("A", tea(1, 2))
    shop.ship("A", "S", (1, 2))
    assert shop.rejections() == ["more_than_allocated"]
    shop.ship("A", "S", (1, 2), force=True)
    assert shop.figures("A") == (2, 0, 0, 2, 0)
    assert shop.figures("PLAIN") == (2, 0, 2, 0, 0)
    assert (shop.stock().on_hand, shop.stock(sku=TIN).on_hand) == (-2, -1)
    below = [("negative_on_hand", 2), ("negative_on_hand", 1), ("shortfall", 2), ("shortfall", 1)]
    assert shop.discrepancies() == below


def test_a_forced_shipment_of_kits_from_elsewhere_frees_the_pieces_where_they_were_allocated() -> None:
    shop = tea_shop(mugs=2, tins=1)
    shop.place("A", tea(1, 1))
    shop.ship("A", "S", (1, 1, THERE), force=True)
    assert shop.withdrawn() == [("A", 1, 1, HERE)]
    assert free(shop) == (2, 1)
    assert shop.stock(THERE).on_hand == -2


# --- another location ---------------------------------------------------------------------------------------


def test_what_waits_of_a_kit_line_moves_to_another_location_with_all_of_its_components() -> None:
    shop = tea_shop(mugs=2, tins=1)
    shop.place("A", tea(1, 3, location=HERE))
    receive(shop, 2, 1, THERE)
    assert shop.figures("A") == (3, 1, 2, 0, 0)
    shop.reschedule("A", e.RescheduledLine(1, location=THERE))
    assert {each.location: each.quantity for each in shop.line("A").allocations} == {HERE: 1, THERE: 1}
    assert [waiting(shop, place) for place in (HERE, THERE)] == [(0, 0), (2, 1)]
    shop.reschedule("A", e.RescheduledLine(1, location=None))
    assert [waiting(shop, place) for place in (None, THERE)] == [(2, 1), (0, 0)]


def waiting(shop: Shop, location: str | None) -> tuple[int, int]:
    """Mugs and tins that wait there."""
    return shop.stock(location).backordered, shop.stock(location, TIN).backordered


def test_a_kit_line_moves_only_to_a_location_of_the_kits_own_sourcing_list() -> None:
    shop = tea_shop(sourcing=[HERE])
    shop.configure(MUG, sourcing=[THERE])
    shop.place("A", tea(1, 1))
    shop.reschedule("A", e.RescheduledLine(1, location=THERE))
    assert shop.rejections() == ["unknown_location"]


# --- purchases for kits -------------------------------------------------------------------------------------


def bought_for(shop: Shop, order_id: str, sku: str, quantity: int, expected_at: Any = None) -> None:
    bought = e.PurchasedLine(1, sku, HERE, quantity, expected_at, e.Pegged(order_id, 1))
    shop.buy("P", bought)


def test_units_that_were_bought_for_a_kit_line_make_no_kit_for_those_before_it() -> None:
    shop = tea_shop(mugs=4)
    shop.place("FIRST", tea(1, 2))
    shop.place("A", tea(1, 2))
    bought_for(shop, "A", TIN, 2)
    shop.receive("R", 2, sku=TIN, purchase="P", line=1)
    assert (shop.line("FIRST").allocated, shop.line("A").allocated) == (0, 2)


def test_those_before_a_kit_have_had_the_components_that_were_not_bought_for_it() -> None:
    shop = tea_shop()
    shop.place("FIRST", 1)
    shop.place("A", tea(1, 1))
    bought_for(shop, "A", TIN, 1)
    lines = [e.ReceivedLine(MUG, HERE, 2), e.ReceivedLine(TIN, HERE, 1, line=1)]
    shop.feed(e.GoodsReceived("R", lines, "P"))
    assert (shop.line("FIRST").allocated, shop.line("A").allocated) == (1, 0)


# --- what else a kit moves ----------------------------------------------------------------------------------


def test_a_shop_front_hears_of_a_component_that_a_kit_beyond_its_horizon_does_not_take_any_more() -> None:
    shop = tea_shop()
    shop.tick(MONDAY)
    shop.place("A", tea(1, 1, required_by=MONDAY + timedelta(days=9)))
    late = MONDAY + timedelta(days=3)
    shop.buy("P", e.PurchasedLine(1, MUG, HERE, 2, late))
    assert shop.expected_at(MUG) is None
    shop.configure(TEA, horizon_days=1)
    assert shop.expected_at(MUG) == late


def test_an_order_that_may_not_wait_is_not_half_refused_when_its_own_lines_make_a_kit_short() -> None:
    shop = tea_shop(mugs=3)
    shop.configure(MUG, strict_order=True)
    shop.place("KIT", tea(1, 1))  # stands before the second line, and has mugs enough
    shop.place("A", line(1, 2, priority=1, backorder="deny"), line(2, 1, priority=9, backorder="deny"))
    assert [shop.line("A", number).allocated for number in (1, 2)] == [2, 1]
