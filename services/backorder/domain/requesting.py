"""What a planner asks for: the manual release, and the choice of one line out of turn.

A request is done once, as far as what is there goes; what it asked beyond that is not remembered. One that
moves more lines of others than a step may goes on in further steps, as the same request for what is left.
"""

import heapq
from collections import Counter
from collections.abc import Sequence

import msgspec

from backorder.domain.backorders import send_back
from backorder.domain.complete import COMPLETE
from backorder.domain.completing import break_up
from backorder.domain.events import ReleaseRequested
from backorder.domain.filling import cover, fill_claim
from backorder.domain.kept import BY_HAND, MANUAL_RELEASE, why_kept, why_order_kept
from backorder.domain.queue import BEYOND_HORIZON, ClaimKey, free_to_give, unpicked, unreleased
from backorder.domain.records import Claim, Line
from backorder.domain.releasing import withdraw_surplus
from backorder.domain.step import Rejected, Step, known_lines, known_order

RULE = "out_of_turn"


def request_release(step: Step, event: ReleaseRequested) -> None:
    """Of the whole SKU in the queue's order, or of the order line that the planner names."""
    if event.order_id is None or event.line is None:
        release_kept(step, event)
        return
    known_order(step, event.order_id)
    line = known_lines(step, event.order_id, [event.line])[event.line]
    if line.sku != event.sku:
        raise Rejected("unknown_line", f"line {event.line} of order {event.order_id} is for {line.sku}")
    _put_first(step, line, event)


def go_on(step: Step, rest: ReleaseRequested) -> None:
    """The next part of a request."""
    if rest.order_id is None or step.pool.lines.get((rest.order_id, rest.line)) is not None:
        request_release(step, rest)


def release_kept(step: Step, request: ReleaseRequested) -> None:
    """Releases what manual release keeps back, first in the queue first; all of it is released anyway when
    its item is not on manual release any more."""
    sku = step.pool.sku(request.sku)
    left = request.quantity
    kept = [queue.kept_for_release(request.location) for queue in step.pool.queues_of(request.sku)]
    for key, location in heapq.merge(*kept):
        if left == 0:
            return
        line, claim = step.pool.claim_at(key)
        ships_complete = step.pool.orders.rows[line.order_id,].ship == COMPLETE
        if ships_complete and not _is_asked_for_whole(step, line, left):
            continue  # before it counts: a step that did nothing else would be followed by the same for ever
        if not step.may_move(key[3]):
            step.unfinished.append(msgspec.structs.replace(request, quantity=left))
            return
        step.pool.edit_line(line)
        units = _release_whole(step, line) if ships_complete else unreleased(line, claim, location)
        if left is not None:
            units = min(units, left)
            left -= units
        if sku.item.release == BY_HAND and not ships_complete:
            _ask_for(step, line, location, units)


def _ask_for(step: Step, line: Line, location: str, units: int) -> None:
    key = (line.order_id, line.line, location)
    step.requested[key] = step.requested.get(key, 0) + units


def _is_asked_for_whole(step: Step, line: Line, left: int | None) -> bool:
    """Whether the request is for all that the line has, of an order that it was not for already."""
    return line.order_id not in step.requested_orders and (left is None or _not_released(line) <= left)


def _not_released(line: Line) -> int:
    return line.allocated - sum(place.on_release for place in line.at.values())


def _release_whole(step: Step, line: Line) -> int:
    """Releases all of the line's order, which ships complete; returns how many units of the line."""
    if step.pool.sku(line.sku).item.release == BY_HAND:
        step.requested_orders.add(line.order_id)
    for each in step.pool.lines_of(step.pool.orders.rows[line.order_id,]):
        step.pool.edit_line(each)
    return _not_released(line)


# --- one line out of turn -----------------------------------------------------------------------------------


