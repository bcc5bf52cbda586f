"""Shipments: facts from the warehouse, and what they do to the line, to others and to the stock."""

from datetime import timedelta

from backorder.domain import decisions as d
from tests.support.shop import HERE, THERE, Shop, line


def test_a_forced_shipment_beyond_what_is_sellable_takes_unavailable_units() -> None:
    shop = Shop(stock=3)
    shop.spoil(2)
    shop.place("A", 2)
    shop.ship("A", "S1", (1, 2), force=True)
    assert (shop.stock().on_hand, shop.stock().unavailable, shop.stock().shortfall) == (1, 1, 0)


def test_a_shipment_id_is_taken_once_in_a_pool_whatever_the_order() -> None:
    shop = Shop(stock=2)
    shop.place("A", 1)
    shop.place("B", 1)
    shop.ship("A", "S1", (1, 1))
    shop.ship("B", "S1", (1, 1))
    assert shop.rejections() == ["duplicate_shipment"]
    assert shop.figures("B") == (1, 1, 0, 0, 0)


def test_a_shipment_of_another_order_cannot_be_voided() -> None:
    shop = Shop(stock=2)
    shop.place("A", 1)
    shop.place("B", 1)
    shop.ship("A", "S1", (1, 1))
    shop.void("B", "S1")
    assert shop.rejections() == ["unknown_shipment"]


def test_units_elsewhere_that_nobody_has_picked_are_given_up_before_picked_ones() -> None:
    shop = Shop()
    shop.count(2, HERE)
    shop.count(2, THERE)
    shop.configure(sourcing=[HERE, THERE, "LHR"])
    shop.place("A", 4)
    shop.pick("A", 2, location=THERE)
    shop.ship("A", "S1", (1, 2, "LHR"), force=True)
    assert shop.withdrawn() == [("A", 1, 2, HERE)]
    assert shop.line("A").picked == 2


def test_a_shipment_that_a_count_has_seen_takes_units_elsewhere_before_cancelled_ones() -> None:
    shop = Shop()
    shop.count(3, THERE)
    shop.place("A", 5, at=shop.now)
    shop.cancel("A", (1, 2))
    shop.count(0, HERE)
    shop.ship("A", "S1", (1, 2, HERE), at=shop.now - timedelta(hours=1))
    assert shop.discrepancies() == [("already_counted", 2)]
    assert shop.figures("A") == (5, 1, 0, 2, 2)


def test_a_forced_shipment_in_time_takes_cancelled_units_before_those_elsewhere() -> None:
    shop = Shop()
    shop.count(3, THERE)
    shop.count(2, HERE)
    shop.place("A", line(1, 5, location=THERE))
    shop.cancel("A", (1, 2))
    shop.ship("A", "S1", (1, 2, HERE), force=True)
    assert shop.figures("A") == (5, 3, 0, 2, 0)


def test_a_shipment_takes_on_hand_and_allocated_together() -> None:
    shop = Shop(stock=3)
    shop.place("A", 3)
    shop.ship("A", "S1", (1, 2))
    assert shop.figures("A") == (3, 1, 0, 2, 0)
    assert (shop.stock().on_hand, shop.stock().allocated) == (1, 1)
    assert (shop.line("A").status, shop.line("A").released) == ("part_shipped", 1)
    assert shop.said == []
    shop.ship("A", "S2", (1, 1))
    assert shop.line("A").status == "shipped"


def test_picked_units_ship_first() -> None:
    shop = Shop(stock=3)
    shop.place("A", 3)
    shop.pick("A", 2)
    shop.ship("A", "S1", (1, 2))
    assert (shop.line("A").picked, shop.stock().picked) == (0, 0)


def test_a_shipment_beyond_what_was_released_is_refused_whole() -> None:
    shop = Shop(stock=2)
    shop.place("A", 1, 3)
    shop.ship("A", "S1", (1, 1), (2, 2))
    assert shop.rejections() == ["more_than_allocated"]
    assert (shop.stock().on_hand, shop.line("A", 1).shipped) == (2, 0)
    shop.ship("A", "S1", (1, 1))
    assert shop.rejections() == [], "a refused shipment leaves its id free"


def test_a_forced_shipment_takes_waiting_units_and_demotes_others() -> None:
    shop = Shop(stock=2)
    shop.place("A", 2)
    shop.place("B", 1, priority=1)
    shop.ship("B", "S1", (1, 1), force=True)
    assert shop.figures("B") == (1, 0, 0, 1, 0)
    (closed,) = shop.told(d.BackorderClosed)
    assert (closed.order_id, closed.outcome) == ("B", "filled")
    assert shop.told(d.BackorderFilled)[0].rule == "shipment"
    assert shop.figures("A") == (2, 1, 1, 0, 0)
    assert shop.withdrawn() == [("A", 1, 1, HERE)]


def test_a_forced_shipment_may_take_on_hand_below_nothing_and_says_so() -> None:
    shop = Shop()
    shop.place("A", 2)
    shop.ship("A", "S1", (1, 2), force=True)
    assert ("negative_on_hand", 2) in shop.discrepancies()
    assert (shop.stock().on_hand, shop.stock().shortfall) == (-2, 2)


