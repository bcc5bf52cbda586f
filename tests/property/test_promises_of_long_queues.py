"""A walk that goes on with the clock comes to the promises that one walk at once would make."""

from collections.abc import Callable
from datetime import timedelta
from random import Random

import pytest

from backorder.domain import events as e
from tests.support.promised import change, day, promised
from tests.support.shop import HERE, SKU, THERE, Shop, line

CUP = "CUP"
EVENTS = 40
ENOUGH_TICKS = 100


class Two:
    """The same events for a shop whose walks go on with the clock, and for one whose walks end at once."""

    def __init__(self, dice: Random) -> None:
        self.dice = dice
        # Big steps of the same size: in small ones an order that ships complete may come to its turn later.
        step_lines = dice.choice([2, 3, 5])
        self.slowly = Shop(promise_lines=dice.choice([1, 2, 3]), step_lines=step_lines)
        self.at_once = Shop(promise_lines=10**6, step_lines=step_lines)
        self.orders: list[str] = []
        self.purchases: list[str] = []
        self.do(lambda shop: shop.configure(negative_on_hand="allow"))
        cups = dice.choice([0, 3, 9])
        self.do(lambda shop: shop.count(cups, sku=CUP))
        self.do(lambda shop: shop.tick(day(0)))

    def do(self, act: Callable[[Shop], object]) -> None:
        for shop in (self.slowly, self.at_once):
            act(shop)

    def play(self, number: int) -> None:
        dice = self.dice
        what = dice.choice(
            ["place", "place", "place_whole", "cancel", "buy", "change", "change", "send", "receive", "tick"]
        )
        if what == "cancel" and self.orders:
            order_id = self.orders.pop(dice.randrange(len(self.orders)))
            self.do(lambda shop: shop.cancel(order_id))
        elif what == "buy":
            self.purchases.append(f"P{number}")
            units, on, sku = dice.randint(1, 8), dice.choice([None, 20, 30, 40]), dice.choice([SKU, SKU, CUP])
            bought = e.PurchasedLine(1, sku, HERE, units, None if on is None else day(on))
            self.do(lambda shop: shop.buy(f"P{number}", bought))
        elif what == "send":
            units, on = dice.randint(1, 4), day(dice.choice([15, 25, 35]))
            self.do(lambda shop: shop.send(f"T{number}", units, THERE, HERE, expected_at=on))
            if dice.random() < 0.3:
                self.do(lambda shop: shop.arrive(f"T{number}", 1, THERE, HERE))
        elif what == "change" and self.purchases:
            purchase_id, units, on = (
                dice.choice(self.purchases),
                dice.randint(1, 8),
                day(dice.randint(15, 45)),
            )
            self.do(lambda shop: change(shop, purchase_id, quantity=units, expected_at=on))
        elif what == "receive":
            units = dice.randint(1, 2)
            self.do(lambda shop: shop.receive(f"R{number}", units))
        elif what == "tick":
            self.tick()
        elif what == "place_whole":
            self.orders.append(f"O{number:03}")
            lines = [line(1, dice.randint(1, 3)), line(2, dice.randint(1, 2), sku=CUP)]
            priority = dice.randint(1, 5)
            self.do(
                lambda shop: shop.place(f"O{number:03}", *lines, ship="complete", priority=priority),
            )
        else:
            self.orders.append(f"O{number:03}")
            units, priority = dice.randint(1, 3), dice.randint(1, 5)
            self.do(lambda shop: shop.place(f"O{number:03}", units, priority=priority))

    def tick(self) -> None:
        now = self.slowly.now + timedelta(minutes=1)
        self.do(lambda shop: shop.tick(now))

    def come_to_rest(self) -> None:
        for _ in range(ENOUGH_TICKS):
            plans = list(self.slowly.pool.plans.rows.values())
            if all(plan.resume_at is None and plan.again is None for plan in plans):
                return
            self.tick()
        raise AssertionError(f"a walk goes on after {ENOUGH_TICKS} ticks: {plans}")


@pytest.mark.parametrize("seed", range(30))
def test_when_a_walk_has_come_to_its_end_the_promises_are_those_of_a_walk_at_once(seed: int) -> None:
    two = Two(Random(seed))
    for number in range(EVENTS):
        two.play(number)
        if two.dice.random() < 0.2:
            two.come_to_rest()
            expected = {order_id: promised(two.at_once, order_id) for order_id in two.orders}
            assert {order_id: promised(two.slowly, order_id) for order_id in two.orders} == expected
