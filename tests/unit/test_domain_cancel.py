"""Cancels and picks: waiting units go first, picked ones are not touched and the cancel is remembered."""

from backorder.domain import decisions as d
from backorder.domain import events as e
from tests.support.shop import HERE, SKU, THERE, Shop


def test_a_cancel_frees_units_for_the_next_in_the_queue() -> None:
    shop = Shop(stock=3)
    shop.place("A", 3)
    shop.place("B", 2)
    shop.cancel("A")
    assert shop.figures("A") == (3, 0, 0, 0, 3)
    assert shop.withdrawn() == [("A", 1, 3, HERE)]
    assert shop.filled() == [("B", 2)]
    assert shop.released() == [("B", 1, 2, HERE)]


def test_withdrawals_are_said_before_releases() -> None:
    shop = Shop(stock=1)
    shop.place("A", 1)
    shop.place("B", 1)
    shop.cancel("A")
    releases = [type(x) for x in shop.said if isinstance(x, d.ReleaseWithdrawn | d.ReleaseCreated)]
    assert releases == [d.ReleaseWithdrawn, d.ReleaseCreated]


def test_a_cancel_of_waiting_units_closes_the_backorder_as_cancelled() -> None:
    shop = Shop()
    shop.place("A", 3)
    shop.cancel("A")
    (closed,) = shop.told(d.BackorderClosed)
    assert closed.outcome == "cancelled"
    assert shop.line("A").status == "cancelled"


def test_a_partial_cancel_takes_waiting_units_first_then_allocated_ones() -> None:
    shop = Shop(stock=3)
    shop.place("A", 5)
    shop.cancel("A", (1, 1))
    assert shop.figures("A") == (5, 3, 1, 0, 1)
    assert not shop.told(d.BackorderClosed)
    shop.cancel("A", (1, 2))
    assert shop.figures("A") == (5, 2, 0, 0, 3)
    assert shop.withdrawn() == [("A", 1, 1, HERE)]


def test_a_cancel_of_more_than_is_open_does_what_it_can_and_reports_the_excess() -> None:
    shop = Shop(stock=3)
    shop.place("A", 3)
    shop.ship("A", "S1", (1, 1))
    shop.cancel("A", (1, 3))
    assert shop.rejections() == ["more_than_open"]
    assert shop.figures("A") == (3, 0, 0, 1, 2)


def test_a_cancel_of_all_leaves_what_is_shipped_alone() -> None:
    shop = Shop(stock=3)
    shop.place("A", 3)
    shop.ship("A", "S1", (1, 1))
    shop.cancel("A")
    assert shop.rejections() == []
    assert shop.figures("A") == (3, 0, 0, 1, 2)
    assert shop.line("A").status == "shipped"


def test_a_cancel_that_meets_picked_units_is_done_when_they_are_unpicked() -> None:
    shop = Shop(stock=4)
    shop.place("A", 3)
    shop.pick("A", 2)
    shop.cancel("A")
    assert shop.rejections() == ["more_than_open"]
    assert shop.figures("A") == (3, 2, 0, 0, 1)
    shop.pick("A", -1)
    assert shop.figures("A") == (3, 1, 0, 0, 2)
    shop.pick("A", -1)
    assert shop.figures("A") == (3, 0, 0, 0, 3)


def test_a_remembered_cancel_ends_with_the_shipment_of_the_picked_units() -> None:
    shop = Shop(stock=4)
    shop.place("A", 2, 1)
    shop.pick("A", 2)
    shop.cancel("A", (1, None))
    shop.ship("A", "S1", (1, 2))
    shop.amend("A", (1, 3))
    shop.pick("A", 1)
    shop.pick("A", -1)
    assert shop.figures("A") == (3, 1, 0, 2, 0)


def test_what_is_cancelled_at_an_unpick_goes_to_the_next_in_the_queue() -> None:
    shop = Shop(stock=2)
    shop.place("A", 2)
    shop.pick("A", 2)
    shop.cancel("A")
    shop.place("B", 1)
    shop.pick("A", -1)
    assert shop.filled() == [("B", 1)]


def test_a_cancel_takes_all_lines_at_once_before_others_are_served() -> None:
    shop = Shop(stock=2)
    shop.place("A", 1, 1)
    shop.place("B", 2)
    shop.cancel("A")
    assert [(f.quantity, f.remaining) for f in shop.told(d.BackorderFilled)] == [(2, 0)]


def test_a_cancel_of_an_unknown_line_moves_nothing() -> None:
    shop = Shop(stock=2)
    shop.place("A", 2)
    shop.cancel("A", (1, 1), (7, 1))
    assert shop.rejections() == ["unknown_line"]
    assert shop.figures("A") == (2, 2, 0, 0, 0)


def test_a_cancel_takes_the_units_that_were_allocated_last_first() -> None:
    shop = Shop()
    shop.count(1, HERE)
    shop.count(2, THERE)
    shop.place("A", 3)
    shop.cancel("A", (1, 1))
    assert shop.withdrawn() == [("A", 1, 1, THERE)]


def test_a_pick_beyond_what_is_allocated_there_rejects_the_whole_event() -> None:
    shop = Shop(stock=2)
    shop.place("A", 2, 1)
    picks = [e.PickedLine(1, 2, HERE), e.PickedLine(2, 1, HERE)]
    shop.feed(e.OrderPicked("A", picks))
    assert shop.rejections() == ["more_than_allocated"]
    assert shop.stock().picked == 0


def test_two_picks_of_a_line_in_one_event_count_together() -> None:
    shop = Shop(stock=2)
    shop.place("A", 2)
    shop.feed(e.OrderPicked("A", [e.PickedLine(1, 2, HERE), e.PickedLine(1, 1, HERE)]))
    assert shop.rejections() == ["more_than_allocated"]


def test_an_unpick_of_more_than_is_picked_is_rejected() -> None:
    shop = Shop(stock=2)
    shop.place("A", 2)
    shop.pick("A", 1)
    shop.pick("A", -2)
    assert shop.rejections() == ["more_than_allocated"]
    assert (shop.line("A").picked, shop.stock().picked) == (1, 1)


def test_picked_units_are_released_units() -> None:
    shop = Shop(stock=2)
    shop.place("A", 2)
    shop.pick("A", 1)
    assert (shop.line("A").released, shop.line("A").picked, shop.line("A").status) == (2, 1, "released")


def test_a_cancel_frees_units_of_every_sku_of_the_order() -> None:
    shop = Shop(stock=1)
    shop.count(1, sku="CUP")
    shop.feed(e.OrderPlaced("A", [e.OrderLine(1, SKU, 1), e.OrderLine(2, "CUP", 1)]))
    shop.feed(e.OrderPlaced("B", [e.OrderLine(1, SKU, 1), e.OrderLine(2, "CUP", 1)]))
    shop.cancel("A")
    assert shop.filled() == [("B", 1), ("B", 1)]
    assert len(shop.told(d.ReleaseCreated)) == 1
