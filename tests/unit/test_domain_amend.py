"""Amendments: more is a further claim with a place of its own, less takes the waiting part first."""

from backorder.domain import decisions as d
from backorder.domain import events as e
from tests.support.shop import HERE, SKU, THERE, Shop, line


def test_an_amendment_up_is_judged_like_a_new_line() -> None:
    shop = Shop(stock=3)
    shop.place("A", 2)
    shop.amend("A", (1, 5))
    assert shop.figures("A") == (5, 3, 2, 0, 0)
    assert shop.released() == [("A", 1, 1, HERE)]


def test_the_added_part_queues_at_its_own_time_and_the_old_one_keeps_its_place() -> None:
    shop = Shop()
    shop.place("A", 1)
    shop.place("B", 1)
    shop.amend("A", (1, 3))
    shop.receive("R1", 2)
    assert shop.filled() == [("A", 1), ("B", 1)]
    shop.receive("R2", 2)
    assert shop.filled() == [("A", 2)]


def test_a_refused_amendment_leaves_the_old_part_and_what_was_ordered() -> None:
    shop = Shop(stock=2)
    shop.configure(backorderable=False)
    shop.place("A", 2)
    shop.amend("A", (1, 5))
    (refused,) = shop.told(d.LineRefused)
    assert (refused.asked, refused.available, refused.refused) == (3, 0, 3)
    assert shop.figures("A") == (2, 2, 0, 0, 0)


def test_an_amendment_that_waits_after_a_close_reopens_the_backorder_with_its_first_opening() -> None:
    shop = Shop()
    shop.place("A", 1)
    opened = shop.now
    shop.receive("R1", 1)
    shop.amend("A", (1, 3))
    (reopened,) = shop.told(d.BackorderReopened)
    assert (reopened.reason, reopened.quantity, reopened.remaining) == ("amended", 2, 2)
    assert reopened.opened_at == shop.line("A").opened_at == opened


def test_an_amendment_adds_to_a_backorder_that_is_open() -> None:
    shop = Shop()
    shop.place("A", 1)
    shop.amend("A", (1, 3))
    (reopened,) = shop.told(d.BackorderReopened)
    assert (reopened.quantity, reopened.remaining) == (2, 3)


def test_an_amendment_down_takes_the_waiting_part_first_and_lowers_what_is_ordered() -> None:
    shop = Shop(stock=2)
    shop.place("A", 5)
    shop.amend("A", (1, 3))
    assert shop.figures("A") == (3, 2, 1, 0, 0)
    shop.amend("A", (1, 1))
    assert shop.figures("A") == (1, 1, 0, 0, 0)
    assert shop.withdrawn() == [("A", 1, 1, HERE)]
    assert [w.reason for w in shop.told(d.ReleaseWithdrawn)] == ["amended"]


def test_an_amendment_down_takes_the_latest_claim_first() -> None:
    shop = Shop()
    shop.place("A", 2)
    shop.place("B", 1)
    shop.amend("A", (1, 4))
    shop.amend("A", (1, 3))
    shop.receive("R1", 3)
    assert shop.filled() == [("A", 2), ("B", 1)]


def test_an_amendment_below_what_is_picked_does_what_it_can_and_reports_the_rest() -> None:
    shop = Shop(stock=5)
    shop.place("A", 5)
    shop.pick("A", 3)
    shop.amend("A", (1, 1))
    assert shop.rejections() == ["more_than_open"]
    assert shop.figures("A") == (3, 3, 0, 0, 0)
    shop.pick("A", -3)
    assert shop.figures("A") == (3, 3, 0, 0, 0), "only a cancel is remembered"


def test_an_amendment_to_nothing_is_a_cancel_of_the_line() -> None:
    shop = Shop(stock=1)
    shop.place("A", 3)
    shop.amend("A", (1, 0))
    assert shop.figures("A") == (3, 0, 0, 0, 3)
    assert shop.told(d.BackorderClosed)[0].outcome == "cancelled"
    assert shop.line("A").status == "cancelled"


def test_units_wanted_in_all_count_shipped_ones_and_not_cancelled_ones() -> None:
    shop = Shop(stock=5)
    shop.place("A", 5)
    shop.ship("A", "S1", (1, 2))
    shop.cancel("A", (1, 1))
    shop.amend("A", (1, 4))
    assert shop.said == []
    shop.amend("A", (1, 5))
    assert shop.figures("A") == (6, 3, 0, 2, 1)


def test_a_line_not_yet_known_is_added_with_its_own_time() -> None:
    shop = Shop(stock=1)
    shop.place("A", 1)
    shop.amend("A", e.AmendedLine(2, 3, sku=SKU))
    assert shop.figures("A", 2) == (3, 0, 3, 0, 0)
    assert shop.line("A", 2).accepted_at == shop.now
    assert shop.told(d.BackorderOpened)[0].line == 2


def test_a_new_line_that_is_refused_is_a_row_as_at_intake() -> None:
    shop = Shop(stock=1)
    shop.configure(backorderable=False)
    shop.place("A", 1)
    shop.amend("A", e.AmendedLine(2, 3, sku=SKU))
    assert shop.figures("A", 2) == (3, 0, 0, 0, 3)
    assert shop.line("A", 2).status == "refused"


def test_an_unknown_line_without_a_sku_rejects_the_whole_amendment() -> None:
    shop = Shop(stock=9)
    shop.place("A", 1)
    shop.amend("A", (1, 3), (2, 1))
    assert shop.rejections() == ["unknown_line"]
    assert shop.figures("A") == (1, 1, 0, 0, 0)


def test_what_an_amendment_frees_goes_to_earlier_waiters_before_what_it_adds() -> None:
    shop = Shop(stock=2)
    shop.place("A", 2, 1)
    shop.place("B", 1)
    shop.cancel("A", (2, None))
    shop.amend("A", (1, 1), e.AmendedLine(3, 1, sku=SKU, priority=1))
    assert shop.filled() == [("B", 1)]
    assert shop.figures("A", 3) == (1, 0, 1, 0, 0)


def test_an_amendment_up_opens_a_closed_order_again() -> None:
    shop = Shop(stock=1)
    shop.place("A", 1)
    shop.ship("A", "S1", (1, 1))
    shop.amend("A", (1, 1))
    assert shop.rejections() == ["order_closed"]
    shop.amend("A", (1, 2))
    assert shop.figures("A") == (2, 0, 1, 1, 0)
    shop.cancel("A")
    assert shop.rejections() == []


def test_an_amendment_of_a_refused_line_is_judged_anew() -> None:
    shop = Shop()
    shop.configure(backorderable=False)
    shop.place("A", 2)
    shop.configure(backorderable=True)
    shop.amend("A", (1, 3))
    assert shop.figures("A") == (5, 0, 3, 0, 2)
    assert shop.line("A").status == "waiting"


def test_an_amendment_keeps_to_the_line_s_location_and_to_whether_it_may_wait() -> None:
    shop = Shop()
    shop.count(1, HERE)
    shop.count(5, THERE)
    shop.place("A", line(1, 1, location=HERE, backorder="deny"))
    shop.amend("A", (1, 2))
    assert [r.reason for r in shop.told(d.LineRefused)] == ["not_backorderable"]
    assert shop.figures("A") == (1, 1, 0, 0, 0)


def test_the_added_part_is_refused_when_the_line_s_location_is_not_sourced_any_more() -> None:
    shop = Shop(stock=5)
    shop.place("A", line(1, 1, location=HERE))
    shop.configure(sourcing=[THERE])
    shop.amend("A", (1, 2))
    assert [r.reason for r in shop.told(d.LineRefused)] == ["unknown_location"]
