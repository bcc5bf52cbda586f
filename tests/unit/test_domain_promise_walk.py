"""Long queues: an event looks at so many promises at once, and the clock at the rest."""

from datetime import timedelta

import pytest

from backorder.domain import decisions as d
from backorder.domain import events as e
from backorder.domain.queue import ClaimKey
from backorder.domain.walk import Walk
from tests.support.promised import buy, changes, day, promised
from tests.support.shop import HERE, MONDAY, SKU, THERE, Shop, line


def long_queue(waiting: int, promise_lines: int = 3, step_lines: int = 1000) -> Shop:
    shop = Shop(promise_lines=promise_lines, step_lines=step_lines)
    for number in range(waiting):
        shop.place(f"{number:03}", 1)
    return shop


def test_an_event_looks_at_so_many_promises_and_the_clock_at_the_rest() -> None:
    shop = long_queue(10, step_lines=4)
    buy(shop, "P1", (9, 3))
    assert len(changes(shop)) == 3
    shop.tick(day(1))
    assert len(changes(shop)) == 4
    shop.tick(day(2))
    assert len(changes(shop)) == 2
    assert [promised(shop, f"{number:03}") for number in range(10)] == [3] * 9 + [None]


def test_an_event_in_the_middle_of_a_walk_is_followed_by_another_walk() -> None:
    shop = long_queue(10, step_lines=4)
    buy(shop, "P1", (9, 4))
    shop.cancel("000")
    for hours in range(1, 9):
        shop.tick(day(1) + timedelta(hours=hours))
    assert [promised(shop, f"{number:03}") for number in range(1, 10)] == [4] * 9


def test_a_walk_ends_where_supply_does() -> None:
    shop = long_queue(50, promise_lines=5)
    buy(shop, "P1", (3, 4))
    assert len(changes(shop)) == 3
    assert shop.pool.plans.rows[SKU,].resume_at is None


def test_a_new_line_behind_a_walk_is_promised_nothing_until_the_walk_comes_to_it() -> None:
    shop = long_queue(5, step_lines=2)
    buy(shop, "P1", (6, 4))
    shop.place("new", 1)
    assert shop.told(d.BackorderOpened)[0].promised_at is None
    for hours in range(1, 9):
        shop.tick(day(1) + timedelta(hours=hours))
    assert promised(shop, "new") == 4


def test_a_walk_that_has_handed_out_everything_does_not_do_so_again_when_the_clock_goes_on() -> None:
    shop = long_queue(10, step_lines=4)
    buy(shop, "P1", (6, 4))
    shop.tick(day(1))
    assert [promised(shop, f"{number:03}") for number in range(10)] == [4] * 6 + [None] * 4
    shop.change_purchase("P1", 1, 2)
    for hours in range(1, 4):
        shop.tick(day(1) + timedelta(hours=hours))
    assert [promised(shop, f"{number:03}") for number in range(10)] == [4] * 2 + [None] * 8


def count_looks(monkeypatch: pytest.MonkeyPatch) -> list[ClaimKey]:
    """The places of the claims that walks come to from now on."""
    passed = []
    kept = Walk._pass_claim

    def counted(self: Walk, key: ClaimKey) -> int:
        passed.append(key)
        return kept(self, key)

    monkeypatch.setattr(Walk, "_pass_claim", counted)
    return passed


