"""Giving units to waiters and taking them back: what every event ends with.

First what is allocated beyond the sellable stock of a location goes back to waiting, from the end of the
queue upward and never picked units. Then free units go to waiters in the queue's order, each taking from the
locations that it may use in order of preference. A claim that may not be split is passed over while it cannot
be covered whole; it does not block those behind it.

Source of the rules: the order is that of a first-come queue with priority classes; taking back from its end
is the rule that moqui's mantle-usl follows and most systems lack.
"""

from backorder.domain.backorders import say_filled, send_back
from backorder.domain.queue import ClaimKey, SkuQueue, unpicked
from backorder.domain.records import Claim, Line, Stock
from backorder.domain.releasing import withdraw_surplus
from backorder.domain.sku import Sku
from backorder.domain.step import Step


def settle(step: Step) -> None:
    """Settles every SKU that the event touched, as far as the step's size allows."""
    for name in list(step.skus):
        sku = step.pool.sku(name)
        if not sku.item.unsettled and (sku.short or sku.queue.claims_waiting):
            settle_sku(step, name)


def settle_sku(step: Step, sku: str) -> None:
    """Demotes, then fills; what does not fit into this step is marked to be continued."""
    done = _demote(step, sku) and _fill(step, sku)
    if done == step.pool.sku(sku).item.unsettled:
        step.pool.edit_item(sku).unsettled = not done
    if not done:
        step.unsettled.append(sku)


def _may_move(step: Step, key: ClaimKey) -> bool:
    """Counts a line of another order against the size of the step; False = the step is full."""
    if key[3] == step.own_order:
        return True
    if not step.moves_left:
        return False
    step.moves_left -= 1
    return True


def _claim_at(step: Step, key: ClaimKey) -> tuple[Line, Claim]:
    line = step.pool.edit_line(step.pool.lines.rows[key[3], key[4]])
    return line, line.claim(key[5])


# --- demotion -----------------------------------------------------------------------------------------------


def _demote(step: Step, sku: str) -> bool:
    known = step.pool.sku(sku)
    queue = known.queue
    for location, row in known.rows.items():
        while row.allocated > row.on_hand - row.unavailable:
            key = queue.last_allocated(location)
            if key is None:
                break
            if not _may_move(step, key):
                return False
            _demote_claim(step, queue, key, row)
    return True


def _demote_claim(step: Step, queue: SkuQueue, key: ClaimKey, short: Stock) -> None:
    line, claim = _claim_at(step, key)
    before = {"allocated": line.allocated, "waiting": line.waiting, "shortfall": short.shortfall}
    assert short.location is not None
    if queue.whole:
        losses = {location: unpicked(line, claim, location) for location in claim.allocated}
    else:
        losses = {short.location: min(short.shortfall, unpicked(line, claim, short.location))}
    for location, units in losses.items():
        if units:
            step.pool.deallocate(line, claim, location, units)
            withdraw_surplus(step, line, location, "demoted")
    send_back(step, line, claim, sum(losses.values()), "stock_lost", before)


# --- filling ------------------------------------------------------------------------------------------------


def _fill(step: Step, sku: str) -> bool:
    while (key := _next_to_fill(step.pool.sku(sku))) is not None:
        if not _may_move(step, key):
            return False
        line, claim = _claim_at(step, key)
        whole = step.pool.sku(sku).queue.whole
        fill_claim(step, line, claim, "whole_only" if whole else "queue_order")
    return True


def _next_to_fill(sku: Sku) -> ClaimKey | None:
    """The first claim in the queue's order that the free units can help."""
    best: ClaimKey | None = None
    if not sku.queue.claims_waiting:
        return best
    for location, row in sku.rows.items():
        free = row.free
        if free:
            key = sku.queue.first(location, free)
            if key is not None and (best is None or key < best):
                best = key
    free = sku.free_for(None)
    if free:
        key = sku.queue.first(None, free)
        if key is not None and (best is None or key < best):
            best = key
    return best


def fill_claim(
    step: Step, line: Line, claim: Claim, rule: str, location: str | None = None, limit: int | None = None
) -> int:
    """Covers as much of a waiting claim as is free, at most `limit`; returns the units.

    With `location`, only from there; else from the line's locations in order of preference.
    """
    pool = step.pool
    sku = pool.sku(line.sku)
    wanted = claim.waiting if limit is None else min(claim.waiting, limit)
    taken = 0
    for source in sku.usable(line.location) if location is None else (location,):
        free = sku.free(source)
        units = min(wanted - taken, free)
        if units <= 0:
            continue
        before = {"waiting": line.waiting, "free": free}
        pool.wait(line, claim, -units)
        pool.allocate(line, claim, source, units)
        key = (line.order_id, line.line, source)
        step.from_queue[key] = step.from_queue.get(key, 0) + units
        taken += units
        say_filled(step, line, units, source, rule, before)
    pool.requeue(line)
    return taken
