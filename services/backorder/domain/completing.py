"""Orders that ship complete, as they gain and lose: broken up, out of patience, outdone by an earlier one."""

from collections.abc import Iterable
from typing import Any

from backorder.domain.backorders import send_back
from backorder.domain.complete import (
    COMPLETE,
    is_whole,
    waiting_lines,
    watch,
    why_passed_over,
)
from backorder.domain.filling import cover
from backorder.domain.kept import why_order_kept
from backorder.domain.policies import smallest
from backorder.domain.pool import Pool
from backorder.domain.queue import in_hand, unpicked
from backorder.domain.records import Claim, Line, Order
from backorder.domain.releasing import withdraw_unpicked
from backorder.domain.step import Step
from backorder.domain.table import Key
from backorder.domain.times import DAY

Ranked = tuple[Any, ...]
"""The best place of an order that keeps, and its id."""


def break_up(step: Step, order: Order) -> None:
    """A part was lost: the rest is withdrawn and goes to others, but for what is picked."""
    for line in step.pool.lines_of(order):
        if line.allocated > line.picked:
            give_away(step, line, "demoted", "order_incomplete")


def give_away(step: Step, line: Line, withdrawn: str, reopened: str) -> None:
    """All that is not picked of a line is withdrawn and waits again, for others to take it; with the reasons
    that both are told with."""
    step.pool.edit_line(line)
    withdraw_unpicked(step, line, withdrawn)
    for claim in line.claims:
        before = {"allocated": line.allocated, "waiting": line.waiting}
        losses = {location: unpicked(line, claim, location) for location in claim.allocated}
        for location, units in losses.items():
            if units:
                step.pool.deallocate(line, claim, location, units)
        if any(losses.values()):
            send_back(step, line, claim, sum(losses.values()), reopened, before)
    step.touch_line(line)


# --- policy and patience ------------------------------------------------------------------------------------


def change_policy(step: Step, order: Order, ship: str) -> None:
    """What is released stands; the rest follows the new policy at once."""
    if order.ship == ship:
        return
    order = step.pool.orders.edit((order.order_id,))
    order.ship = ship
    order.keeps, order.patience_until = False, None
    step.orders_dated.setdefault(order.order_id)
    for line in step.pool.lines_of(order):
        # Also what is closed: an amendment may open it again.
        stand(step, order, step.pool.edit_line(line))
    watch(step.pool, order)


def stand(step: Step, order: Order, line: Line) -> None:
    """Brings up to date whether an edited line takes units by itself."""
    if line.passed_over in (None, "order_complete", "payment"):
        line.passed_over = why_passed_over(order)
        step.pool.requeue(line)
        step.touch_line(line)


def look_after(step: Step, order: Order) -> None:
    """At the end of an event that touched the order: patience begins, or is not needed any more."""
    pool = step.pool
    step.orders_dated.setdefault(order.order_id)
    why = why_order_kept(pool, order)
    for line in pool.lines_of(order):
        if line.kept not in (None, why):
            pool.edit_line(line)
    if is_whole(pool, order):
        if order.keeps or order.patience_until is not None:
            order = pool.orders.edit((order.order_id,))
            order.keeps, order.patience_until = False, None
            for line in pool.lines_of(order):
                stand(step, order, pool.edit_line(line))
    elif order.ship == COMPLETE and not order.keeps and order.patience_until is None:
        order = pool.orders.edit((order.order_id,))
        order.patience_until = step.time + smallest(pool, order, "complete_patience_days") * DAY
        order.patience_cause = step.entry.id
        step.dated.append(("patience", (order.order_id,)))
    watch(pool, order)


def lose_patience(step: Step, key: Key) -> None:
    """From now on the order keeps what comes to it, unreleased until it is whole."""
    order = step.pool.orders.edit(key)
    step.own_order = order.order_id
    order.keeps, order.patience_until = True, None
    for line in step.pool.lines_of(order):
        # Also what does not wait now: an amendment, or a loss, may make it.
        stand(step, order, step.pool.edit_line(line))
    watch(step.pool, order)  # already in this step it may take what later ones keep


# --- between two that keep ----------------------------------------------------------------------------------


def touch_all(step: Step, order: Order) -> None:
    """What happened to the order may change its rank among those that keep, at all of its SKUs."""
    for line in step.pool.lines_of(order):
        if line.open:
            step.touch_line(line)


def share_kept(step: Step, sku: str) -> None:
    """Earlier orders among those that keep take what later ones keep of this SKU."""
    pool = step.pool
    names = dict.fromkeys((sku, *(kit.name for kit in pool.sku(sku).kits)))
    if not any(name in pool.takers or name in pool.givers for name in names):
        return
    for order in pool.edited_orders():
        if order.keeps:
            watch(pool, order)
    taker = _next_taker(pool, names)
    while taker is not None:
        order = pool.orders.rows[taker[1],]
        for line in waiting_lines(pool, order):
            if line.passed_over is None and (sku == line.sku or line.takes_of(sku)):
                _take_from_those_behind(step, line, taker)
        taker = _next_taker(pool, names, taker)


def _take_from_those_behind(step: Step, line: Line, taker: Ranked) -> None:
    for giver in _givers_behind(step.pool, line, taker):
        if not line.waiting:
            return
        _take_over(step, line, giver)
        watch(step.pool, giver)  # what it gave it wants now, from those behind it


def _next_taker(pool: Pool, names: Iterable[str], after: Ranked = ()) -> Ranked | None:
    """Of those that keep and wait for these SKUs the first behind whom another keeps units where it waits."""
    return min(
        (
            takers[next_one]
            for name in names
            for location, takers in pool.takers.at(name).items()
            if (next_one := takers.bisect_right(after)) < len(takers)
            and any(
                takers[next_one] < givers[-1]
                for place, givers in pool.givers.at(name).items()
                if location in (None, place)
            )
        ),
        default=None,
    )


def _givers_behind(pool: Pool, line: Line, taker: Ranked) -> list[Order]:
    """Those that keep units which the line may take, the last first."""
    kept = pool.givers.at(line.sku)
    behind = {
        giver
        for location in pool.wanted(line).usable(line.location)
        if location in kept
        for giver in kept[location].irange(taker, inclusive=(False, True))
    }
    return [pool.orders.rows[order_id,] for _, order_id in sorted(behind, reverse=True)]


def _take_over(step: Step, taker: Line, giver: Order) -> None:
    for line in step.pool.lines_of(giver):
        if (line.sku, line.parts) == (taker.sku, taker.parts):
            for claim in line.claims:
                for location in list(claim.allocated):
                    if location in step.pool.wanted(line).usable(taker.location):
                        _take_over_claim(step, taker, line, claim, location)


def _take_over_claim(step: Step, taker: Line, line: Line, claim: Claim, location: str) -> None:
    unreleased = line.allocated_at(location) - in_hand(line, location)
    units = min(taker.waiting, unreleased, unpicked(line, claim, location))
    if units <= 0:
        return
    before = {"allocated": line.allocated, "waiting": line.waiting}
    step.pool.edit_line(line)
    step.pool.deallocate(line, claim, location, units)
    send_back(step, line, claim, units, "kept_for_earlier", before)
    step.pool.edit_line(taker)
    for wanting in taker.claims:
        part = min(units, wanting.waiting)
        if part:
            before = {"waiting": taker.waiting, "kept": units}
            cover(step, taker, wanting, location, part, "complete_patience", before)
            units -= part
    step.pool.requeue(taker)