def _put_first(step: Step, line: Line, request: ReleaseRequested) -> None:
    """Fills the line from what is free and from what others have and is not released yet, and releases it."""
    step.pool.edit_line(line)
    step.touch_line(line)
    places = [place for place in line.allocations() if request.location in (None, place)]
    ready = sum(line.allocated_at(place) - line.on_release_at(place) for place in places)
    wanted = ready + line.waiting
    if request.quantity is not None:
        wanted = min(wanted, request.quantity)
    usable = step.pool.wanted(line).usable(line.location)
    sources = [source for source in usable if request.location in (None, source)]
    got = ready
    if line.passed_over in (None, BEYOND_HORIZON):
        for claim in line.claims:
            if claim.waiting and got < wanted:
                got += _fill(step, line, claim, sources, wanted - got)
    order = step.pool.orders.rows[line.order_id,]
    why = why_order_kept(step.pool, order) or why_kept(step.pool, order, line)
    if got < wanted and not step.moves_left:
        rest = request.quantity
        if rest is not None and why in (None, MANUAL_RELEASE):
            rest -= got
        step.unfinished.append(msgspec.structs.replace(request, quantity=rest))
    if why == MANUAL_RELEASE and order.ship == COMPLETE:
        if _is_asked_for_whole(step, line, request.quantity):
            _release_whole(step, line)
    elif why == MANUAL_RELEASE:
        left = min(got, wanted)
        for place in dict.fromkeys([*sources, *places]):
            units = min(left, line.allocated_at(place) - line.on_release_at(place))
            left -= units
            _ask_for(step, line, place, units)


def _fill(step: Step, line: Line, claim: Claim, sources: Sequence[str], units: int) -> int:
    """Covers up to so many units of a waiting claim; of one that may not be split all or nothing."""
    known = step.pool.wanted(line)
    whole = known.queue.whole
    units = min(units, claim.waiting)
    if whole and units < claim.waiting:
        return 0
    # In the middle of a big step what is free belongs to the queue.
    free = 0 if known.unsettled else min(units, known.free_at(sources))
    missing = units - free
    givers = _find(step, line, sources, missing)
    found = sum(given for _, _, given in givers)
    if whole and found < missing:
        return 0
    taken = 0
    for source in sources if free else ():
        taken += fill_claim(step, line, claim, RULE, source, free - taken)
    given: Counter[str] = Counter()
    for key, location, part in givers:
        _take_back(step, key, location, part)
        given[location] += part
    for order_id in dict.fromkeys(key[3] for key, _, _ in givers):
        order = step.pool.orders.rows[order_id,]
        if order.ship == COMPLETE and not order.keeps:
            break_up(step, order)
    for location, part in given.items():
        # From hand to hand: what others gave never was free.
        cover(step, line, claim, location, part, RULE, {"waiting": line.waiting, "given": part})
    step.pool.requeue(line)
    return taken + given.total()


def _find(step: Step, line: Line, sources: Sequence[str], units: int) -> list[tuple[ClaimKey, str, int]]:
    """Units of other lines there that are neither released nor picked, of the last in the queue first, as far
    as the step's size allows: whose, where, how many."""
    pool, queue = step.pool, step.pool.wanted(line).queue
    givers: list[tuple[ClaimKey, str, int]] = []
    if units <= 0:
        return givers
    for key, location in queue.kept_last_first(sources):
        if key[3:5] == (line.order_id, line.line):
            continue
        part = min(units, _may_give(*pool.claim_at(key), location, queue.whole))
        if part:
            # A claim that may not be split is filled in this step or not at all, whatever the step's size.
            if not step.may_move(key[3]) and not queue.whole:
                break
            givers.append((key, location, part))
            units -= part
            if not units:
                break
    return givers


def _may_give(line: Line, claim: Claim, location: str, whole: bool) -> int:
    """One that may not be split gives all that it has, and only while nothing of it is released or picked."""
    if whole and any(free_to_give(line, claim, place) < units for place, units in claim.allocated.items()):
        return 0
    return free_to_give(line, claim, location)


def _take_back(step: Step, key: ClaimKey, location: str, units: int) -> None:
    """The units wait again, at their claim's old place."""
    line, claim = step.pool.claim_at(key)
    step.pool.edit_line(line)
    before = {"allocated": line.allocated, "waiting": line.waiting}
    losses = {location: units}
    if step.pool.wanted(line).queue.whole:
        losses = {place: unpicked(line, claim, place) for place in claim.allocated}
    for place, part in losses.items():
        step.pool.deallocate(line, claim, place, part)
        withdraw_surplus(step, line, place, "demoted")
    if losses:
        send_back(step, line, claim, sum(losses.values()), RULE, before, RULE)
