"""Shipments and their voids: facts from the warehouse, which win over what was planned."""

from collections.abc import Iterator

from backorder.domain.backorders import say_filled
from backorder.domain.events import OrderShipmentVoided, OrderShipped, ShippedLine
from backorder.domain.giving_up import cancel_units
from backorder.domain.goods import is_counted, move, set_unavailable
from backorder.domain.queue import unpicked
from backorder.domain.records import AtLocation, Claim, Line, Shipment, ShippedUnits
from backorder.domain.releasing import withdraw_surplus
from backorder.domain.step import Rejected, Step, known_lines, known_order


def ship_order(step: Step, event: OrderShipped) -> None:
    """Takes on hand and allocated together; refused whole when one line may not ship."""
    order = known_order(step, event.order_id)
    key = (event.shipment_id,)
    if step.pool.shipments.get(key) is not None:
        raise Rejected("duplicate_shipment", f"shipment {event.shipment_id} is known already")
    lines = known_lines(step, event.order_id, [shipped.line for shipped in event.lines])
    parts = list(_added_up(event.lines))
    _require_shippable(step, lines, parts, event.force)

    step.pool.orders.edit((order.order_id,)).shipments += (event.shipment_id,)
    step.pool.shipments.add(key, Shipment(event.order_id, event.shipment_id, parts))
    for part in parts:
        _ship(step, lines[part.line], part.location, part.quantity)
    if event.remainder == "close":
        for line in step.pool.lines_of(order):
            if line.open:
                cancel_units(step, line, line.open, "closed_short")


def _added_up(shipped: list[ShippedLine]) -> Iterator[ShippedUnits]:
    """One part for each line and location."""
    units: dict[tuple[int, str], int] = {}
    for part in shipped:
        key = (part.line, part.location)
        units[key] = units.get(key, 0) + part.quantity
    for (line, location), quantity in units.items():
        yield ShippedUnits(line, location, quantity)


def _require_shippable(step: Step, lines: dict[int, Line], parts: list[ShippedUnits], force: bool) -> None:
    room = {number: line.ordered - line.shipped + line.taken_off for number, line in lines.items()}
    for part in parts:
        line = lines[part.line]
        late = _is_counted(step, line, part.location)
        may_leave = _may_leave(line, part.location)
        if part.quantity > room[part.line]:
            raise Rejected(
                "more_than_ordered",
                f"line {part.line}: {part.quantity} shipped, {max(0, room[part.line])} of "
                f"{line.ordered} ordered are not shipped yet",
            )
        room[part.line] -= part.quantity
        if not force and not late and part.quantity > may_leave:
            raise Rejected(
                "more_than_allocated",
                f"line {part.line}: {part.quantity} shipped from {part.location}, "
                f"{may_leave} allocated or released there; force says that they did leave",
            )


def _is_counted(step: Step, line: Line, location: str) -> bool:
    """Whether the last counts there already have what the line takes."""
    return all(is_counted(step, sku, location) for sku, _ in line.takes)


def _may_leave(line: Line, location: str) -> int:
    """Units that may leave without force: cleared ones, and allocated ones that never were."""
    place = line.at.get(location)
    if place is None:
        return line.allocated_at(location)
    return place.cleared + max(0, line.allocated_at(location) - place.on_release - place.recalled)


def _ship(step: Step, line: Line, location: str, units: int) -> None:
    step.pool.edit_line(line)
    for sku, each in line.takes:
        row = move(step, sku, location, -units * each, of_order=True)
        row.shipped += units * each
        set_unavailable(row, row.unavailable)
    _clear(line, location, units)
    left = _ship_allocated(step, line, location, units)
    left = _ship_waiting(step, line, location, left)
    if _is_counted(step, line, location):
        left = _ship_cancelled(line, _ship_allocated_elsewhere(step, line, left))
    else:
        left = _ship_allocated_elsewhere(step, line, _ship_cancelled(line, left))
    line.ordered += left
    line.taken_off -= min(left, line.taken_off)
    line.shipped += units
    line.refused = min(line.refused, line.cancelled)
    line.cancel_pending = min(line.cancel_pending, line.picked)
    step.pool.drop_empty_claims(line)
    step.pool.requeue(line)
    step.touch_line(line)


