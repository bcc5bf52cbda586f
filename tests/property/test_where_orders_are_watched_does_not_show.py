"""Two folds take the same journal; one is restored from its changelog after every entry, or looks at every
order that ships complete whenever anything happens to one of its SKUs. They say the same.

What is derived and not stored, such as where such an order is watched, must not show. That is hard to see but
in the middle of big steps, of many SKUs, with other events between their parts.
"""

from collections.abc import Callable
from datetime import timedelta
from random import Random
from typing import Any

import msgspec
import pytest

from backorder.domain import events as e
from backorder.domain.complete import COMPLETE
from backorder.domain.fold import Fold, Outcome
from backorder.domain.invariants import violations
from backorder.domain.orders_at import OrdersAt
from backorder.domain.pool import Pool
from backorder.domain.records import Order
from backorder.domain.settings import Settings
from tests.support.shop import HERE, MONDAY, THERE, entry, line, restored

EVENTS = 60
SKUS = ("CUP", "PLATE", "BOWL", "SPOON")
SET = "SET"


def an_order(dice: Random, number: int) -> e.OrderPlaced:
    lines = [
        line(
            n, dice.choice([1, 1, 2, 3]), dice.choice([*SKUS, SET]), location=dice.choice([None, HERE, THERE])
        )
        for n in range(1, dice.choice([2, 2, 3, 4, 5]))
    ]
    ship = dice.choice(["complete", "complete", "as_available"])
    required_by = dice.choice([None, None, MONDAY + timedelta(days=dice.choice([2, 3]))])
    priority = dice.choice([1, 2, 3])
    return e.OrderPlaced(f"O{number}", lines, priority=priority, ship=ship, required_by=required_by)


def goods(dice: Random, number: int) -> e.GoodsReceived:
    received = [
        e.ReceivedLine(sku, dice.choice([HERE, THERE]), dice.choice([1, 2, 4]))
        for sku in dice.sample(SKUS, dice.choice([1, 2, 2, 3]))
    ]
    return e.GoodsReceived(f"R{number}", received)


def trade(dice: Random, number: int) -> e.Event:
    if number == 1 and dice.random() < 0.5:
        return e.ItemConfigured(SET, components=[e.KitPart("CUP", 1), e.KitPart("BOWL", 1)])
    if number == 2 and dice.random() < 0.5:
        return e.ItemConfigured("CUP", strict_order=True)
    if number == 3:
        return e.ItemConfigured("PLATE", complete_patience_days=1)
    kind = dice.random()
    if kind < 0.5:
        return an_order(dice, number)
    if kind < 0.85:
        return goods(dice, number)
    if kind < 0.87:
        return e.ItemConfigured("BOWL", sourcing=dice.choice([None, [HERE], [THERE]]))
    if kind < 0.89:
        return e.ItemConfigured("SPOON", horizon_days=dice.choice([None, 1, 2]))
    if kind < 0.94:
        return e.ClockTicked()
    if kind < 0.96:
        return e.StockAdjusted(dice.choice(SKUS), HERE, -dice.choice([1, 2]), "lost")
    return e.OrderCancelled(f"O{dice.randint(1, number)}", "customer")


def encoded(outcome: Outcome) -> bytes:
    return msgspec.json.encode([outcome.emitted, outcome.continued])


def says_the_same_after_each(seed: int, change: Callable[[Fold], Fold]) -> None:
    """Feeds one journal to a fold that goes on, and to one that is changed before every entry."""
    dice = Random(seed)
    goes_on = Fold(Settings(step_lines=dice.choice([1, 1, 2, 3, 1000])))
    changed = restored(goes_on)
    pending: list[e.Entry] = []
    number = 0
    while number < EVENTS or pending:
        if pending and (number == EVENTS or dice.random() < 0.5):
            fed = pending.pop(0)
        else:
            number += 1
            event = trade(dice, number)
            ticks = isinstance(event, e.ClockTicked)
            time = MONDAY + (timedelta(hours=number) if ticks else timedelta(minutes=number))
            fed = entry(event, time, number, "" if ticks else "default")
        changed = change(changed)
        outcome = goes_on.apply(fed)
        goes_on.commit()
        assert encoded(outcome) == encoded(changed.apply(fed))
        changed.commit()
        pending += outcome.continued
        assert not [each for pool in goes_on.pools.values() for each in violations(pool)]
        assert changed.dump() == goes_on.dump()


@pytest.mark.parametrize("seed", range(40))
def test_a_fold_that_is_restored_after_every_entry_says_what_one_that_is_not_says(seed: int) -> None:
    says_the_same_after_each(seed, restored)


class WatchedEverywhere(OrdersAt):
    """Any number of free units of a SKU is worth a look at everybody who waits for it."""

    def __init__(self, pool: Pool) -> None:
        super().__init__()
        self._pool = pool

    def __contains__(self, sku: str) -> bool:
        return True

    def at(self, sku: str) -> dict[str | None, Any]:
        orders = self._pool.orders.rows.values()
        return {None: [(0, order.order_id) for order in orders if self._waits_for(sku, order)]}

    def _waits_for(self, sku: str, order: Order) -> bool:
        waiting = (line for line in self._pool.lines_of(order) if line.waiting)
        return order.ship == COMPLETE and any(sku in (line.sku, *dict(line.takes)) for line in waiting)


def looking_everywhere(fold: Fold) -> Fold:
    for pool in fold.pools.values():
        pool.watched = WatchedEverywhere(pool)
    return fold


@pytest.mark.parametrize("seed", range(40))
def test_a_fold_that_looks_at_every_order_says_what_one_that_looks_where_there_is_enough_says(
    seed: int,
) -> None:
    says_the_same_after_each(seed, looking_everywhere)