@pytest.mark.parametrize("size", [10, 200])
def test_the_cost_of_an_event_does_not_grow_with_the_queue(
    size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop = long_queue(size, promise_lines=10)
    buy(shop, "P1", (size, 4))
    for _ in range(3):
        shop.tick(shop.now + timedelta(hours=1))
    passed = count_looks(monkeypatch)
    shop.cancel("000")
    assert len(passed) <= 10


def test_an_event_looks_at_fewer_claims_the_more_lines_the_orders_have_that_are_promised_as_one() -> None:
    shop = Shop(promise_lines=10, step_lines=1000)
    shop.count(100, sku="CUP")
    for number in range(8):
        cups = [line(other, 1, sku="CUP") for other in range(2, 6)]
        shop.place(f"{number:03}", line(1, 1), *cups, ship="complete")
    shop.tick(day(1))
    buy(shop, "P1", (8, 4))
    assert len({order_id for order_id, *_ in changes(shop)}) == 2
    shop.tick(day(2))
    assert [promised(shop, f"{number:03}", 5) for number in range(8)] == [4] * 8


def _ticks_until_promised(shop: Shop, order_id: str, number: int, enough: int) -> int:
    for ticks in range(enough + 1):
        if promised(shop, order_id, number) is not None:
            return ticks
        shop.tick(shop.now)
    return enough + 1


def test_a_walk_through_an_order_of_many_lines_comes_to_all_of_them_in_a_few_ticks() -> None:
    shop = Shop(step_lines=10, promise_lines=5)
    shop.tick(MONDAY)
    shop.place("A", *(line(number, 1) for number in range(1, 31)), ship="complete")
    buy(shop, "P1", (30, 3))
    assert _ticks_until_promised(shop, "A", 1, 10) <= 10


def test_those_behind_an_order_of_many_lines_are_promised_in_a_few_ticks() -> None:
    shop = Shop(step_lines=10, promise_lines=5)
    shop.tick(MONDAY)
    shop.place("A", *(line(number, 1) for number in range(1, 31)), ship="complete")
    shop.place("B", 1)
    buy(shop, "P1", (31, 3))
    assert _ticks_until_promised(shop, "B", 1, 10) <= 10


def test_kits_of_one_whole_order_are_looked_at_once_by_a_walk() -> None:
    shop = Shop(step_lines=40, promise_lines=30)
    shop.tick(MONDAY)
    shop.configure(sku="SET", components=[e.KitPart(SKU, 1)])
    shop.place("A", *(line(number, 1, sku="SET") for number in range(1, 11)), ship="complete")
    buy(shop, "P1", (10, 3))
    assert promised(shop, "A", 1) == 3


def test_a_walk_through_a_queue_with_one_who_is_passed_over_comes_to_its_end() -> None:
    shop = long_queue(10, step_lines=4)
    shop.place("whole", line(1, 1), line(2, 1, sku="CUP"), ship="complete")
    buy(shop, "P1", (11, 4))
    for hours in range(1, 9):
        shop.tick(day(1) + timedelta(hours=hours))
    plan = shop.pool.plans.rows[SKU,]
    assert (plan.resume_at, plan.again) == (None, None)


def test_where_all_that_waits_could_be_there_nobody_is_looked_at_when_a_unit_goes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    shop = Shop(stock=8)
    for number in range(5):
        shop.place(f"{number:03}", line(1, 1), line(2, 1, sku="CUP"), ship="complete")
    shop.buy("P1", e.PurchasedLine(1, "CUP", HERE, 5, day(4)))
    passed = count_looks(monkeypatch)
    shop.place("A", 3)
    assert (passed, [promised(shop, f"{number:03}") for number in range(5)]) == ([], [4] * 5)
    shop.place("B", 1)
    assert [promised(shop, f"{number:03}") for number in range(5)] == [4] * 4 + [None]
    assert passed


def test_units_at_one_location_are_not_plenty_for_those_who_wait_at_another() -> None:
    shop = Shop(stock=8)
    shop.count(1, location=THERE)
    for number, location in enumerate([None, HERE, THERE]):
        cup = line(2, 1, sku="CUP")
        shop.place(f"{number:03}", line(1, 1, location=location), cup, ship="complete")
    shop.buy("P1", e.PurchasedLine(1, "CUP", HERE, 5, day(4)))
    assert [promised(shop, f"{number:03}") for number in range(3)] == [4] * 3
    shop.place("A", line(1, 1, location=THERE))
    assert [promised(shop, f"{number:03}") for number in range(3)] == [4, 4, None]


def test_where_only_free_units_moved_an_event_looks_at_a_tenth_and_the_clock_at_the_rest(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    shop = Shop(stock=50, promise_lines=100)
    for number in range(60):
        shop.place(f"{number:03}", line(1, 1), line(2, 1, sku="CUP"), ship="complete")
    shop.buy("P1", e.PurchasedLine(1, "CUP", HERE, 60, day(4)))
    shop.tick(day(1))
    assert [promised(shop, f"{number:03}") for number in (49, 50)] == [4, None]
    passed = count_looks(monkeypatch)
    shop.place("sold", 1)
    assert len(passed) == 10
    shop.tick(day(2))
    assert [promised(shop, f"{number:03}") for number in (48, 49)] == [4, None]
    passed.clear()
    buy(shop, "P2", (1, 3))
    assert len(passed) > 10
