"""Giving units to waiters and taking them back: what every event ends with.

First what is allocated beyond the sellable stock of a location goes back to waiting, from the end of the
queue upward and never picked units. Then free units go to waiters in the queue's order, each taking from the
locations that it may use in order of preference. A claim that may not be split, or for which the free units
are not worth a fill, is passed over; it does not block those behind it. An order that ships complete has its
turn where its lines stand, and takes all or nothing then.

Source of the rules: the order is that of a first-come queue with priority classes; taking back from its end
is the rule that moqui's mantle-usl follows and most systems lack.
"""

from collections.abc import Container, Iterable

from backorder.domain import net_counts
from backorder.domain.backorders import send_back
from backorder.domain.complete import (
    COMPLETE,
    Candidates,
    can_have_all,
    last_places,
    open_sources,
    unsettled_together,
    waiting_lines,
    watch,
    watch_stopped,
)
from backorder.domain.completing import break_up, share_kept, touch_all
from backorder.domain.filling import fill_claim
from backorder.domain.horizon import look_at_all
from backorder.domain.kits import Kit
from backorder.domain.orders_at import Spot
from backorder.domain.pool import Pool
from backorder.domain.queue import ClaimKey, unpicked
from backorder.domain.records import Line, Order, Stock
from backorder.domain.releasing import withdraw_surplus
from backorder.domain.sharing import share
from backorder.domain.sku import FAIR_SHARE, Sku
from backorder.domain.step import Step


def settle(step: Step) -> None:
    """Settles every SKU that the event touched, as far as the step's size allows."""
    net_counts.correct(step)
    for order in step.pool.edited_orders():
        if order.keeps:
            touch_all(step, order)
    settle_touched(step)


def settle_touched(step: Step) -> None:
    """The same while the event goes on: units that it expects are there, and nobody has them yet."""
    _settle(step, step.skus)


def settle_sku(step: Step, sku: str) -> None:
    """Goes on with a SKU that was too much for the step before, and with those that are to go on as well and
    that an order which ships complete needs beside it: else each would pass that order over for the other."""
    names = unsettled_together(step.pool, sku)
    for name in names:
        item = step.pool.edit_item(name)
        step.docks.update((name, location) for location in item.docks)
        item.unsettled, item.docks = False, []
        step.touch(name)
    _settle(step, names, names[1:])


def _settle(step: Step, names: Iterable[str], to_go_on: Container[str] = ()) -> None:
    """Demotes, then fills, but for those of which a big step is open; what does not fit into this step is
    marked to be continued. `to_go_on`: those that have a step of their own to come already."""
    pool = step.pool
    ready: dict[str, None] = {}
    full: dict[str, None] = {}
    names = sorted(names)
    for name in names:  # grows while orders that ship complete are broken up
        if pool.sku(name).item.unsettled:
            continue
        touched = len(step.skus)
        if _get_ready(step, name):
            ready[name] = None
        else:
            full[name] = None
        if len(step.skus) > touched:
            names += list(step.skus)[touched:]
    full |= _fill_all(step, ready, full)
    for name in full:
        if not pool.sku(name).item.unsettled:
            pool.edit_item(name).unsettled = True
        if name not in to_go_on:
            step.unsettled.append(name)
    touched_or_full = step.skus | full
    if pool.watched.orders and any(pool.sku(name).item.unsettled for name in touched_or_full):
        watch_stopped(pool, touched_or_full)
    _remember_docks(step)


def _remember_docks(step: Step) -> None:
    """Where units came in of which some are left to a later part."""
    for sku, location in sorted(step.docks):
        item = step.pool.sku(sku).item
        if item.unsettled and location not in item.docks:
            step.pool.edit_item(sku).docks.append(location)


# --- demotion -----------------------------------------------------------------------------------------------


def _get_ready(step: Step, sku: str) -> bool:
    """What comes before anybody is filled; False = the step is full."""
    return look_at_all(step, sku) and _demote(step, sku)


def _demote(step: Step, sku: str) -> bool:
    known = step.pool.sku(sku)
    for location, row in known.rows.items():
        while row.allocated > row.on_hand - row.unavailable:
            key = known.last_allocated(location)
            if key is None:
                break
            if not step.may_move(key[3]):
                return False
            _demote_claim(step, key, row)
    return True


