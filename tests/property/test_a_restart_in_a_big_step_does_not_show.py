"""Two folds take the same journal; one is restored from its changelog after every entry. They say the same.

What is derived and not stored, such as where an order that ships complete is watched, must not show. That is
hard to see but in the middle of big steps, of many SKUs, with other events between their parts.
"""

from datetime import timedelta
from random import Random

import msgspec
import pytest

from backorder.domain import events as e
from backorder.domain.fold import Fold, Outcome
from backorder.domain.invariants import violations
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
    return e.OrderPlaced(f"O{number}", lines, priority=dice.choice([1, 2, 3]), ship=ship)


def goods(dice: Random, number: int) -> e.GoodsReceived:
    received = [
        e.ReceivedLine(sku, dice.choice([HERE, THERE]), dice.choice([1, 2, 4]))
        for sku in dice.sample(SKUS, dice.choice([1, 2, 2, 3]))
    ]
    return e.GoodsReceived(f"R{number}", received)


def trade(dice: Random, number: int) -> e.Event:
    if number == 1 and dice.random() < 0.5:
        return e.ItemConfigured(SET, components=[e.KitPart("CUP", 1), e.KitPart("PLATE", 1)])
    if number == 2 and dice.random() < 0.5:
        return e.ItemConfigured("CUP", strict_order=True)
    kind = dice.random()
    if kind < 0.5:
        return an_order(dice, number)
    if kind < 0.85:
        return goods(dice, number)
    if kind < 0.92:
        return e.StockAdjusted(dice.choice(SKUS), HERE, -dice.choice([1, 2]), "lost")
    return e.OrderCancelled(f"O{dice.randint(1, number)}", "customer")


def encoded(outcome: Outcome) -> bytes:
    return msgspec.json.encode([outcome.emitted, outcome.continued])


@pytest.mark.parametrize("seed", range(40))
def test_a_fold_that_is_restored_after_every_entry_says_what_one_that_is_not_says(seed: int) -> None:
    dice = Random(seed)
    goes_on = Fold(Settings(step_lines=dice.choice([1, 1, 2, 3])))
    restarts = restored(goes_on)
    pending: list[e.Entry] = []
    number = 0
    while number < EVENTS or pending:
        if pending and (number == EVENTS or dice.random() < 0.5):
            fed = pending.pop(0)
        else:
            number += 1
            fed = entry(trade(dice, number), MONDAY + timedelta(minutes=number), number)
        outcome = goes_on.apply(fed)
        goes_on.commit()
        assert encoded(outcome) == encoded(restarts.apply(fed))
        pending += outcome.continued
        assert not violations(goes_on.pools["default"])
        restarts = restored(restarts)
        assert restarts.dump() == goes_on.dump()
