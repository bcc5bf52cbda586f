"""Fair share: under shortage each waiter of one priority gets its part of what is there, in proportion to
what it waits for.

Location by location: where there is enough for all who may use it they are filled, and where there is not,
the first priority shares, then the next. Parts are whole units by largest remainder, ties in the queue's
order. A part that is not worth a fill goes to the next in the queue instead, and what is left at the end to
the first that it can help.

The parts are worked out once for a location and a priority, from all who wait then. What that rests on is
kept while a big step goes on, and so are the last one that had its turn and what was handed on to the next:
the end is the same in steps of any size.
"""

import heapq

from backorder.domain.filling import cover, fill_claim
from backorder.domain.queue import ClaimKey
from backorder.domain.records import Claim, Line, Sharing
from backorder.domain.sku import FAIR_SHARE, Sku
from backorder.domain.step import Step


def share(step: Step, sku: str) -> bool:
    """Shares out what is free of a SKU; False = the step is full."""
    pool = step.pool
    while True:
        known = pool.sku(sku)
        if known.item.sharing is not None:
            pool.edit_item(sku)  # it is changed as it is given out
        sharing = known.item.sharing or _begin(step, known)
        widely = None if known.item.sharing else known.queue.first(None, known.free_for(None))
        if widely is not None and (sharing is None or widely[0] < sharing.priority):
            # What no location has alone, several have together.
            if not step.may_move(widely[3]):
                return False
            line, claim = step.pool.claim_at(widely)
            pool.edit_line(line)
            fill_claim(step, line, claim, FAIR_SHARE)
        elif sharing is None:
            return True
        else:
            done = _go_on(step, known, sharing)
            if not done or known.item.sharing:
                pool.edit_item(sku).sharing = None if done else sharing
            if not done:
                return False


def _begin(step: Step, sku: Sku) -> Sharing | None:
    """The location and priority whose turn it is; None = what is free at any location helps nobody there."""
    first: Sharing | None = None
    for location in dict.fromkeys([*sku.sources, *sku.rows]):
        free = sku.free(location)
        if not free:
            continue
        waiting = [(key, step.pool.claim_at(key)[1].waiting) for key in sku.waiters(location)]
        helped = next((key[0] for key, units in waiting if sku.queue.least(units) <= free), None)
        if helped is None:
            continue
        enough = sum(units for _, units in waiting) <= free
        if enough or first is None:
            parts = [(key, units) for key, units in waiting if key[0] == helped]
            sharing = _work_out(location, free, parts)
            if enough:
                return sharing
            first = sharing
    return first


def _work_out(location: str, free: int, waiting: list[tuple[ClaimKey, int]]) -> Sharing:
    """What is there, for how many, and up to which remainder a part is rounded up."""
    total = sum(units for _, units in waiting)
    there = min(free, total)
    extra = there - sum(there * units // total for _, units in waiting)
    largest = heapq.nsmallest(extra, ((-(there * units % total), key) for key, units in waiting))
    return Sharing(location, waiting[0][0][0], there, total, largest[-1] if largest else None)


def _part(sharing: Sharing, key: ClaimKey, waiting: int) -> int:
    units, remainder = divmod(sharing.units * waiting, sharing.waiting)
    return units + (sharing.last_extra is not None and (-remainder, key) <= sharing.last_extra)


def _go_on(step: Step, sku: Sku, sharing: Sharing) -> bool:
    """Gives their parts to those who have not had their turn; False = the step is full."""
    location = sharing.location
    while (key := sku.waiter_after(location, sharing.turn or (sharing.priority,))) is not None:
        if key[0] != sharing.priority:
            break
        line, claim = step.pool.claim_at(key)
        part = sharing.left + _part(sharing, key, claim.waiting)
        units = min(part, claim.waiting, sku.free(location))
        if units and units >= sku.queue.least(claim.waiting):
            if not step.may_move(line.order_id):
                return False
            _give(step, sku, line, claim, sharing, units)
            part -= units
        sharing.left, sharing.turn = part, key
    left = min(sharing.left, sku.free(location))
    for key in sku.waiters(location):
        line, claim = step.pool.claim_at(key)
        if key[0] == sharing.priority and sku.queue.least(claim.waiting) <= left:
            if not step.may_move(line.order_id):
                return False
            _give(step, sku, line, claim, sharing, min(left, claim.waiting))
            break
    return True


def _give(step: Step, sku: Sku, line: Line, claim: Claim, sharing: Sharing, units: int) -> None:
    before = {
        "waiting": line.waiting,
        "free": sku.free(sharing.location),
        "shared": sharing.units,
        "shared_by": sharing.waiting,
    }
    step.pool.edit_line(line)
    cover(step, line, claim, sharing.location, units, FAIR_SHARE, before)
    step.pool.requeue(line)
