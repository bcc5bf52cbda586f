"""Who waits for an item, in which order."""

from datetime import datetime
from heapq import nsmallest

from msgspec import Struct

from backorder.domain import decisions as d
from backorder.domain.fold import Fold
from backorder.domain.pool import Pool
from backorder.domain.queue import ClaimKey
from backorder.domain.rows import stock_row
from backorder.domain.times import at_or_none
from backorder.explain.supposing import Unknown, pool_of
from backorder.explain.waiting import Waiter, WaitingClaim, shown, waiters, waiters_for_kits


class Queue(Struct, frozen=True):
    """at: the clock of the state; null = it has not ticked yet. location: only who may have units from there.

    claims: how many wait; of a line that was amended up, each part that queues for itself is one. units: what
    they wait for, in pieces, or in kits if that is what the SKU is. taking: units of those that take what
    comes; the others are passed over for now.
    first: the first of them, in the order in which they are served; those beyond the horizon come last.
    stock: the SKU's rows; a kit has none.
    """

    pool: str
    sku: str
    location: str | None
    at: datetime | None
    claims: int
    units: int
    taking: int
    first: list[WaitingClaim]
    stock: list[d.StockLevel]


def queue(fold: Fold, pool: str, sku: str, location: str | None, most: int) -> Queue:
    """The queue of a SKU, `most` claims of it by name. Raises `Unknown`."""
    known = pool_of(fold, pool)
    everyone = [*waiters(known, sku), *waiters_for_kits(known, sku)]
    rows = known.sku(sku).rows
    if not everyone and not rows and known.items.get((sku,)) is None:
        raise Unknown(f"nothing is known of {sku} in pool {pool}: no policy, no stock, nobody who waits")
    waiting = [each for each in everyone if location is None or _may_use(known, each, location)]
    return Queue(
        pool=pool,
        sku=sku,
        location=location,
        at=at_or_none(fold.clock or None),
        claims=len(waiting),
        units=sum(each.units for each in waiting),
        taking=sum(each.units for each in waiting if each.line.passed_over is None),
        first=[shown(each) for each in nsmallest(most, waiting, key=_in_turn)],
        stock=[stock_row(pool, row) for place, row in sorted(rows.items()) if location in (None, place)],
    )


def _may_use(pool: Pool, waiter: Waiter, location: str) -> bool:
    return location in pool.wanted(waiter.line).usable(waiter.line.location)


def _in_turn(waiter: Waiter) -> tuple[bool, ClaimKey]:
    return waiter.line.beyond is not None, waiter.key
