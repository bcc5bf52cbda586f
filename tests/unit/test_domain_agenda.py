"""The agenda under aborted batches: it neither loses a date nor grows with each try."""

from datetime import timedelta

from backorder.domain import events as e
from tests.support.shop import MONDAY, Shop, entry, line


def test_a_batch_that_is_aborted_again_and_again_costs_the_same_each_time() -> None:
    shop = Shop()
    shop.place("A", line(1, 1, cancel_after=MONDAY + timedelta(days=1)))
    tick = entry(e.ClockTicked(), MONDAY + timedelta(days=2), 9, "")
    placed = entry(e.OrderPlaced("B", [line(1, 1, cancel_after=MONDAY + timedelta(days=3))]), shop.now, 10)
    agenda = shop.fold._agendas["default"]
    sizes = set()
    for _ in range(5):
        shop.fold.apply(tick)
        shop.fold.apply(placed)
        shop.fold.rollback()
        sizes.add(len(agenda._heap))
    assert len(sizes) == 1
    assert [
        said.decision.outcome for said in shop.fold.apply(tick).emitted if hasattr(said.decision, "outcome")
    ]


def test_what_a_batch_closes_is_noted_once_however_often_the_batch_is_aborted() -> None:
    shop = Shop()
    shop.tick(MONDAY)
    closed = entry(e.OrderPlaced("A", [line(1, 1, backorder="deny")]), shop.now, 9)
    shop.place("B", 1)
    calendar = shop.fold._calendars["default"]
    sizes = set()
    for _ in range(5):
        shop.fold.apply(closed)
        shop.fold.rollback()
        sizes.add(len(calendar._heap))
    assert sizes == {1}