def _clear(line: Line, location: str, units: int) -> None:
    """Each released unit leaves once: the earliest release first."""
    place = line.at.get(location)
    if place is None:
        return
    place.cleared -= min(units, place.cleared)
    left = units
    while left and place.released:
        part = min(left, place.released[0].quantity)
        first = place.released[0]
        first.quantity -= part
        first.waited = min(first.waited, first.quantity)
        left -= part
        if not first.quantity:
            place.released.pop(0)
    place.recalled = min(place.recalled, max(0, place.cleared - place.on_release))


def _ship_allocated(step: Step, line: Line, location: str, units: int) -> int:
    """Units allocated here become shipped, picked ones first; returns what is left to find."""
    picked = min(units, line.picked_at(location))
    if picked:
        step.pool.pick(line, location, -picked)
    left = units
    for claim in line.claims:
        part = min(left, claim.allocated.get(location, 0))
        if part:
            step.pool.deallocate(line, claim, location, part)
            left -= part
    withdraw_surplus(step, line, location, "shipped")
    return left


def _ship_waiting(step: Step, line: Line, location: str, units: int) -> int:
    left = units
    for claim in reversed(line.claims):
        part = min(left, claim.waiting)
        if part:
            before = {"waiting": line.waiting, "shipped": units}
            step.pool.wait(line, claim, -part)
            left -= part
            say_filled(step, line, part, location, "shipment", before)
    return left


def _ship_cancelled(line: Line, units: int) -> int:
    """Cancelled units that did leave turn back into shipped ones."""
    part = min(units, line.cancelled)
    line.cancelled -= part
    return units - part


def _ship_allocated_elsewhere(step: Step, line: Line, units: int) -> int:
    """The line's units at other locations are not needed any more: freed, their release withdrawn.

    Picked ones last: somebody has them in hand.
    """
    left = units
    for picked_too in (False, True):
        for claim in reversed(line.claims):
            for location in reversed(list(claim.allocated)):
                there = claim.allocated[location] if picked_too else unpicked(line, claim, location)
                part = min(left, there)
                if part:
                    step.pool.deallocate(line, claim, location, part)
                    left -= part
                    _unpick_surplus(step, line, location)
                    withdraw_surplus(step, line, location, "shipped")
    return left


def _unpick_surplus(step: Step, line: Line, location: str) -> None:
    surplus = line.picked_at(location) - line.allocated_at(location)
    if surplus > 0:
        step.pool.pick(line, location, -surplus)


def void_shipment(step: Step, event: OrderShipmentVoided) -> None:
    """The units are back on hand and allocated to the same lines."""
    known_order(step, event.order_id)
    key = (event.shipment_id,)
    shipment = step.pool.shipments.get(key)
    if shipment is None or shipment.order_id != event.order_id:
        raise Rejected("unknown_shipment", f"order {event.order_id} has no shipment {event.shipment_id}")
    if shipment.voided:
        raise Rejected("already_voided", f"shipment {event.shipment_id} was voided before")
    step.pool.shipments.edit(key).voided = True
    for part in shipment.lines:
        line = step.pool.edit_line(step.pool.lines.rows[event.order_id, part.line])
        for sku, each in line.takes:
            row = move(step, sku, part.location, part.quantity * each, of_order=True)
            row.shipped -= part.quantity * each
        line.shipped -= part.quantity
        step.pool.allocate(line, _placed_claim(line), part.location, part.quantity)
        line.at.setdefault(part.location, AtLocation())
        step.pool.requeue(line)
        step.touch_line(line)


def _placed_claim(line: Line) -> Claim:
    """The claim at the line's own place in the queue."""
    if not line.claims or line.claims[0].number != 1:
        line.claims = (Claim(1, line.accepted_at), *line.claims)
    return line.claims[0]
