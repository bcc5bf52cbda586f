"""A walk that goes on with the clock comes to the promises that one walk at once would make."""

from collections.abc import Callable
from datetime import timedelta
from random import Random

import pytest

from tests.support.promised import buy, change, day, promised
from tests.support.shop import SKU, Shop

EVENTS = 40
ENOUGH_TICKS = 100


class Two:
    """The same events for a shop whose walks go on with the clock, and for one whose walks end at once."""

    def __init__(self, dice: Random) -> None:
        self.dice = dice
        self.slowly = Shop(promise_lines=dice.choice([1, 2, 3]), step_lines=dice.choice([2, 3, 5]))
        self.at_once = Shop(promise_lines=10**6)
        self.orders: list[str] = []
        self.purchases: list[str] = []
        self.do(lambda shop: shop.configure())
        self.do(lambda shop: shop.tick(day(0)))

    def do(self, act: Callable[[Shop], object]) -> None:
        for shop in (self.slowly, self.at_once):
            act(shop)

    def play(self, number: int) -> None:
        dice = self.dice
        what = dice.choice(
            ["place", "place", "place", "cancel", "buy", "change", "change", "receive", "tick"]
        )
        if what == "cancel" and self.orders:
            order_id = self.orders.pop(dice.randrange(len(self.orders)))
            self.do(lambda shop: shop.cancel(order_id))
        elif what == "buy":
            self.purchases.append(f"P{number}")
            part = (dice.randint(1, 8), dice.choice([None, 20, 30, 40]))
            self.do(lambda shop: buy(shop, f"P{number}", part))
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
        else:
            self.orders.append(f"O{number:03}")
            units, priority = dice.randint(1, 3), dice.randint(1, 5)
            self.do(lambda shop: shop.place(f"O{number:03}", units, priority=priority))

    def tick(self) -> None:
        now = self.slowly.now + timedelta(minutes=1)
        self.do(lambda shop: shop.tick(now))

    def come_to_rest(self) -> None:
        for _ in range(ENOUGH_TICKS):
            plan = self.slowly.pool.plans.get((SKU,))
            if plan is None or (plan.resume_at is None and plan.again is None):
                return
            self.tick()
        raise AssertionError(f"the walk goes on after {ENOUGH_TICKS} ticks: {plan}")


@pytest.mark.parametrize("seed", range(30))
def test_when_a_walk_has_come_to_its_end_the_promises_are_those_of_a_walk_at_once(seed: int) -> None:
    two = Two(Random(seed))
    for number in range(EVENTS):
        two.play(number)
        if two.dice.random() < 0.2:
            two.come_to_rest()
            expected = {order_id: promised(two.at_once, order_id) for order_id in two.orders}
            assert {order_id: promised(two.slowly, order_id) for order_id in two.orders} == expected