def test_units_below_nothing_are_made_up_for_before_anybody_is_filled() -> None:
    shop = Shop()
    shop.place("A", 2)
    shop.place("B", 1)
    shop.ship("A", "S1", (1, 2), force=True)
    shop.receive("R1", 2)
    assert shop.filled() == []
    shop.receive("R2", 1)
    assert shop.filled() == [("B", 1)]


def test_no_force_ships_more_than_was_ordered() -> None:
    shop = Shop(stock=9)
    shop.place("A", 2)
    shop.ship("A", "S1", (1, 3), force=True)
    assert shop.rejections() == ["more_than_ordered"]


def test_what_was_released_ships_though_it_was_cancelled_since_and_counts_as_shipped() -> None:
    shop = Shop(stock=2)
    shop.place("A", 2)
    shop.cancel("A")
    shop.ship("A", "S1", (1, 2))
    assert shop.rejections() == []
    assert shop.figures("A") == (2, 0, 0, 2, 0)
    assert shop.stock().on_hand == 0


def test_what_was_released_ships_though_it_was_demoted_since() -> None:
    shop = Shop(stock=2)
    shop.place("A", 2)
    shop.adjust(-2)
    assert shop.figures("A") == (2, 0, 2, 0, 0)
    shop.ship("A", "S1", (1, 2))
    assert shop.figures("A") == (2, 0, 0, 2, 0)
    assert shop.stock().on_hand == -2


def test_units_that_an_amendment_took_off_after_their_release_raise_what_is_ordered() -> None:
    shop = Shop(stock=3)
    shop.place("A", 3)
    shop.amend("A", (1, 1))
    shop.ship("A", "S1", (1, 3))
    assert shop.figures("A") == (3, 0, 0, 3, 0)


def test_each_released_unit_ships_once() -> None:
    shop = Shop(stock=9)
    shop.place("A", 2)
    shop.ship("A", "S1", (1, 2))
    shop.ship("A", "S2", (1, 1))
    assert shop.rejections() == ["more_than_ordered"]


def test_units_that_left_though_others_have_them_now_demote_those() -> None:
    shop = Shop(stock=2)
    shop.place("A", 2)
    shop.place("B", 2)
    shop.cancel("A")
    assert shop.figures("B") == (2, 2, 0, 0, 0)
    shop.ship("A", "S1", (1, 2))
    assert shop.figures("B") == (2, 0, 2, 0, 0)


def test_the_remainder_of_a_closed_order_is_cancelled_short() -> None:
    shop = Shop(stock=3)
    shop.place("A", 5, 1)
    shop.ship("A", "S1", (1, 2), remainder="close")
    assert shop.figures("A", 1) == (5, 0, 0, 2, 3)
    assert shop.figures("A", 2) == (1, 0, 0, 0, 1)
    assert {closed.outcome for closed in shop.told(d.BackorderClosed)} == {"closed_short"}
    assert {withdrawn.reason for withdrawn in shop.told(d.ReleaseWithdrawn)} == {"closed_short"}
    assert shop.line("A", 1).status == "shipped"
    shop.cancel("A")
    assert shop.rejections() == ["order_closed"]


def test_picked_units_of_a_closed_remainder_are_cancelled_when_they_are_unpicked() -> None:
    shop = Shop(stock=3)
    shop.place("A", 2, 1)
    shop.pick("A", 1, 2)
    shop.ship("A", "S1", (1, 2), remainder="close")
    assert shop.rejections() == []
    assert shop.figures("A", 2) == (1, 1, 0, 0, 0)
    shop.pick("A", -1, 2)
    assert shop.figures("A", 2) == (1, 0, 0, 0, 1)


def test_a_closed_order_may_still_ship_what_was_released() -> None:
    shop = Shop(stock=2)
    shop.place("A", 2)
    shop.cancel("A")
    shop.ship("A", "S1", (1, 1))
    assert shop.figures("A") == (2, 0, 0, 1, 1)


def test_a_shipment_that_a_count_has_seen_leaves_on_hand_alone_and_ships_the_line() -> None:
    shop = Shop(stock=5)
    shop.place("A", 2)
    left = shop.now + timedelta(seconds=1)
    shop.count(3)
    shop.ship("A", "S1", (1, 2), at=left)
    assert shop.discrepancies() == [("already_counted", 2)]
    assert shop.stock().on_hand == 3
    assert shop.figures("A") == (2, 0, 0, 2, 0)


def test_a_shipment_that_a_count_has_seen_is_not_judged_but_never_more_than_ordered() -> None:
    shop = Shop(stock=5)
    shop.place("A", 2)
    shop.adjust(-5)
    left = shop.now + timedelta(seconds=1)
    shop.count(0)
    shop.ship("A", "S1", (1, 3), at=left)
    assert shop.rejections() == ["more_than_ordered"]
    shop.ship("A", "S2", (1, 1), at=left)
    assert shop.figures("A") == (2, 0, 1, 1, 0)


def test_an_unknown_order_or_line_cannot_ship() -> None:
    shop = Shop(stock=2)
    shop.ship("A", "S1", (1, 1))
    assert shop.rejections() == ["unknown_order"]
    shop.place("A", 1)
    shop.ship("A", "S1", (2, 1))
    assert shop.rejections() == ["unknown_line"]