def _demote_claim(step: Step, key: ClaimKey, short: Stock) -> None:
    """The claim gives back what is missing, one for a kit in whole kits."""
    line, claim = step.pool.claim_at(key)
    step.pool.edit_line(line)
    before = {"allocated": line.allocated, "waiting": line.waiting, "shortfall": short.shortfall}
    assert short.location is not None
    if step.pool.wanted(line).queue.whole:
        losses = {location: unpicked(line, claim, location) for location in claim.allocated}
    else:
        missing = -(-short.shortfall // line.takes_of(short.sku))
        losses = {short.location: min(missing, unpicked(line, claim, short.location))}
    for location, units in losses.items():
        if units:
            step.pool.deallocate(line, claim, location, units)
            withdraw_surplus(step, line, location, "demoted")
    send_back(step, line, claim, sum(losses.values()), "stock_lost", before)
    step.touch_line(line)
    order = step.pool.orders.rows[line.order_id,]
    if order.ship == COMPLETE and not order.keeps:
        break_up(step, order)


# --- filling ------------------------------------------------------------------------------------------------


def _fill_all(step: Step, names: dict[str, None], not_ready: Container[str]) -> dict[str, None]:
    """Fills all these SKUs; returns those for which the step is full."""
    full: dict[str, None] = {}
    said = len(step.emitted)
    _fill_once(step, names, Candidates(step, names), full)
    # In strict order, who was filled blocks nobody any more, such as an order that ships complete; a kit does
    # not at its other components either, which the event has not touched.
    while len(step.emitted) > said and (strict := _strict(step)):
        said = len(step.emitted)
        met = [name for name in strict if name not in names and name not in not_ready]
        names |= dict.fromkeys(met)
        watched = [name for name in strict if name in names and name in step.pool.watched]
        candidates = Candidates(step, watched, without=full)
        if not met and not candidates:
            break
        _fill_once(step, names, candidates, full)
    return full


def _strict(step: Step) -> list[str]:
    """Those that the step has touched, and of which no big step is open."""
    known = ((name, step.pool.sku(name)) for name in step.skus)
    return [name for name, sku in known if sku.strict and not sku.item.unsettled]


def _fill_once(step: Step, names: dict[str, None], candidates: Candidates, full: dict[str, None]) -> None:
    while candidates:
        order, places = candidates.next()
        # Also where nothing was touched: a kit there may have got the component that it was short of.
        has_turn = all(name not in full and _fill(step, name, before=places[name]) for name in places)
        if not has_turn or not _fill_order(step, order):
            full.update(dict.fromkeys(places))
            step.pool.watched.put(order.order_id, (Spot(next(iter(places)), None, 0),))
    for name in names:
        if name in full or not _fill_and_share(step, name):
            full[name] = None


def _fill_order(step: Step, order: Order) -> bool:
    """Covers a whole order, if that can be done now; False = the step is full."""
    pool = step.pool
    if not can_have_all(pool, order):
        watch(pool, order)
        return True
    lines = waiting_lines(pool, order)
    if not step.may_move(order.order_id, len(lines)):
        return False
    places = last_places(pool, order)
    # What it takes may make a kit short that stands before it, and yet does not block it now.
    sources = [open_sources(pool, line, places) for line in lines]
    for line, its_sources in zip(lines, sources, strict=True):
        pool.edit_line(line)
        step.touch_line(line)
        for claim in line.claims:
            for source in its_sources:
                if claim.waiting:
                    fill_claim(step, line, claim, "order_complete", source)
    return True


def _fill_and_share(step: Step, sku: str) -> bool:
    """Fills waiters, and those again to whom it matters that orders took what others kept: who gave may find
    units elsewhere, and who took may lack no more than what is free. False = the step is full."""
    while _fill(step, sku):
        said = len(step.emitted)
        share_kept(step, sku)
        if len(step.emitted) == said:
            return True
    return False


def _fill(step: Step, sku: str, before: ClaimKey | None = None) -> bool:
    """Fills waiters in the queue's order, with `before` only those that stand before it; False = the step is
    full. A fair share comes first, whoever stands where."""
    own = step.pool.sku(sku)
    if own.item.allocation == FAIR_SHARE and not share(step, sku):
        return False
    kits = [*own.kits, *step.pool.kits.of(sku)]
    if not kits and not own.queue.claims_waiting:
        return True
    while not kits or _heads_first(step, sku, kits, before):
        key = _next_to_fill(step.pool, sku, kits)
        if key is None:
            return True
        if before is not None and key >= before:
            return True
        line, claim = step.pool.claim_at(key)
        if line.parts:
            if not others_first(step, line, sku, key):
                return False
            if _next_to_fill(step.pool, sku, kits) != key:
                continue
        if not step.may_move(key[3]):
            return False
        step.pool.edit_line(line)
        known = step.pool.wanted(line)
        if line.parts:
            step.touch_line(line)
        if known.strict:
            rule = known.queue.rule if line.parts else "strict_order"
            for source in known.open_to(line.location, key):
                fill_claim(step, line, claim, rule, source)
        else:
            fill_claim(step, line, claim, known.queue.rule)
    return False


def _heads_first(step: Step, sku: str, kits: list[Kit], before: ClaimKey | None) -> bool:
    """Who blocks a kit at a strict component may have its units coming: then the kit has its turn here before
    those behind it. False = the step is full."""
    for kit in kits:
        for key in kit.helped_alone() if kit.queue.claims_waiting and kit.strict else ():
            if before is None or key < before:
                line, _ = step.pool.claim_at(key)
                if not others_first(step, line, sku, key):
                    return False
    return True


def others_first(step: Step, line: Line, sku: str, key: ClaimKey) -> bool:
    """Before a kit takes the other components, who wants them and is before it; False = the step is full.

    Each that this comes to stands before the one that it began with, so it ends.
    """
    for part in line.parts:
        if part.sku != sku and not (_get_ready(step, part.sku) and _fill(step, part.sku, before=key)):
            return False
    return True


def _next_to_fill(pool: Pool, sku: str, kits: list[Kit]) -> ClaimKey | None:
    """The first claim in the queue's order that the free units can help, one for these kits too."""
    best = _next_of(pool.sku(sku))
    for kit in kits:
        key = kit.next() if kit.queue.claims_waiting else None
        if key is not None and (best is None or key < best):
            best = key
    return best


def _next_of(sku: Sku) -> ClaimKey | None:
    """The first claim for the SKU itself that its free units can help."""
    best: ClaimKey | None = None
    if not sku.queue.claims_waiting:
        return best
    if sku.strict:
        return _next_in_strict_order(sku)
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


def _next_in_strict_order(sku: Sku) -> ClaimKey | None:
    """The first of those who head the queue somewhere that what is free where they do so can help."""
    free: dict[tuple[ClaimKey, int], int] = {}
    for location, row in sku.rows.items():
        head = sku.head(location) if row.free else None
        if head is not None:
            free[head] = free.get(head, 0) + row.free
    return min((key for (key, least), units in free.items() if units >= least), default=None)
