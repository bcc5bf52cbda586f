"""How many units, received where, would cover all that waits of a line.

Found by trying: the answer is a number of units with which the line is covered and with one less is not. What
is true of a number need not be true of every larger one: with more units, whoever is filled whole only, or
ships complete, may have a turn and take them. So in a short queue every number is tried.
"""

from collections.abc import Callable

from msgspec import Struct

from backorder.domain.fold import Fold
from backorder.domain.pool import Pool
from backorder.domain.records import Line
from backorder.explain.ahead import ahead_of
from backorder.explain.supposing import pool_of, receipt, supposing

LOCATIONS = 8
"""Receipts at so many locations are tried."""
TRIED = 5_000
"""With more claims ahead than this, what would do is reckoned and not tried: each trial fills them all."""


EVERY = 200
"""Where no more units than this can be of use, each number is tried, and the smallest is the answer."""


class Filling(Struct, frozen=True):
    """A receipt of `quantity` units at a location covers the line, one of a unit less does not.

    quantity: null = no receipt there would, however large. tried: false = it is not for certain: so many
    units wait before it and with it; or no such receipt was found, and not every one was tried.
    """

    location: str
    quantity: int | None
    tried: bool = True


def receipts_that_fill(fold: Fold, pool: str, order_id: str, number: int) -> list[Filling]:
    """For each location that may serve the line, the receipt that would cover it. Empty when nothing waits
    or no location is known."""
    known = pool_of(fold, pool)
    line = known.lines.rows[order_id, number]
    if not line.waiting or line.parts:
        return []  # see `kit_receipts`: it is one of all components
    locations = list(known.sku(line.sku).usable(line.location))[:LOCATIONS]
    return [_receipt_at(fold, known, (order_id, number), location) for location in locations]


def _receipt_at(fold: Fold, pool: Pool, key: tuple[str, int], location: str) -> Filling:
    # A record is another object after each trial: it is asked for by its key.
    line = pool.lines.rows[key]
    sku, waiting = line.sku, line.waiting
    ahead = ahead_of(pool, line)
    assert ahead is not None
    missing = missing_before_any_is_free(pool, sku, location)
    least = max(1, waiting - pool.sku(sku).free_for(line.location))
    reckoned = max(least, missing + ahead.taking + waiting - pool.sku(sku).free(location))
    if ahead.claims > TRIED:
        return Filling(location, reckoned, tried=False)

    def fills(units: int) -> bool:
        if not units:
            return False
        with supposing(fold, pool.name, [sku], receipt(pool, sku, location, units)):
            now: Line = pool.lines.rows[key]
            return not now.waiting

    most = missing + sum(each.waiting * each.takes_of(sku) for each in pool.lines.rows.values())
    if fills(reckoned) and not fills(reckoned - 1):
        return Filling(location, reckoned)
    if most <= EVERY:
        return Filling(location, next((units for units in range(1, most + 1) if fills(units)), None))
    for guess in (reckoned, least):
        found = boundary(fills, min(guess, most), most)
        if found is not None:
            return Filling(location, found)
    return Filling(location, None, tried=False)


def missing_before_any_is_free(pool: Pool, sku: str, location: str) -> int:
    """Units that have to come before one is free: a shortfall, a safety stock or a hold that is not there."""
    row = pool.sku(sku).rows.get(location)
    return 0 if row is None else max(0, -row.spare)


def boundary(fills: Callable[[int], bool], guess: int, most: int) -> int | None:
    """A number near the guess that does, while one less does not; None = none was found up to the most."""
    if fills(guess):
        good, bad, step = guess, guess - 1, 1
        while fills(bad):
            good, step = bad, step * 2
            bad = max(0, bad - step)
    else:
        bad, good, step = guess, guess + 1, 1
        while not fills(good):
            if good >= most:
                return None
            bad, step = good, step * 2
            good = min(most, good + step)
    while good - bad > 1:
        middle = (good + bad) // 2
        if fills(middle):
            good = middle
        else:
            bad = middle
    return good
